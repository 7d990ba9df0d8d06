#include "source/connection_state.h"

namespace roadwatch {

namespace {

struct Name {
  const char* operator()(const Connecting&) const { return "connecting"; }
  const char* operator()(const Live&) const { return "live"; }
  const char* operator()(const Stalled&) const { return "stalled"; }
  const char* operator()(const Reconnecting&) const { return "reconnecting"; }
  const char* operator()(const Failed&) const { return "failed"; }
  const char* operator()(const Ended&) const { return "ended"; }
};

}  // namespace

const char* ConnectionStateName(const ConnectionState& state) { return std::visit(Name{}, state.value); }

}  // namespace roadwatch
