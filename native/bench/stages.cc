// Each step of an analysis alone, on one thread: `roadwatch_stages CLIP` prints the mean milliseconds of each
// as JSON.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include "decode/decoder.h"
#include "detect/vision_backend.h"
#include "error.h"
#include "image/draw.h"
#include "image/jpeg.h"
#include "image/letterbox.h"
#include "tests/support/file_packets.h"

using namespace roadwatch;

namespace {

constexpr InputSize kInput{384, 640};
constexpr int kClasses = 80;
constexpr int kRows = 4 + kClasses;
/// Of strides 8, 16 and 32 at 384x640.
constexpr int kAnchors = 5040;
constexpr int kAnchorsWithObject = 24;
constexpr int kJpegQuality = 80;
constexpr std::chrono::milliseconds kLongEnough{700};

/// Mean milliseconds of a call, over as many as fit into kLongEnough; `units`: how many steps one call is.
double MeanMs(const std::function<void()>& call, size_t units = 1) {
  call();
  const auto start = Monotonic::now();
  size_t calls = 0;
  Monotonic::duration elapsed{};
  do {
    call();
    ++calls;
    elapsed = Monotonic::now() - start;
  } while (elapsed < kLongEnough);
  return std::chrono::duration<double, std::milli>(elapsed).count() / static_cast<double>(calls * units);
}

/// The packets up to the second keyframe.
std::vector<Packet> FirstGop(std::vector<Packet>&& packets) {
  int keyframes = 0;
  const auto end = std::find_if(packets.begin(), packets.end(), [&keyframes](const Packet& packet) {
    return packet.keyframe && ++keyframes == 2;
  });
  return {std::make_move_iterator(packets.begin()), std::make_move_iterator(end)};
}

/// An output with some road users in it, each seen by several anchors.
std::vector<float> SomeOutput() {
  std::vector<float> output(static_cast<size_t>(kRows) * kAnchors, 0.01F);
  const auto set = [&output](int row, int anchor, float value) {
    output[static_cast<size_t>(row) * kAnchors + static_cast<size_t>(anchor)] = value;
  };
  for (int i = 0; i < kAnchorsWithObject; ++i) {
    const int anchor = i * (kAnchors / kAnchorsWithObject);
    const int object = i / 4;
    set(0, anchor, 60.0F + 90.0F * static_cast<float>(object) + static_cast<float>(i % 4));
    set(1, anchor, 190);
    set(2, anchor, 40);
    set(3, anchor, 80);
    set(4, anchor, 0.5F + 0.02F * static_cast<float>(i % 4));
  }
  return output;
}

VisionOptions Vision() {
  VisionOptions vision;
  vision.classes = kClasses;
  vision.allowed.assign(kClasses, 1);
  for (int i = 0; i < kClasses; ++i) vision.rivalOfClass.push_back(i);
  return vision;
}

void Run(const std::string& path) {
  FilePackets clip(path);
  const std::vector<Packet> gop = FirstGop(std::move(clip.packets));
  HardwareDevices none;
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, none, [](const std::string&) {});
  std::optional<DecodedFrame> frame;
  const auto keep = [&frame](DecodedFrame decoded) { frame.emplace(std::move(decoded)); };
  const double keyframeMs = MeanMs([&] { decoder.DecodeKeyframe(gop.front(), keep); });
  const double gopMs = MeanMs([&] {
    decoder.Reset();
    for (const Packet& packet : gop) decoder.Decode(packet, keep);
  });
  decoder.DecodeKeyframe(gop.front(), keep);
  frame->ToPlanar();
  const PlanarFrame view = frame->View();
  const LetterboxGeometry geometry = FitLetterbox(view.widthPx, view.heightPx, kInput);
  std::vector<float> tensor(size_t{3} * kInput.heightPx * kInput.widthPx);
  const auto backend = MakeCpuBackend(Vision());
  const double letterboxMs = MeanMs([&] { backend->LetterboxInto(view, geometry, tensor); });
  const std::vector<float> output = SomeOutput();
  VisionResult result;
  const double postprocessMs =
      MeanMs([&] { result = backend->Postprocess(output, kRows, kAnchors, geometry, {}); });
  JpegEncoder jpeg;
  PlanarFrame picture;
  std::vector<uint8_t> rawJpeg;
  const double rawJpegMs = MeanMs([&] {
    picture = jpeg.Prepare(view);
    rawJpeg = jpeg.Encode(picture, kJpegQuality);
  });
  const std::vector<std::string> names(kClasses, "person");
  const double drawnJpegMs = MeanMs([&] {
    Canvas canvas(picture);
    canvas.DrawDetections(result.objects, result.groups, names);
    jpeg.EncodeChanged(rawJpeg, canvas.View(), canvas.touched(), kJpegQuality);
  });
  std::printf(
      "{\"frames_in_gop\":%zu,\"keyframe_ms\":%.3f,\"gop_ms\":%.3f,\"letterbox_ms\":%.3f,"
      "\"postprocess_ms\":%.3f,\"raw_jpeg_ms\":%.3f,\"drawn_jpeg_ms\":%.3f}\n",
      gop.size(), keyframeMs, gopMs, letterboxMs, postprocessMs, rawJpegMs, drawnJpegMs);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: roadwatch_stages CLIP\n");
    return 2;
  }
  try {
    Run(argv[1]);
    return 0;
  } catch (const Error& error) {
    std::fprintf(stderr, "%s: %s\n", error.code().c_str(), error.what());
    return 1;
  }
}
