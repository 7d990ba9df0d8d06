#include "source/backoff.h"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.h"

using namespace roadwatch;
using std::chrono::milliseconds;

namespace {
const BackoffOptions kOptions{milliseconds(1000), milliseconds(60000), milliseconds(60000),
                              milliseconds(10000)};
}

TEST_CASE("waits double from the first to the longest") {
  FixedRandom most(1.0);
  Backoff backoff(kOptions, most);
  for (const int seconds : {1, 2, 4, 8, 16, 32, 60, 60, 60})
    CHECK(backoff.NextWait() == milliseconds(seconds * 1000));
}

TEST_CASE("jitter takes at most half of a wait") {
  FixedRandom least(0.0);
  Backoff backoff(kOptions, least);
  CHECK(backoff.NextWait() == milliseconds(500));
  CHECK(backoff.NextWait() == milliseconds(1000));
  CHECK(backoff.HopelessWait() == milliseconds(30000));
}

TEST_CASE("after a connection that had settled the first try is at once, then it begins anew") {
  FixedRandom most(1.0);
  Backoff backoff(kOptions, most);
  backoff.NextWait();
  backoff.NextWait();
  backoff.Broke(milliseconds(10000));
  CHECK(backoff.NextWait() == milliseconds(0));
  CHECK(backoff.NextWait() == milliseconds(1000));
}

TEST_CASE("a camera that breaks soon after each connection is not asked without a pause") {
  FixedRandom most(1.0);
  Backoff backoff(kOptions, most);
  for (const int seconds : {0, 1, 2, 4}) {
    backoff.Broke(milliseconds(200));
    CHECK(backoff.NextWait() == milliseconds(seconds * 1000));
  }
  backoff.Broke(milliseconds(10000));
  CHECK(backoff.NextWait() == milliseconds(0));
}

TEST_CASE("a thousand failures do not overflow") {
  FixedRandom most(1.0);
  Backoff backoff(kOptions, most);
  for (int i = 0; i < 1000; ++i) {
    const auto wait = backoff.NextWait();
    CHECK(wait.count() >= 1000);
    CHECK(wait.count() <= 60000);
  }
}
