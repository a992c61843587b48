#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# How long a newcomer waits: a bare Debian 12 in FOLDER (made by debootstrap, and
# removed again), this source in it, the README's first command. Prints the time
# to the first report and to the end; fails over ten minutes to the report.
#   newcomer.sh FOLDER        as root; takes apt's and npm's settings from here
set -euo pipefail
here=$(cd "$(dirname "$0")/../.." && pwd)
root=$1
[ ! -e "$root" ] || { echo "$root exists; name a folder that does not"; exit 2; }
finish() {
  umount "$root/proc" "$root/dev" 2>/dev/null || true
  # Never over a mount that is still there
  mountpoint -q "$root/dev" || rm -rf "$root"
}
trap finish EXIT
mirror=$(apt-config dump | sed -n 's/^Acquire::.*Mirror "\(.*\)";/\1/p')
debootstrap --variant=minbase --include=ca-certificates bookworm "$root" \
  ${mirror:+"$mirror"} >/dev/null
for path in /etc/resolv.conf /etc/apt /usr/share/keyrings \
  /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt ~/.npmrc; do
  [ ! -e "$path" ] || { mkdir -p "$root$(dirname "$path")"; cp -rL "$path" "$root$(dirname "$path")/"; }
done
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
git clone -q "$here" "$root/srv/fullhouse"

began=$SECONDS
chroot "$root" bash -c 'cd /srv/fullhouse && ./examples/quickstart.sh; times' 2>&1 |
  tee "$root/srv/said" | grep -E '^(==|First report|Done)' || true
grep -q '^First report' "$root/srv/said" || { tail "$root/srv/said"; exit 1; }
[ -s "$root/srv/fullhouse/build/quickstart/theatre/report.html" ]
# With others on the machine, the time of its processors says more
echo "All of it: $((SECONDS - began)) s; user and system time $(tail -1 "$root/srv/said")"
minutes=$(sed -n 's/^First report after \([0-9]*\) min.*/\1/p' "$root/srv/said")
[ "$minutes" -lt 10 ] || { echo "FAIL: $minutes minutes to the first report"; exit 1; }
