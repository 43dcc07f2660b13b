#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# --paranoid: the simulated heap is sound after every collection, of random traces under every
# model; and nothing that it does changes a result.
. "$(dirname "$0")/common.sh"
if [ -z "$RANDOM_TRACE" ]; then
    echo 'no random_trace beside gcsim: skipped'
    exit 77
fi
expect 0 list models
models=$(awk '/^$/ { exit } NR > 1 { printf "%s%s", n++ ? "," : "", $1 }' ../out)
for seed in 1 2 3 4; do
    "$RANDOM_TRACE" $seed 3000 all >random.gctrace || differ 'random_trace fails'
    expect 0 trace check random.gctrace -q
    expect 0 sweep random.gctrace -t 1 -t 30,1,1 -m "$models" --paranoid --detail -q -o checked \
        -S default,freeze,manual:every=9,unit=allocations,generation=2,request-end --force
    expect 0 sweep random.gctrace -t 1 -t 30,1,1 -m "$models" --detail -q -o plain \
        -S default,freeze,manual:every=9,unit=allocations,generation=2,request-end --force
    same_directories checked plain
    [ "$(wc -l <plain/collections.csv)" -gt 1000 ] || differ 'hardly a collection to check'
done
finish
