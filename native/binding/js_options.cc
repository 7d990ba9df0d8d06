#include "binding/js_options.h"

#include <cmath>
#include <map>
#include <numeric>

#include "binding/js_error.h"

namespace roadwatch {

namespace {

std::string TypeName(const Napi::Value& value) {
  if (value.IsUndefined()) return "nothing";
  if (value.IsNull()) return "null";
  if (value.IsArray()) return "an array";
  if (value.IsString()) return "a string";
  if (value.IsNumber()) return "the number " + value.ToString().Utf8Value();
  if (value.IsBoolean()) return "a boolean";
  return "another type";
}

[[noreturn]] void Refuse(const Napi::Value& value, const std::string& name, const std::string& expected) {
  throw JsError(value.Env(), "invalid-argument",
                "expected " + name + " to be " + expected + ", received " + TypeName(value));
}

double ReadNumber(const Napi::Object& object, const char* name, double min, double max) {
  const Napi::Value value = object.Get(name);
  const bool inRange = value.IsNumber() && value.As<Napi::Number>().DoubleValue() >= min &&
                       value.As<Napi::Number>().DoubleValue() <= max;
  if (!inRange) Refuse(value, name, "a number from " + std::to_string(min) + " to " + std::to_string(max));
  return value.As<Napi::Number>().DoubleValue();
}

int ReadInt(const Napi::Object& object, const char* name, int min, int max) {
  const double value = ReadNumber(object, name, min, max);
  if (value != std::floor(value)) Refuse(object.Get(name), name, "a whole number");
  return static_cast<int>(value);
}

std::chrono::milliseconds ReadMilliseconds(const Napi::Object& object, const char* name) {
  constexpr double kDay = 24.0 * 3600 * 1000;
  return std::chrono::milliseconds(static_cast<int64_t>(std::llround(ReadNumber(object, name, 0, kDay))));
}

bool ReadBool(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsBoolean()) Refuse(value, name, "a boolean");
  return value.As<Napi::Boolean>().Value();
}

std::string ReadString(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsString()) Refuse(value, name, "a string");
  return value.As<Napi::String>().Utf8Value();
}

Napi::Object ReadObject(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsObject()) Refuse(value, name, "an object");
  return value.As<Napi::Object>();
}

Napi::Array ReadArray(const Napi::Object& object, const char* name) {
  const Napi::Value value = object.Get(name);
  if (!value.IsArray()) Refuse(value, name, "an array");
  return value.As<Napi::Array>();
}

template <typename Value>
Value ReadChoice(const Napi::Object& object, const char* name, const std::map<std::string, Value>& choices) {
  const Napi::Value value = object.Get(name);
  const auto found = value.IsString() ? choices.find(value.As<Napi::String>().Utf8Value()) : choices.end();
  if (found != choices.end()) return found->second;
  std::string expected = "one of";
  for (const auto& [choice, unused] : choices) expected += " " + choice;
  Refuse(value, name, expected);
}

int ReadClassId(const Napi::Array& array, uint32_t index, int classes, const char* name) {
  const Napi::Value value = array.Get(index);
  const int id = value.IsNumber() ? value.As<Napi::Number>().Int32Value() : -1;
  if (id < 0 || id >= classes) Refuse(value, name, "class ids below " + std::to_string(classes));
  return id;
}

std::vector<unsigned char> ReadAllowed(const Napi::Object& detection, int classes) {
  const Napi::Array ids = ReadArray(detection, "allowedClassIds");
  std::vector<unsigned char> allowed(static_cast<size_t>(classes), 0);
  for (uint32_t i = 0; i < ids.Length(); ++i) {
    allowed[static_cast<size_t>(ReadClassId(ids, i, classes, "allowedClassIds"))] = 1;
  }
  return allowed;
}

/// Every class is its own rival; those of one list share the number of its first.
std::vector<int> ReadRivals(const Napi::Object& detection, int classes) {
  std::vector<int> rivals(static_cast<size_t>(classes));
  std::iota(rivals.begin(), rivals.end(), 0);
  const Napi::Array lists = ReadArray(detection, "rivalClassIds");
  for (uint32_t i = 0; i < lists.Length(); ++i) {
    const Napi::Value list = lists.Get(i);
    if (!list.IsArray()) Refuse(list, "rivalClassIds", "an array of arrays");
    const auto ids = list.As<Napi::Array>();
    for (uint32_t k = 0; k < ids.Length(); ++k) {
      rivals[static_cast<size_t>(ReadClassId(ids, k, classes, "rivalClassIds"))] =
          ReadClassId(ids, 0, classes, "rivalClassIds");
    }
  }
  return rivals;
}

