#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The same bytes again: whatever --jobs, from effective.yaml, and from another build.
. "$(dirname "$0")/common.sh"
tiny_trace >t.gctrace
cat >study.yaml <<'END'
study: all-there-is
about: "Every key, and a few characters: # { \" \\"
models: [cpython-3.9, cpython-3.13]
thresholds: ["50", "20:400:log3,5"]
threshold1: [3, "4:6:lin2"]
threshold2: ["2,7"]
strategies: [default, "manual:every=500,unit=allocations,generation=2"]
columns: [axes, gc_ns]
cases:
  as-it-is: {}
  leaky: {cyclic: 0.4, sites.working.lifetime.cause: never}
axes:
  rate: [300, 900]
  sites.working.cyclic: ["0:0.5:lin2"]
cost: cpython-3.11
seed: 3
seeds: 2
program_gc: ignore
memory: pymalloc
max_events: 3000
program:
  workload: little
  live_objects: 900
  startup_objects: 500
  duration: 100ms
END
printf '%s\n' 'study: outer' 'input: t.gctrace' 'thresholds: [1, "2,1"]' 'models: [cpython-3.12]' \
    >outer.yaml
web='web --max-events 15000'

# Jobs.
# shellcheck disable=SC2086 # words
{
    expect 0 sweep $web -t 100:5k:log4 -S default,collect-freeze --seeds 3 --detail -q -j 1 -o one
    expect 0 sweep $web -t 100:5k:log4 -S default,collect-freeze --seeds 3 --detail -q -j 2 -o two
}
same_directories one two
expect 0 sweep study.yaml --detail -q -j 1 -o study1
expect 0 sweep study.yaml --detail -q -j 5 -o study5
same_directories study1 study5
[ "$(wc -l <study1/summary.csv)" -gt 100 ] || differ 'a study of few trials'

# effective.yaml: sweep, and run.
again() {
    rm -rf first second third
    expect 0 "$@" -q -o first
    expect 0 sweep first/effective.yaml -q -o second
    same first/summary.csv second/summary.csv
    same first/effective.yaml second/effective.yaml
    expect 0 sweep first/effective.yaml --detail -q -o third
    for file in first/*; do
        [ "$file" = first/summary.csv ] || same "$file" "third/$(basename "$file")"
    done
    # Details come from replay, whatever made the summary: the column `engine` aside.
    sed 's/,index,/,replay,/' first/summary.csv >first.cut
    sed 's/,index,/,replay,/' third/summary.csv >third.cut
    same first.cut third.cut
    if [ "$1" = run ]; then
        expect 0 run first/effective.yaml -q -o fourth --force
        same_directories first fourth
    fi
}
again run t.gctrace
again run t.gctrace -t 1 -m cpython-3.10
again run t.gctrace --memory pymalloc
again run t.gctrace -t 1,2,3 -S manual:every=2,unit=allocations --program-gc ignore --cost cpython-3.12
# shellcheck disable=SC2086 # words
{
    again run $web
    again run $web -t 300 --seed 18446744073709551614 -s rate=1k -s sites.row.lifetime=at-once
    again run $web -S idle -m cpython-3.12.5 -s about='a: "b" # c'
    again sweep $web
    again sweep $web -t ,5 -t 100:1k:lin3,,4 --threshold1 3,9 --threshold2 1:2:lin2 \
        -S default,manual:every=1000,unit=allocations,generation=2,freeze -m cpython-3.8,refcount --seeds 2
}
again sweep study.yaml
again sweep study.yaml -s rate=77 -s program.cyclic=0.5 -t 9 -S default
again sweep outer.yaml
again run llm-serve --max-events 5000
again run leak --max-events 5000

# The input of an effective.yaml must be what it was.
expect 0 run t.gctrace -t 1 -q -o before
echo 'w 5' >>t.gctrace
expect 2 run before/effective.yaml -q -o after
[ "$(wc -l <../err)" -eq 1 ] || differ 'another input: not one line'
grep -q '^before/effective\.yaml:[0-9]*:[0-9]*: digest: t.gctrace has changed' ../err ||
    differ "another input: $(cat ../err)"
[ -e after ] && differ 'another input: files'

# An axis gives what --set gives.
printf '%s\n' 'study: s' 'input: web' 'max_events: 9000' 'thresholds: [90]' \
    'axes: {rate: [50, 500], sites.row.weight: [3]}' >axes.yaml
expect 0 sweep axes.yaml --format csv
sed 's/rate=[0-9]* sites.row.weight=3$//; s/^[0-9]*,//; s/,pareto.*//' ../out |
    cut -d, -f1-29 >../axes
: >../sets
for rate in 50 500; do
    expect 0 run web --max-events 9000 -t 90 -s rate=$rate -s sites.row.weight=3 --format csv
    tail -n 1 ../out | sed 's/^[0-9]*,//' | cut -d, -f1-29 >>../sets
done
tail -n 2 ../axes >../short
same ../short ../sets

# Other builds of the same tree: whatever the optimizer, the same bytes. One that is older than
# the sources, or a tree that changes meanwhile, says nothing.
fresh() {
    [ -x "$1" ] && [ -z "$(find "$SOURCE/sim" "$SOURCE/include" "$SOURCE/configs" -type f \
        -newer "$1")" ]
}
for other in "$SOURCE"/build/*/sim/gcsim; do
    if fresh "$GCSIM" && fresh "$other" && ! cmp -s "$GCSIM" "$other"; then
        # shellcheck disable=SC2086 # words
        "$other" sweep $web -t 100:5k:log4 -S default,collect-freeze --seeds 3 --detail -q -j 2 \
            -o theirs --force || differ "$other fails"
        same_directories one theirs
    fi
done
finish
