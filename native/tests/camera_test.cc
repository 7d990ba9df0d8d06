#include "pipeline/camera.h"

#include <doctest/doctest.h>

#include <future>
#include <mutex>
#include <string>
#include <vector>

#include "tests/support/clip.h"
#include "tests/support/manual_clock.h"
#include "tests/support/vision_options.h"

using namespace roadwatch;

namespace {

constexpr Milliseconds kFrame{40};

struct Picture {
  double timeMs = -1;
  std::vector<uint8_t> pixels;
  bool operator==(const Picture&) const = default;
};

Picture PictureOf(const DecodedFrame& frame) { return {frame.mediaTimeMs().value(), PixelsOf(frame.View())}; }

/// Takes every frame at once, as long as it is told to.
class Taker final : public Camera::Listener {
 public:
  void OnFrameReady(const std::shared_ptr<Camera>& camera) override {
    ++announced;
    if (!take) return;
    if (const auto pending = camera->TakeFrame()) pictures.push_back(PictureOf(pending->frame));
    if (!release) return;
    camera->Release(true);
  }
  void OnFrameUnchanged(const std::shared_ptr<Camera>& camera, PendingFrame, VisionResult) override {
    camera->Release(true);
  }
  bool take = true;
  bool release = true;
  int announced = 0;
  std::vector<Picture> pictures;
};

class Log final : public PipelineListener {
 public:
  void OnDetection(Detection, std::unique_ptr<DeliveryReceipt>) override {}
  void OnState(const CameraKey&, const ConnectionState&) override {}
  void OnLog(LogLine line) override {
    const std::lock_guard lock(mutex_);
    codes_.push_back(std::move(line.code));
  }
  std::vector<std::string> Codes() {
    const std::lock_guard lock(mutex_);
    return codes_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> codes_;
};

/// Cameras whose packets the test gives, on one decoding thread.
struct Street {
  ~Street() {
    for (const auto& camera : cameras) camera->Close();
    pool.Close();
  }

  Camera& Add(Camera::Listener& frames, DecodePolicy policy = DecodePolicy::kAuto,
              Milliseconds interval = Milliseconds(2000)) {
    CameraOptions options;
    options.cameraId = "camera" + std::to_string(cameras.size());
    options.source.url = "rtsp://camera/";
    options.tuning.interval = interval;
    options.decodePolicy = policy;
    cameras.push_back(std::make_shared<Camera>(options, 1, Milliseconds(0), BackoffOptions{}, pool, devices,
                                               clock, random, frames, log));
    return *cameras.back();
  }

  static void Connect(CameraReader::Listener& camera, const Clip& clip) {
    StreamInfo stream;
    stream.codec.reset(avcodec_parameters_alloc());
    avcodec_parameters_copy(stream.codec.get(), clip.stream.codec.get());
    camera.OnStream(std::move(stream));
  }

  void Send(CameraReader::Listener& camera, const Packet& packet) const {
    Packet sent = packet.Share();
    sent.receivedAt = clock.Now();
    camera.OnPacket(std::move(sent));
  }

  /// At the camera's pace, without waiting for the decoding.
  void SendAll(CameraReader::Listener& camera, const Clip& clip, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      Send(camera, clip.packets[i]);
      clock.Advance(kFrame);
    }
  }

  /// At the camera's pace, each packet's decoding before the next one comes.
  void Play(CameraReader::Listener& camera, const Clip& clip, size_t from, size_t to) {
    for (size_t i = from; i < to; ++i) {
      Send(camera, clip.packets[i]);
      WaitUntilIdle();
      clock.Advance(kFrame);
    }
  }

  /// Each task may post one more; none has more parts than this.
  void WaitUntilIdle() {
    constexpr int kMostTasks = 8;
    for (int i = 0; i < kMostTasks; ++i) {
      std::promise<void> done;
      pool.Post([&done](WorkerContext&) { done.set_value(); });
      done.get_future().get();
    }
  }

  ManualClock clock;
  FixedRandom random{0.5};
  Log log;
  HardwareDevices devices;
  WorkerPool pool{1, [] { return MakeCpuBackend(OneClassVision()); }};
  std::vector<std::shared_ptr<Camera>> cameras;
};

/// What decoding every packet gives.
std::vector<Picture> FullDecode(const Clip& clip) {
  std::vector<Picture> pictures;
  HardwareDevices devices;
  Decoder decoder(*clip.stream.codec, HardwareDecode::kNone, devices, IgnoreLog);
  for (const Packet& packet : clip.packets) {
    decoder.Decode(packet, [&pictures](const DecodedFrame& frame) { pictures.push_back(PictureOf(frame)); });
  }
  return pictures;
}

Clip LongGop(const std::string& x264Params, size_t frames) {
  return Encode("libx264", {{"preset", "ultrafast"}, {"x264-params", "keyint=1000:" + x264Params}}, frames);
}

/// Keeps the pool's only thread until it is let go.
class Hold {
 public:
  explicit Hold(WorkerPool& pool) {
    pool.Post([go = go_.get_future().share()](WorkerContext&) { go.get(); });
  }
  void LetGo() { go_.set_value(); }

