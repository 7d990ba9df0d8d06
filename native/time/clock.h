#pragma once

#include <chrono>
#include <cstdint>

namespace roadwatch {

using Monotonic = std::chrono::steady_clock;
using MonotonicTime = Monotonic::time_point;
using Milliseconds = std::chrono::milliseconds;

/// Where time comes from: monotonic for durations, UTC for stamps. Given to whoever measures or waits, so
/// that a test moves it by hand. Implementations are safe to call from any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual MonotonicTime Now() const = 0;
  /// Milliseconds since the Unix epoch, UTC.
  virtual int64_t UtcMs() const = 0;
};

class SystemClock final : public Clock {
 public:
  MonotonicTime Now() const override { return Monotonic::now(); }
  int64_t UtcMs() const override {
    const auto sinceEpoch = std::chrono::system_clock::now().time_since_epoch();
    return std::chrono::duration_cast<Milliseconds>(sinceEpoch).count();
  }
};

}  // namespace roadwatch
