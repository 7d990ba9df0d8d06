#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "media/av_ptr.h"
#include "source/rtsp/rtp_packet.h"

namespace roadwatch {

/// Puts access units (whole pictures, in Annex B) together from RTP packets: H.264 (RFC 6184, modes 0 and 1)
/// and H.265 (RFC 7798). A unit ends with its marker, or, where a camera sets markers wrongly, with the next
/// timestamp. NAL units with a gap in them are left out. Parameter sets that come alone are put before the
/// picture that follows. Bounded: a unit of more than `kMaxUnitBytes` is dropped. One owner, no locking.
class Depacketizer {
 public:
  /// Gets each access unit; `AV_PKT_FLAG_KEY` marks those that decoding can begin with.
  using Sink = std::function<void(AvPacketPtr)>;
  static constexpr size_t kMaxUnitBytes = size_t{16} << 20;

  /// `codec`: H.264 or H.265. `hasDon`: H.265 with decoding order numbers.
  Depacketizer(AVCodecID codec, bool hasDon, Sink sink);
  void Push(const RtpPacket& packet);
  /// RTP packets that were missing.
  uint64_t lost() const { return lost_; }

 private:
  using Bytes = std::span<const uint8_t>;

  bool NoticeGap(uint16_t sequence);
  void ReadH264(Bytes payload);
  void ReadH265(Bytes payload);
  void ReadAggregate(Bytes units, size_t donBytes);
  void ReadH264Fragment(Bytes payload);
  void ReadH265Fragment(Bytes payload);
  void Fragment(Bytes header, Bytes data, bool first, bool last);
  void AppendUnit(Bytes unit);
  void Append(Bytes bytes);
  void Classify(Bytes unit);
  void DropFragment();
  void Finish();
  void Reset();

  const AVCodecID codec_;
  const bool hasDon_;
  const Sink sink_;
  AvBufferPtr buffer_;
  size_t size_ = 0;
  bool hasPicture_ = false;
  bool key_ = false;
  bool oversized_ = false;
  std::optional<size_t> fragmentStart_;  ///< where the fragmented NAL unit begins that is being read
  std::optional<uint16_t> lastSequence_;
  std::optional<uint32_t> timestamp_;
  bool endedByMarker_ = false;  ///< a unit of `timestamp_` was given out at its marker
  bool markersEndUnits_ = true;
  uint64_t lost_ = 0;
};

}  // namespace roadwatch
