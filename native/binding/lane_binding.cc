#include "binding/lane_binding.h"

#include <utility>

#include "binding/js_error.h"
#include "binding/js_options.h"
#include "pipeline/registry.h"

namespace roadwatch {

namespace {

Napi::Value BatchToJs(Napi::Env env, const std::optional<Batch>& batch) {
  if (!batch) return env.Null();
  Napi::Object object = Napi::Object::New(env);
  object.Set("count", Napi::Number::New(env, batch->count));
  object.Set("heightPx", Napi::Number::New(env, batch->input.heightPx));
  object.Set("widthPx", Napi::Number::New(env, batch->input.widthPx));
  return object;
}

Napi::Float32Array Float32Argument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const bool fits =
      info[index].IsTypedArray() && info[index].As<Napi::TypedArray>().TypedArrayType() == napi_float32_array;
  if (!fits) {
    throw JsError(info.Env(), "invalid-argument", std::string("expected ") + name + " to be a Float32Array");
  }
  return info[index].As<Napi::Float32Array>();
}

int IntArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  const double value = info[index].IsNumber() ? info[index].As<Napi::Number>().DoubleValue() : 0;
  if (!(value >= 1 && value <= 1e9)) {
    throw JsError(info.Env(), "invalid-argument",
                  std::string("expected ") + name + " to be a positive number");
  }
  return static_cast<int>(value);
}

}  // namespace

Napi::Function LaneBinding::Define(Napi::Env env) {
  return DefineClass(
      env, "InferenceLane",
      {InstanceMethod<&LaneBinding::Next>("next"), InstanceMethod<&LaneBinding::Complete>("complete"),
       InstanceMethod<&LaneBinding::Fail>("fail"), InstanceMethod<&LaneBinding::Close>("close")});
}

LaneBinding::LaneBinding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LaneBinding>(info) {
  Napi::Env env = info.Env();
  const int pipelineId = IntArgument(info, 0, "pipelineId");
  const int maxBatch = IntArgument(info, 1, "maxBatch");
  Napi::Float32Array tensor = Float32Argument(info, 2, "tensor");
  pipeline_ = PipelineRegistry::Find(static_cast<uint32_t>(pipelineId));
  if (!pipeline_)
    throw JsError(env, "closed", "no pipeline with id " + std::to_string(pipelineId) + " is open");
  Guarded(env, [&] {
    lane_ = pipeline_->AddLane(std::span<float>(tensor.Data(), tensor.ElementLength()), maxBatch,
                               static_cast<InferenceLane::Listener&>(*this));
  });
  tensor_ = Napi::Persistent(tensor);
  try {
    batches_ = Batches::New(
        env, "roadwatch batches", 0, 1, this, [](Napi::Env, void*, LaneBinding* self) { self->Unref(); },
        static_cast<void*>(nullptr));
  } catch (const Napi::Error&) {
    // No destructor runs for what was not constructed: the pipeline would keep this lane's tensor.
    CloseLane();
    throw;
  }
  cleanup_ = env.AddCleanupHook(std::function<void()>([this] { CloseLane(); }));
  Ref();
}

LaneBinding::~LaneBinding() { CloseLane(); }

void LaneBinding::CloseLane() {
  if (lane_) pipeline_->CloseLane(*lane_);
}

void LaneBinding::OnBatch(std::optional<Batch> batch) {
  auto owned = std::make_unique<std::optional<Batch>>(batch);
  if (batches_.NonBlockingCall(owned.get()) == napi_ok) static_cast<void>(owned.release());
}

void LaneBinding::Deliver(Napi::Env env, Napi::Function, LaneBinding* self, std::optional<Batch>* batch) {
  const std::unique_ptr<std::optional<Batch>> owned(batch);
  if (env == nullptr || !self->pending_) return;
  const Napi::Promise::Deferred pending = *std::exchange(self->pending_, std::nullopt);
  IgnoringShutdown([&] {
    const Napi::HandleScope scope(env);
    pending.Resolve(BatchToJs(env, *owned));
  });
}

Napi::Value LaneBinding::Next(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (pending_) throw JsError(env, "busy", "next() was called while it already waits");
  const Napi::Promise::Deferred deferred = Napi::Promise::Deferred::New(env);
  // Before the lane may answer from another thread.
  pending_ = deferred;
  if (!pipeline_->WaitForBatch(lane_)) {
    pending_.reset();
    deferred.Resolve(env.Null());
  }
  return deferred.Promise();
}

void LaneBinding::Complete(const Napi::CallbackInfo& info) {
  const Napi::Float32Array output = Float32Argument(info, 0, "output");
  const int rows = IntArgument(info, 1, "rows");
  const int anchors = IntArgument(info, 2, "anchors");
  Guarded(info.Env(), [&] {
    pipeline_->Complete(*lane_, std::span<const float>(output.Data(), output.ElementLength()), rows, anchors);
  });
}

void LaneBinding::Fail(const Napi::CallbackInfo& info) {
  const std::string message = StringArgument(info, 0, "message");
  Guarded(info.Env(), [&] { pipeline_->Fail(*lane_, message); });
}

void LaneBinding::Close(const Napi::CallbackInfo& info) {
  if (std::exchange(closed_, true)) return;
  Guarded(info.Env(), [&] { CloseLane(); });
  cleanup_.Remove(info.Env());
  batches_.Release();
  tensor_.Reset();
}

}  // namespace roadwatch
