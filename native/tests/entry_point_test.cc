#include "source/entry_point.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace roadwatch;

namespace {

using Bytes = std::vector<uint8_t>;

/// H.264 D.1.8: 5 frames (00110), exact match 1, no broken link 0, one bit of alignment.
const Bytes kRecoveryOfFive{0x06, 6, 1, 0x35, 0x80};

Packet PacketOf(const Bytes& bytes, bool flagged = true) {
  Packet packet;
  packet.data.reset(av_packet_alloc());
  REQUIRE(av_new_packet(packet.data.get(), static_cast<int>(bytes.size())) >= 0);
  std::copy(bytes.begin(), bytes.end(), packet.data->data);
  if (flagged) packet.data->flags |= AV_PKT_FLAG_KEY;
  return packet;
}

Bytes WithStartCodes(const std::vector<Bytes>& units) {
  Bytes bytes;
  for (const Bytes& unit : units) {
    bytes.insert(bytes.end(), {0, 0, 0, 1});
    bytes.insert(bytes.end(), unit.begin(), unit.end());
  }
  return bytes;
}

Bytes WithLengths(const std::vector<Bytes>& units, size_t lengthBytes) {
  Bytes bytes;
  for (const Bytes& unit : units) {
    for (size_t i = lengthBytes; i > 0; --i)
      bytes.push_back(static_cast<uint8_t>(unit.size() >> 8 * (i - 1)));
    bytes.insert(bytes.end(), unit.begin(), unit.end());
  }
  return bytes;
}

const Bytes kH264Delimiter{0x09, 0xF0};
const Bytes kH264Slice{0x41, 0x9A, 0x10, 0x21};
const Bytes kH264Idr{0x65, 0x88, 0x84};

}  // namespace

TEST_CASE("a supplemental message tells after how many frames the picture is whole") {
  CHECK(FramesToRecovery(AV_CODEC_ID_H264, kRecoveryOfFive) == 5);
  // What x264 writes with intra-refresh=1 and keyint=25.
  CHECK(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06, 0x06, 0x02, 0x0C, 0xC4, 0x80}) == 24);
  CHECK(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06, 6, 1, 0xC4, 0x80}) == 0);
  // H.265's number has a sign: 1, then -1, which was before this picture.
  CHECK(FramesToRecovery(AV_CODEC_ID_HEVC, Bytes{0x4E, 1, 6, 1, 0x4A, 0x80}) == 1);
  CHECK(FramesToRecovery(AV_CODEC_ID_HEVC, Bytes{0x4E, 1, 6, 1, 0x6A, 0x80}) == 0);
}

TEST_CASE("it is found behind other messages, however long, and with bytes that keep start codes out") {
  Bytes behindLong{0x06, 5, 0xFF, 45};
  behindLong.insert(behindLong.end(), 300, 0x55);
  behindLong.insert(behindLong.end(), kRecoveryOfFive.begin() + 1, kRecoveryOfFive.end());
  CHECK(FramesToRecovery(AV_CODEC_ID_H264, behindLong) == 5);
  // Four bytes of payload, 0 0 1 2, and a 3 among them that is none.
  CHECK(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06, 1, 4, 0, 0, 3, 1, 2, 6, 1, 0x35, 0x80}) == 5);
}

TEST_CASE("messages without one, cut short or made up give none") {
  CHECK_FALSE(FramesToRecovery(AV_CODEC_ID_H264, Bytes{}).has_value());
  CHECK_FALSE(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06}).has_value());
  CHECK_FALSE(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06, 6}).has_value());
  CHECK_FALSE(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06, 1, 1, 6, 0x80}).has_value());
  CHECK_FALSE(FramesToRecovery(AV_CODEC_ID_H264, Bytes{0x06, 0xFF, 0xFF, 0xFF}).has_value());
  CHECK_FALSE(FramesToRecovery(AV_CODEC_ID_HEVC, Bytes{0x4E, 1, 5, 200, 6, 1, 0x35}).has_value());
  // A number of 31 zeros is no minute's worth of frames.
  CHECK(FramesToRecovery(AV_CODEC_ID_HEVC, Bytes{0x4E, 1, 6, 8, 0, 0, 0, 1, 0, 0, 0, 0, 0x80}).value() <=
        1500);
}

