/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces for the tests: good texts; faulty ones, a row for each message and each place where it
 * can come up; and records that are not what a builder writes. */
#ifndef TESTS_TRACE_SAMPLES_H
#define TESTS_TRACE_SAMPLES_H

/* The example of the format's description. */
static const char example[] = "gctrace 1\n"
                              "t 0 Node 2 32\n"
                              "t 1 Leaf 0 32 kind=atomic\n"
                              "a 1 0\n"
                              "a 2 0\n"
                              "a 3 1\n"
                              "s 1 0 2\n"
                              "s 2 0 1\n"
                              "s 2 1 3\n"
                              "d 3\n"
                              "d 2\n"
                              "d 1\n";

/* Every option, kind of line, optional field and flag. */
static const char everything[] =
    "gctrace 1\n"
    "o objects=3.10\no freelists=resolved\no standing=2\no start=3,1,4,1590,265\no "
    "roots=native\n"
    "t 0 Node 2 32\nt 7 Leaf 0 49 kind=atomic\nt 300 list 0 - kind=list\n"
    "t 70000 Gr\xc3\xb6\xc3\x9f"
    "e.<locals>.C 3 - dict weakrefable finalizer legacy\n"
    "a 1 0\na 2 7 24\na 3 300 64 8\n"
    "t 1048575 pair 2 - kind=tuple\nt 2 ref 0 - kind=weakref weakrefable\n"
    "t 3 R 0 0 finalizer=resurrect\n"
    "a 4 1048575 = 1 0\na 5 0 = 3 4\na 6 300 0 3 = 1 2 5\n"
    "a 7 2\nk 7 1\na 8 2\nk 8 2 keep\na 9 2\nk 9 5 drop\n"
    "a 10 70000 1099511627775\n"
    "s 1 0 2\ns 3 7 9\ns 6 16777214 0\n"
    "r 10\nd 1\nz 3 0\nz 3 70000\n"
    "w 0\nw 255\nw 256\ni 5000000000\n"
    "b 1\nb 18446744073709551615 0\nb 2 9223372036854775807\ne 1\nb 1\ne 18446744073709551615\n"
    "m startup-done\nc 0\nc 1\nc 2\n"
    "g enable\ng disable\ng freeze\ng unfreeze\n"
    "g threshold 700\ng threshold 2147483647 -2147483648\ng threshold 0 -1 10\n"
    "u\nd 4\nv\nm steady\nm startup-done\n"
    "t 5 late 1 32\n";

struct trace_fault {
    const char *text;
    unsigned line, column; /* of the whole text, 1-based; 0: none */
    const char *message;
};

#define X32       "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
#define X256      X32 X32 X32 X32 X32 X32 X32 X32
#define LONG_NAME X256 X256 X256 X256

/* What stands before the lines of the first table. */
static const char prelude[] = "gctrace 1\n"
                              "t 0 Node 2 32\n"
                              "t 1 Leaf 0 32 kind=atomic\n"
                              "t 2 list 0 - kind=list\n"
                              "t 3 tuple 0 - kind=tuple\n"
                              "t 4 ref 0 - kind=weakref\n"
                              "a 1 0\n";

