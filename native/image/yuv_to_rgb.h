#pragma once

#include <cstdint>

#include "image/planar_frame.h"

namespace roadwatch {

/// YUV to RGB in single precision, as docs/letterbox.md says: no operation is fused or reordered, so the
/// numbers are the same on every machine.
class YuvToRgb {
 public:
  YuvToRgb(ColorMatrix matrix, ColorRange range);

  /// One row, each colour 0 to 1 in a row of its own. Inputs hold `count` samples, outputs take as many
  /// values, and no two of them overlap.
  void ConvertRow(const uint8_t* luma, const uint8_t* u, const uint8_t* v, int count, float* red,
                  float* green, float* blue) const;

 private:
  float black_ = 0;
  float lumaGain_ = 1;
  float redOfV_ = 0;
  float greenOfU_ = 0;
  float greenOfV_ = 0;
  float blueOfU_ = 0;
};

}  // namespace roadwatch
