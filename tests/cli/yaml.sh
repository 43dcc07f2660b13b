#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# YAML: each kind of mistake gets one line, file:line:column: path: what, and ends with 2.
# shellcheck disable=SC2016 # the backquotes and dollars are gcsim's
. "$(dirname "$0")/common.sh"

# workload MESSAGE LINE...: a workload of these lines (printf's escapes) is refused so.
workload() {
    message=$1
    shift
    printf '%b\n' "$@" >w.yaml
    refuse 2 "w.yaml:$message" run w.yaml --max-events 50
}

study() {
    message=$1
    shift
    printf '%b\n' "$@" >s.yaml
    refuse 2 "s.yaml:$message" sweep s.yaml --max-events 50
}

strategy() {
    message=$1
    shift
    printf '%b\n' "$@" >r.yaml
    refuse 2 "./r.yaml:$message" run web -S ./r.yaml --max-events 50
}

cost() {
    message=$1
    shift
    printf '%b\n' "$@" >c.yaml
    refuse 2 "./c.yaml:$message" run web --cost ./c.yaml --max-events 50
}

# Files that a document names stand beside it, wherever gcsim runs.
mkdir files
printf 'share,value\n0,0\n0.9,2\n1,30\n' >files/degrees.csv
printf '%s\n' 'workload: w' 'sites: {a: {references: {file: degrees.csv}}}' >files/w.yaml
printf '%s\n' 'workload: w' 'sites: {a: {references: {quantiles: {0: 0, 0.9: 2, 1: 30}}}}' >q.yaml
"$GCSIM" trace make files/w.yaml --max-events 5000 -o w.gctrace -q || differ 'a file of quantiles'
"$GCSIM" trace make q.yaml --max-events 5000 -o q.gctrace -q || differ 'a table of quantiles'
cmp -s w.gctrace q.gctrace || differ 'a file of quantiles is not what it says'
"$GCSIM" run files/w.yaml --max-events 5000 -o run1 -q || differ 'run with a file of quantiles'
"$GCSIM" run run1/effective.yaml -o run2 -q || differ 'effective.yaml with quantiles'
cmp -s run1/summary.csv run2/summary.csv || differ 'effective.yaml holds the quantiles'
rm files/degrees.csv
refuse 2 "files/w.yaml:2:32: sites.a.references.file: 'files/degrees.csv' is no file that can be read" \
    run files/w.yaml

# The file as a whole.
: >w.yaml
refuse 2 'w.yaml:1:1: the file is empty' run w.yaml
workload '1:1: the file is empty' '# nothing'
workload '1:1: the first key must be workload, study, strategy or cost: it tells what the file is' \
    'rate: 3' 'workload: w'
workload '1:1: expected keys, the first of them workload, study, strategy or cost' '- workload'
workload '1:1: expected keys, the first of them workload, study, strategy or cost' 'hello'
workload '2:1: a second document begins here; a file holds one' 'workload: w' '---' 'workload: v'
workload '1:1: directives are not supported' '%YAML 1.1' '---' 'workload: w'
workload '2:1: not YAML: found a tab character that violates indentation' 'workload: w' '\trate: 3'
workload '2:7: invalid leading UTF-8 octet' 'workload: w' 'rate: \0377'
workload '2:7: anchors and aliases are not supported' 'workload: w' 'rate: &a 3'
workload '2:7: anchors and aliases are not supported' 'workload: w' 'rate: *a'
workload '2:7: tags are not supported' 'workload: w' 'rate: !!int 3'

# Keys and values.
workload "2:1: rat: unknown key (did you mean 'rate'?)" 'workload: w' 'rat: 3'
workload '2:1: weather: unknown key' 'workload: w' 'weather: 3'
workload '3:1: rate: stands here twice, first in line 2' 'workload: w' 'rate: 3' 'rate: 4'
workload "2:7: rate: not a number: 'fast'" 'workload: w' 'rate: fast'
workload '2:7: rate: 0 is below 1e-06' 'workload: w' 'rate: 0'
workload '2:9: cyclic: 1.5 is above 1' 'workload: w' 'cyclic: 1.5'
workload "2:11: duration: junk behind the number (suffixes: ns us ms s): '5h'" 'workload: w' \
    'duration: 5h'
