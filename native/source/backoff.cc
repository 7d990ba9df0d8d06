#include "source/backoff.h"

#include <algorithm>
#include <utility>

namespace roadwatch {

namespace {

/// Between half and the whole of a wait, so that many cameras behind one switch do not come back as one.
std::chrono::milliseconds Jittered(std::chrono::milliseconds wait, Random& random) {
  const double fraction = 0.5 + random.NextUnit() / 2;
  return std::chrono::milliseconds(static_cast<int64_t>(static_cast<double>(wait.count()) * fraction));
}

}  // namespace

void Backoff::Broke(std::chrono::milliseconds lasted) {
  const bool soon = lasted < options_.settled;
  if (!soon) failures_ = 0;
  immediate_ = !(soon && brokeSoon_);
  brokeSoon_ = soon;
}

std::chrono::milliseconds Backoff::NextWait() {
  if (std::exchange(immediate_, false)) return std::chrono::milliseconds(0);
  constexpr int kMaxDoublings = 20;
  const auto wait = std::min(options_.max, options_.first * (1 << std::min(failures_, kMaxDoublings)));
  ++failures_;
  return Jittered(wait, random_);
}

std::chrono::milliseconds Backoff::HopelessWait() { return Jittered(options_.hopeless, random_); }

}  // namespace roadwatch
