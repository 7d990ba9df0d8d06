#include "image/jpeg.h"

#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <memory>
#include <span>
#include <string>

#include "image/draw.h"
#include "tests/support/picture.h"

using namespace roadwatch;

namespace {

struct Rgb {
  int red = 0;
  int green = 0;
  int blue = 0;
};

struct Decoded {
  int widthPx = 0;
  int heightPx = 0;
  std::vector<unsigned char> pixels;
  Rgb At(int x, int y) const {
    const size_t i = static_cast<size_t>(y * widthPx + x) * 3;
    return {pixels[i], pixels[i + 1], pixels[i + 2]};
  }
};

Decoded Decode(const std::vector<uint8_t>& jpeg) {
  const std::unique_ptr<void, int (*)(void*)> handle(tjInitDecompress(), tjDestroy);
  Decoded decoded;
  int subsampling = 0;
  int colors = 0;
  REQUIRE(tjDecompressHeader3(handle.get(), jpeg.data(), jpeg.size(), &decoded.widthPx, &decoded.heightPx,
                              &subsampling, &colors) == 0);
  decoded.pixels.resize(static_cast<size_t>(decoded.widthPx * decoded.heightPx) * 3);
  REQUIRE(tjDecompress2(handle.get(), jpeg.data(), jpeg.size(), decoded.pixels.data(), decoded.widthPx, 0,
                        decoded.heightPx, TJPF_RGB, 0) == 0);
  return decoded;
}

/// One colour everywhere, in the given matrix and range (the standards' own equations).
Picture Filled(int red, int green, int blue, bool hd, bool full) {
  const double kr = hd ? 0.2126 : 0.299;
  const double kb = hd ? 0.0722 : 0.114;
  const double luma = kr * red + (1 - kr - kb) * green + kb * blue;
  const double u = (blue - luma) / (2 * (1 - kb));
  const double v = (red - luma) / (2 * (1 - kr));
  const auto round = [](double value) {
    return static_cast<uint8_t>(std::lround(std::clamp(value, 0.0, 255.0)));
  };
  Picture picture(64, 48, 1, 1);
  std::fill(picture.planes[0].begin(), picture.planes[0].end(), round(full ? luma : 16 + luma * 219 / 255));
  std::fill(picture.planes[1].begin(), picture.planes[1].end(), round(128 + (full ? u : u * 224 / 255)));
  std::fill(picture.planes[2].begin(), picture.planes[2].end(), round(128 + (full ? v : v * 224 / 255)));
  return picture;
}

}  // namespace

TEST_CASE("a picture's colours survive, whatever the stream's matrix and range") {
  for (const bool hd : {false, true}) {
    for (const bool full : {false, true}) {
      for (const Rgb& color :
           {Rgb{200, 40, 40}, Rgb{40, 180, 60}, Rgb{30, 60, 200}, Rgb{255, 255, 255}, Rgb{0, 0, 0}}) {
        const Picture picture = Filled(color.red, color.green, color.blue, hd, full);
        PlanarFrame view = picture.View();
        view.matrix = hd ? ColorMatrix::kBt709 : ColorMatrix::kBt601;
        view.range = full ? ColorRange::kFull : ColorRange::kLimited;
        const Rgb seen = Decode(JpegEncoder().Encode(view, 95)).At(32, 24);
        CAPTURE(hd);
        CAPTURE(full);
        CHECK(std::abs(seen.red - color.red) <= 5);
        CHECK(std::abs(seen.green - color.green) <= 5);
        CHECK(std::abs(seen.blue - color.blue) <= 5);
      }
    }
  }
}

TEST_CASE("every size and subsampling is taken, 1x1 and odd ones too") {
  JpegEncoder encoder;
  for (const auto& [shiftX, shiftY] : {std::pair{1, 1}, {1, 0}, {0, 0}}) {
    for (const auto& [width, height] : {std::pair{1, 1}, {2, 2}, {17, 33}, {641, 361}}) {
      const Picture picture(width, height, shiftX, shiftY);
      const Decoded decoded = Decode(encoder.Encode(picture.View(), 80));
      CHECK(decoded.widthPx == width);
      CHECK(decoded.heightPx == height);
    }
  }
}

