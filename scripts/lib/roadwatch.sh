# shellcheck shell=bash
# The program of this installation, for scripts that only pass on to it. Sourced, not run.

# Takes the place of the script: signals reach the program, and its exit code is that of the script.
roadwatch() {
  local main
  main="$(dirname "${BASH_SOURCE[0]}")/../../dist/main.js"
  if [ ! -f "$main" ]; then
    printf 'roadwatch: %s is missing: scripts/setup.sh builds it\n' "$main" >&2
    exit 1
  fi
  exec node "$main" "$@"
}
