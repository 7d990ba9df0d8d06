#pragma once

#include <napi.h>

#include <map>
#include <memory>
#include <string>
#include <variant>

#include "pipeline/pipeline.h"
#include "pipeline/pipeline_listener.h"
#include "time/clock.h"
#include "time/random.h"

namespace roadwatch {

/// `Pipeline` in JavaScript: options in, typed events out. Its methods run on the JavaScript thread; events
/// come from the engine's threads and cross through one thread-safe function, at most one detection a camera
/// at a time. Keeps itself alive until it is closed and the last event has crossed: the function's finaliser
/// lets it go. The environment's end closes it too.
class PipelineBinding final : public Napi::ObjectWrap<PipelineBinding>, private PipelineListener {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit PipelineBinding(const Napi::CallbackInfo& info);
  ~PipelineBinding() override;

 private:
  struct DetectionArrived {
    Detection detection;
    std::unique_ptr<DeliveryReceipt> receipt;
  };
  struct StateChanged {
    CameraKey camera;
    ConnectionState state;
  };
  using Event = std::variant<DetectionArrived, StateChanged, LogLine>;

  void OnDetection(Detection detection, std::unique_ptr<DeliveryReceipt> receipt) override;
  void OnState(const CameraKey& camera, const ConnectionState& state) override;
  void OnLog(LogLine line) override;
  void Send(Event event);
  static void Deliver(Napi::Env env, Napi::Function callback, PipelineBinding* self, Event* event);
  static void ReleaseWhenSettled(Napi::Env env, const Napi::Value& result, Event& event);
  bool IsCurrent(const CameraKey& camera) const;
  Napi::Value EventToJs(Napi::Env env, const Event& event) const;

  Napi::Value Id(const Napi::CallbackInfo& info);
  void AddCamera(const Napi::CallbackInfo& info);
  Napi::Value RemoveCamera(const Napi::CallbackInfo& info);
  void SetDemand(const Napi::CallbackInfo& info);
  void TuneCamera(const Napi::CallbackInfo& info);
  void RestartStage(const Napi::CallbackInfo& info);
  Napi::Value AbandonRuns(const Napi::CallbackInfo& info);
  Napi::Value Stats(const Napi::CallbackInfo& info);
  Napi::Value Close(const Napi::CallbackInfo& info);
  void OnEnvironmentEnd();

  using Events = Napi::TypedThreadSafeFunction<PipelineBinding, Event, Deliver>;

  const SystemClock clock_;
  SystemRandom random_;
  std::shared_ptr<Pipeline> pipeline_;
  uint32_t id_ = 0;
  Events events_;
  bool closed_ = false;    ///< no event is passed on any more
  bool released_ = false;  ///< the way for events is given up
  /// Cameras whose events are passed on; what a removed camera had on its way is not.
  std::map<std::string, uint64_t> current_;
  Napi::Env::CleanupHook<std::function<void()>> cleanup_;
};

}  // namespace roadwatch
