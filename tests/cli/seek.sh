#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Thresholds that sweep seeks: what they are, that seeds share them, the same bytes again, and
# where they are refused.
. "$(dirname "$0")/common.sh"
web='web --max-events 15000 -s live_objects=900 -s startup_objects=500'
tiny_trace >t.gctrace

# One model's and strategy's thresholds, for a seed: FILE MODEL STRATEGY SEED
thresholds() {
    awk -F, -v m="$2" -v s="$3" -v seed="$4" \
        '$3 == m && $4 == s && $8 == seed { print $5 "," $6 "," $7 }' "$1/summary.csv"
}

# shellcheck disable=SC2086 # words
{
    wide="$web -t auto --trials 30 -m 3.9,3.13,refcount -S default,collect-freeze --seeds 2"
    expect 0 sweep $wide -q -j 1 -o one
    expect 0 sweep $wide -q -j 2 -o two
    expect 0 sweep $web -t auto,7 -t 50 --trials 20 -m 3.12 -q -o first
    expect 0 sweep $web -t auto -t 900,4,4 --threshold1 5,9 --threshold2 3 --trials 40 -q -o lists
    expect 0 sweep $web -t auto -q --detail --trials 20 -o detail
}
same one/summary.csv two/summary.csv
expect 0 sweep one/effective.yaml -q -o again
same one/summary.csv again/summary.csv
awk -F, 'NR > 1 && $1 != NR - 1 { exit 1 }' one/summary.csv || differ 'trials are not numbered on'
for model in 3.9 3.13 refcount; do
    case $model in
        3.9) own=700,10,10 most=30 least=18 ;;
        3.13) own=2000,10,10 most=30 least=18 ;;
        *) own=0,0,0 most=1 least=1 ;;
    esac
    [ $model = refcount ] || model=cpython-$model
    for strategy in default collect-freeze; do
        thresholds one $model $strategy 1 >a
        thresholds one $model $strategy 2 >b
        cmp -s a b || differ "$model, $strategy: other settings for the other seed"
        [ "$(head -n 1 a)" = $own ] || differ "$model, $strategy: its own is not the first"
        count=$(wc -l <a)
        [ "$count" -le $most ] && [ "$count" -ge $least ] || differ "$model: $count settings"
        [ "$(sort -u a | wc -l)" -eq "$count" ] || differ "$model: a setting twice"
    done
done
thresholds first cpython-3.12 default 1 >a
grep -qx 700,10,10 a || differ "the model's own is not among them"
grep -qx 50,10,10 a || differ 'what is named is not among them'
grep -qvE ',(7|10),10$' a && differ 'a place that is given has other values'
for t in 100 1000 100000 1000000; do
    grep -qx "$t,7,10" a || differ "threshold0 $t is not tried"
done
awk -F, 'NR > 1 { print $6 "," $7 }' lists/summary.csv | sort -u | tr '\n' ' ' >a
[ "$(cat a)" = '10,10 4,4 5,3 9,3 ' ] || differ "lists beside auto: $(cat a)"
[ "$(wc -l <detail/timeline.csv)" -gt 40 ] || differ 'no details'

printf '%s\n' 'study: sought' 'input: t.gctrace' 'thresholds: [auto]' 'trials: 25' >study.yaml
expect 0 sweep study.yaml -m 3.12 --format csv
[ "$(wc -l <../out)" -le 26 ] || differ 'a study has more trials than it says'

for command in run explain compare; do
    refuse 2 "gcsim: --threshold: 'auto,5': only \`gcsim sweep\` seeks thresholds; give a number" \
        $command t.gctrace -t auto,5
done
refuse 2 'gcsim: --threshold: auto is in two of them: it can be in one, others name settings' \
    sweep t.gctrace -t auto -t 5,auto
refuse 2 "gcsim: --threshold: 41 settings beside the model's own leave nothing to seek of 30: \
more --trials, or fewer settings" \
    sweep t.gctrace -t auto -t 1:40:lin40 --trials 30
refuse 2 'gcsim: --trials: 5 is not in 10 ... 1000' sweep t.gctrace -t auto --trials 5
refuse 2 'gcsim: --trials: goes with `-t auto`, which is not there' sweep t.gctrace --trials 50
finish
