#pragma once

#include <string>

namespace roadwatch {

/// FFmpeg's words for one of its error numbers.
std::string AvErrorText(int error);

/// FFmpeg writes to stderr by itself, addresses with passwords included: it is told not to. Idempotent.
void QuietFfmpegLog();

}  // namespace roadwatch
