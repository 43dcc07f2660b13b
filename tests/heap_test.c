/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: objects live, die, are tracked, collected and sized as CPython's are; what cannot be is
 * refused; lifetimes are right; memory stays within what the header promises.
 * Method: small traces worked out by hand (heap_samples.h), most for several versions, played
 * on a heap with the invariants checked after each event; random traces against a naive
 * definition of garbage.
 */
#include "heap_samples.h"
#include "naive_lifetimes.h"
/* One unit with its generator: a suite is built from one file. */
#include "random_trace.h"

#include <gcsim/collector.h>

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

static struct gcs_memory memory;
static struct gcs_error error;
static struct gcs_trace *trace;
static struct gcs_heap *heap;
static struct gcs_work work; /* of the last collection */

static void setup(void)
{
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
    trace = NULL;
    heap = NULL;
}

/* Whatever a test does, nothing may be left over. */
static void teardown(void)
{
    gcs_heap_free(heap);
    gcs_trace_free(trace);
    ck_assert_uint_eq(memory.used, 0);
}

static const struct gcs_rules *rules_of(const char *version)
{
    const struct gcs_model *model;
    ck_assert_int_eq(gcs_model_find(version, &model, &error), GCS_OK);
    return &model->rules;
}

static bool add_to_text(void *to, const void *bytes, size_t count)
{
    gcs_text_add_bytes(to, bytes, count);
    return true;
}

/*
 * Playing traces
 */
static void read_events(const char *options, const char *events)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "gctrace 1\n%s%s%s", options, prelude, events);
    enum gcs_status status = gcs_trace_read(text.data, text.length, &memory, &trace, &error);
    ck_assert_msg(status == GCS_OK, "line %llu: %s", (unsigned long long)error.line,
                  error.text);
    gcs_text_fini(&text);
}

static enum gcs_status apply(const struct gcs_block *block, uint32_t index)
{
    const struct gcs_event *event = &block->events[index];
    if (event->op == GCS_OP_COLLECT)
        gcs_heap_collect(heap, event->detail, &work);
    else if (event->op == GCS_OP_GC && event->detail == GCS_GC_FREEZE)
        gcs_heap_freeze(heap);
    else if (event->op == GCS_OP_GC && event->detail == GCS_GC_UNFREEZE)
        gcs_heap_unfreeze(heap);
    else
        return gcs_heap_apply(heap, block, index, &error);
    return GCS_OK;
}

/* Plays the trace on a new heap. In small traces all invariants are checked at each step. */
static enum gcs_status play(const struct gcs_rules *rules)
{
    struct gcs_cursor *cursor = NULL;
    struct gcs_block block;
    enum gcs_status status = GCS_OK;
    gcs_heap_free(heap);
    ck_assert_int_eq(gcs_heap_new(trace, rules, &memory, &heap, &error), GCS_OK);
    ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
    while (status == GCS_OK && gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count && status == GCS_OK; i++) {
            status = apply(&block, i);
            const char *broken =
                status == GCS_OK && trace->events < 200 ? gcs_heap_check(heap) : NULL;
            if (broken)
                ck_abort_msg("%s", broken);
        }
    gcs_cursor_free(cursor);
    return status;
}

static void played(const char *version, const char *events)
{
    gcs_trace_free(trace);
    read_events("", events);
    ck_assert_msg(play(rules_of(version)) == GCS_OK, "event %llu: %s",
                  (unsigned long long)error.event, error.text);
}

static int64_t count0(void)
{
    return gcs_heap_counts(heap)->count[0];
}

/* count[0] after so many allocations of one type, all their deaths, more allocations, a full
 * collection, and one more. */
struct turnover {
    int64_t born, dead, reborn, after_full;
};

