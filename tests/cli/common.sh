# SPDX-License-Identifier: GPL-3.0-or-later
# shellcheck shell=sh
# What the scripts of this folder share; each begins with `. "$(dirname "$0")/common.sh"`.
#
# A script is called as `sh tests/cli/NAME.sh GCSIM SOURCE_DIR`, works in a directory of its own
# that goes away with it, tells every difference, and fails at its end if there was one.
# $RANDOM_TRACE is the program of that name, if it was built beside gcsim.
set -u
LC_ALL=C
export LC_ALL

absolute() {
    case $1 in
        /*) printf '%s\n' "$1" ;;
        *) printf '%s/%s\n' "$PWD" "$1" ;;
    esac
}

if [ $# -lt 2 ]; then
    echo "usage: $0 GCSIM SOURCE_DIR" >&2
    exit 2
fi
GCSIM=$(absolute "$1")
# shellcheck disable=SC2034 # for the scripts
SOURCE=$(absolute "$2")
# shellcheck disable=SC2034 # for the scripts
RANDOM_TRACE=$(dirname "$GCSIM")/../tests/random_trace
[ -x "$RANDOM_TRACE" ] || RANDOM_TRACE=
SCRATCH=$(mktemp -d "${TMPDIR:-/tmp}/gcsim-cli.XXXXXX") || exit 1
failures=0
trap 'rm -rf "$SCRATCH"' EXIT
trap 'exit 1' HUP INT TERM
mkdir "$SCRATCH/work" || exit 1
cd "$SCRATCH/work" || exit 1

differ() {
    failures=$((failures + 1))
    printf 'FAILED: %s\n' "$*" >&2
}

# expect CODE WORD...: gcsim ends so. What it says is in ../out and ../err.
expect() {
    wanted=$1
    shift
    "$GCSIM" "$@" >../out 2>../err
    code=$?
    if [ "$code" != "$wanted" ]; then
        differ "gcsim $*: ended with $code, not $wanted: $(head -n 3 ../err)"
    fi
}

# says LINE: stderr was this line alone.
says() {
    printf '%s\n' "$1" >../wanted
    if ! cmp -s ../wanted ../err; then
        differ "stderr was: $(cat ../err)
   and should be: $1"
    fi
}

# silent: stdout was empty.
silent() {
    if [ -s ../out ]; then
        differ "stdout should be empty, and was: $(head -n 3 ../out)"
    fi
}

# refuse CODE LINE WORD...: gcsim ends so, and this line is all that it says.
refuse() {
    refused_code=$1
    refused_line=$2
    shift 2
    expect "$refused_code" "$@"
    says "$refused_line"
    silent
}

# same FILE FILE: the same bytes.
same() {
    if ! cmp -s "$1" "$2"; then
        differ "$1 and $2 differ: $(diff "$1" "$2" 2>&1 | head -n 4)"
    fi
}

# same_directories A B: the same files with the same bytes.
same_directories() {
    if ! diff -r "$1" "$2" >../difference 2>&1; then
        differ "$1 and $2 differ: $(head -n 6 ../difference)"
    fi
}

# holds DIRECTORY NAME...: these files and no others, in the order of ls.
holds() {
    held_in=$1
    shift
    if [ -d "$held_in" ]; then
        held=$(cd "$held_in" && find . ! -name . | sed 's|^\./||' | sort | tr '\n' ' ')
    else
        held='(no such directory) '
    fi
    if [ "$held" != "$* " ] && [ "$held" != "$*" ]; then
        differ "$held_in holds: $held
   and should hold: $*"
    fi
}

# A little trace: two rings of garbage, requests, times, a mark; `tiny_trace >t.gctrace`.
tiny_trace() {
    printf '%s\n' 'gctrace 1' \
        't 0 Node 2 -' 't 1 list 2 - kind=list' \
        'a 1 0' 'a 2 0' 's 1 0 2' 's 2 0 1' 'm startup-done' \
        'b 1' 'w 1000' 'a 3 1' 's 3 0 1' 'd 2' 'd 1' 'd 3' 'e 1' 'i 5000' \
        'b 2 20000' 'w 2000' 'a 4 0' 's 4 0 4' 'd 4' 'a 5 0' 'a 6 0' 'e 2' 'd 5'
}

finish() {
    if [ "$failures" -gt 0 ]; then
        printf '%s: %s failures\n' "$0" "$failures" >&2
        exit 1
    fi
    exit 0
}
