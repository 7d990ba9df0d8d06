#!/usr/bin/env bash
# Makes the topics that are missing and repairs those that are not as they should be: `roadwatch topics create`.
set -euo pipefail
# shellcheck source=scripts/lib/roadwatch.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib/roadwatch.sh"
roadwatch topics create "$@"