static struct turnover turn_over(const char *version, const char *kind, unsigned slots,
                                 unsigned births, unsigned rebirths)
{
    struct gcs_text text;
    struct turnover t;
    const struct gcs_rules *rules = rules_of(version);
    int64_t *stages[] = {&t.born, &t.dead, &t.reborn, &t.after_full};
    for (int stage = 0; stage < 4; stage++) {
        gcs_text_init(&text, NULL);
        gcs_text_add(&text, "t 99 It %u -%s\n", slots, kind);
        for (unsigned i = 1; i <= births; i++)
            gcs_text_add(&text, "a %u 99\n", i);
        for (unsigned i = 1; i <= births && stage >= 1; i++)
            gcs_text_add(&text, "d %u\n", i);
        for (unsigned i = 1; i <= rebirths && stage >= 2; i++)
            gcs_text_add(&text, "a %u 99\n", births + i);
        for (unsigned i = 1; i <= rebirths && stage >= 3; i++)
            gcs_text_add(&text, "d %u\n", births + i);
        if (stage >= 3)
            gcs_text_add(&text, "c 2\na %u 99\n", births + rebirths + 1);
        gcs_trace_free(trace);
        read_events("", text.data);
        gcs_text_fini(&text);
        ck_assert_int_eq(play(rules), GCS_OK);
        *stages[stage] = count0();
    }
    return t;
}

/*
 * Life and death
 */
START_TEST(an_object_dies_with_its_last_reference)
{
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 2\ns 1 1 2\nr 2\nd 2\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 2);
    ck_assert_int_eq(count0(), 2);
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 2\ns 1 1 2\nd 2\ns 1 0 0\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 2);
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 2\ns 1 1 2\nd 2\ns 1 0 0\ns 1 1 0\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 1);
    ck_assert_int_eq(count0(), 1);
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 2\nd 2\nd 1\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 0);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_bytes, 0);
    ck_assert_uint_eq(gcs_heap_totals(heap)->allocated_objects, 2);
    ck_assert_uint_eq(gcs_heap_totals(heap)->peak_objects, 2);
    /* Storing what is there already: the new count rises before the old one falls. */
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 2\nd 2\ns 1 0 2\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 2);
}
END_TEST

START_TEST(the_counter_is_net_and_never_below_zero)
{
    played("cpython-3.13", "a 1 0\na 2 0\na 3 0\nc 0\nd 1\nd 2\na 4 0\n");
    ck_assert_int_eq(count0(), 1); /* the two deaths after the reset are not remembered */
}
END_TEST

/* A tree whose inner nodes hold their children in some order, and one child twice. */
START_TEST(a_cascade_leaves_the_same_whatever_the_order_of_slots)
{
    static const char *const orders[] = {"2 3 4 5", "5 4 3 2", "3 5 2 4", "4 2 5 3"};
    for (size_t i = 0; i < COUNT(orders); i++) {
        unsigned c[4];
        char text[400];
        sscanf(orders[i], "%u %u %u %u", &c[0], &c[1], &c[2], &c[3]);
        snprintf(text, sizeof text,
                 "a 1 0\na 2 0\na 3 2\na 4 5\na 5 0\na 6 2\ns 2 0 6\ns 3 0 6\ns 4 1 6\n"
                 "t 50 Wide 4 -\na 7 50\ns 7 0 %u\ns 7 1 %u\ns 7 2 %u\ns 7 3 %u\nd 2\nd 3\n"
                 "d 4\nd 5\nd 6\na 8 0\ns 8 0 7\ns 8 1 6\nd 7\ns 8 0 0\n",
                 c[0], c[1], c[2], c[3]);
        played("cpython-3.13", text);
        ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 3); /* 1; 8 and its 6 */
        ck_assert_int_eq(count0(), 4); /* of five deaths, a list's was hidden */
    }
}
END_TEST

/* `count` objects, each held by the next one alone; or, closed, each by the next in a ring. */
static void build_chain(uint64_t count, uint32_t slots, bool closed)
{
    struct gcs_trace_builder *builder;
    struct gcs_type type = {.name = "Link", .bytes = 32, .slots = slots};
    ck_assert_int_eq(gcs_trace_builder_new(&memory, false, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_OK);
    struct gcs_event birth = {.op = GCS_OP_ALLOCATE, .slots = slots},
                     store = {.op = GCS_OP_STORE}, drop = {.op = GCS_OP_ROOT_LESS};
    for (uint64_t i = 1; i <= count; i++) {
        birth.object = store.object = i;
        store.value = drop.object = i - 1;
        MUST(gcs_trace_builder_add(builder, &birth, NULL, &error) == GCS_OK);
        if (i == 1)
            continue;
        MUST(gcs_trace_builder_add(builder, &store, NULL, &error) == GCS_OK);
        MUST(gcs_trace_builder_add(builder, &drop, NULL, &error) == GCS_OK);
    }
    store.object = 1;
    store.value = drop.object = count;
    if (closed)
        MUST(gcs_trace_builder_add(builder, &store, NULL, &error) == GCS_OK);
    if (slots == 1)
        MUST(gcs_trace_builder_add(builder, &drop, NULL, &error) == GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
}

/* With a frame of 100 bytes or more a call, recursion would need far more than a thread's 8
 * MiB.
 */
START_TEST(a_chain_of_a_million_objects_dies_without_recursion)
{
    build_chain(1000000, 1, _i == 1);
    ck_assert_int_eq(play(rules_of("cpython-3.13")), GCS_OK);
    if (_i == 1) {
        ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 1000000);
        gcs_heap_collect(heap, 2, &work);
        ck_assert_uint_eq(work.collected, 1000000);
        ck_assert_uint_eq(work.freed_objects, 1000000);
        ck_assert_uint_eq(work.freed_bytes, 48 * 1000000);
    }
    ck_assert_uint_eq(gcs_heap_totals(heap)->peak_objects, 1000000);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 0);
}
END_TEST

