#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace roadwatch {

/// A message of RTSP 1.0 (RFC 2326): a camera's response, or a request of its own.
struct RtspMessage {
  int status = 0;                                            ///< 0: a request
  std::string startLine;                                     ///< as received
  std::vector<std::pair<std::string, std::string>> headers;  ///< names in lower case, in their order
  std::string body;

  /// The first header of that (lower-case) name; empty where there is none.
  std::string_view Header(std::string_view name) const;
};

/// Reads start line and headers (all up to the empty line). None where that is no RTSP.
std::optional<RtspMessage> ParseRtspHead(std::string_view head);

/// "name=value" of a header like Session or Transport: the value, without quotes; empty where there is none.
/// `separator` is what stands between two of them.
std::string Parameter(std::string_view header, std::string_view name, char separator);

/// Whether `word` (in lower case) is one of a list with commas between, in any case of its letters.
bool Lists(std::string_view list, std::string_view word);

/// The number that a text begins with; `otherwise` where it begins with none.
int LeadingNumber(std::string_view text, int otherwise);

/// Without blanks and line ends on both sides.
std::string_view Trimmed(std::string_view text);
std::string LowerCase(std::string_view text);

}  // namespace roadwatch
