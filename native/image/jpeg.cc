#include "image/jpeg.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "image/jpeg_color.h"
#include "image/jpeg_segments.h"
#include "image/jpeg_writer.h"

namespace roadwatch {

namespace {

constexpr int kBlock = 8;
/// Of a JPEG, for libjpeg.
constexpr size_t kMaxHeightPx = 65500;

JpegShape ShapeOf(const PlanarFrame& frame, int quality) {
  JpegShape shape;
  shape.widthPx = frame.widthPx;
  shape.heightPx = frame.heightPx;
  shape.chromaShiftX = frame.chromaShiftX;
  shape.chromaShiftY = frame.chromaShiftY;
  shape.quality = quality;
  return shape;
}

struct PlaneSize {
  int width = 0;
  int height = 0;
  int mcuRows = 0;  ///< rows of samples in an MCU row
};

PlaneSize SizeOf(const PlanarFrame& frame, size_t plane) {
  if (plane == 0) return {frame.widthPx, frame.heightPx, kBlock << frame.chromaShiftY};
  return {frame.ChromaWidthPx(), frame.ChromaHeightPx(), kBlock};
}

/// Rows of a picture, widened to whole blocks where they are not: its last sample is repeated, as its last
/// row is.
class RowsOfPicture {
 public:
  explicit RowsOfPicture(const PlanarFrame& frame) : frame_(frame) {}

  void operator()(int mcuRow, JpegWriter::McuRows& rows) {
    for (size_t plane = 0; plane < rows.size(); ++plane) {
      const PlaneSize size = SizeOf(frame_, plane);
      for (int i = 0; i < size.mcuRows; ++i) {
        const int y = std::min(mcuRow * size.mcuRows + i, size.height - 1);
        rows[plane][static_cast<size_t>(i)] = Whole(plane, i, frame_.Row(plane, y), size.width);
      }
    }
  }

 private:
  const uint8_t* Whole(size_t plane, int index, const uint8_t* row, int width) {
    const int padded = (width + kBlock - 1) / kBlock * kBlock;
    if (padded == width) return row;
    const auto stride = static_cast<size_t>(padded);
    auto& memory = widened_[plane];
    memory.resize(JpegWriter::kMaxRows * stride);
    uint8_t* const wide = memory.data() + static_cast<size_t>(index) * stride;
    std::memcpy(wide, row, static_cast<size_t>(width));
    std::memset(wide + width, row[width - 1], static_cast<size_t>(padded - width));
    return wide;
  }

  const PlanarFrame& frame_;
  std::array<std::vector<uint8_t>, 3> widened_;
};

/// Some segments of a picture as if they were a picture, one below the other.
class RowsOfSegments {
 public:
  RowsOfSegments(const PlanarFrame& frame, const JpegSegments& segments, std::span<const size_t> chosen)
      : frame_(frame), segments_(segments), chosen_(chosen) {}

  void operator()(int mcuRow, JpegWriter::McuRows& rows) const {
    const auto index = static_cast<int>(chosen_[static_cast<size_t>(mcuRow)]);
    const int x = index % segments_.columns * segments_.widthPx;
    for (size_t plane = 0; plane < rows.size(); ++plane) {
      const PlaneSize size = SizeOf(frame_, plane);
      const int left = plane == 0 ? x : x >> frame_.chromaShiftX;
      for (int i = 0; i < size.mcuRows; ++i) {
        const int y = std::min(index / segments_.columns * size.mcuRows + i, size.height - 1);
        rows[plane][static_cast<size_t>(i)] = frame_.Row(plane, y) + left;
      }
    }
  }

 private:
  const PlanarFrame& frame_;
  const JpegSegments& segments_;
  std::span<const size_t> chosen_;
};

}  // namespace

struct JpegEncoder::State {
  JpegWriter writer;
  JpegColor color;
  JpegColor prepared;  ///< apart from `color`, which may copy parts of it

  std::vector<uint8_t> Compress(const PlanarFrame& frame, int quality);
};

std::vector<uint8_t> JpegEncoder::State::Compress(const PlanarFrame& frame, int quality) {
  JpegShape shape = ShapeOf(frame, quality);
  shape.restartIntervalMcus = JpegSegments(frame).widthPx / shape.McuWidthPx();
  const auto jpeg = writer.Write(shape, RowsOfPicture(frame));
  return {jpeg.begin(), jpeg.end()};
}

JpegEncoder::JpegEncoder() : state_(std::make_unique<State>()) {}
JpegEncoder::~JpegEncoder() = default;

PlanarFrame JpegEncoder::Prepare(const PlanarFrame& frame) { return state_->prepared.Convert(frame); }

std::vector<uint8_t> JpegEncoder::Encode(const PlanarFrame& frame, int quality) {
  return state_->Compress(state_->color.Convert(frame), quality);
}

std::vector<uint8_t> JpegEncoder::EncodeCrop(const PlanarFrame& frame, const PixelRect& rect, int quality) {
  PlanarFrame crop = frame;
  crop.widthPx = rect.widthPx;
  crop.heightPx = rect.heightPx;
  const int chromaX = rect.x >> frame.chromaShiftX;
  const int chromaY = rect.y >> frame.chromaShiftY;
  crop.planes = {frame.Row(0, rect.y) + rect.x, frame.Row(1, chromaY) + chromaX,
                 frame.Row(2, chromaY) + chromaX};
  return Encode(crop, quality);
}

std::vector<uint8_t> JpegEncoder::EncodeChanged(std::span<const uint8_t> before, const PlanarFrame& changed,
                                                std::span<const PixelRect> parts, int quality) {
  const JpegSegments segments(changed);
  if (segments.empty()) return Encode(changed, quality);
  const std::vector<size_t> chosen = SegmentsOf(segments, parts);
  if (chosen.size() > kMaxHeightPx / static_cast<size_t>(segments.heightPx)) return Encode(changed, quality);
  if (chosen.empty()) return {before.begin(), before.end()};
  JpegShape shape = ShapeOf(changed, quality);
  shape.restartIntervalMcus = segments.widthPx / shape.McuWidthPx();
  shape.widthPx = segments.widthPx;
  shape.heightPx = segments.heightPx * static_cast<int>(chosen.size());
  const auto replacements = state_->writer.Write(shape, RowsOfSegments(changed, segments, chosen));
  std::vector<uint8_t> jpeg = ReplaceSegments(before, segments.count(), replacements, chosen);
  return jpeg.empty() ? Encode(changed, quality) : jpeg;
}

}  // namespace roadwatch
