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
grep -q '^!  one seed: there are no intervals' ../out || differ 'one seed: no warning'

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
# With nothing left out, the mean change of gc_ns is that of summary.csv: columns 4 and 13, 13 of
# comparison.csv.
# shellcheck disable=SC2086 # words
expect 0 compare $small --warmup 0 -q -o all
cmp -s d/summary.csv all/summary.csv || differ '--warmup changes what happens'
awk -F, '$4 == "default" { a += $13; n++ } $4 == "disable" { b += $13 }
    END { printf "%.9g\n", (b - a) / n }' all/summary.csv >mean
awk -F, '$1 == "gc_ns" && $4 == "disable" { print $13 }' all/comparison.csv | cmp -s - mean ||
    differ "mean change of gc_ns: not $(cat mean)"

# Behind a time, GC time is that of the collections which start there, of request latencies as
# many count as end there; --engine index and replay agree; and effective.yaml says it again.
printf '%s\n' 'gctrace 1' 't 0 Node 1 -' 'm warm' 'b 1' 'c 2' 'w 3000000000' 'e 1' 'a 1 0' 'b 2' \
    'c 0' 'w 2000000000' 'e 2' 'm late' 'b 3' 'w 1000000' 'c 2' 'e 3' >cut.gctrace
counts() { # WARMUP REQUESTS COLLECTIONS FULL
    expect 0 compare cut.gctrace -t 1 -t 2 --warmup "$1" --format csv
    awk -F'"?,"?' -v wanted="$2 $3 $4" 'NR > 1 && $28 " " $26 " " $27 != wanted { bad = 1 }
        END { exit bad }' ../out || differ "--warmup $1: not $2 $3 $4: $(head -n 2 ../out)"
}
counts 0 3 3 2
counts warm 3 3 2
counts 1s 3 2 1
counts 4s 2 1 1
counts late 1 1 1
expect 0 compare cut.gctrace -t 1 -t 2
grep -q '^Warm-up: nothing is left out: there is no mark startup-done' ../out ||
    differ 'no mark: not said'
expect 0 compare t.gctrace -t 1 -t 2
grep -q '^Warm-up: all up to startup-done is left out' ../out || differ 'startup-done: not said'
refuse 2 "cut.gctrace: warm-up: 'soon' is no time, \`2s\`, and no mark of the program, which has \
'warm', 'late'" compare cut.gctrace -t 1 -t 2 --warmup soon
refuse 2 'cut.gctrace: warm-up: the program ends after 5 s, so nothing is left behind 20 s' \
    compare cut.gctrace -t 1 -t 2 --warmup 20s
printf '%s\n' 'gctrace 1' 't 0 Node 1 -' 'a 1 0' 'w 2000000000' >two.gctrace
refuse 2 'two.gctrace: warm-up: the program ends after 2 s, so nothing is left behind 2 s' \
    compare two.gctrace -t 1 -t 2 --warmup 2s
for engine in replay index; do
    # shellcheck disable=SC2086 # words
    expect 0 compare web --max-events 400k -S default,collect-freeze --seeds 2 --engine $engine \
        --warmup 2s --format csv
    mv ../out $engine
done
cmp -s replay index || differ '--warmup: the engines differ'
# shellcheck disable=SC2086 # words
expect 0 compare $small --warmup 1us -q -o f
expect 0 compare f/effective.yaml -q -o g
cmp -s f/comparison.csv g/comparison.csv || differ 'effective.yaml: another warm-up'

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
