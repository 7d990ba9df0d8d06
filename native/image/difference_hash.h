#pragma once

#include <cstdint>
#include <string>

#include "group/bx_clustering.h"
#include "image/planar_frame.h"

namespace roadwatch {

/// A part of a picture in 64 bits (dHash: N. Krawetz, "Kind of Like That", 2013): its luma as the means of
/// 9x8 cells, and for each cell whether its right neighbour is brighter. The number of bits in which two
/// hashes differ says how much two pictures do; brightness and compression hardly count. `rect` must lie
/// inside the frame and hold at least one pixel.
uint64_t DifferenceHash(const PlanarFrame& frame, const PixelRect& rect);

/// 16 hexadecimal digits, the first row of cells first: JavaScript's numbers have no 64 bits.
std::string HashText(uint64_t hash);

}  // namespace roadwatch