START_TEST(what_cannot_be_is_refused_at_its_event)
{
    const struct fault *fault = &faults[_i];
    read_events("", fault->events);
    if (!fault->strict) {
        ck_assert_int_eq(play(rules_of("cpython-3.13")), GCS_INVALID);
        ck_assert_str_eq(error.text, fault->message);
        ck_assert(error.has_event);
        ck_assert_uint_eq(error.event, fault->event);
    }
    error = (struct gcs_error){0};
    ck_assert_int_eq(gcs_trace_check(trace, &memory, &error), GCS_INVALID);
    ck_assert_str_eq(error.text, fault->message);
    ck_assert(error.has_event);
    ck_assert_uint_eq(error.event, fault->event);
}
END_TEST

/* What trace-format.md forbids beyond that: to name what was resurrected, or a weak reference
 * whose callback is due, and two weak references without a callback to one object. */
static const struct {
    const char *events;
    uint64_t event;
} overlooked[] = {
    {"a 1 8\nd 1\nd 1\n", 2},
    {"a 1 0\na 2 6\nk 2 1\na 3 6\nk 3 1\n", 4},
    {"a 1 0\na 2 6\nk 2 1 drop\ns 1 0 1\nd 1\nd 2\n", 5}, /* the last: known, not mended yet */
};

START_TEST(what_no_program_can_do_is_found)
{
    read_events("", overlooked[_i].events);
    ck_assert_int_eq(gcs_trace_check(trace, &memory, &error), GCS_INVALID);
    ck_assert_uint_eq(error.event, overlooked[_i].event);
}
END_TEST

/*
 * Versions
 */
START_TEST(a_free_list_hides_births_and_deaths_up_to_its_capacity)
{
    const struct free_list *list = &free_lists[_i];
    unsigned births = list->capacity + 50;
    struct turnover t = turn_over(list->version, list->kind, list->slots, births, births);
    ck_assert_int_eq(t.born, births);
    ck_assert_int_eq(t.dead, list->capacity);
    unsigned served = list->reused ? list->capacity : 0;
    ck_assert_int_eq(t.reborn, list->capacity + births - served);
    ck_assert_int_eq(t.after_full, list->kept_by_full ? 0 : 1);
}
END_TEST

START_TEST(with_free_lists_resolved_only_what_a_collection_frees_is_parked)
{
    read_events("o freelists=resolved\n", "a 1 2\nd 1\na 2 2\ns 2 0 2\nd 2\nc 0\na 3 2\n");
    ck_assert_int_eq(play(rules_of("cpython-3.13")), GCS_OK);
    ck_assert_uint_eq(work.collected, 1);
    ck_assert_int_eq(count0(), 0); /* list 3 took the shell of list 2 */
}
END_TEST

START_TEST(what_the_collector_examines_and_collects_follows_the_version)
{
    const struct case_by_version *c = &by_version[_i];
    for (size_t v = 0; v < COUNT(versions); v++) {
        int expected = c->expected[v < VERSIONS ? v : VERSIONS - 1];
        played(versions[v], c->events);
        int is = c->what == 'c'   ? (int)work.candidates
                 : c->what == 'm' ? (int)work.collected
                 : c->what == 'n' ? (int)count0()
                 : c->what == 'l' ? (int)gcs_heap_totals(heap)->live_objects
                 : c->what == 'u' ? (int)work.uncollectable
                 : c->what == 'r' ? (int)work.references
                                  : (int)work.finalizers;
        ck_assert_msg(is == expected, "%s: %s: %d, not %d", c->about, versions[v], is,
                      expected);
    }
}
END_TEST

