#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include "media/av_error.h"

int main(int argc, char** argv) {
  roadwatch::QuietFfmpegLog();
  doctest::Context context(argc, argv);
  return context.run();
}
