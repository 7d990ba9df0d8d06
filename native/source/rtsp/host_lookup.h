#pragma once

#include <netdb.h>

#include <functional>
#include <memory>
#include <string>

namespace roadwatch {

struct AddrinfoFree {
  void operator()(addrinfo* addresses) const noexcept { freeaddrinfo(addresses); }
};
using AddrinfoPtr = std::unique_ptr<addrinfo, AddrinfoFree>;

/// The TCP addresses of a host. Numbers are read at once; names are asked for in the background, because the
/// system's resolver cannot be interrupted: `mayWait` is asked every 100 ms and throws to give up. Throws
/// Error("unreachable") where there is no such host.
AddrinfoPtr LookUpHost(const std::string& host, const std::string& port,
                       const std::function<void()>& mayWait);

}  // namespace roadwatch
