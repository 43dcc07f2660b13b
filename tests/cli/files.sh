#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Files: exactly those of the design, with their headers; none half-written, none overwritten.
. "$(dirname "$0")/common.sh"
tiny_trace >t.gctrace
all='collections.csv effective.yaml pauses.hgrm requests.csv summary.csv timeline.csv'

# first FILE LINE
first() {
    if [ "$(head -n 1 "$1")" != "$2" ]; then
        differ "$1 begins: $(head -n 1 "$1")
   and should begin: $2"
    fi
}

# Which, and their headers. A column is only ever added, at the end.
expect 0 run t.gctrace -t 1 -q -o run
# shellcheck disable=SC2086 # names
holds run $all
expect 0 sweep t.gctrace -t 1,2 -q -o sweep
holds sweep effective.yaml summary.csv
expect 0 sweep t.gctrace -t 1 -t 2 -q -o deep/er --detail
# shellcheck disable=SC2086 # names
holds deep/er $all
first run/collections.csv "trial,event,time_ns,generation,cause,candidates,candidate_bytes,\
references,collected,uncollectable,survivors,finalizers,freed_objects,freed_bytes,pause_ns,\
live_objects,heap_bytes"
first run/summary.csv "trial,input,model,strategy,threshold0,threshold1,threshold2,seed,engine,\
events,allocations,mutator_ns,gc_ns,gc_share,total_ns,collections_gen0,collections_gen1,\
collections_gen2,collected,uncollectable,pause_ns_p50,pause_ns_p90,pause_ns_p99,pause_ns_p999,\
pause_ns_max,peak_bytes,mean_bytes,peak_garbage_bytes,peak_objects,end_garbage_objects,\
request_ns_p50,request_ns_p99,request_ns_p999,request_ns_max,pareto,requests,idle_ns,full_ns,\
frozen_objects,axes,peak_footprint_bytes"
first run/timeline.csv \
    'trial,event,time_ns,live_bytes,garbage_bytes,frozen_bytes,live_objects,footprint_bytes'
first run/requests.csv 'trial,percentile,request_ns'
for file in collections summary timeline requests; do
    first deep/er/$file.csv "$(head -n 1 run/$file.csv)"
    # Every row has the header's number of fields, and lines end in LF.
    awk -F, -v name="$file.csv" 'NR == 1 { n = NF } NF != n { print name ": row " NR; bad = 1 }
        /\r/ { print name ": CR"; bad = 1 } END { exit bad }' deep/er/$file.csv ||
        differ 'a row is broken'
    expect 0 list columns
    # The columns that `list columns` tells of are those of the file.
    awk -v name="$file.csv:" '$1 == name { in_it = 1; next } /^[a-z]/ || /^$/ { in_it = 0 }
        in_it { printf "%s%s", n++ ? "," : "", $1 } END { print "" }' ../out >../listed
    [ "$(cat ../listed)" = "$(head -n 1 run/$file.csv)" ] ||
        differ "list columns tells otherwise of $file.csv: $(cat ../listed)"
done
[ "$(wc -l <run/summary.csv)" -eq 2 ] || differ 'run: not one trial'
[ "$(wc -l <deep/er/summary.csv)" -eq 3 ] || differ 'sweep: not two trials'
[ "$(wc -l <run/timeline.csv)" -le 4097 ] || differ 'timeline.csv is too long'

# Without work, requests or collections the fields are empty, not 0 or nan.
printf '%s\n' 'gctrace 1' >nothing.gctrace
expect 0 run nothing.gctrace -m cpython-3.12 -q -o nothing
[ "$(tail -n 1 nothing/summary.csv)" = '1,nothing.gctrace,cpython-3.12,default,700,10,10,1,replay,'\
'0,0,0,0,,0,0,0,0,0,0,,,,,,0,,0,0,0,,,,,1,0,0,0,0,,' ] ||
    differ "nothing at all: $(tail -n 1 nothing/summary.csv)"
[ "$(wc -l <nothing/requests.csv)" -eq 1 ] || differ 'requests.csv has rows without requests'

# What exists stays, unless --force is given.
cp -r run kept
refuse 1 'run/summary.csv: exists: give another name, or --force' run t.gctrace -t 2 -o run
same_directories run kept
rm kept/summary.csv run/summary.csv
expect 1 run t.gctrace -t 2 -o run
same_directories run kept
expect 0 run t.gctrace -t 2 -q -o run --force
# shellcheck disable=SC2086 # names
holds run $all
cmp -s run/collections.csv kept/collections.csv && differ '--force overwrites nothing'
# Files that it would not write do not matter.
mkdir other
echo mine >other/timeline.csv
echo mine >other/notes
expect 0 sweep t.gctrace -t 1,2 -q -o other
holds other effective.yaml notes summary.csv timeline.csv
[ "$(cat other/timeline.csv)" = mine ] || differ 'timeline.csv of another is gone'

