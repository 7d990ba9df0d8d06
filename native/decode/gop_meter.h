#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>

#include "time/clock.h"

namespace roadwatch {

/// Measures the time between keyframes of one camera: the median of the last few, so that one late keyframe
/// does not change the decode policy. One owner, no locking.
class GopMeter {
 public:
  void Keyframe(MonotonicTime receivedAt);
  /// A new connection: the gap to the last keyframe of the old one says nothing.
  void Interrupted() { last_.reset(); }
  /// None before the second keyframe of a connection.
  std::optional<std::chrono::milliseconds> Gop() const;

 private:
  static constexpr size_t kGaps = 5;
  std::array<std::chrono::milliseconds, kGaps> gaps_{};
  size_t count_ = 0;
  std::optional<MonotonicTime> last_;
};

}  // namespace roadwatch
