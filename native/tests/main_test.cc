#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "media/av_error.h"

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/lsan_interface.h>

/// x265, which makes clips for tests, keeps some of what it allocates for an encoder.
const char* __lsan_default_suppressions() { return "leak:libx265"; }
#endif

int main(int argc, char** argv) {
  roadwatch::QuietFfmpegLog();
  doctest::Context context(argc, argv);
  return context.run();
}
