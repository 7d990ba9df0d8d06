#include "pipeline/inference_lane.h"

#include <doctest/doctest.h>

#include <future>
#include <thread>
#include <vector>

#include "tests/support/vision_options.h"

using namespace roadwatch;

namespace {

class Batches final : public InferenceLane::Listener {
 public:
  void OnBatch(std::optional<Batch> batch) override { received.push_back(batch); }
  std::vector<std::optional<Batch>> received;
};

struct Fixture {
  std::vector<float> tensor = std::vector<float>(12);
  Batches batches;
  InferenceLane lane{tensor, 2, MakeCpuBackend(OneClassVision()), batches};
};

std::vector<BatchedFrame> OneFrame() {
  AvFramePtr picture(av_frame_alloc());
  PendingFrame pending{DecodedFrame(std::move(picture), 0, MonotonicTime{}, std::nullopt), 0,
                       MonotonicTime{}};
  std::vector<BatchedFrame> frames;
  frames.push_back({nullptr, std::move(pending), LetterboxGeometry{}, 0, 0});
  return frames;
}

}  // namespace

TEST_CASE_FIXTURE(Fixture, "a lane is filled only while its worker waits") {
  CHECK_FALSE(lane.BeginFill());
  CHECK(lane.Wait());
  CHECK_FALSE(lane.Wait());
  CHECK(lane.BeginFill());
  CHECK_FALSE(lane.BeginFill());
}

TEST_CASE_FIXTURE(Fixture, "the worker gets the batch and gives back its frames once") {
  lane.Wait();
  lane.BeginFill();
  CHECK(lane.EndFill(OneFrame(), {2, 2}).empty());
  REQUIRE(batches.received.size() == 1);
  REQUIRE(batches.received[0].has_value());
  CHECK(batches.received[0]->count == 1);
  CHECK(batches.received[0]->input == InputSize{2, 2});
  CHECK(lane.RunningFor(Monotonic::now()).has_value());
  CHECK(lane.TakeRunning().frames.size() == 1);
  CHECK(lane.TakeRunning().frames.empty());
  CHECK_FALSE(lane.RunningFor(Monotonic::now()).has_value());
  CHECK(lane.Wait());
}

TEST_CASE_FIXTURE(Fixture, "a fill that found no frame leaves the worker waiting") {
  lane.Wait();
  lane.BeginFill();
  lane.EndFill({}, {2, 2});
  CHECK(batches.received.empty());
  CHECK(lane.BeginFill());
}

TEST_CASE_FIXTURE(Fixture, "closing tells a waiting worker that there will be no more, once") {
  lane.Wait();
  lane.Close();
  lane.Close();
  REQUIRE(batches.received.size() == 1);
  CHECK_FALSE(batches.received[0].has_value());
  CHECK(lane.closed());
  CHECK_FALSE(lane.Wait());
}

TEST_CASE_FIXTURE(Fixture, "closing gives what was running back to its owner") {
  lane.Wait();
  lane.BeginFill();
  lane.EndFill(OneFrame(), {2, 2});
  CHECK(lane.Close().size() == 1);
  CHECK(lane.TakeRunning().frames.empty());
}

TEST_CASE_FIXTURE(Fixture, "closing waits for the thread that fills the tensor, and its frames come back") {
  lane.Wait();
  lane.BeginFill();
  std::promise<void> closing;
  std::thread closer([&] {
    closing.set_value();
    lane.Close();
  });
  closing.get_future().get();
  while (!lane.closed()) std::this_thread::yield();
  CHECK(lane.EndFill(OneFrame(), {2, 2}).size() == 1);
  closer.join();
  // The worker that waited is told that there is nothing more.
  REQUIRE(batches.received.size() == 1);
  CHECK_FALSE(batches.received[0].has_value());
}
