#include "pipeline/pipeline.h"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "error.h"
#include "pipeline/registry.h"
#include "tests/support/vision_options.h"

using namespace roadwatch;

namespace {

/// Only a guard against a hanging test: nothing waits for it to pass.
constexpr std::chrono::seconds kGuard{180};

class Recorder final : public PipelineListener {
 public:
  void OnDetection(Detection detection, std::unique_ptr<DeliveryReceipt> receipt) override {
    Change([&] { detections.push_back(std::move(detection)); });
    receipt.reset();
  }
  void OnState(const CameraKey& camera, const ConnectionState& state) override {
    Change([&] { states.push_back(camera.id + " " + ConnectionStateName(state)); });
  }
  void OnLog(LogLine line) override {
    Change([&] { logs.push_back(line.code); });
  }
  bool WaitFor(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kGuard, condition);
  }
  size_t Count() {
    const std::lock_guard lock(mutex_);
    return detections.size();
  }
  /// With the lock held: inside WaitFor's condition.
  bool Said(const std::string& state) const {
    return std::find(states.begin(), states.end(), state) != states.end();
  }

  std::vector<Detection> detections;
  std::vector<std::string> states;
  std::vector<std::string> logs;

 private:
  void Change(const std::function<void()>& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// Stands for a worker with a model that sees the same boxes (cx, cy, w, h, score in input pixels)
/// everywhere.
class Worker final : public InferenceLane::Listener {
 public:
  Worker(Pipeline& pipeline, std::vector<std::array<float, 5>> boxes, int maxBatch = 1)
      : pipeline_(pipeline),
        boxes_(std::move(boxes)),
        tensor_(static_cast<size_t>(maxBatch) * 3 * 640 * 640) {
    lane_ = pipeline.AddLane(tensor_, maxBatch, *this);
    thread_ = std::thread([this] { Run(); });
  }
  ~Worker() override {
    pipeline_.CloseLane(*lane_);
    OnBatch(std::nullopt);
    thread_.join();
  }
  void OnBatch(std::optional<Batch> batch) override {
    {
      const std::lock_guard lock(mutex_);
      batch_ = batch;
      answered_ = true;
    }
    changed_.notify_all();
  }

 private:
  void Run() {
    while (pipeline_.WaitForBatch(lane_)) {
      std::unique_lock lock(mutex_);
      changed_.wait(lock, [this] { return answered_; });
      answered_ = false;
      if (!batch_) return;
      const std::vector<float> output = Output(batch_->count);
      lock.unlock();
      pipeline_.Complete(*lane_, output, 5, static_cast<int>(boxes_.size()));
    }
  }
  std::vector<float> Output(int count) const {
    std::vector<float> output;
    for (int i = 0; i < count; ++i) {
      for (size_t row = 0; row < 5; ++row) {
        for (const auto& box : boxes_) output.push_back(box[row]);
      }
    }
    return output;
  }

  Pipeline& pipeline_;
  const std::vector<std::array<float, 5>> boxes_;
  std::vector<float> tensor_;
  std::shared_ptr<InferenceLane> lane_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<Batch> batch_;
  bool answered_ = false;
  std::thread thread_;
};

PipelineOptions Options() {
  PipelineOptions options;
  options.threads = 2;
  options.vision = OneClassVision();
  options.classNames = {"person"};
  options.batchDeadline = Milliseconds(0);
  return options;
}

CameraOptions EveryFrame(const std::string& id, const std::string& path, Milliseconds interval) {
  CameraOptions camera;
  camera.cameraId = id;
  camera.source.url = path;
  camera.source.allowFiles = true;
  camera.source.loop = false;
  camera.source.paced = false;
  camera.tuning.interval = interval;
  camera.playback = Playback::kEveryFrame;
  return camera;
}

CameraOptions Unpaced(const std::string& id) {
  CameraOptions camera =
      EveryFrame(id, std::string(ROADWATCH_DEMO_DIR) + "/market-street-1906.mp4", Milliseconds(1));
  camera.source.loop = true;
  camera.playback = Playback::kLive;
  return camera;
}

const std::string kMarketStreet = std::string(ROADWATCH_DEMO_DIR) + "/market-street-1906.mp4";

struct Fixture {
  const SystemClock clock;
  SystemRandom random;
  Recorder recorder;
  Pipeline pipeline{Options(), clock, random, recorder};
};

}  // namespace

TEST_CASE_FIXTURE(
    Fixture, "every frame that is due comes back with its boxes and group in source pixels, then the end") {
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}, {420, 192, 60, 40, 0.8F}});
  pipeline.AddCamera(EveryFrame("clip", kMarketStreet, Milliseconds(10000)));
  REQUIRE(recorder.WaitFor([&] { return recorder.Said("clip ended"); }));
  // 30 s of 640x360 in a 384x640 input: 12 rows of padding above and below, scale 1.
  REQUIRE(recorder.detections.size() == 3);
  for (size_t i = 0; i < 3; ++i) {
    const Detection& detection = recorder.detections[i];
    CHECK(detection.mediaTimeMs.value() == doctest::Approx(static_cast<double>(i) * 10000));
    CHECK(detection.imageWidthPx == 640);
    CHECK(detection.imageHeightPx == 360);
    REQUIRE(detection.objects.size() == 2);
    CHECK(detection.objects[0].x1 == doctest::Approx(270));
    CHECK(detection.objects[0].y1 == doctest::Approx(155));
    CHECK(detection.objects[0].x2 == doctest::Approx(370));
    CHECK(detection.objects[0].y2 == doctest::Approx(205));
    REQUIRE(detection.groups.size() == 1);
    CHECK(detection.groups[0].group.members == std::vector<int>{0, 1});
    CHECK(detection.groups[0].group.bounds.x2 == doctest::Approx(450));
    CHECK(detection.rawJpeg.empty());
    CHECK(detection.drawnJpeg.empty());
    CHECK_FALSE(detection.groups[0].crop.has_value());
  }
  CHECK(pipeline.Stats().cameras.at(0).analysed == 3);
}

