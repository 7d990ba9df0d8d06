#include "detect/yolov8_decoder.h"

#include <doctest/doctest.h>

#include "tests/support/cases.h"

using namespace roadwatch;

TEST_CASE("boxes are read from the model's output as NumPy reads them") {
  const int cases = ForEachCase("decode", [](std::istringstream& words) {
    const auto seed = Read<uint32_t>(words);
    const int classes = Read<int>(words);
    const int anchors = Read<int>(words);
    Draw draw(10000 + seed);
    REQUIRE(1 + draw.Integer(6) == classes);
    std::vector<float> output(static_cast<size_t>((4 + classes) * anchors));
    for (float& value : output) value = draw.Unit();
    for (int i = 0; i < (seed % 2 != 0 ? anchors / 4 : 0); ++i) {
      const int row = draw.Integer(4 + classes);
      const int anchor = draw.Integer(anchors);
      output[static_cast<size_t>(row * anchors + anchor)] = draw.Spoiled();
    }
    std::vector<unsigned char> allowed;
    for (int i = 0; i < classes; ++i) allowed.push_back((seed >> i) % 2 == 0 || classes == 1 ? 1 : 0);

    std::vector<Box> boxes;
    DecodeYolov8(output, classes, anchors, 0.5F, allowed, boxes);
    CAPTURE(seed);
    REQUIRE(boxes.size() == Read<size_t>(words));
    for (const Box& box : boxes) {
      const auto anchor = Read<size_t>(words);
      const auto at = [&](size_t row) { return output[row * static_cast<size_t>(anchors) + anchor]; };
      REQUIRE(box.classId == Read<int>(words));
      REQUIRE(box.confidence == at(4 + static_cast<size_t>(box.classId)));
      REQUIRE(box.x1 == at(0) - at(2) / 2);
      REQUIRE(box.y1 == at(1) - at(3) / 2);
      REQUIRE(box.x2 == at(0) + at(2) / 2);
      REQUIRE(box.y2 == at(1) + at(3) / 2);
    }
  });
  CHECK(cases == 120);
}
