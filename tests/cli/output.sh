#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# What goes to stdout and to stderr: tables, CSV, JSON, nothing.
. "$(dirname "$0")/common.sh"
tiny_trace >t.gctrace
printf '%s\n' 'strategy: s' 'rules: [{when: mark never, do: collect 2}]' >unmet.yaml

# -q: nothing at all when all goes well, not even warnings.
for words in 'run t.gctrace' 'run t.gctrace -S ./unmet.yaml' 'run t.gctrace -o d' \
    'sweep t.gctrace -t 1,2' 'sweep web --max-events 500' 'trace check t.gctrace' \
    'trace pack t.gctrace -o t.gctb' 'trace make web --max-events 500 -o web.gctb'; do
    # shellcheck disable=SC2086 # words
    expect 0 $words -q
    [ -s ../out ] && differ "$words -q: stdout: $(head -n 2 ../out)"
    [ -s ../err ] && differ "$words -q: stderr: $(head -n 2 ../err)"
done
# Errors and broken limits are said nevertheless.
expect 2 run nowhere.gctrace -q
[ "$(wc -l <../err)" -eq 1 ] || differ '-q: no error'
expect 3 run t.gctrace -t 1 -q --max gc_ns=0
[ "$(wc -l <../err)" -eq 1 ] || differ '-q: no line on --max'

# Warnings go to stderr, results to stdout, and no progress where there is no terminal.
expect 0 run t.gctrace -S ./unmet.yaml
says "gcsim: warning: strategy s waits for the mark 'never', which never came"
grep -q '^model  *cpython-' ../out || differ 'run prints no summary'
printf '%s\n' 'gctrace 1' 't 0 Node 1 -' 'a 1 0' >alone.gctrace
expect 0 run alone.gctrace -S request-end
says 'gcsim: warning: strategy request-end waits for requests to end, and there were none'
expect 0 run alone.gctrace -S manual:every=2
says 'gcsim: warning: strategy manual:every=2 waits for requests to end, and there were none'
expect 0 run alone.gctrace -S idle
says 'gcsim: warning: strategy idle waits for idle time, and there was none'
expect 0 explain alone.gctrace -S idle
says 'gcsim: warning: strategy idle waits for idle time, and there was none'

# An axis that a strategy overrules; x3 multiplies what it is, and close leaves threshold1 an axis.
overruled='gcsim: warning: program or strategy sets thresholds of its own: an axis of the sweep has '\
'no effect from there on'
expect 0 sweep t.gctrace -t 1,2 -t 3 -S mypy
says "$overruled"
expect 0 sweep t.gctrace -t 1 -t 3 -S close
says "$overruled"
expect 0 sweep t.gctrace -t 1 --threshold1 2,3 -S close
[ -s ../err ] && differ "an axis that close leaves alone: $(cat ../err)"
expect 0 sweep t.gctrace -t 1:3:lin3 -S x3,gen2-off
[ -s ../err ] && differ "axes that x3 multiplies: $(cat ../err)"
expect 0 sweep t.gctrace -t 1:50:lin20
[ -s ../err ] && differ "progress without a terminal: $(cat ../err)"

# CSV on stdout is summary.csv.
for words in 'run t.gctrace -t 1' 'sweep t.gctrace -t 1,2 -t 3' 'run web --max-events 2000'; do
    rm -rf d
    # shellcheck disable=SC2086 # words
    expect 0 $words --format csv -o d
    same ../out d/summary.csv
    # shellcheck disable=SC2086 # words
    expect 0 $words --format=text -o d --force
    same d/summary.csv d/summary.csv
done

# JSON holds the same, by the same names.
python=$(command -v python3 || command -v python || :)
if [ -n "$python" ]; then
    cp t.gctrace 'odd "name", \ é.gctrace'
    printf '%s\n' 'gctrace 1' >nothing.gctrace
    for input in t.gctrace nothing.gctrace 'odd "name", \ é.gctrace'; do
        expect 0 sweep "$input" -t 1 -t 2 --format csv
        cp ../out ../csv
        expect 0 sweep "$input" -t 1 -t 2 --format json
        "$python" -m json.tool <../out >/dev/null || differ "$input: no JSON"
        "$python" - ../out ../csv <<'END' || differ "$input: JSON and CSV differ"
