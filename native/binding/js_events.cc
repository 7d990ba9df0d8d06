#include "binding/js_events.h"

#include <string>
#include <type_traits>

#include "image/difference_hash.h"

namespace roadwatch {

namespace {

template <typename Number>
Napi::Number ToJs(Napi::Env env, Number value) {
  return Napi::Number::New(env, static_cast<double>(value));
}

Napi::Array CornersToJs(Napi::Env env, double x1, double y1, double x2, double y2) {
  Napi::Array corners = Napi::Array::New(env, 4);
  corners.Set(0u, Napi::Number::New(env, x1));
  corners.Set(1u, Napi::Number::New(env, y1));
  corners.Set(2u, Napi::Number::New(env, x2));
  corners.Set(3u, Napi::Number::New(env, y2));
  return corners;
}

Napi::Array BoxToJs(Napi::Env env, const Box& box) {
  return CornersToJs(env, static_cast<double>(box.x1), static_cast<double>(box.y1),
                     static_cast<double>(box.x2), static_cast<double>(box.y2));
}

Napi::Buffer<uint8_t> JpegToJs(Napi::Env env, const std::vector<uint8_t>& jpeg) {
  return Napi::Buffer<uint8_t>::Copy(env, jpeg.data(), jpeg.size());
}

Napi::Object ObjectToJs(Napi::Env env, const Box& box) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("classId", ToJs(env, box.classId));
  object.Set("confidence", ToJs(env, box.confidence));
  object.Set("bbox", BoxToJs(env, box));
  return object;
}

Napi::Object CropToJs(Napi::Env env, const Crop& crop) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("jpeg", JpegToJs(env, crop.jpeg));
  object.Set("bbox", CornersToJs(env, crop.rect.x, crop.rect.y, crop.rect.x + crop.rect.widthPx,
                                 crop.rect.y + crop.rect.heightPx));
  object.Set("widthPx", ToJs(env, crop.rect.widthPx));
  object.Set("heightPx", ToJs(env, crop.rect.heightPx));
  object.Set("differenceHash", HashText(crop.hash));
  return object;
}

Napi::Object GroupToJs(Napi::Env env, const DetectedGroup& detected) {
  Napi::Object object = Napi::Object::New(env);
  Napi::Array members = Napi::Array::New(env, detected.group.members.size());
  for (size_t i = 0; i < detected.group.members.size(); ++i) {
    members.Set(static_cast<uint32_t>(i), ToJs(env, detected.group.members[i]));
  }
  object.Set("members", members);
  object.Set("bbox", BoxToJs(env, detected.group.bounds));
  object.Set("meanConfidence", ToJs(env, detected.group.bounds.confidence));
  if (detected.crop) object.Set("crop", CropToJs(env, *detected.crop));
  return object;
}

template <typename Item, typename Convert>
Napi::Array ArrayToJs(Napi::Env env, const std::vector<Item>& items, Convert convert) {
  Napi::Array array = Napi::Array::New(env, items.size());
  for (size_t i = 0; i < items.size(); ++i) array.Set(static_cast<uint32_t>(i), convert(env, items[i]));
  return array;
}

Napi::Object TimingsToJs(Napi::Env env, const StageTimings& timings) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("totalMs", ToJs(env, timings.totalMs));
  object.Set("decodeMs", ToJs(env, timings.decodeMs));
  object.Set("queueMs", ToJs(env, timings.queueMs));
  object.Set("letterboxMs", ToJs(env, timings.letterboxMs));
  object.Set("inferenceMs", ToJs(env, timings.inferenceMs));
  object.Set("resultQueueMs", ToJs(env, timings.resultQueueMs));
  object.Set("postprocessMs", ToJs(env, timings.postprocessMs));
  return object;
}

Napi::Object FaultToJs(Napi::Env env, const Fault& fault) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("code", fault.code);
  object.Set("message", fault.message);
  return object;
}

const char* LogLevelName(LogLevel level) {
  switch (level) {
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarn:
      return "warn";
    case LogLevel::kError:
      return "error";
  }
  return "error";
}

