/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Settings, events, and what must come of them, for engine_test.c. */
#ifndef TESTS_ENGINE_SAMPLES_H
#define TESTS_ENGINE_SAMPLES_H

#include <gcsim/engine.h>

/*
 * Measured on real interpreters
 */
/* `allocations` objects that refer to themselves, each k-th kept (0: only the first), and
 * gc.get_count() polled after each. The poll is in the trace as what it is, a tuple of three:
 * a free list serves it but for the first time and after each full run. */
static const struct vector {
    int64_t threshold[3];
    unsigned keep, allocations;
    uint64_t inside[4]; /* gen0, gen1, gen2 runs and collected up to 3.11 */
    uint64_t check[4];  /* and from 3.12 on */
} vectors[] = {
    {{100, 5, 3}, 1, 30000, {249, 41, 7, 0}, {249, 41, 7, 0}},
    {{100, 5, 3}, 2, 30000, {249, 41, 7, 14994}, {249, 41, 7, 14988}},
    {{100, 5, 3}, 3, 30000, {249, 41, 7, 19992}, {249, 41, 7, 19985}},
    {{100, 5, 3}, 10, 30000, {249, 41, 7, 26989}, {249, 41, 7, 26980}},
    {{100, 5, 3}, 0, 30000, {246, 41, 10, 29984}, {246, 41, 10, 29983}},
    {{700, 10, 10}, 2, 30000, {39, 3, 0, 14720}, {39, 3, 0, 14717}},
    {{700, 10, 10}, 0, 30000, {39, 3, 0, 29439}, {39, 3, 0, 29431}},
    {{100, 100, 1}, 10, 30000, {294, 2, 1, 26994}, {294, 2, 1, 26911}},
    {{10, 2, 2}, 10, 6000, {400, 133, 13, 5391}, {399, 132, 15, 5383}},
};
/*
 * Stretches without a check, under thresholds of 3, 10, 10
 */
#define TEN "a 1 0\na 2 0\na 3 0\na 4 0\na 5 0\na 6 0\na 7 0\na 8 0\na 9 0\na 10 0\n"
static const struct {
    const char *events, *model, *told;
} stretches[] = {
    {TEN, "cpython-3.11", "3:0t 7:0t"},
    {TEN, "cpython-3.12", "3:0t 7:0t"},
    {"u\n" TEN "v\n", "cpython-3.11", "4:0t 8:0t"},
    {"u\n" TEN "v\n", "cpython-3.12.0", "11:0t"},
    {"u\n" TEN "v\n", "cpython-3.14", "11:0t"},
    /* Deaths bring the count back to the threshold before the check: 10 - 7 = 3. */
    {"u\n" TEN "d 1\nd 2\nd 3\nd 4\nd 5\nd 6\nd 7\nv\nm x\n", "cpython-3.13", ""},
    {"u\n" TEN "d 1\nd 2\nd 3\nd 4\nd 5\nd 6\nv\n", "cpython-3.13", "17:0t"},
    /* Only 3.12.0 to 3.12.2 run what was scheduled before it was disabled. */
    {"u\n" TEN "g disable\nv\n", "cpython-3.12.0", "12:0t"},
    {"u\n" TEN "g disable\nv\n", "cpython-3.12", ""},
    {"u\n" TEN "g disable\nv\ng enable\na 11 0\n", "cpython-3.13", "14:0t"},
    {"u\n" TEN "g disable\ng enable\nv\n", "cpython-3.12", "13:0t"},
    /* A threshold0 of 0 does not stop what is scheduled: count0 is over it. */
    {"u\n" TEN "g threshold 0\nv\na 11 0\n", "cpython-3.12", "12:0t"},
    {"u\n" TEN "g threshold 100\nv\n", "cpython-3.12", ""},
    {"u\n" TEN "c 0\nv\n", "cpython-3.12", "11:0p"},
};

/*
 * What switches the collector, and when rules act
 */