workload "2:18: startup_objects: not a whole number: '1.5'" 'workload: w' 'startup_objects: 1.5'
workload '2:1: rate: expected a plain value, found a list' 'workload: w' 'rate: [1]'
workload '2:1: sites: expected a map, found a list' 'workload: w' 'sites: [1]'
workload '2:8: sites: expected a map, found a plain value' 'workload: w' 'sites: 3'
workload '2:1: rate: has no value' 'workload: w' 'rate:'
workload '2:8: about: control characters are not allowed' 'workload: w' 'about: "a\\x07"'
workload "1:11: workload: not a name (letters, digits, _ - and ., at most 63): 'a b'" \
    'workload: "a b"'
workload '2:1: not a name (letters, digits, _ and -, at most 63)' 'workload: w' '"a b": 1'
workload "3:14: types.x.slots: expected true or false, found 'yes'" 'workload: w' 'types:' \
    '  x: {slots: yes}'
workload "3:13: types.x.kind: unknown kind 'lst' (did you mean 'list'?)" 'workload: w' 'types:' \
    '  x: {kind: lst}'
workload "4:50: sites.row.lifetime.distribution: unknown distribution 'expo' (did you mean \
'exponential'?)" 'workload: w' 'sites:' '  row:' \
    '    lifetime: {cause: allocations, distribution: expo}'

# What sites, requests and phases do besides allocating.
workload "2:50: sites.a.lifetime.capacity: applies only with cause=queue|lru, but cause is 'request'" \
    'workload: w' 'sites: {a: {lifetime: {cause: request, capacity: 3}}}'
workload "2:34: sites.a.lifetime.capacity: 0 is below 1" 'workload: w' \
    'sites: {a: {lifetime: {capacity: 0, cause: lru}}}'
workload "2:47: sites.a.lifetime.mean: with lifetime.cause 'requests' the mean must be given" \
    'workload: w' 'sites: {a: {lifetime: {cause: requests, mean: auto}}}'
workload "2:13: sites.a.stores: share is above 0, but the weights of stores' owners add up to 0" \
    'workload: w' 'sites: {a: {stores: {share: 0.5, older: 0, static: 0}}}'
workload "2:20: sites.a.types: 'weak_values' is above 0, but none of these types is weakrefable" \
    'workload: w' 'sites: {a: {types: list, weak_values: 0.5}}'
workload "2:49: sites.a.cycle.back_references: the references of a clique cannot be weak: none of \
them leads back" 'workload: w' 'sites: {a: {cycle: {clique: 1, back_references: weak}}}'
workload "2:30: requests.burst: applies only with arrivals=bursty, but arrivals is 'closed'" \
    'workload: w' 'requests: {arrivals: closed, burst: {on: 1s}}'
workload "2:18: phases.a.gc.0: not an action: 'stop' (\`enable\`, \`disable\`, \`collect G\`, \
\`freeze\`, \`unfreeze\`, \`threshold T0 [T1 [T2]]\`)" 'workload: w' 'phases: {a: {gc: stop}}'
workload "2:19: phases.a.gc.0: '3' is not a whole number from 0 to 2" 'workload: w' \
    'phases: {a: {gc: [collect 3]}}'
workload "2:31: sites.a.lifetime.cause: unknown cause 'fifo' (one of \
at-once|allocations|time|request|never|requests|phase|queue|lru)" 'workload: w' \
    'sites: {a: {lifetime: {cause: fifo}}}'

# Columns are counted in bytes.
workload "1:34: rate: not a number: 'fast'" '{workload: w, about: "\0303\0251", rate: fast}'

# Rules between keys.
workload "3:24: sites.row.types.objct: 'types' defines no 'objct' (did you mean 'object'?)" \
    'workload: w' 'sites:' '  row: {types: {objct: 1}}'
workload '3:27: sites.row.references.low: low 3 is above high 2' 'workload: w' 'sites:' \
    '  row: {references: {low: 3, high: 2}}'
workload "3:52: sites.row.references.mean: applies only with \
distribution=exponential|lognormal|geometric|weibull|gamma|pareto|poisson, but distribution is 'constant'" 'workload: w' \
    'sites:' '  row: {references: {distribution: constant, mean: 2}}'
workload '2:15: live_objects: live_objects 5 is below startup_objects 40k, which are part of them' \
    'workload: w' 'live_objects: 5'
workload '2:1: phases: without phases nothing happens' 'workload: w' 'phases: {}'
workload "2:10: timers.t: a timer needs a site with during 'timers'" 'workload: w' \
    'timers: {t: {every: 1s}}'

# The wrong kind of file is told where it belongs.
workload '1:11: strategy: expected a workload, found a strategy: `gcsim run … -S FILE`' \
    'strategy: s'
workload '1:7: cost: expected a workload, found a cost profile: `gcsim run … --cost FILE`' \
    'cost: c'
