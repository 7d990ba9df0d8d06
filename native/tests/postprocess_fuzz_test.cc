#include <doctest/doctest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

#include "fuzz/postprocess_check.h"

using namespace roadwatch;

namespace {

constexpr int kHeaderBytes = 64;

std::vector<uint8_t> RandomBytes(std::mt19937& random, size_t size) {
  std::vector<uint8_t> bytes(size);
  std::generate(bytes.begin(), bytes.end(), [&random] { return static_cast<uint8_t>(random()); });
  return bytes;
}

/// Floats that a model could give, and some that none should: most bytes alone would be absurd numbers.
float LikelyValue(std::mt19937& random) {
  constexpr float kOdd[] = {0.0F,
                            -1.0F,
                            std::numeric_limits<float>::quiet_NaN(),
                            std::numeric_limits<float>::infinity(),
                            -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::max(),
                            std::numeric_limits<float>::denorm_min()};
  const auto choice = random() % 64;
  if (choice < std::size(kOdd)) return kOdd[choice];
  const float unit = static_cast<float>(random() % 65536) / 65536.0F;
  return choice < 36 ? unit : unit * 640.0F;
}

}  // namespace

TEST_CASE("what is made of a model's output keeps its promises, whatever the bytes are") {
  std::mt19937 random(1);
  for (int i = 0; i < 2000; ++i) {
    const std::vector<uint8_t> bytes = RandomBytes(random, random() % 4096);
    CAPTURE(i);
    REQUIRE_NOTHROW(CheckPostprocess(bytes));
  }
}

TEST_CASE("and so it does for numbers that a model might give") {
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    std::vector<uint8_t> bytes = RandomBytes(random, kHeaderBytes);
    // The confidence and IoU thresholds and the grouping distance, where the harness reads them.
    const float thresholds[] = {0.5F, 0.5F, 100.0F};
    std::memcpy(bytes.data() + 2, &thresholds[0], sizeof(float));
    std::memcpy(bytes.data() + 6, &thresholds[1], sizeof(float));
    std::memcpy(bytes.data() + 12, &thresholds[2], sizeof(float));
    const size_t values = random() % 2000;
    for (size_t k = 0; k < values; ++k) {
      const float value = LikelyValue(random);
      const auto* raw = reinterpret_cast<const uint8_t*>(&value);
      bytes.insert(bytes.end(), raw, raw + sizeof(value));
    }
    CAPTURE(i);
    REQUIRE_NOTHROW(CheckPostprocess(bytes));
  }
}

TEST_CASE("no bytes at all are a valid input") { CHECK_NOTHROW(CheckPostprocess({})); }
