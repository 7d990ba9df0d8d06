#include "source/rtsp/depacketizer.h"

#include <doctest/doctest.h>

extern "C" {
#include <libavformat/avformat.h>
}

#include <algorithm>
#include <array>
#include <random>
#include <utility>

using namespace roadwatch;

namespace {

using Bytes = std::vector<uint8_t>;

constexpr uint8_t kSps = 0x67;
constexpr uint8_t kPps = 0x68;
constexpr uint8_t kSei = 0x06;
constexpr uint8_t kIdr = 0x65;
constexpr uint8_t kSlice = 0x41;

/// A NAL unit of that size; `first`: begins a picture (the first bit of a slice header).
Bytes Unit(const Bytes& header, size_t size, std::mt19937& random, bool first = true) {
  Bytes unit = header;
  // Without zeros, as no NAL unit contains a start code.
  while (unit.size() < size) unit.push_back(static_cast<uint8_t>(1 + random() % 255));
  if (unit.size() > header.size()) {
    const auto rest = static_cast<uint8_t>(unit[header.size()] & 0x7F);
    unit[header.size()] = static_cast<uint8_t>(first ? rest | 0x80 : rest | 1);
  }
  return unit;
}

Bytes AnnexB(const std::vector<Bytes>& units) {
  Bytes bytes;
  for (const Bytes& unit : units) {
    bytes.insert(bytes.end(), {0, 0, 0, 1});
    bytes.insert(bytes.end(), unit.begin(), unit.end());
  }
  return bytes;
}

/// FFmpeg's RTP muxer: what a camera would send.
class RtpMuxer {
 public:
  RtpMuxer(AVCodecID codec, int packetBytes) {
    avformat_alloc_output_context2(&context_, nullptr, "rtp", nullptr);
    AVStream* stream = avformat_new_stream(context_, nullptr);
    stream->codecpar->codec_type = AVMEDIA_TYPE_VIDEO;
    stream->codecpar->codec_id = codec;
    stream->codecpar->width = 640;
    stream->codecpar->height = 360;
    auto* buffer = static_cast<uint8_t*>(av_malloc(static_cast<size_t>(packetBytes)));
    context_->pb = avio_alloc_context(buffer, packetBytes, 1, &packets_, nullptr, Write, nullptr);
    context_->pb->max_packet_size = packetBytes;
    REQUIRE(avformat_write_header(context_, nullptr) >= 0);
  }
  RtpMuxer(const RtpMuxer&) = delete;
  RtpMuxer& operator=(const RtpMuxer&) = delete;
  ~RtpMuxer() {
    av_write_trailer(context_);
    av_freep(&context_->pb->buffer);
    avio_context_free(&context_->pb);
    avformat_free_context(context_);
  }

  /// The RTP packets of one access unit.
  std::vector<Bytes> Packetize(const Bytes& unit, int64_t pts) {
    packets_.clear();
    AvPacketPtr packet(av_packet_alloc());
    av_new_packet(packet.get(), static_cast<int>(unit.size()));
    std::copy(unit.begin(), unit.end(), packet->data);
    packet->pts = packet->dts = pts;
    REQUIRE(av_write_frame(context_, packet.get()) >= 0);
    avio_flush(context_->pb);
    // RTCP is written to the same place.
    std::erase_if(packets_, [](const Bytes& bytes) { return bytes[1] >= 200 && bytes[1] <= 204; });
    return packets_;
  }

 private:
  static int Write(void* opaque, uint8_t* bytes, int size) {
    static_cast<std::vector<Bytes>*>(opaque)->emplace_back(bytes, bytes + size);
    return size;
  }

  AVFormatContext* context_ = nullptr;
  std::vector<Bytes> packets_;
};

struct Received {
  Bytes bytes;
  bool key = false;
  bool operator==(const Received&) const = default;
};

/// Gives packets to a depacketizer and keeps what comes out.
struct Receiver {
  explicit Receiver(AVCodecID codec, bool hasDon = false)
      : depacketizer(codec, hasDon, [this](AvPacketPtr packet) {
          units.push_back(
              {Bytes(packet->data, packet->data + packet->size), (packet->flags & AV_PKT_FLAG_KEY) != 0});
        }) {}
  void Push(const Bytes& packet) { depacketizer.Push(*ParseRtpPacket(packet)); }
  /// H.264 or H.265 payload in a packet of its own.
  void Push(const Bytes& payload, uint32_t timestamp, bool marker) {
    depacketizer.Push({marker, 96, sequence++, timestamp, payload});
  }

  std::vector<Received> units;
  Depacketizer depacketizer;
  uint16_t sequence = 65530;
};

}  // namespace