strategy '1:11: workload: expected a strategy, found a program: `gcsim run FILE`, `gcsim sweep '\
'FILE`' 'workload: w'

# Studies.
study "1:8: study: neither 'input' nor 'program' is given: one of them" 'study: s'
study "1:8: study: both 'input' and 'program' are given: one of them" 'study: s' 'input: web' \
    'program: {workload: w}'
study "4:3: program.rat: unknown key (did you mean 'rate'?)" 'study: s' 'program:' \
    '  workload: w' '  rat: 3'
study "3:14: thresholds.0: not a number: 'x'" 'study: s' 'input: web' 'thresholds: [x]'
study "3:8: axes.rat: 'rat' is no key of a workload" 'study: s' 'input: web' 'axes: {rat: [1]}'
study "3:8: axes.requests.arrivals: 'requests.arrivals' is not a number, so it can't be an axis" \
    'study: s' 'input: web' 'axes: {requests.arrivals: [1]}'
study "3:15: axes.rate.0: not a number: 'x'" 'study: s' 'input: web' 'axes: {rate: [x]}'
study "3:18: cases.a.rat: 'rat' is no key of a workload" 'study: s' 'input: web' \
    'cases: {a: {rat: 1}}'
study "3:30: cases.a.sites.row.types: 'sites.row.types' is no single value" 'study: s' \
    'input: web' 'cases: {a: {sites.row.types: x}}'
study "3:12: cases.a: expected a map, found a plain value" 'study: s' 'input: web' 'cases: {a: 5}'
for value in -5 often; do
    printf '%s\n' 'study: s' 'input: web' 'cases: {all: {}, a: {cyclic: 0.1, rate: '$value'}}' >s.yaml
    expect 2 sweep s.yaml --max-events 50
    grep -q '^s\.yaml:3:[0-9]*: cases\.a\.rate' ../err || differ "case rate $value: $(cat ../err)"
    [ "$(wc -l <../err)" -eq 1 ] || differ "case rate $value: not one line"
done
printf '%s\n' 'study: s' 'input: web' 'columns: [gc_n]' >s.yaml
refuse 2 "s.yaml:3:11: columns.0: summary.csv has no 'gc_n' (did you mean 'gc_ns'?)" sweep s.yaml
printf '%s\n' 'study: s' 'input: nope.gctrace' >s.yaml
refuse 2 'nope.gctrace: cannot be read: No such file or directory' run s.yaml
printf '%s\n' 'study: s' 'input: web' 'models: [cpyton-3.12]' >s.yaml
refuse 2 "gcsim: unknown model 'cpyton-3.12' (did you mean 'cpython-3.12'?)" run s.yaml
# Whatever is wrong with the values of an axis, the study is to blame, not an option.
for values in '[]' '[-5]' '["1:2:lin20000"]'; do
    printf '%s\n' 'study: s' 'input: web' "axes: {rate: $values}" >s.yaml
    expect 2 sweep s.yaml --max-events 50
    grep -q '^s\.yaml:3:[0-9]*: axes\.rate' ../err || differ "axes $values: $(cat ../err)"
    [ "$(wc -l <../err)" -eq 1 ] || differ "axes $values: not one line"
done
# 16 axes of 16 values: 2^64 points.
{
    printf '%s\n' 'study: s' 'program: {workload: w}' 'axes:'
    for key in rate cyclic live_objects startup_objects allocations_per_request service_time \
        duration types.object.attributes types.list.attributes types.dict.attributes \
        types.set.attributes requests.work_every phases.steady.rate phases.steady.duration \
        phases.startup.objects phases.startup.work; do
        echo "  $key: [\"1:2:lin16\"]"
    done
} >s.yaml
sed 's/1:2:lin16/1:16:lin16/' s.yaml >s16.yaml
for file in s.yaml s16.yaml; do
    expect 2 sweep "$file" --max-events 50
    [ "$(wc -l <../err)" -eq 1 ] || differ "$file, 2^64 points: not one line"
done

# Strategies.
moments='(`start`, `mark LABEL`, `every N allocations`, `every N requests`, `every TIME`, '\
'`after N allocations`, `after N requests`, `after TIME`, `request-end`, `idle`, `every N idle`)'
conditions='(`count G over threshold`, `count G over N`, `count G up to N`, `TIME since collect '\
'G`, `last collect under P%` (of the time since))'
actions='(`enable`, `disable`, `collect G`, `freeze`, `unfreeze`, `threshold T0 [T1 [T2]]` (`*3`: '\
'three times what is in force), `threshold start`)'
strategy "2:16: rules.0.when: not a moment: 'never' $moments" 'strategy: s' \
    'rules: [{when: never, do: collect 0}]'