TEST_CASE("a gradual refresh is no keyframe, with start codes and with lengths of any size") {
  const std::vector<Bytes> units{kH264Delimiter, kRecoveryOfFive, kH264Slice};
  for (size_t lengthBytes = 0; lengthBytes <= 4; ++lengthBytes) {
    if (lengthBytes == 3) continue;  // not allowed
    CAPTURE(lengthBytes);
    Packet packet = PacketOf(lengthBytes == 0 ? WithStartCodes(units) : WithLengths(units, lengthBytes));
    MarkEntryPoint(packet, AV_CODEC_ID_H264, lengthBytes);
    CHECK_FALSE(packet.keyframe);
    CHECK(packet.refreshFrames == 5);
  }
}

TEST_CASE("keyframes stay keyframes") {
  const std::vector<std::vector<Bytes>> keyframes{
      {kH264Idr},
      {kRecoveryOfFive, kH264Idr},             // a picture that stands alone, whatever the message says
      {{0x06, 6, 1, 0xC4, 0x80}, kH264Slice},  // whole at once
      {kH264Slice},                            // the container says so
      {{0x06, 5, 1, 6, 0x80}, kH264Slice}};    // another message
  for (const auto& units : keyframes) {
    Packet packet = PacketOf(WithStartCodes(units));
    MarkEntryPoint(packet, AV_CODEC_ID_H264, 0);
    CHECK(packet.keyframe);
    CHECK_FALSE(packet.refreshFrames.has_value());
  }
  Packet jpeg = PacketOf({0xFF, 0xD8, 0, 0, 1, 6, 6, 1, 0x35});
  MarkEntryPoint(jpeg, AV_CODEC_ID_MJPEG, 0);
  CHECK(jpeg.keyframe);
}

TEST_CASE("what is none is told so, rubbish and nothing included") {
  for (const Bytes& bytes :
       {WithStartCodes({kH264Slice}), Bytes{}, Bytes{0, 0, 1}, Bytes{0, 0, 0, 1}, Bytes{7}}) {
    for (const size_t lengthBytes : {0, 4}) {
      for (const AVCodecID codec : {AV_CODEC_ID_H264, AV_CODEC_ID_HEVC}) {
        Packet packet = PacketOf(bytes, false);
        MarkEntryPoint(packet, codec, lengthBytes);
        CHECK_FALSE(packet.keyframe);
        CHECK_FALSE(packet.refreshFrames.has_value());
      }
    }
  }
}

TEST_CASE("the size of lengths stands in the configuration that MP4 files carry") {
  const auto lengthBytes = [](AVCodecID codec, const Bytes& extradata) {
    const AvCodecParametersPtr parameters(avcodec_parameters_alloc());
    parameters->codec_id = codec;
    parameters->extradata =
        static_cast<uint8_t*>(av_mallocz(extradata.size() + AV_INPUT_BUFFER_PADDING_SIZE));
    parameters->extradata_size = static_cast<int>(extradata.size());
    std::copy(extradata.begin(), extradata.end(), parameters->extradata);
    return NalLengthBytes(*parameters);
  };
  CHECK(lengthBytes(AV_CODEC_ID_H264, {1, 0x64, 0, 0x1F, 0xFF, 0xE1}) == 4);
  CHECK(lengthBytes(AV_CODEC_ID_H264, {1, 0x64, 0, 0x1F, 0xFD, 0xE1}) == 2);
  CHECK(lengthBytes(AV_CODEC_ID_H264, {0, 0, 0, 1, 0x67, 0x64}) == 0);
  CHECK(lengthBytes(AV_CODEC_ID_H264, {}) == 0);
  Bytes hvcc(23, 0);
  hvcc[0] = 1;
  hvcc[21] = 0x0F;
  CHECK(lengthBytes(AV_CODEC_ID_HEVC, hvcc) == 4);
  CHECK(lengthBytes(AV_CODEC_ID_HEVC, {1, 2, 3}) == 0);
}
