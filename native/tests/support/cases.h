#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <functional>
#include <limits>
#include <sstream>
#include <string>
#include <vector>

#include "detect/box.h"

namespace roadwatch {

/// The generator of tests/reference/native_cases.py: both sides draw the same inputs.
class Draw {
 public:
  explicit Draw(uint32_t seed) : state_(seed) {}
  int Integer(int below) {
    state_ = state_ * 1664525U + 1013904223U;
    return static_cast<int>((state_ >> 8) % static_cast<uint32_t>(below));
  }
  float Unit() { return static_cast<float>(Integer(1 << 16)) / static_cast<float>(1 << 16); }
  float Spoiled() {
    constexpr float kInfinity = std::numeric_limits<float>::infinity();
    const float values[] = {std::numeric_limits<float>::quiet_NaN(), kInfinity, -kInfinity};
    return values[Integer(3)];
  }

 private:
  uint32_t state_;
};

inline std::vector<Box> DrawBoxes(Draw& draw, int count, int extent, bool spoiled) {
  std::vector<Box> boxes;
  for (int i = 0; i < count; ++i) {
    Box box;
    box.x1 = draw.Unit() * static_cast<float>(extent);
    box.y1 = draw.Unit() * static_cast<float>(extent);
    box.x2 = box.x1 + draw.Unit() * 120.0F;
    box.y2 = box.y1 + draw.Unit() * 120.0F;
    box.confidence = static_cast<float>(draw.Integer(64)) / 64.0F;
    box.classId = draw.Integer(10);
    if (spoiled && draw.Integer(8) == 0) {
      float* const corners[] = {&box.x1, &box.y1, &box.x2, &box.y2};
      float& corner = *corners[draw.Integer(4)];
      corner = draw.Spoiled();
    }
    boxes.push_back(box);
  }
  return boxes;
}

/// Calls back with each recorded case of a kind, its name already read; gives how many there were.
inline int ForEachCase(const std::string& kind, const std::function<void(std::istringstream&)>& check) {
  std::ifstream file(std::string(ROADWATCH_TEST_DATA) + "/" + kind + ".txt");
  REQUIRE(file.is_open());
  int cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    std::istringstream words(line);
    std::string name;
    words >> name;
    REQUIRE(name == kind);
    check(words);
  }
  return cases;
}

template <typename Value>
Value Read(std::istringstream& words) {
  Value value{};
  REQUIRE(static_cast<bool>(words >> value));
  return value;
}

}  // namespace roadwatch
