#!/usr/bin/env bash
# Starts the roles of the service, each in a process of its own: `roadwatch services start`, which has the options.
set -euo pipefail
# shellcheck source=scripts/lib/roadwatch.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/roadwatch.sh"
roadwatch services start "$@"
