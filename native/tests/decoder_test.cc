#include "decode/decoder.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "error.h"
#include "tests/support/clip.h"

using namespace roadwatch;

namespace {

struct Picture {
  double timeMs = -1;
  std::vector<uint8_t> pixels;
  bool operator==(const Picture&) const = default;
};

Picture Keep(DecodedFrame frame) {
  frame.ToPlanar();
  return {frame.mediaTimeMs().value(), PixelsOf(frame.View())};
}

}  // namespace

TEST_CASE("a clip gives all of its frames, in order, each with the time of its own packet") {
  // ffprobe -count_frames: 600 frames of 768x576, ten a second.
  Clip clip("street-walkers.mp4");
  HardwareDevices devices;
  CHECK(clip.packets.size() == 600);
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
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
  HardwareDevices devices;
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
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
  HardwareDevices devices;
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
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
  HardwareDevices devices;
  for (const HardwareDecode wanted :
       {HardwareDecode::kCuda, HardwareDecode::kVaapi, HardwareDecode::kV4l2m2m}) {
    std::vector<std::string> said;
    Decoder decoder(*clip.stream.codec, wanted, devices,
                    [&said](const std::string& line) { said.push_back(line); });
    if (std::string(decoder.Name()) != "software") continue;  // this machine has it
    CHECK(said.size() == 1);
    int pictures = 0;
    decoder.DecodeKeyframe(clip.packets[0], [&pictures](DecodedFrame) { ++pictures; });
    CHECK(pictures == 1);
  }
}

TEST_CASE("a codec without a decoder is refused by name") {
  HardwareDevices devices;
  const AvCodecParametersPtr parameters(avcodec_parameters_alloc());
  parameters->codec_type = AVMEDIA_TYPE_VIDEO;
  parameters->codec_id = AV_CODEC_ID_NONE;
  CHECK_THROWS_AS(Decoder(*parameters, HardwareDecode::kNone, devices, IgnoreLog), Error);
}

