#pragma once

#include <atomic>
#include <string>

#include "source/frame_source.h"
#include "time/clock.h"

namespace roadwatch {

/// What a first look at a camera or file showed.
struct ProbeResult {
  std::string codec;
  int imageWidthPx = 0;
  int imageHeightPx = 0;
  double framesPerSecond = 0;  ///< 0 where unknown
  bool keyframe = false;       ///< a picture could be decoded in time
  double connectMs = 0;        ///< until the stream was set up
  double firstPacketMs = 0;    ///< until the first packet
};

/// Opens a camera or file, decodes its first picture and closes it; blocks for at most connectTimeout +
/// 2 * readTimeout, or until `interrupt`. Throws Error with a Fault's code.
ProbeResult Probe(const SourceOptions& options, const Clock& clock, const std::atomic<bool>& interrupt);

}  // namespace roadwatch
