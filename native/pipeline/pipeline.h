#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "pipeline/batcher.h"
#include "pipeline/camera.h"
#include "pipeline/inference_lane.h"
#include "pipeline/load_governor.h"
#include "pipeline/options.h"
#include "pipeline/pipeline_listener.h"
#include "pipeline/worker_pool.h"
#include "system/decode_marks.h"

namespace roadwatch {

/// What the watchdog may start anew; of an analysis, that the camera waits for its turn is told once more.
enum class Stage { kSource, kDecode, kAnalysis };

struct PipelineStats {
  std::vector<CameraStats> cameras;
  BatcherStats batches;
  uint64_t failedBatches = 0;
  std::optional<std::chrono::milliseconds> oldestRun;  ///< age of the oldest batch a worker has
  double stretch = 1;                                  ///< of all intervals, because there is too much to do
};

/// All cameras of a process. The way of a frame, from top to bottom:
///   CameraReader (thread a camera) -> PacketGate -> [pool] Decoder -> slot -> Batcher -> [pool] letterbox ->
///   InferenceLane -> the worker's model -> Complete() [worker's thread]: boxes, NMS, groups ->
///   [pool] JPEG -> PipelineListener.
/// Thread-safe. Close() ends it all and joins every thread; nothing is called after it.
class Pipeline : private Camera::Listener {
 public:
  /// Throws Error("no-thread" | "marks-failed").
  Pipeline(PipelineOptions options, const Clock& clock, Random& random, PipelineListener& listener);
  ~Pipeline() override;
  Pipeline(const Pipeline&) = delete;
  Pipeline& operator=(const Pipeline&) = delete;

  /// Starts a camera. Throws Error("camera-exists" | "closed" | "bad-url" | "scheme-refused" | "no-thread").
  CameraKey AddCamera(CameraOptions options);
  /// Takes a camera out at once; the returned function joins the threads of all that were taken out (up to a
  /// few hundred ms) and may run on any thread. Throws Error("unknown-camera").
  std::function<void()> RemoveCamera(const std::string& cameraId);
  void SetDemand(const std::string& cameraId, PictureDemand demand);
  /// Throws Error("unknown-camera").
  void TuneCamera(const std::string& cameraId, CameraTuning tuning);
  void RestartStage(const std::string& cameraId, Stage stage);
  PipelineStats Stats() const;

  /// `tensor` stays valid until CloseLane() has returned. Throws Error("closed").
  std::shared_ptr<InferenceLane> AddLane(std::span<float> tensor, int maxBatch,
                                         InferenceLane::Listener& listener);
  /// The lane's listener gets the next batch. False when the lane is closed.
  bool WaitForBatch(const std::shared_ptr<InferenceLane>& lane);
  /// `output` is [count, rows, anchors] for the lane's batch; read before this returns.
  /// Throws Error("bad-output") when its size or rows do not fit; the frames are then let go.
  void Complete(InferenceLane& lane, std::span<const float> output, int rows, int anchors);
  void Fail(InferenceLane& lane, const std::string& message);
  void CloseLane(InferenceLane& lane);
  /// Closes the lanes whose run has lasted `olderThan`; gives how many.
  int AbandonRuns(std::chrono::milliseconds olderThan);

  void Close() noexcept;

 private:
  void OnFrameReady(const std::shared_ptr<Camera>& camera) override;
  void OnFrameUnchanged(const std::shared_ptr<Camera>& camera, PendingFrame frame,
                        VisionResult result) override;
  std::shared_ptr<Camera> FindCamera(const std::string& cameraId) const;
  std::chrono::milliseconds NextPhase(std::chrono::milliseconds interval);
  void CloseLeaving() noexcept;
  void LetGo(std::vector<BatchedFrame> frames);
  void Govern(const Camera& camera, double latencyMs);
  struct Analysis {
    VisionResult result;
    bool reused = false;
    double inferenceMs = 0;
    MonotonicTime completedAt{};
  };
  void PostFinish(std::shared_ptr<BatchedFrame> frame, Analysis analysis);
  void Finish(BatchedFrame& frame, Analysis analysis, WorkerContext& context);
  void AddPictures(Detection& detection, const PlanarFrame& view, PictureDemand demand, JpegEncoder& jpeg);

  const PipelineOptions options_;
  const Clock& clock_;
  Random& random_;
  PipelineListener& listener_;
  HardwareDevices devices_;
  const std::unique_ptr<DecodeMarks> marks_;
  WorkerPool pool_;
  Batcher batcher_;

  std::mutex closing_;  ///< held while Close() waits: a second caller waits for it
  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Camera>> cameras_;
  /// Removed, and not closed yet: Close() waits for them, too.
  std::vector<std::shared_ptr<Camera>> leaving_;
  std::vector<std::shared_ptr<InferenceLane>> lanes_;
  uint64_t camerasAdded_ = 0;
  uint64_t failedBatches_ = 0;
  LoadGovernor governor_;
  bool closed_ = false;
};

}  // namespace roadwatch
