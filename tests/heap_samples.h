/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Small traces for heap_test.c, and what comes of them by hand, version by version. */
#ifndef TESTS_HEAP_SAMPLES_H
#define TESTS_HEAP_SAMPLES_H

#include <gcsim/heap.h>

/* The types of all traces here. */
static const char prelude[] = "t 0 Node 2 -\n"
                              "t 1 Atom 0 - kind=atomic\n"
                              "t 2 List 2 - kind=list\n"
                              "t 3 Dict 2 - kind=dict\n"
                              "t 4 Tuple 2 - kind=tuple\n"
                              "t 5 Obj 2 - dict\n"
                              "t 6 Ref 0 - kind=weakref\n"
                              "t 7 Fin 1 - finalizer\n"
                              "t 8 Res 1 - finalizer=resurrect\n"
                              "t 9 Leg 1 - legacy\n"
                              "t 10 Set 2 - kind=set\n"
                              "t 11 Slice 3 - kind=slice\n"
                              "t 12 Method 2 - kind=method\n"
                              "t 13 Builtin 1 - kind=cfunction\n"
                              "t 14 Bare 0 -\n"
                              "t 15 Cell 1 - kind=cell\n"
                              "t 16 Function 1 - kind=function\n"
                              "t 17 One 1 - kind=tuple\n"
                              "t 18 Gen 1 - kind=generator\n";

/*
 * What is refused: one or more rows for each message
 */
#define GONE(n)                                                                      \
    "object " #n " is gone: its last reference went before, or it was collected as " \
    "unreachable"
#define LOST(n)                                                                                \
    "object " #n " is unreachable: no program can name it here (give up its last root later, " \
    "or leave this out)"
#define RING "a 1 0\ns 1 0 1\nd 1\n" /* object 1 is unreachable from the third event on */

static const struct fault {
    const char *events;
    uint64_t event;
    const char *message;
    bool strict; /* only gcs_trace_check finds it */
} faults[] = {
    {"a 1 0\nd 1\nr 1\n", 2, GONE(1), false},
    {"a 1 0\nd 1\nd 1\n", 2, GONE(1), false},
    {"a 1 0\nd 1\nz 1 8\n", 2, GONE(1), false},
    {"a 1 0\nd 1\ns 1 0 0\n", 2, GONE(1), false},
    {"a 1 0\na 2 0\nd 1\ns 2 0 1\n", 3, GONE(1), false},
    {"a 1 0\na 2 0\nd 1\na 3 4 = 2 1\n", 3, GONE(1), false},
    {"a 1 0\nd 1\na 2 6\nk 2 1\n", 3, GONE(1), false},
    {"a 1 0\na 2 0\ns 1 0 2\nd 2\nd 1\nr 2\n", 5, GONE(2), false},
    {"a 1 4\na 2 0\ns 1 0 2\n", 2, "object 1 is a tuple: nothing can be stored in it", false},
    {"a 1 11\ns 1 0 0\n", 1, "object 1 is a slice: nothing can be stored in it", false},
    {"a 1 12\ns 1 0 0\n", 1, "object 1 is a method: nothing can be stored in it", false},
    {"a 1 13\ns 1 0 0\n", 1, "object 1 is a cfunction: nothing can be stored in it", false},
    {"a 1 0\ns 1 2 0\n", 1, "object 1 has 2 slots (numbered from 0), no slot 2", false},
    {"a 1 2 0 5\ns 1 4 0\ns 1 5 0\n", 2, "object 1 has 5 slots (numbered from 0), no slot 5",
     false},
    {"a 1 1\ns 1 0 0\n", 1, "object 1 has 0 slots (numbered from 0), no slot 0", false},
    {"a 1 0\na 2 0\ns 1 0 2\nd 2\nd 2\n", 4, "object 2 has no root reference to give up",
     false},
    {RING "r 1\nr 1\n", 3, LOST(1), true}, /* to give it a root again is to name it */
    {RING "d 1\n", 3, LOST(1), true},
    {RING "z 1 8\n", 3, LOST(1), true},
    {RING "s 1 0 0\n", 3, LOST(1), true},
    {RING "a 2 0\ns 2 0 1\n", 4, LOST(1), true},
    {RING "a 2 17 = 1\n", 3, LOST(1), true},
    {RING "a 2 6\nk 2 1\n", 4, LOST(1), true},
    {"a 1 0\na 2 0\ns 1 0 1\ns 1 1 2\nd 2\nd 1\nr 2\n", 6, LOST(2), true},
    {"a 1 10\na 2 0\ns 1 0 2\ns 1 1 2\n", 3,
     "object 1 is a set and holds the same object twice", true},
    {"a 1 0\na 2 10 = 1 1\n", 1, "object 2 is a set and holds the same object twice", true},
};

