#pragma once

#include <chrono>

#include "time/clock.h"

namespace roadwatch {

/// When a camera's next analysis is due: a grid of `interval`, shifted by `phase`. Late by more than an
/// interval, points of the grid are skipped; nothing is ever caught up in a burst. One owner, no locking.
class DueSchedule {
 public:
  DueSchedule(std::chrono::milliseconds interval, std::chrono::milliseconds phase, MonotonicTime start)
      : interval_(interval), origin_(start + phase), due_(origin_) {}

  /// Due, or nearer to being due than it will be `nextChance` later.
  bool IsDue(MonotonicTime now, Monotonic::duration nextChance) const { return now >= due_ - nextChance / 2; }
  /// The analysis was taken; chances come every `nextChance` (0: at any time).
  void Taken(MonotonicTime now, Monotonic::duration nextChance);
  /// The very next chance is taken.
  void DueAtOnce(MonotonicTime now) { due_ = now; }
  /// From now on every `interval`; what is left until the next time grows or shrinks with it, so that cameras
  /// that were spread over the old interval are spread over the new one.
  void SetInterval(std::chrono::milliseconds interval, MonotonicTime now);
  std::chrono::milliseconds interval() const { return interval_; }

 private:
  MonotonicTime FirstAfter(MonotonicTime time) const;

  std::chrono::milliseconds interval_;
  MonotonicTime origin_;
  MonotonicTime due_;
};

}  // namespace roadwatch
