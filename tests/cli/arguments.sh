#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Arguments: what is refused ends with 2 (or 1), one line on stderr, and nothing on stdout.
# shellcheck disable=SC2016 # the backquotes are gcsim's
. "$(dirname "$0")/common.sh"
tiny_trace >t.gctrace

# Help is help, wherever it is asked for.
expect 0 --version
grep -q '^gcsim [0-9]' ../out || differ '--version prints: '"$(cat ../out)"
for words in --help -h help 'run --help' 'sweep -h' 'trace --help' 'trace make --help' \
    'list --help' 'run t.gctrace -q --help'; do
    # shellcheck disable=SC2086 # words
    expect 0 $words
    grep -q '^gcsim ' ../out || differ "$words: no help"
    [ -s ../err ] && differ "$words: says something on stderr"
    [ "$(wc -l <../out)" -le 50 ] || differ "$words: longer than a screen"
done
expect 2

# Commands.
refuse 2 "gcsim: unknown command 'swep' (did you mean 'sweep'?)" swep
refuse 2 "gcsim: unknown command 'frobnicate': see gcsim --help" frobnicate
refuse 2 "gcsim: unknown command '': see gcsim --help" ''
refuse 2 "gcsim: trace: unknown verb 'mke' (did you mean 'make'?)" trace mke t.gctrace
refuse 2 "gcsim: trace: unknown verb 'burn': make, check, info, print or pack" \
    trace burn t.gctrace
refuse 2 "gcsim: there is no list of 'modls' (did you mean 'models'?)" list modls
refuse 2 "gcsim: there is no list of 'weather'" list weather
refuse 2 'gcsim: list what? models, strategies, keys, columns, workloads, studies or costs' list

# How many arguments.
refuse 2 'gcsim: one INPUT is expected: gcsim run --help' run
refuse 2 'gcsim: one INPUT is expected: gcsim run --help' run t.gctrace t.gctrace
refuse 2 'gcsim: one INPUT is expected: gcsim sweep --help' sweep
refuse 2 'gcsim: a verb and one INPUT are expected: gcsim trace --help' trace
refuse 2 'gcsim: a verb and one INPUT are expected: gcsim trace --help' trace check

# Options.
refuse 2 "gcsim: run: unknown option '--jbos' (did you mean '--jobs'?)" run t.gctrace --jbos 2
refuse 2 "gcsim: run: unknown option '--frob=1': see gcsim run --help" run t.gctrace --frob=1
refuse 2 "gcsim: run: unknown option '-x': see gcsim run --help" run -x t.gctrace
refuse 2 "gcsim: run: unknown option '--detail': see gcsim run --help" run t.gctrace --detail
refuse 2 "gcsim: trace: unknown option '-j': see gcsim trace --help" trace check t.gctrace -j 2
refuse 2 'gcsim: --force takes no value' run t.gctrace --force=yes
refuse 2 'gcsim: --jobs needs a value: N' run t.gctrace -j
refuse 2 'gcsim: --output needs a value: PATH' run t.gctrace --output
expect 0 run -q -- t.gctrace
expect 0 run -q -j2 -t5 --seed=3 t.gctrace

# Numbers.
refuse 2 'gcsim: --jobs: 0 is not in 1 ... 256' run t.gctrace -j 0
refuse 2 'gcsim: --jobs: 257 is not in 1 ... 256' run t.gctrace -j 257
refuse 2 "gcsim: --jobs: 'two': not a number" run t.gctrace -j two
refuse 2 "gcsim: --seed: '-1': is below 0" run t.gctrace --seed -1
refuse 2 "gcsim: --seed: '1.5': not a whole number" run t.gctrace --seed 1.5
refuse 2 "gcsim: --seed: '18446744073709551616': too large" run t.gctrace \
    --seed 18446744073709551616
refuse 2 'gcsim: --seeds: 0 is not in 1 ... 1000000' sweep t.gctrace --seeds 0
refuse 2 'gcsim: --seeds: a trace has one course; give a workload' sweep t.gctrace --seeds 2
refuse 2 "gcsim: --max-memory: '1x': junk behind the number (suffixes: k M G KiB MiB GiB)" \
    run t.gctrace --max-memory 1x
refuse 2 "gcsim: --max-events: 'many': not a number" run web --max-events many

