#!/usr/bin/env bash
# Sets up everything that Roadwatch needs: Debian packages, npm packages, the addon, TypeScript, the page.
#   scripts/setup.sh [--test]      --test adds what only the tests need
# Can be run again at no cost: what is there is left alone. Installs Debian packages only when they are missing and it
# has the right to; otherwise it names them and ends with 1.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/steps.sh
source scripts/lib/steps.sh

readonly min_node='20.19.0'
readonly build_packages=(g++ make cmake pkg-config python3 libavformat-dev libavcodec-dev libavutil-dev libswscale-dev libyuv-dev
  libjpeg-dev libssl-dev libsasl2-dev zlib1g-dev liblz4-dev libzstd-dev)
readonly test_packages=(ninja-build doctest-dev clang-format ffmpeg chromium redis-server default-jre-headless maven
  python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad
  glib-networking openssl python3-venv libturbojpeg0-dev prometheus shellcheck systemd
  dpkg-dev libfaketime)

with_tests=false
for argument in "$@"; do
  case "$argument" in
    --test) with_tests=true ;;
    *) fail "expected --test or nothing, received $argument" ;;
  esac
done

check_node() {
  command -v node >/dev/null || fail "Node.js is missing: install $min_node or later (20, 22 or 24)"
  local version
  version="$(node -p process.versions.node)"
  if [ "$(printf '%s\n%s\n' "$min_node" "$version" | sort -V | head -n 1)" != "$min_node" ]; then
    fail "Node.js $version is too old: install $min_node or later"
  fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null)" = 'ii ' ]; }

install_packages() {
  command -v dpkg-query >/dev/null || {
    say "this is no Debian or Ubuntu: taking for granted that there are $*"
    return
  }
  local missing=()
  for package in "$@"; do is_installed "$package" || missing+=("$package"); done
  [ "${#missing[@]}" -eq 0 ] && return
  local run=()
  if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
      run=(sudo)
    else
      fail "these packages are missing; install them and run this again:
  sudo apt-get install --no-install-recommends ${missing[*]}"
    fi
  fi
  say "installing Debian packages: ${missing[*]}"
  "${run[@]}" apt-get update -qq
  "${run[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

install_node_modules() {
  # The CPU needs no download of CUDA libraries, and the addon is built below, once.
  ONNXRUNTIME_NODE_INSTALL=skip npm ci --include=dev --ignore-scripts --no-audit --no-fund --loglevel=error
}

check_node
install_packages "${build_packages[@]}"
if "$with_tests"; then
  install_packages "${test_packages[@]}"
  step_if_changed kafka 'the broker of the tests' build_kafka tests/kafka
  step_if_changed reader 'the reader of topics' build_reader tests/reader/requirements.txt
fi
step_if_changed npm 'npm packages' install_node_modules package.json package-lock.json
# The Kafka client takes one core for minutes; the rest is built beside it.
step_if_changed rdkafka 'the Kafka client' build_rdkafka package-lock.json &
kafka_client=$!
trap 'kill "$kafka_client" 2>/dev/null || true' EXIT
step_if_changed sqlite 'SQLite' build_sqlite package-lock.json
step_if_changed native 'the addon' build_native CMakeLists.txt native package-lock.json
step_if_changed typescript 'TypeScript' build_typescript tsconfig.json src package-lock.json
step_if_changed web 'the page' build_web web src/server/messages.ts package-lock.json
wait "$kafka_client"
say 'everything is set up'