Napi::Object CameraStatsToJs(Napi::Env env, const CameraStats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("cameraId", stats.cameraId);
  object.Set("connection", ConnectionToJs(env, stats.connection));
  object.Set("quality", QualityMarkName(stats.quality.mark));
  object.Set("stallsLastHour", ToJs(env, stats.quality.stallsLastHour));
  object.Set("reconnectsLastHour", ToJs(env, stats.quality.reconnectsLastHour));
  object.Set("packets", ToJs(env, stats.quality.packets));
  object.Set("bytes", ToJs(env, stats.quality.bytes));
  object.Set("framesPerSecond", ToJs(env, stats.quality.framesPerSecond));
  object.Set("bytesPerSecond", ToJs(env, stats.quality.bytesPerSecond));
  object.Set("decodeMode", DecodeModeName(stats.decodeMode));
  object.Set("configuredIntervalMs", ToJs(env, stats.configuredInterval.count()));
  object.Set("intervalMs", ToJs(env, stats.interval.count()));
  if (stats.gop) object.Set("gopMs", ToJs(env, stats.gop->count()));
  if (stats.gradualRefresh) object.Set("gradualRefresh", Napi::Boolean::New(env, true));
  object.Set("decoder", stats.decoder);
  if (!stats.codec.empty()) object.Set("codec", stats.codec);
  if (stats.imageWidthPx > 0) {
    object.Set("imageWidth", ToJs(env, stats.imageWidthPx));
    object.Set("imageHeight", ToJs(env, stats.imageHeightPx));
  }
  object.Set("decodeMs", ToJs(env, stats.meanDecodeMs));
  object.Set("framesDecoded", ToJs(env, stats.framesDecoded));
  object.Set("decodeErrors", ToJs(env, stats.decodeErrors));
  object.Set("framesOffered", ToJs(env, stats.framesOffered));
  object.Set("framesReplaced", ToJs(env, stats.framesReplaced));
  object.Set("framesStale", ToJs(env, stats.framesStale));
  object.Set("analysed", ToJs(env, stats.analysed));
  object.Set("reused", ToJs(env, stats.reused));
  object.Set("busy", Napi::Boolean::New(env, stats.busy));
  if (stats.resultAge) object.Set("resultAgeMs", ToJs(env, stats.resultAge->count()));
  return object;
}

}  // namespace

Napi::Object DetectionToJs(Napi::Env env, const Detection& detection) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", "detection");
  object.Set("cameraId", detection.camera.id);
  object.Set("capturedAtMs", ToJs(env, detection.captureUtcMs));
  if (detection.mediaTimeMs) object.Set("mediaTimeMs", ToJs(env, *detection.mediaTimeMs));
  object.Set("imageWidth", ToJs(env, detection.imageWidthPx));
  object.Set("imageHeight", ToJs(env, detection.imageHeightPx));
  object.Set("objects", ArrayToJs(env, detection.objects, ObjectToJs));
  object.Set("groups", ArrayToJs(env, detection.groups, GroupToJs));
  if (!detection.rawJpeg.empty()) object.Set("rawJpeg", JpegToJs(env, detection.rawJpeg));
  if (!detection.drawnJpeg.empty()) object.Set("drawnJpeg", JpegToJs(env, detection.drawnJpeg));
  if (detection.reused) object.Set("reused", Napi::Boolean::New(env, true));
  object.Set("timings", TimingsToJs(env, detection.timings));
  return object;
}

Napi::Object ConnectionToJs(Napi::Env env, const ConnectionState& state) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("state", ConnectionStateName(state));
  object.Set("sinceMs", ToJs(env, state.sinceUtcMs));
  std::visit(
      [&](const auto& value) {
        using Value = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<Value, Connecting> || std::is_same_v<Value, Reconnecting>) {
          object.Set("attempt", ToJs(env, value.attempt));
        }
        if constexpr (std::is_same_v<Value, Reconnecting> || std::is_same_v<Value, Failed>) {
          object.Set("nextTryMs", ToJs(env, value.nextTryUtcMs));
          object.Set("fault", FaultToJs(env, value.why));
        }
      },
      state.value);
  return object;
}

Napi::Object StateEventToJs(Napi::Env env, const std::string& cameraId, const ConnectionState& state) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", "state");
  object.Set("cameraId", cameraId);
  object.Set("connection", ConnectionToJs(env, state));
  return object;
}

Napi::Object LogToJs(Napi::Env env, const LogLine& line) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("type", "log");
  object.Set("level", LogLevelName(line.level));
  object.Set("code", line.code);
  object.Set("message", line.message);
  if (!line.cameraId.empty()) object.Set("cameraId", line.cameraId);
  return object;
}

Napi::Object StatsToJs(Napi::Env env, const PipelineStats& stats) {
  Napi::Object object = Napi::Object::New(env);
  object.Set("cameras", ArrayToJs(env, stats.cameras, CameraStatsToJs));
  object.Set("framesWaiting", ToJs(env, stats.batches.framesWaiting));
  object.Set("batches", ToJs(env, stats.batches.batches));
  object.Set("batchedFrames", ToJs(env, stats.batches.batchedFrames));
  object.Set("batchesBySize",
             ArrayToJs(env, stats.batches.batchesBySize,
                       [](Napi::Env inner, uint64_t batches) { return ToJs(inner, batches); }));
  object.Set("failedBatches", ToJs(env, stats.failedBatches));
  object.Set("stretch", ToJs(env, stats.stretch));
  if (stats.oldestRun) object.Set("oldestRunMs", ToJs(env, stats.oldestRun->count()));
  return object;
}

}  // namespace roadwatch
