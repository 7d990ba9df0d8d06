#include "source/rtsp/rtsp_connection.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <utility>

#include "error.h"

namespace roadwatch {

namespace {

constexpr uint8_t kDollar = '$';
constexpr size_t kDataHead = 4;
constexpr size_t kMaxDataBytes = 65535;
/// The largest piece of media data fits, and every message that is taken.
constexpr size_t kBufferBytes = size_t{68} << 10;
constexpr size_t kMaxSkippedBytes = size_t{64} << 10;
constexpr size_t kMaxMethodLength = 24;
static_assert(kBufferBytes > kDataHead + kMaxDataBytes);

std::string_view AsText(std::span<const uint8_t> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// Whether a response or a request may begin so, as far as it is here.
bool MayBeMessage(std::string_view text) {
  constexpr std::string_view kVersion = "RTSP/";
  const size_t compared = std::min(text.size(), kVersion.size());
  if (text.substr(0, compared) == kVersion.substr(0, compared)) return true;
  const std::string_view method = text.substr(0, std::min(text.find(' '), kMaxMethodLength + 1));
  return method.size() <= kMaxMethodLength && !method.empty() &&
         std::all_of(method.begin(), method.end(), [](char c) { return (c >= 'A' && c <= 'Z') || c == '_'; });
}

/// Bytes of a message's head, with the empty line that ends it; none where it is not all here.
std::optional<size_t> HeadLength(std::string_view text) {
  const size_t strict = text.find("\r\n\r\n");
  const size_t lax = text.find("\n\n");
  if (strict == std::string_view::npos && lax == std::string_view::npos) return std::nullopt;
  return strict < lax ? strict + 4 : lax + 2;
}

[[noreturn]] void ThrowRubbish() { throw Error("invalid-data", "what it sends is not RTSP"); }

size_t BodyLength(const RtspMessage& message) {
  const std::string_view text = message.Header("content-length");
  if (text.empty()) return 0;
  size_t length = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), length);
  if (error != std::errc() || end != text.data() + text.size()) ThrowRubbish();
  return length;
}

}  // namespace

RtspConnection::RtspConnection(const Clock& clock, const std::atomic<bool>& interrupt)
    : stream_(clock, interrupt), buffer_(std::make_unique_for_overwrite<uint8_t[]>(kBufferBytes)) {}

void RtspConnection::Connect(const std::string& host, const std::string& port, MonotonicTime deadline) {
  stream_.Connect(host, port, deadline);
}

RtspIncoming RtspConnection::Next(MonotonicTime deadline) {
  for (;;) {
    const auto unread = Unread();
    if (!unread.empty() && unread[0] == kDollar) {
      if (auto data = TakeData()) return *data;
    } else if (!unread.empty() && MayBeMessage(AsText(unread))) {
      if (auto message = TakeMessage()) return std::move(*message);
    } else if (!unread.empty()) {
      Skip();
      continue;
    }
    const auto received = Receive(deadline);
    if (!received) return DeadlinePassed{};
    if (*received == 0) return ConnectionClosed{};
  }
}

std::optional<InterleavedData> RtspConnection::TakeData() {
  const auto unread = Unread();
  if (unread.size() < kDataHead) return std::nullopt;
  const size_t size = static_cast<size_t>(unread[2]) << 8 | unread[3];
  if (unread.size() < kDataHead + size) return std::nullopt;
  start_ += kDataHead + size;
  skippedBytes_ = 0;
  return InterleavedData{unread[1], unread.subspan(kDataHead, size)};
}

std::optional<RtspMessage> RtspConnection::TakeMessage() {
  const std::string_view text = AsText(Unread());
  const auto head = HeadLength(text);
  if (!head) {
    if (text.size() == kBufferBytes) ThrowRubbish();
    return std::nullopt;
  }
  auto message = ParseRtspHead(text.substr(0, *head));
  if (!message) ThrowRubbish();
  const size_t body = BodyLength(*message);
  if (body > kBufferBytes - *head) throw Error("invalid-data", "a message of more than 64 KiB");
  if (text.size() - *head < body) return std::nullopt;
  message->body = text.substr(*head, body);
  start_ += *head + body;
  skippedBytes_ = 0;
  return message;
}

/// On to what may begin media data or a message.
void RtspConnection::Skip() {
  const auto unread = Unread();
  const auto next =
      std::find_if(unread.begin() + 1, unread.end(), [](uint8_t c) { return c == kDollar || c == 'R'; });
  const auto skipped = static_cast<size_t>(next - unread.begin());
  // An empty line behind a message belongs to it, for some.
  const auto blank = [](uint8_t c) { return c == '\r' || c == '\n' || c == 0; };
  if (!skipsRubbish_ && !std::all_of(unread.begin(), next, blank)) ThrowRubbish();
  start_ += skipped;
  skippedBytes_ += skipped;
  if (skippedBytes_ > kMaxSkippedBytes) ThrowRubbish();
}

std::optional<size_t> RtspConnection::Receive(MonotonicTime deadline) {
  // What is left is a part of one packet.
  std::memmove(buffer_.get(), buffer_.get() + start_, end_ - start_);
  end_ -= std::exchange(start_, 0);
  const auto received = stream_.ReadSome({buffer_.get() + end_, kBufferBytes - end_}, deadline);
  end_ += received.value_or(0);
  return received;
}

}  // namespace roadwatch