START_TEST(an_object_takes_the_bytes_that_were_measured)
{
    const struct size_sample *s = &sizes[_i];
    for (size_t v = 0; v < COUNT(size_versions); v++) {
        struct gcs_type type = s->type;
        type.name = "It";
        type.slots = s->slots;
        if (type.bytes == 0)
            type.bytes = GCS_BYTES_BY_MODEL;
        uint64_t bytes = gcs_object_bytes(rules_of(size_versions[v]), &type, s->slots);
        ck_assert_msg(!s->bytes[v] || bytes == s->bytes[v], "%s, %s: %llu, not %u", s->about,
                      size_versions[v], (unsigned long long)bytes, s->bytes[v]);
    }
}
END_TEST

START_TEST(live_bytes_include_hidden_dicts_and_payloads)
{
    /* 3 attributes: instance 48, dict 64, values 48 up to 3.10; 96 in 3.13. */
    played("cpython-3.9", "t 50 Obj3 3 - dict\na 1 50\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_bytes, 160);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 2);
    played("cpython-3.13", "t 50 Obj3 3 - dict\na 1 50\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_bytes, 96);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 1);
    /* Payloads are blocks of their own, in steps of 16; malloc's have 8 bytes more. */
    played("cpython-3.13", "a 1 1 100\na 2 1\nz 2 5000000000\nz 1 17\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_bytes, 32 + 32 + 32 + 5000000016);
    ck_assert_uint_eq(gcs_heap_totals(heap)->peak_bytes, 32 + 112 + 32 + 5000000016);
}
END_TEST

/*
 * The collector's books
 */
START_TEST(long_lived_figures_are_survivors_of_middle_and_full_collections)
{
    played("cpython-3.13", "a 1 0\na 2 0\na 3 0\nc 0\n");
    ck_assert_int_eq(gcs_heap_counts(heap)->long_lived_pending, 0);
    ck_assert_int_eq(gcs_heap_counts(heap)->count[1], 1);
    played("cpython-3.13", "a 1 0\na 2 0\na 3 0\nc 1\na 4 0\nc 1\n");
    ck_assert_int_eq(gcs_heap_counts(heap)->long_lived_pending, 4);
    ck_assert_int_eq(gcs_heap_counts(heap)->long_lived_total, 0);
    ck_assert_int_eq(gcs_heap_counts(heap)->count[2], 2);
    played("cpython-3.13", "a 1 0\na 2 0\nc 1\na 3 0\na 4 0\ns 4 0 4\nd 4\nc 2\nd 1\n");
    ck_assert_int_eq(gcs_heap_counts(heap)->long_lived_pending, 0);
    ck_assert_int_eq(gcs_heap_counts(heap)->long_lived_total, 3); /* deaths change nothing */
    ck_assert_int_eq(gcs_heap_counts(heap)->count[2], 0);
    ck_assert_uint_eq(work.survivors, 3);
}
END_TEST

START_TEST(frozen_objects_are_no_candidates_but_die_and_keep_alive)
{
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 1\nd 1\nc 1\na 3 0\ng freeze\nc 2\n");
    ck_assert_uint_eq(work.candidates, 0);
    ck_assert_uint_eq(gcs_heap_totals(heap)->frozen_objects, 2);
    ck_assert_uint_eq(gcs_heap_totals(heap)->frozen_bytes, 2 * 48);
    for (int g = 0; g < 3; g++)
        ck_assert_int_eq(gcs_heap_counts(heap)->count[g], 0);
    /* A frozen ring of garbage holds 2: it is no trash, and is found once thawed. */
    const char *ring = "a 1 0\ns 1 0 1\nd 1\ng freeze\n";
    played("cpython-3.13", ring);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 1);
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 1\ng freeze\na 3 0\ns 3 0 3\ns 1 1 3\nd 3\n"
                           "d 1\nc 2\n");
    ck_assert_uint_eq(work.collected, 0);
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 1\ng freeze\na 3 0\ns 3 0 3\ns 1 1 3\nd 3\n"
                           "d 1\nc 2\ng unfreeze\nc 1\n");
    ck_assert_uint_eq(work.candidates, 0); /* all are in generation 2 */
    played("cpython-3.13", "a 1 0\na 2 0\ns 1 0 1\ng freeze\na 3 0\ns 3 0 3\ns 1 1 3\nd 3\n"
                           "d 1\nc 2\ng unfreeze\nc 2\n");
    ck_assert_uint_eq(work.collected, 2);
    ck_assert_uint_eq(gcs_heap_totals(heap)->frozen_objects, 0);
    played("cpython-3.13", "a 1 0\na 2 0\ng freeze\nd 1\n");
    ck_assert_uint_eq(gcs_heap_totals(heap)->frozen_objects, 1);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, 1);
}
END_TEST

