#include <doctest/doctest.h>

#include <string>

#include "error.h"
#include "source/rtsp/authorization.h"
#include "source/rtsp/rtsp_message.h"
#include "source/rtsp/rtsp_url.h"
#include "source/rtsp/session_description.h"

using namespace roadwatch;

namespace {

RtspMessage Challenge(const std::string& headers) {
  return *ParseRtspHead("RTSP/1.0 401 Unauthorized\r\n" + headers + "\r\n");
}

std::string ResponseIn(const std::string& header) { return Parameter(header.substr(7), "response", ','); }

}  // namespace

TEST_CASE("an RTSP address is taken apart, however it is written") {
  struct Case {
    const char* url;
    const char* user;
    const char* password;
    const char* host;
    const char* port;
    const char* request;
  };
  for (const Case& one : {
           Case{"rtsp://cam/live", "", "", "cam", "554", "rtsp://cam/live"},
           Case{"RTSP://cam", "", "", "cam", "554", "rtsp://cam"},
           Case{"rtsp://cam:8554?channel=1", "", "", "cam", "8554", "rtsp://cam:8554?channel=1"},
           Case{"rtsp://user:secret@10.0.0.7:554/a/b?c=d", "user", "secret", "10.0.0.7", "554",
                "rtsp://10.0.0.7:554/a/b?c=d"},
           Case{"rtsp://u%40x:p%3Aq%25@cam/", "u@x", "p:q%", "cam", "554", "rtsp://cam/"},
           Case{"rtsp://admin:a@b:c%zz@cam/x", "admin", "a@b:c%zz", "cam", "554", "rtsp://cam/x"},
           Case{"rtsp://user@[fe80::1]:8554/x", "user", "", "fe80::1", "8554", "rtsp://[fe80::1]:8554/x"},
       }) {
    CAPTURE(one.url);
    const RtspUrl url = ParseRtspUrl(one.url);
    CHECK(url.user == one.user);
    CHECK(url.password == one.password);
    CHECK(url.host == one.host);
    CHECK(url.port == one.port);
    CHECK(url.request == one.request);
  }
}

TEST_CASE("what is no RTSP address is refused, without its password") {
  for (const char* url : {"", "rtsp:", "http://cam/", "rtsp://", "rtsp://user:secret@/x", "rtsp://[::1/x",
                          "rtsp://cam:0/", "rtsp://cam:65536/", "rtsp://user:secret@cam:a/"}) {
    CAPTURE(url);
    try {
      ParseRtspUrl(url);
      FAIL("taken");
    } catch (const Error& error) {
      CHECK(error.code() == "bad-url");
      CHECK(std::string(error.what()).find("secret") == std::string::npos);
    }
  }
}

TEST_CASE("a stream's name is found behind the address that was asked for") {
  CHECK(ResolveControl("rtsp://cam/live", "trackID=1") == "rtsp://cam/live/trackID=1");
  CHECK(ResolveControl("rtsp://cam/live/", "trackID=1") == "rtsp://cam/live/trackID=1");
  CHECK(ResolveControl("rtsp://cam/live?a=b", "track1") == "rtsp://cam/live?a=b/track1");
  CHECK(ResolveControl("rtsp://cam/live", "*") == "rtsp://cam/live");
  CHECK(ResolveControl("rtsp://cam/live", "") == "rtsp://cam/live");
  CHECK(ResolveControl("rtsp://cam/live", "rtsp://other/x") == "rtsp://other/x");
}

