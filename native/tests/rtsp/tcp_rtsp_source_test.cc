#include "source/rtsp/tcp_rtsp_source.h"

#include <doctest/doctest.h>

#include <string>
#include <thread>

#include "error.h"
#include "tests/rtsp/scripted_camera.h"
#include "tests/support/manual_clock.h"

using namespace roadwatch;

namespace {

const std::string kOk = "RTSP/1.0 200 OK\r\nCSeq: {cseq}\r\n";
const std::string kOptions = kOk + "Public: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER\r\n\r\n";
const std::string kSetup =
    kOk + "Session: 4711;timeout=30\r\nTransport: RTP/AVP/TCP;unicast;interleaved=2-3\r\n\r\n";
const std::string kPlay = kOk + "Session: 4711\r\n\r\n";
const std::string kH264 = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n";
const std::string kDigest =
    "RTSP/1.0 401 Unauthorized\r\nCSeq: {cseq}\r\nWWW-Authenticate: Digest realm=\"r\", nonce=\"";

std::string Described(const std::string& sdp) {
  return kOk + "Content-Type: application/sdp\r\nContent-Length: " + std::to_string(sdp.size()) + "\r\n\r\n" +
         sdp;
}

std::string Data(int channel, const std::string& bytes) {
  const std::string head{'$', static_cast<char>(channel), static_cast<char>(bytes.size() >> 8),
                         static_cast<char>(bytes.size())};
  return head + bytes;
}

/// An RTP packet with a whole H.264 picture in it, with its marker.
std::string Picture(char sequence, int payloadType = 96) {
  const char marked = static_cast<char>(0x80 | payloadType);
  return {'\x80', marked, 0, sequence, 0, 0, 0, sequence, 0, 0, 0, 1, '\x65', '\x88', sequence};
}

struct Watched {
  explicit Watched(const std::string& url) : source(Options(url), clock, interrupt) {}
  static SourceOptions Options(const std::string& url) {
    SourceOptions options;
    options.url = url;
    return options;
  }
  std::string OpenFault() {
    try {
      source.Open();
    } catch (const Error& error) {
      message = error.what();
      return error.code();
    }
    return "none";
  }
  std::string ReadFault() {
    try {
      Packet packet;
      while (source.Read(packet) == ReadResult::kPacket) lastByte = packet.data->data[packet.data->size - 1];
    } catch (const Error& error) {
      message = error.what();
      return error.code();
    }
    return "none";
  }

  ManualClock clock;
  std::atomic<bool> interrupt{false};
  TcpRtspSource source;
  std::string message;
  int lastByte = 0;
};

bool Contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a camera is described, set up and played; its pictures come between the messages") {
  const std::string first = Data(2, Picture(1));
  ScriptedCamera camera(
      {kOptions, Described("a=control:*\r\n" + kH264), kSetup,
       // Before the answer, after it, and with what is none of it.
       first + kPlay + Data(3, "rtcp") + Data(2, Picture(2, 97)) + Data(9, "x") + Data(2, Picture(3))});
  {
    Watched watched(camera.Url("/live"));
    const auto stream = watched.source.Open();
    REQUIRE(stream);
    CHECK(stream->codec->codec_id == AV_CODEC_ID_H264);
    for (const int last : {1, 3}) {
      Packet packet;
      REQUIRE(watched.source.Read(packet) == ReadResult::kPacket);
      CHECK(packet.keyframe);
      CHECK(packet.data->data[packet.data->size - 1] == last);
    }
  }
  const auto& requests = camera.Requests();
  REQUIRE(requests.size() == 5);
  CHECK(requests[0].starts_with("OPTIONS " + camera.Url("/live") + " RTSP/1.0\r\n"));
  CHECK(requests[1].starts_with("DESCRIBE " + camera.Url("/live") + " RTSP/1.0\r\n"));
  CHECK(requests[2].starts_with("SETUP " + camera.Url("/live/track1") + " RTSP/1.0\r\n"));
  CHECK(Contains(requests[2], "\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"));
  CHECK(Contains(requests[3], "\r\nSession: 4711\r\n"));
  CHECK(requests[4].starts_with("TEARDOWN "));
}

