#include "source/rtsp/rtsp_message.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace roadwatch {

namespace {

constexpr std::string_view kVersion = "RTSP/";

std::string_view TakeLine(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return Trimmed(line);
}

/// "RTSP/1.0 200 OK": 200. 0 for a request ("OPTIONS rtsp://... RTSP/1.0"); none where it is neither.
std::optional<int> StatusOf(std::string_view startLine) {
  if (!startLine.starts_with(kVersion)) {
    return startLine.find(" RTSP/") == std::string_view::npos ? std::nullopt : std::optional(0);
  }
  const size_t space = startLine.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  const std::string_view rest = Trimmed(startLine.substr(space));
  int status = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), status);
  constexpr int kFirst = 100;
  constexpr int kLast = 999;
  if (error != std::errc() || status < kFirst || status > kLast) return std::nullopt;
  return status;
}

/// The end of a name=value that begins the text; separators within quotes belong to the value.
size_t EndOfParameter(std::string_view text, char separator) {
  bool quoted = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') quoted = !quoted;
    if (text[i] == separator && !quoted) return i;
  }
  return text.size();
}

}  // namespace

std::string_view Trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r\n";
  const size_t start = text.find_first_not_of(kBlank);
  if (start == std::string_view::npos) return {};
  return text.substr(start, text.find_last_not_of(kBlank) - start + 1);
}

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return lower;
}

bool Lists(std::string_view list, std::string_view word) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    if (LowerCase(Trimmed(list.substr(0, end))) == word) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

int LeadingNumber(std::string_view text, int otherwise) {
  int number = otherwise;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

std::string_view RtspMessage::Header(std::string_view name) const {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [name](const auto& header) { return header.first == name; });
  return found == headers.end() ? std::string_view() : std::string_view(found->second);
}

std::optional<RtspMessage> ParseRtspHead(std::string_view head) {
  RtspMessage message;
  message.startLine = TakeLine(head);
  const std::optional<int> status = StatusOf(message.startLine);
  if (!status) return std::nullopt;
  message.status = *status;
  while (!head.empty()) {
    const std::string_view line = TakeLine(head);
    const size_t colon = line.find(':');
    if (colon == std::string_view::npos) continue;
    message.headers.emplace_back(LowerCase(Trimmed(line.substr(0, colon))), Trimmed(line.substr(colon + 1)));
  }
  return message;
}

std::string Parameter(std::string_view header, std::string_view name, char separator) {
  while (!header.empty()) {
    const size_t end = EndOfParameter(header, separator);
    const std::string_view pair = header.substr(0, end);
    header.remove_prefix(std::min(end + 1, header.size()));
    const size_t equals = pair.find('=');
    if (equals == std::string_view::npos || LowerCase(Trimmed(pair.substr(0, equals))) != name) continue;
    std::string_view value = Trimmed(pair.substr(equals + 1));
    if (value.size() >= 2 && value.starts_with('"') && value.ends_with('"'))
      value = value.substr(1, value.size() - 2);
    return std::string(value);
  }
  return {};
}

}  // namespace roadwatch