TEST_CASE("Digest answers with MD5 as RFC 2617, 3.5, and with SHA-256 as RFC 7616, 3.9.1") {
  Authorization old("Mufasa", "Circle Of Life");
  old.SetClientNonce("0a4f113b");
  REQUIRE(old.TakeChallenge(
      Challenge("WWW-Authenticate: Digest realm=\"testrealm@host.com\", qop=\"auth,auth-int\", "
                "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", "
                "opaque=\"5ccc069c403ebaf9f0171e9517f40e41\"\r\n")));
  const std::string header = old.Header("GET", "/dir/index.html");
  CHECK(ResponseIn(header) == "6629fae49393a05397450978507c4ef1");
  CHECK(Parameter(header, "nc", ',') == "00000001");
  CHECK(Parameter(header, "opaque", ',') == "5ccc069c403ebaf9f0171e9517f40e41");
  CHECK(Parameter(old.Header("GET", "/dir/index.html"), "nc", ',') == "00000002");

  const std::string common =
      "realm=\"http-auth@example.org\", qop=\"auth, auth-int\", "
      "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\"\r\n";
  for (const auto& [algorithm, response] :
       {std::pair<std::string, std::string>{
            "SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"},
        {"MD5", "8ca523f5e9506fed4657c9700eebdbec"}}) {
    Authorization digest("Mufasa", "Circle of Life");
    digest.SetClientNonce("f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ");
    REQUIRE(
        digest.TakeChallenge(Challenge("WWW-Authenticate: Digest algorithm=" + algorithm + ", " + common)));
    const std::string answer = digest.Header("GET", "/dir/index.html");
    CHECK(ResponseIn(answer) == response);
    CHECK(Parameter(answer, "algorithm", ',') == algorithm);
  }
}

TEST_CASE("Digest without qop answers as RFC 2069") {
  Authorization digest("admin", "12345");
  REQUIRE(
      digest.TakeChallenge(Challenge("WWW-Authenticate: Digest realm=\"IP Camera\", nonce=\"abcdef\"\r\n")));
  const std::string header = digest.Header("DESCRIBE", "rtsp://cam/live");
  // md5(md5("admin:IP Camera:12345") ":abcdef:" md5("DESCRIBE:rtsp://cam/live")), by md5sum.
  CHECK(ResponseIn(header) == "49aab59f84283c0408b66dea136b5ecb");
  CHECK(header.find("qop") == std::string::npos);
}

