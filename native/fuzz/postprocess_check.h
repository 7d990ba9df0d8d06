#pragma once

#include <cstdint>
#include <span>

namespace roadwatch {

/// Reads options, a geometry and a model's output from arbitrary bytes, sends them through box decode,
/// suppression and grouping, and throws std::logic_error where a promise of those is broken. Every input is a
/// valid one.
void CheckPostprocess(std::span<const uint8_t> bytes);

}  // namespace roadwatch
