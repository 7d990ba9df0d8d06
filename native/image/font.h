#pragma once

#include <array>
#include <cstdint>

namespace roadwatch {

constexpr int kGlyphWidthPx = 5;
constexpr int kGlyphHeightPx = 7;

/// A character's rows from top to bottom; the highest of five bits is the leftmost pixel.
struct Glyph {
  char character = ' ';
  std::array<uint8_t, kGlyphHeightPx> rows{};
};

/// The glyph of a character: small letters (capitals look alike), digits, space and a few signs; anything
/// else is a full box. Drawn for this program.
const Glyph& GlyphOf(char character);

}  // namespace roadwatch
