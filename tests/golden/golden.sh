#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Golden files: what gcsim writes for a few traces and settings, byte for byte.
#
#   sh tests/golden/golden.sh GCSIM           compares, and fails at the first case that differs
#   sh tests/golden/golden.sh GCSIM --update  rewrites (what update.sh calls)
set -u
LC_ALL=C
export LC_ALL
case $1 in
    /*) gcsim=$1 ;;
    *) gcsim=$PWD/$1 ;;
esac
update=${2-}
cd "$(dirname "$0")" || exit 1
here=$PWD
scratch=$(mktemp -d "${TMPDIR:-/tmp}/gcsim-golden.XXXXXX") || exit 1
trap 'rm -rf "$scratch"' EXIT
trap 'exit 1' HUP INT TERM
failures=0

# What the golden files hold; effective.yaml names the version, which changes.
files='collections.csv summary.csv timeline.csv requests.csv pauses.hgrm'
while read -r name command trace options; do
    case $name in '#'* | '') continue ;; esac
    # shellcheck disable=SC2086 # options are words
    if ! "$gcsim" $command "$trace.gctrace" $options --cost ./cost.yaml -q \
        -o "$scratch/$name" </dev/null; then
        failures=$((failures + 1))
        echo "$name: gcsim fails" >&2
        continue
    fi
    for file in $files; do
        if [ "$update" = --update ]; then
            mkdir -p "$name" || exit 1
            cp "$scratch/$name/$file" "$name/$file" || exit 1
        elif ! cmp -s "$name/$file" "$scratch/$name/$file"; then
            failures=$((failures + 1))
            echo "$name/$file differs:" >&2
            diff -u "$name/$file" "$scratch/$name/$file" 2>&1 | head -n 12 >&2
        fi
    done
done <cases

# What `trace info` tells of two traces, in all its tables but the totals: these tell the size of
# the binary form, which is zstd's.
for trace in cycles everything; do
    for table in types quantiles distributions survival cycles closers curve growth; do
        "$gcsim" trace info $trace.gctrace --format csv --table $table || failures=$((failures + 1))
    done >"$scratch/$trace.info"
    if [ "$update" = --update ]; then
        cp "$scratch/$trace.info" $trace.info || exit 1
    elif ! cmp -s $trace.info "$scratch/$trace.info"; then
        failures=$((failures + 1))
        echo "$trace.info differs:" >&2
        diff -u $trace.info "$scratch/$trace.info" 2>&1 | head -n 12 >&2
    fi
done

# A folder that no case writes is a case that nobody compares.
for folder in */; do
    [ -d "$folder" ] || continue
    grep -q "^${folder%/} " cases || {
        failures=$((failures + 1))
        echo "$here/$folder belongs to no line of cases" >&2
    }
done
[ "$failures" -eq 0 ]