TEST_CASE("a challenge is answered, and once more when its nonce has become too old") {
  ScriptedCamera camera({kOptions, kDigest + "one\"\r\n\r\n", Described(kH264),
                         kDigest + "two\", stale=true\r\n\r\n", kSetup, kPlay + Data(2, Picture(1))});
  {
    std::string url = camera.Url("/live");
    url.insert(7, "admin:secret@");
    Watched watched(url);
    REQUIRE(watched.source.Open());
  }
  const auto& requests = camera.Requests();
  CHECK(!Contains(requests[1], "Authorization"));
  CHECK(Contains(requests[2], "Authorization: Digest username=\"admin\", realm=\"r\", nonce=\"one\""));
  CHECK(Contains(requests[3], "nonce=\"one\""));
  CHECK(Contains(requests[4], "nonce=\"two\""));
  for (const std::string& request : requests) CHECK(!Contains(request, "secret"));
}

TEST_CASE("what a camera refuses is told by a code and in its words, without the password") {
  struct Case {
    std::vector<std::string> answers;
    std::string code;
    std::string words;
  };
  const std::string sorry = "RTSP/1.0 404 Stream Not Found\r\nCSeq: {cseq}\r\n\r\n";
  const std::string busy = "RTSP/1.0 453 Not Enough Bandwidth\r\nCSeq: {cseq}\r\n\r\n";
  const std::string noTcp = "RTSP/1.0 461 Unsupported Transport\r\nCSeq: {cseq}\r\n\r\n";
  const std::string elsewhere = "RTSP/1.0 302 Moved\r\nCSeq: {cseq}\r\nLocation: rtsp://127.0.0.1:1/\r\n\r\n";
  for (const Case& one : {
           Case{{kOptions, sorry}, "not-found", "404 Stream Not Found"},
           Case{{kOptions, kDigest + "a\"\r\n\r\n", kDigest + "b\"\r\n\r\n"}, "unauthorized", "401"},
           Case{{kOptions, Described(kH264), busy}, "refused", "453 Not Enough Bandwidth"},
           Case{{kOptions, Described(kH264), noTcp}, "refused", "udp"},
           Case{{kOptions, Described(kH264), kSetup, busy}, "refused", "PLAY"},
           Case{{kOptions, Described("m=audio 0 RTP/AVP 8\r\n")}, "no-video", "no video"},
           Case{{kOptions, elsewhere}, "unreachable", "refused"},
           Case{{"HTTP/1.0 400 Bad Request\r\n\r\n"}, "invalid-data", "not RTSP"},
           Case{{kOptions, std::string(80000, 'A')}, "invalid-data", "not RTSP"},
           Case{{kOptions, kOk + "Content-Length: 99999999\r\n\r\n"}, "invalid-data", "64 KiB"},
           Case{{kOptions, kOk + "Content-Length: -1\r\n\r\n"}, "invalid-data", "not RTSP"},
           Case{{kOptions, ""}, "connection-lost", "closed"},
       }) {
    CAPTURE(one.words);
    ScriptedCamera camera(one.answers);
    std::string url = camera.Url("/live");
    url.insert(7, "admin:secret@");
    Watched watched(url);
    CHECK(watched.OpenFault() == one.code);
    CAPTURE(watched.message);
    CHECK(Contains(watched.message, one.words));
    CHECK(Contains(watched.message, "127.0.0.1"));
    CHECK(!Contains(watched.message, "secret"));
  }
}

TEST_CASE("another codec is left to others") {
  ScriptedCamera camera({kOptions, Described("m=video 0 RTP/AVP 26\r\n")});
  Watched watched(camera.Url("/"));
  CHECK(!watched.source.Open());
}

TEST_CASE("a camera is followed to where it has moved, its password only on the same host") {
  ScriptedCamera there({kOptions, Described(kH264), kSetup, kPlay});
  ScriptedCamera here(
      {kOptions, "RTSP/1.0 301 Moved\r\nCSeq: {cseq}\r\nLocation: " + there.Url("/new") + "\r\n\r\n"});
  {
    Watched watched(here.Url("/old"));
    REQUIRE(watched.source.Open());
  }
  CHECK(there.Requests()[1].starts_with("DESCRIBE " + there.Url("/new")));
}

TEST_CASE("a camera that is named by its number is not followed to another host") {
  for (const char* host : {"127.0.0.2", "localhost"}) {
    ScriptedCamera camera({kOptions, std::string("RTSP/1.0 302 Moved\r\nCSeq: {cseq}\r\nLocation: rtsp://") +
                                         host + ":1/\r\n\r\n"});
    Watched watched(camera.Url("/"));
    CHECK(watched.OpenFault() == "refused");
    CHECK(Contains(watched.message, "another host"));
  }
}

