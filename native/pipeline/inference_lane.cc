#include "pipeline/inference_lane.h"

#include <utility>

namespace roadwatch {

InferenceLane::InferenceLane(std::span<float> tensor, int maxBatch, std::unique_ptr<VisionBackend> vision,
                             Listener& listener)
    : tensor_(tensor), maxBatch_(maxBatch), vision_(std::move(vision)), listener_(listener) {}

bool InferenceLane::Wait() {
  const std::lock_guard lock(mutex_);
  if (closing_ || state_ != State::kIdle) return false;
  state_ = State::kWaiting;
  return true;
}

bool InferenceLane::BeginFill() {
  const std::lock_guard lock(mutex_);
  if (closing_ || state_ != State::kWaiting) return false;
  state_ = State::kFilling;
  return true;
}

std::vector<BatchedFrame> InferenceLane::EndFill(std::vector<BatchedFrame> frames, InputSize input) {
  const Batch batch{static_cast<int>(frames.size()), input};
  const std::lock_guard lock(mutex_);
  // A lane that closes meanwhile has no run: its worker still waits for an answer.
  state_ = frames.empty() || closing_ ? State::kWaiting : State::kRunning;
  filled_.notify_all();
  if (closing_ || frames.empty()) return frames;
  running_ = std::move(frames);
  runningSince_ = Monotonic::now();
  // Under the lock: once Close() has returned, the listener is not called.
  listener_.OnBatch(batch);
  return {};
}

RunningBatch InferenceLane::TakeRunning() {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kRunning) return {};
  state_ = State::kIdle;
  return {std::exchange(running_, {}), runningSince_};
}

std::vector<BatchedFrame> InferenceLane::Close() {
  std::unique_lock lock(mutex_);
  closing_ = true;
  filled_.wait(lock, [this] { return state_ != State::kFilling; });
  const bool wanted = state_ == State::kWaiting;
  state_ = State::kClosed;
  if (wanted) listener_.OnBatch(std::nullopt);
  return std::exchange(running_, {});
}

bool InferenceLane::closed() const {
  const std::lock_guard lock(mutex_);
  return closing_;
}

std::optional<std::chrono::milliseconds> InferenceLane::RunningFor(MonotonicTime now) const {
  const std::lock_guard lock(mutex_);
  if (state_ != State::kRunning) return std::nullopt;
  return std::chrono::duration_cast<std::chrono::milliseconds>(now - runningSince_);
}

}  // namespace roadwatch
