#include "image/jpeg_segments.h"

#include <algorithm>
#include <cstring>
#include <optional>

namespace roadwatch {

namespace {

using Bytes = std::span<const uint8_t>;

/// A marker and the padding before it cost some 5 bytes: below 1 % of a street's picture.
constexpr int kMaxSegmentMcus = 20;
constexpr int kMinSegmentMcus = 5;

constexpr uint8_t kMarker = 0xFF;
constexpr uint8_t kFirstRestart = 0xD0;
constexpr uint8_t kLastRestart = 0xD7;
constexpr size_t kRestarts = 8;
constexpr uint8_t kStartOfScan = 0xDA;
constexpr uint8_t kEndOfImage = 0xD9;

bool IsRestart(uint8_t marker) { return marker >= kFirstRestart && marker <= kLastRestart; }

/// The largest divisor that is no more than wanted, so that no segment goes over the end of a row.
int SegmentMcus(int mcusInRow) {
  for (int mcus = std::min(mcusInRow, kMaxSegmentMcus); mcus >= kMinSegmentMcus; --mcus) {
    if (mcusInRow % mcus == 0) return mcus;
  }
  return mcusInRow;
}

/// Where the coded data begins: behind the head of the (only) scan. None where there is no such.
std::optional<size_t> ScanStart(Bytes jpeg) {
  size_t at = 2;
  while (at + 4 <= jpeg.size() && jpeg[at] == kMarker) {
    const bool scan = jpeg[at + 1] == kStartOfScan;
    at += 2 + (static_cast<size_t>(jpeg[at + 2]) << 8 | jpeg[at + 3]);
    if (scan) return at < jpeg.size() ? std::optional(at) : std::nullopt;
  }
  return std::nullopt;
}

/// The coded data between restart markers; empty where the picture does not end as it should.
std::vector<Bytes> Split(Bytes jpeg, size_t start, size_t expected) {
  std::vector<Bytes> parts;
  parts.reserve(expected);
  size_t from = start;
  for (size_t at = start; at + 1 < jpeg.size();) {
    const auto* found = static_cast<const uint8_t*>(std::memchr(&jpeg[at], kMarker, jpeg.size() - 1 - at));
    if (found == nullptr) break;
    at = static_cast<size_t>(found - jpeg.data());
    const uint8_t marker = jpeg[at + 1];
    if (IsRestart(marker) || marker == kEndOfImage) {
      parts.push_back(jpeg.subspan(from, at - from));
      from = at + 2;
    }
    if (marker == kEndOfImage) return parts;
    at += 2;
  }
  return {};
}

void Append(std::vector<uint8_t>& to, Bytes bytes) { to.insert(to.end(), bytes.begin(), bytes.end()); }

}  // namespace

JpegSegments::JpegSegments(const PlanarFrame& frame) {
  const int mcuWidthPx = 8 << frame.chromaShiftX;
  heightPx = 8 << frame.chromaShiftY;
  if (frame.widthPx % mcuWidthPx != 0) return;
  widthPx = SegmentMcus(frame.widthPx / mcuWidthPx) * mcuWidthPx;
  columns = frame.widthPx / widthPx;
  rows = (frame.heightPx + heightPx - 1) / heightPx;
}

std::vector<size_t> SegmentsOf(const JpegSegments& segments, std::span<const PixelRect> parts) {
  std::vector<bool> touched(segments.count());
  for (const PixelRect& part : parts) {
    for (int row = part.y / segments.heightPx; row <= (part.y + part.heightPx - 1) / segments.heightPx;
         ++row) {
      for (int column = part.x / segments.widthPx; column <= (part.x + part.widthPx - 1) / segments.widthPx;
           ++column) {
        touched[static_cast<size_t>(row * segments.columns + column)] = true;
      }
    }
  }
  std::vector<size_t> indices;
  for (size_t i = 0; i < touched.size(); ++i) {
    if (touched[i]) indices.push_back(i);
  }
  return indices;
}

std::vector<uint8_t> ReplaceSegments(Bytes jpeg, size_t segmentCount, Bytes replacements,
                                     std::span<const size_t> replaced) {
  const auto scan = ScanStart(jpeg);
  const auto otherScan = ScanStart(replacements);
  if (!scan || !otherScan) return {};
  std::vector<Bytes> parts = Split(jpeg, *scan, segmentCount);
  const std::vector<Bytes> others = Split(replacements, *otherScan, replaced.size());
  if (parts.size() != segmentCount || others.size() != replaced.size()) return {};
  for (size_t i = 0; i < replaced.size(); ++i) parts[replaced[i]] = others[i];
  std::vector<uint8_t> result;
  result.reserve(jpeg.size() + replacements.size());
  Append(result, jpeg.first(*scan));
  for (size_t i = 0; i < parts.size(); ++i) {
    Append(result, parts[i]);
    const bool last = i + 1 == parts.size();
    result.push_back(kMarker);
    result.push_back(last ? kEndOfImage : static_cast<uint8_t>(kFirstRestart + i % kRestarts));
  }
  return result;
}

}  // namespace roadwatch