# Choices.
refuse 2 "gcsim: --format: 'xml' is none of text, csv, json" run t.gctrace --format xml
refuse 2 "gcsim: --engine: 'warp' is none of auto, replay, index" run t.gctrace --engine warp
refuse 2 "gcsim: --memory: 'malloc' is neither sum nor pymalloc" run t.gctrace --memory malloc
refuse 2 "gcsim: --program-gc: 'no' is neither honour nor ignore" run t.gctrace --program-gc no

# Thresholds.
refuse 2 "gcsim: --threshold: not a number: 'x'" run t.gctrace -t x
refuse 2 "gcsim: --threshold: no threshold in ',,'" run t.gctrace -t ,,
refuse 2 "gcsim: --threshold: -1 in '-1' is below 0" run t.gctrace -t -1
refuse 2 "gcsim: --threshold: 2147483648 in '2147483648' is above 2147483647" run t.gctrace \
    -t 2147483648
refuse 2 "gcsim: --threshold: more than three places in '1,2,3,4': T0[,T1[,T2]], give several \
settings one by one" run t.gctrace -t 1,2,3,4
refuse 2 'gcsim: --threshold: one setting is expected: `gcsim sweep` takes ranges of thresholds' \
    run t.gctrace -t 1:5:lin3
refuse 2 "gcsim: --threshold: a range is written A:B:linN or A:B:logN, with N points: '1:5'" \
    sweep t.gctrace -t 1:5
refuse 2 "gcsim: --threshold: the ends of a logarithmic range must be above 0: '0:5:log3'" \
    sweep t.gctrace -t 0:5:log3
refuse 2 "gcsim: --threshold: more than 1000000 points: '1:5:lin1000001'" sweep t.gctrace \
    -t 1:5:lin1000001
refuse 2 "gcsim: --threshold1: not a number: 'x'" sweep t.gctrace --threshold1 x
refuse 2 'gcsim: one setting is expected: `gcsim sweep` takes several' run t.gctrace -t 1 -t 2

refuse 2 "gcsim: columns: summary.csv has no 'beauty': see \`gcsim list columns\`" run t.gctrace \
    --columns model,beauty
expect 0 run t.gctrace -m cpython-3.11 -t 1,2,3 --columns model,threshold2,mutator_ns,requests
printf '%s\n' 't.gctrace on cpython-3.11: 1 trial; pauses priced by cpython-3.11' '' \
    'model         threshold2  mutator_ns  requests' \
    'cpython-3.11           3        3 us         2' >../wanted
same ../out ../wanted

# Names.
refuse 2 "gcsim: unknown model 'cpyton-3.12' (did you mean 'cpython-3.12'?)" run t.gctrace \
    -m cpyton-3.12
refuse 2 "gcsim: unknown model 'pypy': see \`gcsim list models\`" run t.gctrace -m pypy
refuse 2 "gcsim: unknown strategy 'manul' (did you mean 'manual'?)" run t.gctrace -S manul
refuse 2 "gcsim: unknown strategy 'prayer': see \`gcsim list strategies\`, or give a path (with \
a slash, or ending in .yaml)" run t.gctrace -S prayer
refuse 2 "configs/strategies/manual.yaml: the strategy has no parameter 'evry' (did you mean \
'every'?)" run t.gctrace -S manual:evry=10
refuse 2 "configs/strategies/manual.yaml: parameters are written NAME=VALUE, not 'every'" \
    run t.gctrace -S manual:every
refuse 2 "gcsim: unknown cost profile 'cpython-3.1' (did you mean 'cpython-3.12'?)" \
    run t.gctrace --cost cpython-3.1
refuse 2 "gcsim: unknown workload 'webb' (did you mean 'web'?)" run webb
refuse 2 "gcsim: unknown workload 'nothing': see \`gcsim list workloads\`, or give a path (with \
a slash, or ending in .yaml)" run nothing
refuse 2 'gcsim: one model and one strategy are expected: `gcsim sweep` takes several' run \
    t.gctrace -m cpython-3.11,cpython-3.12
expect 0 run t.gctrace -q -m cpython-3.12.7
expect 0 run t.gctrace -q -m 3.13
expect 0 run t.gctrace -q -m 2.7.18

# Keys.
refuse 2 "--set: rat: there is no 'rat' (did you mean 'rate'?)" run web -s rat=1
refuse 2 "--set: sites.rw.cyclic: there is no 'rw' (did you mean 'row'?)" run web \
    -s sites.rw.cyclic=1
refuse 2 "--set: rate: not a number: 'fast'" run web -s rate=fast
refuse 2 "--set: cyclic: 2 is above 1" run web -s cyclic=2
refuse 2 'configs/workloads/web.yaml: --set rate: KEY=VALUE is expected' run web -s rate
refuse 2 't.gctrace: --set is for workloads: a trace has no keys (make it from a workload)' \
    run t.gctrace -s rate=1