TEST_CASE("a crop shows its part of the picture, at odd places too") {
  Picture picture(100, 80, 1, 1);
  for (int y = 0; y < 80; ++y) {
    for (int x = 50; x < 100; ++x) picture.planes[0][static_cast<size_t>(y * 100 + x)] = 235;
  }
  for (int y = 0; y < 80; ++y) {
    for (int x = 0; x < 50; ++x) picture.planes[0][static_cast<size_t>(y * 100 + x)] = 16;
  }
  const Decoded crop = Decode(JpegEncoder().EncodeCrop(picture.View(), {37, 11, 41, 27}, 90));
  CHECK(crop.widthPx == 41);
  CHECK(crop.heightPx == 27);
  CHECK(crop.At(3, 13).red < 30);
  CHECK(crop.At(36, 13).red > 225);
}

TEST_CASE("what is prepared once gives the same pictures as what is converted each time") {
  for (const auto& [width, height] : {std::pair{64, 48}, {63, 47}}) {
    Picture picture(width, height, 1, 1);
    for (auto& plane : picture.planes) {
      for (size_t i = 0; i < plane.size(); ++i) plane[i] = static_cast<uint8_t>(20 + (i * 37) % 200);
    }
    PlanarFrame view = picture.View();
    view.matrix = ColorMatrix::kBt709;
    JpegEncoder encoder;
    const PixelRect part{4, 6, 30, 16};
    const std::vector<uint8_t> whole = encoder.Encode(view, 80);
    const std::vector<uint8_t> crop = encoder.EncodeCrop(view, part, 80);
    const PlanarFrame prepared = encoder.Prepare(view);
    CHECK(encoder.Encode(prepared, 80) == whole);
    // Odd crops are copied within the encoder; what was prepared stays as it was.
    encoder.EncodeCrop(prepared, {3, 5, 31, 17}, 80);
    CHECK(encoder.EncodeCrop(prepared, part, 80) == crop);
    CHECK(encoder.Encode(prepared, 80) == whole);
  }
}

TEST_CASE("what has changed since is told anew, and the whole is what it would have been") {
  for (const auto& [width, height, shiftX, shiftY] : {std::array{640, 360, 1, 1},
                                                      {1920, 1080, 1, 1},
                                                      {352, 288, 1, 0},
                                                      {200, 100, 0, 0},
                                                      {633, 351, 1, 1}}) {
    CAPTURE(width);
    Picture picture(width, height, shiftX, shiftY);
    for (auto& plane : picture.planes) {
      for (size_t i = 0; i < plane.size(); ++i)
        plane[i] = static_cast<uint8_t>(20 + (i * 37 + i / 501) % 200);
    }
    PlanarFrame view = picture.View();
    view.range = ColorRange::kFull;
    JpegEncoder encoder;
    const PlanarFrame prepared = encoder.Prepare(view);
    const std::vector<uint8_t> before = encoder.Encode(prepared, 80);
    Canvas canvas(prepared);
    const auto edge = [](int length) { return static_cast<float>(length); };
    const std::vector<Box> boxes{{edge(width) - 60, -5, edge(width) + 9, 70, 0.9F, 0},
                                 {30, 40, 90, 80, 0.5F, 0},
                                 {-4, edge(height) - 30, 50, edge(height) + 3, 0.5F, 0}};
    canvas.DrawDetections(boxes, {}, std::vector<std::string>{"person"});
    const std::vector<uint8_t> after = encoder.EncodeChanged(before, canvas.View(), canvas.touched(), 80);
    CHECK(after != before);
    CHECK(Decode(after).pixels == Decode(encoder.Encode(canvas.View(), 80)).pixels);
    CHECK(encoder.EncodeChanged(before, prepared, {}, 80) == before);
  }
}

TEST_CASE("a JPEG that was not cut so is not mended but made anew") {
  const Picture picture(640, 360, 1, 1);
  JpegEncoder encoder;
  const std::vector<uint8_t> whole = encoder.Encode(picture.View(), 80);
  const PixelRect part{0, 0, 8, 8};
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{300}, whole.size() / 2, whole.size() - 2}) {
    CHECK(encoder.EncodeChanged(std::span(whole).first(bytes), picture.View(), {&part, 1}, 80) == whole);
  }
}
