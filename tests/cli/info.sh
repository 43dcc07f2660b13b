#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# trace info: text that fits, tables that say the same as CSV and JSON, and one line for a trace
# that `trace check` refuses.
# shellcheck disable=SC2016 # the backquotes are gcsim's
. "$(dirname "$0")/common.sh"

# A session with two entries that refer back to it, and a leaf, all let go.
printf '%s\n' 'gctrace 1' 't 0 Session 2 32' 't 1 Entry 1 32' 't 2 Leaf 0 32 kind=atomic' \
    'a 1 0' 'a 2 1 = 1' 's 1 0 2' 'd 2' 'a 3 1 = 1' 's 1 1 3' 'd 3' 'a 4 2' 'd 4' 'w 1500' \
    'd 1' >t.gctrace
tables='totals types quantiles distributions survival cycles closers curve growth'

# For people.
expect 0 trace info t.gctrace
for words in 't.gctrace: 11 events, 4 allocations of 3 types, 0 requests, 1.5 us of work' \
    '  by reference count, at once        1  25.0 %  before the next allocation' \
    '  in cycles                          3  75.0 %  unreachable: only the collector frees them' \
    'Session.0 -> Entry.0 -> Session' 'Entry.0 -> Session'; do
    grep -q -- "$words" ../out || differ "trace info lacks: $words"
done
expect 0 trace info t.gctrace --growth 2
grep -q '^type     at 50 %  to 100 %  end  grown' ../out || differ 'no table of growth'
printf 'gctrace 1\nw 5\n' >empty.gctrace
expect 0 trace info empty.gctrace
grep -q '^The trace allocates nothing.$' ../out || differ 'an empty trace'
for format in csv json; do
    expect 0 trace info empty.gctrace --format $format
done

