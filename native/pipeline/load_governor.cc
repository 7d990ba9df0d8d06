#include "pipeline/load_governor.h"

#include <algorithm>
#include <utility>

namespace roadwatch {

namespace {

/// Mean latency over interval above which there is too much to do, and below which there is room. Frames that
/// wait are replaced by newer ones, so at any overload it is about a half.
constexpr double kLate = 0.4;
constexpr double kEarly = 0.2;
/// A window spans the pattern in which queue and intervals meet: a shorter one sees late and early by turns.
/// The first one after a stretch is longer by it, for the queue from before to run empty.
constexpr double kWindowIntervals = 1.5;
constexpr std::chrono::milliseconds kMinWindow{1000};
/// A burst (many cameras that start, keyframes that fall together) is over sooner than this.
constexpr int kPatienceWindows = 2;
/// Under load frames wait for about half of the stretched interval. Where they wait for less than this share
/// of it, and few others wait with them, they are late for another reason, and a longer interval is no help.
constexpr double kQueueing = 0.2;
constexpr double kQueueOfInterval = 0.5;
/// At least so much more each time; and a little more than what was achieved, for the queue to run empty.
constexpr double kStretchStep = 1.1;
constexpr double kHeadroom = 1.05;
constexpr double kRelaxStep = 0.95;
/// Short intervals are not held to less than what an idle machine needs.
constexpr std::chrono::milliseconds kMinInterval{500};

}  // namespace

std::optional<double> LoadGovernor::OnResult(const Result& result, MonotonicTime now) {
  window_.lateness += result.latency / std::max(result.interval, kMinInterval);
  ++window_.results;
  if (result.sincePrevious) {
    window_.achieved += *result.sincePrevious / result.interval;
    ++window_.gaps;
  }
  window_.intervalMs += Duration(result.interval).count();
  window_.waiting += static_cast<double>(result.waiting);
  window_.longestInterval = std::max(window_.longestInterval, result.interval);
  const double drain = justStretched_ ? stretch_ : 1;
  const Duration length = std::max<Duration>(kMinWindow, kWindowIntervals * drain * window_.longestInterval);
  const Duration passed = now - windowStart_;
  if (passed < length) return std::nullopt;
  const double before = stretch_;
  stretch_ = Judge(window_, passed);
  window_ = {};
  windowStart_ = now;
  return stretch_ == before ? std::nullopt : std::optional(stretch_);
}

double LoadGovernor::Judge(const Window& window, Duration length) {
  const double lateness = window.lateness / window.results;
  // How many intervals it takes until all that wait have had their turn.
  const double queue = (window.waiting / window.results) * length.count() / window.intervalMs;
  const bool drained = !std::exchange(justStretched_, false);
  const bool queueing = lateness > kQueueing * stretch_ || queue > kQueueOfInterval * stretch_;
  lateWindows_ = lateness > kLate && queueing && drained ? lateWindows_ + 1 : 0;
  if (lateWindows_ >= kPatienceWindows) {
    lateWindows_ = 0;
    justStretched_ = true;
    const double achieved = window.gaps > 0 ? window.achieved / window.gaps : 1;
    return std::min(kMaxStretch, std::max(stretch_ * kStretchStep, std::max(achieved, queue) * kHeadroom));
  }
  if (lateness >= kEarly) return stretch_;
  // The last step is to exactly 1, so that "no stretch" is a state and not a limit.
  const double relaxed = stretch_ * kRelaxStep;
  return relaxed < 1 / kRelaxStep ? 1 : relaxed;
}

std::chrono::milliseconds StretchedInterval(std::chrono::milliseconds interval, double stretch,
                                            double priority) {
  const double factor = 1 + (stretch - 1) / priority;
  return std::chrono::milliseconds(static_cast<int64_t>(static_cast<double>(interval.count()) * factor));
}

}  // namespace roadwatch
