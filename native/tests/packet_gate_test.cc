#include "decode/packet_gate.h"

#include <doctest/doctest.h>

#include <vector>

#include "tests/support/manual_clock.h"

using namespace roadwatch;
using std::chrono::milliseconds;

namespace {

constexpr int kPacketBytes = 100;

Packet MakePacket(const Clock& clock, bool keyframe, int bytes = kPacketBytes) {
  Packet packet;
  packet.data.reset(av_packet_alloc());
  av_new_packet(packet.data.get(), bytes);
  packet.keyframe = keyframe;
  packet.receivedAt = clock.Now();
  return packet;
}

/// The beginning of a gradual refresh.
Packet MakeRefresh(const Clock& clock) {
  Packet packet = MakePacket(clock, false);
  packet.refreshFrames = 24;
  return packet;
}

/// A camera of 25 frames a second with a keyframe every `gopFrames`, watched for a while; what was taken, and
/// when.
struct Camera {
  Camera(DecodePolicy policy, int intervalMs, int phaseMs = 0)
      : gate(policy, milliseconds(intervalMs), milliseconds(phaseMs), clock.Now()) {}

  void Run(int frames, int gopFrames) {
    for (int i = 0; i < frames; ++i) {
      const bool ready = gate.Push(MakePacket(clock, i % gopFrames == 0));
      DecodeWork work = gate.Take(clock.Now());
      CHECK(ready == !work.packets.empty());
      decoded += work.packets.size();
      if (work.analyse) analysedAtMs.push_back(i * 40);
      clock.Advance(milliseconds(40));
    }
  }

  ManualClock clock;
  PacketGate gate;
  size_t decoded = 0;
  std::vector<int> analysedAtMs;
};

}  // namespace

TEST_CASE("nothing is decoded before the first keyframe, which is analysed at once") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kAll, milliseconds(2000), milliseconds(900), clock.Now());
  CHECK_FALSE(gate.Push(MakePacket(clock, false)));
  CHECK(gate.Push(MakePacket(clock, true)));
  const DecodeWork work = gate.Take(clock.Now());
  CHECK(work.packets.size() == 1);
  CHECK(work.analyse);
}

TEST_CASE("with keyframes as rare as the interval, each is taken, and nothing else is decoded") {
  for (const int phaseMs : {0, 500, 999, 1500}) {
    Camera camera(DecodePolicy::kAuto, 2000, phaseMs);
    camera.Run(25 * 20, 50);
    CAPTURE(phaseMs);
    CHECK(camera.gate.mode() == DecodeMode::kKeyframes);
    CHECK(camera.decoded == 10);
    CHECK(camera.analysedAtMs.size() == 10);
  }
}

TEST_CASE("with keyframes more often than needed, the ones nearest to the due times are taken") {
  Camera camera(DecodePolicy::kAuto, 2000);
  camera.Run(25 * 20, 12);
  CHECK(camera.gate.mode() == DecodeMode::kKeyframes);
  CHECK(camera.analysedAtMs.size() >= 10);
  CHECK(camera.analysedAtMs.size() <= 11);
  // Keyframes come every 480 ms: none is further than half of that from its due time.
  for (size_t i = 1; i < camera.analysedAtMs.size(); ++i) {
    CHECK(std::abs(camera.analysedAtMs[i] - static_cast<int>(i) * 2000) <= 240);
  }
}

TEST_CASE("a GOP a little longer than the interval is good enough") {
  Camera camera(DecodePolicy::kAuto, 1800);
  camera.Run(25 * 20, 50);
  CHECK(camera.gate.mode() == DecodeMode::kKeyframes);
  CHECK(camera.analysedAtMs.size() == 10);
}