std::vector<std::string> ReadClassNames(const Napi::Object& model) {
  const Napi::Array names = ReadArray(model, "classNames");
  if (names.Length() == 0) Refuse(names, "classNames", "a non-empty array");
  std::vector<std::string> result;
  for (uint32_t i = 0; i < names.Length(); ++i) {
    const Napi::Value name = names.Get(i);
    if (!name.IsString()) Refuse(name, "classNames", "an array of strings");
    result.push_back(name.As<Napi::String>().Utf8Value());
  }
  return result;
}

ModelInput ReadModelInput(const Napi::Object& model) {
  constexpr int kMaxInputPx = 4096;
  ModelInput input;
  input.stridePx = ReadInt(model, "stridePx", 1, 256);
  input.longSidePx = ReadInt(model, "longSidePx", input.stridePx, kMaxInputPx);
  if (!model.Get("fixedInput").IsUndefined()) {
    const Napi::Object fixed = ReadObject(model, "fixedInput");
    input.fixed =
        InputSize{ReadInt(fixed, "heightPx", 1, kMaxInputPx), ReadInt(fixed, "widthPx", 1, kMaxInputPx)};
  }
  return input;
}

ZonePoint ReadZonePoint(const Napi::Value& value) {
  const char* const expected = "[x, y], each from 0 to 1";
  if (!value.IsArray() || value.As<Napi::Array>().Length() != 2) Refuse(value, "points", expected);
  const auto pair = value.As<Napi::Array>();
  const auto coordinate = [&](uint32_t index) {
    const Napi::Value number = pair.Get(index);
    const double read = number.IsNumber() ? number.As<Napi::Number>().DoubleValue() : -1;
    if (!(read >= 0 && read <= 1)) Refuse(number, "points", expected);
    return read;
  };
  return {coordinate(0), coordinate(1)};
}

Zone ReadZone(const Napi::Value& value) {
  if (!value.IsObject()) Refuse(value, "zones", "an array of objects");
  const auto object = value.As<Napi::Object>();
  Zone zone;
  zone.kind =
      ReadChoice<ZoneKind>(object, "kind", {{"include", ZoneKind::kInclude}, {"ignore", ZoneKind::kIgnore}});
  const Napi::Array points = ReadArray(object, "points");
  for (uint32_t i = 0; i < points.Length(); ++i) zone.corners.push_back(ReadZonePoint(points.Get(i)));
  return zone;
}

std::vector<Zone> ReadZones(const Napi::Object& options) {
  std::vector<Zone> zones;
  if (options.Get("zones").IsUndefined()) return zones;
  const Napi::Array list = ReadArray(options, "zones");
  for (uint32_t i = 0; i < list.Length(); ++i) zones.push_back(ReadZone(list.Get(i)));
  return zones;
}

CameraTuning ReadTuning(const Napi::Object& options) {
  return {ReadMilliseconds(options, "intervalMs"), ReadNumber(options, "priority", 0.1, 10),
          ReadZones(options)};
}

}  // namespace