/*
 * Free lists
 */
static const struct free_list {
    const char *version, *kind;
    unsigned slots, capacity;
    bool reused, kept_by_full;
} free_lists[] = {
    {"cpython-3.6", " kind=list", 2, 80, true, false},
    {"cpython-3.13", " kind=list", 2, 80, true, false},
    {"cpython-3.14", " kind=list", 0, 80, true, false},
    {"cpython-3.6", " kind=dict", 2, 80, true, false},
    {"cpython-3.11", " kind=dict", 0, 80, true, false},
    {"cpython-3.14", " kind=dict", 6, 80, true, false},
    {"cpython-3.6", " kind=tuple", 1, 2000, true, false},
    {"cpython-3.10", " kind=tuple", 19, 2000, true, false},
    {"cpython-3.10", " kind=tuple", 20, 0, true, false},
    {"cpython-3.11", " kind=tuple", 19, 2000, true, false},
    {"cpython-3.11", " kind=tuple", 20, 2000, false, false}, /* parked, never handed out */
    {"cpython-3.12", " kind=tuple", 20, 2000, false, false},
    {"cpython-3.13", " kind=tuple", 20, 2000, true, false},
    {"cpython-3.13", " kind=tuple", 21, 0, true, false},
    {"cpython-3.14", " kind=tuple", 20, 2000, true, false},
    {"cpython-3.13", " kind=set", 2, 0, true, false},
    {"cpython-3.8", " kind=method", 2, 256, true, false},
    {"cpython-3.9", " kind=method", 2, 0, true, false},
    {"cpython-3.14", " kind=method", 2, 20, true, false},
    {"cpython-3.8", " kind=cfunction", 1, 256, true, false},
    {"cpython-3.13", " kind=cfunction", 1, 0, true, false},
    {"cpython-3.14", " kind=cfunction", 1, 16, true, false},
    {"cpython-3.13", " kind=slice", 3, 1, true, true},
    {"cpython-3.14", " kind=slice", 3, 1, true, false},
    {"cpython-3.13", " kind=iterator", 1, 0, true, false},
    {"cpython-3.14", " kind=iterator", 1, 10, true, false},
    {"cpython-3.6", " kind=frame", 2, 201, true, true}, /* its code object keeps one */
    {"cpython-3.10", " kind=frame", 2, 201, true, true},
    {"cpython-3.11", " kind=frame", 2, 0, true, false},
    {"cpython-3.13", " kind=cell", 1, 0, true, false},
    {"cpython-3.13", "", 1, 0, true, false},
};

/*
 * What the last collection of a trace met, by version
 */
static const char *const versions[] = {
    "cpython-3.6",  "cpython-3.7",  "cpython-3.8",  "cpython-3.9",  "cpython-3.10",
    "cpython-3.11", "cpython-3.12", "cpython-3.13", "cpython-3.14", "cpython-3.15"};
enum { VERSIONS = sizeof versions / sizeof versions[0] - 1 }; /* 3.15 is as 3.14 here */

#define ALL(n)                    \
    {                             \
        n, n, n, n, n, n, n, n, n \
    }
#define TO_313(n, from_314)              \
    {                                    \
        n, n, n, n, n, n, n, n, from_314 \
    }
#define TO_310(n, later)                          \
    {                                             \
        n, n, n, n, n, later, later, later, later \
    }
#define FROM_38(early, n)                 \
    {                                     \
        early, early, n, n, n, n, n, n, n \
    }
#define BY_RESURRECTION(to_36, to_38, later)                          \
    {                                                                 \
        to_36, to_38, to_38, later, later, later, later, later, later \
    }
/* One that resurrects in a cycle with another, and three rings: unreachable, all of them. */
#define PAIR_AND_RINGS                                                                     \
    "a 1 8\na 2 0\ns 1 0 2\ns 2 0 1\nd 1\nd 2\na 3 0\ns 3 0 3\nd 3\na 4 0\ns 4 0 4\nd 4\n" \
    "a 5 0\ns 5 0 5\nd 5\n"

