#pragma once

#include <napi.h>

#include <string>

#include "pipeline/detection.h"
#include "pipeline/options.h"
#include "pipeline/probe.h"

namespace roadwatch {

/// JavaScript option objects (src/native.ts) to the engine's. A missing or wrong value throws a JavaScript
/// error with code `invalid-argument` that names the option, what was expected and what came.
PipelineOptions ReadPipelineOptions(const Napi::Object& options);
CameraOptions ReadCameraOptions(const Napi::Object& options);
/// The part of a camera's options that says what is read and how.
SourceOptions ReadSourceOptions(const Napi::Object& options);
/// What may change of a live camera.
CameraTuning ReadCameraTuning(const Napi::Object& options);
ProbeOptions ReadProbeOptions(const Napi::Object& options);
PictureDemand ReadPictureDemand(const Napi::Object& demand);

/// The call's argument `index` as an object or a string, else an error that names it.
Napi::Object ObjectArgument(const Napi::CallbackInfo& info, size_t index, const char* name);
std::string StringArgument(const Napi::CallbackInfo& info, size_t index, const char* name);

}  // namespace roadwatch
