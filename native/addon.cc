// Everything that crosses between the engine and JavaScript. Its typed twin is src/native.ts.

#include <libyuv.h>
#include <napi.h>

#ifdef __GLIBC__
#include <malloc.h>
#endif

#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "binding/blocking_call.h"
#include "binding/js_error.h"
#include "binding/js_options.h"
#include "binding/lane_binding.h"
#include "binding/pipeline_binding.h"
#include "media/av_error.h"
#include "media/url.h"
#include "pipeline/probe.h"
#include "system/decode_marks.h"
#include "system/notify_socket.h"

namespace roadwatch {

namespace {

Napi::Object ProbeToJs(Napi::Env env, const ProbeResult& result) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("codec", result.codec);
  object.Set("imageWidth", Napi::Number::New(env, result.imageWidthPx));
  object.Set("imageHeight", Napi::Number::New(env, result.imageHeightPx));
  if (result.framesPerSecond > 0)
    object.Set("framesPerSecond", Napi::Number::New(env, result.framesPerSecond));
  object.Set("keyframe", Napi::Boolean::New(env, result.keyframe));
  object.Set("connectMs", Napi::Number::New(env, result.connectMs));
  object.Set("firstPacketMs", Napi::Number::New(env, result.firstPacketMs));
  object.Set("watchedMs", Napi::Number::New(env, static_cast<double>(result.watched.count())));
  if (result.gop) object.Set("gopMs", Napi::Number::New(env, static_cast<double>(result.gop->count())));
  if (result.gradualRefresh) object.Set("gradualRefresh", Napi::Boolean::New(env, true));
  if (result.bitsPerSecond > 0) object.Set("bitsPerSecond", Napi::Number::New(env, result.bitsPerSecond));
  if (!result.snapshot.empty()) {
    object.Set("snapshotJpeg",
               Napi::Buffer<uint8_t>::Copy(env, result.snapshot.data(), result.snapshot.size()));
  }
  return object;
}

Napi::Value ProbeCamera(const Napi::CallbackInfo& info) {
  ProbeOptions options = ReadProbeOptions(ObjectArgument(info, 0, "options"));
  auto result = std::make_shared<ProbeResult>();
  return BlockingCall::Start(
      info.Env(), "roadwatch probe",
      [options = std::move(options), result](const std::atomic<bool>& interrupt) {
        *result = Probe(options, SystemClock(), interrupt);
      },
      [result](Napi::Env env) -> Napi::Value { return ProbeToJs(env, *result); });
}

Napi::Value RedactUrlOf(const Napi::CallbackInfo& info) {
  return Napi::String::New(info.Env(), RedactUrl(StringArgument(info, 0, "url")));
}

Napi::Value Versions(const Napi::CallbackInfo& info) {
  Napi::Object versions = Napi::Object::New(info.Env());
  versions.Set("roadwatch", ROADWATCH_VERSION);
  versions.Set("ffmpeg", av_version_info());
  versions.Set("libyuv", std::to_string(LIBYUV_VERSION));
  return versions;
}

Napi::Value DecodeSuspects(const Napi::CallbackInfo& info) {
  const std::string path = StringArgument(info, 0, "path");
  const auto suspects = Guarded(info.Env(), [&] { return DecodeMarks::Suspects(path); });
  Napi::Array ids = Napi::Array::New(info.Env());
  for (uint32_t i = 0; i < suspects.size(); ++i) ids.Set(i, suspects[i]);
  return ids;
}

Napi::Value NotifyManager(const Napi::CallbackInfo& info) {
  const std::string address = StringArgument(info, 0, "address");
  const std::string message = StringArgument(info, 1, "message");
  Guarded(info.Env(), [&] { NotifyServiceManager(address, message); });
  return info.Env().Undefined();
}

/// Runs neither destructors nor Node's own end: both wait for threads, and one may be stuck.
Napi::Value ExitNow(const Napi::CallbackInfo& info) {
  if (!info[0].IsNumber()) throw JsError(info.Env(), "invalid-argument", "expected code to be a number");
  DecodeMarks::DismissAll();
  std::_Exit(info[0].As<Napi::Number>().Int32Value());
}

/// Threads come and go with cameras. glibc would give each its own heap and keep what is freed there apart:
/// on a box that adds and removes cameras all day, memory would grow without a leak.
void LimitHeaps() {
#ifdef __GLIBC__
  constexpr int kHeaps = 4;
  mallopt(M_ARENA_MAX, kHeaps);
#endif
}

Napi::Object Init(Napi::Env env, Napi::Object exports) {
  QuietFfmpegLog();
  LimitHeaps();
  exports.Set("Pipeline", PipelineBinding::Define(env));
  exports.Set("InferenceLane", LaneBinding::Define(env));
  exports.Set("probe", Napi::Function::New<ProbeCamera>(env, "probe"));
  exports.Set("redactUrl", Napi::Function::New<RedactUrlOf>(env, "redactUrl"));
  exports.Set("exitNow", Napi::Function::New<ExitNow>(env, "exitNow"));
  exports.Set("decodeSuspects", Napi::Function::New<DecodeSuspects>(env, "decodeSuspects"));
  exports.Set("notifyServiceManager", Napi::Function::New<NotifyManager>(env, "notifyServiceManager"));
  exports.Set("versions", Napi::Function::New<Versions>(env, "versions"));
  return exports;
}

}  // namespace

}  // namespace roadwatch

static Napi::Object InitRoadwatch(Napi::Env env, Napi::Object exports) {
  return roadwatch::Init(env, exports);
}

NODE_API_MODULE(roadwatch, InitRoadwatch)
