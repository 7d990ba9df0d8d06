#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "source/rtsp/rtsp_message.h"
#include "source/rtsp/tcp_stream.h"

namespace roadwatch {

/// Media data between the messages (RFC 2326, 10.12). `bytes` is valid until the next call.
struct InterleavedData {
  int channel = 0;
  std::span<const uint8_t> bytes;
};

struct DeadlinePassed {};
struct ConnectionClosed {};

using RtspIncoming = std::variant<DeadlinePassed, ConnectionClosed, RtspMessage, InterleavedData>;

/// What comes over one connection to a camera, taken apart: messages and, between them, media data. Bounded:
/// a message of more than 64 KiB is refused. Errors are those of TcpStream, and Error("invalid-data").
class RtspConnection {
 public:
  RtspConnection(const Clock& clock, const std::atomic<bool>& interrupt);

  void Connect(const std::string& host, const std::string& port, MonotonicTime deadline);
  void Send(std::string_view message, MonotonicTime deadline) { stream_.WriteAll(message, deadline); }
  void SendLastWords(std::string_view message) noexcept { stream_.WriteLastWords(message); }
  RtspIncoming Next(MonotonicTime deadline);
  /// From now on, rubbish between messages is skipped, as some cameras miscount what they send; before, it is
  /// an error: who answers is no camera.
  void SkipRubbish() { skipsRubbish_ = true; }

 private:
  std::span<const uint8_t> Unread() const { return {buffer_.get() + start_, end_ - start_}; }
  std::optional<InterleavedData> TakeData();
  std::optional<RtspMessage> TakeMessage();
  void Skip();
  std::optional<size_t> Receive(MonotonicTime deadline);

  TcpStream stream_;
  std::unique_ptr<uint8_t[]> buffer_;  // NOLINT(modernize-avoid-c-arrays): not to be filled with zeros
  size_t start_ = 0;
  size_t end_ = 0;
  size_t skippedBytes_ = 0;
  bool skipsRubbish_ = false;
};

}  // namespace roadwatch
