#pragma once

#include <atomic>

#include "time/clock.h"
#include "time/random.h"

namespace roadwatch {

/// A clock that stands still until a test moves it.
class ManualClock final : public Clock {
 public:
  MonotonicTime Now() const override { return MonotonicTime(Milliseconds(elapsedMs_.load() + kStartMs)); }
  int64_t UtcMs() const override { return kEpochMs + elapsedMs_.load(); }
  void Advance(Milliseconds duration) { elapsedMs_ += duration.count(); }

 private:
  static constexpr int64_t kStartMs = 1000000;
  static constexpr int64_t kEpochMs = 1700000000000;
  std::atomic<int64_t> elapsedMs_{0};
};

/// Chance that always says the same.
class FixedRandom final : public Random {
 public:
  explicit FixedRandom(double value) : value_(value) {}
  double NextUnit() override { return value_; }

 private:
  const double value_;
};

}  // namespace roadwatch