START_TEST(standing_objects_are_old_and_uncounted)
{
    read_events("o standing=2\no start=5,6,7,80,9\n", "a 1 0\na 2 0\na 3 0\n");
    ck_assert_int_eq(play(rules_of("cpython-3.13")), GCS_OK);
    const struct gcs_counts *counts = gcs_heap_counts(heap);
    ck_assert_int_eq(counts->count[0], 6);
    ck_assert_int_eq(counts->count[1], 6);
    ck_assert_int_eq(counts->count[2], 7);
    ck_assert_int_eq(counts->long_lived_total, 80);
    ck_assert_int_eq(counts->long_lived_pending, 9);
    gcs_heap_collect(heap, 1, &work);
    ck_assert_uint_eq(work.candidates, 1);
    ck_assert_int_eq(counts->long_lived_pending, 10);
}
END_TEST

/* Objects enough to fill the array of rows to the last, so that none of it is slack: what is
 * measured is all that the heap took, less what it takes before the first object. */
START_TEST(memory_stays_within_the_headers_promise)
{
    enum { HEADS = 16, OBJECTS = (1 << 20) - HEADS, SLOTS = 2 };
    build_chain(OBJECTS, SLOTS, false); /* with two slots the last keeps its root */
    struct gcs_memory own = {0};
    struct gcs_cursor *cursor = NULL;
    struct gcs_block block;
    ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
    ck_assert_int_eq(gcs_heap_new(trace, rules_of("cpython-3.13"), &own, &heap, &error),
                     GCS_OK);
    size_t empty = own.used;
    while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count; i++)
            MUST(gcs_heap_apply(heap, &block, i, &error) == GCS_OK);
    gcs_cursor_free(cursor);
    ck_assert_uint_eq(gcs_heap_totals(heap)->live_objects, OBJECTS);
    ck_assert_uint_le(own.used - empty, (32 + 8 * SLOTS + 16) * (size_t)(OBJECTS + HEADS));
    ck_assert_uint_lt(empty, 1 << 20);
    gcs_heap_free(heap);
    heap = NULL;
    ck_assert_uint_eq(own.used, 0);
}
END_TEST

/*
 * Lifetimes
 */
static void read_random(uint64_t seed, unsigned events)
{
    size_t length;
    struct random_trace_shape shape = {.events = events,
                                       .features = (1u << RANDOM_TRACE_FEATURES) - 1};
    if (seed % 2)
        shape.features = (uint32_t)(seed * 0x9e3779b97f4a7c15u >> 40);
    char *text = random_trace(seed, shape, &length);
    ck_assert_int_eq(gcs_trace_read(text, length, &memory, &trace, &error), GCS_OK);
    free(text);
}

START_TEST(garbage_is_dated_by_the_first_event_after_which_nothing_reaches_it)
{
    size_t compared = 0;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct gcs_cursor *cursor = NULL;
        struct gcs_block block;
        struct gcs_lifetimes lifetimes;
        read_random(seed, 300 + (unsigned)(seed * 5));
        naive_count = 0;
        ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
        while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
            for (uint32_t i = 0; i < block.count; i++)
                MUST(naive_apply(trace, &block, i));
        gcs_cursor_free(cursor);
        ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
        uint64_t survivors = 0, deaths = 0, garbage = 0;
        for (uint64_t o = 1; o <= naive_count; o++) {
            deaths += naive[o].dead;
            survivors += naive[o].reached && !naive[o].dead;
            garbage += naive[o].garbage;
        }
        ck_assert_uint_eq(lifetimes.garbage_count, garbage);
        ck_assert_uint_eq(lifetimes.survivors, survivors);
        ck_assert_uint_eq(lifetimes.deaths, deaths);
        for (size_t i = 0; i < lifetimes.garbage_count; i++) {
            const struct gcs_garbage *g = &lifetimes.garbage[i], *before = g - (i > 0);
            MUST(naive[g->object].garbage && naive[g->object].garbage_event == g->event);
            MUST(i == 0 || before->event < g->event ||
                 (before->event == g->event && before->object < g->object));
        }
        compared += lifetimes.garbage_count;
        gcs_lifetimes_fini(&lifetimes);
        gcs_trace_free(trace);
        trace = NULL;
    }
    ck_assert_uint_gt(compared, 1000); /* there was something to compare */
}
END_TEST

