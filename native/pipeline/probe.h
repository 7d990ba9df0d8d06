#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "source/frame_source.h"
#include "time/clock.h"

namespace roadwatch {

struct ProbeOptions {
  SourceOptions source;
  /// Longest time to watch the stream after its first packet, for what takes time to measure; 0: the first
  /// picture is all.
  std::chrono::milliseconds measureFor{0};
  int snapshotQuality = 0;  ///< of the first picture as JPEG, 1..100; 0: none is made
};

/// What a first look at a camera or file showed.
struct ProbeResult {
  std::string codec;
  int imageWidthPx = 0;
  int imageHeightPx = 0;
  double framesPerSecond = 0;                    ///< as counted, else as declared; 0 where unknown
  bool keyframe = false;                         ///< a picture could be decoded in time
  double connectMs = 0;                          ///< until the stream was set up
  double firstPacketMs = 0;                      ///< until the first packet
  std::chrono::milliseconds watched{0};          ///< time from the first packet to the last one
  std::optional<std::chrono::milliseconds> gop;  ///< time between keyframes; none: fewer than two came
  bool gradualRefresh = false;                   ///< no keyframes: the picture is refreshed bit by bit
  double bitsPerSecond = 0;                      ///< 0 where it was not measured
  std::vector<uint8_t> snapshot;
};

/// Opens a camera or file, decodes its first picture, measures and closes it; blocks for at most
/// connectTimeout + 2 * readTimeout + measureFor, or until `interrupt`. Throws Error with a Fault's code.
ProbeResult Probe(const ProbeOptions& options, const Clock& clock, const std::atomic<bool>& interrupt);

}  // namespace roadwatch
