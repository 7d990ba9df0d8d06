#include "image/scene_digest.h"

#include <doctest/doctest.h>

#include <vector>

using namespace roadwatch;

namespace {

struct Picture {
  Picture(int widthPx, int heightPx, uint8_t grey)
      : luma(static_cast<size_t>(widthPx) * static_cast<size_t>(heightPx), grey) {
    view.planes[0] = luma.data();
    view.strides[0] = widthPx;
    view.widthPx = widthPx;
    view.heightPx = heightPx;
  }
  void Fill(int x, int y, int w, int h, uint8_t grey) {
    for (int row = y; row < y + h; ++row)
      for (int column = x; column < x + w; ++column)
        luma[static_cast<size_t>(row) * static_cast<size_t>(view.widthPx) + static_cast<size_t>(column)] =
            grey;
  }
  std::vector<uint8_t> luma;
  PlanarFrame view;
};

SceneDigest Digest(const Picture& picture) { return DigestScene(picture.view); }

}  // namespace

TEST_CASE("a block is its mean, rounded; what is left at the edges is a block of its own") {
  Picture picture(18, 9, 100);
  picture.Fill(0, 0, 4, 8, 200);  // half of the first block
  picture.Fill(16, 8, 2, 1, 7);   // the corner, 2x1
  const SceneDigest digest = Digest(picture);
  CHECK(digest.columns == 3);
  CHECK(digest.rows == 2);
  CHECK(digest.means == std::vector<uint8_t>{150, 100, 100, 100, 100, 7});
}

TEST_CASE("noise of a few grey levels is the same scene") {
  Picture still(640, 360, 90);
  Picture noisy(640, 360, 90);
  for (size_t i = 0; i < noisy.luma.size(); ++i) noisy.luma[i] = static_cast<uint8_t>(85 + (i * 7919) % 11);
  CHECK(IsSameScene(Digest(still), Digest(noisy)));
}

TEST_CASE("a far pedestrian, hardly darker than the street, is another scene wherever he stands") {
  const SceneDigest empty = Digest(Picture(640, 360, 110));
  for (int x = 0; x <= 630; x += 3) {
    Picture picture(640, 360, 110);
    picture.Fill(x, 100 + x % 8, 8, 18, 95);
    CAPTURE(x);
    CHECK_FALSE(IsSameScene(empty, Digest(picture)));
  }
}

TEST_CASE("another size is another scene") {
  CHECK_FALSE(IsSameScene(Digest(Picture(640, 360, 90)), Digest(Picture(640, 352, 90))));
}

TEST_CASE("one sample is a picture, too") {
  CHECK(Digest(Picture(1, 1, 42)).means == std::vector<uint8_t>{42});
}
