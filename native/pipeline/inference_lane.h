#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "detect/vision_backend.h"
#include "image/letterbox.h"
#include "pipeline/camera.h"

namespace roadwatch {

/// A frame on its way through the model.
struct BatchedFrame {
  std::shared_ptr<Camera> camera;
  PendingFrame pending;
  LetterboxGeometry geometry;
  double queueMs = 0;
  double letterboxMs = 0;
};

/// A batch in a lane's tensor: [count, 3, input.heightPx, input.widthPx], float32.
struct Batch {
  int count = 0;
  InputSize input;
};

/// What a worker had when it came back.
struct RunningBatch {
  std::vector<BatchedFrame> frames;
  MonotonicTime since{};
};

/// One worker's end of the pipeline: its preallocated input tensor and the batch that is in it. The batcher
/// fills it from a pool thread, the worker takes it and gives it back on its own thread.
///   idle -> waiting (the worker asks) -> filling (a batch was found) -> running (the worker has it) -> idle
class InferenceLane {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /// The batch the worker waits for; none: there will be no more. Called from any thread.
    virtual void OnBatch(std::optional<Batch> batch) = 0;
  };

  /// `tensor` holds maxBatch pictures of the largest input and outlives Close().
  InferenceLane(std::span<float> tensor, int maxBatch, std::unique_ptr<VisionBackend> vision,
                Listener& listener);

  /// The worker waits for a batch. False when the lane is closed, or not idle.
  bool Wait();
  /// The batcher takes a waiting lane to fill it. False when it is not waiting.
  bool BeginFill();
  /// Hands the filled batch to the worker; with no frames the lane goes on waiting. The frames come back when
  /// the lane was closed meanwhile.
  std::vector<BatchedFrame> EndFill(std::vector<BatchedFrame> frames, InputSize input);
  /// What was running, for the results that came; empty when nothing was.
  RunningBatch TakeRunning();
  /// No more batches; waits while a pool thread fills the tensor. Gives what was running. Safe to call twice.
  std::vector<BatchedFrame> Close();

  bool closed() const;
  /// How long the worker has had its batch.
  std::optional<std::chrono::milliseconds> RunningFor(MonotonicTime now) const;
  std::span<float> tensor() const { return tensor_; }
  int maxBatch() const { return maxBatch_; }
  /// Of the worker's thread.
  VisionBackend& vision() { return *vision_; }

 private:
  enum class State { kIdle, kWaiting, kFilling, kRunning, kClosed };

  const std::span<float> tensor_;
  const int maxBatch_;
  const std::unique_ptr<VisionBackend> vision_;
  Listener& listener_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  State state_ = State::kIdle;
  bool closing_ = false;
  std::vector<BatchedFrame> running_;
  MonotonicTime runningSince_{};
};

}  // namespace roadwatch
