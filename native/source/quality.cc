#include "source/quality.h"

#include <algorithm>
#include <chrono>

namespace roadwatch {

namespace {

constexpr int64_t kRateWindowSeconds = 10;
using FractionalSeconds = std::chrono::duration<double>;
constexpr std::chrono::hours kFaultWindow{1};
/// Stalls and reconnects of the last hour up to which a connection is still called so.
constexpr int kFairFaults = 3;
constexpr int kPoorFaults = 12;

int64_t SecondOf(MonotonicTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

void Forget(std::deque<MonotonicTime>& faults, MonotonicTime now) {
  while (!faults.empty() && now - faults.front() > kFaultWindow) faults.pop_front();
}

QualityMark Mark(int faults, bool live) {
  if (!live || faults > kPoorFaults) return QualityMark::kUnusable;
  if (faults > kFairFaults) return QualityMark::kPoor;
  return faults > 0 ? QualityMark::kFair : QualityMark::kExcellent;
}

}  // namespace

const char* QualityMarkName(QualityMark mark) {
  switch (mark) {
    case QualityMark::kExcellent:
      return "excellent";
    case QualityMark::kFair:
      return "fair";
    case QualityMark::kPoor:
      return "poor";
    case QualityMark::kUnusable:
      return "unusable";
  }
  return "unusable";
}

void QualityMeter::Packet(MonotonicTime now, int bytes) {
  if (packets_++ == 0) firstPacketAt_ = now;
  bytes_ += static_cast<uint64_t>(bytes);
  const int64_t second = SecondOf(now);
  if (seconds_.empty() || seconds_.back().second != second) seconds_.push_back({second, 0, 0});
  ++seconds_.back().packets;
  seconds_.back().bytes += static_cast<uint64_t>(bytes);
  while (seconds_.size() > kRateWindowSeconds + 1) seconds_.pop_front();
}

void QualityMeter::Stall(MonotonicTime now) {
  Forget(stalls_, now);
  stalls_.push_back(now);
}

void QualityMeter::Reconnect(MonotonicTime now) {
  Forget(reconnects_, now);
  reconnects_.push_back(now);
}

SourceQuality QualityMeter::Read(MonotonicTime now, bool live) const {
  Forget(stalls_, now);
  Forget(reconnects_, now);
  SourceQuality quality;
  quality.packets = packets_;
  quality.bytes = bytes_;
  quality.stallsLastHour = static_cast<int>(stalls_.size());
  quality.reconnectsLastHour = static_cast<int>(reconnects_.size());
  quality.mark = Mark(quality.stallsLastHour + quality.reconnectsLastHour, live);
  // Whole seconds only: the running one would make the rate tremble.
  const int64_t current = SecondOf(now);
  const double sinceFirst =
      static_cast<double>(current) - FractionalSeconds(firstPacketAt_.time_since_epoch()).count();
  const double spanSeconds = std::clamp(sinceFirst, 1.0, static_cast<double>(kRateWindowSeconds));
  for (const Second& second : seconds_) {
    if (second.second >= current || second.second < current - kRateWindowSeconds) continue;
    quality.framesPerSecond += static_cast<double>(second.packets) / spanSeconds;
    quality.bytesPerSecond += static_cast<double>(second.bytes) / spanSeconds;
  }
  return quality;
}

}  // namespace roadwatch
