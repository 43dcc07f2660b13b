#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# gcsim explain: what it prints, byte for byte, for a trace in which every rule applies; its
# decisions are the collections of collections.csv, and follow from the counts that it shows.
#
#   sh tests/cli/explain.sh GCSIM SOURCE_DIR [--update]
update=${3-}
. "$(dirname "$0")/common.sh"
here=$SOURCE/tests/cli/explain
cost=$SOURCE/tests/golden/cost.yaml
cp "$here/decisions.gctrace" decisions.gctrace
cp "$SOURCE/tests/golden/requests.gctrace" requests.gctrace

# golden NAME WORD...: stdout is the file of that name.
golden() {
    name=$1
    shift
    expect 0 explain "$@" --cost "$cost"
    if [ "$update" = --update ]; then
        cp ../out "$here/$name"
    else
        same "$here/$name" ../out
    fi
}

golden default.txt decisions.gctrace -m cpython-3.13 -t 3,1,1
golden inside.txt decisions.gctrace -m cpython-3.11 -t 3,1,1
golden decisions.csv decisions.gctrace -m cpython-3.13 -t 3,1,1 --format csv
golden increments.txt requests.gctrace -m cpython-3.14.0 -t 5
golden limits.txt decisions.gctrace -m cpython-3.13 -t 3,1,1 --first 1 --last 2
golden range.txt decisions.gctrace -m cpython-3.13 -t 3,1,1 --events 12:30 --last 100
golden strategy.txt requests.gctrace -m cpython-3.12 -t 20 -S request-end
golden refcount.txt decisions.gctrace -m refcount
printf '\nwhat\ng 4\ng 2\nq\n' >../typed
golden step.txt decisions.gctrace -m cpython-3.13 -t 3,1,1 --step <../typed
printf 'c\n' >../typed
golden step-to-end.txt decisions.gctrace -m cpython-3.13 -t 3,1,1 --step <../typed
printf 'g 99\n' >../typed
golden step-too-far.txt decisions.gctrace -m cpython-3.13 -t 3,1,1 --step <../typed
# The lines given out, it ends: no error, no summary.
golden step-once.txt requests.gctrace -m cpython-3.14.0 -t 5 --step </dev/null

# No line is wider than a terminal of 100, all text on stdout.
for file in "$here"/*.txt; do
    wide=$(sed 's/\xc3\x97/x/' "$file" | awk 'length > 100' | head -n 1)
    [ -z "$wide" ] || differ "$file: too wide: $wide"
done

# agree TRACE OPTION...: decisions that collected are collections.csv's rows, in order, and each
# automatic one is what CPython's gc_select_generation makes of the counts (written out here).
agree() {
    rm -rf run
    expect 0 run "$@" -q -o run
    expect 0 explain "$@" --format csv
    cp ../out decisions.csv
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["outcome"] == "collected" {
            print $at["event"], $at["time_ns"], $at["generation"], $at["cause"], \
                $at["candidates"], $at["references"], $at["collected"], $at["uncollectable"], \
                $at["survivors"], $at["finalizers"], $at["freed_objects"], $at["freed_bytes"], \
                $at["pause_ns"], $at["live_objects"], $at["heap_bytes"]
        }' decisions.csv >ours
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        { print $at["event"], $at["time_ns"], $at["generation"], $at["cause"], \
            $at["candidates"], $at["references"], $at["collected"], $at["uncollectable"], \
            $at["survivors"], $at["finalizers"], $at["freed_objects"], $at["freed_bytes"], \
            $at["pause_ns"], $at["live_objects"], $at["heap_bytes"] }' \
        run/collections.csv >theirs
    same ours theirs
    [ -s ours ] || differ "explain $*: nothing was collected"
    expect 0 explain "$@" --format json
    [ "$(grep -c '"decision"' ../out)" -eq "$(($(wc -l <decisions.csv) - 1))" ] ||
        differ "explain $*: JSON has other rows than CSV"
}
follows() {
    awk -F, 'NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i; next }
        $at["cause"] == "threshold" && $at["outcome"] != "disabled" {
            quarter = int($at["long_lived_total"] / 4)
            due2 = $at["count2"] > $at["threshold2"]
            refused = due2 && $at["long_lived_pending"] < quarter
            generation = ""
            if (due2 && !refused) generation = 2
            else if ($at["count1"] > $at["threshold1"]) generation = 1
            else if ($at["count0"] > $at["threshold0"]) generation = 0
            if (generation "" != $at["generation"] || refused != $at["full_refused"]) {
                print "decision " $at["decision"]; exit }
        }' decisions.csv >../other
    [ -s ../other ] && differ "explain $*: $(cat ../other) does not follow from its counts"
}
for model in cpython-3.8 cpython-3.11 cpython-3.12.0 cpython-3.13 cpython-3.15; do
    agree decisions.gctrace -m $model -t 3,1,1
    follows "$model"
    agree web --max-events 60000 -m $model -t 97,3,2 -S request-end
    follows "$model, web"
    awk -F, '$8 == 1' decisions.csv | grep -q . || differ "$model: the 25 % rule never refused"
    for seed in 1 2 3; do
        [ -n "$RANDOM_TRACE" ] || continue
        "$RANDOM_TRACE" $seed 3000 all >random.gctrace || differ 'random_trace fails'
        agree random.gctrace -m $model -t 10,2,2
        follows "$model, random $seed"
    done
done
agree web --max-events 200000 -m cpython-3.14.4 -t 97
agree requests.gctrace -m cpython-3.14.0 -t 5
[ "$(grep -c ',collected,2,0,' decisions.csv)" -eq 0 ] || differ 'a full increment'

# Wrong: one line.
refuse 2 'gcsim: one INPUT is expected: gcsim explain --help' explain
refuse 2 'gcsim: one INPUT is expected: gcsim explain --help' explain web web
refuse 2 "gcsim: --first: 'x': not a number" explain web --first x
refuse 2 'gcsim: --last: 100001 is not in 0 ... 100000' explain web --last 100001
refuse 2 "gcsim: --events: '5': A:B is expected, both included" explain web --events 5
refuse 2 "gcsim: --events: '9:5': the first is behind the last" explain web --events 9:5
refuse 2 "gcsim: --events: 'x:5': not a number" explain web --events x:5
refuse 2 'gcsim: --format csv has all decisions: --first, --last and --step are for text' \
    explain web --format csv --last 3
refuse 2 'gcsim: --step walks through all: --first, --last and --events are for lists' \
    explain web --step --last 3
refuse 2 'gcsim: --step reads what you type from stdin: INPUT cannot be `-`' explain - --step
refuse 2 'gcsim: one model and one strategy are expected: `gcsim sweep` takes several' \
    explain web -m cpython-3.12,cpython-3.13
refuse 2 "gcsim: explain: unknown option '--jobs': see gcsim explain --help" explain web --jobs 2
refuse 2 "gcsim: unknown command 'explian' (did you mean 'explain'?)" explian web
printf 'gctrace 1\nt 0 Node 2 -\na 1 0\nd 1\nd 1\n' >wrong.gctrace
expect 2 explain wrong.gctrace
says 'wrong.gctrace:5: event 2: object 1 is gone: its last reference went before, or it was collected as unreachable'
finish