 private:
  std::promise<void> go_;
};

}  // namespace

TEST_CASE(
    "a long burst is decoded in parts of 64 packets, with other cameras in between, to the same result") {
  const Clip clip = LongGop("bframes=0", 200);
  struct Between final : Camera::Listener {
    void OnFrameReady(const std::shared_ptr<Camera>&) override {
      decodedSoFar = other->Stats().framesDecoded;
    }
    void OnFrameUnchanged(const std::shared_ptr<Camera>&, PendingFrame, VisionResult) override {}
    Camera* other = nullptr;
    uint64_t decodedSoFar = 0;
  } between;
  Taker taker;
  Street street;
  Camera& patient = street.Add(taker);
  Camera& quick = street.Add(between);
  between.other = &patient;
  Street::Connect(patient, clip);
  Street::Connect(quick, clip);
  street.Play(patient, clip, 0, 1);
  REQUIRE(taker.pictures.size() == 1);

  Hold hold(street.pool);
  street.SendAll(patient, clip, 1, 200);
  street.Send(quick, clip.packets[0]);
  hold.LetGo();
  street.WaitUntilIdle();

  // The keyframe alone was decoded before, and is decoded again with what follows it.
  CHECK(between.decodedSoFar == 1 + Camera::kPacketsATask);
  CHECK(patient.Stats().framesDecoded == 1 + 200);
  REQUIRE(taker.pictures.size() == 2);
  CHECK(taker.pictures[1].timeMs == 199 * 40);
  CHECK(taker.pictures[1] == FullDecode(clip).back());
}

TEST_CASE("what is left of a burst goes with its connection, and the analysis is made up for") {
  const Clip clip = LongGop("bframes=0", 200);
  struct Reconnecting final : Camera::Listener {
    void OnFrameReady(const std::shared_ptr<Camera>&) override { Street::Connect(*other, *clip); }
    void OnFrameUnchanged(const std::shared_ptr<Camera>&, PendingFrame, VisionResult) override {}
    Camera* other = nullptr;
    const Clip* clip = nullptr;
  } reconnecting;
  Taker taker;
  Street street;
  Camera& patient = street.Add(taker);
  Camera& quick = street.Add(reconnecting);
  reconnecting.other = &patient;
  reconnecting.clip = &clip;
  Street::Connect(patient, clip);
  Street::Connect(quick, clip);
  street.Play(patient, clip, 0, 1);
  Hold hold(street.pool);
  street.SendAll(patient, clip, 1, 200);
  street.Send(quick, clip.packets[0]);
  hold.LetGo();
  street.WaitUntilIdle();
  CHECK(patient.Stats().framesDecoded == 1 + Camera::kPacketsATask);
  CHECK(taker.pictures.size() == 1);
  // The new connection's first packets, until the next analysis is due.
  street.Play(patient, clip, 0, 60);
  CHECK(taker.pictures.size() == 2);
  CHECK(patient.Stats().decodeErrors == 0);
}

TEST_CASE("of a burst, pictures that nobody looks at and none refers to are not decoded") {
  const Clip clip = LongGop("bframes=3:b-adapt=0", 200);
  const std::vector<Picture> wanted = FullDecode(clip);
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kAll}) {
    CAPTURE(static_cast<int>(policy));
    Taker taker;
    Street street;
    Camera& camera = street.Add(taker, policy, Milliseconds(3000));
    Street::Connect(camera, clip);
    street.Play(camera, clip, 0, 200);
    // At once, then at 3 s (on demand an interval and a half, for a keyframe might still come) and at 6 s.
    CHECK(taker.pictures.size() == 3);
    for (const Picture& picture : taker.pictures) {
      const auto same = [&picture](const Picture& other) { return other.timeMs == picture.timeMs; };
      const auto found = std::find_if(wanted.begin(), wanted.end(), same);
      REQUIRE(found != wanted.end());
      CHECK(*found == picture);
    }
    CHECK(camera.Stats().framesDecoded < 140);
  }
}

TEST_CASE("a camera that refreshes its picture bit by bit is analysed at its interval, and told of") {
  const Clip clip = GradualH264(300);
  const std::vector<Picture> wanted = FullDecode(clip);
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kKeyframes, DecodePolicy::kAll}) {
    for (const size_t from : {size_t{0}, size_t{25}, size_t{33}}) {
      CAPTURE(static_cast<int>(policy));
      CAPTURE(from);
      Taker taker;
      Street street;
      Camera& camera = street.Add(taker, policy, Milliseconds(1000));
      Street::Connect(camera, clip);
      street.Play(camera, clip, from, 300);
      // Joined in the middle, it has to wait for a refresh to begin, and for its end.
      CHECK(taker.pictures.size() >= (from == 0 ? 9 : 8));
      CHECK(taker.pictures.size() <= 12);
      // The second may be late, when a keyframe was waited for.
      for (size_t i = 3; i < taker.pictures.size(); ++i) {
        CHECK(taker.pictures[i].timeMs - taker.pictures[i - 1].timeMs == 1000);
      }
      for (const Picture& picture : taker.pictures) {
        CHECK(picture == wanted[static_cast<size_t>(picture.timeMs / 40)]);
      }
      const CameraStats stats = camera.Stats();
      CHECK(stats.gradualRefresh);
      CHECK_FALSE(stats.gop.has_value());
      CHECK(stats.decodeMode == (policy == DecodePolicy::kAll ? DecodeMode::kAll : DecodeMode::kOnDemand));
      CHECK(stats.decodeErrors == 0);
      CHECK(street.log.Codes() == std::vector<std::string>{"gradual-refresh"});
    }
  }
}

