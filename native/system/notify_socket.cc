#include "system/notify_socket.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

#include "error.h"
#include "system/descriptor.h"

namespace roadwatch {

void NotifyServiceManager(const std::string& address, const std::string& message) {
  sockaddr_un target{};
  target.sun_family = AF_UNIX;
  const bool named = address.size() > 1 && (address.front() == '/' || address.front() == '@');
  if (!named || address.size() >= sizeof(target.sun_path)) {
    throw Error("notify-failed", "expected the address of a socket (/… or @…) of less than " +
                                     std::to_string(sizeof(target.sun_path)) + " bytes, received \"" +
                                     address + "\"");
  }
  std::memcpy(target.sun_path, address.data(), address.size());
  if (address.front() == '@') target.sun_path[0] = '\0';
  const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
  const Descriptor sender(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const ssize_t sent = sendto(sender.number(), message.data(), message.size(), MSG_NOSIGNAL,
                              reinterpret_cast<const sockaddr*>(&target), length);
  if (sent < 0) {
    const std::string reason = std::strerror(errno);
    throw Error("notify-failed", "cannot reach the service manager at " + address + ": " + reason);
  }
}

}  // namespace roadwatch