TEST_CASE("a session is kept alive at half its time-out, and its loss noticed") {
  ScriptedCamera camera({kOptions, Described(kH264), kSetup, kPlay + Data(2, Picture(1)),
                         kOk + "\r\n" + Data(2, Picture(2)),
                         "RTSP/1.0 454 Session Not Found\r\nCSeq: {cseq}\r\n\r\n"});
  {
    Watched watched(camera.Url("/"));
    REQUIRE(watched.source.Open());
    watched.clock.Advance(std::chrono::seconds(15));
    Packet packet;
    REQUIRE(watched.source.Read(packet) == ReadResult::kPacket);
    REQUIRE(watched.source.Read(packet) == ReadResult::kPacket);
    watched.clock.Advance(std::chrono::seconds(15));
    CHECK(watched.ReadFault() == "connection-lost");
    CHECK(Contains(watched.message, "forgot the session"));
  }
  const auto& requests = camera.Requests();
  CHECK(requests[4].starts_with("GET_PARAMETER "));
  CHECK(Contains(requests[4], "Session: 4711"));
  CHECK(requests[5].starts_with("GET_PARAMETER "));
}

TEST_CASE("a camera that asks is answered; one that leaves has ended the stream") {
  const std::string ask = "OPTIONS * RTSP/1.0\r\nCSeq: 77\r\n\r\n";
  const std::string odd = "ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 78\r\n\r\n";
  const std::string bye{'\x81', '\xCB', 0, 1, 0, 0, 0, 1};
  ScriptedCamera camera({kOptions, Described(kH264), kSetup, kPlay + ask + odd + Data(3, bye)});
  {
    Watched watched(camera.Url("/"));
    REQUIRE(watched.source.Open());
    CHECK(watched.ReadFault() == "connection-lost");
    CHECK(Contains(watched.message, "ended the stream"));
  }
  const auto& requests = camera.Requests();
  CHECK(requests[4] == "RTSP/1.0 200 OK\r\nCSeq: 77\r\nSession: 4711\r\n\r\n");
  CHECK(requests[5].starts_with("RTSP/1.0 501 "));
}

TEST_CASE("rubbish between pictures is skipped, within bounds") {
  const std::string rubbish(3000, '\x01');
  ScriptedCamera camera(
      {kOptions, Described(kH264), kSetup,
       kPlay + Data(2, Picture(1)) + rubbish + Data(2, Picture(2)) + std::string(70000, '\x02')});
  Watched watched(camera.Url("/"));
  REQUIRE(watched.source.Open());
  CHECK(watched.ReadFault() == "invalid-data");
  CHECK(watched.lastByte == 2);
}

TEST_CASE("who says nothing is given up in time, and an interrupt ends any wait") {
  for (const bool interrupted : {false, true}) {
    for (const bool playing : {false, true}) {
      CAPTURE(interrupted);
      CAPTURE(playing);
      ScriptedCamera camera(playing ? std::vector{kOptions, Described(kH264), kSetup, kPlay}
                                    : std::vector<std::string>{"*"});
      Watched watched(camera.Url("/"));
      if (playing) REQUIRE(watched.source.Open());
      std::atomic<bool> over{false};
      std::thread later([&] {
        if (interrupted) watched.interrupt = true;
        // Again and again: the wait may begin later than this thread.
        while (!over && !interrupted) watched.clock.Advance(std::chrono::milliseconds(1));
      });
      const std::string fault = playing ? watched.ReadFault() : watched.OpenFault();
      over = true;
      later.join();
      CHECK(fault == (interrupted ? (playing ? "none" : "interrupted")
                                  : (playing ? "read-timeout" : "connect-timeout")));
    }
  }
}

TEST_CASE("an interrupt ends a stream that never pauses") {
  constexpr int kPictures = 20'000;
  std::string stream;
  for (int i = 0; i < kPictures; ++i) stream += Data(2, Picture(static_cast<char>(i)));
  ScriptedCamera camera({kOptions, Described(kH264), kSetup, kPlay + stream});
  Watched watched(camera.Url("/"));
  REQUIRE(watched.source.Open());
  watched.interrupt = true;
  int pictures = 0;
  Packet packet;
  while (watched.source.Read(packet) == ReadResult::kPacket) ++pictures;
  // What had been received before, at most the buffer's 64 KiB.
  CHECK(pictures < kPictures / 4);
}