static const struct trace_fault line_faults[] = {
    {"a", 8, 2, "OBJECT is missing: a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]"},
    {"a ", 8, 2, "a space at the end of the line: remove it"},
    {"a  2 0", 8, 3, "fields are separated by one space"},
    {"a 2", 8, 4, "TYPE is missing: a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]"},
    {"a x 0", 8, 3,
     "OBJECT: 'x' is not a whole number: a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]"},
    {"a 02 0", 8, 3, "OBJECT: numbers have no leading zeros"},
    {"a 99999999999999999999 0", 8, 3, "OBJECT: 99999999999999999999 does not fit in 64 bits"},
    {"a 18446744073709551616 0", 8, 3, "OBJECT: 18446744073709551616 does not fit in 64 bits"},
    {"a 3 0", 8, 3, "objects are allocated as 1, 2, 3, …: this one is 2"},
    {"a 0 0", 8, 3, "objects are allocated as 1, 2, 3, …: this one is 2"},
    {"a 2 9", 8, 5, "type 9 is not defined: put its `t` line before this one"},
    {"a 2 1048576", 8, 5, "TYPE: 1048576 is above 1048575"},
    {"a 2 0 0", 8, 7, "EXTRA is 0, its default: leave it out"},
    {"a 2 0 5 2", 8, 9, "SLOTS is 2 as its type says: leave it out"},
    {"a 2 0 0 2", 8, 9, "SLOTS is 2 as its type says: leave it out"},
    {"a 2 0 5 3 1", 8, 11,
     "nothing may follow here: a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]"},
    {"a 2 0 1099511627776", 8, 7, "1099511627776 bytes: a payload has less than 1 TiB"},
    {"a 2 0 0 16777216", 8, 9, "SLOTS: 16777216 is above 16777215"},
    {"a 2 1 0 1", 8, 9, "type Leaf is atomic and refers to nothing: SLOTS must be 0"},
    {"a 2 3", 8, 5,
     "a tuple has at least one slot (the empty one is a singleton, never allocated)"},
    {"a 2 3 5", 8, 5,
     "a tuple has at least one slot (the empty one is a singleton, never allocated)"},
    {"a 2 0 =", 8, 8, "0 references, but the object has 2 slots: name all (0: empty)"},
    {"a 2 0 = 1", 8, 10, "1 references, but the object has 2 slots: name all (0: empty)"},
    {"a 2 0 = 1 0 1", 8, 13, "too many references: the object has 2 slots"},
    {"a 2 0 = 0 0", 8, 7, "all references are empty: leave `=` and them out"},
    {"a 2 0 = 1 2", 8, 11, "object 2 is not allocated yet (the newest is 1)"},
    {"a 2 0 = 1 7", 8, 11, "object 7 is not allocated yet (the newest is 1)"},
    {"a 2 0 7 3 = 1 7 1", 8, 15, "object 7 is not allocated yet (the newest is 1)"},
    {"a 2 0 = 1 x", 8, 11,
     "TARGET: 'x' is not a whole number: a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]"},
    {"a 2 0 = 1 ", 8, 10, "a space at the end of the line: remove it"},
    {"a 2 0 =1 0", 8, 7,
     "EXTRA: '=1' is not a whole number: a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]"},
    {"a 2 1 = 1", 8, 9, "too many references: the object has 0 slots"},
    {"a 2 2 8 = 1", 8, 11, "too many references: the object has 0 slots"},
    {"s 1 0", 8, 6, "TARGET is missing: s SOURCE SLOT TARGET"},
    {"s 1 0 2", 8, 7, "object 2 is not allocated yet (the newest is 1)"},
    {"s 2 0 1", 8, 3, "object 2 is not allocated yet (the newest is 1)"},
    {"s 0 0 1", 8, 3, "objects are numbered from 1: 0 is none"},
    {"s 1 16777215 1", 8, 5, "SLOT: 16777215 is above 16777214"},
    {"s 1 0 1 1", 8, 9, "nothing may follow here: s SOURCE SLOT TARGET"},
    {"s 1 -1 1", 8, 5, "SLOT: '-1' is not a whole number: s SOURCE SLOT TARGET"},
    {"r 2", 8, 3, "object 2 is not allocated yet (the newest is 1)"},
    {"r", 8, 2, "OBJECT is missing: r OBJECT"},
    {"d 0", 8, 3, "objects are numbered from 1: 0 is none"},
    {"d 1 1", 8, 5, "nothing may follow here: d OBJECT"},
    {"z 1", 8, 4, "EXTRA is missing: z OBJECT EXTRA"},
    {"z 2 5", 8, 3, "object 2 is not allocated yet (the newest is 1)"},
    {"z 1 1099511627776", 8, 5, "1099511627776 bytes: a payload has less than 1 TiB"},
    {"k 1 1", 8, 3,
     "`k` stands directly behind the `a` of an object of kind weakref, and names it"},
    {"k 1", 8, 4, "TARGET is missing: k WEAK TARGET [keep|drop]"},
    {"k 1 1 hold", 8, 7, "a callback is keep or drop: k WEAK TARGET [keep|drop]"},
    {"w", 8, 2, "NS is missing: w NS"},
    {"w -5", 8, 3, "NS: '-5' is not a whole number: w NS"},
    {"w 1.5", 8, 3, "NS: '1.5' is not a whole number: w NS"},
    {"w 9223372036854775808", 8, 3, "work and waiting add up to more than 2^63 ns (292 years)"},
    {"i x", 8, 3, "NS: 'x' is not a whole number: i NS"},
    {"b", 8, 2, "REQUEST is missing: b REQUEST [ARRIVAL_NS]"},
    {"b 1 x", 8, 5, "ARRIVAL_NS: 'x' is not a whole number: b REQUEST [ARRIVAL_NS]"},
    {"b 1 9223372036854775808", 8, 5, "ARRIVAL_NS is beyond 2^63 ns (292 years)"},
    {"b 1 5 5", 8, 7, "nothing may follow here: b REQUEST [ARRIVAL_NS]"},
    {"e 1", 8, 3, "request 1 is not open: no `b` stands before this `e`"},
    {"c", 8, 2, "GENERATION is missing: c GENERATION"},
    {"c 3", 8, 3, "GENERATION: 3 is above 2"},
    {"g", 8, 2,
     "ACTION is missing: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]"},
    {"g stop", 8, 3,
     "unknown action: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]"},
    {"g collect", 8, 3,
     "unknown action: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]; to "
     "collect, write c GENERATION"},
    {"g enable 1", 8, 10,
     "nothing may follow here: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]"},
    {"g threshold", 8, 12,
     "T0 is missing: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]"},
    {"g threshold 700 10 10 10", 8, 23,
     "nothing may follow here: g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]"},
    {"g threshold 2147483648", 8, 13,
     "T0: '2147483648' is not a whole number in -2147483648 … 2147483647"},
    {"g threshold -2147483649", 8, 13,
     "T0: '-2147483649' is not a whole number in -2147483648 … 2147483647"},
    {"g threshold 5 -0", 8, 15, "T1: '-0' is not a whole number in -2147483648 … 2147483647"},
    {"g threshold 5 05", 8, 15, "T1: '05' is not a whole number in -2147483648 … 2147483647"},
    {"u 1", 8, 3, "nothing may follow here: u"},
    {"v", 8, 1, "`v` ends a stretch that no `u` has begun"},
    {"m", 8, 2, "LABEL is missing: m LABEL"},
    {"m two words", 8, 7, "nothing may follow here: m LABEL"},
    {"t 5 A 0", 8, 8, "BYTES is missing: t TYPE NAME SLOTS BYTES [FLAG…]"},
    {"t 0 A 0 32", 8, 3, "type 0 is defined already: take another number"},
    {"t 1048576 A 0 32", 8, 3, "TYPE: 1048576 is above 1048575"},
    {"t 5 A 16777216 32", 8, 7, "SLOTS: 16777216 is above 16777215"},
    {"t 5 A 0 1099511627776", 8, 9, "BYTES: 1099511627776 is above 1099511627775"},
    {"t 5 A 1 32 kind=atomic", 8, 7, "an atomic type refers to nothing: SLOTS must be 0"},
    {"t 5 A 0 32 kind=instance", 8, 12, "kind=instance is the default: leave it out"},
    {"t 5 A 0 32 kind=lst", 8, 12, "unknown kind 'lst' (did you mean 'list'?)"},
    {"t 5 A 0 32 kind=quux", 8, 12, "unknown kind 'quux'"},
    {"t 5 A 0 - kind=list dict", 8, 21,
     "dict is for instances of Python classes only, not kind=list"},
    {"t 5 A 0 - dict kind=list", 8, 16,
     "flags stand once each, in the order kind=, dict, weakrefable, finalizer, legacy"},
    {"t 5 A 0 - legacy legacy", 8, 18,
     "flags stand once each, in the order kind=, dict, weakrefable, finalizer, legacy"},
    {"t 5 A 0 - finalizer=keep", 8, 11,
     "unknown flag 'finalizer=keep': kind=KIND, dict, weakrefable, finalizer, "
     "finalizer=resurrect and legacy are known"},
    {"t 5 A 0 -5", 8, 9, "BYTES: '-5' is not a whole number: t TYPE NAME SLOTS BYTES [FLAG…]"},
    {"t 5  0 -", 8, 5, "fields are separated by one space"},
    {"o standing=1", 8, 1, "options stand directly behind the first line"},
    {"x 1", 8, 1,
     "unknown line: it begins with one of a s r d z k w i b e c g u v m, t, o or #, and a "
     "space"},
    {" a 2 0", 8, 1, "a line does not begin with a space"},
    {"ab 2 0", 8, 1,
     "unknown line: it begins with one of a s r d z k w i b e c g u v m, t, o or #, and a "
     "space"},
    {"A 2 0", 8, 1,
     "unknown line: it begins with one of a s r d z k w i b e c g u v m, t, o or #, and a "
     "space"},
    {"a 2 4\nr 1\nk 2 1", 10, 3,
     "`k` stands directly behind the `a` of an object of kind weakref, and names it"},
    {"a 2 4\nk 2 2", 9, 5, "a weak reference cannot refer to itself"},
    {"a 2 4\nk 1 1", 9, 3,
     "`k` stands directly behind the `a` of an object of kind weakref, and names it"},
    {"a 2 4\nk 2 3", 9, 5, "object 3 is not allocated yet (the newest is 2)"},
    {"a 2 4\nk 2 0", 9, 5, "objects are numbered from 1: 0 is none"},
    {"a 2 4\nk 2 1\nk 2 1", 10, 3,
     "`k` stands directly behind the `a` of an object of kind weakref, and names it"},
    {"b 1\nb 1", 9, 3, "request 1 is open already: end it first"},
    {"b 1\ne 1\ne 1", 10, 3, "request 1 is not open: no `b` stands before this `e`"},
    {"u\nu", 9, 1, "`u` stretches do not nest: `v` comes first"},
    {"u\nv\nv", 10, 1, "`v` ends a stretch that no `u` has begun"},
    {"w 9223372036854775807\ni 1", 9, 3,
     "work and waiting add up to more than 2^63 ns (292 years)"},
    {"m " LONG_NAME "", 8, 3, "the label has 1024 bytes; at most 1023 are allowed"},
    {"m tab\there", 8, 3, "the label is not UTF-8 without blanks and control characters"},
    {"m \377", 8, 3, "the label is not UTF-8 without blanks and control characters"},
    {"m \302\240ok\177", 8, 3, "the label is not UTF-8 without blanks and control characters"},
    {"t 5 A 0 32 finalizer weakrefable", 8, 22,
     "flags stand once each, in the order kind=, dict, weakrefable, finalizer, legacy"},
    {"t 5 A 0 32 dict dict", 8, 17,
     "flags stand once each, in the order kind=, dict, weakrefable, finalizer, legacy"},
    {"w 5\no roots=native", 9, 1, "options stand directly behind the first line"},
    {"t 5 A 0 32  dict", 8, 12, "fields are separated by one space"},
    {"t 5 A\001 0 32", 8, 5,
     "the type's name is not UTF-8 without blanks and control characters"},
    {"a 2 0\r", 8, 6, "the line ends in CR LF: convert the file to LF line ends"},
    {"t 5 " LONG_NAME " 0 32", 8, 5,
     "the type's name has 1024 bytes; at most 1023 are allowed"},
    {"a 2 1 = 0", 8, 9, "too many references: the object has 0 slots"},
    {"g threshold 1 x", 8, 15, "T1: 'x' is not a whole number in -2147483648 … 2147483647"},
    {"c 0 0", 8, 5, "nothing may follow here: c GENERATION"},
    {"m ", 8, 2, "a space at the end of the line: remove it"},
    {"# comment\n\nq 1", 10, 1,
     "unknown line: it begins with one of a s r d z k w i b e c g u v m, t, o or #, and a "
     "space"},
};

