#include "media/av_error.h"

extern "C" {
#include <libavutil/error.h>
#include <libavutil/log.h>
}

#include <array>

namespace roadwatch {

std::string AvErrorText(int error) {
  std::array<char, AV_ERROR_MAX_STRING_SIZE> text{};
  av_strerror(error, text.data(), text.size());
  return text.data();
}

void QuietFfmpegLog() { av_log_set_level(AV_LOG_QUIET); }

}  // namespace roadwatch
