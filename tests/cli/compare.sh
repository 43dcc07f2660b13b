#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# gcsim compare; and sweeps of more trials than are kept in memory.
. "$(dirname "$0")/common.sh"
tiny_trace >t.gctrace
small='web --max-events 3000 -S default,disable --seeds 3'

# What there is to compare, and what there is not.
refuse 2 "gcsim: one setting: there is nothing to compare; name at least two, \
-S default,collect-freeze, or models or -t" compare t.gctrace
refuse 2 'gcsim: 65 settings: a comparison takes at most 64; `gcsim sweep` takes more' \
    compare t.gctrace -t 1:65:lin65
refuse 2 'gcsim: one INPUT is expected: gcsim compare --help' compare
# A trace has one course: no interval, and it says so.
expect 0 compare t.gctrace -t 1 -t 2
grep -q '^! fewer than 5 pairs: raise --seeds$' ../out || differ 'one seed: no warning'

# The same bytes with any number of workers, in any form; every file; and again from
# effective.yaml.
for form in text csv json; do
    # shellcheck disable=SC2086 # words
    expect 0 compare $small -j 1 --format $form
    cp ../out one
    # shellcheck disable=SC2086 # words
    expect 0 compare $small -j 2 --format $form
    cmp -s one ../out || differ "compare --format $form: -j 2 differs"
done
# shellcheck disable=SC2086 # words
expect 0 compare $small -q -o d
for file in summary collections timeline requests comparison; do
    [ -s d/$file.csv ] || differ "compare -o: no $file.csv"
done
expect 0 compare d/effective.yaml -q -o e
cmp -s d/comparison.csv e/comparison.csv || differ 'effective.yaml: another comparison'
# The mean change of gc_ns is that of summary.csv: columns 4 and 13, 13 of comparison.csv.
awk -F, '$4 == "default" { a += $13; n++ } $4 == "disable" { b += $13 }
    END { printf "%.9g\n", (b - a) / n }' d/summary.csv >mean
awk -F, '$1 == "gc_ns" && $4 == "disable" { print $13 }' d/comparison.csv | cmp -s - mean ||
    differ "mean change of gc_ns: not $(cat mean)"

# More trials than a batch: the same rows, in order, as a file, as CSV and with any workers.
expect 0 sweep t.gctrace -t 1:5000:lin5000 --format csv -j 1
cp ../out many
[ "$(wc -l <many)" -eq 5001 ] || differ 'not 5,000 rows'
seq 5000 >numbers
tail -n +2 many | cut -d, -f1 | cmp -s - numbers ||
    differ 'rows out of order'
expect 0 sweep t.gctrace -t 1:5000:lin5000 --format csv -j 2 -o many.d
cmp -s many ../out || differ '-j 2: other rows'
cmp -s many many.d/summary.csv || differ 'summary.csv: other rows'
# The first ones are the same among fewer trials, the front aside.
expect 0 sweep t.gctrace -t 1:100:lin100 --format csv -j 1
head -n 101 many | cut -d, -f1-34 >first
cut -d, -f1-34 ../out | cmp -s - first || differ 'a batch changes its trials'
finish
