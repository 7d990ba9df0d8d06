#pragma once

#include <napi.h>

#include "pipeline/pipeline.h"
#include "pipeline/pipeline_listener.h"

namespace roadwatch {

/// The engine's results as JavaScript objects; their shapes are in src/native.ts.
Napi::Object DetectionToJs(Napi::Env env, const Detection& detection);
Napi::Object ConnectionToJs(Napi::Env env, const ConnectionState& state);
Napi::Object StateEventToJs(Napi::Env env, const std::string& cameraId, const ConnectionState& state);
Napi::Object LogToJs(Napi::Env env, const LogLine& line);
Napi::Object StatsToJs(Napi::Env env, const PipelineStats& stats);

}  // namespace roadwatch
