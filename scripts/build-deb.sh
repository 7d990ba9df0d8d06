#!/usr/bin/env bash
# Makes a Debian package of what scripts/setup.sh has built, for the release of Debian that it is made on.
#   scripts/build-deb.sh [--arch amd64|arm64] [--out FOLDER]      (default: this machine's, build-deb/)
# Prints the package's path alone on stdout. The same sources, built the same, give the same bytes (SOURCE_DATE_EPOCH: when they
# were committed). --arch arm64 on another machine compiles what is native first (scripts/lib/arm64.sh).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=scripts/lib/steps.sh
source scripts/lib/steps.sh
umask 022

readonly node_version='20.20.2'
# As the npm registry states them, so that nothing else is ever shipped.
readonly -A node_integrity=(
  [x64]='PeHQM8wAdmHtZA1mBocygZxs5LiUWtsJezQTkBd0iY987KpGrD1O2tVEydvMZiuXceRanxt7rjTnDEBwOPujoQ=='
  [arm64]='LCXJnNTFiyGuYBw2gZSI5OBFMbkjAPt8sqD/NKrWoE2QmDgSubTqFng6GaNJ9EJ8HpxBMGcWWpbbcs4Vo+CnGg=='
)
# Of the versions of Node's addon interface, the one of that version.
readonly node_abi='115'

for tool in dpkg dpkg-deb dpkg-shlibdeps; do
  command -v "$tool" >/dev/null || fail "$tool is missing: install dpkg-dev"
done
host_arch="$(dpkg --print-architecture)"
arch="$host_arch"
out='build-deb'
while [ "$#" -gt 0 ]; do
  case "$1" in
    --arch) arch="${2:-}" ;;
    --out) out="${2:-}" ;;
    *) fail "expected --arch or --out, received $1" ;;
  esac
  shift 2 || fail 'expected a value after --arch and --out'
done
case "$arch" in
  amd64) node_arch='x64' ;;
  arm64) node_arch='arm64' ;;
  *) fail "expected --arch amd64 or arm64, received $arch" ;;
esac

modules='node_modules'
addon='build/Release/roadwatch.node'
strip='strip'
if [ "$arch" != "$host_arch" ]; then
  [ "$arch" = arm64 ] || fail "only arm64 is built on another machine; this one is $host_arch"
  # shellcheck source=scripts/lib/arm64.sh
  source scripts/lib/arm64.sh
  build_arm64 >&2
  modules="$arm64_cache/node_modules"
  addon="$arm64_cache/addon/roadwatch.node"
  strip='aarch64-linux-gnu-strip'
fi
for needed in "$addon" "$modules/better-sqlite3" dist/main.js web/dist/index.html; do
  [ -e "$needed" ] || fail "$needed is missing: run scripts/setup.sh first"
done

version="$(node -p "require('./package.json').version")"
if [ -z "${SOURCE_DATE_EPOCH:-}" ]; then
  SOURCE_DATE_EPOCH="$(git log -1 --format=%ct 2>/dev/null || stat -c %Y package.json)"
fi
export SOURCE_DATE_EPOCH
mkdir -p "$out"
out="$(realpath "$out")"
stage="$(mktemp -d "$out/stage.XXXXXX")"
trap 'rm -rf "$stage"' EXIT
readonly root="$stage/root" program="$stage/root/usr/lib/roadwatch" doc="$stage/root/usr/share/doc/roadwatch"

# fetch_node: the runtime, checked, into $program/bin.
fetch_node() {
  local tarball="node-linux-$node_arch-$node_version.tgz" folder='.cache/node' received
  mkdir -p "$folder"
  if [ ! -f "$folder/$tarball" ]; then
    (cd "$folder" && npm pack --silent "node-linux-$node_arch@$node_version" >/dev/null)
  fi
  received="$(openssl dgst -sha512 -binary "$folder/$tarball" | base64 -w 0)"
  [ "$received" = "${node_integrity[$node_arch]}" ] || {
    rm -f "$folder/$tarball"
    fail "$tarball is not what it should be: its SHA-512 is $received"
  }
  mkdir -p "$program/bin"
  tar -xzf "$folder/$tarball" -C "$program/bin" --strip-components=2 package/bin/node
  mkdir -p "$doc"
  tar -xzf "$folder/$tarball" -C "$doc" --strip-components=1 package/LICENSE
  mv "$doc/LICENSE" "$doc/LICENSE-node"
}