static const struct case_by_version {
    const char *about, *events;
    char what; /* c candidates, m collected, u uncollectable, f finalizers, r references of the
                  last collection; n count[0], l live objects */
    int expected[VERSIONS];
} by_version[] = {
    /* Generators: what gc.collect() says of one, started, in a ring with a list */
    {"a generator in a ring, collected", "a 1 18\na 2 2\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\n",
     'm', BY_RESURRECTION(3, 0, 0)},
    {"a generator in a ring, left", "a 1 18\na 2 2\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\n", 'l',
     ALL(0)},
    {"a generator's code keeps a frame, which stays counted", "a 1 18\nd 1\na 2 18\n", 'n',
     TO_310(2, 1)},
    {"a ring of one function, left", "a 1 16\ns 1 0 1\nd 1\nc 2\n", 'l', FROM_38(1, 0)},
    /* Which are tracked */
    {"a tuple of atoms, at first", "a 1 4\nc 0\n", 'c', TO_313(1, 0)},
    {"a tuple of atoms, once examined", "a 1 4\nc 0\nc 1\n", 'c', ALL(0)},
    {"a tuple that holds a list", "a 1 2\na 2 4 = 1 0\nc 0\nc 1\n", 'c', ALL(2)},
    {"a tuple that holds an untracked dict", "a 1 3\na 2 4 = 1 0\nc 0\nc 1\n", 'c',
     TO_313(1, 2)},
    {"a tuple in a tuple, at first", "a 1 4\na 2 17 = 1\nd 1\nc 0\n", 'c', TO_313(2, 1)},
    {"a tuple in a tuple, one run later", "a 1 4\na 2 17 = 1\nd 1\nc 0\nc 1\n", 'c',
     TO_313(1, 0)},
    {"a tuple in a tuple, two runs later", "a 1 4\na 2 17 = 1\nd 1\nc 0\nc 1\nc 2\n", 'c',
     ALL(0)},
    {"a dict of atoms", "a 1 3\nc 0\n", 'c', TO_313(0, 1)},
    {"a dict with a list", "a 1 3\na 2 2\ns 1 0 2\nc 0\n", 'c', ALL(2)},
    {"a dict born with a list", "a 1 2\na 2 3 = 1 0\nc 0\n", 'c', ALL(2)},
    {"a dict emptied again, young runs", "a 1 3\na 2 2\ns 1 0 2\ns 1 0 0\nc 0\nc 1\nc 2\n", 'c',
     ALL(2)},
    {"a dict emptied again, after a full run",
     "a 1 3\na 2 2\ns 1 0 2\ns 1 0 0\nc 0\nc 1\nc 2\nc 2\n", 'c', TO_313(1, 2)},
    {"a dict with an untracked dict", "a 1 3\na 2 3\ns 1 0 2\nc 0\n", 'c', TO_313(1, 2)},
    {"a dict with an untracked tuple", "a 1 4\nc 0\na 2 3\ns 2 0 1\nc 0\n", 'c', TO_313(0, 1)},
    {"a dict with a tracked tuple", "a 1 4\na 2 3\ns 2 0 1\nc 0\n", 'c', TO_313(2, 1)},
    {"an instance with atoms", "a 1 5\nc 0\n", 'c', ALL(1)},
    {"an instance with a list", "a 1 5\na 2 2\ns 1 0 2\nc 0\n", 'c', TO_310(3, 2)},
    {"an instance of slots=()", "a 1 14\nc 0\n", 'c', FROM_38(0, 1)},
    {"an atom", "a 1 1\nc 0\n", 'c', ALL(0)},
    /* Which are counted */
    {"an instance of slots=(), counted", "a 1 14\n", 'n', FROM_38(0, 1)},
    {"an instance with __dict__, counted", "a 1 5\n", 'n', TO_310(2, 1)},
    {"a generator, counted", "a 1 18\n", 'n', TO_310(2, 1)},
    {"an atom, counted", "a 1 1\n", 'n', ALL(0)},
    {"a tuple, counted", "a 1 4\n", 'n', ALL(1)},
    /* What they report */
    {"references of slots", "a 1 0\nc 0\n", 'r', ALL(3)},
    {"references of a list", "a 1 2\nc 0\n", 'r', ALL(2)},
    {"references of a __dict__", "a 1 5\na 2 2\ns 1 0 2\nc 0\n", 'r', TO_310(6, 5)},
    /* What counts as collected: measured */
    {"a self-cycle of slots", "a 1 0\ns 1 0 1\nd 1\nc 2\n", 'm', ALL(1)},
    {"a list in itself", "a 1 2\ns 1 0 1\nd 1\nc 2\n", 'm', ALL(1)},
    {"a self-cycle with __dict__", "a 1 5\ns 1 0 1\nd 1\nc 2\n", 'm', TO_310(2, 1)},
    {"two in a cycle", "a 1 5\na 2 5\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\n", 'm', TO_310(4, 2)},
    {"a cyclic instance with (1,2), [1], {'k':1}, {1:[]}",
     "t 50 Five 5 - dict\na 1 50\na 2 4\na 3 2\na 4 3\na 5 2\na 6 3\ns 6 0 5\ns 1 0 1\ns 1 1 "
     "2\n"
     "s 1 2 3\ns 1 3 4\ns 1 4 6\nc 0\nd 2\nd 3\nd 4\nd 5\nd 6\nd 1\nc 2\n",
     'm',
     {5, 5, 5, 5, 5, 4, 4, 4, 5}},
    {"a recursive closure",
     "a 1 15\na 2 17 = 1\na 3 16\ns 3 0 2\ns 1 0 3\nd 1\nd 2\nd 3\nc 2\n", 'm', ALL(3)},
    {"an atom that hangs on trash", "a 1 0\na 2 1\ns 1 0 1\ns 1 1 2\nd 1\nd 2\nc 2\n", 'm',
     ALL(1)},
    {"a list that hangs on trash", "a 1 0\na 2 2\ns 1 0 1\ns 1 1 2\nd 1\nd 2\nc 2\n", 'm',
     ALL(2)},
    {"nothing is left of it", "a 1 0\na 2 1\ns 1 0 1\ns 1 1 2\nd 1\nd 2\nc 2\n", 'l', ALL(0)},
    {"a young run spares the old", "a 1 0\ns 1 0 1\nc 0\nd 1\nc 0\n", 'm', ALL(0)},
    {"a middle run finds it", "a 1 0\ns 1 0 1\nc 0\nd 1\nc 1\n", 'm', ALL(1)},
    /* Finalizers */
    {"a finalizer runs", "a 1 7\ns 1 0 1\nd 1\nc 2\n", 'f', ALL(1)},
    {"and its object goes", "a 1 7\ns 1 0 1\nd 1\nc 2\n", 'm', ALL(1)},
    {"resurrection: collected", PAIR_AND_RINGS "c 2\n", 'm', BY_RESURRECTION(5, 0, 3)},
    {"resurrection: left", PAIR_AND_RINGS "c 2\n", 'l', BY_RESURRECTION(5, 5, 2)},
    {"resurrection: finalizers", PAIR_AND_RINGS "c 2\n", 'f', ALL(1)},
    {"resurrection: collected next", PAIR_AND_RINGS "c 2\nc 2\n", 'm',
     BY_RESURRECTION(3, 3, 0)},
    {"resurrection: left next", PAIR_AND_RINGS "c 2\nc 2\n", 'l', ALL(2)},
    {"resurrection: finalizers next", PAIR_AND_RINGS "c 2\nc 2\n", 'f', ALL(0)},
    {"resurrected at death by count", "a 1 8\nd 1\n", 'l', ALL(1)},
    {"and young again", "a 1 8\nc 1\nd 1\nc 0\n", 'c', ALL(1)},
    {"a tp_del in a ring", "a 1 9\na 2 2\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\n", 'u', ALL(2)},
    {"is not collected", "a 1 9\na 2 2\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\n", 'm', ALL(0)},
    {"is kept", "a 1 9\na 2 2\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\n", 'l', ALL(2)},
    {"and is found once", "a 1 9\na 2 2\ns 1 0 2\ns 2 0 1\nd 1\nd 2\nc 2\nc 2\n", 'u', ALL(0)},
    {"what refers to a tp_del goes", "a 1 9\na 2 0\ns 1 0 1\ns 2 0 2\ns 2 1 1\nd 1\nd 2\nc 2\n",
     'm', ALL(1)},
    /* Weak references */
    {"a callback that keeps", "a 1 0\na 2 6\nk 2 1 keep\ns 1 0 1\nd 1\nc 2\n", 'm', ALL(1)},
    {"a callback that drops", "a 1 0\na 2 6\nk 2 1 drop\ns 1 0 1\nd 1\nc 2\n", 'm', ALL(2)},
    {"a callback that drops: left", "a 1 0\na 2 6\nk 2 1 drop\ns 1 0 1\nd 1\nc 2\n", 'l',
     ALL(0)},
    {"a weak reference in the trash",
     "a 1 0\na 2 6\nk 2 1 drop\ns 1 0 1\ns 1 1 2\nd 2\nd 1\nc 2\n", 'm', ALL(2)},
    {"one that drops another", "a 1 0\na 2 6\nk 2 1 drop\nr 2\ns 1 0 1\nd 1\nc 2\n", 'l',
     ALL(1)},
    {"death by count keeps", "a 1 0\na 2 6\nk 2 1 keep\nd 1\n", 'l', ALL(1)},
    {"death by count drops", "a 1 0\na 2 6\nk 2 1 drop\nd 1\n", 'l', ALL(0)},
    {"one callback makes a tuple from 3.13",
     "a 1 0\na 2 6\nk 2 1 keep\nd 1\n",
     'n',
     {1, 1, 1, 1, 1, 1, 1, 2, 2}},
    {"two callbacks always do", "a 1 0\na 2 6\nk 2 1 keep\na 3 6\nk 3 1 keep\nd 1\n", 'n',
     ALL(3)},
    {"no callback, no tuple", "a 1 0\na 2 6\nk 2 1\nd 1\n", 'n', ALL(1)},
};

