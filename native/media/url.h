#pragma once

#include <string>

namespace roadwatch {

enum class UrlKind { kRtsp, kFile };

/// Says what an address is, or throws Error("bad-url" | "scheme-refused") that says what was expected. Files
/// only where `allowFiles`. Messages carry no credentials.
UrlKind CheckUrl(const std::string& url, bool allowFiles);

/// The address without credentials: those before the host, and in the query (password=, token=, ...).
std::string RedactUrl(const std::string& url);

}  // namespace roadwatch