stage_program() {
  mkdir -p "$program/web" "$program/build/Release" "$program/config"
  cp -r dist models demo package.json LICENSE NOTICE.md "$program/"
  cp -r web/dist "$program/web/dist"
  cp -r config/prompts "$program/config/prompts"
  cp "$addon" "$program/build/Release/"
  node scripts/lib/copy-modules.js "$modules" "$program/node_modules" "$node_arch" "$node_abi"
  fetch_node
  find "$program" \( -name '*.map' -o -name '*.tsbuildinfo' -o -name '*.d.ts' \) -delete
  # What was built here; what others built stays as they gave it.
  find "$program/build" "$program/node_modules/better-sqlite3" "$program/node_modules/node-rdkafka" -type f \
    \( -name '*.node' -o -name '*.so*' \) -exec "$strip" --strip-unneeded {} +
}

stage_system() {
  mkdir -p "$root/etc/roadwatch" "$root/usr/bin" "$root/lib/systemd/system" "$doc/examples/systemd"
  install -m 755 packaging/deb/roadwatch "$root/usr/bin/roadwatch"
  install -m 644 systemd/roadwatch.service systemd/roadwatch@.service "$root/lib/systemd/system/"
  install -m 644 systemd/roadwatch-gpu.conf "$doc/examples/systemd/"
  install -m 600 packaging/deb/roadwatch.yaml "$root/etc/roadwatch/roadwatch.yaml"
  {
    printf '# Secrets, and settings that are stronger than roadwatch.yaml. An empty value counts as not set.\n'
    tail -n +3 .env.example
  } >"$root/etc/roadwatch/roadwatch.env"
  chmod 600 "$root/etc/roadwatch/roadwatch.env"
  install -m 644 config/*.example.yaml "$doc/examples/"
  install -m 644 README.md CHANGELOG.md docs/*.md "$doc/"
  { cat LICENSE && printf '\n' && cat NOTICE.md; } >"$doc/copyright"
}

# Which packages have the libraries that the program is linked to.
depends() {
  local work="$stage/shlibdeps" binaries=()
  mkdir -p "$work/debian"
  printf 'Source: roadwatch\n\nPackage: roadwatch\nArchitecture: any\n' >"$work/debian/control"
  mapfile -t binaries < <(find "$program" -type f \( -name '*.node' -o -name '*.so*' -o -path '*/bin/node' \))
  (
    cd "$work"
    # The program's own libraries are found beside those that want them.
    DEB_HOST_ARCH="$arch" dpkg-shlibdeps -O --ignore-missing-info \
      "-l$program/node_modules/node-rdkafka/build/deps" \
      "-l$program/node_modules/onnxruntime-node/bin/napi-v6/linux/$node_arch" \
      "${binaries[@]}" 2>"$work/messages" || { cat "$work/messages" >&2 && exit 1; }
  ) | sed 's/^shlibs:Depends=//'
}

describe_package() {
  local size depends
  mkdir -p "$root/DEBIAN"
  install -m 755 packaging/deb/postinst packaging/deb/prerm packaging/deb/postrm "$root/DEBIAN/"
  install -m 644 packaging/deb/conffiles "$root/DEBIAN/"
  size="$(du -k --apparent-size -s --exclude=DEBIAN "$root" | cut -f 1)"
  depends="$(depends)"
  [ -n "$depends" ] || fail 'dpkg-shlibdeps found no package for any library'
  sed -e "s/@VERSION@/$version/" -e "s/@ARCHITECTURE@/$arch/" -e "s/@SIZE@/$size/" -e "s/@DEPENDS@/$depends/" \
    packaging/deb/control >"$root/DEBIAN/control"
  # Without configuration files, which may change.
  (cd "$root" && find usr lib -type f -print0 | LC_ALL=C sort -z | xargs -0 md5sum >DEBIAN/md5sums)
}

# What a checker of packages would refuse.
check_stage() {
  local bad
  bad="$(find "$root" ! -type l \( -perm /022 -o -perm /6000 \) -o -xtype l)"
  [ -z "$bad" ] || fail "rights too wide, or links that lead nowhere: $bad"
  bad="$(find "$program" -type f -name "*.node" ! -exec sh -c 'readelf -h "$1" >/dev/null 2>&1' _ {} \; -print)"
  [ -z "$bad" ] || fail "no library: $bad"
  while read -r file; do [ -f "$root$file" ] || fail "conffiles names $file, which is not there"; done <"$root/DEBIAN/conffiles"
  for script in postinst prerm postrm; do sh -n "$root/DEBIAN/$script"; done
}

stage_program
stage_system
find "$root" -type d -exec chmod 755 {} +
find "$root/usr" "$root/lib" -type f -exec chmod go-w,a+r {} +
describe_package
check_stage
readonly package="$out/roadwatch_${version}_$arch.deb"
dpkg-deb --root-owner-group -Zzstd -z6 --build "$root" "$package" >&2
printf '%s\n' "$package"
