#pragma once

#include <memory>
#include <span>
#include <vector>

#include "detect/vision_backend.h"

namespace roadwatch {

/// The vision backend that every machine has: the letterbox, decoder, suppression and clustering of this
/// engine, one after the other on the calling thread.
class CpuBackend final : public VisionBackend {
 public:
  /// `options.allowed` and `options.rivalOfClass` hold one entry a class.
  explicit CpuBackend(VisionOptions options);

  void LetterboxInto(const PlanarFrame& frame, const LetterboxGeometry& geometry,
                     std::span<float> tensor) override;
  /// Throws Error("bad-output") where `output` is not [4 + classes, anchors].
  VisionResult Postprocess(std::span<const float> output, int rows, int anchors,
                           const LetterboxGeometry& geometry, const ZoneFilter& zones) override;

 private:
  const VisionOptions options_;
  Letterbox letterbox_;
  std::vector<Box> candidates_;
};

}  // namespace roadwatch