TEST_CASE("a long GOP is decoded on demand, back to the newest keyframe and no further") {
  Camera camera(DecodePolicy::kAuto, 2000);
  camera.Run(25 * 60, 250);
  CHECK(camera.gate.mode() == DecodeMode::kOnDemand);
  // One analysis every 2 s, from the beginning on: the first gap is longer, while a keyframe may still come.
  CHECK(camera.analysedAtMs.size() >= 29);
  CHECK(camera.analysedAtMs[1] <= 4000);
  // Of each GOP the frames after its last due time are never decoded.
  CHECK(camera.decoded < 1500 - 250);
}

TEST_CASE("keyframes that stop coming often are not waited for") {
  Camera camera(DecodePolicy::kAuto, 2000);
  camera.Run(25 * 20, 50);
  REQUIRE(camera.gate.mode() == DecodeMode::kKeyframes);
  const size_t before = camera.analysedAtMs.size();
  // One keyframe, then none for a minute.
  camera.Run(25 * 60, 25 * 60);
  CHECK(camera.gate.mode() == DecodeMode::kOnDemand);
  CHECK(camera.analysedAtMs.size() - before >= 29);
  camera.Run(25 * 30, 50);
  CHECK(camera.gate.mode() == DecodeMode::kKeyframes);
}

TEST_CASE("keyframes alone, where that was asked for, stay alone however rare they are") {
  Camera camera(DecodePolicy::kKeyframes, 1000);
  camera.Run(25 * 60, 250);
  CHECK(camera.gate.mode() == DecodeMode::kKeyframes);
  CHECK(camera.decoded == 6);
}

TEST_CASE("every packet is decoded where that was asked for, one in each interval analysed") {
  Camera camera(DecodePolicy::kAll, 1000);
  camera.Run(25 * 10, 50);
  CHECK(camera.gate.mode() == DecodeMode::kAll);
  CHECK(camera.decoded == 250);
  CHECK(camera.analysedAtMs.size() >= 10);
  CHECK(camera.analysedAtMs.size() <= 11);
}

TEST_CASE("an unread keyframe that was due is replaced by a newer one, and counted") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kKeyframes, milliseconds(1000), milliseconds(0), clock.Now());
  for (int i = 0; i < 3; ++i) {
    CHECK(gate.Push(MakePacket(clock, true)));
    clock.Advance(milliseconds(2000));
  }
  CHECK(gate.Take(clock.Now()).packets.size() == 1);
  CHECK(gate.replacedPackets() == 2);
}

TEST_CASE("analyses that come late are not caught up in a burst") {
  Camera camera(DecodePolicy::kAll, 1000);
  camera.Run(50, 50);
  const size_t before = camera.analysedAtMs.size();
  camera.clock.Advance(milliseconds(10500));
  camera.Run(25, 50);
  CHECK(camera.analysedAtMs.size() - before <= 2);
}

TEST_CASE("what is held is bounded, in packets and in bytes") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kAuto, milliseconds(3600000), milliseconds(0), clock.Now());
  gate.Push(MakePacket(clock, true));
  gate.Take(clock.Now());
  // A second keyframe far away makes the GOP long and the decoding on demand.
  clock.Advance(std::chrono::hours(3));
  gate.Push(MakePacket(clock, true));
  gate.Take(clock.Now());
  REQUIRE(gate.mode() == DecodeMode::kOnDemand);
  size_t pushed = 0;
  while (!gate.Push(MakePacket(clock, false, 1 << 20))) ++pushed;
  CHECK(pushed <= PacketGate::kMaxHeldBytes / (1 << 20));
  const DecodeWork work = gate.Take(clock.Now());
  CHECK_FALSE(work.packets.empty());
  CHECK_FALSE(work.analyse);
  pushed = 0;
  while (!gate.Push(MakePacket(clock, false, 10))) ++pushed;
  CHECK(pushed <= PacketGate::kMaxHeldPackets);
}