START_TEST(a_valid_trace_passes_and_one_more_line_that_names_garbage_does_not)
{
    unsigned spoiled = 0;
    for (uint64_t seed = 1; seed <= 200; seed++) {
        struct gcs_lifetimes lifetimes;
        struct gcs_text text;
        read_random(seed, 400);
        ck_assert_msg(gcs_trace_check(trace, &memory, &error) == GCS_OK, "seed %llu: %s",
                      (unsigned long long)seed, error.text);
        ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
        gcs_text_init(&text, NULL);
        const struct gcs_sink sink = {add_to_text, &text};
        ck_assert_int_eq(gcs_trace_print(trace, &sink, &error), GCS_OK);
        if (lifetimes.garbage_count) {
            uint64_t event = trace->events;
            const char op = "rdz"[seed % 3];
            gcs_text_add(&text, "%c %llu%s\n", op,
                         (unsigned long long)lifetimes.garbage[0].object,
                         op == 'z' ? " 8" : "");
            gcs_trace_free(trace);
            ck_assert_int_eq(gcs_trace_read(text.data, text.length, &memory, &trace, &error),
                             GCS_OK);
            ck_assert_int_eq(gcs_trace_check(trace, &memory, &error), GCS_INVALID);
            ck_assert_uint_eq(error.event, event);
            ck_assert(strstr(error.text, "is unreachable: no program can name it here"));
            error = (struct gcs_error){0};
            spoiled++;
        }
        gcs_text_fini(&text);
        gcs_lifetimes_fini(&lifetimes);
        gcs_trace_free(trace);
        trace = NULL;
    }
    ck_assert_uint_gt(spoiled, 100);
}
END_TEST

static Suite *heap_suite(void)
{
    Suite *suite = suite_create("heap");
    TCase *heaps = tcase_create("heap");
    tcase_add_checked_fixture(heaps, setup, teardown);
    tcase_set_timeout(heaps, 120);
    tcase_add_test(heaps, an_object_dies_with_its_last_reference);
    tcase_add_test(heaps, the_counter_is_net_and_never_below_zero);
    tcase_add_test(heaps, a_cascade_leaves_the_same_whatever_the_order_of_slots);
    tcase_add_loop_test(heaps, a_chain_of_a_million_objects_dies_without_recursion, 0, 2);
    tcase_add_loop_test(heaps, what_cannot_be_is_refused_at_its_event, 0, (int)COUNT(faults));
    tcase_add_loop_test(heaps, a_free_list_hides_births_and_deaths_up_to_its_capacity, 0,
                        (int)COUNT(free_lists));
    tcase_add_test(heaps, with_free_lists_resolved_only_what_a_collection_frees_is_parked);
    tcase_add_loop_test(heaps, what_the_collector_examines_and_collects_follows_the_version, 0,
                        (int)COUNT(by_version));
    tcase_add_loop_test(heaps, an_object_takes_the_bytes_that_were_measured, 0,
                        (int)COUNT(sizes));
    tcase_add_test(heaps, live_bytes_include_hidden_dicts_and_payloads);
    tcase_add_test(heaps, long_lived_figures_are_survivors_of_middle_and_full_collections);
    tcase_add_test(heaps, frozen_objects_are_no_candidates_but_die_and_keep_alive);
    tcase_add_test(heaps, standing_objects_are_old_and_uncounted);
    tcase_add_test(heaps, memory_stays_within_the_headers_promise);
    tcase_add_test(heaps, garbage_is_dated_by_the_first_event_after_which_nothing_reaches_it);
    tcase_add_test(heaps, a_valid_trace_passes_and_one_more_line_that_names_garbage_does_not);
    tcase_add_loop_test(heaps, what_no_program_can_do_is_found, 0,
                        (int)COUNT(overlooked) - (getenv("GCSIM_TEST_KNOWN") ? 0 : 1));
    suite_add_tcase(suite, heaps);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(heap_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
