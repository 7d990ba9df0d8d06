#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "image/planar_frame.h"

namespace roadwatch {

/// Turns a frame's planes into those that a JPEG is made of: full-range BT.601 (JFIF), with every plane a
/// whole number of chroma blocks wide and high, as libjpeg-turbo reads them. Keeps its memory between calls:
/// one object a thread.
class JpegColor {
 public:
  /// The frame itself where it is such already, else a copy that is valid until the next call. Its width and
  /// height stay those of the frame; odd ones are continued by one column or row behind the picture's edge.
  PlanarFrame Convert(const PlanarFrame& frame);

 private:
  struct Change;
  void ConvertChroma(const PlanarFrame& frame, const Change& change);
  void ConvertLuma(const PlanarFrame& frame, const Change& change, int lumaStride);
  void MixChromaIntoRow(const PlanarFrame& frame, const Change& change, int chromaRow);

  std::array<std::vector<uint8_t>, 3> planes_;
  std::vector<int32_t> lumaAddend_;
  std::vector<int32_t> chromaAddend_;
};

}  // namespace roadwatch
