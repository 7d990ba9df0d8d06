#include "image/difference_hash.h"

#include <doctest/doctest.h>

#include <bit>
#include <vector>

using namespace roadwatch;

namespace {

/// A grey picture whose samples are a function of their place.
template <typename Grey>
struct Picture {
  Picture(int widthPx, int heightPx, Grey grey) {
    for (int y = 0; y < heightPx; ++y)
      for (int x = 0; x < widthPx; ++x) luma.push_back(static_cast<uint8_t>(grey(x, y)));
    view.planes[0] = luma.data();
    view.strides[0] = widthPx;
    view.widthPx = widthPx;
    view.heightPx = heightPx;
  }
  uint64_t Hash() const { return DifferenceHash(view, {0, 0, view.widthPx, view.heightPx}); }
  std::vector<uint8_t> luma;
  PlanarFrame view;
};

int Distance(uint64_t one, uint64_t other) { return std::popcount(one ^ other); }

/// A street: dark below, bright above, with a dark thing at `x`.
auto StreetWithThingAt(int x) {
  return [x](int px, int py) {
    const bool thing = px >= x && px < x + 40 && py >= 60 && py < 140;
    return thing ? 20 : 200 - py / 2 - px / 8;
  };
}

}  // namespace

TEST_CASE("a bit is set where the right neighbour of a cell is brighter") {
  CHECK(Picture(90, 80, [](int x, int) { return x; }).Hash() == ~uint64_t{0});
  CHECK(Picture(90, 80, [](int x, int) { return 200 - x; }).Hash() == 0);
  // Bright to the right in the first of eight rows alone.
  CHECK(Picture(90, 80, [](int x, int y) { return y < 10 ? x : 0; }).Hash() == 0xff00000000000000);
  // Of nine columns the last is bright: the last of each row's eight bits.
  CHECK(Picture(90, 80, [](int x, int) { return x >= 80 ? 255 : 0; }).Hash() == 0x0101010101010101);
}

TEST_CASE("only the part that is asked for counts") {
  const Picture picture(200, 100, [](int x, int) { return x < 100 ? 100 - x : x; });
  CHECK(DifferenceHash(picture.view, {0, 0, 100, 100}) == 0);
  CHECK(DifferenceHash(picture.view, {100, 10, 100, 50}) == ~uint64_t{0});
}

TEST_CASE("brightness, contrast and fine noise leave it as it is; something that has moved does not") {
  const uint64_t street = Picture(320, 200, StreetWithThingAt(100)).Hash();
  const auto darker = [](int x, int y) { return StreetWithThingAt(100)(x, y) * 3 / 4 + 10; };
  const auto noisy = [](int x, int y) {
    return StreetWithThingAt(100)(x, y) + (x * 7919 + y * 104729) % 7 - 3;
  };
  CHECK(Distance(street, Picture(320, 200, darker).Hash()) <= 2);
  CHECK(Distance(street, Picture(320, 200, noisy).Hash()) <= 2);
  CHECK(Distance(street, Picture(640, 400, [](int x, int y) {
                           return StreetWithThingAt(100)(x / 2, y / 2);
                         }).Hash()) <= 2);
  CHECK(Distance(street, Picture(320, 200, StreetWithThingAt(200)).Hash()) > 6);
}

TEST_CASE("parts smaller than the cells have a hash, too") {
  const Picture picture(16, 16, [](int x, int) { return x * 10; });
  for (int side = 1; side < 9; ++side) {
    CAPTURE(side);
    CHECK(DifferenceHash(picture.view, {3, 4, side, 1}) == DifferenceHash(picture.view, {3, 9, side, 1}));
  }
  CHECK(DifferenceHash(picture.view, {0, 0, 1, 1}) == 0);
}

TEST_CASE("its text is sixteen digits") {
  CHECK(HashText(0) == "0000000000000000");
  CHECK(HashText(0x0123456789abcdef) == "0123456789abcdef");
}
