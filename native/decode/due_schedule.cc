#include "decode/due_schedule.h"

#include <algorithm>

namespace roadwatch {

void DueSchedule::Taken(MonotonicTime now, Monotonic::duration nextChance) {
  due_ = FirstAfter(now + std::min<Monotonic::duration>(nextChance, interval_) / 2);
}

void DueSchedule::SetInterval(std::chrono::milliseconds interval, MonotonicTime now) {
  if (interval == interval_) return;
  if (due_ > now && interval_.count() > 0) {
    const double ratio = static_cast<double>(interval.count()) / static_cast<double>(interval_.count());
    due_ = now + std::chrono::duration_cast<Monotonic::duration>(ratio * (due_ - now));
  }
  interval_ = interval;
  origin_ = due_;
}

MonotonicTime DueSchedule::FirstAfter(MonotonicTime time) const {
  if (time < origin_) return origin_;
  const auto passed = (time - origin_) / interval_;
  return origin_ + (passed + 1) * interval_;
}

}  // namespace roadwatch
