#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The two forms of a trace, and stdin: the same results from the same events.
. "$(dirname "$0")/common.sh"

# without_input DIRECTORY: removes what names the input from its files.
without_input() {
    sed 's/^\([0-9]*\),[^,]*,/\1,,/' "$1/summary.csv" >../short && cp ../short "$1/summary.csv"
    sed '/^input:/d' "$1/effective.yaml" >../short && cp ../short "$1/effective.yaml"
}

# compare COMMAND NAME OPTION...: the command gives the same files for both forms.
compare() {
    command=$1
    name=$2
    shift 2
    rm -rf text bytes
    expect 0 "$command" "$name.gctrace" -q -o text "$@"
    expect 0 "$command" "$name.gctb" -q -o bytes "$@"
    without_input text
    without_input bytes
    same_directories text bytes
}

tiny_trace >tiny.gctrace
expect 0 trace make web --max-events 20000 -o web.gctb
expect 0 trace make web --max-events 20000 -o web2.gctrace
expect 0 trace make llm-serve --max-events 5000 --seed 7 -o llm-serve.gctrace
if [ -n "$RANDOM_TRACE" ]; then
    for i in 1 2 3; do
        "$RANDOM_TRACE" $i 2000 all >random$i.gctrace || differ 'random_trace fails'
    done
fi
expect 0 trace print web.gctb -o web.gctrace
same web.gctrace web2.gctrace

# Text to bytes to text, and bytes to text to bytes.
for text in *.gctrace; do
    name=${text%.gctrace}
    [ -f "$name.gctb" ] || expect 0 trace pack "$text" -o "$name.gctb"
    expect 0 trace print "$name.gctb"
    same ../out "$text"
    expect 0 trace print "$text"
    same ../out "$text"
    expect 0 trace pack "$text" -o again.gctb --force
    same again.gctb "$name.gctb"
    expect 0 trace pack "$name.gctb" -o again.gctb --force
    same again.gctb "$name.gctb"
    for verb in info check; do
        expect 0 trace $verb "$text"
        sed "s/^$text: //; /^bytes in/d" ../out >../other
        expect 0 trace $verb "$name.gctb"
        sed "s/^$name.gctb: //; /^bytes in/d" ../out >../short
        same ../short ../other
    done
    compare run "$name" -t 20
    compare sweep "$name" -t 20,2 -t 300 -m cpython-3.8,cpython-3.12 \
        -S default,manual:every=99,unit=allocations --detail
done

# Comments, blank lines and a last line without its end are forgiven, and go away.
{ sed '1a\
# a comment\
' tiny.gctrace | sed '$s/$//' && printf '# the end'; } >commented.gctrace
expect 0 trace print commented.gctrace
same ../out tiny.gctrace

# From stdin, in both forms; the column `input` is `-`.
for form in gctrace gctb; do
    rm -rf file stdin
    expect 0 run web.$form -t 20 -q -o file
    "$GCSIM" run - -t 20 -q -o stdin <web.$form || differ "stdin: $form"
    grep -q '^1,-,' stdin/summary.csv || differ 'the input of stdin is not -'
    without_input file
    without_input stdin
    same_directories file stdin
    "$GCSIM" trace check - <web.$form >../out || differ "check of stdin: $form"
    grep -q '^-: valid: 20000 events, [0-9]* allocations$' ../out || differ 'check of stdin'
    "$GCSIM" trace print - <web.$form >../out || differ "print of stdin: $form"
    same ../out web.gctrace
done
sed 's/^workload: web/workload: other/' "$SOURCE/configs/workloads/web.yaml" >other.yaml
expect 0 run other.yaml --max-events 3000 --format csv
cp ../out ../other
"$GCSIM" run - --max-events 3000 --format csv <other.yaml >../out || differ 'a workload from stdin'
same ../out ../other
"$GCSIM" trace make other.yaml --max-events 3000 -o - | "$GCSIM" run - --format csv >../out ||
    differ 'a pipe'
sed 's/,-,/,other,/' ../out >../short
same ../short ../other
finish
