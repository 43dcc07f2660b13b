#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Instructions of each phase on small fixed traces: the same from run to run, whatever else the
# machine does, so that commits can be compared. Phases that pass over a trace are counted for each
# event of it, settings as they are.
#
#   instructions.sh BUILD            count, e.g. of build/release
#   instructions.sh BUILD >FILE      … and keep
#   instructions.sh FILE|BUILD BUILD compare: with what was kept, or with another build
#
# A build needs its target bench_program. Counts with callgrind, or where there is none with perf.
# What a phase takes is what the program takes more with two runs of it than with one.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)

usage() {
    sed -n 's/^# \{0,1\}//; 3,11p' "$0" >&2
    exit 2
}

# counted COMMAND…: instructions on the last line; before it what the command printed.
if command -v valgrind >/dev/null; then
    counted() {
        valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 |
            sed -n 's/^\([0-9][0-9]*\)$/\1/p; s/^==[0-9]*== Collected : //p'
    }
elif command -v perf >/dev/null; then
    counted() {
        perf stat -x, -e instructions:u "$@" 2>&1 |
            sed -n 's/^\([0-9][0-9]*\)$/\1/p; s/^\([0-9][0-9]*\),.*instructions.*/\1/p'
    }
else
    echo "instructions.sh: neither valgrind nor perf is here" >&2
    exit 1
fi

# count BUILD: a line a phase: subject, phase, instructions, of what.
count() {
    program=$1/tests/bench_program
    if [ ! -x "$program" ]; then
        echo "instructions.sh: $program is missing: cmake --build $1 --target bench_program" >&2
        exit 1
    fi
    for subject in t10m web; do
        for phase in generate decode read lifetimes index replay-700 evaluate-700 evaluate-10000; do
            for times in 1 2; do
                counted "$program" --source "$root" --subject "$subject" --phase "$phase" --times "$times"
            done | awk -v subject="$subject" -v phase="$phase" '
                { line[NR] = $1 }
                END {
                    if (NR != 4) { print "instructions.sh: " phase " could not be counted" >"/dev/stderr"; exit 1 }
                    taken = line[4] - line[2]
                    if (phase ~ /-/) printf "%s\t%s\t%d\ta setting\n", subject, phase, taken
                    else printf "%s\t%s\t%.2f\tan event\n", subject, phase, taken / line[1]
                }'
        done
    done
}

# counts FILE|BUILD
counts() {
    if [ -d "$1" ]; then count "$1"; else cat "$1"; fi
}

compare() {
    first=$(mktemp)
    trap 'rm -f "$first"' EXIT
    counts "$1" >"$first"
    counts "$2" | awk -F '\t' -v before="$first" '
        BEGIN {
            while ((getline <before) > 0) was[$1 FS $2] = $3
            printf "%-8s %-16s %14s %14s %8s\n", "subject", "phase", "before", "after", "change"
        }
        {
            key = $1 FS $2
            change = was[key] > 0 ? sprintf("%+.1f %%", ($3 / was[key] - 1) * 100) : ""
            printf "%-8s %-16s %14s %14s %8s  %s\n", $1, $2, was[key], $3, change, $4
        }'
}

case $# in
1) case $1 in -*) usage ;; *) count "$1" ;; esac ;;
2) compare "$1" "$2" ;;
*) usage ;;
esac
