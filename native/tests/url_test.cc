#include "media/url.h"

#include <doctest/doctest.h>

#include <string>

#include "error.h"

using namespace roadwatch;

namespace {

std::string CodeOf(const std::string& url, bool allowFiles) {
  try {
    return CheckUrl(url, allowFiles) == UrlKind::kRtsp ? "rtsp" : "file";
  } catch (const Error& error) {
    CHECK(std::string(error.what()).find("secret") == std::string::npos);
    return error.code();
  }
}

}  // namespace

TEST_CASE("cameras' addresses are taken") {
  for (const char* url :
       {"rtsp://10.0.0.1/stream", "rtsps://cam.example:322/live?profile=1", "RTSP://10.0.0.1/",
        "rtsp://user:secret@10.0.0.1:554/a", "rtsp://[fe80::1]:554/a", "rtsp://host/\xE4\xBA\xA4"}) {
    CAPTURE(url);
    CHECK(CodeOf(url, false) == "rtsp");
  }
}

TEST_CASE("other schemes are refused, also where files are allowed") {
  for (const char* url :
       {"http://a/b", "https://a/b", "file:///etc/passwd", "concat:a|b", "data:text/plain,x",
        "subfile,,start,0,end,9,,:a", "tcp://1.2.3.4:5", "crypto:a", "ftp://a/b"}) {
    CAPTURE(url);
    CHECK(CodeOf(url, false) == "scheme-refused");
    CHECK(CodeOf(url, true) == "scheme-refused");
  }
}

TEST_CASE("paths are taken where files are allowed") {
  for (const char* path : {"/tmp/a.mp4", "clip.mp4", "./a b.mp4", "../x:y.mp4", "/tmp/a%03d.jpg"}) {
    CAPTURE(path);
    CHECK(CodeOf(path, true) == "file");
    CHECK(CodeOf(path, false) == "scheme-refused");
  }
}

TEST_CASE("addresses that are none are told apart") {
  for (const char* url : {"", "rtsp:", "rtsp:/", "rtsp://", "rtsp:///a", "rtsp://:554/a",
                          "rtsp://user:secret@/a", "rtsp://host/a b", "rtsp://host/a\nb", "rtsp://ho\tst/"}) {
    CAPTURE(url);
    CHECK(CodeOf(url, true) == "bad-url");
  }
}

TEST_CASE("credentials are taken out, wherever they stand") {
  CHECK(RedactUrl("rtsp://admin:secret@10.0.0.1/a") == "rtsp://***@10.0.0.1/a");
  CHECK(RedactUrl("rtsp://admin:p@ss@10.0.0.1/a") == "rtsp://***@10.0.0.1/a");
  CHECK(RedactUrl("rtsp://10.0.0.1/a?user=admin&password=secret&channel=1") ==
        "rtsp://10.0.0.1/a?user=***&password=***&channel=1");
  CHECK(RedactUrl("rtsp://10.0.0.1/a?TOKEN=secret") == "rtsp://10.0.0.1/a?TOKEN=***");
  CHECK(RedactUrl("rtsp://10.0.0.1:554/a") == "rtsp://10.0.0.1:554/a");
}

TEST_CASE("credentials are taken out of what is no proper address, too") {
  CHECK(RedactUrl("rtsp://admin:S3?cret@10.0.0.1/a") == "rtsp://***@10.0.0.1/a");
  CHECK(RedactUrl("rtsp:/admin:secret@10.0.0.1/a") == "rtsp:/***@10.0.0.1/a");
  CHECK(RedactUrl("rtsp//admin:secret@10.0.0.1/a") == "***@10.0.0.1/a");
  CHECK(RedactUrl("rtsp://10.0.0.1:554/user=admin&password=secret&channel=1&stream=0.sdp?real_stream") ==
        "rtsp://10.0.0.1:554/user=***&password=***&channel=1&stream=0.sdp?real_stream");
  CHECK(RedactUrl("rtsp://10.0.0.1/a?usr=admin&pw=secret&x=1") == "rtsp://10.0.0.1/a?usr=***&pw=***&x=1");
}

TEST_CASE("an @ that belongs to no name stays") {
  CHECK(RedactUrl("/data/crossing@night.mp4") == "/data/crossing@night.mp4");
  CHECK(RedactUrl("rtsp://10.0.0.1/a?mail=a@example.org") == "rtsp://10.0.0.1/a?mail=a@example.org");
}
