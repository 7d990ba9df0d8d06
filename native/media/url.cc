#include "media/url.h"

#include <algorithm>
#include <cctype>
#include <regex>

#include "error.h"

namespace roadwatch {

namespace {

/// "rtsp" of "rtsp://..."; empty where there is no scheme. A single letter would be a drive, not a scheme.
std::string SchemeOf(const std::string& url) {
  const size_t colon = url.find(':');
  if (colon == std::string::npos || colon < 2) return "";
  const std::string scheme = url.substr(0, colon);
  const bool valid = std::all_of(scheme.begin(), scheme.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '+' || c == '-' || c == '.' || c == ',';
  });
  return valid ? scheme : "";
}

bool HasSpaceOrControl(const std::string& url) {
  return std::any_of(url.begin(), url.end(), [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

}  // namespace

UrlKind CheckUrl(const std::string& url, bool allowFiles) {
  if (url.empty()) throw Error("bad-url", "expected an address, received an empty string");
  std::string scheme = SchemeOf(url);
  std::transform(scheme.begin(), scheme.end(), scheme.begin(),
                 [](unsigned char c) { return std::tolower(c); });
  if (scheme == "rtsp" || scheme == "rtsps") {
    if (HasSpaceOrControl(url)) {
      throw Error("bad-url", "expected an address without spaces and control characters, received \"" +
                                 RedactUrl(url) + "\"");
    }
    const std::string rest = url.substr(scheme.size() + 1);
    const size_t at = rest.find('@');
    const std::string host =
        rest.substr(rest.rfind("//", 0) == 0 ? (at == std::string::npos ? 2 : at + 1) : 0);
    if (rest.rfind("//", 0) != 0 || host.empty() || host[0] == '/' || host[0] == ':') {
      throw Error("bad-url", "expected rtsp://host/..., received \"" + RedactUrl(url) + "\"");
    }
    return UrlKind::kRtsp;
  }
  const bool path = scheme.empty() || url[0] == '/' || url[0] == '.';
  if (!path) throw Error("scheme-refused", "expected rtsp:// or rtsps://, received " + scheme + ":");
  if (!allowFiles)
    throw Error("scheme-refused",
                "expected rtsp:// or rtsps://, received a path; files are not allowed here");
  return UrlKind::kFile;
}

std::string RedactUrl(const std::string& url) {
  static const std::regex kUserInfo("(://)[^/?#]*@");
  static const std::regex kQuerySecret(
      "([?&](?:password|passwd|pwd|pass|token|auth|key|secret|user|username)=)[^&#]*", std::regex::icase);
  return std::regex_replace(std::regex_replace(url, kUserInfo, "$1***@"), kQuerySecret, "$1***");
}

}  // namespace roadwatch
