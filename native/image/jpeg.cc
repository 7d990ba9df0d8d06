#include "image/jpeg.h"

#include <turbojpeg.h>

#include <array>
#include <string>

#include "error.h"
#include "image/jpeg_color.h"

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

}  // namespace

struct JpegEncoder::State {
  std::unique_ptr<void, CompressorFree> compressor{tjInitCompress()};
  JpegColor color;
  JpegColor prepared;  ///< apart from `color`, which may copy parts of it

  std::vector<uint8_t> Compress(const PlanarFrame& frame, int quality);
};

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

}  // namespace roadwatch
