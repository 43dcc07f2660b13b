/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: pymalloc's arenas come and go as CPython's do, and asking for them changes nothing
 * else.
 * Method: counts worked out from obmalloc.c's constants; a naive pymalloc, which keeps every
 * list as an array in the order that obmalloc.c's comments give, beside thousands of random
 * births and deaths; random traces with all invariants checked.
 */
#include "random_trace.h"

#include <gcsim/engine.h>

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

enum { KIB = 1024, MIB = 1024 * 1024 };

static struct gcs_memory memory;
static struct gcs_error error;
static struct gcs_trace *trace;
static struct gcs_heap *heap;
static struct gcs_text text;

static void setup(void)
{
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
    trace = NULL;
    heap = NULL;
    gcs_text_init(&text, NULL);
}

static void teardown(void)
{
    gcs_heap_free(heap);
    gcs_trace_free(trace);
    gcs_text_fini(&text);
    ck_assert_uint_eq(memory.used, 0);
}

static const struct gcs_model *model_of(const char *name)
{
    const struct gcs_model *model;
    ck_assert_int_eq(gcs_model_find(name, &model, &error), GCS_OK);
    return model;
}

/* Reads what is in `text`. */
static void read_text(void)
{
    gcs_trace_free(trace);
    trace = NULL;
    enum gcs_status status = gcs_trace_read(text.data, text.length, &memory, &trace, &error);
    ck_assert_msg(status == GCS_OK, "line %llu: %s", (unsigned long long)error.line,
                  error.text);
}

static void new_heap(const char *model)
{
    gcs_heap_free(heap);
    ck_assert_int_eq(gcs_heap_new(trace, &model_of(model)->rules, &memory, &heap, &error),
                     GCS_OK);
    ck_assert_int_eq(gcs_heap_use_pymalloc(heap, &error), GCS_OK);
}

/* Called after each event. */
typedef void (*after_event)(const struct gcs_event *event);

static void play(after_event after)
{
    struct gcs_cursor *cursor;
    struct gcs_block block;
    struct gcs_work work;
    ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
    while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count; i++) {
            if (block.events[i].op == GCS_OP_COLLECT)
                gcs_heap_collect(heap, block.events[i].detail, &work);
            else
                MUST(gcs_heap_apply(heap, &block, i, &error) == GCS_OK);
            if (after)
                after(&block.events[i]);
        }
    gcs_cursor_free(cursor);
    const char *broken = gcs_heap_check(heap);
    ck_assert_msg(!broken, "%s", broken);
}

/*
 * By hand
 */
static const struct footprint_sample {
    const char *about;
    const char *model;
    const char *type; /* of all objects */
    unsigned objects; /* born … */
    unsigned let_go;  /* … and as many of them gone, the first first */
    bool collects;    /* a full collection then */
    uint64_t footprint;
} footprints[] = {
    /* 64 pools of 4,096 bytes, 48 of them a header: 63 blocks of 64 bytes each, 4,032 in all.
     */
    {"the first arena, full", "cpython-3.8", "4 -", 4032, 0, false, 256 * KIB},
    {"one more", "cpython-3.8", "4 -", 4033, 0, false, 512 * KIB},
    /* 63 pools of 16,384 bytes: 255 blocks each, 16,065 in all. */
    {"the first large arena, full", "cpython-3.10", "4 -", 16065, 0, false, 1 * MIB},
    {"one more", "cpython-3.13", "4 -", 16066, 0, false, 2 * MIB},
    {"all gone: nothing stays up to 3.8", "cpython-3.8", "4 -", 9000, 9000, false, 0},
    {"all gone: from 3.9 on the last arena stays", "cpython-3.9", "4 -", 9000, 9000, false,
     256 * KIB},
    {"one object holds the last of three arenas", "cpython-3.8", "4 -", 8065, 8064, false,
     256 * KIB},
    /* 80 lists' shells are parked: 64 bytes each, two pools. The arrays of 8 KiB are malloc's.
     */
    {"free lists hold their shells", "cpython-3.8", "1000 - kind=list", 100, 100, false,
     256 * KIB},
    {"a full collection empties them", "cpython-3.8", "1000 - kind=list", 100, 100, true, 0},
    {"a free list holds no block of malloc's", "cpython-3.8", "0 600 kind=list", 100, 100,
     false, 0},
    {"malloc's blocks, rounded", "cpython-3.8", "1000 - kind=list", 2, 0, false,
     256 * KIB + 2 * 8016},
    {"513 bytes with the header are malloc's", "cpython-3.13", "0 497", 1, 0, false, 528},
    {"512 are not", "cpython-3.13", "0 496", 1, 0, false, 1 * MIB},
    /* Instance, dict and values: three classes, three pools. */
    {"companions have blocks too", "cpython-3.8", "3 - dict", 1, 0, false, 256 * KIB},
    {"no object, no arena", "cpython-3.13", "0 -", 0, 0, false, 0},
};

