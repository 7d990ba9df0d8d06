#include "image/difference_hash.h"

#include <algorithm>
#include <array>

namespace roadwatch {

namespace {

constexpr int kColumns = 9;
constexpr int kRows = 8;
/// Means in 1/16 grey levels: where neighbours are almost the same, rounding decides nothing.
constexpr uint64_t kFraction = 16;

struct Span {
  int begin = 0;
  int end = 0;
};

/// The samples of a cell; cells of a picture that has fewer samples than cells share some.
Span CellSpan(int cell, int cells, int lengthPx) {
  const int begin = std::min(cell * lengthPx / cells, lengthPx - 1);
  return {begin, std::max((cell + 1) * lengthPx / cells, begin + 1)};
}

uint64_t SumOfRow(const uint8_t* samples, Span columns) {
  uint64_t sum = 0;
  for (int x = columns.begin; x < columns.end; ++x) sum += samples[x];
  return sum;
}

}  // namespace

uint64_t DifferenceHash(const PlanarFrame& frame, const PixelRect& rect) {
  std::array<Span, kColumns> columns;
  for (int column = 0; column < kColumns; ++column)
    columns[static_cast<size_t>(column)] = CellSpan(column, kColumns, rect.widthPx);
  uint64_t hash = 0;
  for (int row = 0; row < kRows; ++row) {
    const Span lines = CellSpan(row, kRows, rect.heightPx);
    std::array<uint64_t, kColumns> means{};
    for (int y = lines.begin; y < lines.end; ++y) {
      const uint8_t* samples = frame.Row(0, rect.y + y) + rect.x;
      for (size_t column = 0; column < kColumns; ++column)
        means[column] += SumOfRow(samples, columns[column]);
    }
    for (size_t column = 0; column < kColumns; ++column) {
      const Span& span = columns[column];
      const auto samples = static_cast<uint64_t>((span.end - span.begin) * (lines.end - lines.begin));
      means[column] = means[column] * kFraction / samples;
      if (column > 0) hash = hash << 1 | static_cast<uint64_t>(means[column] > means[column - 1]);
    }
  }
  return hash;
}

std::string HashText(uint64_t hash) {
  constexpr int kDigits = 16;
  std::string text(kDigits, '0');
  for (size_t i = 0; i < kDigits; ++i) text[kDigits - 1 - i] = "0123456789abcdef"[hash >> (4 * i) & 0xf];
  return text;
}

}  // namespace roadwatch
