/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: demographics are what a program's objects do: how each ends and when, what refers to
 * what, which references close cycles, what is alive when.
 * Method: hand-made traces whose figures are worked out by hand; random traces against counts
 * taken by definition alone (naive_lifetimes.h, and reachability from each object), with
 * garbage looked for early, late and all the time.
 */
#include "naive_lifetimes.h"
#include "random_trace.h"

#include <gcsim/collector.h>
#include <gcsim/demographics.h>

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

static struct gcs_memory memory;
static struct gcs_error error;
static struct gcs_trace *trace;
static struct gcs_demographics found;

static void setup(void)
{
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
    trace = NULL;
    found = (struct gcs_demographics){0};
}

static void teardown(void)
{
    gcs_demographics_fini(&found);
    gcs_trace_free(trace);
    ck_assert_uint_eq(memory.used, 0);
}

static void count(size_t points, uint64_t search_at)
{
    gcs_demographics_fini(&found);
    enum gcs_status status =
        gcs_demographics_of(trace, points, search_at, &memory, &found, &error);
    ck_assert_msg(status == GCS_OK, "%s", error.text);
}

static void read_text(const char *lines)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "gctrace 1\n%s", lines);
    enum gcs_status status = gcs_trace_read(text.data, text.length, &memory, &trace, &error);
    ck_assert_msg(status == GCS_OK, "line %llu: %s", (unsigned long long)error.line,
                  error.text);
    gcs_text_fini(&text);
}

static uint64_t fate(uint32_t type, enum gcs_fate ending)
{
    return found.types[type].fates[ending];
}

/*
 * By hand
 */
START_TEST(each_object_ends_in_one_of_five_ways)
{
    read_text("t 0 Node 2 32\nt 1 Leaf 0 32 kind=atomic\n"
              "a 1 0\n"             /* lives to the end */
              "a 2 1\nd 2\n"        /* dies before the next allocation */
              "a 3 1\na 4 0\nd 3\n" /* dies after one more */
              "a 5 0\na 6 1\n"      /* 4 and 5 are a cycle, 6 hangs off it */
              "s 4 0 5\ns 5 0 4\ns 5 1 6\n"
              "d 6\nd 5\na 7 1\nd 4\n"
              "a 8 1\ns 1 0 8\nd 8\n" /* held by 1 */
              "a 9 0\ns 9 1 9\nd 9\n" /* a cycle of its own */);
    for (uint64_t search_at = 0; search_at < 4; search_at++) {
        count(1, search_at);
        ck_assert_uint_eq(fate(0, GCS_FATE_ALIVE), 1);
        ck_assert_uint_eq(fate(1, GCS_FATE_AT_ONCE), 1);
        ck_assert_uint_eq(fate(1, GCS_FATE_LATER), 1);
        ck_assert_uint_eq(fate(0, GCS_FATE_CYCLE), 3);
        ck_assert_uint_eq(fate(1, GCS_FATE_HANGING), 1);
        ck_assert_uint_eq(fate(1, GCS_FATE_ALIVE), 2);
        ck_assert_uint_eq(found.all.allocated, 9);
        ck_assert_uint_eq(found.types[1].lifetimes, 0 + 1 + 1); /* 2, 3, 6 */
        ck_assert_uint_eq(found.types[0].lifetimes, 3 + 2 + 0); /* 4, 5, 9 */
        ck_assert_uint_eq(found.knots, 2);
        ck_assert_uint_eq(found.stored_references, 5);
        ck_assert_uint_eq(found.older_references, 3); /* 4 → 5, 5 → 6, 1 → 8 */
        ck_assert_uint_eq(found.growth[0].objects, 3);
        ck_assert_uint_eq(found.curve[GCS_LIVE_POINTS - 1].objects, 3);
    }
}
END_TEST