TEST_CASE("what FFmpeg packetises, H.264 and H.265, is put together again byte for byte") {
  std::mt19937 random(1);
  for (const AVCodecID codec : {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC}) {
    RtpMuxer muxer(codec, 1200);
    Receiver receiver(codec);
    for (int i = 0; i < 60; ++i) {
      std::vector<Bytes> units;
      const bool key = i % 10 == 0;
      const bool h264 = codec == AV_CODEC_ID_H264;
      const auto add = [&](const Bytes& header, size_t size, bool first = true) {
        units.push_back(Unit(header, size, random, first));
      };
      if (key && h264) {
        add({kSps}, 20);
        add({kPps}, 5);
      } else if (key) {
        add({0x40, 1}, 20);
        add({0x42, 1}, 30);
        add({0x44, 1}, 6);
      }
      const size_t slices = 1 + random() % 4;
      for (size_t slice = 0; slice < slices; ++slice) {
        const size_t size = 4 + (random() % 3 == 0 ? random() % 60 : random() % 20000);
        const Bytes header =
            h264 ? Bytes{key ? kIdr : kSlice} : Bytes{static_cast<uint8_t>(key ? 19 << 1 : 1 << 1), 1};
        add(header, size, slice == 0);
      }
      const Bytes whole = AnnexB(units);
      for (const Bytes& packet : muxer.Packetize(whole, i * 3600)) receiver.Push(packet);
      REQUIRE(receiver.units.size() == static_cast<size_t>(i) + 1);
      CHECK(receiver.units.back() == Received{whole, key});
    }
    CHECK(receiver.depacketizer.lost() == 0);
  }
}

TEST_CASE("a NAL unit with a gap in it is left out, the others stay") {
  std::mt19937 random(2);
  RtpMuxer muxer(AV_CODEC_ID_H264, 1200);
  const Bytes small = Unit({kSlice}, 900, random);
  const Bytes large = Unit({kSlice}, 5000, random, false);
  const std::vector<Bytes> packets = muxer.Packetize(AnnexB({small, large}), 0);
  REQUIRE(packets.size() > 4);
  for (size_t missing = 1; missing + 1 < packets.size(); ++missing) {
    CAPTURE(missing);
    Receiver receiver(AV_CODEC_ID_H264);
    for (size_t i = 0; i < packets.size(); ++i) {
      if (i != missing) receiver.Push(packets[i]);
    }
    REQUIRE(receiver.units.size() == 1);
    CHECK(receiver.units[0].bytes == AnnexB({small}));
    CHECK(receiver.depacketizer.lost() == 1);
  }
}

TEST_CASE("parameter sets that come alone go before the picture that follows") {
  std::mt19937 random(3);
  const Bytes sps = Unit({kSps}, 20, random);
  const Bytes pps = Unit({kPps}, 5, random);
  const Bytes idr = Unit({kIdr}, 300, random);
  for (const auto& [timestamp, marker] : {std::pair{7U, true}, {7U, false}, {9U, true}}) {
    Receiver receiver(AV_CODEC_ID_H264);
    receiver.Push(sps, timestamp, marker);
    receiver.Push(pps, timestamp, marker);
    receiver.Push(idr, 9, true);
    CHECK(receiver.units == std::vector{Received{AnnexB({sps, pps, idr}), true}});
  }
}

TEST_CASE("a camera that marks every slice is understood from its second picture on") {
  std::mt19937 random(4);
  const Bytes first = Unit({kSlice}, 100, random);
  const Bytes second = Unit({kSlice}, 100, random, false);
  Receiver receiver(AV_CODEC_ID_H264);
  for (uint32_t picture = 0; picture < 4; ++picture) {
    receiver.Push(first, picture, true);
    receiver.Push(second, picture, true);
  }
  REQUIRE(receiver.units.size() == 4);
  CHECK(receiver.units[0].bytes == AnnexB({first}));
  CHECK(receiver.units[1].bytes == AnnexB({second}));
  CHECK(receiver.units[2].bytes == AnnexB({first, second}));
  CHECK(receiver.units[3].bytes == AnnexB({first, second}));
}

TEST_CASE("a camera that never marks an end is understood by its timestamps") {
  std::mt19937 random(5);
  const Bytes slice = Unit({kSlice}, 100, random);
  Receiver receiver(AV_CODEC_ID_H264);
  for (uint32_t picture = 0; picture < 4; ++picture) receiver.Push(slice, picture * 3600, false);
  CHECK(receiver.units == std::vector(3, Received{AnnexB({slice}), false}));
}

TEST_CASE("a camera whose timestamps stand still is understood by its markers") {
  std::mt19937 random(6);
  const Bytes slice = Unit({kSlice}, 100, random);
  Receiver receiver(AV_CODEC_ID_H264);
  for (int picture = 0; picture < 4; ++picture) receiver.Push(slice, 0, true);
  CHECK(receiver.units == std::vector(4, Received{AnnexB({slice}), false}));
}

