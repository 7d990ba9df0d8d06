#pragma once

#include <array>
#include <cstdint>

namespace roadwatch {

/// What stands before each NAL unit in the byte stream that decoders take (H.264 and H.265, Annex B).
inline constexpr std::array<uint8_t, 4> kStartCode{0, 0, 0, 1};

}  // namespace roadwatch