START_TEST(what_forgotten_garbage_held_still_becomes_garbage)
{
    read_text("t 0 Node 2 32\n"
              "a 1 0\na 2 0\ns 2 0 2\ns 2 1 1\nd 2\n" /* a cycle holds 1, which has a root */
              "a 3 0\na 4 0\na 5 0\n"
              "d 1\n" /* would die by reference count, were the cycle gone */);
    for (uint64_t search_at = 0; search_at < 4; search_at++) {
        count(1, search_at);
        ck_assert_uint_eq(fate(0, GCS_FATE_CYCLE), 1);
        ck_assert_uint_eq(fate(0, GCS_FATE_HANGING), 1);
        ck_assert_uint_eq(fate(0, GCS_FATE_ALIVE), 3);
        ck_assert_uint_eq(found.types[0].lifetimes, 0 + 4);
    }
}
END_TEST

static const struct gcs_tie_sum *tie_of(uint32_t type, uint32_t slot, uint32_t target)
{
    for (size_t i = 0; i < found.tie_count; i++)
        if (found.ties[i].slot.type == type && found.ties[i].slot.slot == slot &&
            found.ties[i].slot.target == target)
            return &found.ties[i];
    ck_abort_msg("no such reference: %u.%u -> %u", type, slot, target);
    return NULL;
}

START_TEST(references_that_close_cycles_are_told_by_type_and_slot)
{
    /* A session with a list of three entries, each of which refers back to it. */
    read_text("t 0 Session 1 32\nt 1 list 3 - kind=list\nt 2 Entry 2 32\n"
              "a 1 0\na 2 1\ns 1 0 2\nd 2\n"
              "a 3 2\ns 3 1 1\ns 2 0 3\nd 3\n"
              "a 4 2\ns 4 1 1\ns 2 1 4\nd 4\n"
              "a 5 2\ns 5 1 1\ns 2 2 5\nd 5\n"
              "d 1\n"
              /* Two entries that refer to each other, twice. */
              "a 6 2\na 7 2\ns 6 0 7\ns 6 1 7\ns 7 0 6\nd 6\nd 7\n");
    count(1, 0);
    ck_assert_uint_eq(found.knots, 2);
    ck_assert_uint_eq(found.tie_count, 5);
    const struct gcs_tie_sum *back = tie_of(2, 1, 0);
    ck_assert_uint_eq(back->references, 3);
    ck_assert_uint_eq(back->older, 0);
    ck_assert_uint_eq(back->knots, 1);
    ck_assert_uint_eq(back->cut_knots, 1);
    ck_assert_uint_eq(back->cut_objects, 5);
    ck_assert_uint_eq(tie_of(0, 0, 1)->cut_knots, 1);
    ck_assert_uint_eq(tie_of(0, 0, 1)->older, 1);
    ck_assert_uint_eq(tie_of(1, GCS_ANY_SLOT, 2)->references, 3);
    ck_assert_uint_eq(tie_of(1, GCS_ANY_SLOT, 2)->older, 3);
    ck_assert_uint_eq(tie_of(1, GCS_ANY_SLOT, 2)->cut_objects, 5);
    /* Slot 0 holds one of the two ways there and the only way back. */
    ck_assert_uint_eq(tie_of(2, 0, 2)->cut_knots, 1);
    ck_assert_uint_eq(tie_of(2, 0, 2)->references, 2);
    ck_assert_uint_eq(tie_of(2, 1, 2)->cut_knots, 0);
    ck_assert_uint_eq(found.knot_sum_count, 2);
    const struct gcs_knot_sum *first = &found.knot_sums[0];
    ck_assert_uint_eq(first->objects, 5);
    ck_assert_uint_eq(first->type_count, 3);
    ck_assert_uint_eq(first->path_length, 3);
    ck_assert_uint_eq(first->path[0].type, 0);
    ck_assert_uint_eq(first->path[1].type, 1);
    ck_assert_uint_eq(first->path[2].type, 2);
    ck_assert_uint_eq(found.knot_sums[1].largest, 2);
}
END_TEST

