#!/usr/bin/env bash
# Sets up what is missing and plays real footage as cameras: no broker, no key, no GPU.
#   scripts/demo.sh [--seconds N] [--json] [--port P] [--cameras N]
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# stdout is left for the demo's own words, so that --json can be read by a program.
scripts/setup.sh >&2
exec node dist/main.js demo "$@"