TEST_CASE_FIXTURE(Fixture, "pictures are made when they are wanted, the crop with its margin") {
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}, {420, 192, 60, 40, 0.8F}});
  CameraOptions camera = EveryFrame("clip", kMarketStreet, Milliseconds(1000));
  pipeline.AddCamera(camera);
  pipeline.SetDemand("clip", {true, true, true});
  REQUIRE(recorder.WaitFor([&] { return recorder.Said("clip ended"); }));
  const Detection& last = recorder.detections.back();
  CHECK(last.rawJpeg.size() > 1000);
  CHECK(last.drawnJpeg.size() > 1000);
  CHECK(last.drawnJpeg != last.rawJpeg);
  REQUIRE(last.groups[0].crop.has_value());
  // The group is 270..450 by 155..205; 12 px more on each side.
  CHECK(last.groups[0].crop->rect.x == 258);
  CHECK(last.groups[0].crop->rect.y == 143);
  CHECK(last.groups[0].crop->rect.widthPx == 204);
  CHECK(last.groups[0].crop->rect.heightPx == 74);
}

TEST_CASE_FIXTURE(Fixture, "a camera's zones hold for it alone, and may change while it runs") {
  // 155..205 and 172..212 px from the top of 360: their feet are at 0.57 and 0.59 of the height.
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}, {420, 192, 60, 40, 0.8F}});
  const Zone right{ZoneKind::kIgnore, {{0.6, 0}, {1, 0}, {1, 1}, {0.6, 1}}};
  CameraOptions zoned = Unpaced("zoned");
  zoned.tuning.zones = {right};
  pipeline.AddCamera(zoned);
  pipeline.AddCamera(EveryFrame("whole", kMarketStreet, Milliseconds(10000)));
  REQUIRE(recorder.WaitFor([&] { return recorder.Said("whole ended"); }));
  const auto objectsOf = [this](const std::string& id) {
    const auto newest = std::find_if(recorder.detections.rbegin(), recorder.detections.rend(),
                                     [&id](const Detection& detection) { return detection.camera.id == id; });
    return newest == recorder.detections.rend() ? size_t{0} : newest->objects.size();
  };
  REQUIRE(recorder.WaitFor([&] { return objectsOf("zoned") == 1 && objectsOf("whole") == 2; }));
  pipeline.TuneCamera("zoned", {Milliseconds(1), 1, {}});
  CHECK(recorder.WaitFor([&] { return objectsOf("zoned") == 2; }));
  pipeline.TuneCamera("zoned", {Milliseconds(1), 1, {right}});
  CHECK(recorder.WaitFor([&] { return objectsOf("zoned") == 1; }));
  CHECK_THROWS_AS(pipeline.TuneCamera("nowhere", {}), Error);
}

