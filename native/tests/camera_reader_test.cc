#include "source/camera_reader.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "error.h"
#include "tests/support/manual_clock.h"

using namespace roadwatch;
using std::chrono::milliseconds;

namespace {

/// Only a guard against a hanging test.
constexpr std::chrono::seconds kGuard{30};

/// What a source does when it is opened, or at each read.
using Step = std::function<ReadResult(Packet&)>;

ReadResult Give(Packet& packet) {
  packet.data.reset(av_packet_alloc());
  packet.keyframe = true;
  return ReadResult::kPacket;
}
Step Fail(const std::string& code) {
  return [code](Packet&) -> ReadResult { throw Error(code, "told to"); };
}
ReadResult End(Packet&) { return ReadResult::kEnd; }

/// Plays one script a connection: the first step opens, the others read; then it waits to be interrupted.
class ScriptedSource final : public FrameSource {
 public:
  ScriptedSource(std::vector<Step> script, const std::atomic<bool>& interrupt)
      : script_(script.begin(), script.end()), interrupt_(interrupt) {}
  StreamInfo Open() override {
    Packet none;
    Next()(none);
    StreamInfo info;
    info.codec.reset(avcodec_parameters_alloc());
    return info;
  }
  ReadResult Read(Packet& packet) override {
    if (!script_.empty()) return Next()(packet);
    while (!interrupt_) std::this_thread::yield();
    return ReadResult::kInterrupted;
  }

 private:
  Step Next() {
    Step step = script_.front();
    script_.pop_front();
    return step;
  }
  std::deque<Step> script_;
  const std::atomic<bool>& interrupt_;
};

struct Reader final : CameraReader::Listener {
  explicit Reader(std::vector<std::vector<Step>> scripts, bool loop = true)
      : scripts_(std::move(scripts)),
        reader(
            Options(loop), {milliseconds(1), milliseconds(1), milliseconds(1)},
            [this](const SourceOptions&, const std::atomic<bool>& interrupt) {
              const size_t index = std::min(connections_++, scripts_.size() - 1);
              return std::make_unique<ScriptedSource>(scripts_[index], interrupt);
            },
            clock_, random_, *this) {
    reader.Start();
  }
  ~Reader() override { reader.Close(); }

  static SourceOptions Options(bool loop) {
    SourceOptions options;
    options.url = "rtsp://camera/";
    options.loop = loop;
    return options;
  }

  void OnState(const ConnectionState& state) override {
    std::string words = ConnectionStateName(state);
    if (const auto* away = std::get_if<Reconnecting>(&state.value)) words += " " + away->why.code;
    if (const auto* failed = std::get_if<Failed>(&state.value)) words += " " + failed->why.code;
    Change([&] { states.push_back(words); });
  }
  void OnStream(StreamInfo) override {}
  void OnPacket(Packet) override {
    Change([&] { ++packets; });
  }
  void OnEnd() override {
    Change([&] { ++ends; });
  }

  bool WaitForStates(size_t count) {
    return WaitFor([&] { return states.size() >= count; });
  }
  bool WaitFor(const std::function<bool()>& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kGuard, condition);
  }
  std::vector<std::string> States(size_t count) {
    const std::lock_guard lock(mutex_);
    return {states.begin(), states.begin() + static_cast<std::ptrdiff_t>(std::min(count, states.size()))};
  }

  std::vector<std::string> states;
  int packets = 0;
  int ends = 0;

 private:
  void Change(const std::function<void()>& change) {
    {
      const std::lock_guard lock(mutex_);
      change();
    }
    changed_.notify_all();
  }

  std::vector<std::vector<Step>> scripts_;
  size_t connections_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  ManualClock clock_;
  FixedRandom random_{1.0};

 public:
  CameraReader reader;
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("a camera is live with its first packet, not before") {
  Reader camera({{End, Give, Give}});
  REQUIRE(camera.WaitFor([&] { return camera.packets == 2; }));
  CHECK(camera.States(9) == Words{"connecting", "live"});
}

TEST_CASE("a lost connection is made anew") {
  Reader camera({{End, Give, Fail("connection-lost")}, {End, Give}});
  REQUIRE(camera.WaitForStates(5));
  CHECK(camera.States(5) ==
        Words{"connecting", "live", "reconnecting connection-lost", "connecting", "live"});
  CHECK(camera.reader.Quality().reconnectsLastHour == 1);
}

TEST_CASE("silence is a stall, then a new connection") {
  Reader camera({{End, Give, Fail("read-timeout")}, {End, Give}});
  REQUIRE(camera.WaitForStates(6));
  CHECK(camera.States(6) ==
        Words{"connecting", "live", "stalled", "reconnecting read-timeout", "connecting", "live"});
  CHECK(camera.reader.Quality().stallsLastHour == 1);
}

TEST_CASE("what cannot work as configured has failed, and is tried again all the same") {
  for (const char* code : {"bad-url", "unauthorized", "not-found", "unsupported-codec", "no-video"}) {
    Reader camera({{Fail(code)}, {End, Give}});
    REQUIRE(camera.WaitForStates(4));
    CHECK(camera.States(4) == Words{"connecting", std::string("failed ") + code, "connecting", "live"});
  }
}

TEST_CASE("what may pass is reconnecting") {
  for (const char* code : {"unreachable", "connect-timeout", "io-error", "invalid-data", "refused"}) {
    Reader camera({{Fail(code)}, {End, Give}});
    REQUIRE(camera.WaitForStates(4));
    CHECK(camera.States(4) == Words{"connecting", std::string("reconnecting ") + code, "connecting", "live"});
  }
}

TEST_CASE("a file played once ends; its listener was told to drain") {
  Reader camera({{End, Give, Give, End}}, false);
  REQUIRE(camera.WaitForStates(3));
  CHECK(camera.States(9) == Words{"connecting", "live", "ended"});
  CHECK(camera.ends == 1);
  CHECK(camera.packets == 2);
}

TEST_CASE("a looped file goes on after its end, without a new connection") {
  Reader camera({{End, Give, End, Give, End, Give}});
  REQUIRE(camera.WaitFor([&] { return camera.packets == 3; }));
  CHECK(camera.States(9) == Words{"connecting", "live"});
  CHECK(camera.ends == 2);
}

TEST_CASE("a restart drops the connection and makes a new one at once") {
  Reader camera({{End, Give}, {End, Give}});
  REQUIRE(camera.WaitForStates(2));
  camera.reader.Restart();
  REQUIRE(camera.WaitForStates(5));
  CHECK(camera.States(5) == Words{"connecting", "live", "reconnecting restarted", "connecting", "live"});
}

TEST_CASE("closing ends a silent camera, may be done twice and from another thread") {
  Reader camera({{End, Give}});
  REQUIRE(camera.WaitForStates(2));
  std::thread other([&] { camera.reader.Close(); });
  other.join();
  camera.reader.Close();
  CHECK(camera.States(9) == Words{"connecting", "live"});
}

TEST_CASE("closing does not wait for a back-off") {
  Reader camera({{Fail("unreachable")}});
  REQUIRE(camera.WaitForStates(2));
}