expect 0 run web --max-events 9 -s duration=1s
says 'gcsim: warning: --set duration has no effect: nothing in web refers to it; set '\
'phases.*.duration'
expect 0 run web -q --max-events 9 -s duration=1s
[ -s ../err ] && differ "-q: says $(cat ../err)"
expect 0 run linked-lists --max-events 9 -s live_objects=900k -s duration=1s
says 'gcsim: warning: --set live_objects has no effect: nothing in linked-lists refers to it; '\
'set sites.*.lifetime.mean'

# Limits that the user sets. They are checked before anything runs or is written.
refuse 2 'gcsim: --max gc_ns: COLUMN=VALUE is expected' run t.gctrace --max gc_ns -o d
refuse 2 'gcsim: --max gc_nss: no such figure: see `gcsim list columns`' run t.gctrace \
    --max gc_nss=1 -o d
refuse 2 'gcsim: --max model: no such figure: see `gcsim list columns`' run t.gctrace \
    --max model=1 -o d
refuse 2 'gcsim: --max gc_ns=1h: junk behind the number (suffixes: ns us ms s)' run t.gctrace \
    --max gc_ns=1h -o d
holds . t.gctrace
expect 0 run t.gctrace -q -t 1 --max gc_ns=1s --max gc_share=0.99
expect 3 run t.gctrace -q -t 1 --max gc_ns=1ns -o d
grep -q '^gcsim: trial 1: gc_ns is [0-9]*, over --max 1ns (1)$' ../err || differ '--max: no line'
[ -f d/summary.csv ] || differ 'a broken --max is a result, too: the files are written'
expect 3 sweep t.gctrace -q -t 1,5 -t 100 --max peak_bytes=1KiB --max gc_ns=0

# 1.2x is measured by the default setting, which must be there.
refuse 2 'gcsim: --max gc_ns=1.2x: is measured by the default setting, which is not among the '\
'trials: add `-t default` and strategy default' run t.gctrace -t 1 --max gc_ns=1.2x
expect 0 sweep t.gctrace -q -t 1 -t default --max peak_bytes=1.1x
expect 3 sweep t.gctrace -q -t default -t 1 --max peak_bytes=0.5x

# What cannot be done ends with 1.
refuse 1 't.gctrace: --engine index does not cover --memory pymalloc: leave it out, replay does' \
    run t.gctrace -m cpython-3.12 --engine index --memory pymalloc
refuse 1 't.gctrace: --engine index does not cover a model that is not generational: leave it out, replay does' \
    run t.gctrace --engine index -m refcount
printf 'strategy: frozen\nrules: [{when: start, do: freeze}]\n' >frozen.yaml
refuse 1 't.gctrace: --engine index does not cover a timeline of a frozen heap: leave it out, replay does' \
    run t.gctrace -m cpython-3.12 --engine index -S frozen.yaml -o frozen

# A timeline does not tell which engine made it.
for engine in index replay; do
    expect 0 sweep t.gctrace -q -m cpython-3.12 -t 1,5,100 --engine $engine --detail -o by-$engine
done
cmp by-index/timeline.csv by-replay/timeline.csv || differ 'the engines tell different timelines'

# 100 million trials are refused, not tried. (The limits are for the day when they are tried.)
# shellcheck disable=SC3045 # of those who know -t and -v
(
    ulimit -t 5 2>../err
    exec "$GCSIM" sweep t.gctrace -t 1:1M:lin10000,1:1M:lin10000
) >../out 2>../err
code=$?
[ "$code" = 2 ] || [ "$code" = 1 ] || differ "100 million trials: ended with $code"
[ "$(wc -l <../err)" -eq 1 ] || differ '100 million trials: no message'

# What the shell lets through does not break a message in two.
newline='a
b'
for words in run trace list; do
    expect 2 $words "$newline"
    [ "$(wc -l <../err)" -eq 1 ] || differ "$words: a message of several lines"
done
expect 2 "$newline"
[ "$(wc -l <../err)" -eq 1 ] || differ 'a message of several lines'
expect 2 run t.gctrace "--$newline"
[ "$(wc -l <../err)" -eq 1 ] || differ 'option: a message of several lines'
expect 2 run "./$newline"
[ "$(wc -l <../err)" -eq 1 ] || differ 'file: a message of several lines'
finish