START_TEST(a_ring_is_one_cycle_as_long_as_it_is)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "t 0 Node 1 32\n");
    for (unsigned i = 1; i <= 20000; i++)
        gcs_text_add(&text, i == 1 ? "a 1 0\n" : "a %u 0 = %u\nd %u\n", i, i - 1, i - 1);
    gcs_text_add(&text, "s 1 0 20000\nd 20000\n");
    read_text(text.data);
    gcs_text_fini(&text);
    count(1, 0);
    ck_assert_uint_eq(found.knots, 1);
    ck_assert_uint_eq(found.knot_sums[0].path_length, 20000);
    ck_assert_uint_eq(found.ties[0].cut_objects, 20000);
    ck_assert_uint_eq(found.ties[0].older, 1);
    ck_assert_uint_eq(found.spreads[GCS_SPREAD_CYCLES].maximum, 20000);
    ck_assert_uint_eq(found.born_references, 19999);
}
END_TEST

START_TEST(growth_is_what_is_alive_at_evenly_spaced_points)
{
    /* Eight allocations; Kept stays, Temp goes at the next but one. */
    read_text("t 0 Kept 0 32\nt 1 Temp 0 64\n"
              "a 1 0\na 2 1\na 3 0\na 4 1\nw 100\nd 2\na 5 0\na 6 1\nd 4\na 7 0\na 8 1\nd 6\n");
    count(4, 0);
    const uint64_t kept[] = {1, 2, 3, 4}, temporary[] = {1, 1, 1, 1};
    for (size_t i = 0; i < 4; i++) {
        ck_assert_uint_eq(found.growth[i].allocations, 2 * (i + 1));
        ck_assert_uint_eq(found.type_growth[i].objects, kept[i]);
        ck_assert_uint_eq(found.type_growth[4 + i].objects, temporary[i]);
        ck_assert_uint_eq(found.growth[i].objects, kept[i] + temporary[i]);
        ck_assert_uint_eq(found.growth[i].work_ns, i ? 100 : 0);
    }
    ck_assert_uint_eq(found.growth[1].event, 6); /* right before `a 5` */
    ck_assert_uint_eq(found.growth[3].event, trace->events);
    struct gcs_survival survival = gcs_demographics_survival(&found, 2);
    ck_assert_uint_eq(survival.born, 6); /* objects 1 to 6 */
    ck_assert_uint_eq(survival.lived, 6);
    survival = gcs_demographics_survival(&found, 4);
    ck_assert_uint_eq(survival.born, 4);
    ck_assert_uint_eq(survival.lived, 2); /* 1 and 3 */
}
END_TEST

START_TEST(what_stood_before_has_no_lifetime)
{
    read_text("o standing=2\nt 0 Node 1 32\na 1 0\na 2 0\nd 1\na 3 0\nd 3\n");
    count(1, 0);
    ck_assert_uint_eq(fate(0, GCS_FATE_LATER) + fate(0, GCS_FATE_AT_ONCE), 2);
    ck_assert_uint_eq(found.types[0].ended, 1);
    ck_assert_uint_eq(found.allocations, 1);
    ck_assert_uint_eq(found.spreads[GCS_SPREAD_COUNTED].total, 1);
    ck_assert_uint_eq(found.spreads[GCS_SPREAD_AGES].total, 0);
}
END_TEST

START_TEST(a_trace_without_objects_has_demographics)
{
    read_text("w 5\n");
    count(3, 0);
    ck_assert_uint_eq(found.all.allocated, 0);
    ck_assert_uint_eq(found.growth[2].event, 1);
    ck_assert_uint_eq(found.growth[2].work_ns, 5);
}
END_TEST

START_TEST(weak_references_to_forgotten_garbage_are_forgotten)
{
    /* 2 refers weakly to a cycle, whose row 4 then takes if garbage is looked for at three
     * objects; 4 dies, which calls 5 back, and not 2. */
    read_text("t 0 Node 1 32 weakrefable\nt 1 ref 0 72 kind=weakref\n"
              "a 1 0\na 2 1\nk 2 1 drop\ns 1 0 1\nd 1\n"
              "a 3 0\na 4 0\na 5 1\nk 5 4 drop\nd 4\n");
    for (uint64_t search_at = 0; search_at < 6; search_at++) {
        count(1, search_at);
        ck_assert_uint_eq(fate(0, GCS_FATE_CYCLE), 1);
        ck_assert_uint_eq(fate(0, GCS_FATE_LATER), 1);
        ck_assert_uint_eq(fate(0, GCS_FATE_ALIVE), 1);
        ck_assert_uint_eq(fate(1, GCS_FATE_AT_ONCE), 1);
        ck_assert_uint_eq(fate(1, GCS_FATE_ALIVE), 1);
    }
}
END_TEST

