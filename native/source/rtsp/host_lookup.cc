#include "source/rtsp/host_lookup.h"

#include <sys/socket.h>

#include <csignal>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "error.h"

namespace roadwatch {

namespace {

constexpr std::chrono::milliseconds kAskPeriod{100};

addrinfo TcpHints() {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  return hints;
}

/// A question to the resolver. Owned by who asked and by the resolver, whoever is done last.
struct Question {
  std::string host;
  std::string port;
  addrinfo hints = TcpHints();
  gaicb request{};
  std::mutex mutex;
  std::condition_variable changed;
  bool answered = false;

  ~Question() {
    if (request.ar_result != nullptr) freeaddrinfo(request.ar_result);
  }
};

void OnAnswer(sigval value) {
  const std::unique_ptr<std::shared_ptr<Question>> owner(
      static_cast<std::shared_ptr<Question>*>(value.sival_ptr));
  Question& question = **owner;
  {
    const std::lock_guard lock(question.mutex);
    question.answered = true;
  }
  question.changed.notify_all();
}

std::shared_ptr<Question> Ask(const std::string& host, const std::string& port) {
  auto question = std::make_shared<Question>();
  question->host = host;
  question->port = port;
  question->request.ar_name = question->host.c_str();
  question->request.ar_service = question->port.c_str();
  question->request.ar_request = &question->hints;
  auto owner = std::make_unique<std::shared_ptr<Question>>(question);
  sigevent notify{};
  notify.sigev_notify = SIGEV_THREAD;
  notify.sigev_notify_function = OnAnswer;
  notify.sigev_value.sival_ptr = owner.get();
  gaicb* list[] = {&question->request};
  if (getaddrinfo_a(GAI_NOWAIT, static_cast<gaicb**>(list), 1, &notify) != 0) {
    throw Error("unreachable", "the system cannot look up names now");
  }
  static_cast<void>(owner.release());
  return question;
}

[[noreturn]] void Unknown(int error) {
  throw Error("unreachable", std::string("cannot find the host: ") + gai_strerror(error));
}

AddrinfoPtr ReadNumber(const std::string& host, const std::string& port) {
  addrinfo hints = TcpHints();
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  return AddrinfoPtr(getaddrinfo(host.c_str(), port.c_str(), &hints, &found) == 0 ? found : nullptr);
}

}  // namespace

AddrinfoPtr LookUpHost(const std::string& host, const std::string& port,
                       const std::function<void()>& mayWait) {
  if (AddrinfoPtr number = ReadNumber(host, port)) return number;
  const std::shared_ptr<Question> question = Ask(host, port);
  std::unique_lock lock(question->mutex);
  while (!question->changed.wait_for(lock, kAskPeriod, [&question] { return question->answered; })) mayWait();
  const int error = gai_error(&question->request);
  if (error != 0) Unknown(error);
  return AddrinfoPtr(std::exchange(question->request.ar_result, nullptr));
}

}  // namespace roadwatch
