#include "source/rtsp/authorization.h"

extern "C" {
#include <libavutil/base64.h>
#include <libavutil/md5.h>
#include <libavutil/mem.h>
#include <libavutil/sha.h>
}

#include <array>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <new>
#include <random>
#include <utility>

namespace roadwatch {

namespace {

constexpr size_t kMd5Bytes = 16;
constexpr size_t kSha256Bytes = 32;
constexpr int kSha256Bits = 256;

struct AvFree {
  void operator()(void* memory) const noexcept { av_free(memory); }
};

const uint8_t* Bytes(const std::string& text) { return reinterpret_cast<const uint8_t*>(text.data()); }

template <size_t kSize>
std::string Hexadecimal(const std::array<uint8_t, kSize>& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const uint8_t byte : bytes) {
    text += kDigits[byte >> 4];
    text += kDigits[byte & 0xF];
  }
  return text;
}

std::string Md5(const std::string& text) {
  std::array<uint8_t, kMd5Bytes> hash{};
  av_md5_sum(hash.data(), Bytes(text), text.size());
  return Hexadecimal(hash);
}

std::string Sha256(const std::string& text) {
  const std::unique_ptr<AVSHA, AvFree> sha(av_sha_alloc());
  if (!sha) throw std::bad_alloc();
  std::array<uint8_t, kSha256Bytes> hash{};
  av_sha_init(sha.get(), kSha256Bits);
  av_sha_update(sha.get(), Bytes(text), text.size());
  av_sha_final(sha.get(), hash.data());
  return Hexadecimal(hash);
}

std::string Base64(const std::string& text) {
  std::string encoded(AV_BASE64_SIZE(text.size()), '\0');
  av_base64_encode(encoded.data(), static_cast<int>(encoded.size()), Bytes(text),
                   static_cast<int>(text.size()));
  encoded.resize(encoded.find('\0'));
  return encoded;
}

/// A quoted string of a header must not end early.
std::string Quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char character : text) {
    if (character == '"' || character == '\\') quoted += '\\';
    quoted += character;
  }
  return quoted + '"';
}

std::string RandomNonce() {
  std::random_device random;
  std::array<uint8_t, 8> bytes{};
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return Hexadecimal(bytes);
}

}  // namespace

Authorization::Authorization(std::string user, std::string password)
    : user_(std::move(user)), password_(std::move(password)), clientNonce_(RandomNonce()) {}

bool Authorization::TakeChallenge(const RtspMessage& response) {
  if (user_.empty() && password_.empty()) return false;
  bool basic = false;
  for (const auto& [name, value] : response.headers) {
    if (name != "www-authenticate") continue;
    const std::string scheme = LowerCase(value.substr(0, value.find(' ')));
    if (scheme == "digest" && TakeDigest(value)) return true;
    basic = basic || scheme == "basic";
  }
  if (basic) scheme_ = Scheme::kBasic;
  return basic;
}

bool Authorization::TakeDigest(std::string_view challenge) {
  challenge.remove_prefix(std::string_view("digest").size());
  const std::string algorithm = Parameter(challenge, "algorithm", ',');
  const std::string kind = LowerCase(algorithm);
  const bool sha256 = kind == "sha-256";
  if (!sha256 && !kind.empty() && kind != "md5") return false;
  const std::string qop = Parameter(challenge, "qop", ',');
  if (!qop.empty() && !Lists(qop, "auth")) return false;
  scheme_ = Scheme::kDigest;
  realm_ = Parameter(challenge, "realm", ',');
  nonce_ = Parameter(challenge, "nonce", ',');
  opaque_ = Parameter(challenge, "opaque", ',');
  algorithm_ = algorithm;
  sha256_ = sha256;
  withQop_ = !qop.empty();
  requests_ = 0;
  return true;
}

std::string Authorization::Header(const std::string& method, const std::string& uri) {
  switch (scheme_) {
    case Scheme::kBasic:
      return "Basic " + Base64(user_ + ":" + password_);
    case Scheme::kDigest:
      return DigestHeader(method, uri);
    case Scheme::kNone:
      return {};
  }
  return {};
}

std::string Authorization::Hash(const std::string& text) const { return sha256_ ? Sha256(text) : Md5(text); }

std::string Authorization::DigestHeader(const std::string& method, const std::string& uri) {
  ++requests_;
  std::array<char, 9> count{};
  std::snprintf(count.data(), count.size(), "%08x", requests_);
  const std::string secret = Hash(user_ + ":" + realm_ + ":" + password_);
  const std::string request = Hash(method + ":" + uri);
  const std::string middle = withQop_ ? nonce_ + ":" + count.data() + ":" + clientNonce_ + ":auth" : nonce_;
  std::string header = "Digest username=" + Quoted(user_) + ", realm=" + Quoted(realm_) +
                       ", nonce=" + Quoted(nonce_) + ", uri=" + Quoted(uri) + ", response=\"" +
                       Hash(secret + ":" + middle + ":" + request) + "\"";
  if (!algorithm_.empty()) header += ", algorithm=" + algorithm_;
  if (!opaque_.empty()) header += ", opaque=" + Quoted(opaque_);
  if (withQop_) header += std::string(", qop=auth, nc=") + count.data() + ", cnonce=" + Quoted(clientNonce_);
  return header;
}

}  // namespace roadwatch
