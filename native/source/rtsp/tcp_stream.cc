#include "source/rtsp/tcp_stream.h"

#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "error.h"
#include "source/rtsp/host_lookup.h"

namespace roadwatch {

namespace {

/// How often a call that waits looks at its deadline and at the interrupt.
constexpr std::chrono::milliseconds kAskPeriod{100};

std::string ErrnoText(int error) { return std::strerror(error); }

bool IsUnreachable(int error) {
  return error == ECONNREFUSED || error == EHOSTUNREACH || error == ENETUNREACH || error == EHOSTDOWN ||
         error == EACCES || error == EADDRNOTAVAIL;
}

[[noreturn]] void ThrowTooLate() { throw Error("connect-timeout", "no answer in time"); }

/// Blocking with a short time-out: where bytes come, one system call gives them.
void MakeBlocking(int socket) {
  const timeval period{0, std::chrono::microseconds(kAskPeriod).count()};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &period, sizeof(period));
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &period, sizeof(period));
}

}  // namespace

TcpStream::TcpStream(const Clock& clock, const std::atomic<bool>& interrupt)
    : clock_(clock), interrupt_(interrupt) {}

TcpStream::~TcpStream() { Close(); }

void TcpStream::Close() noexcept {
  if (socket_ >= 0) close(socket_);
  socket_ = -1;
}

void TcpStream::ObeyInterrupt() const {
  if (interrupt_) throw Error("interrupted", "interrupted");
}

bool TcpStream::IsLate(MonotonicTime deadline) const {
  ObeyInterrupt();
  return clock_.Now() >= deadline;
}

void TcpStream::Connect(const std::string& host, const std::string& port, MonotonicTime deadline) {
  const AddrinfoPtr addresses = LookUpHost(host, port, [&] {
    if (IsLate(deadline)) ThrowTooLate();
  });
  int error = 0;
  for (const addrinfo* address = addresses.get(); address != nullptr; address = address->ai_next) {
    if (TryAddress(*address, deadline)) return;
    error = errno;
    Close();
  }
  throw Error(error == ETIMEDOUT     ? "connect-timeout"
              : IsUnreachable(error) ? "unreachable"
                                     : "io-error",
              ErrnoText(error));
}

/// False, with errno, where this address does not answer.
bool TcpStream::TryAddress(const addrinfo& address, MonotonicTime deadline) {
  socket_ = socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
  if (socket_ < 0) return false;
  // connect() obeys the sending time-out: EINPROGRESS when it is over, and the attempt goes on.
  MakeBlocking(socket_);
  if (connect(socket_, address.ai_addr, address.ai_addrlen) == 0) return true;
  while (errno == EINPROGRESS || errno == EINTR || errno == EALREADY) {
    if (IsLate(deadline)) ThrowTooLate();
    pollfd wait{socket_, POLLOUT, 0};
    if (poll(&wait, 1, static_cast<int>(kAskPeriod.count())) <= 0) {
      errno = EINPROGRESS;
      continue;
    }
    int error = 0;
    socklen_t size = sizeof(error);
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    errno = error;
    if (error == 0) return true;
  }
  return false;
}

std::optional<size_t> TcpStream::ReadSome(std::span<uint8_t> into, MonotonicTime deadline) {
  for (;;) {
    // A camera whose bytes never stop never lets recv() wait.
    ObeyInterrupt();
    const ssize_t got = recv(socket_, into.data(), into.size(), 0);
    if (got >= 0) return static_cast<size_t>(got);
    if (errno != EAGAIN && errno != EINTR) throw Error("connection-lost", ErrnoText(errno));
    if (IsLate(deadline)) return std::nullopt;
  }
}

void TcpStream::WriteAll(std::string_view bytes, MonotonicTime deadline) {
  while (!bytes.empty()) {
    const ssize_t sent = send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes.remove_prefix(static_cast<size_t>(sent));
      continue;
    }
    if (errno != EAGAIN && errno != EINTR) throw Error("connection-lost", ErrnoText(errno));
    if (IsLate(deadline)) throw Error("connection-lost", "takes no more requests");
  }
}

void TcpStream::WriteLastWords(std::string_view bytes) noexcept {
  if (socket_ < 0) return;
  static_cast<void>(send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT));
}

}  // namespace roadwatch
