#include "binding/pipeline_binding.h"

#include <functional>
#include <map>
#include <utility>

#include "binding/blocking_call.h"
#include "binding/js_error.h"
#include "binding/js_events.h"
#include "binding/js_options.h"
#include "pipeline/registry.h"

namespace roadwatch {

Napi::Function PipelineBinding::Define(Napi::Env env) {
  return DefineClass(
      env, "Pipeline",
      {InstanceAccessor<&PipelineBinding::Id>("id"), InstanceMethod<&PipelineBinding::AddCamera>("addCamera"),
       InstanceMethod<&PipelineBinding::RemoveCamera>("removeCamera"),
       InstanceMethod<&PipelineBinding::SetDemand>("setDemand"),
       InstanceMethod<&PipelineBinding::TuneCamera>("tuneCamera"),
       InstanceMethod<&PipelineBinding::RestartStage>("restartStage"),
       InstanceMethod<&PipelineBinding::AbandonRuns>("abandonRuns"),
       InstanceMethod<&PipelineBinding::Stats>("stats"), InstanceMethod<&PipelineBinding::Close>("close")});
}

PipelineBinding::PipelineBinding(const Napi::CallbackInfo& info) : Napi::ObjectWrap<PipelineBinding>(info) {
  Napi::Env env = info.Env();
  PipelineOptions options = ReadPipelineOptions(ObjectArgument(info, 0, "options"));
  if (!info[1].IsFunction()) throw JsError(env, "invalid-argument", "expected onEvent to be a function");
  Guarded(env, [&] {
    pipeline_ = std::make_shared<Pipeline>(std::move(options), clock_, random_,
                                           static_cast<PipelineListener&>(*this));
  });
  events_ = Events::New(
      env, info[1].As<Napi::Function>(), "roadwatch events", 0, 1, this,
      [](Napi::Env, void*, PipelineBinding* self) { self->Unref(); }, static_cast<void*>(nullptr));
  // Registered after the thread-safe function, so it runs before that one's own: no thread finds it gone.
  cleanup_ = env.AddCleanupHook(std::function<void()>([this] { OnEnvironmentEnd(); }));
  id_ = PipelineRegistry::Add(pipeline_);
  Ref();
}

PipelineBinding::~PipelineBinding() {
  if (pipeline_) pipeline_->Close();
}

void PipelineBinding::OnEnvironmentEnd() {
  PipelineRegistry::Remove(id_);
  pipeline_->Close();
}

void PipelineBinding::OnDetection(Detection detection, std::unique_ptr<DeliveryReceipt> receipt) {
  Send(DetectionArrived{std::move(detection), std::move(receipt)});
}

void PipelineBinding::OnState(const CameraKey& camera, const ConnectionState& state) {
  Send(StateChanged{camera, state});
}

void PipelineBinding::OnLog(LogLine line) { Send(std::move(line)); }

void PipelineBinding::Send(Event event) {
  auto owned = std::make_unique<Event>(std::move(event));
  if (events_.NonBlockingCall(owned.get()) == napi_ok) static_cast<void>(owned.release());
}

/// The camera goes on when the promise is settled, or nobody holds it any more.
void PipelineBinding::ReleaseWhenSettled(Napi::Env env, const Napi::Value& result, Event& event) {
  auto* arrived = std::get_if<DetectionArrived>(&event);
  if (arrived == nullptr || !result.IsPromise()) return;
  const std::shared_ptr<std::unique_ptr<DeliveryReceipt>> held =
      std::make_shared<std::unique_ptr<DeliveryReceipt>>(std::move(arrived->receipt));
  const auto release = Napi::Function::New(env, [held](const Napi::CallbackInfo&) { held->reset(); });
  const Napi::Object promise = result.As<Napi::Object>();
  promise.Get("then").As<Napi::Function>().Call(promise, {release, release});
}

void PipelineBinding::Deliver(Napi::Env env, Napi::Function callback, PipelineBinding* self, Event* event) {
  const std::unique_ptr<Event> owned(event);
  if (env == nullptr || self->closed_) return;
  try {
    const Napi::Value value = self->EventToJs(env, *owned);
    if (!value.IsUndefined()) ReleaseWhenSettled(env, callback.Call({value}), *owned);
  } catch (const Napi::Error& error) {
    // The listener threw: there is no caller to throw it to, so it is an uncaught exception.
    IgnoringShutdown([&] { napi_fatal_exception(env, error.Value()); });
  }
}

bool PipelineBinding::IsCurrent(const CameraKey& camera) const {
  const auto found = current_.find(camera.id);
  return found != current_.end() && found->second == camera.serial;
}

Napi::Value PipelineBinding::EventToJs(Napi::Env env, const Event& event) const {
  if (const auto* arrived = std::get_if<DetectionArrived>(&event)) {
    return IsCurrent(arrived->detection.camera) ? DetectionToJs(env, arrived->detection) : env.Undefined();
  }
  if (const auto* changed = std::get_if<StateChanged>(&event)) {
    return IsCurrent(changed->camera) ? StateEventToJs(env, changed->camera.id, changed->state)
                                      : env.Undefined();
  }
  return LogToJs(env, std::get<LogLine>(event));
}

Napi::Value PipelineBinding::Id(const Napi::CallbackInfo& info) { return Napi::Number::New(info.Env(), id_); }

void PipelineBinding::AddCamera(const Napi::CallbackInfo& info) {
  CameraOptions options = ReadCameraOptions(ObjectArgument(info, 0, "options"));
  Guarded(info.Env(), [&] {
    const CameraKey key = pipeline_->AddCamera(std::move(options));
    current_[key.id] = key.serial;
  });
}

Napi::Value PipelineBinding::RemoveCamera(const Napi::CallbackInfo& info) {
  const std::string cameraId = StringArgument(info, 0, "cameraId");
  auto join = Guarded(info.Env(), [&] { return pipeline_->RemoveCamera(cameraId); });
  current_.erase(cameraId);
  return BlockingCall::Start(
      info.Env(), "roadwatch remove camera",
      // The pipeline outlives the camera's last task.
      [join = std::move(join), pipeline = pipeline_](const std::atomic<bool>&) { join(); },
      [](Napi::Env env) { return env.Undefined(); });
}

void PipelineBinding::SetDemand(const Napi::CallbackInfo& info) {
  const std::string cameraId = StringArgument(info, 0, "cameraId");
  const PictureDemand demand = ReadPictureDemand(ObjectArgument(info, 1, "demand"));
  Guarded(info.Env(), [&] { pipeline_->SetDemand(cameraId, demand); });
}

void PipelineBinding::TuneCamera(const Napi::CallbackInfo& info) {
  const std::string cameraId = StringArgument(info, 0, "cameraId");
  CameraTuning tuning = ReadCameraTuning(ObjectArgument(info, 1, "tuning"));
  Guarded(info.Env(), [&] { pipeline_->TuneCamera(cameraId, std::move(tuning)); });
}

void PipelineBinding::RestartStage(const Napi::CallbackInfo& info) {
  const std::string cameraId = StringArgument(info, 0, "cameraId");
  const std::string stage = StringArgument(info, 1, "stage");
  const std::map<std::string, Stage> stages{
      {"source", Stage::kSource}, {"decode", Stage::kDecode}, {"analysis", Stage::kAnalysis}};
  const auto found = stages.find(stage);
  if (found == stages.end()) {
    throw JsError(info.Env(), "invalid-argument",
                  "expected stage to be source, decode or analysis, received " + stage);
  }
  Guarded(info.Env(), [&] { pipeline_->RestartStage(cameraId, found->second); });
}

Napi::Value PipelineBinding::AbandonRuns(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber())
    throw JsError(info.Env(), "invalid-argument", "expected olderThanMs to be a number");
  const std::chrono::milliseconds olderThan(info[0].As<Napi::Number>().Int64Value());
  return Napi::Number::New(info.Env(),
                           Guarded(info.Env(), [&] { return pipeline_->AbandonRuns(olderThan); }));
}

Napi::Value PipelineBinding::Stats(const Napi::CallbackInfo& info) {
  return StatsToJs(info.Env(), Guarded(info.Env(), [&] { return pipeline_->Stats(); }));
}

Napi::Value PipelineBinding::Close(const Napi::CallbackInfo& info) {
  closed_ = true;
  return BlockingCall::Start(
      info.Env(), "roadwatch close", [pipeline = pipeline_](const std::atomic<bool>&) { pipeline->Close(); },
      [this](Napi::Env env) {
        if (!std::exchange(released_, true)) {
          PipelineRegistry::Remove(id_);
          cleanup_.Remove(env);
          events_.Release();
        }
        return env.Undefined();
      });
}

}  // namespace roadwatch
