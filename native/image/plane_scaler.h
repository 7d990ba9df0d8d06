#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace roadwatch {

/// A borrowed plane of 8-bit samples.
struct PlaneView {
  const uint8_t* samples = nullptr;
  int strideBytes = 0;
  int widthPx = 0;
  int heightPx = 0;

  const uint8_t* Row(int y) const { return samples + static_cast<ptrdiff_t>(y) * strideBytes; }
};

/// Scales a plane bilinearly, row by row, with the integer arithmetic of docs/letterbox.md. Rows that are the
/// same as the source's are not copied. Keeps tables and memory between planes: one object a thread.
class PlaneScaler {
 public:
  /// Where a scaled sample lies among the source's.
  struct Tap {
    int32_t first = 0;   ///< the first of two neighbours
    int32_t weight = 0;  ///< of the second, in 1/256
  };

  /// `source` is borrowed until the last Row(). All sizes are at least 1.
  void Begin(const PlaneView& source, int scaledWidthPx, int scaledHeightPx);
  /// A row of the scaled plane, 0 to scaledHeightPx - 1; valid until the next call of Row() or Begin().
  const uint8_t* Row(int y);

 private:
  struct Axis {
    std::vector<Tap> taps;
    int sourcePx = 0;
    int scaledPx = 0;
    bool isCopy = false;   ///< each sample is its own
    bool isPicks = false;  ///< no sample is mixed from two

    void Prepare(int source, int scaled);
  };

  PlaneView source_;
  Axis across_;
  Axis down_;
  bool isHalved_ = false;
  std::vector<uint8_t> halved_;    ///< the whole scaled plane, where libyuv made it
  std::vector<uint16_t> blended_;  ///< two source rows mixed, in 1/256
  std::vector<uint8_t> row_;
};

}  // namespace roadwatch
