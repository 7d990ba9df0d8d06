#include "image/jpeg.h"

#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <string>

#include "error.h"

namespace roadwatch {

namespace {

struct CompressorFree {
  void operator()(void* handle) const noexcept { tjDestroy(handle); }
};
struct JpegFree {
  void operator()(unsigned char* memory) const noexcept { tjFree(memory); }
};

int Subsampling(const PlanarFrame& frame) {
  if (frame.chromaShiftX == 0) return TJSAMP_444;
  return frame.chromaShiftY == 0 ? TJSAMP_422 : TJSAMP_420;
}

bool IsJpegColor(const PlanarFrame& frame) {
  return frame.range == ColorRange::kFull && frame.matrix == ColorMatrix::kBt601;
}

uint8_t Clip(int value) { return static_cast<uint8_t>(std::clamp(value, 0, 255)); }

/// What JPEG's colours need of a frame's, in 1/65536 (ITU-R BT.601 and BT.709 matrices combined).
struct ColorChange {
  int lumaOffset = 0;
  int lumaScale = 65536;
  int chromaScale = 65536;
  std::array<int, 2> lumaFromChroma{};
  std::array<int, 2> u{65536, 0};
  std::array<int, 2> v{0, 65536};
};

ColorChange ChangeFor(const PlanarFrame& frame) {
  ColorChange change;
  if (frame.range == ColorRange::kLimited) {
    change.lumaOffset = 16;
    change.lumaScale = 76309;    // 255 / 219
    change.chromaScale = 74606;  // 255 / 224
  }
  if (frame.matrix == ColorMatrix::kBt709) {
    change.lumaFromChroma = {6657, 12850};
    change.u = {64871, -7252};
    change.v = {-4748, 64448};
  }
  return change;
}

}  // namespace

struct JpegEncoder::State {
  std::unique_ptr<void, CompressorFree> compressor{tjInitCompress()};
  std::array<std::vector<uint8_t>, 3> planes;

  PlanarFrame ToJpegColor(const PlanarFrame& frame);
  std::vector<uint8_t> Compress(const PlanarFrame& frame, int quality);
};

PlanarFrame JpegEncoder::State::ToJpegColor(const PlanarFrame& frame) {
  const ColorChange change = ChangeFor(frame);
  const int chromaWidth = frame.ChromaWidthPx();
  const int chromaHeight = frame.ChromaHeightPx();
  planes[0].resize(static_cast<size_t>(frame.widthPx) * static_cast<size_t>(frame.heightPx));
  for (size_t i : {1, 2})
    planes[i].resize(static_cast<size_t>(chromaWidth) * static_cast<size_t>(chromaHeight));
  constexpr int kHalf = 32768;
  const auto scaled = [&](int value) { return (value * change.chromaScale + kHalf) >> 16; };
  for (int y = 0; y < chromaHeight; ++y) {
    const uint8_t* u = frame.planes[1] + static_cast<ptrdiff_t>(y) * frame.strides[1];
    const uint8_t* v = frame.planes[2] + static_cast<ptrdiff_t>(y) * frame.strides[2];
    uint8_t* outU = planes[1].data() + static_cast<ptrdiff_t>(y) * chromaWidth;
    uint8_t* outV = planes[2].data() + static_cast<ptrdiff_t>(y) * chromaWidth;
    for (int x = 0; x < chromaWidth; ++x) {
      const int cu = scaled(u[x] - 128);
      const int cv = scaled(v[x] - 128);
      outU[x] = Clip(((change.u[0] * cu + change.u[1] * cv + kHalf) >> 16) + 128);
      outV[x] = Clip(((change.v[0] * cu + change.v[1] * cv + kHalf) >> 16) + 128);
    }
  }
  const bool mixes = change.lumaFromChroma[0] != 0;
  for (int y = 0; y < frame.heightPx; ++y) {
    const uint8_t* luma = frame.planes[0] + static_cast<ptrdiff_t>(y) * frame.strides[0];
    uint8_t* out = planes[0].data() + static_cast<ptrdiff_t>(y) * frame.widthPx;
    const int cy = y >> frame.chromaShiftY;
    const uint8_t* u = frame.planes[1] + static_cast<ptrdiff_t>(cy) * frame.strides[1];
    const uint8_t* v = frame.planes[2] + static_cast<ptrdiff_t>(cy) * frame.strides[2];
    for (int x = 0; x < frame.widthPx; ++x) {
      int value = (luma[x] - change.lumaOffset) * change.lumaScale;
      if (mixes) {
        const int cx = x >> frame.chromaShiftX;
        value +=
            change.lumaFromChroma[0] * scaled(u[cx] - 128) + change.lumaFromChroma[1] * scaled(v[cx] - 128);
      }
      out[x] = Clip((value + kHalf) >> 16);
    }
  }
  PlanarFrame result = frame;
  result.planes = {planes[0].data(), planes[1].data(), planes[2].data()};
  result.strides = {frame.widthPx, chromaWidth, chromaWidth};
  result.matrix = ColorMatrix::kBt601;
  result.range = ColorRange::kFull;
  return result;
}

std::vector<uint8_t> JpegEncoder::State::Compress(const PlanarFrame& frame, int quality) {
  std::array<const unsigned char*, 3> source{frame.planes[0], frame.planes[1], frame.planes[2]};
  std::array<int, 3> strides = frame.strides;
  unsigned char* jpeg = nullptr;
  unsigned long size = 0;
  const int failed =
      tjCompressFromYUVPlanes(compressor.get(), source.data(), frame.widthPx, strides.data(), frame.heightPx,
                              Subsampling(frame), &jpeg, &size, quality, TJFLAG_FASTDCT);
  const std::unique_ptr<unsigned char, JpegFree> owned(jpeg);
  if (failed != 0)
    throw Error("jpeg-failed", std::string("cannot make a JPEG: ") + tjGetErrorStr2(compressor.get()));
  return {jpeg, jpeg + size};
}

JpegEncoder::JpegEncoder() : state_(std::make_unique<State>()) {}
JpegEncoder::~JpegEncoder() = default;

std::vector<uint8_t> JpegEncoder::Encode(const PlanarFrame& frame, int quality) {
  return state_->Compress(IsJpegColor(frame) ? frame : state_->ToJpegColor(frame), quality);
}

std::vector<uint8_t> JpegEncoder::EncodeCrop(const PlanarFrame& frame, const PixelRect& rect, int quality) {
  PlanarFrame crop = frame;
  crop.widthPx = rect.widthPx;
  crop.heightPx = rect.heightPx;
  crop.planes[0] += static_cast<ptrdiff_t>(rect.y) * frame.strides[0] + rect.x;
  for (size_t i : {1, 2}) {
    crop.planes[i] += static_cast<ptrdiff_t>(rect.y >> frame.chromaShiftY) * frame.strides[i] +
                      (rect.x >> frame.chromaShiftX);
  }
  return Encode(crop, quality);
}

}  // namespace roadwatch
