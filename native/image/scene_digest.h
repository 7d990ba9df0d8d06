#pragma once

#include <cstdint>
#include <vector>

#include "image/planar_frame.h"

namespace roadwatch {

/// A picture in a few thousand numbers: the mean luma of each block of 8x8 samples. What moves, if it is
/// large enough for a detector, moves the mean of at least one block; noise does not.
struct SceneDigest {
  static constexpr int kBlockPx = 8;
  /// Grey levels by which a block's mean may differ. Compression and noise stay below 3 on the footage that
  /// it was tried on.
  static constexpr int kTolerance = 4;

  int columns = 0;
  int rows = 0;
  std::vector<uint8_t> means;  ///< [rows, columns]
};

/// Reads the luma plane once; the last row and column of blocks may be narrower.
SceneDigest DigestScene(const PlanarFrame& frame);

/// Whether no block differs by more than the tolerance. Pictures of different sizes are different.
bool IsSameScene(const SceneDigest& one, const SceneDigest& other);

}  // namespace roadwatch