/* Whole texts. */
static const struct trace_fault text_faults[] = {
    {"", 0, 0, "the file is empty: not a trace"},
    {"g", 1, 1, "not a trace: neither its text form ('gctrace 1') nor its binary one"},
    {"gctrace", 1, 1, "the first line must be 'gctrace 1': this program reads version 1"},
    {"gctrace 2\n", 1, 1, "the first line must be 'gctrace 1': this program reads version 1"},
    {"gctrace 1 \n", 1, 1, "the first line must be 'gctrace 1': this program reads version 1"},
    {"gctrace 1\r\na 1 0\r\n", 1, 10,
     "the line ends in CR LF: convert the file to LF line ends"},
    {"\357\273\277gctrace 1\n", 1, 1, "a byte order mark stands before the text: remove it"},
    {"# hello\ngctrace 1\n", 1, 1,
     "not a trace: neither its text form ('gctrace 1') nor its binary one"},
    {"events\n", 1, 1, "not a trace: neither its text form ('gctrace 1') nor its binary one"},
    {"gctrace 1\no start=1,2,3,4\n", 2, 3,
     "start: five numbers are wanted, C0,C1,C2,TOTAL,PENDING"},
    {"gctrace 1\no start=1,2,3,4,5,6\n", 2, 3,
     "start: five numbers are wanted, C0,C1,C2,TOTAL,PENDING"},
    {"gctrace 1\no start=1,2,3,,5\n", 2, 3,
     "start: five numbers are wanted, C0,C1,C2,TOTAL,PENDING"},
    {"gctrace 1\no start=2147483648,0,0,0,0\n", 2, 3, "start: number 1 is above 2147483647"},
    {"gctrace 1\no start=0,0,0,0,9223372036854775808\n", 2, 3,
     "start: number 5 is above 9223372036854775807"},
    {"gctrace 1\no standing=0\n", 2, 3, "standing: '0' is not a number above 0"},
    {"gctrace 1\no standing=549755813889\n", 2, 3,
     "standing: at most 549755813888 objects fit in a trace"},
    {"gctrace 1\no objects=2.7\n", 2, 3, "objects: '2.7' is no version (3.10, say)"},
    {"gctrace 1\no objects=3.0\n", 2, 3, "objects: '3.0' is no version (3.10, say)"},
    {"gctrace 1\no objects=3.100\n", 2, 3, "objects: '3.100' is no version (3.10, say)"},
    {"gctrace 1\no freelists=no\n", 2, 3, "freelists: only 'resolved' is known"},
    {"gctrace 1\no roots=frames\n", 2, 3, "roots: only 'native' is known"},
    {"gctrace 1\no speed=9\n", 2, 3,
     "unknown option 'speed=9': objects, freelists, standing, start and roots are known, as "
     "NAME=VALUE"},
    {"gctrace 1\no standing=1\no standing=1\n", 3, 3,
     "options stand once each, in the order objects, freelists, standing, start, roots"},
    {"gctrace 1\no standing=1\no objects=3.10\n", 3, 3,
     "options stand once each, in the order objects, freelists, standing, start, roots"},
    {"gctrace 1\no objects=3.10 3.11\n", 2, 16, "nothing may follow here: o NAME=VALUE"},
    {"gctrace 1\no\n", 2, 2, "NAME=VALUE is missing: o NAME=VALUE"},
    {"gctrace 1\no standing=2\nt 0 A 0 32\na 1 0\n", 4, 1,
     "standing=2, but the trace allocates 1 objects only"},
    {"gctrace 1\nu\nw 1\n", 3, 1, "the trace ends inside a `u` stretch: `v` is missing"},
    {"gctrace 1\n\r\n", 2, 1, "the line ends in CR LF: convert the file to LF line ends"},
};

