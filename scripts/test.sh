#!/usr/bin/env bash
# Sets up everything and runs all tests. Prints what it runs and how long it takes; the last line counts tests.
#   scripts/test.sh [STAGE…]      stages: lint, types, native, asan, tsan, unit, e2e, demo (default: all), arm64
#   scripts/test.sh --fast        all but the sanitizers
#   scripts/test.sh --arm64       the package for arm64, cross-built and run under emulation (half an hour the first time)
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/steps.sh
source scripts/lib/steps.sh

stages=(lint types native asan tsan unit e2e demo)
case "${1:-}" in
  '') ;;
  --fast) stages=(lint types native unit e2e demo) ;;
  --arm64) stages=(arm64) ;;
  *) stages=("$@") ;;
esac

readonly logs='.cache/test'
mkdir -p "$logs"
passed=0
failed=0

# count PASSED FAILED
count() {
  passed=$((passed + $1))
  failed=$((failed + $2))
}

lint() {
  npx --no-install biome check --error-on-warnings .
  git ls-files 'native/*.cc' 'native/*.h' | xargs clang-format --dry-run -Werror
  git ls-files '*.sh' .ci/run | xargs shellcheck --external-sources
}

types() { npm run --silent typecheck; }

# native PRESET: builds and runs the native tests; doctest prints its own summary, which is counted.
native_tests() {
  local preset="$1"
  cmake --preset "$preset" >"$logs/$preset-configure.log"
  cmake --build --preset "$preset" -j "$(nproc)" >"$logs/$preset-build.log" || {
    tail -n 50 "$logs/$preset-build.log"
    return 1
  }
  # Threads' address space must not be randomised beyond what ThreadSanitizer maps; some containers do not allow that.
  local fixed=(setarch "$(uname -m)" -R)
  "${fixed[@]}" true 2>/dev/null || fixed=()
  "${fixed[@]}" "build-$preset/roadwatch_tests" --no-colors
}

native() { native_tests release; }
asan() { native_tests asan; }
tsan() { native_tests tsan; }

vitest() { npx --no-install vitest run --reporter=default "$@"; }
unit() { vitest tests/unit; }
e2e() { vitest tests/e2e; }

demo() {
  local summary
  summary="$(node dist/main.js demo --seconds 8 --json --port 0 2>"$logs/demo-stderr.log" | tail -n 1)"
  printf '%s\n' "$summary"
  node -e '
    const s = JSON.parse(process.argv[1]);
    if (!(s.cameras >= 3 && s.analysed >= s.cameras && s.objects > 0 && s.groups > 0)) process.exit(1);
  ' "$summary"
}

# On pictures, and a clip every few seconds: what arm64 finds has its like on x86-64.
detect_with() {
  "$@" detect --config "$logs/arm64.yaml" --confidence 0.25 --every 4 tests/reference/pictures/*.jpg demo/street-walkers.mp4
}

arm64() {
  # shellcheck source=scripts/lib/arm64.sh
  source scripts/lib/arm64.sh
  local package root="$PWD/.cache/arm64/root" program
  package="$(scripts/build-deb.sh --arch arm64)"
  install_emulator
  say "native tests"
  cmake_arm64 "$arm64_cache/tests" roadwatch_tests -DROADWATCH_TESTS=ON
  emulate "$arm64_cache/tests/roadwatch_tests" --no-colors
  rm -rf "$root"
  dpkg-deb --extract "$package" "$root"
  program=(emulate "$root/usr/lib/roadwatch/bin/node" "$root/usr/lib/roadwatch/dist/main.js")
  printf 'allowFiles: true\ncameras: [{ id: clip, url: %s/demo/street-walkers.mp4 }]\nserver: { port: 0 }\ndetector: { precision: int8 }\n' \
    "$PWD" >"$logs/arm64.yaml"
  say 'check'
  "${program[@]}" check --config "$logs/arm64.yaml"
  say 'detect'
  detect_with "${program[@]}" >"$logs/arm64.jsonl"
  detect_with node dist/main.js >"$logs/amd64.jsonl"
  node tests/arm64/pair_boxes.js "$logs/amd64.jsonl" "$logs/arm64.jsonl"
}

# Adds up what a stage's own runner counted; a stage without a runner counts as one.
count_results() {
  local stage="$1" status="$2" log="$3" ok=0 bad=0
  ok="$(sed -nE -e 's/^\[doctest\] test cases: *[0-9]+ \| *([0-9]+) passed.*/\1/p' \
    -e 's/^ *Tests .*[^0-9]([0-9]+) passed.*/\1/p' "$log" | tail -n 1)"
  bad="$(sed -nE -e 's/^\[doctest\] test cases:.*\| *([0-9]+) failed.*/\1/p' -e 's/^ *Tests +([0-9]+) failed.*/\1/p' "$log" |
    tail -n 1)"
  if [ "$status" -ne 0 ] && [ "${bad:-0}" -eq 0 ]; then bad=1; fi
  if [ "$status" -eq 0 ] && [ -z "$ok" ]; then ok=1; fi
  count "${ok:-0}" "${bad:-0}"
}

scripts/setup.sh --test
for stage in "${stages[@]}"; do
  declare -F "$stage" >/dev/null || fail "no stage $stage; there are: lint types native asan tsan unit e2e demo arm64"
  say "$stage"
  started="$SECONDS"
  status=0
  # A subshell of its own keeps `set -e` alive inside the stage.
  set +e
  (
    set -euo pipefail
    NO_COLOR=1 "$stage"
  ) 2>&1 | tee "$logs/$stage.log"
  status="${PIPESTATUS[0]}"
  set -e
  count_results "$stage" "$status" "$logs/$stage.log"
  say "$stage: $([ "$status" -eq 0 ] && echo passed || echo FAILED) in $((SECONDS - started)) s"
done
printf '%s passed, %s failed\n' "$passed" "$failed"
[ "$failed" -eq 0 ]