TEST_CASE_FIXTURE(Fixture, "a scene that has not changed keeps its result, for as long as it may") {
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}, {420, 192, 60, 40, 0.8F}});
  CameraOptions camera = EveryFrame("clip", kMarketStreet, Milliseconds(40));
  camera.maxReuse = Milliseconds(100);
  pipeline.AddCamera(camera);
  REQUIRE(recorder.WaitFor([&] { return recorder.Said("clip ended"); }));
  const PipelineStats stats = pipeline.Stats();
  const auto reused =
      static_cast<size_t>(std::count_if(recorder.detections.begin(), recorder.detections.end(),
                                        [](const Detection& detection) { return detection.reused; }));
  CHECK(stats.cameras.at(0).reused == reused);
  CHECK(stats.cameras.at(0).analysed == recorder.detections.size());
  CHECK(stats.batches.batchedFrames == recorder.detections.size() - reused);
  double analysedAtMs = 0;
  for (const Detection& detection : recorder.detections) {
    CHECK(detection.objects.size() == 2);
    CHECK(detection.groups.size() == 1);
    if (!detection.reused) analysedAtMs = *detection.mediaTimeMs;
    CHECK(*detection.mediaTimeMs - analysedAtMs <= 100.5);
  }
}

TEST_CASE_FIXTURE(Fixture, "frames that no worker takes are replaced by newer ones and counted") {
  pipeline.AddCamera(Unpaced("fast"));
  const auto replacing = [this] {
    const PipelineStats stats = pipeline.Stats();
    return stats.cameras.at(0).framesReplaced >= 5 && stats.batches.framesWaiting > 0;
  };
  while (!replacing()) std::this_thread::yield();
  CHECK(recorder.Count() == 0);
  CHECK(pipeline.Stats().batches.framesWaiting == 1);
}

TEST_CASE_FIXTURE(Fixture, "cameras of one input size share a batch") {
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}}, 4);
  for (int i = 0; i < 6; ++i)
    pipeline.AddCamera(EveryFrame("clip" + std::to_string(i), kMarketStreet, Milliseconds(2000)));
  REQUIRE(recorder.WaitFor([&] { return recorder.detections.size() == 6 * 15; }));
  const PipelineStats stats = pipeline.Stats();
  CHECK(stats.batches.batchedFrames == 6 * 15);
  CHECK(stats.batches.batches < stats.batches.batchedFrames);
  uint64_t batches = 0;
  uint64_t frames = 0;
  for (size_t i = 0; i < stats.batches.batchesBySize.size(); ++i) {
    batches += stats.batches.batchesBySize[i];
    frames += (i + 1) * stats.batches.batchesBySize[i];
  }
  CHECK(stats.batches.batchesBySize.size() <= 4);
  CHECK(batches == stats.batches.batches);
  CHECK(frames == stats.batches.batchedFrames);
}

TEST_CASE_FIXTURE(Fixture, "a worker that goes with its batch costs the frames, not the camera") {
  auto lost =
      std::make_unique<Worker>(pipeline, std::vector<std::array<float, 5>>{{320, 192, 100, 50, 0.9F}});
  pipeline.AddCamera(Unpaced("fast"));
  REQUIRE(recorder.WaitFor([&] { return !recorder.detections.empty(); }));
  lost.reset();
  const size_t before = recorder.Count();
  const Worker next(pipeline, {{320, 192, 100, 50, 0.9F}});
  CHECK(recorder.WaitFor([&] { return recorder.detections.size() > before + 1; }));
}

TEST_CASE_FIXTURE(Fixture,
                  "an output of another shape is refused, its frames are let go and the camera goes on") {
  std::vector<float> tensor(3 * 640 * 640);
  struct Silent final : InferenceLane::Listener {
    void OnBatch(std::optional<Batch>) override { ++batches; }
    std::atomic<int> batches{0};
  } silent;
  const auto lane = pipeline.AddLane(tensor, 1, silent);
  pipeline.AddCamera(Unpaced("fast"));
  for (int round = 1; round <= 3; ++round) {
    REQUIRE(pipeline.WaitForBatch(lane));
    while (silent.batches < round) std::this_thread::yield();
    const std::vector<float> output(7);
    CHECK_THROWS_AS(pipeline.Complete(*lane, output, 7, 1), Error);
  }
  CHECK(pipeline.Stats().failedBatches == 3);
  CHECK(recorder.WaitFor(
      [&] { return std::count(recorder.logs.begin(), recorder.logs.end(), "inference-failed") == 3; }));
  pipeline.CloseLane(*lane);
}

