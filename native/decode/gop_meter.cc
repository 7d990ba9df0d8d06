#include "decode/gop_meter.h"

#include <algorithm>

namespace roadwatch {

void GopMeter::Keyframe(MonotonicTime receivedAt) {
  if (last_) {
    gaps_[count_ % kGaps] = std::chrono::duration_cast<std::chrono::milliseconds>(receivedAt - *last_);
    ++count_;
  }
  last_ = receivedAt;
}

std::optional<std::chrono::milliseconds> GopMeter::Gop() const {
  if (count_ == 0) return std::nullopt;
  auto sorted = gaps_;
  const auto end = sorted.begin() + static_cast<std::ptrdiff_t>(std::min(count_, kGaps));
  std::sort(sorted.begin(), end);
  return sorted[(std::min(count_, kGaps) - 1) / 2];
}

}  // namespace roadwatch