strategy "2:16: rules.0.when: not a moment: 'every 0 requests' $moments" 'strategy: s' \
    'rules: [{when: every 0 requests, do: collect 2}]'
strategy "2:26: rules.0.if.0: not a condition: 'count 0 over' $conditions" 'strategy: s' \
    'rules: [{when: idle, if: count 0 over, do: collect 2}]'
strategy "2:27: rules.0.do.0: not an action: 'explode' $actions" 'strategy: s' \
    'rules: [{when: start, do: explode}]'
strategy "2:27: rules.0.do.0: '3' is not a whole number from 0 to 2" 'strategy: s' \
    'rules: [{when: start, do: collect 3}]'
strategy "2:16: rules.0.when: the strategy has no parameter 'n'" 'strategy: s' \
    'rules: [{when: every $n requests, do: collect 2}]'
strategy "2:9: rules.0: 'when' is missing" 'strategy: s' 'rules: [{do: collect 2}]'
strategy "2:9: rules.0: 'do' is missing" 'strategy: s' 'rules: [{when: start}]'

# What a program itself calls does not depend on the setting.
for action in 'threshold *3' 'threshold start'; do
    workload "2:17: requests.gc.0: '$action': a program sets its thresholds to numbers; what depends \
on the setting is a strategy's" 'workload: w' 'requests: {gc: ["'"$action"'"]}'
done
workload "2:17: requests.gc.0: not a number: '\$n'" 'workload: w' 'requests: {gc: ["threshold $n"]}'

# Cost profiles.
cost "1:1: 'fixed_young_ns' is missing" 'cost: c'
rest='reference: [[1, 1]]\ncollected: [[1, 1]]\nfinalizer: [[1, 1]]'
head='cost: c\nfixed_young_ns: 1\nfixed_full_ns: 1'
cost '4:1: candidate: a curve has from 1 to 16 points' "$head" 'candidate: []' "$rest"
cost '4:13: candidate.0: a point is written [bytes, ns]' "$head" 'candidate: [[1, 2, 3]]' "$rest"
cost "4:21: candidate.1: the bytes of a curve's points begin at 1 or more, and rise" "$head" \
    'candidate: [[5, 2], [4, 2]]' "$rest"
cost '4:17: candidate.0.1: -1 is below 0' "$head" 'candidate: [[1, -1]]' "$rest"

# A warning is no error: a mark that never comes.
printf '%s\n' 'strategy: s' 'rules: [{when: mark never, do: collect 2}]' >r.yaml
expect 0 run web -S ./r.yaml --max-events 50
says "gcsim: warning: strategy s waits for the mark 'never', which never came"

# Files that are far too large or deep are refused without ado.
{
    echo 'workload: w'
    printf 'about: "%01100000d"\n' 0
} >w.yaml
refuse 2 'w.yaml: larger than 1 MiB: this is no configuration' run w.yaml
{
    echo 'workload: w'
    printf 'sites: '
    printf '%0100000d' 0 | tr 0 '['
    echo
} >w.yaml
expect 2 run w.yaml
[ "$(wc -l <../err)" -eq 1 ] || differ 'deep nesting: not one line'
{
    echo 'workload: w'
    printf 'sites: '
    i=0
    while [ $i -lt 2000 ]; do
        printf '{a: '
        i=$((i + 1))
    done
    echo
} >w.yaml
expect 2 run w.yaml
[ "$(wc -l <../err)" -eq 1 ] || differ 'deep nesting of maps: not one line'
# A column that summary.csv has not.
printf '%s\n' 'study: s' 'input: web' 'columns: [model, nope]' >s.yaml
refuse 2 "s.yaml:3:18: columns.1: summary.csv has no 'nope': see \`gcsim list columns\`" sweep s.yaml
printf '%s\n' 'study: s' 'input: web' 'columns: [model, peak_byte]' >s.yaml
refuse 2 "s.yaml:3:18: columns.1: summary.csv has no 'peak_byte' (did you mean 'peak_bytes'?)" sweep s.yaml

# A file of quantiles too large, or none that can be read: one line.
printf '%s\n' 'workload: w' 'sites: {a: {references: {file: q.csv}}}' >w.yaml
awk 'BEGIN { print "share,value"; for (i = 0; i < 200000; i++) print "0.5,1234567890" }' >q.csv
refuse 2 "w.yaml:2:32: sites.a.references.file: 'q.csv' cannot be read: larger than 1 MiB" run w.yaml
finish
