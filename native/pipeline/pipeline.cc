#include "pipeline/pipeline.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <utility>

#include "error.h"
#include "image/difference_hash.h"
#include "image/draw.h"

namespace roadwatch {

namespace {

/// Steps of the golden ratio spread any number of cameras evenly over the interval, in any order of coming.
constexpr double kGoldenRatioFraction = 0.6180339887498949;

double MillisecondsSince(MonotonicTime from, MonotonicTime now) {
  return std::chrono::duration<double, std::milli>(now - from).count();
}

/// Lets the camera go on when the reader of its result lets go of it.
class CameraReceipt final : public DeliveryReceipt {
 public:
  explicit CameraReceipt(std::shared_ptr<Camera> camera) : camera_(std::move(camera)) {}
  ~CameraReceipt() override { camera_->Release(true); }
  CameraReceipt(const CameraReceipt&) = delete;
  CameraReceipt& operator=(const CameraReceipt&) = delete;

 private:
  std::shared_ptr<Camera> camera_;
};

}  // namespace

Pipeline::Pipeline(PipelineOptions options, const Clock& clock, Random& random, PipelineListener& listener)
    : options_(std::move(options)),
      clock_(clock),
      random_(random),
      listener_(listener),
      marks_(options_.decodeMarksFile.empty()
                 ? nullptr
                 : std::make_unique<DecodeMarks>(options_.decodeMarksFile, options_.threads)),
      pool_(
          options_.threads, [this] { return MakeCpuBackend(options_.vision); }, marks_.get()),
      batcher_(options_.input, options_.batchDeadline, pool_, clock_),
      governor_(clock.Now()) {}

Pipeline::~Pipeline() { Close(); }

CameraKey Pipeline::AddCamera(CameraOptions options) {
  static const std::atomic<bool> kNeverInterrupted{false};
  MakeFrameSource(options.source, clock_, kNeverInterrupted);  // refuses what can never work
  std::shared_ptr<Camera> camera;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) throw Error("closed", "the pipeline is closed");
    if (cameras_.contains(options.cameraId)) {
      throw Error("camera-exists", "camera \"" + options.cameraId + "\" runs already");
    }
    const auto phase = NextPhase(options.tuning.interval);
    const std::string id = options.cameraId;
    camera =
        std::make_shared<Camera>(std::move(options), ++camerasAdded_, phase, options_.backoff, pool_,
                                 devices_, clock_, random_, static_cast<Camera::Listener&>(*this), listener_);
    if (camera->IsLive()) camera->SetStretch(governor_.stretch());
    cameras_.emplace(id, camera);
  }
  try {
    camera->Start();
  } catch (const Error&) {
    const std::lock_guard lock(mutex_);
    std::erase_if(cameras_, [&camera](const auto& entry) { return entry.second == camera; });
    throw;
  }
  return camera->Key();
}

std::function<void()> Pipeline::RemoveCamera(const std::string& cameraId) {
  std::shared_ptr<Camera> camera;
  {
    const std::lock_guard lock(mutex_);
    const auto node = cameras_.extract(cameraId);
    if (node.empty()) throw Error("unknown-camera", "no camera \"" + cameraId + "\" is running");
    camera = node.mapped();
    leaving_.push_back(camera);
  }
  camera->RequestClose();
  return [this] { CloseLeaving(); };
}

/// All that are leaving, so that one whose own call never ran (no thread could be started for it) goes with
/// the next.
void Pipeline::CloseLeaving() noexcept {
  std::vector<std::shared_ptr<Camera>> leaving;
  {
    const std::lock_guard lock(mutex_);
    leaving = leaving_;
  }
  for (const auto& camera : leaving) {
    camera->Close();
    batcher_.Forget(*camera);
    const std::lock_guard lock(mutex_);
    std::erase(leaving_, camera);
  }
}

void Pipeline::SetDemand(const std::string& cameraId, PictureDemand demand) {
  FindCamera(cameraId)->SetDemand(demand);
}

