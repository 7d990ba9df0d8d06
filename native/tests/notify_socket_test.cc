#include "system/notify_socket.h"

#include <doctest/doctest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>
#include <string>

#include "error.h"

using namespace roadwatch;

namespace {

/// A service manager's end: a bound datagram socket.
class Manager {
 public:
  explicit Manager(const std::string& address) : descriptor_(socket(AF_UNIX, SOCK_DGRAM, 0)) {
    sockaddr_un own{};
    own.sun_family = AF_UNIX;
    std::copy(address.begin(), address.end(), own.sun_path);
    if (address.front() == '@') own.sun_path[0] = '\0';
    const auto length = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + address.size());
    REQUIRE(bind(descriptor_, reinterpret_cast<const sockaddr*>(&own), length) == 0);
  }
  ~Manager() { close(descriptor_); }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  /// What has come; empty where nothing has.
  std::string Receive() const {
    std::array<char, 256> buffer{};
    const ssize_t received = recv(descriptor_, buffer.data(), buffer.size(), MSG_DONTWAIT);
    return received < 0 ? "" : std::string(buffer.data(), static_cast<size_t>(received));
  }

 private:
  const int descriptor_;
};

std::string CodeOf(const std::string& address) {
  try {
    NotifyServiceManager(address, "READY=1");
    return "sent";
  } catch (const Error& error) {
    return error.code();
  }
}

}  // namespace

TEST_CASE("a service manager is told, at a path and at an abstract address") {
  const std::string path =
      std::filesystem::temp_directory_path() / ("roadwatch-notify-" + std::to_string(getpid()));
  for (const std::string& address : {path, "@roadwatch-notify-" + std::to_string(getpid())}) {
    CAPTURE(address);
    const Manager manager(address);
    NotifyServiceManager(address, "READY=1\nSTATUS=well");
    CHECK(manager.Receive() == "READY=1\nSTATUS=well");
    CHECK(manager.Receive().empty());
  }
  std::filesystem::remove(path);
}

TEST_CASE("where nobody listens, or the address is none, that is said") {
  for (const std::string& address : {std::string("/nonexistent/notify"), std::string(""), std::string("@"),
                                     std::string("notify"), "/" + std::string(200, 'x')}) {
    CAPTURE(address);
    CHECK(CodeOf(address) == "notify-failed");
  }
}

TEST_CASE("a service manager that reads nothing is not waited for") {
  const std::string address = "@roadwatch-notify-full-" + std::to_string(getpid());
  const Manager manager(address);
  std::string code = "sent";
  // The queue of a datagram socket is bounded: by 10 messages unless the system says otherwise.
  for (int i = 0; i < 100'000 && code == "sent"; ++i) code = CodeOf(address);
  CHECK(code == "notify-failed");
}
