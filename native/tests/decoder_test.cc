#include "decode/decoder.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

#include "error.h"
#include "source/file_source.h"

using namespace roadwatch;

namespace {

struct Clip {
  explicit Clip(const std::string& name) {
    SourceOptions options;
    options.url = std::string(ROADWATCH_DEMO_DIR) + "/" + name;
    options.allowFiles = true;
    options.loop = false;
    options.paced = false;
    FileSource source(options, clock, interrupt);
    stream = source.Open();
    for (Packet packet; source.Read(packet) == ReadResult::kPacket; packet = {})
      packets.push_back(std::move(packet));
  }
  const SystemClock clock;
  const std::atomic<bool> interrupt{false};
  StreamInfo stream;
  std::vector<Packet> packets;
};

const auto kNoLog = [](const std::string&) {};

}  // namespace

TEST_CASE("a clip gives all of its frames, in order, each with the time of its own packet") {
  // ffprobe -count_frames: 600 frames of 768x576, ten a second.
  Clip clip("street-walkers.mp4");
  CHECK(clip.packets.size() == 600);
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, kNoLog);
  std::vector<double> times;
  const auto collect = [&](DecodedFrame frame) {
    frame.ToPlanar();
    CHECK(frame.View().widthPx == 768);
    CHECK(frame.View().heightPx == 576);
    times.push_back(frame.mediaTimeMs().value());
  };
  for (const Packet& packet : clip.packets) decoder.Decode(packet, collect);
  decoder.Drain(collect);
  REQUIRE(times.size() == 600);
  for (size_t i = 0; i < times.size(); ++i) CHECK(times[i] == doctest::Approx(static_cast<double>(i) * 100));
}

TEST_CASE("a keyframe alone gives its picture at once") {
  Clip clip("highway.mp4");
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, kNoLog);
  int keyframes = 0;
  int pictures = 0;
  for (const Packet& packet : clip.packets) {
    if (!packet.keyframe) continue;
    ++keyframes;
    decoder.DecodeKeyframe(packet, [&](DecodedFrame frame) {
      ++pictures;
      CHECK(frame.mediaTimeMs() == packet.mediaTimeMs);
    });
  }
  // As ffprobe -skip_frame nokey counts them.
  CHECK(keyframes == 16);
  CHECK(pictures == keyframes);
}

TEST_CASE("rubbish is an error with a code, after which good packets decode") {
  Clip clip("market-street-1906.mp4");
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, kNoLog);
  Packet rubbish;
  rubbish.data.reset(av_packet_alloc());
  av_new_packet(rubbish.data.get(), 5000);
  for (int i = 0; i < 5000; ++i) rubbish.data->data[i] = static_cast<uint8_t>(i * 37);
  rubbish.keyframe = true;
  int pictures = 0;
  const auto count = [&pictures](DecodedFrame) { ++pictures; };
  try {
    decoder.DecodeKeyframe(rubbish, count);
  } catch (const Error& error) {
    CHECK(error.code() == "decode-failed");
  }
  CHECK(pictures == 0);
  decoder.DecodeKeyframe(clip.packets[0], count);
  CHECK(pictures == 1);
}

TEST_CASE("hardware that is not there falls back to software, and says so once") {
  Clip clip("market-street-1906.mp4");
  for (const HardwareDecode wanted :
       {HardwareDecode::kCuda, HardwareDecode::kVaapi, HardwareDecode::kV4l2m2m}) {
    std::vector<std::string> said;
    Decoder decoder(*clip.stream.codec, wanted, [&said](const std::string& line) { said.push_back(line); });
    if (std::string(decoder.Name()) != "software") continue;  // this machine has it
    CHECK(said.size() == 1);
    int pictures = 0;
    decoder.DecodeKeyframe(clip.packets[0], [&pictures](DecodedFrame) { ++pictures; });
    CHECK(pictures == 1);
  }
}

TEST_CASE("a codec without a decoder is refused by name") {
  const AvCodecParametersPtr parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = AV_CODEC_ID_NONE;
  CHECK_THROWS_AS(Decoder(*parameters, HardwareDecode::kNone, kNoLog), Error);
}

TEST_CASE("cameras share the memory of frames: what one has given back, the next one takes") {
  Clip clip("highway.mp4");
  Decoder first(*clip.stream.codec, HardwareDecode::kNone, kNoLog);
  Decoder second(*clip.stream.codec, HardwareDecode::kNone, kNoLog);
  const uint8_t* luma = nullptr;
  const auto look = [&luma](DecodedFrame frame) { luma = frame.View().planes[0]; };
  first.DecodeKeyframe(clip.packets.front(), look);
  const uint8_t* const before = luma;
  second.DecodeKeyframe(clip.packets.front(), look);
  CHECK(before != nullptr);
  CHECK(luma == before);
}