TEST_CASE("what nobody takes is bounded, too, and the next keyframe begins anew") {
  for (const DecodePolicy policy : {DecodePolicy::kAll, DecodePolicy::kAuto}) {
    ManualClock clock;
    PacketGate gate(policy, milliseconds(1000), milliseconds(0), clock.Now());
    gate.Push(MakePacket(clock, true));
    size_t pushed = 1;
    while (gate.replacedPackets() == 0 && pushed < 10 * PacketGate::kMaxHeldPackets) {
      gate.Push(MakePacket(clock, false));
      ++pushed;
    }
    CHECK(pushed <= 2 * PacketGate::kMaxHeldPackets + 2);
    CHECK(gate.Take(clock.Now()).packets.empty());
    clock.Advance(milliseconds(5000));
    CHECK(gate.Push(MakePacket(clock, true)));
    CHECK(gate.Take(clock.Now()).packets.size() == 1);
  }
}

TEST_CASE("decoding everything, but slower than the camera, goes on at its newest keyframe") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kAll, milliseconds(1000), milliseconds(0), clock.Now());
  for (int i = 0; i < 25 * 60; ++i) gate.Push(MakePacket(clock, i % 50 == 0));
  const DecodeWork work = gate.Take(clock.Now());
  CHECK(work.packets.size() <= 150);
  CHECK(work.packets.front().keyframe);
  CHECK(work.restart);
}

TEST_CASE("a new connection begins at its own keyframe") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kAll, milliseconds(1000), milliseconds(0), clock.Now());
  gate.Push(MakePacket(clock, true));
  gate.Take(clock.Now());
  gate.Push(MakePacket(clock, false));
  gate.Restart();
  CHECK(gate.Take(clock.Now()).packets.empty());
  CHECK_FALSE(gate.Push(MakePacket(clock, false)));
  CHECK(gate.Push(MakePacket(clock, true)));
  CHECK(gate.Take(clock.Now()).restart);
}

TEST_CASE("a gradual refresh begins a sequence, which then goes on over all that follow") {
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kKeyframes, DecodePolicy::kAll}) {
    CAPTURE(static_cast<int>(policy));
    ManualClock clock;
    PacketGate gate(policy, milliseconds(2000), milliseconds(0), clock.Now());
    CHECK_FALSE(gate.Push(MakePacket(clock, false)));
    size_t decoded = 0;
    size_t restarts = 0;
    size_t analyses = 0;
    for (int i = 0; i < 25 * 20; ++i) {
      gate.Push(i % 50 == 0 ? MakeRefresh(clock) : MakePacket(clock, false));
      const DecodeWork work = gate.Take(clock.Now());
      decoded += work.packets.size();
      restarts += work.restart ? 1 : 0;
      analyses += work.analyse ? 1 : 0;
      clock.Advance(milliseconds(40));
    }
    CHECK(restarts == 1);
    // All but those after the last due time, where they are decoded when they are needed.
    CHECK(decoded > 25 * 18);
    CHECK(analyses == 10);
    CHECK(gate.refreshesGradually());
    CHECK_FALSE(gate.gop().has_value());
    CHECK(gate.mode() == (policy == DecodePolicy::kAll ? DecodeMode::kAll : DecodeMode::kOnDemand));
  }
}

TEST_CASE("a keyframe at the beginning and gradual refreshes from then on are decoded without a gap") {
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kKeyframes}) {
    CAPTURE(static_cast<int>(policy));
    ManualClock clock;
    PacketGate gate(policy, milliseconds(2000), milliseconds(0), clock.Now());
    gate.Push(MakePacket(clock, true));
    CHECK(gate.Take(clock.Now()).keyframeAlone);
    size_t analyses = 0;
    for (int i = 1; i < 25 * 60; ++i) {
      clock.Advance(milliseconds(40));
      gate.Push(i % 50 == 0 ? MakeRefresh(clock) : MakePacket(clock, false));
      analyses += gate.Take(clock.Now()).analyse ? 1 : 0;
    }
    CHECK(analyses >= 27);
    CHECK(gate.mode() == DecodeMode::kOnDemand);
    CHECK(gate.refreshesGradually());
    // Keyframes after all: alone again.
    for (int i = 0; i < 25 * 20; ++i) {
      gate.Push(MakePacket(clock, i % 50 == 0));
      gate.Take(clock.Now());
      clock.Advance(milliseconds(40));
    }
    CHECK(gate.mode() == DecodeMode::kKeyframes);
    CHECK_FALSE(gate.refreshesGradually());
  }
}

