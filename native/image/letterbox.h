#pragma once

#include <cstdint>
#include <span>

#include "image/planar_frame.h"
#include "image/plane_scaler.h"

namespace roadwatch {

/// Height and width of a model's input, in pixels.
struct InputSize {
  int heightPx = 0;
  int widthPx = 0;
  bool operator==(const InputSize&) const = default;
};

/// Where the scaled picture lies in the model's input, and the way back to source pixels.
struct LetterboxGeometry {
  InputSize input;
  int sourceWidthPx = 0;
  int sourceHeightPx = 0;
  int scaledWidthPx = 0;
  int scaledHeightPx = 0;
  int offsetXPx = 0;
  int offsetYPx = 0;

  /// Input pixel coordinates to source pixel coordinates (not clipped).
  float SourceX(float inputX) const {
    return (inputX - static_cast<float>(offsetXPx)) * static_cast<float>(sourceWidthPx) /
           static_cast<float>(scaledWidthPx);
  }
  float SourceY(float inputY) const {
    return (inputY - static_cast<float>(offsetYPx)) * static_cast<float>(sourceHeightPx) /
           static_cast<float>(scaledHeightPx);
  }
};

/// The smallest input (multiples of `stridePx`) that holds a picture of this shape scaled so that its long
/// side is `longSidePx`: 384x640 for 16:9, 480x640 for 4:3 at 640.
InputSize ChooseInputSize(int sourceWidthPx, int sourceHeightPx, int longSidePx, int stridePx);

/// Scale by min(H/h, W/w), rounded half up to whole pixels (at least 1), centred (offset rounded down).
LetterboxGeometry FitLetterbox(int sourceWidthPx, int sourceHeightPx, InputSize input);

/// Scales a planar YUV picture into a model's input tensor: float32, planar RGB (3 x H x W), 0..1, grey 114
/// around the picture. The exact arithmetic is written in docs/letterbox.md and is the same on every machine.
/// Keeps tables and scratch rows between calls: one object per thread.
class Letterbox {
 public:
  /// `tensor` must hold exactly 3 * input.heightPx * input.widthPx floats.
  void Run(const PlanarFrame& frame, const LetterboxGeometry& geometry, std::span<float> tensor);

 private:
  PlaneScaler luma_;
  PlaneScaler u_;
  PlaneScaler v_;
};

}  // namespace roadwatch
