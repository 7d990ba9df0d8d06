#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "source/packet.h"

namespace roadwatch {

/// Of a supplemental message (a NAL unit with its header) that marks a recovery point: after how many more
/// frames pictures are whole again. None where it marks none. H.264 and H.265, Annex D.
std::optional<int> FramesToRecovery(AVCodecID codec, std::span<const uint8_t> unit);

/// Bytes of the length before each NAL unit of a stream's packets; 0 where start codes stand there (Annex B).
size_t NalLengthBytes(const AVCodecParameters& parameters);

/// Says whether decoding can begin at a packet: sets `keyframe` and `refreshFrames`. Containers, parsers and
/// RTP mark the beginning of a gradual refresh as a keyframe, or not at all.
void MarkEntryPoint(Packet& packet, AVCodecID codec, size_t nalLengthBytes);

}  // namespace roadwatch