TEST_CASE_FIXTURE(Fixture, "a camera that has had no result yet comes before one whose last is fresh") {
  std::vector<float> tensor(3 * 640 * 640);
  struct Silent final : InferenceLane::Listener {
    void OnBatch(std::optional<Batch>) override { ++batches; }
    std::atomic<int> batches{0};
  } silent;
  const auto lane = pipeline.AddLane(tensor, 1, silent);
  const std::vector<float> output(5);
  const auto complete = [&](int batch) {
    while (silent.batches < batch) std::this_thread::yield();
    pipeline.Complete(*lane, output, 5, 1);
    REQUIRE(recorder.WaitFor([&] { return recorder.detections.size() == static_cast<size_t>(batch); }));
  };
  const auto waitForWaiting = [&](size_t frames) {
    while (pipeline.Stats().batches.framesWaiting != frames) std::this_thread::yield();
  };
  pipeline.AddCamera(Unpaced("served"));
  REQUIRE(pipeline.WaitForBatch(lane));
  complete(1);
  waitForWaiting(1);
  pipeline.AddCamera(Unpaced("new"));
  waitForWaiting(2);
  REQUIRE(pipeline.WaitForBatch(lane));
  complete(2);
  CHECK(recorder.detections[0].camera.id == "served");
  CHECK(recorder.detections[1].camera.id == "new");
  pipeline.CloseLane(*lane);
}

TEST_CASE_FIXTURE(Fixture, "a camera's id is taken once, and free again after it is removed") {
  pipeline.AddCamera(Unpaced("gate"));
  CHECK_THROWS_WITH_AS(pipeline.AddCamera(Unpaced("gate")), "camera \"gate\" runs already", Error);
  pipeline.RemoveCamera("gate")();
  CHECK_THROWS_AS(pipeline.RemoveCamera("gate"), Error);
  const CameraKey again = pipeline.AddCamera(Unpaced("gate"));
  CHECK(again.serial == 2);
}

TEST_CASE_FIXTURE(Fixture, "an address that can never work is refused at once") {
  CameraOptions camera = EveryFrame("bad", "http://example.invalid/stream", Milliseconds(1000));
  CHECK_THROWS_AS(pipeline.AddCamera(camera), Error);
  CHECK(pipeline.Stats().cameras.empty());
}

TEST_CASE_FIXTURE(Fixture, "a thousand starts and stops leave nothing behind") {
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}});
  for (int i = 0; i < 1000; ++i) {
    pipeline.AddCamera(Unpaced("cycle"));
    pipeline.RemoveCamera("cycle")();
  }
  CHECK(pipeline.Stats().cameras.empty());
}

TEST_CASE_FIXTURE(Fixture, "closing ends everything, may be done twice, and nothing is added afterwards") {
  const Worker worker(pipeline, {{320, 192, 100, 50, 0.9F}});
  for (int i = 0; i < 20; ++i) pipeline.AddCamera(Unpaced("camera" + std::to_string(i)));
  REQUIRE(recorder.WaitFor([&] { return recorder.detections.size() > 20; }));
  pipeline.Close();
  const size_t after = recorder.detections.size();
  pipeline.Close();
  CHECK_THROWS_AS(pipeline.AddCamera(Unpaced("late")), Error);
  CHECK(recorder.detections.size() == after);
}

TEST_CASE_FIXTURE(Fixture, "a camera that is being removed while all is closed is waited for, by everybody") {
  for (int round = 0; round < 20; ++round) {
    Recorder own;
    const SystemClock systemClock;
    Pipeline closing(Options(), systemClock, random, own);
    for (int i = 0; i < 4; ++i) closing.AddCamera(Unpaced("camera" + std::to_string(i)));
    auto join = closing.RemoveCamera("camera0");
    std::thread first([&] { closing.Close(); });
    std::thread second([&] { closing.Close(); });
    join();
    first.join();
    second.join();
  }
}

TEST_CASE_FIXTURE(Fixture, "cameras that come and go without any worker leave nothing waiting") {
  for (int i = 0; i < 200; ++i) {
    pipeline.AddCamera(Unpaced("cycle"));
    pipeline.RemoveCamera("cycle")();
  }
  CHECK(pipeline.Stats().batches.framesWaiting == 0);
}

TEST_CASE_FIXTURE(Fixture, "a tensor that holds no picture is refused") {
  struct Silent final : InferenceLane::Listener {
    void OnBatch(std::optional<Batch>) override {}
  } silent;
  std::vector<float> tensor(100);
  CHECK_THROWS_AS(pipeline.AddLane(tensor, 1, silent), Error);
}

TEST_CASE("workers find a pipeline by its id as long as it lives") {
  const SystemClock clock;
  SystemRandom random;
  Recorder recorder;
  auto pipeline = std::make_shared<Pipeline>(Options(), clock, random, recorder);
  const uint32_t id = PipelineRegistry::Add(pipeline);
  CHECK(PipelineRegistry::Find(id) == pipeline);
  CHECK(PipelineRegistry::Find(id + 1) == nullptr);
  pipeline.reset();
  CHECK(PipelineRegistry::Find(id) == nullptr);
  PipelineRegistry::Remove(id);
}