TEST_CASE("cameras share the memory of frames: what one has given back, the next one takes") {
  Clip clip("highway.mp4");
  HardwareDevices devices;
  Decoder first(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  Decoder second(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  const uint8_t* luma = nullptr;
  const auto look = [&luma](DecodedFrame frame) { luma = frame.View().planes[0]; };
  first.DecodeKeyframe(clip.packets.front(), look);
  const uint8_t* const before = luma;
  second.DecodeKeyframe(clip.packets.front(), look);
  CHECK(before != nullptr);
  CHECK(luma == before);
}

TEST_CASE("pictures that nobody looks at are left out; those looked at are the same to the bit") {
  constexpr size_t kBurst = 50;
  const std::string quiet = "log-level=none:pools=none:keyint=200:bframes=3:b-adapt=0";
  const std::vector<std::pair<std::string, std::map<std::string, std::string>>> encoders{
      {"libx264", {{"x264-params", "bframes=3:b-adapt=0:b-pyramid=none:keyint=200"}}},
      {"libx264", {{"x264-params", "bframes=3:b-adapt=0:b-pyramid=normal:keyint=200"}}},
      {"libx264", {{"x264-params", "bframes=0:keyint=200"}}},
      {"libx265", {{"x265-params", quiet + ":b-pyramid=0"}}},
      {"libx265", {{"x265-params", quiet + ":b-pyramid=1:temporal-layers=1"}}}};
  for (auto [encoder, options] : encoders) {
    CAPTURE(encoder);
    CAPTURE(options.begin()->second);
    const bool reordered = options.begin()->second.find("bframes=3") != std::string::npos;
    options["preset"] = "ultrafast";
    const Clip clip = Encode(encoder, options, 4 * kBurst);
    HardwareDevices devices;
    Decoder full(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
    Decoder sparing(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
    size_t decodedFull = 0;
    size_t decodedSparing = 0;
    for (size_t start = 0; start < clip.packets.size(); start += kBurst) {
      Picture wanted;
      Picture got;
      for (size_t i = start; i < start + kBurst; ++i) {
        full.Decode(clip.packets[i], [&](DecodedFrame frame) {
          ++decodedFull;
          wanted = Keep(std::move(frame));
        });
        const auto keep = [&](DecodedFrame frame) {
          ++decodedSparing;
          got = Keep(std::move(frame));
        };
        if (i + sparing.ReorderedPackets() < start + kBurst) {
          sparing.DecodeUnseen(clip.packets[i], keep);
        } else {
          sparing.Decode(clip.packets[i], keep);
        }
      }
      CHECK(wanted.timeMs >= 0);
      CHECK(got == wanted);
    }
    CHECK(decodedFull >= clip.packets.size() - 8);
    if (reordered) {
      CHECK(decodedSparing < decodedFull * 7 / 10);
    } else {
      CHECK(decodedSparing == decodedFull);
    }
  }
}

TEST_CASE("where a picture is refreshed bit by bit, it is given when it is whole, and the same to the bit") {
  const Clip clip = GradualH264(120);
  HardwareDevices devices;
  Decoder full(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  std::map<double, Picture> wanted;
  for (const Packet& packet : clip.packets) {
    full.Decode(packet, [&](DecodedFrame frame) {
      Picture picture = Keep(std::move(frame));
      wanted.emplace(picture.timeMs, std::move(picture));
    });
  }
  CHECK(wanted.size() == clip.packets.size());
  // Joined in the middle, where a refresh of 24 frames begins.
  CHECK(clip.packets[0].keyframe);
  CHECK(clip.packets[25].refreshFrames == 24);
  CHECK_FALSE(clip.packets[25].keyframe);
  Decoder late(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  std::vector<double> times;
  for (size_t i = 25; i < clip.packets.size(); ++i) {
    late.Decode(clip.packets[i], [&](DecodedFrame frame) {
      const Picture picture = Keep(std::move(frame));
      times.push_back(picture.timeMs);
      CHECK(picture == wanted.at(picture.timeMs));
    });
  }
  CHECK(times.front() >= (25 + 24) * 40);
  CHECK(times.front() <= (25 + 24 + 16) * 40);
  CHECK(times.back() == 119 * 40);
}

TEST_CASE("H.265 pictures that are not whole yet are held back, as its decoder gives them in grey") {
  Clip clip = Encode(
      "libx265", {{"preset", "ultrafast"}, {"x265-params", "bframes=0:keyint=100:log-level=none:pools=none"}},
      60);
  Packet& entry = clip.packets[10];
  CHECK_FALSE(entry.keyframe);
  CHECK_FALSE(entry.refreshFrames.has_value());
  // x265 marks no recovery points. A supplemental message: type 6, two bytes, 24 pictures (H.265 D.2.8).
  const std::vector<uint8_t> message{0, 0, 0, 1, 0x4E, 1, 6, 2, 0x06, 0x14, 0x80};
  AvPacketPtr marked(av_packet_alloc());
  REQUIRE(av_new_packet(marked.get(), entry.data->size + static_cast<int>(message.size())) >= 0);
  std::copy(message.begin(), message.end(), marked->data);
  std::copy_n(entry.data->data, entry.data->size, marked->data + message.size());
  entry.data = std::move(marked);
  MarkEntryPoint(entry, AV_CODEC_ID_HEVC, 0);
  CHECK(entry.refreshFrames == 24);
  HardwareDevices devices;
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  std::vector<double> times;
  for (size_t i = 10; i < clip.packets.size(); ++i) {
    decoder.Decode(clip.packets[i],
                   [&](DecodedFrame frame) { times.push_back(frame.mediaTimeMs().value()); });
  }
  // 16 more, by which pictures may be reordered.
  CHECK(times.front() == (10 + 24 + 16) * 40);
  CHECK(times.back() == 59 * 40);
}

TEST_CASE("a device is opened once for all cameras, and asked for again where it could not be") {
  int opened = 0;
  bool there = false;
  HardwareDevices devices([&](AVHWDeviceType) {
    ++opened;
    return AvBufferPtr(there ? av_hwdevice_ctx_alloc(AV_HWDEVICE_TYPE_DRM) : nullptr);
  });
  CHECK(devices.Get(AV_HWDEVICE_TYPE_CUDA) == nullptr);
  there = true;
  const AvBufferPtr first = devices.Get(AV_HWDEVICE_TYPE_CUDA);
  const AvBufferPtr second = devices.Get(AV_HWDEVICE_TYPE_CUDA);
  REQUIRE(first != nullptr);
  CHECK(first->data == second->data);
  CHECK(opened == 2);
  const AvBufferPtr other = devices.Get(AV_HWDEVICE_TYPE_VAAPI);
  CHECK(other->data != first->data);
}

TEST_CASE("a device that does not take the stream after all is noticed, and told of once") {
  const Clip clip("market-street-1906.mp4");
  for (const HardwareDecode wanted : {HardwareDecode::kCuda, HardwareDecode::kVaapi}) {
    // Of another kind than FFmpeg needs, so that it refuses the device when the stream begins.
    HardwareDevices devices(
        [](AVHWDeviceType) { return AvBufferPtr(av_hwdevice_ctx_alloc(AV_HWDEVICE_TYPE_DRM)); });
    std::vector<std::string> said;
    Decoder decoder(*clip.stream.codec, wanted, devices,
                    [&](const std::string& line) { said.push_back(line); });
    const std::string device = decoder.Name();
    CHECK(device == (wanted == HardwareDecode::kCuda ? "cuda" : "vaapi"));
    int pictures = 0;
    for (size_t i = 0; i < 10; ++i) decoder.Decode(clip.packets[i], [&](DecodedFrame) { ++pictures; });
    CHECK(pictures == 10);
    CHECK(decoder.Name() == "software");
    CHECK(said == std::vector<std::string>{device + " decodes",
                                           device + " does not take this stream; software decodes"});
  }
}

TEST_CASE("V4L2's decoders are opened anew where others are flushed") {
  CHECK(CanBeFlushed(*avcodec_find_decoder(AV_CODEC_ID_H264)));
  CHECK(CanBeFlushed(*avcodec_find_decoder(AV_CODEC_ID_HEVC)));
  for (const char* name : {"h264_v4l2m2m", "hevc_v4l2m2m"}) {
    const AVCodec* codec = avcodec_find_decoder_by_name(name);
    REQUIRE(codec != nullptr);
    CHECK_FALSE(CanBeFlushed(*codec));
  }
}

TEST_CASE("a decoder that was drained goes on with the next sequence, and drained twice") {
  const Clip clip("market-street-1906.mp4");
  HardwareDevices devices;
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  int pictures = 0;
  const auto count = [&pictures](DecodedFrame) { ++pictures; };
  decoder.Drain(count);
  for (int round = 0; round < 2; ++round) {
    for (size_t i = 0; i < 5; ++i) decoder.Decode(clip.packets[i], count);
    decoder.Drain(count);
    decoder.Drain(count);
  }
  CHECK(pictures == 10);
}
