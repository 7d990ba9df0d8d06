#pragma once

#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace roadwatch {

/// A camera on loopback that answers requests one after the other with what a test says, and keeps what it
/// was asked. "{cseq}" in an answer becomes the request's. When it has said all, it waits for the other side
/// to close; an empty answer closes at once; "*" says nothing.
class ScriptedCamera {
 public:
  explicit ScriptedCamera(std::vector<std::string> answers) : answers_(std::move(answers)) {
    listener_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    bind(listener_, reinterpret_cast<sockaddr*>(&address), size);
    listen(listener_, 4);
    getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { Serve(); });
  }
  ScriptedCamera(const ScriptedCamera&) = delete;
  ScriptedCamera& operator=(const ScriptedCamera&) = delete;
  ~ScriptedCamera() {
    Join();
    close(listener_);
  }

  std::string Url(const std::string& path) const {
    return "rtsp://127.0.0.1:" + std::to_string(port_) + path;
  }
  /// What it was asked; after the other side has left.
  const std::vector<std::string>& Requests() {
    Join();
    return requests_;
  }

 private:
  void Join() {
    leaving_ = true;
    if (thread_.joinable()) thread_.join();
  }

  bool WaitFor(int socket) const {
    constexpr int kLookMs = 20;
    pollfd wait{socket, POLLIN, 0};
    while (poll(&wait, 1, kLookMs) == 0) {
      if (leaving_ && socket == listener_) return false;
    }
    return true;
  }

  void Serve() {
    while (next_ < answers_.size() && WaitFor(listener_)) {
      const int connection = accept(listener_, nullptr, nullptr);
      Talk(connection);
      close(connection);
    }
  }

  /// Until the script says to close, or the other side does.
  void Talk(int connection) {
    for (std::string request = Read(connection); !request.empty(); request = Read(connection)) {
      requests_.push_back(request);
      if (next_ >= answers_.size()) continue;
      std::string answer = answers_[next_++];
      if (answer.empty()) return;
      if (answer == "*") continue;
      const size_t at = request.find("CSeq: ") + 6;
      const std::string sequence = request.substr(at, request.find('\r', at) - at);
      for (size_t mark = answer.find("{cseq}"); mark != std::string::npos; mark = answer.find("{cseq}")) {
        answer.replace(mark, 6, sequence);
      }
      send(connection, answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  std::string Read(int connection) {
    while (unread_.find("\r\n\r\n") == std::string::npos) {
      char bytes[4096];
      if (!WaitFor(connection)) return {};
      const ssize_t got = recv(connection, static_cast<char*>(bytes), sizeof(bytes), 0);
      if (got <= 0) {
        unread_.clear();
        return {};
      }
      unread_.append(static_cast<char*>(bytes), static_cast<size_t>(got));
    }
    const size_t end = unread_.find("\r\n\r\n") + 4;
    std::string request = unread_.substr(0, end);
    unread_.erase(0, end);
    return request;
  }

  std::vector<std::string> answers_;
  size_t next_ = 0;
  int listener_ = -1;
  int port_ = 0;
  std::string unread_;
  std::vector<std::string> requests_;
  std::atomic<bool> leaving_{false};
  std::thread thread_;
};

}  // namespace roadwatch
