#include "pipeline/load_governor.h"

#include <doctest/doctest.h>

#include <deque>
#include <vector>

#include "decode/due_schedule.h"
#include "tests/support/manual_clock.h"

using namespace roadwatch;
using std::chrono::milliseconds;

namespace {

constexpr milliseconds kInterval{2000};
using Ms = LoadGovernor::Duration;

/// Cameras whose frames fall due evenly, one slot each (the newest frame wins), before a machine that serves
/// them in turn, one frame in `serviceMs`. Works in steps of a millisecond.
struct Machine {
  explicit Machine(int serviceMs_) : serviceMs(serviceMs_) {}

  void Run(int seconds, int cameras) {
    served = 0;
    latencySumMs = 0;
    queue.clear();
    slots.clear();
    for (int i = 0; i < cameras; ++i) {
      slots.push_back({DueSchedule(kInterval, kInterval * i / cameras, clock.Now())});
      slots.back().schedule.SetInterval(Stretched(), clock.Now());
    }
    for (int step = 0; step < seconds * 1000; ++step, ++nowMs, clock.Advance(milliseconds(1))) {
      Arrive();
      if (nowMs >= busyUntilMs) Serve();
    }
  }

  struct Slot {
    DueSchedule schedule;
    double arrivedMs = 0;
    double servedMs = -1;
    bool waiting = false;
  };

  milliseconds Stretched() const { return StretchedInterval(kInterval, governor.stretch(), 1); }

  void Arrive() {
    for (size_t i = 0; i < slots.size(); ++i) {
      Slot& slot = slots[i];
      if (!slot.schedule.IsDue(clock.Now(), milliseconds(0))) continue;
      slot.schedule.Taken(clock.Now(), milliseconds(0));
      slot.arrivedMs = nowMs;
      if (!slot.waiting) queue.push_back(i);
      slot.waiting = true;
    }
  }

  void Serve() {
    // Frames much older than the interval in effect are dropped for nothing.
    while (!queue.empty() && IsStale(slots[queue.front()])) {
      slots[queue.front()].waiting = false;
      queue.pop_front();
    }
    if (queue.empty()) return;
    Slot& slot = slots[queue.front()];
    queue.pop_front();
    slot.waiting = false;
    busyUntilMs = nowMs + serviceMs;
    const double latencyMs = nowMs - slot.arrivedMs + serviceMs;
    latencySumMs += latencyMs;
    ++served;
    LoadGovernor::Result result{Ms(latencyMs), kInterval, std::nullopt, queue.size()};
    if (slot.servedMs >= 0) result.sincePrevious = Ms(nowMs - slot.servedMs);
    slot.servedMs = nowMs;
    if (!governor.OnResult(result, clock.Now())) return;
    for (Slot& other : slots) other.schedule.SetInterval(Stretched(), clock.Now());
  }

  bool IsStale(const Slot& slot) const {
    return nowMs - slot.arrivedMs > 2 * static_cast<double>(kInterval.count());
  }
  double MeanLatencyMs() const { return latencySumMs / served; }

  const int serviceMs;
  ManualClock clock;
  LoadGovernor governor{clock.Now()};
  std::vector<Slot> slots;
  std::deque<size_t> queue;
  double nowMs = 0;
  double busyUntilMs = 0;
  double latencySumMs = 0;
  int served = 0;
};

}  // namespace

TEST_CASE("a machine that can do what is asked stretches nothing") {
  Machine machine(20);
  machine.Run(60, 90);  // 45 of 50 frames a second
  CHECK(machine.governor.stretch() == 1);
  CHECK(machine.served >= 60 * 45 - 90);
}

TEST_CASE("three times too much: intervals stretch threefold, results come soon, the machine stays busy") {
  Machine machine(20);
  machine.Run(60, 300);
  machine.Run(60, 300);
  CHECK(machine.governor.stretch() > 2.7);
  CHECK(machine.governor.stretch() < 4.5);
  CHECK(machine.MeanLatencyMs() < 1000);
  CHECK(machine.served > 0.85 * 60 * 50);
}

TEST_CASE("when there is less to do, intervals are as configured again") {
  Machine machine(20);
  machine.Run(60, 300);
  REQUIRE(machine.governor.stretch() > 2);
  machine.Run(90, 50);
  CHECK(machine.governor.stretch() == 1);
}

TEST_CASE("a burst of a second or two stretches nothing") {
  ManualClock clock;
  LoadGovernor governor(clock.Now());
  const auto result = [&](int latencyMs) {
    clock.Advance(milliseconds(100));
    return governor.OnResult({Ms(latencyMs), kInterval, std::nullopt}, clock.Now());
  };
  for (int i = 0; i < 30; ++i) CHECK_FALSE(result(3000).has_value());
  for (int i = 0; i < 50; ++i) CHECK_FALSE(result(50).has_value());
  CHECK(governor.stretch() == 1);
}

TEST_CASE("far too much to do is seen for what it is before every camera has had its second turn") {
  Machine machine(60);
  machine.Run(8, 300);  // 150 frames a second are due, 16 are done
  CHECK(machine.governor.stretch() > 7);
  CHECK(machine.governor.stretch() < 12);
}

TEST_CASE("what is late although nothing waits is not stretched without end") {
  ManualClock clock;
  LoadGovernor governor(clock.Now());
  // Another program has the processors: each result takes 1.6 s, however few are asked for.
  for (int i = 0; i < 2000; ++i) {
    clock.Advance(milliseconds(500));
    governor.OnResult({Ms(1600), kInterval, Ms(2000)}, clock.Now());
  }
  CHECK(governor.stretch() < 5);
}

TEST_CASE("the stretch has an end") {
  ManualClock clock;
  LoadGovernor governor(clock.Now());
  for (int i = 0; i < 1000; ++i) {
    clock.Advance(milliseconds(1000));
    governor.OnResult({Ms(100000), kInterval, Ms(100000), 1000}, clock.Now());
  }
  CHECK(governor.stretch() == LoadGovernor::kMaxStretch);
}

TEST_CASE("a camera of greater priority is stretched less") {
  CHECK(StretchedInterval(kInterval, 1, 1) == kInterval);
  CHECK(StretchedInterval(kInterval, 3, 1) == milliseconds(6000));
  CHECK(StretchedInterval(kInterval, 3, 2) == milliseconds(4000));
  CHECK(StretchedInterval(kInterval, 3, 0.5) == milliseconds(10000));
}