TEST_CASE("a camera whose keyframes are marked, but give no picture, is analysed all the same") {
  Clip clip = GradualH264(400);
  for (Packet& packet : clip.packets) {
    packet.keyframe = packet.keyframe || packet.refreshFrames.has_value();
    packet.refreshFrames.reset();
  }
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kKeyframes}) {
    CAPTURE(static_cast<int>(policy));
    Taker taker;
    Street street;
    Camera& camera = street.Add(taker, policy, Milliseconds(1000));
    Street::Connect(camera, clip);
    street.Play(camera, clip, 25, 400);
    // Of 15 s, two keyframes in vain and a refresh.
    CHECK(taker.pictures.size() >= 11);
    CHECK(camera.Stats().decodeMode == DecodeMode::kOnDemand);
    CHECK(camera.Stats().gop == Milliseconds(1000));
    CHECK(street.log.Codes() == std::vector<std::string>{"keyframes-futile"});
  }
}

TEST_CASE("a frame whose announcement was lost is announced again when it is asked for, not while busy") {
  const Clip clip("market-street-1906.mp4");
  Taker taker;
  taker.take = false;
  Street street;
  Camera& camera = street.Add(taker, DecodePolicy::kAll, Milliseconds(40));
  Street::Connect(camera, clip);
  street.Play(camera, clip, 0, 10);
  CHECK(taker.announced == 1);
  CHECK(camera.Stats().framesOffered == 10);
  CHECK(camera.Stats().framesReplaced == 9);
  CHECK_FALSE(camera.Stats().busy);
  taker.take = true;
  taker.release = false;
  camera.AnnounceAgain();
  CHECK(taker.announced == 2);
  REQUIRE(taker.pictures.size() == 1);
  CHECK(taker.pictures[0].timeMs == doctest::Approx(9 * 40));
  CHECK(camera.Stats().busy);
  street.Play(camera, clip, 10, 12);
  camera.AnnounceAgain();
  CHECK(taker.announced == 2);
  CHECK_FALSE(camera.TakeFrame().has_value());
  CHECK(camera.Stats().framesOffered == 12);
  CHECK(camera.Stats().analysed == 0);
}

TEST_CASE("another interval holds from now on, stretched as the old one was") {
  Street street;
  Taker taker;
  Camera& camera = street.Add(taker);
  camera.SetStretch(1.5);
  CHECK(camera.Stats().interval == Milliseconds(3000));
  camera.Tune({Milliseconds(400), 1, {}});
  CHECK(camera.Stats().configuredInterval == Milliseconds(400));
  CHECK(camera.Stats().interval == Milliseconds(600));
  camera.Tune({Milliseconds(400), 2, {}});
  CHECK(camera.Stats().interval == Milliseconds(500));
}

TEST_CASE("a result that was made with other zones does not stand for later frames") {
  Street street;
  CameraOptions options;
  options.cameraId = "gate";
  options.source.url = "rtsp://camera/";
  options.tuning.interval = Milliseconds(40);
  options.maxReuse = Milliseconds(60000);
  Taker taker;
  street.cameras.push_back(std::make_shared<Camera>(options, 1, Milliseconds(0), BackoffOptions{},
                                                    street.pool, street.devices, street.clock, street.random,
                                                    taker, street.log));
  Camera& camera = *street.cameras.back();
  const Clip clip("market-street-1906.mp4");
  taker.take = false;
  Street::Connect(camera, clip);
  // The same keyframe again and again: nothing changes.
  const auto show = [&] {
    street.Play(camera, clip, 0, 1);
    street.clock.Advance(Milliseconds(1000));
  };
  const auto analyse = [&](const std::shared_ptr<const ZoneFilter>& zones) {
    show();
    const auto pending = camera.TakeFrame();
    REQUIRE(pending.has_value());
    camera.Remember(*pending, {}, zones);
    camera.Release(true);
  };
  const auto before = camera.Zones();
  analyse(before);
  show();
  CHECK(camera.Stats().reused == 1);
  camera.Tune({Milliseconds(40), 1, {{ZoneKind::kIgnore, {{0, 0}, {1, 0}, {1, 1}}}}});
  CHECK(camera.Zones() != before);
  // Was under way when the zones changed.
  analyse(before);
  analyse(camera.Zones());
  CHECK(camera.Stats().reused == 1);
  show();
  CHECK(camera.Stats().reused == 2);
}