/*
 * By definition
 */
static struct {
    uint64_t end; /* allocations so far when it died or became unreachable */
    bool over;
    uint32_t references;
    uint64_t bytes, birth_bytes;
    uint32_t type;
} lives[NAIVE_OBJECTS];
static bool reaches[NAIVE_OBJECTS][NAIVE_OBJECTS];
static uint64_t points_objects[64], points_bytes[64];

static uint64_t taken(uint64_t extra)
{
    const struct gcs_model *model;
    MUST(gcs_model_find("cpython-3.13", &model, &error) == GCS_OK);
    return gcs_taken_bytes(&model->rules, extra);
}

static void observe(const struct gcs_block *block, uint32_t index)
{
    const struct gcs_event *event = &block->events[index];
    uint32_t before[NAIVE_OBJECTS];
    const struct gcs_model *model;
    MUST(gcs_model_find("cpython-3.13", &model, &error) == GCS_OK);
    for (uint64_t o = 1; o <= naive_count; o++) {
        before[o] = 0;
        for (uint32_t s = 0; s < naive[o].slot_count; s++)
            before[o] += naive[o].slots[s] != 0;
    }
    if (event->op == GCS_OP_ALLOCATE) {
        MUST(event->object < NAIVE_OBJECTS);
        memset(&lives[event->object], 0, sizeof lives[event->object]);
        lives[event->object].type = event->type;
        lives[event->object].bytes = lives[event->object].birth_bytes =
            gcs_object_bytes(&model->rules, trace->types[event->type], event->slots) +
            taken(event->value);
        before[event->object] = 0;
    } else if (event->op == GCS_OP_RESIZE) {
        uint32_t slots = naive[event->object].slot_count;
        lives[event->object].bytes =
            gcs_object_bytes(&model->rules, trace->types[lives[event->object].type], slots) +
            taken(event->value);
    }
    MUST(naive_apply(trace, block, index));
    for (uint64_t o = 1; o <= naive_count; o++)
        if ((naive[o].dead || naive[o].garbage) && !lives[o].over) {
            lives[o].over = true;
            lives[o].end = naive_count;
            lives[o].references = before[o];
        }
}

static void snap(size_t k)
{
    points_objects[k] = points_bytes[k] = 0;
    for (uint64_t o = 1; o <= naive_count; o++)
        if (!lives[o].over) {
            points_objects[k]++;
            points_bytes[k] += lives[o].bytes;
        }
}

/* Plays the trace; at the end of each point's allocations looks at what is alive. */
static void observe_all(size_t points)
{
    struct gcs_cursor *cursor = NULL;
    struct gcs_block block;
    size_t k = 0;
    naive_count = 0;
    MUST(gcs_cursor_new(trace, &memory, &cursor, &error) == GCS_OK);
    while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count; i++) {
            while (block.events[i].op == GCS_OP_ALLOCATE &&
                   trace->allocations * (k + 1) / points < block.events[i].object)
                snap(k++);
            observe(&block, i);
        }
    gcs_cursor_free(cursor);
    while (k < points)
        snap(k++);
}

/* Who reaches whom among the garbage, in one step or more; `without`: not by such slots. */
static uint32_t label(uint64_t object, uint32_t slot)
{
    enum gcs_kind kind = trace->types[lives[object].type]->kind;
    bool items = kind == GCS_KIND_TUPLE || kind == GCS_KIND_LIST || kind == GCS_KIND_DICT ||
                 kind == GCS_KIND_SET || kind == GCS_KIND_CONTAINER;
    return items ? GCS_ANY_SLOT : slot;
}

