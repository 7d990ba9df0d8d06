#pragma once

#include <napi.h>

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

namespace roadwatch {

/// A call that may block for seconds, on a thread of its own: libuv's four would be used up by four silent
/// cameras. Settles a promise on the JavaScript thread and joins its thread before; when the environment ends
/// first, it is interrupted and joined. Owns itself until then.
class BlockingCall {
 public:
  using Work = std::function<void(const std::atomic<bool>& interrupt)>;
  using Finish = std::function<Napi::Value(Napi::Env)>;

  /// `work` runs on the thread and may throw; `finish` makes the promise's value afterwards. Where no thread
  /// can be started the promise is rejected (`no-thread`) and neither is called.
  static Napi::Promise Start(Napi::Env env, const char* name, Work work, Finish finish);

  /// For Start() alone.
  BlockingCall(Napi::Env env, Work work, Finish finish);

 private:
  struct Failure {
    std::string code;
    std::string message;
  };
  void Run();
  void Settle(Napi::Env env);
  static void OnFinished(Napi::Env env, Napi::Function, BlockingCall* call, void*);

  using Finished = Napi::TypedThreadSafeFunction<BlockingCall, void, OnFinished>;

  Napi::Promise::Deferred deferred_;
  Work work_;
  Finish finish_;
  std::optional<Failure> failure_;
  std::atomic<bool> interrupt_{false};
  Finished finished_;
  std::thread thread_;
};

}  // namespace roadwatch
