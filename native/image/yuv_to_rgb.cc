#include "image/yuv_to_rgb.h"

#include "image/vectorised.h"

namespace roadwatch {

namespace {

/// Written so that it becomes the processor's minimum and maximum.
float ToUnit(float value) {
  const float notBelow = value > 0.0F ? value : 0.0F;
  const float inside = notBelow < 255.0F ? notBelow : 255.0F;
  return inside * (1.0F / 255.0F);
}

}  // namespace

YuvToRgb::YuvToRgb(ColorMatrix matrix, ColorRange range) {
  // The weights of red and blue in luma: ITU-R BT.709 and BT.601.
  const bool isHd = matrix == ColorMatrix::kBt709;
  const double kr = isHd ? 0.2126 : 0.299;
  const double kb = isHd ? 0.0722 : 0.114;
  const double kg = 1 - kr - kb;
  const bool isFull = range == ColorRange::kFull;
  const double chromaGain = isFull ? 1.0 : 255.0 / 224.0;
  black_ = isFull ? 0.0F : 16.0F;
  lumaGain_ = isFull ? 1.0F : static_cast<float>(255.0 / 219.0);
  redOfV_ = static_cast<float>(2 * (1 - kr) * chromaGain);
  greenOfU_ = static_cast<float>(2 * kb * (1 - kb) / kg * chromaGain);
  greenOfV_ = static_cast<float>(2 * kr * (1 - kr) / kg * chromaGain);
  blueOfU_ = static_cast<float>(2 * (1 - kb) * chromaGain);
}

ROADWATCH_VECTORISED void YuvToRgb::ConvertRow(const uint8_t* __restrict luma, const uint8_t* __restrict u,
                                               const uint8_t* __restrict v, int count, float* __restrict red,
                                               float* __restrict green, float* __restrict blue) const {
  // A copy of its own: the compiler need not fear that the outputs overwrite it.
  const YuvToRgb k = *this;
  for (int x = 0; x < count; ++x) {
    const float y = (static_cast<float>(luma[x]) - k.black_) * k.lumaGain_;
    const float cu = static_cast<float>(u[x]) - 128.0F;
    const float cv = static_cast<float>(v[x]) - 128.0F;
    red[x] = ToUnit(y + k.redOfV_ * cv);
    green[x] = ToUnit(y - k.greenOfU_ * cu - k.greenOfV_ * cv);
    blue[x] = ToUnit(y + k.blueOfU_ * cu);
  }
}

}  // namespace roadwatch