# Not wider than 100 columns, whatever the names; C is the locale, so awk would count bytes.
printf '%s\n' 'gctrace 1' "t 0 $(printf 'É%.0s' 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 \
    21 22 23 24 25 26 27 28 29 30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52)1 \
1 32" 'a 1 0' 's 1 0 1' 'd 1' 'a 2 0 1' 'd 2' >wide.gctrace
for trace in t.gctrace wide.gctrace "$SOURCE"/tests/golden/*.gctrace; do
    for growth in '' '--growth 2' '--growth 12'; do
        # shellcheck disable=SC2086 # words
        expect 0 trace info "$trace" $growth
        wide=$(tr -d '\200-\277' <../out | awk 'length > 100' | head -n 1)
        [ -z "$wide" ] || differ "$trace $growth: wider than 100: $wide"
        [ -s ../err ] && differ "$trace: $(cat ../err)"
    done
done

# Into a file, which is not overwritten unasked.
expect 0 trace info t.gctrace
cp ../out printed
expect 0 trace info t.gctrace -o info.txt
silent
same info.txt printed
expect 1 trace info t.gctrace -o info.txt
expect 0 trace info t.gctrace -o info.txt --force

# From bytes, from stdin and from a workload alike.
expect 0 trace info t.gctrace --format json
cp ../out text.json
expect 0 trace pack t.gctrace -o t.gctb
expect 0 trace info t.gctb --format json
same ../out text.json
"$GCSIM" trace info - --format json <t.gctb >../out
same ../out text.json
expect 0 trace info web --max-events 30000 --format json
cp ../out web.json
expect 0 trace make web --max-events 30000 -o web.gctb
expect 0 trace info web.gctb --format json
same ../out web.json

# Every table as CSV is that of the JSON, and has the columns that are listed.
for trace in t web; do
    for table in $tables; do
        expect 0 trace info $trace.gctb --format csv --table "$table"
        cp ../out "$trace-$table.csv"
        expect 0 trace info $trace.gctb --format json --table "$table"
        cp ../out "$trace-$table.json"
    done
done
mv text.json t.json
expect 0 trace info t.gctb --format csv
same ../out t-types.csv
expect 0 trace info t.gctb --format csv --growth 4
same ../out t-growth.csv
expect 0 list columns --format csv
cp ../out columns.csv
if command -v python3 >/dev/null 2>&1; then
    # shellcheck disable=SC2086 # words
    python3 - $tables <<'END' || differ 'trace info: CSV and JSON'
import csv, json, sys
names = sys.argv[1:]
with open('columns.csv', newline='', encoding='utf-8') as file:
    listed = list(csv.DictReader(file))
for trace in 't', 'web':
    with open(trace + '.json', encoding='utf-8') as file:
        whole = json.load(file)
    assert list(whole) == names, list(whole)
    for name in names:
        with open('%s-%s.json' % (trace, name), encoding='utf-8') as file:
            objects = json.load(file)
        with open('%s-%s.csv' % (trace, name), newline='', encoding='utf-8') as file:
            rows = list(csv.DictReader(file))
        assert objects == whole[name] and len(rows) == len(objects), name
        columns = [row['column'] for row in listed if row['file'] == name]
        for row, one in zip(rows, objects):
            assert list(row) == columns == list(one), (name, list(row), columns)
            for column, cell in row.items():
                value = one[column]
                same = cell == (value or '') if isinstance(value, (str, type(None))) \
                    else float(cell) == float(value)
                assert same, (name, column, cell, value)
    # What must add up does.
    totals, = whole['totals']
    fates = 'at_once later in_cycle off_cycle alive'.split()
    assert sum(totals[fate] for fate in fates) == totals['allocations']
    for fate in fates:
        assert sum(row[fate] for row in whole['types']) == totals[fate], fate
    for row in whole['types']:
        assert sum(row[fate] for fate in fates) == row['allocated'], row
    assert sum(row['cycles'] for row in whole['cycles']) == totals['cycles']
    assert sum(row['objects'] for row in whole['cycles']) == totals['in_cycle']
    counts = {row['distribution']: row['count'] for row in whole['quantiles']}
    for name, count in counts.items():
        assert count == sum(row['count'] for row in whole['distributions']
                            if row['distribution'] == name), name
    assert counts['lifetime_counted'] == totals['at_once'] + totals['later']
    assert counts['lifetime_garbage'] == totals['in_cycle'] + totals['off_cycle']
    assert counts['age_alive'] == totals['alive'] == whole['curve'][-1]['live_objects']
    assert counts['bytes'] == counts['references'] == totals['allocations']
    assert counts['older_by'] == totals['older_references']
    points = sorted({row['allocations'] for row in whole['growth']})
    assert len(points) == 4 and points[-1] == totals['allocations']
    for point in points:
        at = [row for row in whole['curve'] if row['allocations'] == point]
        assert len(at) == 1 and at[0]['live_objects'] == sum(
            row['live_objects'] for row in whole['growth'] if row['allocations'] == point)
closers = {(row['source'], row['slot']): row for row in json.load(open('t.json'))['closers']}
assert closers['Entry', '0']['ends_cycles'] == 1
assert closers['Entry', '0']['older'] == 0
assert closers['Session', '0']['ends_cycles'] == 0, 'slot 1 closes it, too'
END
fi

# What `trace check` refuses has no demographics: the same line.
node='t 0 N 2 32'
for lines in "$node\na 1 0\ns 1 0 1\nd 1\nr 1" "$node\na 1 0\nd 1\nd 1" \
    't 0 S 2 - kind=set\na 1 0\na 2 0\ns 1 0 2\ns 1 1 2' "$node\na 1 0\ns 1 2 0"; do
    printf 'gctrace 1\n%b\n' "$lines" >bad.gctrace
    expect 2 trace check bad.gctrace
    cp ../err refusal
    expect 2 trace info bad.gctrace
    same ../err refusal
    silent
    [ "$(wc -l <../err)" -eq 1 ] || differ 'not one line'
done

# Options.
refuse 2 'gcsim: --growth: 1 is not in 2 ... 1000' trace info t.gctrace --growth 1
refuse 2 'gcsim: --growth: 1001 is not in 2 ... 1000' trace info t.gctrace --growth 1001
refuse 2 "gcsim: --growth: 'x': not a number" trace info t.gctrace --growth x
refuse 2 "gcsim: --table: unknown table 'typs' (did you mean 'types'?)" trace info t.gctrace \
    --format csv --table typs
refuse 2 "gcsim: --table: unknown table 'weather': totals, types, quantiles, distributions, \
survival, cycles, closers, curve, growth" trace info t.gctrace --format csv --table weather
refuse 2 'gcsim: --table is for programs: add --format csv or --format json' trace info \
    t.gctrace --table types
refuse 2 'gcsim: --growth, --table and --format are of gcsim trace info' trace check t.gctrace \
    --growth 3
finish
