#include "source/quality.h"

#include <doctest/doctest.h>

#include <string>

#include "tests/support/manual_clock.h"

using namespace roadwatch;

namespace {

std::string MarkAfter(int faults, bool live = true) {
  ManualClock clock;
  QualityMeter meter;
  for (int i = 0; i < faults; ++i) {
    if (i % 2 == 0) {
      meter.Stall(clock.Now());
    } else {
      meter.Reconnect(clock.Now());
    }
  }
  return QualityMarkName(meter.Read(clock.Now(), live).mark);
}

}  // namespace

TEST_CASE("rates are of the last ten whole seconds") {
  ManualClock clock;
  QualityMeter meter;
  for (int i = 0; i < 20 * 25; ++i) {
    meter.Packet(clock.Now(), 1000);
    clock.Advance(Milliseconds(40));
  }
  const SourceQuality quality = meter.Read(clock.Now(), true);
  CHECK(quality.packets == 500);
  CHECK(quality.bytes == 500000);
  CHECK(quality.framesPerSecond == doctest::Approx(25));
  CHECK(quality.bytesPerSecond == doctest::Approx(25000));
}

TEST_CASE("a camera that has just begun shows its rate, not a tenth of it") {
  ManualClock clock;
  QualityMeter meter;
  for (int i = 0; i < 3 * 25; ++i) {
    meter.Packet(clock.Now(), 1000);
    clock.Advance(Milliseconds(40));
  }
  CHECK(meter.Read(clock.Now(), true).framesPerSecond == doctest::Approx(25));
}

TEST_CASE("a camera that has stopped sending has no rate") {
  ManualClock clock;
  QualityMeter meter;
  for (int i = 0; i < 100; ++i) meter.Packet(clock.Now(), 1000);
  clock.Advance(Milliseconds(12000));
  CHECK(meter.Read(clock.Now(), true).framesPerSecond == 0);
}

TEST_CASE("the mark follows stalls and reconnects") {
  CHECK(MarkAfter(0) == "excellent");
  CHECK(MarkAfter(1) == "fair");
  CHECK(MarkAfter(3) == "fair");
  CHECK(MarkAfter(4) == "poor");
  CHECK(MarkAfter(12) == "poor");
  CHECK(MarkAfter(13) == "unusable");
  CHECK(MarkAfter(0, false) == "unusable");
}

TEST_CASE("what lies more than an hour back is forgiven") {
  ManualClock clock;
  QualityMeter meter;
  for (int i = 0; i < 5; ++i) meter.Stall(clock.Now());
  clock.Advance(std::chrono::minutes(30));
  meter.Reconnect(clock.Now());
  CHECK(meter.Read(clock.Now(), true).stallsLastHour == 5);
  clock.Advance(std::chrono::minutes(31));
  const SourceQuality quality = meter.Read(clock.Now(), true);
  CHECK(quality.stallsLastHour == 0);
  CHECK(quality.reconnectsLastHour == 1);
}