TEST_CASE("refreshes between keyframes change nothing") {
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kKeyframes}) {
    ManualClock clock;
    PacketGate gate(policy, milliseconds(2000), milliseconds(0), clock.Now());
    size_t decoded = 0;
    for (int i = 0; i < 25 * 20; ++i) {
      const bool refresh = i % 50 == 25;
      gate.Push(refresh ? MakeRefresh(clock) : MakePacket(clock, i % 50 == 0));
      decoded += gate.Take(clock.Now()).packets.size();
      clock.Advance(milliseconds(40));
    }
    CHECK(gate.mode() == DecodeMode::kKeyframes);
    CHECK(decoded == 10);
    CHECK_FALSE(gate.refreshesGradually());
  }
}

TEST_CASE("keyframes that give no picture alone are decoded with what follows them, until a new connection") {
  for (const DecodePolicy policy : {DecodePolicy::kAuto, DecodePolicy::kKeyframes}) {
    CAPTURE(static_cast<int>(policy));
    ManualClock clock;
    PacketGate gate(policy, milliseconds(2000), milliseconds(0), clock.Now());
    size_t alone = 0;
    size_t restarts = 0;
    size_t analyses = 0;
    const auto run = [&](int seconds, size_t pictures) {
      for (int i = 0; i < 25 * seconds; ++i) {
        gate.Push(MakePacket(clock, i % 50 == 0));
        const DecodeWork work = gate.Take(clock.Now());
        if (work.keyframeAlone) {
          ++alone;
          CHECK(gate.OnKeyframeDecoded(pictures) == (pictures == 0 && alone == 2));
        } else {
          restarts += work.restart ? 1 : 0;
          analyses += work.analyse ? 1 : 0;
        }
        clock.Advance(milliseconds(40));
      }
    };
    run(60, 0);
    CHECK(alone == 2);
    CHECK(restarts == 1);
    CHECK(analyses >= 26);
    CHECK(gate.mode() == DecodeMode::kOnDemand);
    gate.Restart();
    alone = 0;
    run(60, 1);
    CHECK(gate.mode() == DecodeMode::kKeyframes);
    CHECK(alone >= 29);
  }
}

TEST_CASE("one keyframe without a picture among others is none of the stream's habits") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kAuto, milliseconds(2000), milliseconds(0), clock.Now());
  for (int i = 0; i < 10; ++i) {
    gate.Push(MakePacket(clock, true));
    CHECK(gate.Take(clock.Now()).keyframeAlone);
    CHECK_FALSE(gate.OnKeyframeDecoded(i % 2 == 0 ? 0 : 1));
    clock.Advance(milliseconds(2000));
  }
  CHECK(gate.mode() == DecodeMode::kKeyframes);
}

TEST_CASE("what is decoded for later pictures alone is told, up to a second before the next analysis") {
  ManualClock clock;
  PacketGate gate(DecodePolicy::kAll, milliseconds(4000), milliseconds(0), clock.Now());
  std::vector<int> seenAtMs;
  for (int i = 0; i < 100; ++i) {
    gate.Push(MakePacket(clock, i % 50 == 0));
    if (!gate.Take(clock.Now()).unseen) seenAtMs.push_back(i * 40);
    clock.Advance(milliseconds(40));
  }
  // The first picture at once, then those from 3 s on.
  CHECK(seenAtMs.size() == 1 + 25);
  CHECK(seenAtMs[0] == 0);
  CHECK(seenAtMs[1] == 3000);
}
