#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

namespace roadwatch {

/// What a JPEG of planar YUV looks like.
struct JpegShape {
  int widthPx = 0;
  int heightPx = 0;
  int chromaShiftX = 1;
  int chromaShiftY = 1;
  int quality = 80;             ///< 1..100
  int restartIntervalMcus = 0;  ///< after so many MCUs, coding begins anew; 0: never

  /// A minimum coded unit: the luma that goes with one 8x8 block of chroma.
  int McuWidthPx() const { return 8 << chromaShiftX; }
  int McuHeightPx() const { return 8 << chromaShiftY; }
};

/// libjpeg-turbo's compressor, fed with rows of samples where they lie. Keeps its memory: one object a
/// thread.
class JpegWriter {
 public:
  static constexpr size_t kMaxRows = 16;
  /// Rows of an MCU row, for Y, U and V: 8 << chromaShiftY of luma, 8 of chroma. Each holds its plane's
  /// width, rounded up to 8 samples.
  using McuRows = std::array<std::array<const uint8_t*, kMaxRows>, 3>;
  using RowsOf = std::function<void(int mcuRow, McuRows& rows)>;

  JpegWriter();
  ~JpegWriter();
  JpegWriter(const JpegWriter&) = delete;
  JpegWriter& operator=(const JpegWriter&) = delete;

  /// The JPEG, valid until the next call. Throws Error("jpeg-failed") when libjpeg-turbo refuses.
  std::span<const uint8_t> Write(const JpegShape& shape, const RowsOf& rowsOf);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace roadwatch