static void reach_from(uint64_t from, uint64_t object, const struct gcs_slot *without)
{
    for (uint32_t s = 0; s < naive[object].slot_count; s++) {
        uint64_t target = naive[object].slots[s];
        if (!target || !naive[target].garbage || reaches[from][target])
            continue;
        if (without && without->type == lives[object].type &&
            without->slot == label(object, s) && without->target == lives[target].type)
            continue;
        reaches[from][target] = true;
        reach_from(from, target, without);
    }
}

static void reach_all(const struct gcs_slot *without)
{
    memset(reaches, 0, sizeof reaches);
    for (uint64_t o = 1; o <= naive_count; o++)
        if (naive[o].garbage)
            reach_from(o, o, without);
}

static enum gcs_fate naive_fate(uint64_t object)
{
    if (naive[object].dead)
        return lives[object].end == object ? GCS_FATE_AT_ONCE : GCS_FATE_LATER;
    if (naive[object].garbage)
        return reaches[object][object] ? GCS_FATE_CYCLE : GCS_FATE_HANGING;
    return GCS_FATE_ALIVE;
}

static void compare_types(void)
{
    struct gcs_type_lives wanted[64] = {{0}};
    MUST(trace->type_count <= 64);
    for (uint64_t o = 1; o <= naive_count; o++) {
        struct gcs_type_lives *type = &wanted[lives[o].type];
        enum gcs_fate ending = naive_fate(o);
        type->allocated++;
        type->bytes += lives[o].birth_bytes;
        type->fates[ending]++;
        if (ending == GCS_FATE_ALIVE || naive[o].garbage) {
            lives[o].references = 0;
            for (uint32_t s = 0; s < naive[o].slot_count; s++)
                lives[o].references += naive[o].slots[s] != 0;
        }
        type->references += lives[o].references;
        if (ending != GCS_FATE_ALIVE && o > trace->options.standing) {
            type->ended++;
            type->lifetimes += lives[o].end - o;
        }
    }
    for (uint32_t t = 0; t < trace->type_count; t++)
        MUST(memcmp(&wanted[t], &found.types[t], sizeof wanted[t]) == 0);
}

static void compare_spreads(void)
{
    for (uint64_t bound = 1; bound <= 4096; bound *= 2) {
        uint64_t wanted[GCS_SPREAD_COUNT] = {0}, lived = 0, born = 0;
        for (uint64_t o = 1; o <= naive_count; o++) {
            uint64_t age = (lives[o].over ? lives[o].end : naive_count) - o;
            enum gcs_spread spread = naive[o].dead      ? GCS_SPREAD_COUNTED
                                     : naive[o].garbage ? GCS_SPREAD_GARBAGE
                                                        : GCS_SPREAD_AGES;
            wanted[GCS_SPREAD_BYTES] += lives[o].birth_bytes >= bound;
            wanted[GCS_SPREAD_REFERENCES] += lives[o].references >= bound;
            if (o <= trace->options.standing)
                continue;
            wanted[spread] += age >= bound;
            lived += age >= bound;
            born += o + bound <= naive_count;
        }
        for (unsigned s = 0; s < GCS_SPREAD_CYCLES; s++)
            MUST(gcs_histogram_at_least(&found.spreads[s], bound) == wanted[s]);
        struct gcs_survival survival = gcs_demographics_survival(&found, bound);
        MUST(survival.born == born && survival.lived == lived);
    }
}

static bool same_knot(uint64_t a, uint64_t b)
{
    return a == b || (reaches[a][b] && reaches[b][a]);
}

/* The oldest member stands for its knot. */
static bool is_oldest(uint64_t object)
{
    if (!naive[object].garbage || !reaches[object][object])
        return false;
    for (uint64_t o = 1; o < object; o++)
        if (naive[o].garbage && reaches[o][o] && same_knot(o, object))
            return false;
    return true;
}

static uint64_t oldest_of(uint64_t object)
{
    for (uint64_t o = 1; o < object; o++)
        if (naive[o].garbage && same_knot(o, object))
            return o;
    return object;
}