expect 0 trace pack t.gctrace -o t.gctb
cp t.gctb kept.gctb
refuse 1 't.gctb: exists: give another name, or --force' trace pack t.gctrace -o t.gctb
refuse 1 't.gctb: exists: give another name, or --force' trace print t.gctrace -o t.gctb
same t.gctb kept.gctb
expect 0 trace print t.gctrace -o t.gctb --force
same t.gctb t.gctrace

# A failing run leaves no file, and no directory of its own making.
printf '%s\n' 'gctrace 1' 't 0 N 2 32' 'a 1 0' 'd 1' 'd 1' >bad.gctrace
expect 2 run bad.gctrace -o new/one
[ -e new ] && differ "left by a failing run: $(find new)"
expect 2 sweep bad.gctrace -t 1,2 -o new/one --detail
[ -e new ] && differ "left by a failing sweep: $(find new)"
expect 2 run nowhere.gctrace -o new/one
expect 2 run t.gctrace -o new/one -m nonsense
[ -e new ] && differ "left by refused options: $(find new)"
expect 1 run t.gctrace -o t.gctrace
says 't.gctrace: cannot be made: Not a directory'
expect 1 run t.gctrace -o t.gctrace/below
rm -rf new
expect 1 trace pack t.gctrace -o new/one
says 'new/one: cannot be written: No such file or directory'
expect 1 trace pack bad.gctrace -o folder/
[ -e folder ] && differ 'folder/ has been made'

# A pipe where a kept index should lie is neither read nor written: either may wait for ever.
index=t.gctrace.cpython-3.12.index
mkfifo "$index"
timeout 20 "$GCSIM" sweep t.gctrace -t 1,2 -m cpython-3.12 -q --engine index --keep-index \
    >../out 2>../err </dev/null
code=$?
[ $code = 0 ] || differ "a pipe as index: ended with $code"
says "$index: cannot be written: not a file"
rm "$index"

# A disk that is full: nothing stays, not even the files that had room. (-t 1: many rows.)
expect 0 trace make web --max-events 4000 -o web.gctb
mkdir full
(
    trap '' XFSZ
    ulimit -f 8 # blocks of 512 bytes, of 1024 in some shells: effective.yaml and summary.csv fit
    exec "$GCSIM" run web.gctb -q -t 3 -o full
) >/dev/null 2>../err
code=$?
[ $code = 1 ] || differ "disk full: ended with $code"
grep -q '^full/[a-z]*\.csv: cannot be written: File too large$' ../err ||
    differ "disk full: $(cat ../err)"
holds full ''
(
    trap '' XFSZ
    ulimit -f 8
    exec "$GCSIM" trace print web.gctb -o full/text.gctrace
) >/dev/null 2>../err
code=$?
[ $code = 1 ] || differ "disk full: trace print ended with $code"
[ "$(cat ../err)" = 'full/text.gctrace: cannot be written: File too large' ] ||
    differ "disk full: trace print: $(cat ../err)"
[ -e full/text.gctrace ] && differ 'disk full: half a trace'

# What is no file is not replaced by one.
expect 0 trace print t.gctrace -o -
same ../out t.gctrace
mkfifo pipe
cat pipe >../from_pipe &
reader=$!
"$GCSIM" trace print t.gctrace -o pipe --force >../out 2>../err
[ -p pipe ] || differ '--force replaced a pipe by a file'
kill "$reader" 2>/dev/null
wait "$reader" 2>/dev/null
rm -f pipe

# A stdout that takes nothing is told of.
if [ -c /dev/full ]; then
    for words in 'run t.gctrace' 'run t.gctrace --format csv' 'trace print t.gctrace' \
        'trace make web --max-events 100 -o -' 'trace info t.gctrace' 'trace check t.gctrace' \
        'list keys' 'run --help' '--help' '--version'; do
        # shellcheck disable=SC2086 # words
        "$GCSIM" $words >/dev/full 2>../err
        code=$?
        [ $code = 1 ] || differ "gcsim $words >/dev/full: ended with $code"
        [ "$(wc -l <../err)" -eq 1 ] || differ "gcsim $words >/dev/full: not one line"
    done
fi

# Trials beyond those kept in memory go to a temporary file; where that is full, it says why.
(trap '' XFSZ && ulimit -f 64 && "$GCSIM" sweep t.gctrace -t 1:9000:lin9000 -q >../out 2>../err)
[ $? = 1 ] || differ 'a temporary file that is full: not exit 1'
says 'gcsim: trials do not fit into a temporary file: File too large'
silent
# Of so many a table shows the front and the default, and says so, whatever its columns.
expect 0 sweep t.gctrace -m cpython-3.13 -t 1:5000:lin5000
grep -q '^[0-9]* lines for 5000 trials: settings marked \*, and the default; ' ../out || differ 'a front alone'
grep -q 'no setting marked \* is better$' ../out || differ 'advice from a front'
expect 0 sweep t.gctrace -m cpython-3.13 -t 1:5000:lin5000 --columns threshold0,gc_ns
grep -q '^[0-9]* lines for 5000 trials: ' ../out || differ 'a front alone, by columns'
finish
