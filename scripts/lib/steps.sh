# shellcheck shell=bash
# What the scripts share: words, and steps that run only when what they are made from has changed. Sourced, not run.

say() { printf '\033[1m==>\033[0m %s\n' "$*"; }

fail() {
  printf 'roadwatch: %s\n' "$*" >&2
  exit 1
}

# A hash over the content of files and folders, build results left out.
content_hash() {
  find "$@" -type f -not -path '*/dist/*' -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -d ' ' -f 1
}

# step_if_changed NAME WORDS COMMAND INPUT…: runs the command unless it succeeded before on the same inputs.
step_if_changed() {
  local name="$1" words="$2" command="$3"
  shift 3
  local stamp=".cache/setup/$name" hash
  hash="$(content_hash "$@") $(node -p process.version)"
  if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$hash" ] && "have_$name"; then return; fi
  say "building $words"
  rm -f "$stamp"
  "$command"
  mkdir -p .cache/setup
  printf '%s' "$hash" >"$stamp"
}

# Whether a step's result is still there.
have_npm() { [ -d node_modules/onnxruntime-node ]; }
have_sqlite() { [ -f node_modules/better-sqlite3/build/Release/better_sqlite3.node ]; }
have_rdkafka() { [ -f node_modules/node-rdkafka/build/Release/node-librdkafka.node ]; }
have_native() { [ -f build/Release/roadwatch.node ]; }
have_typescript() { [ -f dist/main.js ]; }
have_kafka() { [ -f .cache/kafka/kafka_2.13-4.1.0.jar ]; }
have_reader() { [ -x .cache/reader/bin/python ]; }
have_web() { [ -f web/dist/index.html ]; }

# rebuild PACKAGE: from the source that the package carries, with Node's own headers where they are installed; better-sqlite3
# takes its prebuilt file where that can be had.
rebuild() {
  local prefix
  prefix="$(dirname "$(dirname "$(readlink -f "$(command -v node)")")")"
  if [ -f "$prefix/include/node/node.h" ]; then export npm_config_nodedir="$prefix"; fi
  npm rebuild "$1" --no-audit --no-fund --loglevel=error
}
build_sqlite() { rebuild better-sqlite3; }
# With one job: with more, its make files run out of order. (Built before, librdkafka is configured and compiled again.)
build_rdkafka() { JOBS='' rebuild node-rdkafka; }
# The broker of the tests and its tools.
build_kafka() {
  rm -rf .cache/kafka
  mvn -q -B -Dstyle.color=never -f tests/kafka/pom.xml dependency:copy-dependencies -DoutputDirectory="$PWD/.cache/kafka" -DincludeScope=runtime
}
# A reader in another language, with a client of its own.
build_reader() {
  python3 -m venv --clear .cache/reader
  .cache/reader/bin/python -m pip install --quiet --disable-pip-version-check -r tests/reader/requirements.txt
}
build_native() { npx --no-install cmake-js compile --log-level error; }
build_typescript() {
  rm -rf dist
  npx --no-install tsc -p tsconfig.json
  chmod +x dist/main.js
}
build_web() { npx --no-install vite build web --logLevel warn; }
