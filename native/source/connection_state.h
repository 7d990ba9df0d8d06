#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace roadwatch {

/// Why a camera is not live: a stable code and words for people, without credentials.
/// Codes: bad-url, scheme-refused, unauthorized, not-found, unreachable, connect-timeout, read-timeout,
/// unsupported-codec, no-video, invalid-data, refused, io-error, connection-lost, restarted.
struct Fault {
  std::string code;
  std::string message;
};

struct Connecting {
  int attempt = 1;
};
struct Live {};
/// Connected, but no packet for longer than expected.
struct Stalled {};
/// Lost or never had; tried again at `nextTryUtcMs`.
struct Reconnecting {
  Fault why;
  int attempt = 1;
  int64_t nextTryUtcMs = 0;
};
/// Hopeless as configured (wrong password, no such stream, ...): tried again rarely.
struct Failed {
  Fault why;
  int64_t nextTryUtcMs = 0;
};
/// A file played once came to its end.
struct Ended {};

struct ConnectionState {
  std::variant<Connecting, Live, Stalled, Reconnecting, Failed, Ended> value;
  int64_t sinceUtcMs = 0;
};

/// "connecting", "live", "stalled", "reconnecting", "failed" or "ended".
const char* ConnectionStateName(const ConnectionState& state);

}  // namespace roadwatch