PipelineOptions ReadPipelineOptions(const Napi::Object& options) {
  const Napi::Object model = ReadObject(options, "model");
  const Napi::Object detection = ReadObject(options, "detection");
  const Napi::Object grouping = ReadObject(options, "grouping");
  const Napi::Object backoff = ReadObject(options, "backoff");
  ReadChoice<int>(model, "family", {{"yolov8", 0}});

  PipelineOptions result;
  result.threads = static_cast<size_t>(ReadInt(options, "threads", 1, 256));
  result.batchDeadline = ReadMilliseconds(options, "batchDeadlineMs");
  result.jpegQuality = ReadInt(options, "jpegQuality", 1, 100);
  result.input = ReadModelInput(model);
  result.classNames = ReadClassNames(model);
  result.cropMarginPx = ReadInt(grouping, "cropMarginPx", 0, 10000);
  const int classes = static_cast<int>(result.classNames.size());
  result.vision.classes = classes;
  result.vision.confidence = static_cast<float>(ReadNumber(detection, "confidence", 0, 1));
  result.vision.iou = static_cast<float>(ReadNumber(detection, "iou", 0, 1));
  result.vision.maxObjects = ReadInt(detection, "maxObjects", 1, 100000);
  result.vision.allowed = ReadAllowed(detection, classes);
  result.vision.rivalOfClass = ReadRivals(detection, classes);
  result.vision.groupDistancePx = static_cast<float>(ReadNumber(grouping, "distancePx", 0, 1e6));
  result.vision.minGroupMembers = ReadInt(grouping, "minMembers", 1, 100000);
  result.backoff = {ReadMilliseconds(backoff, "firstMs"), ReadMilliseconds(backoff, "maxMs"),
                    ReadMilliseconds(backoff, "hopelessMs")};
  if (!options.Get("decodeMarksFile").IsUndefined()) {
    result.decodeMarksFile = ReadString(options, "decodeMarksFile");
  }
  return result;
}

SourceOptions ReadSourceOptions(const Napi::Object& options) {
  SourceOptions source;
  source.url = ReadString(options, "url");
  source.allowFiles = ReadBool(options, "allowFiles");
  source.udp = ReadChoice<bool>(options, "transport", {{"tcp", false}, {"udp", true}});
  source.connectTimeout = ReadMilliseconds(options, "connectTimeoutMs");
  source.readTimeout = ReadMilliseconds(options, "readTimeoutMs");
  return source;
}

CameraOptions ReadCameraOptions(const Napi::Object& options) {
  CameraOptions camera;
  camera.cameraId = ReadString(options, "cameraId");
  camera.source = ReadSourceOptions(options);
  camera.tuning = ReadTuning(options);
  camera.maxReuse = ReadMilliseconds(options, "maxReuseMs");
  camera.decodePolicy = ReadChoice<DecodePolicy>(
      options, "decodePolicy",
      {{"auto", DecodePolicy::kAuto}, {"keyframes", DecodePolicy::kKeyframes}, {"all", DecodePolicy::kAll}});
  camera.hardware = ReadChoice<HardwareDecode>(options, "hardwareDecode",
                                               {{"none", HardwareDecode::kNone},
                                                {"auto", HardwareDecode::kAuto},
                                                {"cuda", HardwareDecode::kCuda},
                                                {"vaapi", HardwareDecode::kVaapi},
                                                {"v4l2m2m", HardwareDecode::kV4l2m2m}});
  camera.playback = ReadChoice<Playback>(options, "playback",
                                         {{"live", Playback::kLive}, {"every-frame", Playback::kEveryFrame}});
  if (camera.playback == Playback::kEveryFrame) {
    camera.source.loop = false;
    camera.source.paced = false;
  } else if (camera.tuning.interval.count() == 0) {
    Refuse(options.Get("intervalMs"), "intervalMs", "greater than 0 for live playback");
  }
  return camera;
}

CameraTuning ReadCameraTuning(const Napi::Object& options) {
  CameraTuning tuning = ReadTuning(options);
  if (tuning.interval.count() == 0) Refuse(options.Get("intervalMs"), "intervalMs", "greater than 0");
  return tuning;
}

ProbeOptions ReadProbeOptions(const Napi::Object& options) {
  ProbeOptions probe;
  probe.source = ReadSourceOptions(options);
  if (!options.Get("measureMs").IsUndefined()) probe.measureFor = ReadMilliseconds(options, "measureMs");
  if (!options.Get("snapshotQuality").IsUndefined()) {
    probe.snapshotQuality = ReadInt(options, "snapshotQuality", 1, 100);
  }
  return probe;
}

PictureDemand ReadPictureDemand(const Napi::Object& demand) {
  return {ReadBool(demand, "raw"), ReadBool(demand, "drawn"), ReadBool(demand, "crops")};
}

Napi::Object ObjectArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsObject()) Refuse(info[index], name, "an object");
  return info[index].As<Napi::Object>();
}

std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name) {
  if (!info[index].IsString()) Refuse(info[index], name, "a string");
  return info[index].As<Napi::String>().Utf8Value();
}

}  // namespace roadwatch
