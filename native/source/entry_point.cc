#include "source/entry_point.h"

#include <algorithm>
#include <array>

#include "source/rtsp/annex_b.h"

namespace roadwatch {

namespace {

using Bytes = std::span<const uint8_t>;

// NAL unit types: H.264 Table 7-1, H.265 Table 7-1.
constexpr int kH264Slice = 1;
constexpr int kH264Idr = 5;
constexpr int kH264Sei = 6;
constexpr int kH265LastSlice = 31;
constexpr int kH265PrefixSei = 39;

constexpr size_t kRecoveryPoint = 6;
constexpr uint32_t kMaxFrameNumber = 0xFFFF;
/// A minute at 25 frames a second; a camera that says more errs.
constexpr int kLongestRefreshFrames = 1500;
/// Numbers larger than any that a stream may hold have more bits.
constexpr int kLongestPrefix = 31;

/// The bits of a NAL unit, without the bytes that keep start codes out of it (0, 0, *3*). Past the end, ones:
/// so every number ends.
class NalBits {
 public:
  explicit NalBits(Bytes unit) : unit_(unit) {}
  bool AtEnd() const { return at_ >= unit_.size(); }
  uint32_t Byte() {
    if (zeros_ >= 2 && at_ < unit_.size() && unit_[at_] == 3) {
      ++at_;
      zeros_ = 0;
    }
    if (AtEnd()) return 0xFF;
    const uint8_t byte = unit_[at_++];
    zeros_ = byte == 0 ? zeros_ + 1 : 0;
    return byte;
  }
  uint32_t Bit() {
    if (bitsLeft_ == 0) {
      current_ = Byte();
      bitsLeft_ = 8;
    }
    return current_ >> --bitsLeft_ & 1;
  }
  /// Exp-Golomb, H.264 9.1.
  uint32_t UnsignedNumber() {
    int prefix = 0;
    while (Bit() == 0 && prefix < kLongestPrefix) ++prefix;
    uint32_t suffix = 0;
    for (int i = 0; i < prefix; ++i) suffix = suffix << 1 | Bit();
    return (uint32_t{1} << prefix) - 1 + suffix;
  }
  int SignedNumber() {
    const uint32_t number = UnsignedNumber();
    const auto half = static_cast<int>(number / 2);
    return number % 2 == 0 ? -half : half + 1;
  }

 private:
  Bytes unit_;
  size_t at_ = 0;
  int zeros_ = 0;
  uint32_t current_ = 0;
  int bitsLeft_ = 0;
};

/// Supplemental messages' types and sizes: bytes of 255 are added up.
size_t ReadNumber(NalBits& bits) {
  size_t number = 0;
  uint32_t byte = 0xFF;
  while (byte == 0xFF && !bits.AtEnd()) {
    byte = bits.Byte();
    number += byte;
  }
  return number;
}

/// Where the next start code is, and NAL units after it; at the end where there is none.
size_t FindStartCode(Bytes data) {
  constexpr std::array<uint8_t, 3> kShortest{kStartCode[1], kStartCode[2], kStartCode[3]};
  const auto found = std::search(data.begin(), data.end(), kShortest.begin(), kShortest.end());
  return static_cast<size_t>(found - data.begin());
}

/// The NAL units of a packet, one after the other. Those with start codes reach to the packet's end until
/// Whole() is asked for: nobody looks for the end of the picture itself.
class NalUnits {
 public:
  NalUnits(Bytes packet, size_t lengthBytes) : rest_(packet), lengthBytes_(lengthBytes) {}
  /// Empty at the end.
  Bytes Next() { return lengthBytes_ == 0 ? AfterStartCode() : AfterLength(); }
  Bytes Whole(Bytes unit) const { return lengthBytes_ == 0 ? unit.first(FindStartCode(unit)) : unit; }

