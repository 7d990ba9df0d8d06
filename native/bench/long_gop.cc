// Cameras with long GOPs: what it gains to leave out steps of decoding for pictures that nobody looks at, and
// what it costs those that are. `roadwatch_long_gop CLIP PACKETS` looks at one picture of so many packets and
// prints, as JSON, the CPU milliseconds for each and how far it is from full decoding (PSNR of its luma, in
// decibels; 100 where it is the same to the bit).
#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <string>
#include <vector>

#include "error.h"
#include "media/av_ptr.h"
#include "tests/support/file_packets.h"

using namespace roadwatch;

namespace {

constexpr double kSamePsnr = 100;
/// As Decoder::ReorderedPackets().
constexpr int kMarginPackets = 4;
constexpr int kRounds = 7;

/// Of pictures that nobody looks at.
struct Thrift {
  const char* name;
  AVDiscard leftOut;
  AVDiscard unfiltered;
};

constexpr std::array<Thrift, 4> kThrifts{{{"full", AVDISCARD_DEFAULT, AVDISCARD_DEFAULT},
                                          {"no_unreferred", AVDISCARD_NONREF, AVDISCARD_DEFAULT},
                                          {"no_loop_filter", AVDISCARD_DEFAULT, AVDISCARD_ALL},
                                          {"no_unreferred_no_loop_filter", AVDISCARD_NONREF, AVDISCARD_ALL}}};

AvCodecContextPtr Open(const FilePackets& clip) {
  const AVCodec* codec = avcodec_find_decoder(clip.stream.codec->codec_id);
  AvCodecContextPtr context(avcodec_alloc_context3(codec));
  avcodec_parameters_to_context(context.get(), clip.stream.codec.get());
  context->thread_count = 1;
  if (avcodec_open2(context.get(), codec, nullptr) < 0)
    throw Error("unsupported-codec", "cannot decode the clip");
  return context;
}

double CpuMs() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

struct Outcome {
  double cpuMs = 0;  ///< for each picture looked at
  std::vector<AvFramePtr> looked;
};

Outcome Decode(const FilePackets& clip, size_t burst, const Thrift& thrift) {
  Outcome outcome;
  const AvCodecContextPtr context = Open(clip);
  const double start = CpuMs();
  for (size_t at = 0; at + burst <= clip.packets.size(); at += burst) {
    AvFramePtr newest;
    for (size_t i = at; i < at + burst; ++i) {
      const auto margin = static_cast<size_t>(2 * context->has_b_frames + kMarginPackets);
      const bool seen = i + margin >= at + burst;
      context->skip_frame = seen ? AVDISCARD_DEFAULT : thrift.leftOut;
      context->skip_loop_filter = seen ? AVDISCARD_DEFAULT : thrift.unfiltered;
      avcodec_send_packet(context.get(), clip.packets[i].data.get());
      for (AvFramePtr frame(av_frame_alloc()); avcodec_receive_frame(context.get(), frame.get()) >= 0;
           frame.reset(av_frame_alloc())) {
        newest = std::move(frame);
      }
    }
    if (!newest) throw Error("decode-failed", "expected a picture of each PACKETS, received none");
    outcome.looked.push_back(std::move(newest));
  }
  if (outcome.looked.empty()) throw Error("decode-failed", "expected a clip of at least PACKETS");
  outcome.cpuMs = (CpuMs() - start) / static_cast<double>(outcome.looked.size());
  return outcome;
}

double LumaPsnr(const AVFrame& one, const AVFrame& other) {
  double squares = 0;
  for (int y = 0; y < one.height; ++y) {
    const uint8_t* a = one.data[0] + static_cast<std::ptrdiff_t>(y) * one.linesize[0];
    const uint8_t* b = other.data[0] + static_cast<std::ptrdiff_t>(y) * other.linesize[0];
    for (int x = 0; x < one.width; ++x) squares += (a[x] - b[x]) * (a[x] - b[x]);
  }
  if (squares == 0) return kSamePsnr;
  constexpr double kWhite = 255;
  return 10 * std::log10(kWhite * kWhite * one.width * one.height / squares);
}

struct Measured {
  double cpuMs = INFINITY;
  std::vector<double> psnr;
};

/// All of them in turns, so that whatever else the machine does meets each.
void Run(const std::string& path, size_t burst) {
  const FilePackets clip(path);
  const Outcome full = Decode(clip, burst, kThrifts[0]);
  std::array<Measured, kThrifts.size()> measured;
  for (int round = 0; round < kRounds; ++round) {
    for (size_t i = 0; i < kThrifts.size(); ++i) {
      const Outcome outcome = Decode(clip, burst, kThrifts[i]);
      measured[i].cpuMs = std::min(measured[i].cpuMs, outcome.cpuMs);
      if (round > 0) continue;
      for (size_t j = 0; j < full.looked.size(); ++j)
        measured[i].psnr.push_back(LumaPsnr(*full.looked[j], *outcome.looked[j]));
    }
  }
  std::printf("{\"pictures\":%zu", full.looked.size());
  for (size_t i = 0; i < kThrifts.size(); ++i) {
    std::vector<double>& psnr = measured[i].psnr;
    std::sort(psnr.begin(), psnr.end());
    std::printf(",\"%s\":{\"cpu_ms\":%.2f,\"psnr_median_db\":%.1f,\"psnr_least_db\":%.1f}", kThrifts[i].name,
                measured[i].cpuMs, psnr[psnr.size() / 2], psnr.front());
  }
  std::printf("}\n");
}

}  // namespace

int main(int argc, char** argv) {
  const int burst = argc == 3 ? std::atoi(argv[2]) : 0;
  if (burst <= 0) {
    std::fprintf(stderr, "usage: roadwatch_long_gop CLIP PACKETS\n");
    return 2;
  }
  try {
    Run(argv[1], static_cast<size_t>(burst));
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code().c_str(), error.what());
    return 1;
  }
}
