#include "decode/due_schedule.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace roadwatch;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kInterval{2000};
constexpr int kCameras = 100;
const MonotonicTime kStart{std::chrono::hours(1)};

/// A hundred cameras as the pipeline spreads them, by steps of the golden ratio.
std::vector<DueSchedule> Cameras() {
  std::vector<DueSchedule> cameras;
  for (int i = 0; i < kCameras; ++i) {
    const double turns = i * 0.6180339887498949;
    const milliseconds phase(static_cast<int64_t>((turns - std::floor(turns)) * 2000));
    cameras.emplace_back(kInterval, phase, kStart);
  }
  return cameras;
}

/// How many fall due in each `step` of the time from `from` on; each is taken at once.
std::vector<int> DuesIn(std::vector<DueSchedule>& cameras, MonotonicTime from, milliseconds step, int steps) {
  std::vector<int> dues(static_cast<size_t>(steps));
  for (milliseconds at{0}; at < step * steps; at += milliseconds(10)) {
    for (DueSchedule& camera : cameras) {
      if (!camera.IsDue(from + at, Monotonic::duration(0))) continue;
      camera.Taken(from + at, Monotonic::duration(0));
      ++dues[static_cast<size_t>(at / step)];
    }
  }
  return dues;
}

}  // namespace

TEST_CASE("cameras fall due evenly over their interval") {
  auto cameras = Cameras();
  for (const int dues : DuesIn(cameras, kStart, milliseconds(200), 30)) {
    CHECK(dues >= 8);
    CHECK(dues <= 12);
  }
}

TEST_CASE("cameras fall due evenly over a longer interval, and over the old one again") {
  auto cameras = Cameras();
  DuesIn(cameras, kStart, kInterval, 3);
  const MonotonicTime stretched = kStart + 3 * kInterval;
  for (DueSchedule& camera : cameras) camera.SetInterval(4 * kInterval, stretched);
  const auto slow = DuesIn(cameras, stretched, milliseconds(800), 30);
  for (const int dues : slow) {
    CHECK(dues >= 8);
    CHECK(dues <= 12);
  }
  const MonotonicTime relaxed = stretched + 12 * kInterval;
  for (DueSchedule& camera : cameras) camera.SetInterval(kInterval, relaxed);
  for (const int dues : DuesIn(cameras, relaxed, milliseconds(200), 30)) {
    CHECK(dues >= 8);
    CHECK(dues <= 12);
  }
}

TEST_CASE("an interval that changes all the time makes nobody fall due more often, or never") {
  DueSchedule camera(kInterval, milliseconds(500), kStart);
  int taken = 0;
  for (milliseconds at{0}; at < 10 * kInterval; at += milliseconds(50)) {
    camera.SetInterval(at.count() % 100 == 0 ? kInterval : kInterval + milliseconds(100), kStart + at);
    if (!camera.IsDue(kStart + at, Monotonic::duration(0))) continue;
    camera.Taken(kStart + at, Monotonic::duration(0));
    ++taken;
  }
  CHECK(taken >= 9);
  CHECK(taken <= 11);
}