TEST_CASE("Basic is the last resort; what is not known is not answered") {
  Authorization basic("Aladdin", "open sesame");
  REQUIRE(basic.TakeChallenge(Challenge("WWW-Authenticate: Basic realm=\"x\"\r\n")));
  CHECK(basic.Header("OPTIONS", "rtsp://cam/") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");

  Authorization both("a", "b");
  REQUIRE(both.TakeChallenge(Challenge(
      "WWW-Authenticate: Basic realm=\"x\"\r\nWWW-Authenticate: Digest realm=\"x\", nonce=\"n\"\r\n")));
  CHECK(both.Header("OPTIONS", "rtsp://cam/").starts_with("Digest "));

  CHECK(!Authorization("a", "b").TakeChallenge(Challenge("WWW-Authenticate: Bearer realm=\"x\"\r\n")));
  CHECK(!Authorization("a", "b").TakeChallenge(
      Challenge("WWW-Authenticate: Digest realm=\"x\", nonce=\"n\", algorithm=SHA-512-256\r\n")));
  CHECK(!Authorization("", "").TakeChallenge(Challenge("WWW-Authenticate: Basic realm=\"x\"\r\n")));
  CHECK(Authorization("a", "b").Header("OPTIONS", "rtsp://cam/").empty());
}

TEST_CASE("a message's head is read as cameras write it") {
  const auto response =
      ParseRtspHead("RTSP/1.0 200 OK\nCSeq:  2\r\nPUBLIC:OPTIONS, PLAY \r\nno header\r\n\r\n");
  REQUIRE(response);
  CHECK(response->status == 200);
  CHECK(response->Header("cseq") == "2");
  CHECK(response->Header("public") == "OPTIONS, PLAY");
  CHECK(response->Header("session").empty());
  const auto request = ParseRtspHead("OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n");
  REQUIRE(request);
  CHECK(request->status == 0);
  CHECK(!ParseRtspHead("HTTP/1.1 400 Bad Request\r\n\r\n"));
  CHECK(!ParseRtspHead("RTSP/1.0\r\n\r\n"));
  CHECK(!ParseRtspHead("RTSP/1.0 OK\r\n\r\n"));
  CHECK(!ParseRtspHead(""));
}

TEST_CASE("a parameter is found among others, within quotes and without") {
  CHECK(Parameter("12345678;timeout=60", "timeout", ';') == "60");
  CHECK(Parameter("RTP/AVP/TCP;unicast;interleaved=2-3;ssrc=1", "interleaved", ';') == "2-3");
  CHECK(Parameter("realm=\"a, b=c\", nonce=\"d\"", "nonce", ',') == "d");
  CHECK(Parameter("Realm=\"a, b=c\"", "realm", ',') == "a, b=c");
  CHECK(Parameter("a=1", "b", ',').empty());
}

TEST_CASE("a session description gives its video streams") {
  const SessionDescription session = ParseSessionDescription(
      "v=0\r\no=- 1 1 IN IP4 192.168.1.64\r\ns=Media Presentation\r\nt=0 "
      "0\r\na=control:rtsp://192.168.1.64/live/\r\n"
      "m=audio 0 RTP/AVP 8\r\na=control:trackID=2\r\n"
      "m=video 0 RTP/AVP 96\r\nb=AS:5000\r\na=recvonly\r\na=control:trackID=1\r\na=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 profile-level-id=420029; packetization-mode=1; "
      "sprop-parameter-sets=Z00AKeKQCgC3YC3AQEBpB4kRUA==,aO48gA==\r\n"
      "a=framerate:25.0\r\n"
      "m=video 0 RTP/AVP 26\r\na=control:trackID=3\r\n");
  CHECK(session.control == "rtsp://192.168.1.64/live/");
  CHECK(session.hasOtherMedia);
  REQUIRE(session.video.size() == 2);
  const VideoDescription& video = session.video[0];
  CHECK(video.codec == AV_CODEC_ID_H264);
  CHECK(video.payloadType == 96);
  CHECK(video.control == "trackID=1");
  CHECK(video.framesPerSecond == 25);
  // base64 -d: 67 4d 00 29 ..., 68 ee 3c 80
  REQUIRE(video.parameterSets.size() == 4 + 19 + 4 + 4);
  CHECK(video.parameterSets[4] == 0x67);
  CHECK(std::vector<uint8_t>(video.parameterSets.end() - 8, video.parameterSets.end()) ==
        std::vector<uint8_t>{0, 0, 0, 1, 0x68, 0xEE, 0x3C, 0x80});
  CHECK(session.video[1].codec == AV_CODEC_ID_NONE);
}

TEST_CASE("H.265 has three parameter sets, and maybe decoding order numbers") {
  const SessionDescription session = ParseSessionDescription(
      "m=video 0 RTP/AVP 98\na=rtpmap:98 H265/90000\n"
      "a=fmtp:98 sprop-sps=QgEB;sprop-vps=QAEM;sprop-pps=RAHA;sprop-max-don-diff=2\n");
  REQUIRE(session.video.size() == 1);
  const VideoDescription& video = session.video[0];
  CHECK(video.codec == AV_CODEC_ID_HEVC);
  CHECK(video.hasDon);
  CHECK(video.parameterSets ==
        std::vector<uint8_t>{0, 0, 0, 1, 0x40, 1, 0x0C, 0, 0, 0, 1, 0x42, 1, 1, 0, 0, 0, 1, 0x44, 1, 0xC0});
}

TEST_CASE("a session description that is none gives nothing, and a half one what is there") {
  CHECK(ParseSessionDescription("").video.empty());
  CHECK(ParseSessionDescription("<html>").video.empty());
  CHECK(ParseSessionDescription("m=video 0").video.size() == 1);
  const SessionDescription odd = ParseSessionDescription(
      "m=video 0 RTP/AVP 96\na=rtpmap:\na=fmtp:96\na=fmtp:96 sprop-parameter-sets=,,=\na=control");
  REQUIRE(odd.video.size() == 1);
  CHECK(odd.video[0].parameterSets.empty());
}
