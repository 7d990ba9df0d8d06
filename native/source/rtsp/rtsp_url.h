#pragma once

#include <string>

namespace roadwatch {

/// The parts of rtsp://[user[:password]@]host[:port]/path that a connection needs.
struct RtspUrl {
  std::string user;      ///< percent-decoded; empty without
  std::string password;  ///< percent-decoded
  std::string host;      ///< name or number; IPv6 without brackets
  std::string port = "554";
  std::string request;  ///< the address as it is asked for: without user and password
};

/// Throws Error("bad-url") that says what was expected, without credentials.
RtspUrl ParseRtspUrl(const std::string& url);

/// What a session description calls a stream ("trackID=1", "*", an address of its own), made a full address.
std::string ResolveControl(const std::string& base, const std::string& control);

}  // namespace roadwatch
