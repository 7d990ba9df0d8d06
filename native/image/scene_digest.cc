#include "image/scene_digest.h"

#include <algorithm>
#include <cstdlib>

namespace roadwatch {

namespace {

int BlocksIn(int lengthPx) { return (lengthPx + SceneDigest::kBlockPx - 1) / SceneDigest::kBlockPx; }

/// Adds a row's samples to the sums of its blocks.
void AddRow(const uint8_t* row, int widthPx, std::vector<uint32_t>& sums) {
  const int wholeBlocks = widthPx / SceneDigest::kBlockPx;
  for (int block = 0; block < wholeBlocks; ++block) {
    uint32_t sum = 0;
    for (int i = 0; i < SceneDigest::kBlockPx; ++i) sum += row[block * SceneDigest::kBlockPx + i];
    sums[static_cast<size_t>(block)] += sum;
  }
  for (int x = wholeBlocks * SceneDigest::kBlockPx; x < widthPx; ++x) sums.back() += row[x];
}

}  // namespace

SceneDigest DigestScene(const PlanarFrame& frame) {
  SceneDigest digest{BlocksIn(frame.widthPx), BlocksIn(frame.heightPx), {}};
  digest.means.reserve(static_cast<size_t>(digest.columns) * static_cast<size_t>(digest.rows));
  std::vector<uint32_t> sums(static_cast<size_t>(digest.columns));
  for (int row = 0; row < digest.rows; ++row) {
    const int top = row * SceneDigest::kBlockPx;
    const int bottom = std::min(top + SceneDigest::kBlockPx, frame.heightPx);
    std::fill(sums.begin(), sums.end(), 0U);
    for (int y = top; y < bottom; ++y) AddRow(frame.Row(0, y), frame.widthPx, sums);
    for (int column = 0; column < digest.columns; ++column) {
      const int left = column * SceneDigest::kBlockPx;
      const int right = std::min(left + SceneDigest::kBlockPx, frame.widthPx);
      const auto samples = static_cast<uint32_t>((right - left) * (bottom - top));
      digest.means.push_back(
          static_cast<uint8_t>((sums[static_cast<size_t>(column)] + samples / 2) / samples));
    }
  }
  return digest;
}

bool IsSameScene(const SceneDigest& one, const SceneDigest& other) {
  if (one.columns != other.columns || one.rows != other.rows) return false;
  return std::equal(one.means.begin(), one.means.end(), other.means.begin(), [](uint8_t a, uint8_t b) {
    return std::abs(int{a} - int{b}) <= SceneDigest::kTolerance;
  });
}

}  // namespace roadwatch
