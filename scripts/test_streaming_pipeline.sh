#!/usr/bin/env bash
# Sends detections through all topics while the roles run, and fails where something is missing: `roadwatch streaming-test`.
#   scripts/test_streaming_pipeline.sh --mode e2e|load [--duration S] [--cameras N] [--bootstrap HOST:PORT,…] [--json]
set -euo pipefail
# shellcheck source=scripts/lib/roadwatch.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/roadwatch.sh"
roadwatch streaming-test "$@"