void Pipeline::TuneCamera(const std::string& cameraId, CameraTuning tuning) {
  FindCamera(cameraId)->Tune(std::move(tuning));
}

void Pipeline::RestartStage(const std::string& cameraId, Stage stage) {
  const auto camera = FindCamera(cameraId);
  switch (stage) {
    case Stage::kSource:
      return camera->RestartSource();
    case Stage::kDecode:
      return camera->RestartDecode();
    case Stage::kAnalysis:
      batcher_.Forget(*camera);
      return camera->AnnounceAgain();
  }
}

PipelineStats Pipeline::Stats() const {
  std::vector<std::shared_ptr<Camera>> cameras;
  PipelineStats stats;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, camera] : cameras_) cameras.push_back(camera);
    for (const auto& lane : lanes_) {
      const auto running = lane->RunningFor(clock_.Now());
      if (running && (!stats.oldestRun || *running > *stats.oldestRun)) stats.oldestRun = running;
    }
    stats.failedBatches = failedBatches_;
    stats.stretch = governor_.stretch();
  }
  stats.batches = batcher_.Stats();
  for (const auto& camera : cameras) stats.cameras.push_back(camera->Stats());
  return stats;
}

std::shared_ptr<InferenceLane> Pipeline::AddLane(std::span<float> tensor, int maxBatch,
                                                 InferenceLane::Listener& listener) {
  if (tensor.size() < options_.input.LargestFloats()) {
    throw Error("invalid-argument", "expected a tensor of at least " +
                                        std::to_string(options_.input.LargestFloats()) +
                                        " floats, received " + std::to_string(tensor.size()));
  }
  auto lane = std::make_shared<InferenceLane>(tensor, maxBatch, MakeCpuBackend(options_.vision), listener);
  const std::lock_guard lock(mutex_);
  if (closed_) throw Error("closed", "the pipeline is closed");
  lanes_.push_back(lane);
  return lane;
}

bool Pipeline::WaitForBatch(const std::shared_ptr<InferenceLane>& lane) {
  if (!lane->Wait()) return false;
  batcher_.OnLaneWaiting(lane);
  return true;
}

void Pipeline::Complete(InferenceLane& lane, std::span<const float> output, int rows, int anchors) {
  RunningBatch batch = lane.TakeRunning();
  if (batch.frames.empty()) return;
  const MonotonicTime now = clock_.Now();
  const double inferenceMs = MillisecondsSince(batch.since, now);
  const size_t floats = static_cast<size_t>(rows) * static_cast<size_t>(anchors);
  if (rows != options_.vision.classes + 4 || output.size() != batch.frames.size() * floats) {
    const Error error("bad-output", "expected the model's output to have " +
                                        std::to_string(options_.vision.classes + 4) +
                                        " rows for each picture, received " + std::to_string(output.size()) +
                                        " values in " + std::to_string(rows) + " rows");
    LetGo(std::move(batch.frames));
    // Here, for Fail() finds no frames any more.
    listener_.OnLog({LogLevel::kError, "inference-failed", error.what(), ""});
    throw error;
  }
  for (size_t i = 0; i < batch.frames.size(); ++i) {
    auto frame = std::make_shared<BatchedFrame>(std::move(batch.frames[i]));
    const auto zones = frame->camera->Zones();
    Analysis analysis{
        lane.vision().Postprocess(output.subspan(i * floats, floats), rows, anchors, frame->geometry, *zones),
        false, inferenceMs, now};
    frame->camera->Remember(frame->pending, analysis.result, zones);
    PostFinish(std::move(frame), std::move(analysis));
  }
}

