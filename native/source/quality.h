#pragma once

#include <cstdint>
#include <deque>

#include "time/clock.h"

namespace roadwatch {

enum class QualityMark { kExcellent, kFair, kPoor, kUnusable };
const char* QualityMarkName(QualityMark mark);

struct SourceQuality {
  uint64_t packets = 0;        ///< since start
  uint64_t bytes = 0;          ///< since start
  double framesPerSecond = 0;  ///< over the last 10 s, or since the first packet
  double bytesPerSecond = 0;   ///< likewise
  int stallsLastHour = 0;
  int reconnectsLastHour = 0;
  QualityMark mark = QualityMark::kUnusable;
};

/// Counts packets, stalls and reconnects of one camera and marks its connection. Guarded by its owner.
class QualityMeter {
 public:
  void Packet(MonotonicTime now, int bytes);
  void Stall(MonotonicTime now);
  void Reconnect(MonotonicTime now);
  SourceQuality Read(MonotonicTime now, bool live) const;

 private:
  struct Second {
    int64_t second = 0;
    uint32_t packets = 0;
    uint64_t bytes = 0;
  };
  uint64_t packets_ = 0;
  uint64_t bytes_ = 0;
  MonotonicTime firstPacketAt_;
  mutable std::deque<Second> seconds_;
  mutable std::deque<MonotonicTime> stalls_;
  mutable std::deque<MonotonicTime> reconnects_;
};

}  // namespace roadwatch
