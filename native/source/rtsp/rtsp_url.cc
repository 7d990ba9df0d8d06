#include "source/rtsp/rtsp_url.h"

#include <algorithm>
#include <charconv>

#include "error.h"
#include "media/url.h"
#include "source/rtsp/rtsp_message.h"

namespace roadwatch {

namespace {

constexpr size_t kSchemeLength = 7;  // "rtsp://"
constexpr int kMaxPort = 65535;

bool IsRtsp(const std::string& url) { return LowerCase(url.substr(0, kSchemeLength)) == "rtsp://"; }

[[noreturn]] void Refuse(const std::string& url, const std::string& expected) {
  throw Error("bad-url", "expected " + expected + ", received \"" + RedactUrl(url) + "\"");
}

/// A percent sign that no two hexadecimal digits follow stands for itself: passwords are often not escaped.
std::string PercentDecoded(const std::string& text) {
  std::string decoded;
  for (size_t i = 0; i < text.size(); ++i) {
    unsigned value = 0;
    const char* digits = text.data() + i + 1;
    const bool escape = text[i] == '%' && i + 2 < text.size() &&
                        std::from_chars(digits, digits + 2, value, 16).ptr == digits + 2;
    decoded += escape ? static_cast<char>(value) : text[i];
    if (escape) i += 2;
  }
  return decoded;
}

void ParseUser(const std::string& userInfo, RtspUrl& parsed) {
  const size_t colon = userInfo.find(':');
  parsed.user = PercentDecoded(userInfo.substr(0, colon));
  if (colon != std::string::npos) parsed.password = PercentDecoded(userInfo.substr(colon + 1));
}

void ParseHost(const std::string& url, const std::string& authority, RtspUrl& parsed) {
  const bool bracketed = authority.starts_with('[');
  const size_t hostEnd = bracketed ? authority.find(']') : authority.find(':');
  if (bracketed && hostEnd == std::string::npos) Refuse(url, "an IPv6 address in brackets");
  parsed.host = bracketed ? authority.substr(1, hostEnd - 1) : authority.substr(0, hostEnd);
  if (parsed.host.empty()) Refuse(url, "rtsp://host/...");
  const size_t colon = bracketed ? hostEnd + 1 : hostEnd;
  if (colon == std::string::npos || colon >= authority.size()) return;
  const std::string port = authority.substr(colon + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), number);
  const bool valid =
      authority[colon] == ':' && error == std::errc() && end == port.data() + port.size() && number > 0;
  if (!valid || number > kMaxPort) Refuse(url, "a port between 1 and 65535");
  parsed.port = port;
}

}  // namespace

RtspUrl ParseRtspUrl(const std::string& url) {
  if (!IsRtsp(url)) Refuse(url, "rtsp://host/...");
  const size_t end = std::min(url.find_first_of("/?#", kSchemeLength), url.size());
  std::string authority = url.substr(kSchemeLength, end - kSchemeLength);
  RtspUrl parsed;
  const size_t at = authority.rfind('@');
  if (at != std::string::npos) {
    ParseUser(authority.substr(0, at), parsed);
    authority.erase(0, at + 1);
  }
  ParseHost(url, authority, parsed);
  parsed.request = "rtsp://" + authority + url.substr(end);
  return parsed;
}

std::string ResolveControl(const std::string& base, const std::string& control) {
  if (control.empty() || control == "*") return base;
  if (IsRtsp(control)) return control;
  // Cameras expect the stream's name behind whatever the address ends with, a query included.
  return base + (base.ends_with('/') || control.starts_with('/') ? "" : "/") + control;
}

}  // namespace roadwatch
