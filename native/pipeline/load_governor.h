#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "time/clock.h"

namespace roadwatch {

/// Shares out what the machine cannot do: when results come late, every camera's interval is stretched alike,
/// so that fewer frames are decoded and those that are come soon. It takes some intervals of lateness to
/// stretch, then at once to what the machine was seen to manage; and longer to relax. Pure logic on given
/// times; one owner, no locking.
class LoadGovernor {
 public:
  /// The longest stretch: beyond it nobody would call it watching.
  static constexpr double kMaxStretch = 60;

  using Duration = std::chrono::duration<double, std::milli>;
  struct Result {
    Duration latency;                       ///< since the packet's arrival
    std::chrono::milliseconds interval;     ///< its camera's, by configuration
    std::optional<Duration> sincePrevious;  ///< since the camera's result before; none for its first
    size_t waiting = 0;                     ///< frames of other cameras that wait for the model now
  };

  explicit LoadGovernor(MonotonicTime start) : windowStart_(start) {}

  /// Gives the new stretch when it has changed.
  std::optional<double> OnResult(const Result& result, MonotonicTime now);
  /// Factor on every interval, from 1.
  double stretch() const { return stretch_; }

 private:
  /// What came in a window of time.
  struct Window {
    double lateness = 0;  ///< sum of latency / interval
    int results = 0;
    double achieved = 0;  ///< sum of (time between two results of a camera) / interval
    int gaps = 0;
    double intervalMs = 0;  ///< sum, of the cameras' intervals
    double waiting = 0;     ///< sum, of the frames that waited
    std::chrono::milliseconds longestInterval{0};
  };

  double Judge(const Window& window, Duration length);

  MonotonicTime windowStart_;
  Window window_;
  int lateWindows_ = 0;
  bool justStretched_ = false;
  double stretch_ = 1;
};

/// A camera's interval under this stretch: one of priority 2 is stretched half as much.
std::chrono::milliseconds StretchedInterval(std::chrono::milliseconds interval, double stretch,
                                            double priority);

}  // namespace roadwatch
