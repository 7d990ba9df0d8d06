#pragma once

#include <string>

namespace roadwatch {

/// Sends a message as of sd_notify(3) to a service manager's datagram socket: `address` is a path, or `@` and
/// the name of an abstract one. Never waits. Throws Error("notify-failed") where nobody takes it.
void NotifyServiceManager(const std::string& address, const std::string& message);

}  // namespace roadwatch
