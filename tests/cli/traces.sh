#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Traces with errors: one line with file and line (text) or block (binary) and event, exit 2.
# shellcheck disable=SC2016 # the backquotes are gcsim's
. "$(dirname "$0")/common.sh"

# trace MESSAGE LINE...: `trace check` refuses a trace of these lines behind the first one.
trace() {
    message=$1
    shift
    {
        echo 'gctrace 1'
        printf '%b\n' "$@"
    } >t.gctrace
    refuse 2 "t.gctrace:$message" trace check t.gctrace
}
node='t 0 N 2 32'

# What is no trace at all.
printf 'gctrace 2\n' >t.gctrace
refuse 2 "t.gctrace:1:1: the first line must be 'gctrace 1': this program reads version 1" \
    run t.gctrace
printf 'hello\n' >t.gctrace
refuse 2 "t.gctrace:1:1: not a trace: neither its text form ('gctrace 1') nor its binary one" \
    run t.gctrace
: >t.gctrace
refuse 2 't.gctrace: the file is empty: not a trace' run t.gctrace
refuse 2 'nowhere.gctrace: cannot be read: No such file or directory' run nowhere.gctrace
mkdir folder
refuse 2 'folder: is a directory: a workload, a study or a trace is expected' run folder

# The form of a line: line and column.
trace '2:1: unknown line: it begins with one of a s r d z k w i b e c g u v m, t, o or #, and a '\
'space' 'x 1'
trace '3:7: EXTRA is 0, its default: leave it out' "$node" 'a 1 0 0'
trace '3:5: fields are separated by one space' "$node" 'a 1  0'
trace '3:6: a space at the end of the line: remove it' "$node" 'a 1 0 '
trace '3:3: OBJECT: numbers have no leading zeros' "$node" 'a 01 0'
trace '3:3: NS: 18446744073709551616 does not fit in 64 bits' "$node" 'w 18446744073709551616'
trace '2:6: the line ends in CR LF: convert the file to LF line ends' 'a 1 0\r'
trace '3:10: 1 references, but the object has 2 slots: name all (0: empty)' "$node" 'a 1 0 = 0'
trace '3:7: all references are empty: leave `=` and them out' "$node" 'a 1 0 = 0 0'
trace '3:2: LABEL is missing: m LABEL' "$node" 'm'

# Options and types.
trace '3:1: options stand directly behind the first line' "$node" 'o roots=native'
trace "2:3: unknown option 'foo=1': objects, freelists, standing, start and roots are known, as \
NAME=VALUE" 'o foo=1'
trace "2:12: unknown kind 'banana'" 't 0 N 1 32 kind=banana'
trace '2:7: an atomic type refers to nothing: SLOTS must be 0' 't 0 N 1 32 kind=atomic'
trace '3:3: type 0 is defined already: take another number' "$node" 't 0 M 1 1'
trace '4:1: standing=5, but the trace allocates 1 objects only' 'o standing=5' "$node" 'a 1 0'

# What a line says, against those before it.
trace '3:3: objects are allocated as 1, 2, 3, …: this one is 1' "$node" 'a 2 0'
trace '3:5: type 1 is not defined: put its `t` line before this one' "$node" 'a 1 1'
trace '4:7: object 2 is not allocated yet (the newest is 1)' "$node" 'a 1 0' 's 1 0 2'
trace '3:3: work and waiting add up to more than 2^63 ns (292 years)' "$node" \
    'w 18446744073709551615'
trace '3:7: 1099511627776 bytes: a payload has less than 1 TiB' "$node" 'a 1 0 1099511627776'
trace '2:3: request 1 is not open: no `b` stands before this `e`' 'e 1'
trace '3:3: request 1 is open already: end it first' 'b 1' 'b 1'
trace '2:3: GENERATION: 3 is above 2' 'c 3'
trace '2:3: unknown action: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]' \
    'g explode'