/* t 0 A 0 32, a 1 0 */
#define ONE "\xbd\x00\x01\x41\x00\x21\x00\x00\x40"

/* Records that no builder writes. */
static const struct trace_forgery {
    const char *records;
    unsigned size;
    unsigned events;
    const char *message;
} forged[] = {
#define ROW(records, events, message)                \
    {                                                \
        records, sizeof records - 1, events, message \
    }
    ROW("\xbe", 1, "block 0: its bytes are no events"),
    ROW("\xbf", 1, "block 0: its bytes are no events"),
    ROW("\x40", 1, "block 0: type 0 is not defined: put its `t` line before this one"),
    ROW("\x80", 1, "block 0: objects are numbered from 1: 0 is none"),
    ROW("\xa3\x01", 1, "block 0: its bytes are no events"), /* cut */
    ROW("\xa1\x05\x00", 1, "block 0: its events are not in the one form this version writes"),
    ROW("\xb4\xf8\x05", 1, "block 0: its events are not in the one form this version writes"),
    ROW("\xbb\x00", 1, "block 0: label 0 is not defined"),
    ROW("\xbc\x01x", 0, "block 0: its events are not in the one form this version writes"),
    ROW("\xbc\x01x\xbb\x00\xbc\x01x\xbb\x00", 2,
        "block 0: its events are not in the one form this version writes"),
    ROW("\xbc\x09x", 0, "block 0: its bytes are no events"),
    ROW("\xbc\x01 \xbb\x00", 1,
        "block 0: the label is not UTF-8 without blanks and control characters"),
    ROW("\xb7\x03", 1, "block 0: generation 3: 0, 1 or 2"),
    ROW("\xb8\x05", 1, "block 0: no such action: enable, disable, freeze, unfreeze, threshold"),
    ROW("\xb8\x04\x04\x01\x01\x01\x01", 1, "block 0: its bytes are no events"),
    ROW("\xb8\x04\x00", 1, "block 0: threshold takes one to three numbers"),
    ROW("\xb9", 2, "block 0: it holds another number of events than its head says"),
    ROW("\xb9", 1, "the trailer's totals are not those of the blocks"),
    ROW("\xbd\x00\x01\x41\x00\x21\x11\x00", 0, "block 0: its bytes are no events"), /* kind */
    ROW("\xbd\x00\x01\x41\x00\x21\x00\x20", 0, "block 0: its bytes are no events"), /* flag */
    ROW("\xbd\x00\x01\x41\x01\x21\x01\x00", 0,
        "block 0: an atomic type refers to nothing: SLOTS must be 0"),
    ROW(ONE "\xc0\x00", 2, "block 0: its events are not in the one form this version writes"),
    ROW(ONE "\x8c\x00", 2, "block 0: its events are not in the one form this version writes"),
    ROW(ONE "\x8c\x0c", 2,
        "block 0: object 18446744073709551605 is not allocated yet (the "
        "newest is 1)"),
    ROW(ONE "\xe0\x00", 2,
        "block 0: an object without slots is born without references: "
        "leave `=` out"),
    ROW(ONE "\xf8\x00\xff\xff\xff", 2, "block 0: its bytes are no events"), /* 2^24 targets */
    ROW(ONE "\xe8\x00\x02\x00\x00", 2,
        "block 0: its events are not in the one form this version writes"),
    ROW("", 0, "block 0: it is empty"),
};

#endif