/* One sort of references, all knots: found again in each with reachability made anew. */
static void compare_tie(const struct gcs_tie_sum *tie)
{
    static bool in[NAIVE_OBJECTS];
    static uint64_t knot[NAIVE_OBJECTS], sizes[NAIVE_OBJECTS];
    struct gcs_tie_sum wanted = {.slot = tie->slot};
    memset(in, 0, sizeof in);
    memset(knot, 0, sizeof knot);
    memset(sizes, 0, sizeof sizes);
    for (uint64_t o = 1; o <= naive_count; o++) {
        if (!naive[o].garbage || !reaches[o][o])
            continue;
        knot[o] = oldest_of(o);
        sizes[knot[o]]++;
        for (uint32_t s = 0; s < naive[o].slot_count; s++) {
            uint64_t target = naive[o].slots[s];
            if (!target || !naive[target].garbage || !same_knot(o, target) ||
                lives[o].type != tie->slot.type || label(o, s) != tie->slot.slot ||
                lives[target].type != tie->slot.target)
                continue;
            wanted.references++;
            wanted.older += o <= target;
            in[knot[o]] = true;
        }
    }
    reach_all(&tie->slot);
    for (uint64_t o = 1; o <= naive_count; o++) {
        bool holds = false;
        for (uint64_t p = 1; in[o] && p <= naive_count; p++)
            holds |= knot[p] == o && reaches[p][p];
        wanted.knots += in[o];
        wanted.cut_knots += in[o] && !holds;
        wanted.cut_objects += in[o] && !holds ? sizes[o] : 0;
    }
    reach_all(NULL);
    MUST(memcmp(&wanted, tie, sizeof wanted) == 0);
}

static void compare_knots(void)
{
    uint64_t knots = 0, objects = 0, references = 0, bytes = 0, sum = 0;
    for (uint64_t o = 1; o <= naive_count; o++) {
        knots += is_oldest(o);
        if (!naive[o].garbage || !reaches[o][o])
            continue;
        objects++;
        bytes += lives[o].bytes;
        for (uint32_t s = 0; s < naive[o].slot_count; s++)
            references += naive[o].slots[s] && naive[naive[o].slots[s]].garbage &&
                          same_knot(o, naive[o].slots[s]);
    }
    MUST(found.knots == knots);
    MUST(found.spreads[GCS_SPREAD_CYCLES].total == knots);
    for (size_t i = 0; i < found.knot_sum_count; i++) {
        const struct gcs_knot_sum *knot = &found.knot_sums[i];
        MUST(i == 0 || knot[-1].objects >= knot->objects);
        objects -= knot->objects;
        bytes -= knot->bytes;
        knots -= knot->knots;
        MUST(knot->path_length >= 1 && knot->path_length <= knot->largest);
    }
    MUST(objects == 0 && bytes == 0 && knots == 0);
    for (size_t i = 0; i < found.tie_count; i++)
        sum += found.ties[i].references;
    MUST(sum == references);
    for (size_t i = 0; i < found.tie_count; i += 3) /* each is work */
        compare_tie(&found.ties[i]);
}

static void compare_growth(size_t points)
{
    for (size_t k = 0; k < points; k++) {
        MUST(found.growth[k].objects == points_objects[k]);
        MUST(found.growth[k].bytes == points_bytes[k]);
        struct gcs_living sum = {0};
        for (uint32_t t = 0; t < trace->type_count; t++) {
            sum.objects += found.type_growth[t * points + k].objects;
            sum.bytes += found.type_growth[t * points + k].bytes;
        }
        MUST(sum.objects == points_objects[k] && sum.bytes == points_bytes[k]);
    }
}

static unsigned traces_to_try(unsigned usual)
{
    const char *wanted = getenv("GCSIM_TEST_TRACES");
    unsigned count = wanted ? (unsigned)atoi(wanted) : usual;
    return count < usual ? count : usual;
}

