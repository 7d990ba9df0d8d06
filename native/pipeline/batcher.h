#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "pipeline/camera.h"
#include "pipeline/inference_lane.h"
#include "pipeline/options.h"
#include "pipeline/worker_pool.h"

namespace roadwatch {

struct BatcherStats {
  size_t framesWaiting = 0;
  uint64_t batches = 0;
  uint64_t batchedFrames = 0;
  std::vector<uint64_t> batchesBySize;  ///< [n]: batches of n + 1 frames; as long as the largest so far
};

/// Brings cameras whose frame is ready together with lanes that wait. The camera that has waited longest for
/// its next result, by its interval, comes first: whatever its frames' moment, none starves. A batch holds
/// frames of one input size; it goes when it is full or its oldest frame has waited for the deadline. The
/// letterbox into the lane's tensor runs on the pool. Thread-safe.
class Batcher {
 public:
  Batcher(ModelInput input, std::chrono::milliseconds deadline, WorkerPool& pool, const Clock& clock);

  void OnFrameReady(const std::shared_ptr<Camera>& camera);
  /// The camera is gone; its frame waits no longer.
  void Forget(const Camera& camera);
  void OnLaneWaiting(const std::shared_ptr<InferenceLane>& lane);
  BatcherStats Stats() const;
  size_t FramesWaiting() const;

 private:
  struct Waiting {
    std::shared_ptr<Camera> camera;
    InputSize input;
    MonotonicTime since;
    MonotonicTime due;  ///< when the camera should have its next result
  };
  struct Match {
    std::shared_ptr<InferenceLane> lane;
    std::vector<Waiting> frames;
  };
  void Dispatch();
  bool FindMatch(Match& match);
  void ArmDeadline(MonotonicTime when);
  void Fill(Match& match, WorkerContext& context);

  const ModelInput input_;
  const std::chrono::milliseconds deadline_;
  WorkerPool& pool_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::deque<Waiting> waiting_;
  std::deque<std::shared_ptr<InferenceLane>> lanes_;
  bool deadlineArmed_ = false;
  BatcherStats stats_;
};

}  // namespace roadwatch
