#include "image/letterbox.h"

#include <algorithm>
#include <cmath>

namespace roadwatch {
namespace {
int RoundUp(int v, int s) { return (v + s - 1) / s * s; }
/// For each scaled sample: its first source sample and the second one's weight, both from a position in
/// 1/256.
void BuildAxis(int source, int scaled, std::vector<int32_t>& index, std::vector<int32_t>& weight) {
  index.resize(static_cast<size_t>(scaled));
  weight.resize(static_cast<size_t>(scaled));
  const int64_t last = (int64_t{source} - 1) * 256;
  for (int i = 0; i < scaled; ++i) {
    const int64_t position = (2 * int64_t{i} + 1) * source * 128 / scaled - 128;
    const int64_t clamped = std::clamp<int64_t>(position, 0, last);
    index[static_cast<size_t>(i)] = static_cast<int32_t>(clamped >> 8);
    weight[static_cast<size_t>(i)] = static_cast<int32_t>(clamped & 255);
  }
}

}  // namespace

InputSize ChooseInputSize(int w, int h, int longSide, int stride) {
  const double r = static_cast<double>(longSide) / std::max(w, h);
  const int sw = std::max(1, static_cast<int>(std::floor(w * r + 0.5)));
  const int sh = std::max(1, static_cast<int>(std::floor(h * r + 0.5)));
  return {RoundUp(sh, stride), RoundUp(sw, stride)};
}
LetterboxGeometry FitLetterbox(int w, int h, InputSize input) {
  const double r = std::min(static_cast<double>(input.heightPx) / h, static_cast<double>(input.widthPx) / w);
  LetterboxGeometry g;
  g.input = input;
  g.sourceWidthPx = w;
  g.sourceHeightPx = h;
  g.scaledWidthPx = std::clamp(static_cast<int>(std::floor(w * r + 0.5)), 1, input.widthPx);
  g.scaledHeightPx = std::clamp(static_cast<int>(std::floor(h * r + 0.5)), 1, input.heightPx);
  g.offsetXPx = (input.widthPx - g.scaledWidthPx) / 2;
  g.offsetYPx = (input.heightPx - g.scaledHeightPx) / 2;
  return g;
}
void Letterbox::ScalePlane(const uint8_t* src, int stride, int w, int h, int dw, int dh,
                           std::vector<uint8_t>& out) {
  out.resize(static_cast<size_t>(dw) * static_cast<size_t>(dh));
  BuildAxis(w, dw, horizontal_.index, horizontal_.weight);
  BuildAxis(h, dh, vertical_.index, vertical_.weight);
  row_.resize(static_cast<size_t>(w) + 1);
  for (int y = 0; y < dh; ++y) {
    const int iy = vertical_.index[static_cast<size_t>(y)];
    const int fy = vertical_.weight[static_cast<size_t>(y)];
    const uint8_t* a = src + static_cast<ptrdiff_t>(iy) * stride;
    const uint8_t* b = fy ? a + stride : a;
    for (int x = 0; x < w; ++x)
      row_[static_cast<size_t>(x)] = static_cast<uint16_t>((256 - fy) * a[x] + fy * b[x]);
    row_[static_cast<size_t>(w)] = row_[static_cast<size_t>(w) - 1];
    uint8_t* o = out.data() + static_cast<size_t>(y) * static_cast<size_t>(dw);
    for (int x = 0; x < dw; ++x) {
      const auto ix = static_cast<size_t>(horizontal_.index[static_cast<size_t>(x)]);
      const auto fx = static_cast<uint32_t>(horizontal_.weight[static_cast<size_t>(x)]);
      o[x] = static_cast<uint8_t>(((256 - fx) * row_[ix] + fx * row_[ix + 1] + 32768) >> 16);
    }
  }
}
void Letterbox::Run(const PlanarFrame& f, const LetterboxGeometry& g, std::span<float> tensor) {
  ScalePlane(f.planes[0], f.strides[0], f.widthPx, f.heightPx, g.scaledWidthPx, g.scaledHeightPx, luma_);
  ScalePlane(f.planes[1], f.strides[1], f.ChromaWidthPx(), f.ChromaHeightPx(), g.scaledWidthPx,
             g.scaledHeightPx, chromaU_);
  ScalePlane(f.planes[2], f.strides[2], f.ChromaWidthPx(), f.ChromaHeightPx(), g.scaledWidthPx,
             g.scaledHeightPx, chromaV_);
  const bool full = f.range == ColorRange::kFull, hd = f.matrix == ColorMatrix::kBt709;
  const float ys = full ? 1.0F : 255.0F / 219.0F, cs = full ? 1.0F : 255.0F / 224.0F,
              y0 = full ? 0.0F : 16.0F;
  const float rv = (hd ? 1.5748F : 1.402F) * cs, gu = (hd ? 0.187324F : 0.344136F) * cs,
              gv = (hd ? 0.468124F : 0.714136F) * cs, bu = (hd ? 1.8556F : 1.772F) * cs;
  const size_t plane = static_cast<size_t>(g.input.heightPx) * static_cast<size_t>(g.input.widthPx);
  std::fill(tensor.begin(), tensor.end(), 114.0F / 255.0F);
  for (int y = 0; y < g.scaledHeightPx; ++y) {
    const size_t s = static_cast<size_t>(y) * static_cast<size_t>(g.scaledWidthPx);
    const size_t d = static_cast<size_t>(y + g.offsetYPx) * static_cast<size_t>(g.input.widthPx) +
                     static_cast<size_t>(g.offsetXPx);
    for (size_t x = 0; x < static_cast<size_t>(g.scaledWidthPx); ++x) {
      const float yy = (static_cast<float>(luma_[s + x]) - y0) * ys,
                  u = static_cast<float>(chromaU_[s + x]) - 128.0F,
                  v = static_cast<float>(chromaV_[s + x]) - 128.0F;
      tensor[d + x] = std::clamp(yy + rv * v, 0.0F, 255.0F) * (1.0F / 255.0F);
      tensor[plane + d + x] = std::clamp(yy - gu * u - gv * v, 0.0F, 255.0F) * (1.0F / 255.0F);
      tensor[2 * plane + d + x] = std::clamp(yy + bu * u, 0.0F, 255.0F) * (1.0F / 255.0F);
    }
  }
}
}  // namespace roadwatch