TEST_CASE("decoding may begin at a recovery point") {
  std::mt19937 random(7);
  const Bytes slice = Unit({kSlice}, 100, random);
  Receiver receiver(AV_CODEC_ID_H264);
  // H.264 D.1: payload type 6 (recovery point), one byte; another type before it.
  const Bytes sei{kSei, 5, 2, 0xAA, 0xBB, 6, 1, 0x84, 0x80};
  const Bytes other{kSei, 5, 2, 6, 1, 0x80};
  receiver.Push(sei, 1, false);
  receiver.Push(slice, 1, true);
  receiver.Push(other, 2, false);
  receiver.Push(slice, 2, true);
  CHECK(receiver.units ==
        std::vector{Received{AnnexB({sei, slice}), true}, Received{AnnexB({other, slice}), false}});
}

TEST_CASE("H.265 with decoding order numbers loses the numbers alone") {
  // RFC 7798, 4.4: single unit, aggregate, fragments; each with DON.
  Receiver receiver(AV_CODEC_ID_HEVC, true);
  receiver.Push({19 << 1, 1, 0, 7, 0x80, 1, 2, 3}, 1, true);
  receiver.Push({48 << 1, 1, 0, 8, 0, 4, 1 << 1, 1, 0x81, 9, 5, 0, 3, 1 << 1, 1, 0x11}, 2, true);
  receiver.Push({49 << 1, 1, 0x80 | 19, 0, 9, 0x80, 4}, 3, false);
  receiver.Push({49 << 1, 1, 0x40 | 19, 5, 6}, 3, true);
  CHECK(receiver.units == std::vector{Received{AnnexB({{19 << 1, 1, 0x80, 1, 2, 3}}), true},
                                      Received{AnnexB({{1 << 1, 1, 0x81, 9}, {1 << 1, 1, 0x11}}), false},
                                      Received{AnnexB({{19 << 1, 1, 0x80, 4, 5, 6}}), true}});
}

TEST_CASE("a unit without end is given up, and the next one is read") {
  std::mt19937 random(8);
  Receiver receiver(AV_CODEC_ID_H264);
  const Bytes part = Unit({kSlice}, 60000, random, false);
  for (size_t bytes = 0; bytes < Depacketizer::kMaxUnitBytes + part.size(); bytes += part.size()) {
    receiver.Push(part, 1, false);
  }
  const Bytes idr = Unit({kIdr}, 100, random);
  receiver.Push(idr, 2, true);
  CHECK(receiver.units == std::vector{Received{AnnexB({idr}), true}});
}

TEST_CASE("rubbish in packets harms nothing") {
  std::mt19937 random(9);
  for (const AVCodecID codec : {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC}) {
    for (const bool hasDon : {false, true}) {
      Receiver receiver(codec, hasDon);
      for (int i = 0; i < 20000; ++i) {
        Bytes packet(random() % 64);
        std::generate(packet.begin(), packet.end(), [&random] { return static_cast<uint8_t>(random()); });
        if (!packet.empty() && random() % 4 != 0) packet[0] = static_cast<uint8_t>((packet[0] & 0x3F) | 0x80);
        if (packet.size() > 12 && random() % 2 == 0) {
          constexpr std::array<uint8_t, 6> kTypes{24, 28, 48 << 1, 49 << 1, 50 << 1, 1};
          packet[12] = kTypes[random() % kTypes.size()];
        }
        if (const auto rtp = ParseRtpPacket(packet)) receiver.depacketizer.Push(*rtp);
        HasRtcpBye(packet);
      }
      for (const Received& unit : receiver.units) CHECK(unit.bytes.size() > 4);
    }
  }
}

TEST_CASE("an RTP packet's head is read with all that may be in it") {
  // Version 2, padding, extension, one contributing source; marker, type 96.
  const Bytes packet{0xB1, 0xE0, 0x12, 0x34, 1, 2, 3, 4, 0, 0, 0,    1,    9, 9,
                     9,    9,    0xBE, 0xDE, 0, 1, 7, 7, 7, 7, 0xAA, 0xBB, 0, 2};
  const auto rtp = ParseRtpPacket(packet);
  REQUIRE(rtp);
  CHECK(rtp->marker);
  CHECK(rtp->payloadType == 96);
  CHECK(rtp->sequence == 0x1234);
  CHECK(rtp->timestamp == 0x01020304);
  CHECK(Bytes(rtp->payload.begin(), rtp->payload.end()) == Bytes{0xAA, 0xBB});
  for (size_t length = 0; length < 24; ++length) CHECK(!ParseRtpPacket(std::span(packet).first(length)));
}

TEST_CASE("a leave among RTCP packets is seen") {
  const Bytes report{0x80, 201, 0, 1, 0, 0, 0, 1};
  Bytes compound = report;
  CHECK(!HasRtcpBye(compound));
  compound.insert(compound.end(), {0x81, 203, 0, 1, 0, 0, 0, 1});
  CHECK(HasRtcpBye(compound));
}
