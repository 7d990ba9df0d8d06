#include "binding/blocking_call.h"

#include <utility>

#include "binding/js_error.h"
#include "thread/start.h"

namespace roadwatch {

namespace {

constexpr const char* kThreadName = "rw-call";

void InterruptAndJoin(std::atomic<bool>& interrupt, std::thread& thread) {
  interrupt = true;
  if (thread.joinable()) thread.join();
}

}  // namespace

BlockingCall::BlockingCall(Napi::Env env, Work work, Finish finish)
    : deferred_(Napi::Promise::Deferred::New(env)), work_(std::move(work)), finish_(std::move(finish)) {}

Napi::Promise BlockingCall::Start(Napi::Env env, const char* name, Work work, Finish finish) {
  auto owned = std::make_unique<BlockingCall>(env, std::move(work), std::move(finish));
  BlockingCall* call = owned.get();
  const Napi::Promise promise = call->deferred_.Promise();
  // The finaliser is the owner: it runs once, after the promise is settled or when the environment ends.
  call->finished_ = Finished::New(
      env, name, 0, 1, call,
      [](Napi::Env, void*, BlockingCall* self) {
        const std::unique_ptr<BlockingCall> last(self);
        InterruptAndJoin(last->interrupt_, last->thread_);
      },
      static_cast<void*>(nullptr));
  static_cast<void>(owned.release());
  try {
    call->thread_ = StartThread(kThreadName, [call] { call->Run(); });
  } catch (const Error& error) {
    call->failure_ = Failure{error.code(), error.what()};
    call->Settle(env);
    call->finished_.Release();
  }
  return promise;
}

void BlockingCall::Run() {
  try {
    work_(interrupt_);
  } catch (const Error& error) {
    failure_ = Failure{error.code(), error.what()};
  } catch (const std::exception& error) {
    failure_ = Failure{"internal", error.what()};
  }
  // Where the environment ends meanwhile, this thread's share in the function is gone with it.
  if (finished_.BlockingCall() == napi_ok) finished_.Release();
}

void BlockingCall::OnFinished(Napi::Env env, Napi::Function, BlockingCall* call, void*) {
  if (env != nullptr) IgnoringShutdown([&] { call->Settle(env); });
}

void BlockingCall::Settle(Napi::Env env) {
  const Napi::HandleScope scope(env);
  if (failure_) {
    deferred_.Reject(JsError(env, failure_->code, failure_->message).Value());
  } else {
    deferred_.Resolve(finish_(env));
  }
}

}  // namespace roadwatch