void Pipeline::PostFinish(std::shared_ptr<BatchedFrame> frame, Analysis analysis) {
  pool_.Post(
      [this, frame = std::move(frame), analysis = std::move(analysis)](WorkerContext& context) mutable {
        try {
          Finish(*frame, std::move(analysis), context);
        } catch (const std::exception& error) {
          // Out of memory for one picture: its camera goes on.
          if (frame->camera) frame->camera->Release(false);
          listener_.OnLog({LogLevel::kError, "result-failed", error.what(), ""});
        }
      },
      Urgency::kNext);
}

void Pipeline::Fail(InferenceLane& lane, const std::string& message) {
  std::vector<BatchedFrame> frames = lane.TakeRunning().frames;
  if (frames.empty()) return;
  LetGo(std::move(frames));
  listener_.OnLog({LogLevel::kError, "inference-failed", message, ""});
}

void Pipeline::CloseLane(InferenceLane& lane) {
  LetGo(lane.Close());
  const std::lock_guard lock(mutex_);
  std::erase_if(lanes_, [&lane](const auto& other) { return other.get() == &lane; });
}

int Pipeline::AbandonRuns(std::chrono::milliseconds olderThan) {
  std::vector<std::shared_ptr<InferenceLane>> stuck;
  {
    const std::lock_guard lock(mutex_);
    const MonotonicTime now = clock_.Now();
    std::copy_if(lanes_.begin(), lanes_.end(), std::back_inserter(stuck), [&](const auto& lane) {
      const auto running = lane->RunningFor(now);
      return running && *running >= olderThan;
    });
  }
  for (const auto& lane : stuck) CloseLane(*lane);
  return static_cast<int>(stuck.size());
}

void Pipeline::Close() noexcept {
  const std::lock_guard closing(closing_);
  if (marks_) marks_->Dismiss();
  std::map<std::string, std::shared_ptr<Camera>> cameras;
  std::vector<std::shared_ptr<Camera>> leaving;
  std::vector<std::shared_ptr<InferenceLane>> lanes;
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
    cameras.swap(cameras_);
    lanes.swap(lanes_);
    leaving = leaving_;
  }
  // All are told before any is waited for: a hundred cameras end as fast as one.
  for (const auto& [id, camera] : cameras) camera->RequestClose();
  for (const auto& lane : lanes) LetGo(lane->Close());
  for (const auto& [id, camera] : cameras) camera->Close();
  for (const auto& camera : leaving) camera->Close();
  pool_.Close();
}

void Pipeline::OnFrameReady(const std::shared_ptr<Camera>& camera) { batcher_.OnFrameReady(camera); }

void Pipeline::OnFrameUnchanged(const std::shared_ptr<Camera>& camera, PendingFrame frame,
                                VisionResult result) {
  auto unchanged = std::make_shared<BatchedFrame>(BatchedFrame{camera, std::move(frame), {}, 0, 0});
  Analysis analysis{std::move(result), true, 0, clock_.Now()};
  PostFinish(std::move(unchanged), std::move(analysis));
}

std::shared_ptr<Camera> Pipeline::FindCamera(const std::string& cameraId) const {
  const std::lock_guard lock(mutex_);
  const auto found = cameras_.find(cameraId);
  if (found == cameras_.end()) throw Error("unknown-camera", "no camera \"" + cameraId + "\" is running");
  return found->second;
}

std::chrono::milliseconds Pipeline::NextPhase(std::chrono::milliseconds interval) {
  const double turns = static_cast<double>(camerasAdded_) * kGoldenRatioFraction;
  const double fraction = turns - std::floor(turns);
  return std::chrono::milliseconds(static_cast<int64_t>(fraction * static_cast<double>(interval.count())));
}

/// Frames without a result: counted, and their cameras go on.
void Pipeline::LetGo(std::vector<BatchedFrame> frames) {
  if (frames.empty()) return;
  {
    const std::lock_guard lock(mutex_);
    ++failedBatches_;
  }
  for (const BatchedFrame& frame : frames) frame.camera->Release(false);
}

