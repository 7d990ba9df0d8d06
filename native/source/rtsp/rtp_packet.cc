#include "source/rtsp/rtp_packet.h"

namespace roadwatch {

namespace {

constexpr size_t kHeaderBytes = 12;
constexpr size_t kWordBytes = 4;
constexpr int kVersion = 2;
constexpr uint8_t kRtcpBye = 203;

int VersionOf(uint8_t first) { return first >> 6; }

uint16_t Word16(std::span<const uint8_t> bytes, size_t at) {
  return static_cast<uint16_t>(bytes[at] << 8 | bytes[at + 1]);
}

}  // namespace

std::optional<RtpPacket> ParseRtpPacket(std::span<const uint8_t> bytes) {
  if (bytes.size() < kHeaderBytes || VersionOf(bytes[0]) != kVersion) return std::nullopt;
  const bool padded = (bytes[0] & 0x20) != 0;
  const bool extended = (bytes[0] & 0x10) != 0;
  size_t start = kHeaderBytes + (bytes[0] & 0x0FU) * kWordBytes;
  if (extended) {
    if (bytes.size() < start + kWordBytes) return std::nullopt;
    start += kWordBytes + Word16(bytes, start + 2) * kWordBytes;
  }
  const size_t padding = padded ? bytes.back() : 0;
  if (start + padding > bytes.size()) return std::nullopt;
  RtpPacket packet;
  packet.marker = (bytes[1] & 0x80) != 0;
  packet.payloadType = bytes[1] & 0x7F;
  packet.sequence = Word16(bytes, 2);
  packet.timestamp = static_cast<uint32_t>(Word16(bytes, 4)) << 16 | Word16(bytes, 6);
  packet.payload = bytes.subspan(start, bytes.size() - start - padding);
  return packet;
}

bool HasRtcpBye(std::span<const uint8_t> bytes) {
  while (bytes.size() >= kWordBytes && VersionOf(bytes[0]) == kVersion) {
    if (bytes[1] == kRtcpBye) return true;
    const size_t size = (size_t{Word16(bytes, 2)} + 1) * kWordBytes;
    if (size > bytes.size()) return false;
    bytes = bytes.subspan(size);
  }
  return false;
}

}  // namespace roadwatch
