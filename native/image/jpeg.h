#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "group/bx_clustering.h"
#include "image/planar_frame.h"

namespace roadwatch {

/// Compresses planar YUV to baseline JPEG (libjpeg-turbo), straight from the planes: no RGB in between. JPEG
/// is full-range BT.601, so other frames are converted first, plane by plane. One object per thread. All
/// throw Error("jpeg-failed") when libjpeg-turbo refuses.
class JpegEncoder {
 public:
  JpegEncoder();
  ~JpegEncoder();
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;

  /// The picture in JPEG's own colours, so that what is made of it several times is converted once. Valid
  /// until the next call.
  PlanarFrame Prepare(const PlanarFrame& frame);
  /// `quality` 1..100.
  std::vector<uint8_t> Encode(const PlanarFrame& frame, int quality);
  /// The same for a part of the picture; `rect` must lie inside it and hold at least one pixel.
  std::vector<uint8_t> EncodeCrop(const PlanarFrame& frame, const PixelRect& rect, int quality);
  /// Encode(changed), the sooner the less has changed. `before` is what Encode() made, at this quality, of
  /// the prepared picture before it was changed, and `parts` (inside it) are all that was; neither is looked
  /// into.
  std::vector<uint8_t> EncodeChanged(std::span<const uint8_t> before, const PlanarFrame& changed,
                                     std::span<const PixelRect> parts, int quality);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace roadwatch
