#!/usr/bin/env bash
# boot.sh ROOT: systemd of the folder ROOT as the first process of namespaces of its own (unshare --mount --pid --fork --cgroup --net):
# a machine that shares the kernel and nothing else, without a network but loopback.
set -euo pipefail
root="$1"

mount --make-rprivate /
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
# The kernel's own settings are not its own: it must not change them.
mount --bind "$root/proc/sys" "$root/proc/sys"
mount -o remount,bind,ro "$root/proc/sys"
mount -t tmpfs tmpfs "$root/dev" -o mode=755
for device in null zero full random urandom tty; do
  touch "$root/dev/$device"
  mount --bind "/dev/$device" "$root/dev/$device"
done
mkdir "$root/dev/shm" "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
mount -t devpts devpts "$root/dev/pts" -o newinstance,ptmxmode=0666,mode=620
ln -s pts/ptmx "$root/dev/ptmx"
touch "$root/dev/console"
mount --bind "$root/var/log/console" "$root/dev/console"
mount -t tmpfs tmpfs "$root/sys"
mkdir -p "$root/sys/fs/cgroup"
mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
mount -t tmpfs tmpfs "$root/run" -o mode=755
mount -t tmpfs tmpfs "$root/tmp" -o mode=1777
ip link set lo up 2>/dev/null || true
cd "$root"
pivot_root . mnt
# What systemd mounts for a service, such as its credentials, must be seen there.
exec env -i container=roadwatch-test PATH=/usr/sbin:/usr/bin:/sbin:/bin \
  /bin/sh -c 'umount -l /mnt && mount --make-rshared / && exec /lib/systemd/systemd --system --unit=multi-user.target --log-target=console'
