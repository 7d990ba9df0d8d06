#include "pipeline/probe.h"

#include <doctest/doctest.h>
#include <turbojpeg.h>

#include <atomic>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "error.h"

using namespace roadwatch;

namespace {

ProbeOptions Clip(const std::string& name) {
  ProbeOptions options;
  options.source.url = std::string(ROADWATCH_DEMO_DIR) + "/" + name;
  options.source.allowFiles = true;
  return options;
}

ProbeResult ProbeNow(const ProbeOptions& options) {
  const std::atomic<bool> interrupt{false};
  return Probe(options, SystemClock(), interrupt);
}

std::pair<int, int> JpegSizeOf(const std::vector<uint8_t>& jpeg) {
  const std::unique_ptr<void, int (*)(void*)> reader(tjInitDecompress(), tjDestroy);
  std::pair<int, int> size;
  int subsampling = 0;
  int colours = 0;
  REQUIRE(tjDecompressHeader3(reader.get(), jpeg.data(), jpeg.size(), &size.first, &size.second, &subsampling,
                              &colours) == 0);
  return size;
}

}  // namespace

TEST_CASE("a probe without further wishes ends with the first picture") {
  const ProbeResult result = ProbeNow(Clip("market-street-1906.mp4"));
  CHECK(result.codec == "h264");
  CHECK(result.imageWidthPx == 640);
  CHECK(result.imageHeightPx == 360);
  CHECK(result.keyframe);
  CHECK(result.framesPerSecond == doctest::Approx(25));
  CHECK_FALSE(result.gop.has_value());
  CHECK(result.bitsPerSecond == 0);
  CHECK(result.snapshot.empty());
}

TEST_CASE("keyframes, frames and bits are measured in the time that the stream gives") {
  ProbeOptions options = Clip("street-walkers.mp4");
  options.measureFor = Milliseconds(60000);
  const ProbeResult result = ProbeNow(options);
  // By ffprobe: a keyframe every 2 s, 10 frames/s. Two gaps are enough: of 60 s, 4 are read.
  CHECK(result.gop == Milliseconds(2000));
  CHECK(result.framesPerSecond == doctest::Approx(10));
  CHECK(result.watched == Milliseconds(4000));
  // By ffprobe: the first 40 packets hold 385,382 bytes.
  CHECK(result.bitsPerSecond == doctest::Approx(385382 * 8 / 4.0).epsilon(0.01));
  CHECK_FALSE(result.gradualRefresh);
}

TEST_CASE("where keyframes come more rarely than is watched, the time that was watched is told") {
  ProbeOptions options = Clip("highway.mp4");
  options.measureFor = Milliseconds(1500);
  const ProbeResult result = ProbeNow(options);
  CHECK_FALSE(result.gop.has_value());
  CHECK(result.watched >= Milliseconds(1500));
  CHECK(result.watched < Milliseconds(2000));
  CHECK(result.framesPerSecond == doctest::Approx(25));
}

TEST_CASE("a snapshot is the first picture, in its own size") {
  ProbeOptions options = Clip("highway.mp4");
  options.snapshotQuality = 80;
  const ProbeResult result = ProbeNow(options);
  const auto size = JpegSizeOf(result.snapshot);
  CHECK(size.first == 1280);
  CHECK(size.second == 720);
}

TEST_CASE("what is not there is told by its code") {
  try {
    ProbeNow(Clip("no-such-clip.mp4"));
    FAIL("a missing file was opened");
  } catch (const Error& error) {
    CHECK(error.code() == "not-found");
  }
}