trace '2:1: the trace ends inside a `u` stretch: `v` is missing' 'u'
trace '2:1: `v` ends a stretch that no `u` has begun' 'v'
trace '4:3: `k` stands directly behind the `a` of an object of kind weakref, and names it' \
    "$node" 'a 1 0' 'k 1 1'

# What happens to the objects: line and event.
gone='is gone: its last reference went before, or it was collected as unreachable'
trace "7: event 2: object 1 $gone" '# no event' "$node" 'a 1 0' '# either' 'd 1' 'd 1'
trace '4: event 1: object 1 has 2 slots (numbered from 0), no slot 2' "$node" 'a 1 0' 's 1 2 0'
trace '7: event 4: object 1 has no root reference to give up' "$node" 'a 1 0' 'a 2 0' 's 2 0 1' \
    'd 1' 'd 1'
trace '5: event 2: object 1 is a tuple: nothing can be stored in it' 't 0 T 1 - kind=tuple' \
    'a 1 0' 'a 2 0' 's 1 0 2'
trace '6: event 3: object 1 is unreachable: no program can name it here (give up its last root '\
'later, or leave this out)' "$node" 'a 1 0' 's 1 0 1' 'd 1' 'r 1'

# The same from run and sweep; from a binary trace with block and event; from stdin with its name.
printf '%s\n' 'gctrace 1' '# a comment' "$node" 'a 1 0' '' 'd 1' 'd 1' >t.gctrace
refuse 2 "t.gctrace:7: event 2: object 1 $gone" run t.gctrace
refuse 2 "t.gctrace:7: event 2: object 1 $gone" run t.gctrace -o d
refuse 2 "t.gctrace:7: event 2: object 1 $gone" sweep t.gctrace -t 1,2 -o d
expect 0 trace pack t.gctrace -o t.gctb
refuse 2 "t.gctb: block 0, event 2: object 1 $gone" run t.gctb -o d
refuse 2 "t.gctb: block 0, event 2: object 1 $gone" trace check t.gctb
"$GCSIM" run - <t.gctrace >../out 2>../err
[ $? = 2 ] || differ 'stdin: not 2'
says "-:7: event 2: object 1 $gone"
"$GCSIM" run - <t.gctb >../out 2>../err
[ $? = 2 ] || differ 'stdin: not 2'
says "-: block 0, event 2: object 1 $gone"
[ -f d/summary.csv ] && differ 'a failing run leaves files'

# A binary trace that is cut, lengthened or changed anywhere is refused: no byte is free.
tiny_trace >good.gctrace
expect 0 trace pack good.gctrace -o good.gctb
size=$(($(wc -c <good.gctb)))
for cut in 1 4 8 20 $((size / 2)) $((size - 8)) $((size - 1)); do
    head -c "$cut" good.gctb >bad.gctb
    expect 2 run bad.gctb
    silent
    [ "$(wc -l <../err)" -eq 1 ] || differ "cut at $cut: not one line"
done
refused='gcsim of a changed byte'
at=0
while [ $at -lt $size ]; do
    # A byte is changed into the one with its lowest bit flipped.
    byte=$(od -An -tu1 -j "$at" -N 1 good.gctb)
    {
        head -c "$at" good.gctb
        # shellcheck disable=SC2059 # an octal escape
        printf "\\$(printf '%03o' $((byte ^ 1)))"
        tail -c +$((at + 2)) good.gctb
    } >bad.gctb
    "$GCSIM" trace check bad.gctb >../out 2>../err
    code=$?
    if [ $code != 2 ] || [ "$(wc -l <../err)" -ne 1 ]; then
        differ "$refused $at of $size: ended with $code: $(cat ../err)"
    fi
    at=$((at + 3))
done
{ cat good.gctb && echo; } >long.gctb
refuse 2 'long.gctb: 1 bytes stand behind the trailer: the file is not a trace alone' \
    run long.gctb
finish