/*
 * Sizes: getsizeof and size classes as measured, malloc's own bytes on top; 0: not measured
 */
static const char *const size_versions[] = {"cpython-3.6",  "cpython-3.7",  "cpython-3.8",
                                            "cpython-3.10", "cpython-3.11", "cpython-3.12",
                                            "cpython-3.13", "cpython-3.14"};
enum { SIZE_VERSIONS = sizeof size_versions / sizeof size_versions[0] };
#define KIND(name)              \
    {                           \
        .kind = GCS_KIND_##name \
    }

static const struct size_sample {
    const char *about;
    struct gcs_type type;
    uint32_t slots;
    unsigned bytes[SIZE_VERSIONS];
} sizes[] = {
    {"slots ()", {0}, 0, {16, 16, 32, 32, 32, 32, 32, 32}},
    {"1 slot", {0}, 1, {64, 64, 48, 48, 48, 48, 48, 48}},
    {"3 slots", {0}, 3, {80, 80, 64, 64, 64, 64, 64, 64}},
    {"3 slots and __weakref__", {.weakrefable = true}, 3, {80, 80, 64, 64, 64, 80, 80, 80}},
    {"dict instance, no attributes",
     {.dict = true, .weakrefable = true},
     0,
     {0, 0, 48, 48, 80, 64, 80, 80}},
    {"dict instance, 3 attributes",
     {.dict = true, .weakrefable = true},
     3,
     {0, 0, 48, 48, 112, 96, 96, 96}},
    {"dict instance, 8 attributes",
     {.dict = true, .weakrefable = true},
     8,
     {0, 0, 48, 48, 160, 144, 144, 144}},
    {"[]", KIND(LIST), 0, {80, 80, 64, 64, 64, 64, 64, 64}},
    {"[x]", KIND(LIST), 1, {96, 96, 80, 80, 80, 80, 80, 80}},
    {"[x,y,z]", KIND(LIST), 3, {112, 112, 96, 96, 96, 96, 96, 96}},
    {"1-tuple", KIND(TUPLE), 1, {64, 64, 48, 48, 48, 48, 48, 64}},
    {"3-tuple", KIND(TUPLE), 3, {80, 80, 64, 64, 64, 64, 64, 80}},
    {"{}", KIND(DICT), 0, {0, 0, 64, 64, 64, 64, 64, 64}},
    {"1 key", KIND(DICT), 1, {0, 0, 240, 240, 192, 192, 192, 192}},
    {"5 keys", KIND(DICT), 5, {0, 0, 240, 240, 192, 192, 192, 192}},
    {"6 keys", KIND(DICT), 6, {0, 0, 368, 368, 272, 272, 272, 272}},
    {"10 keys", KIND(DICT), 10, {0, 0, 368, 368, 272, 272, 272, 272}},
    {"21 keys", KIND(DICT), 21, {0, 0, 656, 656, 464, 464, 464, 464}},
    {"42 keys", KIND(DICT), 42, {0, 0, 1184, 1184, 848, 848, 848, 848}},
    {"100 keys", KIND(DICT), 100, {0, 0, 4704, 4704, 3344, 3344, 3344, 3344}},
    {"a set of 4", KIND(SET), 4, {0, 0, 224, 224, 224, 224, 224, 224}},
    {"a set of 5", KIND(SET), 5, {0, 0, 736, 736, 736, 736, 736, 736}},
    {"a float", KIND(ATOMIC), 0, {32, 32, 32, 32, 32, 32, 32, 32}},
    {"a function", KIND(FUNCTION), 1, {0, 0, 144, 144, 160, 160, 160, 176}},
    {"32 bytes, stated", {.bytes = 32}, 2, {64, 64, 48, 48, 48, 48, 48, 48}},
    {"600 bytes, stated", {.bytes = 600}, 2, {640, 640, 624, 624, 624, 624, 624, 624}},
};

#endif