import csv, io, json, sys
with io.open(sys.argv[1], encoding='utf-8') as file:
    objects = json.load(file)
with io.open(sys.argv[2], encoding='utf-8', newline='') as file:
    rows = list(csv.DictReader(file))
assert len(rows) == len(objects) == 2
for row, one in zip(rows, objects):
    assert list(row) == list(one), (list(row), list(one))
    for name, cell in row.items():
        value = one[name]
        if value is None or value == '':
            assert cell == '', (name, cell)
        elif isinstance(value, (int, float)):
            assert float(cell) == float(value), (name, cell, value)
        else:
            assert cell == value, (name, cell, value)
END
    done
fi

# A reader that has enough ends it quietly.
"$GCSIM" list keys 2>../err | head -n 1 >../out
[ -s ../err ] && differ "| head: $(cat ../err)"
"$GCSIM" trace make web --max-events 20000 -o web.gctb -q --force
"$GCSIM" trace print web.gctb 2>../err | head -n 1 >../out
[ "$(cat ../out)" = 'gctrace 1' ] || differ "| head: $(cat ../out)"
[ -s ../err ] && differ "| head: $(cat ../err)"

# Everything there is to list is there, and what is listed works.
for list in models strategies keys columns workloads costs; do
    expect 0 list $list
    [ -s ../out ] || differ "list $list is empty"
    [ -s ../err ] && differ "list $list: $(cat ../err)"
    expect 0 list $list --format csv
    cp ../out "$list.csv"
    expect 0 list $list --format json
    cp ../out "$list.json"
done
refuse 2 "gcsim: --format: 'xml' is none of text, csv, json" list models --format xml

# As rows they are the same, one row a thing, and all fields are there.
if command -v python3 >/dev/null 2>&1; then
    python3 - "$SOURCE" <<'END' || differ 'list --format: CSV and JSON'
import csv, glob, json, os, re, sys
lists = ('models', 'strategies', 'keys', 'columns', 'workloads', 'costs')
tables = {}
for name in lists:
    with open(name + '.csv', newline='', encoding='utf-8') as file:
        rows = list(csv.DictReader(file))
    with open(name + '.json', encoding='utf-8') as file:
        objects = json.load(file)
    tables[name] = rows
    assert rows and len(rows) == len(objects), name
    for row, one in zip(rows, objects):
        assert list(row) == list(one), (name, row, one)
        for key, cell in row.items():
            value = one[key]
            same = cell == (value or '') if isinstance(value, (str, type(None))) \
                else float(cell) == float(value)
            assert same, (name, key, cell, value)
for name in ('strategies', 'workloads', 'costs'):
    files = sorted(os.path.basename(path)[:-5]
                   for path in glob.glob('%s/configs/%s/*.yaml' % (sys.argv[1], name)))
    assert sorted(list(row.values())[0] for row in tables[name]) == files, name
with open(sys.argv[1] + '/docs/keys.md', encoding='utf-8') as file:
    page = set(re.findall(r'^\| `([^`]+)` \|', file.read(), re.M))
keys = {row['key'] for row in tables['keys']}
assert page and page <= keys, 'keys'
for key in keys - page: # a parameter of a distribution, of which the page tells once
    of = re.sub(r'\.(values|quantiles|parts)(\..*)?$|\.[a-z]+$', '', key)
    assert of + '.distribution' in page, key
END
fi
expect 0 list models
awk '/^$/ { exit } NR > 1 { print $1 }' ../out >../models
while read -r model; do
    expect 0 run t.gctrace -m "$model" -q -t 1
done <../models
[ "$(wc -l <../models)" -gt 8 ] || differ 'hardly a model is listed'
finish