void Pipeline::Govern(const Camera& camera, double latencyMs) {
  if (!camera.IsLive()) return;
  const LoadGovernor::Result result{LoadGovernor::Duration(latencyMs), camera.Interval(),
                                    camera.SinceNewestResult(), batcher_.FramesWaiting()};
  std::vector<std::shared_ptr<Camera>> cameras;
  double before = 1;
  double stretch = 1;
  {
    const std::lock_guard lock(mutex_);
    before = governor_.stretch();
    const auto changed = governor_.OnResult(result, clock_.Now());
    if (!changed) return;
    stretch = *changed;
    for (const auto& [id, other] : cameras_) cameras.push_back(other);
  }
  for (const auto& other : cameras) other->SetStretch(stretch);
  if (before == 1) {
    listener_.OnLog(
        {LogLevel::kWarn, "overloaded",
         "there is more to do than this machine can do: the intervals of all cameras are stretched", ""});
  } else if (stretch == 1) {
    listener_.OnLog({LogLevel::kInfo, "not-overloaded", "intervals are as configured again", ""});
  }
}

void Pipeline::Finish(BatchedFrame& frame, Analysis analysis, WorkerContext& context) {
  const MonotonicTime start = clock_.Now();
  const PlanarFrame view = frame.pending.frame.View();
  Detection detection;
  detection.camera = frame.camera->Key();
  detection.captureUtcMs = frame.pending.frame.captureUtcMs();
  detection.mediaTimeMs = frame.pending.frame.mediaTimeMs();
  detection.imageWidthPx = view.widthPx;
  detection.imageHeightPx = view.heightPx;
  detection.reused = analysis.reused;
  detection.objects = std::move(analysis.result.objects);
  for (Group& group : analysis.result.groups) detection.groups.push_back({std::move(group), std::nullopt});
  try {
    AddPictures(detection, view, frame.camera->Demand(), context.jpeg);
  } catch (const Error& error) {
    // The detection is worth more than its pictures.
    listener_.OnLog({LogLevel::kWarn, error.code(), error.what(), detection.camera.id});
  }
  const MonotonicTime now = clock_.Now();
  detection.timings = {MillisecondsSince(frame.pending.frame.receivedAt(), now),
                       frame.pending.decodeMs,
                       frame.queueMs,
                       frame.letterboxMs,
                       analysis.inferenceMs,
                       MillisecondsSince(analysis.completedAt, start),
                       MillisecondsSince(start, now)};
  Govern(*frame.camera, detection.timings.totalMs);
  listener_.OnDetection(std::move(detection), std::make_unique<CameraReceipt>(std::move(frame.camera)));
}

void Pipeline::AddPictures(Detection& detection, const PlanarFrame& view, PictureDemand demand,
                           JpegEncoder& jpeg) {
  const bool wanted = demand.raw || demand.drawn || (demand.crops && !detection.groups.empty());
  if (!wanted) return;
  const PlanarFrame picture = jpeg.Prepare(view);
  if (demand.raw) detection.rawJpeg = jpeg.Encode(picture, options_.jpegQuality);
  if (demand.drawn) {
    std::vector<Group> groups;
    for (const DetectedGroup& detected : detection.groups) groups.push_back(detected.group);
    Canvas canvas(picture);
    canvas.DrawDetections(detection.objects, groups, options_.classNames);
    const int quality = options_.jpegQuality;
    detection.drawnJpeg =
        demand.raw ? jpeg.EncodeChanged(detection.rawJpeg, canvas.View(), canvas.touched(), quality)
                   : jpeg.Encode(canvas.View(), quality);
  }
  if (!demand.crops) return;
  for (DetectedGroup& detected : detection.groups) {
    const PixelRect rect = CropRect(detected.group.bounds, options_.cropMarginPx, detection.imageWidthPx,
                                    detection.imageHeightPx);
    detected.crop =
        Crop{jpeg.EncodeCrop(picture, rect, options_.jpegQuality), rect, DifferenceHash(picture, rect)};
  }
}

}  // namespace roadwatch
