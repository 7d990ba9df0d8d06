#pragma once

#include <napi.h>

#include <functional>
#include <memory>
#include <optional>

#include "pipeline/inference_lane.h"
#include "pipeline/pipeline.h"

namespace roadwatch {

/// `InferenceLane` in JavaScript: lives in the worker thread that runs the model, and finds its pipeline by
/// id. The tensor is JavaScript's; the engine writes into it from its own threads only between next() and its
/// answer. Keeps itself alive until it is closed and its last answer has crossed: the function's finaliser
/// lets it go. The environment's end (a terminated worker) closes the lane.
class LaneBinding final : public Napi::ObjectWrap<LaneBinding>, private InferenceLane::Listener {
 public:
  static Napi::Function Define(Napi::Env env);
  explicit LaneBinding(const Napi::CallbackInfo& info);
  ~LaneBinding() override;

 private:
  void OnBatch(std::optional<Batch> batch) override;
  static void Deliver(Napi::Env env, Napi::Function, LaneBinding* self, std::optional<Batch>* batch);

  Napi::Value Next(const Napi::CallbackInfo& info);
  void Complete(const Napi::CallbackInfo& info);
  void Fail(const Napi::CallbackInfo& info);
  void Close(const Napi::CallbackInfo& info);
  void CloseLane();

  using Batches = Napi::TypedThreadSafeFunction<LaneBinding, std::optional<Batch>, Deliver>;

  std::shared_ptr<Pipeline> pipeline_;
  std::shared_ptr<InferenceLane> lane_;
  Napi::Reference<Napi::Float32Array> tensor_;
  Batches batches_;
  std::optional<Napi::Promise::Deferred> pending_;
  bool closed_ = false;
  Napi::Env::CleanupHook<std::function<void()>> cleanup_;
};

}  // namespace roadwatch