START_TEST(arenas_are_as_many_as_the_constants_make_them)
{
    const struct footprint_sample *s = &footprints[_i];
    gcs_text_add(&text, "gctrace 1\nt 0 It %s\n", s->type);
    for (unsigned i = 1; i <= s->objects; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    for (unsigned i = 1; i <= s->let_go; i++)
        gcs_text_add(&text, "d %u\n", i);
    if (s->collects)
        gcs_text_add(&text, "c 2\n");
    read_text();
    new_heap(s->model);
    play(NULL);
    if (s->collects) /* what empties the free lists is the engine's full collection */
        ck_assert_int_eq((int)gcs_heap_counts(heap)->count[0], 0);
    ck_assert_msg(gcs_heap_totals(heap)->footprint_bytes == s->footprint, "%s: %llu, not %llu",
                  s->about, (unsigned long long)gcs_heap_totals(heap)->footprint_bytes,
                  (unsigned long long)s->footprint);
}
END_TEST

/* A payload moves when it grows out of its block or leaves more than a quarter of it free; what
 * is malloc's stays so. */
START_TEST(payloads_are_moved_as_realloc_does)
{
    static const struct {
        unsigned bytes;
        uint64_t large;
    } sizes[] = {{100, 0}, {400, 0}, {600, 608}, {5000, 5008}, {300, 304}, {0, 0}, {300, 0}};
    for (size_t steps = 1; steps <= COUNT(sizes); steps++) {
        gcs_text_fini(&text);
        gcs_text_init(&text, NULL);
        gcs_text_add(&text, "gctrace 1\nt 0 Bytes 0 33 kind=atomic\na 1 0\n");
        for (size_t i = 0; i < steps; i++)
            gcs_text_add(&text, "z 1 %u\n", sizes[i].bytes);
        read_text();
        new_heap("cpython-3.8");
        play(NULL);
        ck_assert_uint_eq(gcs_heap_totals(heap)->footprint_bytes,
                          256 * KIB + sizes[steps - 1].large);
    }
}
END_TEST

START_TEST(only_versions_with_pymalloc_have_it)
{
    struct gcs_rules rules = model_of("cpython-3.13")->rules;
    rules.mimalloc = true;
    gcs_text_add(&text, "gctrace 1\n");
    read_text();
    ck_assert_int_eq(gcs_heap_new(trace, &rules, &memory, &heap, &error), GCS_OK);
    ck_assert_int_eq(gcs_heap_use_pymalloc(heap, &error), GCS_INVALID);
    ck_assert_ptr_nonnull(strstr(error.text, "mimalloc"));
    ck_assert_uint_eq(gcs_heap_totals(heap)->footprint_bytes, GCS_NO_FOOTPRINT);
}
END_TEST

/*
 * A naive pymalloc: arrays in order, searched from the front
 */
enum { ARENAS_MAX = 64, POOLS_MAX = 64, OBJECTS_MAX = 100000, SIZES = 5 };
static const unsigned slots_of_size[SIZES] = {1, 4, 13, 40, 58};

struct naive_pool {
    unsigned class, used;
};

static struct naive {
    bool old; /* to 3.8 */
    struct naive_pool pools[ARENAS_MAX][POOLS_MAX];
    unsigned pool_count[ARENAS_MAX];                                    /* ever used */
    unsigned free_pools[ARENAS_MAX][POOLS_MAX], free_count[ARENAS_MAX]; /* a stack */
    bool there[ARENAS_MAX];
    unsigned usable[ARENAS_MAX], usable_count; /* arenas with free pools, in order */
    unsigned partly[SIZES][ARENAS_MAX * POOLS_MAX], partly_count[SIZES]; /* front last */
    unsigned place[OBJECTS_MAX + 1]; /* by object: arena × POOLS_MAX + pool */
    unsigned size[OBJECTS_MAX + 1];
} naive;

static unsigned naive_total(void)
{
    return naive.old ? 64 : 63;
}

static unsigned naive_free(unsigned arena)
{
    return naive_total() - naive.pool_count[arena] + naive.free_count[arena];
}

static unsigned naive_blocks(unsigned size)
{
    unsigned bytes = (32 + 8 * slots_of_size[size] + 15) / 16 * 16;
    return ((naive.old ? 4096u : 16384u) - 48) / bytes;
}

static void naive_remove(unsigned *array, unsigned *count, unsigned value)
{
    unsigned at = 0;
    while (array[at] != value)
        at++;
    memmove(array + at, array + at + 1, (--*count - at) * sizeof *array);
}

static void naive_insert(unsigned *array, unsigned *count, unsigned at, unsigned value)
{
    memmove(array + at + 1, array + at, ((*count)++ - at) * sizeof *array);
    array[at] = value;
}

static unsigned naive_take_pool(void)
{
    if (naive.usable_count == 0) {
        unsigned arena = 0;
        while (naive.there[arena])
            arena++;
        naive.there[arena] = true;
        naive.pool_count[arena] = naive.free_count[arena] = 0;
        naive_insert(naive.usable, &naive.usable_count, 0, arena);
    }
    unsigned arena = naive.usable[0];
    unsigned pool = naive.free_count[arena] ? naive.free_pools[arena][--naive.free_count[arena]]
                                            : naive.pool_count[arena]++;
    if (naive_free(arena) == 0)
        naive_remove(naive.usable, &naive.usable_count, arena);
    return arena * POOLS_MAX + pool;
}

static void naive_take(uint64_t object, unsigned size)
{
    if (naive.partly_count[size] == 0) {
        unsigned place = naive_take_pool();
        naive.pools[place / POOLS_MAX][place % POOLS_MAX] = (struct naive_pool){size, 0};
        naive.partly[size][naive.partly_count[size]++] = place;
    }
    unsigned place = naive.partly[size][naive.partly_count[size] - 1];
    if (++naive.pools[place / POOLS_MAX][place % POOLS_MAX].used == naive_blocks(size))
        naive.partly_count[size]--;
    naive.place[object] = place;
    naive.size[object] = size;
}

/* Behind all with fewer free pools, before all with as many. */
static void naive_sort_in(unsigned arena)
{
    unsigned at = 0;
    while (at < naive.usable_count && naive_free(naive.usable[at]) < naive_free(arena))
        at++;
    naive_insert(naive.usable, &naive.usable_count, at, arena);
}

static void naive_give_back(uint64_t object)
{
    unsigned place = naive.place[object], size = naive.size[object];
    unsigned arena = place / POOLS_MAX;
    struct naive_pool *pool = &naive.pools[arena][place % POOLS_MAX];
    if (pool->used-- == naive_blocks(size))
        naive.partly[size][naive.partly_count[size]++] = place;
    if (pool->used > 0)
        return;
    naive_remove(naive.partly[size], &naive.partly_count[size], place);
    bool was_last = naive.usable_count && naive.usable[naive.usable_count - 1] == arena;
    if (naive_free(arena) > 0)
        naive_remove(naive.usable, &naive.usable_count, arena);
    naive.free_pools[arena][naive.free_count[arena]++] = place % POOLS_MAX;
    if (naive_free(arena) == naive_total() && (naive.old || !was_last))
        naive.there[arena] = false;
    else
        naive_sort_in(arena);
}

static void compare_with_naive(const struct gcs_event *event)
{
    unsigned arenas = 0;
    if (event->op == GCS_OP_ALLOCATE)
        naive_take(event->object, event->type);
    else
        naive_give_back(event->object);
    for (unsigned i = 0; i < ARENAS_MAX; i++)
        arenas += naive.there[i];
    MUST(gcs_heap_totals(heap)->footprint_bytes ==
         (uint64_t)arenas * (naive.old ? 256 * KIB : 1 * MIB));
}

/* Births outweigh deaths, then deaths births, then again: arenas come and go. */
static void write_births_and_deaths(uint64_t seed)
{
    struct gcs_random random;
    static uint64_t live[OBJECTS_MAX];
    size_t count = 0;
    uint64_t born = 0;
    gcs_random_init(&random, seed, "pymalloc");
    gcs_text_add(&text, "gctrace 1\n");
    for (unsigned i = 0; i < SIZES; i++)
        gcs_text_add(&text, "t %u Size%u %u -\n", i, i, slots_of_size[i]);
    for (unsigned step = 0; step < OBJECTS_MAX; step++) {
        unsigned deaths = step / 20000 % 2 ? 80 : 20;
        unsigned favourite = step / 20000 % SIZES;
        if (count && gcs_random_below(&random, 100) < deaths) {
            size_t at = (size_t)gcs_random_below(&random, count);
            if (step / 5000 % 2) /* now and then in order, which frees whole pools */
                at = count - 1;
            gcs_text_add(&text, "d %llu\n", (unsigned long long)live[at]);
            live[at] = live[--count];
        } else {
            bool any = gcs_random_below(&random, 2);
            gcs_text_add(&text, "a %llu %u\n", (unsigned long long)++born,
                         any ? (unsigned)gcs_random_below(&random, SIZES) : favourite);
            live[count++] = born;
        }
    }
    while (count)
        gcs_text_add(&text, "d %llu\n", (unsigned long long)live[--count]);
}

START_TEST(arenas_are_as_many_as_a_naive_pymalloc_has)
{
    static const char *const models[] = {"cpython-3.8", "cpython-3.13"};
    memset(&naive, 0, sizeof naive);
    naive.old = _i % 2 == 0;
    write_births_and_deaths((uint64_t)_i + 1);
    read_text();
    new_heap(models[_i % 2]);
    play(compare_with_naive);
    ck_assert_uint_ge(gcs_heap_totals(heap)->peak_footprint_bytes, 3 * MIB);
}
END_TEST

/*
 * Random traces
 */
static struct gcs_ledger ledger_of(const struct gcs_lifetimes *lifetimes, const char *model,
                                   enum gcs_memory_model model_of_memory)
{
    static const struct gcs_strategy nothing = {.name = "default"};
    static const struct gcs_cost free_of_charge = {
        .candidate = {.count = 1, .bytes = {1}, .ns = {1}},
        .reference = {.count = 1, .bytes = {1}, .ns = {1}},
        .collected = {.count = 1, .bytes = {1}, .ns = {1}},
        .finalizer = {.count = 1, .bytes = {1}, .ns = {1}}};
    struct gcs_setting setting = {.model = model_of(model),
                                  .threshold = {10, 2, 1},
                                  .strategy = &nothing,
                                  .cost = &free_of_charge,
                                  .memory = model_of_memory};
    struct gcs_ledger ledger;
    gcs_ledger_init(&ledger, &memory);
    enum gcs_status status =
        gcs_replay(trace, lifetimes, &setting, true, &memory, &ledger, &error);
    ck_assert_msg(status == GCS_OK, "%s: %s", model, error.text);
    return ledger;
}

/* Everything but the footprint is the same, and the footprint holds all that lives. */
START_TEST(the_footprint_is_looked_at_without_touching)
{
    size_t models, length;
    const struct gcs_model *model = gcs_models(&models);
    model += (size_t)_i % models;
    struct random_trace_shape shape = {3000, (1u << RANDOM_TRACE_FEATURES) - 1, 0};
    struct gcs_lifetimes lifetimes;
    char *bytes = random_trace((uint64_t)_i + 1, shape, &length);
    ck_assert_ptr_nonnull(bytes);
    gcs_text_add_bytes(&text, bytes, length);
    free(bytes);
    read_text();
    if (model->rules.mimalloc)
        return;
    ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
    struct gcs_ledger sum = ledger_of(&lifetimes, model->name, GCS_MEMORY_SUM);
    struct gcs_ledger pymalloc = ledger_of(&lifetimes, model->name, GCS_MEMORY_PYMALLOC);
    ck_assert_uint_eq(sum.collection_count, pymalloc.collection_count);
    if (sum.collection_count)
        ck_assert_mem_eq(sum.collections, pymalloc.collections,
                         sum.collection_count * sizeof *sum.collections);
    ck_assert_uint_eq(sum.heap.footprint_bytes, GCS_NO_FOOTPRINT);
    ck_assert_uint_ge(pymalloc.heap.footprint_bytes, pymalloc.heap.live_bytes);
    ck_assert_uint_ge(pymalloc.heap.peak_footprint_bytes, pymalloc.heap.peak_bytes);
    pymalloc.heap.footprint_bytes = pymalloc.heap.peak_footprint_bytes = GCS_NO_FOOTPRINT;
    ck_assert_mem_eq(&sum.heap, &pymalloc.heap, sizeof sum.heap);
    gcs_ledger_fini(&sum);
    gcs_ledger_fini(&pymalloc);
    gcs_lifetimes_fini(&lifetimes);
}
END_TEST

START_TEST(too_little_memory_is_an_error_and_leaves_nothing)
{
    gcs_text_add(&text, "gctrace 1\nt 0 It 4 -\n");
    for (unsigned i = 1; i <= 20000; i++)
        gcs_text_add(&text, "a %u 0\n", i);
    read_text();
    struct gcs_lifetimes lifetimes;
    ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
    static const struct gcs_strategy nothing = {.name = "default"};
    static const struct gcs_cost cost = {.candidate = {.count = 1, .bytes = {1}, .ns = {1}}};
    struct gcs_setting setting = {.model = model_of("cpython-3.8"),
                                  .strategy = &nothing,
                                  .cost = &cost,
                                  .memory = GCS_MEMORY_PYMALLOC};
    unsigned failures = 0;
    for (size_t limit = 100 * KIB; limit < 8 * MIB; limit += limit / 4) {
        struct gcs_memory tight = {.limit = limit};
        struct gcs_ledger ledger;
        gcs_ledger_init(&ledger, &tight);
        enum gcs_status status =
            gcs_replay(trace, &lifetimes, &setting, false, &tight, &ledger, &error);
        ck_assert(status == GCS_OK || status == GCS_LIMIT);
        failures += status == GCS_LIMIT;
        gcs_ledger_fini(&ledger);
        ck_assert_uint_eq(tight.used, 0);
    }
    ck_assert_uint_gt(failures, 3);
    gcs_lifetimes_fini(&lifetimes);
}
END_TEST

int main(void)
{
    gcs_init();
    Suite *suite = suite_create("pymalloc");
    TCase *arenas = tcase_create("arenas");
    tcase_add_checked_fixture(arenas, setup, teardown);
    tcase_set_timeout(arenas, 120);
    tcase_add_loop_test(arenas, arenas_are_as_many_as_the_constants_make_them, 0,
                        (int)COUNT(footprints));
    tcase_add_test(arenas, payloads_are_moved_as_realloc_does);
    tcase_add_test(arenas, only_versions_with_pymalloc_have_it);
    tcase_add_loop_test(arenas, arenas_are_as_many_as_a_naive_pymalloc_has, 0, 4);
    tcase_add_loop_test(arenas, the_footprint_is_looked_at_without_touching, 0, 84);
    tcase_add_test(arenas, too_little_memory_is_an_error_and_leaves_nothing);
    suite_add_tcase(suite, arenas);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}
