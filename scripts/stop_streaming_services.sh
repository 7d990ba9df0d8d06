#!/usr/bin/env bash
# Stops what start_streaming_services.sh has started: `roadwatch services stop`, which has the options.
set -euo pipefail
# shellcheck source=scripts/lib/roadwatch.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/roadwatch.sh"
roadwatch services stop "$@"
