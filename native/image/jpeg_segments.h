#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "group/bx_clustering.h"
#include "image/planar_frame.h"

namespace roadwatch {

/// A JPEG cut into segments that are coded independently (restart intervals, ITU-T T.81 E.1.4): some MCUs of
/// one row each. So a picture of which little has changed takes most of its segments from the one before.
struct JpegSegments {
  int widthPx = 0;   ///< of a segment; 0 where the picture cannot be cut so
  int heightPx = 0;  ///< of a segment
  int columns = 0;
  int rows = 0;

  explicit JpegSegments(const PlanarFrame& frame);
  bool empty() const { return widthPx == 0; }
  size_t count() const { return static_cast<size_t>(columns) * static_cast<size_t>(rows); }
};

/// The segments that any of `parts` (inside the picture) reaches into, in order, from 0.
std::vector<size_t> SegmentsOf(const JpegSegments& segments, std::span<const PixelRect> parts);

/// `jpeg` with some of its segments replaced by all those of `replacements`, which has the same tables. Empty
/// where either does not have the segments that it should have.
std::vector<uint8_t> ReplaceSegments(std::span<const uint8_t> jpeg, size_t segmentCount,
                                     std::span<const uint8_t> replacements, std::span<const size_t> replaced);

}  // namespace roadwatch