static const struct {
    const char *events, *rules, *told;
    int64_t threshold0;
} switches[] = {
    {TEN, NULL, "", 0},
    {TEN, NULL, "0:0t 1:0t 2:1t 3:0t 4:0t 5:1t 6:2t 7:0t 8:0t 9:1t", -1}, /* t1 = t2 = 1 */
    {"g disable\n" TEN, NULL, "", 3},
    {"g disable\n" TEN "g enable\na 11 0\n", NULL, "12:0t", 3},
    {"g threshold 0\n" TEN, NULL, "", 3},
    {"g threshold 5\n" TEN, NULL, "6:0t", 3},
    {"a 1 0\nc 2\na 2 0\nc 1\nc 0\n", NULL, "1:2p 3:1p 4:0p", 3},
    {"g disable\na 1 0\nc 2\n", NULL, "2:2p", 3}, /* gc.collect() asks nobody */
    {"g threshold 0\na 1 0\nc 2\n", NULL, "2:2p", 3},
    {TEN, "[{when: start, do: disable}]", "", 3},
    {TEN, "[{when: start, do: threshold 0}]", "", 3},
    {TEN, "[{when: start, do: collect 2}]", "0:2s 3:0t 7:0t", 3},
    {"a 1 0\nm up\na 2 0\nm up\nm down\n", "[{when: mark up, do: [collect 1, collect 2]}]",
     "1:1s 1:2s 3:1s 3:2s", 3},
    {TEN, "[{when: every 4 allocations, do: collect 1}]", "3:1s 7:1s", 100},
    {TEN, "[{when: every 4 allocations, do: collect 1}]", "3:0t 3:1s 7:0t 7:1s", 3},
    {TEN,
     "[{when: every 5 allocations, do: collect 2}, {when: every 3 allocations, do: collect 1}]",
     "2:1s 4:2s 5:1s 8:1s 9:2s", 100},
    {"b 1\ne 1\nb 2\ne 2\nb 3\nb 4\ne 4\ne 3\n", "[{when: every 2 requests, do: collect 0}]",
     "3:0s 7:0s", 3},
    {"b 1\ne 1\nb 3\nb 4\ne 4\ne 3\n", "[{when: request-end, do: collect 0}]", "1:0s 4:0s 5:0s",
     3},
    /* Pauses of 1000 pass the time, too: 10000 is passed at event 1 and 20000 reached at 3. */
    {"w 9000\nw 3500\nw 500\nw 6000\nw 100\nw 35000\nw 1\n",
     "[{when: every 10us, do: collect 0}]", "1:0s 3:0s 5:0s", 3},
    {"i 10\nb 1 5000\ne 1\ni 10\ni 10\n", "[{when: every 2 idle, do: collect 0}]", "1:0s 4:0s",
     3},
    {"i 10\nw 5\nb 1\ne 1\n", "[{when: idle, do: collect 0}]", "0:0s", 3},
    /* Once */
    {TEN, "[{when: after 4 allocations, do: collect 1}]", "3:1s", 100},
    {"b 1\ne 1\nb 2\ne 2\nb 3\ne 3\n", "[{when: after 2 requests, do: collect 0}]", "3:0s", 3},
    {"w 9000\nw 3500\nw 90000\n", "[{when: after 10us, do: collect 0}]", "1:0s", 3},
    {"w 5000\ni 90000\n", "[{when: after 10us, do: collect 0}]", "1:0s", 3},
    /* The clock's ticks come while the program waits, too; those that a pause covers do not. */
    {"i 35000\nw 1\n", "[{when: every 10us, do: collect 0}]", "0:0s 0:0s 0:0s", 3},
    {"i 2200\nw 1\n", "[{when: every 500ns, do: collect 0}]", "0:0s 0:0s", 3},
    {"b 1 20001\ne 1\n", "[{when: every 10us, do: collect 0}]", "0:0s 0:0s", 3},
    /* Counts */
    {TEN, "[{when: every 2 allocations, if: count 0 over 3, do: collect 0}]", "3:0s 7:0s", 100},
    {TEN, "[{when: every 2 allocations, if: count 0 up to 3, do: collect 0}]",
     "1:0s 3:0s 5:0s 7:0s 9:0s", 100},
    {TEN,
     "[{when: start, do: disable}, {when: every 2 allocations, if: count 0 over threshold, "
     "do: collect 0}]",
     "3:0s 7:0s", 3},
    {TEN,
     "[{when: every 2 allocations, if: [count 0 over 1, count 1 over 1], do: collect 1},"
     " {when: every 2 allocations, if: [count 0 over 1, count 1 up to 1], do: collect 0}]",
     "1:0s 3:0s 5:1s 7:0s 9:0s", 100},
    /* All look before one acts. */
    {TEN,
     "[{when: every 4 allocations, if: count 0 over 3, do: collect 1},"
     " {when: every 4 allocations, if: count 0 over 3, do: collect 0}]",
     "3:1s 3:0s 7:1s 7:0s", 100},
    /* Clocks: ticks at 10000, 21000, 31000, 42000, 52000. */
    {"w 10000\nw 10000\nw 10000\nw 10000\nw 10000\n",
     "[{when: every 10us, if: 15us since collect 0, do: collect 0}]", "0:0s 2:0s 4:0s", 3},
    {"w 10000\nw 10000\nw 10000\nw 10000\nw 10000\n",
     "[{when: every 10us, if: 20us since collect 0, do: collect 0}]", "0:0s 3:0s", 3},
    {"w 10000\nc 0\nw 10000\nw 10000\n",
     "[{when: every 10us, if: 60us since collect 1, do: collect 0}]", "0:0s 1:0p 2:0s 3:0s", 3},
    /* 5000 of 10000, 20000, 30000 since; of nothing but waiting since. */
    {"w 10000\nw 10000\nw 10000\nw 10000\nw 10000\nw 10000\n",
     "[{when: every 10us, if: last collect under 20%, do: collect 2}]", "0:2s 3:2s", 3},
    {"w 10000\ni 100000\nw 10000\n",
     "[{when: every 10us, if: last collect under 20%, do: collect 2}]", "0:2s", 3},
    /* Thresholds that go by those in force */
    {TEN, "[{when: start, do: threshold *2}]", "6:0t", 3},
    {TEN, "[{when: start, do: threshold *0.5 *1 *1}]", "3:0t 7:0t", 7},
    {"m up\n" TEN, "[{when: start, do: threshold 99}, {when: mark up, do: threshold start}]",
     "4:0t 8:0t", 3},
    {TEN, "[{when: start, do: [threshold *1000000000, threshold *4]}]", "", 3},
};