START_TEST(figures_are_those_of_a_naive_count)
{
    uint64_t cyclic = 0, hanging = 0, ties = 0;
    unsigned tried = traces_to_try(120);
    for (uint64_t seed = 1; seed <= tried; seed++) {
        static const uint64_t searches[] = {0, 1, 7, 40};
        struct random_trace_shape shape = {.events = 100 + (unsigned)(seed % 7) * 60,
                                           .features = (1u << RANDOM_TRACE_FEATURES) - 1};
        size_t length, points = 1 + seed % 9;
        if (seed % 2)
            shape.features = (uint32_t)(seed * 0x9e3779b97f4a7c15u >> 40);
        char *text = random_trace(seed, shape, &length);
        ck_assert_int_eq(gcs_trace_read(text, length, &memory, &trace, &error), GCS_OK);
        free(text);
        observe_all(points);
        reach_all(NULL);
        for (size_t i = 0; i < sizeof searches / sizeof searches[0]; i++) {
            count(points, searches[i]);
            compare_types();
            compare_spreads();
            compare_growth(points);
            if (i == seed % 4)
                compare_knots();
        }
        cyclic += found.all.fates[GCS_FATE_CYCLE];
        hanging += found.all.fates[GCS_FATE_HANGING];
        ties += found.tie_count;
        gcs_demographics_fini(&found);
        gcs_trace_free(trace);
        trace = NULL;
    }
    ck_assert_uint_gt(cyclic, 10 * tried); /* there was something to compare */
    ck_assert_uint_gt(hanging, tried);
    ck_assert_uint_gt(ties, 4 * tried);
}
END_TEST

START_TEST(memory_goes_with_what_is_alive)
{
    /* A million cycles one after the other, none of them alive for long. */
    struct gcs_trace_builder *builder;
    struct gcs_type type = {.name = "Node", .bytes = 32, .slots = 1};
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_OK);
    for (uint64_t i = 1; i <= 1000000; i++) {
        struct gcs_event born = {.op = GCS_OP_ALLOCATE, .object = i, .slots = 1};
        struct gcs_event tied = {.op = GCS_OP_STORE, .object = i, .value = i};
        struct gcs_event gone = {.op = GCS_OP_ROOT_LESS, .object = i};
        MUST(gcs_trace_builder_add(builder, &born, NULL, &error) == GCS_OK);
        MUST(gcs_trace_builder_add(builder, &tied, NULL, &error) == GCS_OK);
        MUST(gcs_trace_builder_add(builder, &gone, NULL, &error) == GCS_OK);
    }
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
    memory.peak = memory.used;
    size_t before = memory.used;
    count(1, 0);
    ck_assert_uint_eq(found.knots, 1000000);
    ck_assert_uint_eq(found.knot_sum_count, 1);
    ck_assert_uint_lt(memory.peak - before, 32 << 20);
}
END_TEST

static Suite *demographics_suite(void)
{
    Suite *suite = suite_create("demographics");
    TCase *by_hand = tcase_create("by hand");
    tcase_add_checked_fixture(by_hand, setup, teardown);
    tcase_add_test(by_hand, each_object_ends_in_one_of_five_ways);
    tcase_add_test(by_hand, what_forgotten_garbage_held_still_becomes_garbage);
    tcase_add_test(by_hand, references_that_close_cycles_are_told_by_type_and_slot);
    tcase_add_test(by_hand, a_ring_is_one_cycle_as_long_as_it_is);
    tcase_add_test(by_hand, growth_is_what_is_alive_at_evenly_spaced_points);
    tcase_add_test(by_hand, what_stood_before_has_no_lifetime);
    tcase_add_test(by_hand, a_trace_without_objects_has_demographics);
    tcase_add_test(by_hand, weak_references_to_forgotten_garbage_are_forgotten);
    suite_add_tcase(suite, by_hand);
    TCase *by_definition = tcase_create("by definition");
    tcase_add_checked_fixture(by_definition, setup, teardown);
    tcase_set_timeout(by_definition, 600);
    tcase_add_test(by_definition, figures_are_those_of_a_naive_count);
    tcase_add_test(by_definition, memory_goes_with_what_is_alive);
    suite_add_tcase(suite, by_definition);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(demographics_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
