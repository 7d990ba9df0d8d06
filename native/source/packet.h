#pragma once

#include <cstdint>
#include <optional>

#include "media/av_ptr.h"
#include "time/clock.h"

namespace roadwatch {

/// One compressed video packet with the moment it was captured. Owned by whoever holds it.
struct Packet {
  AvPacketPtr data;
  bool keyframe = false;  ///< its picture stands alone; decoding can begin with it
  /// No keyframe, but decoding can begin here: the picture is refreshed bit by bit, and whole after so many
  /// more frames.
  std::optional<int> refreshFrames{};
  int64_t captureUtcMs = 0;           ///< UTC; for live cameras the moment of arrival
  MonotonicTime receivedAt{};         ///< for durations
  std::optional<double> mediaTimeMs;  ///< position in a file, from its first frame; none for live cameras

  /// The same packet once more; its bytes are shared, not copied.
  Packet Share() const {
    return {AvPacketPtr(av_packet_clone(data.get())),
            keyframe,
            refreshFrames,
            captureUtcMs,
            receivedAt,
            mediaTimeMs};
  }
};

}  // namespace roadwatch
