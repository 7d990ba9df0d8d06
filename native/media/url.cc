#include "media/url.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "error.h"

namespace roadwatch {

namespace {

char Lower(char character) { return static_cast<char>(std::tolower(static_cast<unsigned char>(character))); }

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

/// Where the part that may hold a name and a password begins: behind "://", or behind "scheme:/" written
/// badly.
size_t AuthorityStart(const std::string& address) {
  const size_t full = address.find("://");
  if (full != std::string::npos) return full + 3;
  const size_t scheme = SchemeOf(address).size();
  return scheme == 0 ? 0 : std::min(address.find_first_not_of('/', scheme + 1), address.size());
}

/// What stands before the last @ that can belong to a name and a password; these may hold an @, / or ? that
/// should have been escaped. A path of a file with an @ in it has no colon before.
std::string RedactUserInfo(const std::string& address) {
  const size_t start = AuthorityStart(address);
  const size_t query = std::min(address.find('?', start), address.size());
  // A question mark before any slash is part of a password.
  const bool queryIsLate = address.find('/', start) < query;
  const size_t at = address.rfind('@', queryIsLate ? query : address.size());
  if (at == std::string::npos || at < start) return address;
  const bool hasScheme = start > 0;
  if (!hasScheme && address.find(':') > at) return address;
  return address.substr(0, start) + "***" + address.substr(at);
}

bool IsSecretName(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), Lower);
  constexpr std::array<std::string_view, 9> kMarks{"pass", "pw",   "psw",  "token", "secret",
                                                   "key",  "auth", "user", "usr"};
  return std::any_of(kMarks.begin(), kMarks.end(),
                     [&name](std::string_view mark) { return name.find(mark) != std::string::npos; });
}

/// "/user=a&channel=1?token=b" to "/user=***&channel=1?token=***".
std::string RedactPairs(const std::string& address) {
  constexpr const char* kSeparators = "&;?/";
  std::string redacted;
  for (size_t start = 0; start < address.size();) {
    const size_t end = std::min(address.find_first_of(kSeparators, start + 1), address.size());
    const std::string pair = address.substr(start, end - start);
    const size_t equals = pair.find('=');
    const bool secret = equals != std::string::npos && IsSecretName(pair.substr(0, equals));
    redacted += secret ? pair.substr(0, equals + 1) + "***" : pair;
    start = end;
  }
  return redacted;
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

std::string RedactUrl(const std::string& url) { return RedactPairs(RedactUserInfo(url)); }

}  // namespace roadwatch