/*
 * Time, a young pause taking 1000 and a full one 5000
 */
static const struct {
    const char *events, *rules;
    gcs_time mutator, gc, idle;
    gcs_time requests[5]; /* latencies in the order of the ends */
    unsigned count;
} times[] = {
    {"w 300\ni 200\nw 5\n", NULL, 305, 0, 200, {0}, 0},
    {"w 300\nc 0\nc 2\n", NULL, 300, 6000, 0, {0}, 0},
    /* Open loop: the second waits 300 for the first; the third comes when all is quiet. */
    {"b 1 1000\nw 500\ne 1\nb 2 1200\nw 500\ne 2\nb 3 9000\nw 7\ne 3\n",
     NULL,
     1007,
     0,
     8000,
     {500, 800, 7},
     3},
    /* Without an arrival a request arrives as it begins; two are open at a time. */
    {"w 50\nb 1\nw 10\nb 2\nw 10\ne 1\nw 10\ne 2\n", NULL, 80, 0, 0, {20, 20}, 2},
    /* With one open nobody waits for the next to arrive; an answer before the question takes 0.
     */
    {"b 1\nb 2 5000\nw 10\ne 2\ne 1\n", NULL, 10, 0, 0, {0, 10}, 2},
    /* A pause within a request is its own; one between two is the next one's, if that waits. */
    {"b 1 100\nw 10\nc 0\ne 1\nc 2\nb 2 200\nw 10\ne 2\n",
     NULL,
     20,
     6000,
     100,
     {1010, 5920},
     2},
    /* What a strategy does at a request's end falls on the next request. */
    {"b 1\nw 10\ne 1\nb 2 20\nw 10\ne 2\n",
     "[{when: request-end, do: collect 0}]",
     20,
     2000,
     0,
     {10, 1000},
     2},
    /* Idle time soaks up a pause; one that lasts longer than the wait delays. */
    {"i 5000\nw 1\n", "[{when: idle, do: collect 0}]", 1, 1000, 4000, {0}, 0},
    {"i 300\nw 1\n", "[{when: idle, do: collect 0}]", 1, 1000, 0, {0}, 0},
    {"b 1 3000\nw 10\ne 1\nb 2 3500\nw 10\ne 2\n",
     "[{when: idle, do: collect 0}]",
     20,
     2000,
     2000,
     {10, 520},
     2},
};

/*
 * Where warm-up ends: a pause from 100 to 1,100, a request that ends at 1,150, a mark at which
 * a pause lasts to 2,150, a request until 2,180, a full pause until 7,180, 200 of waiting
 */
static const char cut_events[] =
    "w 100\nc 0\nb 1\nw 50\ne 1\nm up\nb 2\nw 30\ne 2\nc 2\nm up\ni 200\n";
static const char cut_rules[] = "[{when: mark up, if: [1s since collect 1], do: collect 1}]";
static const struct {
    struct gcs_warmup warmup;
    struct gcs_cut cut;
} cuts[] = {
    {{NULL, 0}, {0}},
    {{"up", 0}, {true, 2150, 150, 2000, 0, 2, 1}}, /* the first, with what is done at it */
    {{"down", 0}, {0}},
    {{NULL, 1}, {true, 1, 1, 0, 0, 0, 0}},
    {{NULL, 100}, {true, 100, 100, 0, 0, 0, 0}}, /* the pause is behind it */
    {{NULL, 101}, {true, 101, 100, 1, 0, 1, 0}}, /* the pause is not */
    {{NULL, 1100}, {true, 1100, 100, 1000, 0, 1, 0}},
    {{NULL, 1150}, {true, 1150, 150, 1000, 0, 1, 0}}, /* the request ends behind it */
    {{NULL, 1151}, {true, 1151, 150, 1001, 0, 2, 1}},
    {{NULL, 7300}, {true, 7300, 180, 7000, 120, 3, 2}},
    {{NULL, 7380}, {true, 7380, 180, 7000, 200, 3, 2}},
    {{NULL, 7381}, {0}},
};

#endif
