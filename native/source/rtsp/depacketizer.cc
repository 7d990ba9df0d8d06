#include "source/rtsp/depacketizer.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <utility>

#include "source/entry_point.h"
#include "source/rtsp/annex_b.h"

namespace roadwatch {

namespace {

/// Most pictures between keyframes fit.
constexpr size_t kFirstCapacity = size_t{32} << 10;
constexpr size_t kDonBytes = 2;
constexpr size_t kDonDifferenceBytes = 1;

// NAL unit types: H.264 Table 7-1 and RFC 6184 Table 1; H.265 Table 7-1 and RFC 7798, 4.4.
constexpr int kH264Slice = 1;
constexpr int kH264Idr = 5;
constexpr int kH264Sei = 6;
constexpr int kH264StapA = 24;
constexpr int kH264FuA = 28;
constexpr int kH265FirstIrap = 16;
constexpr int kH265LastIrap = 23;
constexpr int kH265LastSlice = 31;
constexpr int kH265Aggregate = 48;
constexpr int kH265Fragment = 49;
constexpr int kH265Paci = 50;

int H264Type(uint8_t header) { return header & 0x1F; }
int H265Type(uint8_t header) { return header >> 1 & 0x3F; }

}  // namespace

Depacketizer::Depacketizer(AVCodecID codec, bool hasDon, Sink sink)
    : codec_(codec), hasDon_(hasDon), sink_(std::move(sink)) {}

void Depacketizer::Push(const RtpPacket& packet) {
  if (NoticeGap(packet.sequence)) DropFragment();
  if (timestamp_ != packet.timestamp) {
    Finish();
    timestamp_ = packet.timestamp;
    endedByMarker_ = false;
  }
  if (codec_ == AV_CODEC_ID_H264) {
    ReadH264(packet.payload);
  } else {
    ReadH265(packet.payload);
  }
  if (packet.marker && markersEndUnits_ && hasPicture_) {
    Finish();
    endedByMarker_ = true;
  }
}

bool Depacketizer::NoticeGap(uint16_t sequence) {
  const auto expected =
      static_cast<uint16_t>(lastSequence_.value_or(static_cast<uint16_t>(sequence - 1)) + 1);
  lastSequence_ = sequence;
  const auto missing = static_cast<uint16_t>(sequence - expected);
  lost_ += missing;
  return missing != 0;
}

void Depacketizer::ReadH264(Bytes payload) {
  if (payload.empty()) return;
  const int type = H264Type(payload[0]);
  if (type == kH264FuA) return ReadH264Fragment(payload);
  DropFragment();
  if (type == kH264StapA) return ReadAggregate(payload.subspan(1), 0);
  if (type > 0 && type < kH264StapA) AppendUnit(payload);
}

void Depacketizer::ReadH265(Bytes payload) {
  constexpr size_t kHeader = 2;
  if (payload.size() < kHeader) return;
  const int type = H265Type(payload[0]);
  if (type == kH265Fragment) return ReadH265Fragment(payload);
  DropFragment();
  if (type == kH265Aggregate) return ReadAggregate(payload.subspan(kHeader), hasDon_ ? kDonBytes : 0);
  if (type >= kH265Paci) return;
  if (!hasDon_) return AppendUnit(payload);
  if (payload.size() < kHeader + kDonBytes) return;
  // The number stands between the unit's header and its body.
  Fragment(payload.first(kHeader), payload.subspan(kHeader + kDonBytes), true, true);
}

/// NAL units with their lengths before them; with decoding order numbers, a whole one and then differences.
void Depacketizer::ReadAggregate(Bytes units, size_t donBytes) {
  constexpr size_t kLength = 2;
  const size_t laterDonBytes = donBytes == 0 ? 0 : kDonDifferenceBytes;
  while (units.size() > donBytes + kLength) {
    units = units.subspan(donBytes);
    donBytes = laterDonBytes;
    const size_t size = static_cast<size_t>(units[0]) << 8 | units[1];
    units = units.subspan(kLength);
    if (size == 0 || size > units.size()) return;
    AppendUnit(units.first(size));
    units = units.subspan(size);
  }
}

void Depacketizer::ReadH264Fragment(Bytes payload) {
  constexpr size_t kHeaders = 2;
  if (payload.size() <= kHeaders) return;
  const uint8_t indicator = payload[0];
  const uint8_t flags = payload[1];
  const std::array<uint8_t, 1> header{static_cast<uint8_t>((indicator & 0xE0) | H264Type(flags))};
  Fragment(header, payload.subspan(kHeaders), (flags & 0x80) != 0, (flags & 0x40) != 0);
}

void Depacketizer::ReadH265Fragment(Bytes payload) {
  constexpr size_t kHeaders = 3;
  const uint8_t flags = payload.size() > 2 ? payload[2] : 0;
  const bool first = (flags & 0x80) != 0;
  const size_t start = kHeaders + (hasDon_ && first ? kDonBytes : 0);
  if (payload.size() <= start) return;
  const std::array<uint8_t, 2> header{static_cast<uint8_t>((payload[0] & 0x81) | (flags & 0x3F) << 1),
                                      payload[1]};
  Fragment(header, payload.subspan(start), first, (flags & 0x40) != 0);
}

void Depacketizer::Fragment(Bytes header, Bytes data, bool first, bool last) {
  if (first) {
    DropFragment();
    fragmentStart_ = size_;
    Append(kStartCode);
    Append(header);
  }
  // The beginning was lost: the rest is of no use.
  if (!fragmentStart_) return;
  Append(data);
  if (!last) return;
  const size_t start = *std::exchange(fragmentStart_, std::nullopt) + kStartCode.size();
  if (!oversized_) Classify({buffer_->data + start, size_ - start});
}

void Depacketizer::AppendUnit(Bytes unit) {
  Append(kStartCode);
  Append(unit);
  Classify(unit);
}

void Depacketizer::Classify(Bytes unit) {
  const bool h264 = codec_ == AV_CODEC_ID_H264;
  const int type = h264 ? H264Type(unit[0]) : H265Type(unit[0]);
  const bool slice = h264 ? type >= kH264Slice && type <= kH264Idr : type <= kH265LastSlice;
  const bool keySlice = h264 ? type == kH264Idr : type >= kH265FirstIrap && type <= kH265LastIrap;
  hasPicture_ = hasPicture_ || slice;
  key_ = key_ || keySlice || (h264 && type == kH264Sei && FramesToRecovery(codec_, unit));
  // More slices of a picture that its marker had ended: this camera's markers mean something else.
  const size_t sliceHeader = h264 ? 1 : 2;
  const bool firstSlice = unit.size() > sliceHeader && (unit[sliceHeader] & 0x80) != 0;
  if (slice && !firstSlice && endedByMarker_) markersEndUnits_ = false;
}

void Depacketizer::Append(Bytes bytes) {
  const size_t needed = size_ + bytes.size();
  if (needed > kMaxUnitBytes) oversized_ = true;
  if (oversized_) return;
  const size_t capacity = buffer_ ? buffer_->size : 0;
  if (needed + AV_INPUT_BUFFER_PADDING_SIZE > capacity) {
    AVBufferRef* grown = buffer_.release();
    const size_t wanted = std::max({kFirstCapacity, capacity * 2, needed + AV_INPUT_BUFFER_PADDING_SIZE});
    const int error = av_buffer_realloc(&grown, wanted);
    buffer_.reset(grown);
    if (error < 0) throw std::bad_alloc();
  }
  std::memcpy(buffer_->data + size_, bytes.data(), bytes.size());
  size_ = needed;
}

void Depacketizer::DropFragment() {
  if (fragmentStart_) size_ = *std::exchange(fragmentStart_, std::nullopt);
}

void Depacketizer::Finish() {
  DropFragment();
  if (oversized_) return Reset();
  if (!hasPicture_) return;
  AvPacketPtr packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  AVBufferRef* fitted = buffer_.release();
  // In place: held packets take no more memory than they need.
  const int error = av_buffer_realloc(&fitted, size_ + AV_INPUT_BUFFER_PADDING_SIZE);
  packet->buf = fitted;
  if (error < 0) throw std::bad_alloc();
  std::memset(fitted->data + size_, 0, AV_INPUT_BUFFER_PADDING_SIZE);
  packet->data = fitted->data;
  packet->size = static_cast<int>(size_);
  packet->pts = timestamp_ ? static_cast<int64_t>(*timestamp_) : AV_NOPTS_VALUE;
  if (key_) packet->flags |= AV_PKT_FLAG_KEY;
  Reset();
  sink_(std::move(packet));
}

void Depacketizer::Reset() {
  buffer_.reset();
  size_ = 0;
  hasPicture_ = false;
  key_ = false;
  oversized_ = false;
}

}  // namespace roadwatch
