#pragma once

#include <netdb.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "time/clock.h"

namespace roadwatch {

/// A TCP connection of which no call outlasts its deadline, and that an interrupt ends within 100 ms. Used by
/// one thread. Throws Error("unreachable" | "connect-timeout" | "connection-lost" | "interrupted"); messages
/// name no address: who calls knows it.
class TcpStream {
 public:
  TcpStream(const Clock& clock, const std::atomic<bool>& interrupt);
  ~TcpStream();
  TcpStream(const TcpStream&) = delete;
  TcpStream& operator=(const TcpStream&) = delete;

  /// Tries the host's addresses one after the other.
  void Connect(const std::string& host, const std::string& port, MonotonicTime deadline);
  /// Waits for bytes and gives what is there, at most `into.size()`; 0 when the other side has closed, none
  /// when the deadline has passed.
  std::optional<size_t> ReadSome(std::span<uint8_t> into, MonotonicTime deadline);
  void WriteAll(std::string_view bytes, MonotonicTime deadline);
  /// What can be sent without waiting; faults are nobody's concern any more.
  void WriteLastWords(std::string_view bytes) noexcept;

 private:
  void Close() noexcept;
  void ObeyInterrupt() const;
  bool IsLate(MonotonicTime deadline) const;
  bool TryAddress(const addrinfo& address, MonotonicTime deadline);

  const Clock& clock_;
  const std::atomic<bool>& interrupt_;
  int socket_ = -1;
};

}  // namespace roadwatch
