#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Names with blanks, commas, quotes, backslashes and letters beyond ASCII, of all that a file can
# be: they work, stand in the CSV as RFC 4180 has it, and effective.yaml brings them back.
# shellcheck disable=SC2016 # a dollar is a dollar here
. "$(dirname "$0")/common.sh"
all='collections.csv effective.yaml pauses.hgrm requests.csv summary.csv timeline.csv'
tiny_trace >t.gctrace

i=0
for name in 'a b' 'a,b' 'a"b' "a'b" 'a\b' 'a: b' '#a' '{a}' '%a' 'é' '$rate' '&a' 'a;b' 'a%sb'; do
    i=$((i + 1))
    cp t.gctrace "$name.gctrace"
    expect 0 run "./$name.gctrace" -t 1 -q -o "odd$i"
    expect 0 run "odd$i/effective.yaml" -q -o "odd$i/again"
    same "odd$i/summary.csv" "odd$i/again/summary.csv"
    same "odd$i/effective.yaml" "odd$i/again/effective.yaml"
    expect 0 run t.gctrace -q -o "$name"
    # shellcheck disable=SC2086 # names
    holds "$name" $all
    expect 0 trace pack t.gctrace -o "$name.gctb"
    expect 0 trace check "$name.gctb"
done
tail -n 1 odd1/summary.csv | grep -q '^1,a b.gctrace,' || differ 'a blank'
tail -n 1 odd2/summary.csv | grep -q '^1,"a,b.gctrace",' || differ 'a comma is not quoted'
tail -n 1 odd3/summary.csv | grep -q '^1,"a""b.gctrace",' || differ 'a quote is not doubled'

# Strategies and cost profiles by such paths.
i=0
for name in 'a b' 'a"b' "a'b" 'a\b' '#a' '{a}' 'é' '$rate'; do
    i=$((i + 1))
    printf 'strategy: s\nrules: [{when: start, do: disable}]\n' >"$name.yaml"
    cp "$SOURCE/configs/costs/cpython-3.12.yaml" "cost $name.yaml"
    expect 0 run t.gctrace -t 1 -q -S "./$name.yaml" --cost "./cost $name.yaml" -o "strange$i"
    expect 0 run "strange$i/effective.yaml" -q -o "strange$i/again"
    same "strange$i/summary.csv" "strange$i/again/summary.csv"
done

# A name that no YAML can hold is no reason not to run.
byte=$(printf 'a\377.gctrace')
if cp t.gctrace "$byte" 2>/dev/null; then
    expect 0 run "$byte" -t 1 -q
fi

# A directory that has the name of a carried workload does not hide it.
mkdir web
expect 0 run web --max-events 100 -q
expect 0 sweep web --max-events 100 -t 700 -q -o web
expect 0 sweep web --max-events 100 -t 700 -q -o web --force
finish
