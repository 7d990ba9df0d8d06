#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace roadwatch {

/// One RTP packet (RFC 3550, 5.1). `payload` is a view of the bytes that it was read from.
struct RtpPacket {
  bool marker = false;
  int payloadType = 0;
  uint16_t sequence = 0;
  uint32_t timestamp = 0;
  std::span<const uint8_t> payload;
};

/// None where the bytes are no RTP packet of version 2.
std::optional<RtpPacket> ParseRtpPacket(std::span<const uint8_t> bytes);

/// Whether an RTCP packet (RFC 3550, 6.1; several in one) says that its sender leaves.
bool HasRtcpBye(std::span<const uint8_t> bytes);

}  // namespace roadwatch