 private:
  Bytes AfterStartCode() {
    constexpr size_t kShortest = kStartCode.size() - 1;
    rest_ = rest_.subspan(std::min(rest_.size(), FindStartCode(rest_) + kShortest));
    return rest_;
  }
  Bytes AfterLength() {
    if (rest_.size() <= lengthBytes_) return {};
    size_t size = 0;
    for (size_t i = 0; i < lengthBytes_; ++i) size = size << 8 | rest_[i];
    rest_ = rest_.subspan(lengthBytes_);
    const Bytes unit = rest_.first(std::min(size, rest_.size()));
    rest_ = rest_.subspan(unit.size());
    return unit;
  }

  Bytes rest_;
  const size_t lengthBytes_;
};

/// None where the packet has a picture that stands alone, or marks no recovery point.
std::optional<int> FindRefresh(Bytes packet, AVCodecID codec, size_t lengthBytes) {
  const bool h264 = codec == AV_CODEC_ID_H264;
  NalUnits units(packet, lengthBytes);
  std::optional<int> frames;
  for (Bytes unit = units.Next(); !unit.empty(); unit = units.Next()) {
    const int type = h264 ? unit[0] & 0x1F : unit[0] >> 1 & 0x3F;
    if (h264 && type == kH264Idr) return std::nullopt;
    if (h264 ? type == kH264Slice : type <= kH265LastSlice) return frames;
    const bool supplemental = type == (h264 ? kH264Sei : kH265PrefixSei);
    if (supplemental && !frames) frames = FramesToRecovery(codec, units.Whole(unit));
  }
  return std::nullopt;
}

}  // namespace

std::optional<int> FramesToRecovery(AVCodecID codec, Bytes unit) {
  const size_t header = codec == AV_CODEC_ID_H264 ? 1 : 2;
  if (unit.size() <= header) return std::nullopt;
  NalBits bits(unit.subspan(header));
  // The last byte holds the trailing bits alone.
  while (!bits.AtEnd()) {
    const size_t type = ReadNumber(bits);
    const size_t size = ReadNumber(bits);
    if (bits.AtEnd()) break;
    if (type == kRecoveryPoint) {
      const int frames = codec == AV_CODEC_ID_H264 ? static_cast<int>(bits.UnsignedNumber() & kMaxFrameNumber)
                                                   : bits.SignedNumber();
      return std::clamp(frames, 0, kLongestRefreshFrames);
    }
    for (size_t i = 0; i < size && !bits.AtEnd(); ++i) bits.Byte();
  }
  return std::nullopt;
}

size_t NalLengthBytes(const AVCodecParameters& parameters) {
  // avcC (ISO/IEC 14496-15, 5.3.3.1) and hvcC (8.3.3.1): version 1, and where the size of lengths stands.
  const bool h264 = parameters.codec_id == AV_CODEC_ID_H264;
  const int at = h264 ? 4 : 21;
  if (parameters.extradata_size <= at || parameters.extradata[0] != 1) return 0;
  return static_cast<size_t>(parameters.extradata[at] & 3) + 1;
}

void MarkEntryPoint(Packet& packet, AVCodecID codec, size_t nalLengthBytes) {
  const AVPacket& data = *packet.data;
  packet.keyframe = (data.flags & AV_PKT_FLAG_KEY) != 0;
  packet.refreshFrames.reset();
  // With H.264 a recovery point is always marked, as a keyframe; with H.265 a keyframe never is one.
  const bool looksLikeOne = codec == AV_CODEC_ID_H264   ? packet.keyframe
                            : codec == AV_CODEC_ID_HEVC ? !packet.keyframe
                                                        : false;
  if (!looksLikeOne) return;
  const auto frames =
      FindRefresh({data.data, static_cast<size_t>(std::max(0, data.size))}, codec, nalLengthBytes);
  // An H.264 picture that is whole at once, between groups of pictures that refer across it.
  if (!frames || (codec == AV_CODEC_ID_H264 && *frames == 0)) return;
  packet.keyframe = false;
  packet.refreshFrames = frames;
}

}  // namespace roadwatch
