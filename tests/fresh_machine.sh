#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Does the README keep its word on a machine that has nothing? Makes a bare Debian 12 in a folder, with no more than
# debootstrap's minimal set of packages, copies this checkout into it, and runs `./run demo` and `./run tests` there.
# Takes minutes and a network to install from; run it by hand, as root:
#
#     tests/fresh_machine.sh [-k] [-w] [DIR]
#
# DIR: where the bare system goes (default: a new folder under /tmp). -k keeps it afterwards. What is tried is the last
# commit, so that a file nobody added is missed here and not at a reader's; -w tries the working tree instead.
# What this machine's apt uses (sources, settings, proxy, certificates) is what the bare system uses.
set -euo pipefail

keep=no
tree=commit
while getopts kw option; do
    case $option in
    k) keep=yes ;;
    w) tree=working ;;
    *) exit 2 ;;
    esac
done
shift $((OPTIND - 1))
checkout=$(cd "$(dirname "$0")/.." && pwd)
root=${1:-$(mktemp -d /tmp/fresh_machine.XXXXXX)}
suite=bookworm

fail() {
    echo "fresh_machine: $*" >&2
    exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root (chroot, mount)"
command -v debootstrap >/dev/null || fail "needs debootstrap: apt-get install debootstrap"
[ -z "$(ls -A "$root" 2>/dev/null)" ] || fail "$root is not empty"

mounted=()
# shellcheck disable=SC2317  # called by the trap
clean_up() {
    local i
    for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do
        umount "${mounted[$i]}" || umount -l "${mounted[$i]}"
    done
    mounted=()
    if [ "$keep" = no ] && ! grep -q " $root/" /proc/mounts; then
        rm -rf --one-file-system "$root"
    fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM

# The archive that this machine's apt takes the suite's main packages from.
# shellcheck disable=SC2016  # apt's own variables
mirror() {
    apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' "Created-By: Packages" 2>/dev/null |
        awk -v suite="$suite" '$2 == suite && $3 == "main" { print $1; exit }'
}

# --- the bare system ----------------------------------------------------------------------------

url=$(mirror)
[ -n "$url" ] || fail "no source of $suite main among this machine's apt sources"
echo "== debootstrap $suite from $url into $root =="
mkdir -p "$root"
debootstrap --variant=minbase "$suite" "$root" "$url" >"$root.log" 2>&1 ||
    { tail -n 20 "$root.log" >&2; fail "debootstrap failed; its log: $root.log"; }
rm -f "$root.log"
echo "$(chroot "$root" dpkg-query -W | wc -l) packages, $(du -sh "$root" | cut -f 1)"

# Sources of Debian itself, keys and settings as they are here; others' archives are no part of a bare system.
copy() {
    mkdir -p "$root$(dirname "$1")"
    cp -aL "$1" "$root$1"
}
rm -f "$root/etc/apt/sources.list"
for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [ -f "$file" ] && grep -qE "^(deb .*|Suites:.*)\b$suite\b" "$file"; then copy "$file"; fi
done
for file in /etc/apt/apt.conf /etc/apt/apt.conf.d/* /etc/apt/auth.conf.d/* /etc/resolv.conf /etc/hosts \
    /usr/local/share/ca-certificates /etc/ssl/certs/ca-certificates.crt; do
    [ -e "$file" ] || continue
    # A hook may call what a bare system does not have.
    if grep -qsE '^(DPkg|Dpkg|APT::Update)::(Pre|Post)-' "$file"; then continue; fi
    copy "$file"
done
mkdir -p "$root/proc" "$root/dev/shm"
mount -t proc proc "$root/proc"
mounted+=("$root/proc")

# --- the checkout, and the README's two commands ------------------------------------------------

mkdir -p "$root/root/gcsim"
if [ "$tree" = commit ]; then
    git -C "$checkout" archive HEAD
else
    tar -C "$checkout" --exclude=./build --exclude=./out --exclude=./.git -cf - .
fi | tar -C "$root/root/gcsim" -xf -

inside() {
    local -a settings=(HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8)
    local name
    for name in http_proxy https_proxy no_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY; do
        [ -z "${!name:-}" ] || settings+=("$name=${!name}")
    done
    chroot "$root" /usr/bin/env -i "${settings[@]}" /bin/sh -c "cd /root/gcsim && $1"
}

status=0
for command in './run demo' './run tests'; do
    echo
    echo "== $command =="
    started=$SECONDS
    inside "$command" || { status=1; echo "fresh_machine: $command failed" >&2; }
    echo "-- $command: $((SECONDS - started)) s"
done
echo
inside 'ls -l out/demo' || true
echo
if [ "$status" = 0 ]; then echo "fresh_machine: both commands work on a bare $suite"; fi
exit "$status"
