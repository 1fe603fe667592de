#!/bin/bash
# read-only.sh DATA ARGUMENT...: runs leporello of this folder as the container image does, as user 1000 without any
# privilege and with everything read-only but DATA. For `unshare -m`: the mounts are seen by nobody else, and end with it.
set -eu
data=$1
shift
mount --make-rprivate /
# Whatever may be entered above it.
mount --bind "$PWD" /mnt
mount --bind "$data" "$data"
while read -r _ target _; do
  case $target in
    "$data" | /proc | /proc/* | /sys | /sys/* | /dev | /dev/pts) ;;
    *) mount -o remount,bind,ro "$target" 2>/dev/null || [ "$target" != / ] ;;
  esac
done </proc/self/mounts
mount -o remount,bind,ro /mnt
cd /mnt
# With which the tests' runner would have its own records written.
unset NODE_OPTIONS
exec setpriv --reuid=1000 --regid=1000 --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \
  "$NODE" dist/src/cli/leporello.js "$@"
