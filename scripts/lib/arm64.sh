# shellcheck shell=bash
# Compiles what is native for arm64 on another machine, and runs it there under emulation. Sourced after steps.sh.

# shellcheck disable=SC2034 # for whoever sources this
readonly arm64_cache="$PWD/.cache/arm64"
readonly arm64_packages=(crossbuild-essential-arm64 ninja-build libavformat-dev:arm64 libavcodec-dev:arm64 libavutil-dev:arm64
  libswscale-dev:arm64 libyuv-dev:arm64 libjpeg62-turbo-dev:arm64 libturbojpeg0-dev:arm64 libssl-dev:arm64 libsasl2-dev:arm64
  zlib1g-dev:arm64 liblz4-dev:arm64 libzstd-dev:arm64)
# Debian 12's own emulator crashes in onnxruntime.
readonly arm64_emulator='qemu-aarch64-static'
readonly arm64_emulator_min='10.0'
readonly arm64_backports='/etc/apt/sources.list.d/roadwatch-backports.list'

apt_quiet() { DEBIAN_FRONTEND=noninteractive apt-get -y -qq "$@" >/dev/null; }

# Wants root, and says what is missing without it.
install_arm64_packages() {
  local missing=()
  for package in "${arm64_packages[@]}"; do
    dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null | grep -q '^ii' || missing+=("$package")
  done
  [ "${#missing[@]}" -eq 0 ] && return
  [ "$(id -u)" -eq 0 ] || fail "these packages are missing (after dpkg --add-architecture arm64): ${missing[*]}"
  say "installing Debian packages: ${missing[*]}"
  dpkg --add-architecture arm64
  apt_quiet update
  apt_quiet install --no-install-recommends "${missing[@]}"
}

have_emulator() {
  local version
  version="$("$arm64_emulator" --version 2>/dev/null | sed -nE '1s/.* version ([0-9.]+).*/\1/p')"
  [ -n "$version" ] && [ "$(printf '%s\n%s\n' "$arm64_emulator_min" "$version" | sort -V | head -n 1)" = "$arm64_emulator_min" ]
}

install_emulator() {
  have_emulator && return
  [ "$(id -u)" -eq 0 ] || fail "$arm64_emulator $arm64_emulator_min or later is missing: qemu-user-static of bookworm-backports"
  say 'installing the emulator'
  printf 'deb http://deb.debian.org/debian bookworm-backports main\n' >"$arm64_backports"
  apt_quiet update
  apt_quiet install --no-install-recommends -t bookworm-backports qemu-user-static
  have_emulator || fail "$arm64_emulator is not $arm64_emulator_min or later"
}

# Runs an arm64 program on this machine's arm64 libraries.
emulate() { "$arm64_emulator" -L / "$@"; }

# cmake_arm64 FOLDER TARGET OPTION…
cmake_arm64() {
  local folder="$1" target="$2"
  shift 2
  PKG_CONFIG_LIBDIR='/usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig' cmake -S . -B "$folder" -G Ninja \
    -DCMAKE_BUILD_TYPE=Release -DCMAKE_SYSTEM_NAME=Linux -DCMAKE_SYSTEM_PROCESSOR=aarch64 \
    -DCMAKE_CXX_COMPILER=aarch64-linux-gnu-g++ "$@" >"$folder.log"
  cmake --build "$folder" -j "$(nproc)" --target "$target" >>"$folder.log" || {
    tail -n 50 "$folder.log"
    return 1
  }
}

rebuild_arm64() {
  (
    cd "$arm64_cache" || exit
    export npm_config_arch=arm64 npm_config_target_arch=arm64 npm_config_nodedir=/usr
    export CC=aarch64-linux-gnu-gcc CXX=aarch64-linux-gnu-g++ AR=aarch64-linux-gnu-ar LINK=aarch64-linux-gnu-g++
    npm rebuild "$@" --no-audit --no-fund --loglevel=error
  )
}

have_arm64_npm() { [ -d "$arm64_cache/node_modules/onnxruntime-node" ]; }
have_arm64_sqlite() { [ -f "$arm64_cache/node_modules/better-sqlite3/build/Release/better_sqlite3.node" ]; }
have_arm64_rdkafka() { [ -f "$arm64_cache/node_modules/node-rdkafka/build/Release/node-librdkafka.node" ]; }
have_arm64_native() { [ -f "$arm64_cache/addon/roadwatch.node" ]; }

build_arm64_npm() {
  rm -rf "$arm64_cache/node_modules"
  cp package.json package-lock.json "$arm64_cache/"
  (cd "$arm64_cache" && ONNXRUNTIME_NODE_INSTALL=skip npm ci --omit=dev --ignore-scripts --cpu=arm64 --os=linux --libc=glibc \
    --no-audit --no-fund --loglevel=error)
}
build_arm64_sqlite() { rebuild_arm64 better-sqlite3 --build-from-source; }
build_arm64_rdkafka() { JOBS='' rebuild_arm64 node-rdkafka; }
build_arm64_native() {
  cmake_arm64 "$arm64_cache/addon" roadwatch -DCMAKE_JS_INC="$PWD/node_modules/node-api-headers/include"
}

# All that a package for arm64 has of its own.
build_arm64() {
  mkdir -p "$arm64_cache"
  install_arm64_packages
  step_if_changed arm64_npm 'npm packages for arm64' build_arm64_npm package.json package-lock.json
  step_if_changed arm64_sqlite 'SQLite for arm64' build_arm64_sqlite package-lock.json
  step_if_changed arm64_rdkafka 'the Kafka client for arm64' build_arm64_rdkafka package-lock.json
  step_if_changed arm64_native 'the addon for arm64' build_arm64_native CMakeLists.txt native package-lock.json
}
