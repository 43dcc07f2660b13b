/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: a model decides as CPython's source does, has the facts of its version, is found by any
 * release's name, and pauses cost what a profile says.
 * Method: tables worked out by hand: the choice of a generation from gc_select_generation's
 * text, facts from the release notes and sources of each version, pauses from round numbers.
 */
#include <gcsim/collector.h>

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/*
 * Which generation
 */
#define STOCK       \
    {               \
        700, 10, 10 \
    }
#define COUNTS                          \
    {                                   \
        INT64_MAX, INT64_MAX, INT64_MAX \
    }

static const struct choice {
    int64_t count[3], total, pending, threshold[3];
    int expected;
    const char *why;
} choices[] = {
    {{0, 0, 0}, 0, 0, STOCK, -1, "nothing is over"},
    {{700, 10, 10}, 0, 0, STOCK, -1, "equal is not over"},
    {{701, 10, 10}, 0, 0, STOCK, 0, "one more is"},
    {{701, 11, 10}, 0, 0, STOCK, 1, "the oldest that is over"},
    {{701, 11, 11}, 0, 0, STOCK, 2, "the oldest that is over"},
    {{701, 10, 11}, 0, 0, STOCK, 2, "generation 1 need not be over"},
    {{0, 11, 0}, 0, 0, STOCK, 1, "generation 0 need not be over"},
    {{0, 0, 11}, 0, 0, STOCK, 2, "generation 0 need not be over"},
    {{701, 11, 11}, 4, 0, STOCK, 1, "4 / 4 = 1 is more than none pending"},
    {{701, 11, 11}, 3, 0, STOCK, 2, "3 / 4 = 0 in C"},
    {{701, 11, 11}, 7, 1, STOCK, 2, "7 / 4 = 1 in C: one pending suffices"},
    {{701, 11, 11}, 8, 1, STOCK, 1, "8 / 4 = 2"},
    {{701, 11, 11}, 8, 2, STOCK, 2, "a quarter is enough"},
    {{701, 11, 11}, 100003, 24999, STOCK, 1, "one short of 25000"},
    {{701, 11, 11}, 100003, 25000, STOCK, 2, "100003 / 4 = 25000 in C"},
    {{701, 10, 11}, 100, 0, STOCK, 0, "refused, and 1 is not over: the youngest"},
    {{700, 10, 11}, 100, 0, STOCK, -1, "refused, and nothing else is over"},
    {{700, 11, 11}, 100, 0, STOCK, 1, "refused, and 1 is over"},
    {{1, 0, 0}, 0, 0, {0, 10, 10}, 0, "a threshold of 0 does not disable the choice"},
    {{0, 0, 0}, 0, 0, {0, 10, 10}, -1, "0 is not over 0"},
    {{701, 1, 0}, 0, 0, {700, 0, 0}, 1, "threshold1 0: each second one is a middle one"},
    {{701, 0, 1}, 0, 0, {700, 0, 0}, 2, "threshold2 0: a full one after each middle one"},
    {{0, 0, 0}, 0, 0, {-1, 10, 10}, 0, "negative: always"},
    {{0, 0, 0}, 0, 0, {-1, -1, 10}, 1, "negative: always"},
    {{0, 0, 0}, 0, 0, {-1, -1, -1}, 2, "negative: always"},
    {{0, 0, 0}, 100, 0, {-1, -1, -1}, 1, "negative, but the quarter rule holds"},
    {COUNTS, INT64_MAX, INT64_MAX, {2147483647, 2147483647, 2147483647}, 2, "no overflow"},
};

START_TEST(the_oldest_generation_over_its_threshold_is_chosen)
{
    const struct choice *choice = &choices[_i];
    struct gcs_counts counts = {.long_lived_total = choice->total,
                                .long_lived_pending = choice->pending};
    memcpy(counts.count, choice->count, sizeof counts.count);
    int chosen = gcs_choose_generational(&counts, choice->threshold);
    ck_assert_msg(chosen == choice->expected, "row %d: %d, not %d: %s", _i, chosen,
                  choice->expected, choice->why);
}
END_TEST

/*
 * Whether a free-threaded build collects: gc_should_collect's text, version by version
 */
static const struct threaded_choice {
    int64_t count, total, threshold0, threshold1, deferred, memory, last_memory;
    int expected[3]; /* 3.13t, 3.14t, 3.15t */
    const char *why;
} threaded_choices[] = {
    {2000, 0, 2000, 10, 0, 900, 0, {-1, -1, -1}, "equal is not over"},
    {2048, 0, 2000, 10, 0, 900, 0, {0, 0, 0}, "over, and grown from nothing"},
    {2048, 0, 0, 10, 0, 900, 0, {-1, -1, -1}, "a threshold of 0 is never over"},
    {2048, 8191, 2000, 10, 0, 900, 0, {0, 0, 0}, "8191 / 4 = 2047 in C"},
    {2048, 8192, 2000, 10, 0, 900, 0, {-1, 0, 0}, "a quarter: more than that only in 3.13"},
    {2048, 8196, 2000, 10, 0, 900, 0, {-1, -1, -1}, "less than a quarter"},
    {2048, 8196, 2000, 0, 0, 900, 900, {0, 0, 0}, "threshold1 0: no more questions"},
    {2048, 0, 2000, 10, 0, 10000, 9872, {0, -2, 0}, "128 KiB more is not over 987"},
    {2048, 0, 2000, 10, 0, 10859, 9872, {0, -2, 0}, "987 more is not over 987"},
    {2048, 0, 2000, 10, 0, 10860, 9872, {0, 0, 0}, "988 is"},
    {2048, 0, 2000, 10, 0, 228, 100, {0, -2, 0}, "128 KiB at least"},
    {2048, 0, 2000, 10, 0, 229, 100, {0, 0, 0}, "and more"},
    {2048, 0, 2000, 10, 80000, 100, 100, {0, -2, 0}, "40 times threshold0 put off"},
    {2048, 0, 2000, 10, 80001, 100, 100, {0, 0, 0}, "more: memory is not asked about"},
    {2048, 0, 2000, 10, 0, 100, 900, {0, -2, 0}, "it has shrunk"},
};

static const struct gcs_model *found(const char *name);

START_TEST(a_free_threaded_build_asks_of_its_own)
{
    static const char *const names[] = {"cpython-3.13t", "cpython-3.14t", "cpython-3.15t"};
    const struct threaded_choice *choice = &threaded_choices[_i];
    struct gcs_counts counts = {.count = {choice->count, 0, 0},
                                .long_lived_total = choice->total,
                                .deferred = choice->deferred,
                                .memory_kib = choice->memory,
                                .last_memory_kib = choice->last_memory};
    int64_t threshold[3] = {choice->threshold0, choice->threshold1, 10};
    for (size_t i = 0; i < COUNT(names); i++) {
        int chosen = found(names[i])->choose(&counts, threshold);
        ck_assert_msg(chosen == choice->expected[i], "row %d, %s: %d, not %d: %s", _i, names[i],
                      chosen, choice->expected[i], choice->why);
    }
}
END_TEST

/*
 * What each version is like
 */
enum { IN = GCS_TIMING_ALLOCATION, AT = GCS_TIMING_CHECK };
enum {
    EACH = GCS_RESURRECTION_EACH,
    WHOLE = GCS_RESURRECTION_WHOLE,
    COUNTED = GCS_RESURRECTION_WHOLE_COUNTED
};

/* Letters: c companions, d dicts tracked lazily, e the check tests enabled, f gc.freeze,
 * h functions have a tp_clear, i incremental: it shows a threshold2 of 0 and does not choose by
 * generations, l weak references outlive finalizers, m tuples untracked while moving, o one
 * generation: a free-threaded build, s instances without slots are GC objects, t tuples tracked
 * by content, p Python 2 (no PEP 442, lists' and dicts' free lists are not
 * emptied, sets have one, slices none), z full collections empty slices' list. */
static const struct facts {
    const char *name;
    unsigned minor;
    int64_t threshold0;
    int timing, resurrection;
    const char *letters;
    unsigned header, step, parked, reused, methods, cfunctions, weak_tuple;
    unsigned frames, iterators, close_generator, close_coroutine;
} facts[] = {
    {"cpython-2.7", 7, 700, IN, COUNTED, "cdmp", 32, 16, 19, 19, 256, 256, 2, 200, 0, 1, 1},
    {"cpython-3.6", 6, 700, IN, COUNTED, "cdm", 32, 16, 19, 19, 256, 256, 2, 200, 0, 1, 1},
    {"cpython-3.7", 7, 700, IN, WHOLE, "cdfm", 32, 16, 19, 19, 256, 256, 2, 200, 0, 1, 1},
    {"cpython-3.8", 8, 700, IN, WHOLE, "cdfhs", 16, 16, 19, 19, 256, 256, 2, 200, 0, 1, 1},
    {"cpython-3.9", 9, 700, IN, EACH, "cdfhs", 16, 16, 19, 19, 0, 0, 2, 200, 0, 1, 1},
    {"cpython-3.10", 10, 700, IN, EACH, "cdfhs", 16, 16, 19, 19, 0, 0, 2, 200, 0, 1, 1},
    {"cpython-3.11", 11, 700, IN, EACH, "dfhs", 16, 16, 20, 19, 0, 0, 2, 0, 0, 2, 2},
    {"cpython-3.12.0", 12, 700, AT, EACH, "dfhs", 16, 16, 20, 19, 0, 0, 2, 0, 0, 3, 3},
    {"cpython-3.12", 12, 700, AT, EACH, "defhs", 16, 16, 20, 19, 0, 0, 2, 0, 0, 3, 3},
    {"cpython-3.13", 13, 2000, AT, EACH, "defhs", 16, 16, 20, 20, 0, 0, 1, 0, 0, 0, 3},
    {"cpython-3.14.0", 14, 2000, AT, EACH, "efhisz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.14.4", 14, 2000, AT, EACH, "efhistz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.14", 14, 2000, AT, EACH, "efhstz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.15", 15, 2000, AT, EACH, "efhlstz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.13.0t", 13, 2000, AT, EACH, "defhos", 16, 16, 20, 20, 0, 0, 1, 0, 0, 0, 3},
    {"cpython-3.13t", 13, 2000, AT, EACH, "defhos", 16, 16, 20, 20, 0, 0, 1, 0, 0, 0, 3},
    {"cpython-3.14.0t", 14, 2000, AT, EACH, "efhiosz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.14.2t", 14, 2000, AT, EACH, "efhiostz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.14t", 14, 2000, AT, EACH, "efhostz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
    {"cpython-3.15t", 15, 2000, AT, EACH, "efhlostz", 16, 16, 20, 20, 20, 16, 1, 0, 10, 0, 3},
};

static const struct gcs_model *found(const char *name)
{
    const struct gcs_model *model = NULL;
    struct gcs_error error = {0};
    ck_assert_msg(gcs_model_find(name, &model, &error) == GCS_OK, "%s", error.text);
    return model;
}

static bool says(const struct facts *fact, char letter)
{
    return strchr(fact->letters, letter) != NULL;
}

START_TEST(a_model_decides_as_its_version_does)
{
    const struct facts *fact = &facts[_i];
    const struct gcs_model *model = found(fact->name);
    ck_assert_uint_eq(model->minor, fact->minor);
    ck_assert_int_eq(model->threshold[0], fact->threshold0);
    ck_assert_int_eq(model->threshold[1], 10);
    ck_assert_int_eq(model->threshold[2], says(fact, 'i') ? 0 : 10);
    ck_assert_int_eq((int)model->timing, fact->timing);
    ck_assert_int_eq(model->check_tests_enabled, says(fact, 'e'));
    ck_assert_int_eq(model->can_freeze, says(fact, 'f'));
    ck_assert_int_eq(model->choose == gcs_choose_generational,
                     !says(fact, 'i') && !says(fact, 'o'));
    ck_assert_int_eq(model->rules.mechanism == GCS_MECHANISM_FREE_THREADED, says(fact, 'o'));
    ck_assert_uint_eq(model->rules.count_buffer, says(fact, 'o') ? 512 : 0);
    ck_assert_int_eq((int)model->rules.resurrection, fact->resurrection);
    ck_assert_uint_eq(model->rules.weak_tuple_from, fact->weak_tuple);
}
END_TEST

START_TEST(a_models_objects_are_those_of_its_version)
{
    const struct facts *fact = &facts[_i];
    const struct gcs_rules *rules = &found(fact->name)->rules;
    ck_assert_int_eq(rules->companions, says(fact, 'c'));
    ck_assert_int_eq(rules->slotless_is_gc, says(fact, 's'));
    ck_assert_int_eq(rules->tuple_by_content, says(fact, 't'));
    ck_assert_int_eq(rules->tuple_while_moving, says(fact, 'm'));
    ck_assert_int_eq(rules->dict_lazy, says(fact, 'd'));
    ck_assert_int_eq(rules->weakrefs_late, says(fact, 'l'));
    ck_assert_uint_eq(rules->minor, fact->minor);
    ck_assert_uint_eq(rules->gc_header, fact->header);
    ck_assert_uint_eq(rules->alignment, fact->step);
    ck_assert_uint_eq(rules->tuple_parked, fact->parked);
    ck_assert_uint_eq(rules->tuple_reused, fact->reused);
    ck_assert_uint_eq(rules->tuple_free_list, 2000);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_LIST], 80);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_DICT], 80);
    ck_assert_int_eq(rules->python2, says(fact, 'p'));
    ck_assert_int_eq(rules->legacy_finalizers, says(fact, 'p'));
    ck_assert_int_eq(rules->callback_tuples, says(fact, 'p'));
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_SET], says(fact, 'p') ? 80 : 0);
    ck_assert(!rules->emptied[GCS_FREE_LIST_SET]);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_SLICE], says(fact, 'p') ? 0 : 1);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_METHOD], fact->methods);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_CFUNCTION], fact->cfunctions);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_FRAME], fact->frames);
    ck_assert_uint_eq(rules->free_list[GCS_FREE_LIST_ITERATOR], fact->iterators);
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_FRAME], fact->frames > 0);
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_ITERATOR], fact->iterators > 0);
    ck_assert_int_eq(rules->zombie_frames, says(fact, 'c'));
    ck_assert_int_eq(rules->frame_first, fact->minor == 6 || says(fact, 'p'));
    ck_assert_int_eq(rules->function_clear, says(fact, 'h'));
    ck_assert_uint_eq(rules->close_generator, fact->close_generator);
    ck_assert_uint_eq(rules->close_coroutine, fact->close_coroutine);
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_LIST], !says(fact, 'p'));
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_DICT], !says(fact, 'p'));
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_METHOD], fact->methods > 0);
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_CFUNCTION], fact->cfunctions > 0);
    ck_assert_int_eq(rules->emptied[GCS_FREE_LIST_SLICE], says(fact, 'z'));
}
END_TEST

/* What sys.getsizeof() says in 2.7.18 of an object, and how much more with its table. */
static const struct {
    enum gcs_kind kind;
    uint32_t slots;
    uint64_t object, table;
} sizes_2_7[] = {
    {GCS_KIND_INSTANCE, 0, 16, 0},
    {GCS_KIND_INSTANCE, 3, 72, 0},
    {GCS_KIND_SLICE, 3, 72, 0},
    {GCS_KIND_FUNCTION, 0, 120, 0},
    {GCS_KIND_GENERATOR, 0, 80, 0},
    {GCS_KIND_METHOD, 2, 80, 0},
    {GCS_KIND_CFUNCTION, 1, 72, 0},
    {GCS_KIND_ITERATOR, 1, 64, 0},
    {GCS_KIND_WEAKREF, 0, 88, 0},
    {GCS_KIND_CELL, 1, 56, 0},
    {GCS_KIND_FRAME, 0, 416, 0},
    {GCS_KIND_FRAME, 3, 440, 0},
    {GCS_KIND_TUPLE, 1, 64, 0},
    {GCS_KIND_TUPLE, 3, 80, 0},
    {GCS_KIND_LIST, 0, 72, 0},
    {GCS_KIND_LIST, 3, 72, 24},
    {GCS_KIND_DICT, 0, 280, 0},
    {GCS_KIND_DICT, 5, 280, 0},
    {GCS_KIND_DICT, 6, 280, 768},
    {GCS_KIND_DICT, 21, 280, 768},
    {GCS_KIND_DICT, 22, 280, 3072},
    {GCS_KIND_DICT, 85, 280, 3072},
    {GCS_KIND_DICT, 86, 280, 12288},
    {GCS_KIND_DICT, 342, 280, 49152},
    {GCS_KIND_DICT, 30000, 280, 3145728},
    {GCS_KIND_DICT, 90000, 280, 6291456},
    {GCS_KIND_SET, 5, 232, 0},
    {GCS_KIND_SET, 6, 232, 512},
    {GCS_KIND_SET, 22, 232, 2048},
    {GCS_KIND_SET, 86, 232, 8192},
    {GCS_KIND_SET, 342, 232, 32768},
    {GCS_KIND_SET, 30000, 232, 2097152},
    {GCS_KIND_SET, 90000, 232, 4194304},
};

START_TEST(objects_of_2_7_are_as_large_as_it_says)
{
    const struct gcs_type type = {.name = "t",
                                  .bytes = GCS_BYTES_BY_MODEL,
                                  .kind = sizes_2_7[_i].kind,
                                  .slots = sizes_2_7[_i].slots};
    const struct gcs_rules *rules = &found("cpython-2.7")->rules;
    uint64_t object = (sizes_2_7[_i].object + 15) / 16 * 16; /* pymalloc's step in 2.7.18 */
    uint64_t table = gcs_object_bytes(rules, &type, type.slots) - object;
    ck_assert_uint_ge(table, sizes_2_7[_i].table);
    ck_assert_uint_lt(table, sizes_2_7[_i].table + 17); /* and malloc's, with its own word */
}
END_TEST

START_TEST(every_model_is_in_the_table_oldest_first)
{
    size_t count;
    const struct gcs_model *models = gcs_models(&count);
    static const char *const no_version[] = {"refcount", "textbook", "sqrt-threshold",
                                             "live-heap"};
    size_t known = 0;
    while (known < COUNT(no_version)) {
        ck_assert_uint_eq(models[known].minor, 0);
        ck_assert_str_eq(models[known].name, no_version[known]);
        known++;
    }
    for (size_t i = 0; i < COUNT(facts); i++)
        ck_assert_str_eq(models[known++].name, facts[i].name);
    ck_assert_uint_eq(known, count);
    ck_assert_str_eq(gcs_model_newest()->name, "cpython-3.15");
    for (size_t i = 0; i < count; i++) {
        ck_assert(*models[i].versions && *models[i].about && *models[i].checked);
        ck_assert_ptr_eq(found(models[i].name), &models[i]);
    }
}
END_TEST

START_TEST(reference_counting_alone_never_collects)
{
    const struct gcs_model *model = found("refcount");
    struct gcs_counts counts = {.count = COUNTS};
    ck_assert_int_eq(model->choose(&counts, model->threshold), GCS_NO_GENERATION);
    ck_assert_int_eq((int)model->timing, GCS_TIMING_NEVER);
    ck_assert(!model->can_freeze);
    ck_assert_uint_eq(model->minor, 0);
}
END_TEST

/*
 * By which name
 */
START_TEST(a_release_is_found_in_the_row_that_covers_it)
{
    static const char *const releases[][2] = {
        {"cpython-3.6.15", "cpython-3.6"},
        {"cpython-3.7.0", "cpython-3.7"},
        {"cpython-3.8.18", "cpython-3.8"},
        {"cpython-3.9.999", "cpython-3.9"},
        {"cpython-3.10.13", "cpython-3.10"},
        {"cpython-3.11.7", "cpython-3.11"},
        {"cpython-3.12.0", "cpython-3.12.0"},
        {"cpython-3.12.1", "cpython-3.12.0"},
        {"cpython-3.12.2", "cpython-3.12.0"},
        {"cpython-3.12.3", "cpython-3.12"},
        {"cpython-3.12.7", "cpython-3.12"},
        {"cpython-3.13.0", "cpython-3.13"},
        {"cpython-3.14.5", "cpython-3.14"},
        {"cpython-3.14.7", "cpython-3.14"},
        {"cpython-3.15.0rc1", "cpython-3.15"},
        {"cpython-3.13.0t", "cpython-3.13.0t"},
        {"cpython-3.13.9t", "cpython-3.13.0t"},
        {"cpython-3.13.10t", "cpython-3.13t"},
        {"cpython-3.14.0t", "cpython-3.14.0t"},
        {"cpython-3.14.1t", "cpython-3.14.2t"},
        {"cpython-3.14.7t", "cpython-3.14t"},
        {"cpython-3.15.0rc1t", "cpython-3.15t"},
        {"cpython-2.7.18", "cpython-2.7"},
        {"2.7", "cpython-2.7"},
        {"3.13", "cpython-3.13"},
        {"3.12.7", "cpython-3.12"},
        {"3.15.0rc1", "cpython-3.15"},
        {"3.14.0", "cpython-3.14.0"},
    };
    for (size_t i = 0; i < COUNT(releases); i++)
        ck_assert_str_eq(found(releases[i][0])->name, releases[i][1]);
}
END_TEST

static const char *const strangers[][2] = {
    {"cpyhton-3.12", "unknown model 'cpyhton-3.12' (did you mean 'cpython-3.12'?)"},
    {"refcnt", "unknown model 'refcnt' (did you mean 'refcount'?)"},
    {"pypy", "unknown model 'pypy': see `gcsim list models`"},
    {"", "unknown model '': see `gcsim list models`"},
};

START_TEST(an_unknown_model_is_refused_with_the_nearest_name)
{
    struct gcs_error error = {0};
    const struct gcs_model *model = NULL;
    ck_assert_int_eq(gcs_model_find(strangers[_i][0], &model, &error), GCS_INVALID);
    ck_assert_str_eq(error.text, strangers[_i][1]);
    ck_assert_ptr_null(model);
}
END_TEST

/* 3.14.0 to 3.14.4 are no generational collectors: their own rows, or the reason why not. */
START_TEST(an_incremental_release_is_never_taken_for_a_generational_one)
{
    static const char *const names[] = {"cpython-3.14.0", "cpython-3.14.1", "cpython-3.14.4"};
    for (size_t i = 0; i < COUNT(names); i++) {
        struct gcs_error error = {0};
        const struct gcs_model *model = NULL;
        if (gcs_model_find(names[i], &model, &error) == GCS_OK)
            ck_assert(model->choose != gcs_choose_generational);
        else
            ck_assert_ptr_nonnull(strstr(error.text, "has the incremental collector"));
    }
}
END_TEST

START_TEST(what_only_looks_like_a_release_is_none)
{
    static const char *const names[] = {
        "cpython-3.12.",   "cpython-3.12.x", "cpython-3.12.1.1", "cpython-3.12.-1",
        "cpython-3.12.+1", "cpython-3.5.1",  "cpython-3.16.0",   "cpython-3.12.7 ",
        "cpython-3.12. 7", "cpython-3..7",   "cpython-3.112.1",  "cpython-3.12.1000",
        "Cpython-3.12.7",  "cpython-3",      "cpython-2.6.9",    "cpython-3.0.1",
        "cpython-3.-4.7",  "refcount.1",     "cpython-3.12.7t",  "4.12",
        "cpython-",        "count",          "2.12.1",           "3.7.18.",
    };
    for (size_t i = 0; i < COUNT(names); i++) {
        struct gcs_error error = {0};
        const struct gcs_model *model = NULL;
        ck_assert_msg(gcs_model_find(names[i], &model, &error) == GCS_INVALID, "%s", names[i]);
        ck_assert_ptr_null(model);
    }
}
END_TEST

/* 3.13.0 had the incremental collector from a6 to rc2; `b` and `rc` want a number. */
START_TEST(what_no_row_covers_resolves_to_none)
{
    static const char *const names[] = {"cpython-3.+12.7",   "cpython-3. 12.7",
                                        "cpython-3.13.0rc2", "cpython-3.13.0b1",
                                        "cpython-3.12.7b",   "cpython-3.12.7rc"};
    struct gcs_error error = {0};
    const struct gcs_model *model = NULL;
    ck_assert_msg(gcs_model_find(names[_i], &model, &error) == GCS_INVALID, "%s", names[_i]);
}
END_TEST

/*
 * Pauses
 */
#define FLAT(value)                                   \
    {                                                 \
        .count = 1, .bytes = {1024}, .ns = {(value) } \
    }

/* From 10 ns at 1 KiB to 110 ns at 1 MiB: ten doublings of 10 ns each. */
#define RISING                                                      \
    {                                                               \
        .count = 2, .bytes = {1024, 1024 * 1024}, .ns = { 10, 110 } \
    }

static const struct gcs_cost profile = {
    .name = "by hand",
    .fixed_young_ns = 400,
    .fixed_full_ns = 5000,
    .candidate = RISING,
    .reference = FLAT(3),
    .collected = FLAT(70),
    .finalizer = FLAT(1000),
};

static const struct {
    struct gcs_work work;
    gcs_time ns;
} pauses[] = {
    {{.generation = 0}, 400},
    {{.generation = 1}, 400},
    {{.generation = 2}, 5000},
    {{.generation = 0, .candidates = 7, .candidate_bytes = 1024}, 400 + 70},
    {{.generation = 0, .candidates = 7, .candidate_bytes = 1}, 400 + 70},
    {{.generation = 0, .candidates = 7, .candidate_bytes = 2048}, 400 + 7 * 20},
    {{.generation = 0, .candidates = 7, .candidate_bytes = 32 * 1024}, 400 + 7 * 60},
    {{.generation = 2, .candidates = 7, .candidate_bytes = 1 << 20}, 5000 + 7 * 110},
    {{.generation = 2, .candidates = 7, .candidate_bytes = 1 << 30}, 5000 + 7 * 110},
    {{.generation = 1, .references = 11}, 400 + 33},
    {{.generation = 1, .collected = 2}, 400 + 140},
    {{.generation = 1, .finalizers = 3}, 400 + 3000},
    {{.generation = 2,
      .candidates = 100,
      .candidate_bytes = 4096,
      .references = 250,
      .collected = 40,
      .finalizers = 1},
     5000 + 3000 + 750 + 2800 + 1000},
    /* What a profile does not price: */
    {{.generation = 0,
      .survivors = 9,
      .freed_objects = 9,
      .freed_bytes = 9,
      .uncollectable = 9},
     400},
};

START_TEST(a_pause_is_the_work_times_its_price)
{
    ck_assert_uint_eq(gcs_cost_pause(&profile, &pauses[_i].work), pauses[_i].ns);
}
END_TEST

START_TEST(a_pause_is_rounded_to_whole_nanoseconds)
{
    struct gcs_cost cost = {.fixed_young_ns = 0.4,
                            .candidate = FLAT(0.25),
                            .reference = FLAT(0),
                            .collected = FLAT(0),
                            .finalizer = FLAT(0)};
    ck_assert_uint_eq(gcs_cost_pause(&cost, &(struct gcs_work){0}), 0);
    ck_assert_uint_eq(gcs_cost_pause(&cost, &(struct gcs_work){.candidates = 1}), 1);
    ck_assert_uint_eq(gcs_cost_pause(&cost, &(struct gcs_work){.candidates = 4}), 1);
    ck_assert_uint_eq(gcs_cost_pause(&cost, &(struct gcs_work){.candidates = 5}), 2);
}
END_TEST

static Suite *collector_suite(void)
{
    Suite *suite = suite_create("collector");
    TCase *models = tcase_create("models");
    tcase_add_loop_test(models, the_oldest_generation_over_its_threshold_is_chosen, 0,
                        (int)COUNT(choices));
    tcase_add_loop_test(models, a_free_threaded_build_asks_of_its_own, 0,
                        (int)COUNT(threaded_choices));
    tcase_add_loop_test(models, a_model_decides_as_its_version_does, 0, (int)COUNT(facts));
    tcase_add_loop_test(models, a_models_objects_are_those_of_its_version, 0,
                        (int)COUNT(facts));
    tcase_add_loop_test(models, objects_of_2_7_are_as_large_as_it_says, 0,
                        (int)COUNT(sizes_2_7));
    tcase_add_test(models, every_model_is_in_the_table_oldest_first);
    tcase_add_test(models, reference_counting_alone_never_collects);
    tcase_add_test(models, a_release_is_found_in_the_row_that_covers_it);
    tcase_add_loop_test(models, an_unknown_model_is_refused_with_the_nearest_name, 0,
                        (int)COUNT(strangers));
    tcase_add_test(models, an_incremental_release_is_never_taken_for_a_generational_one);
    tcase_add_test(models, what_only_looks_like_a_release_is_none);
    suite_add_tcase(suite, models);

    TCase *cost = tcase_create("cost");
    tcase_add_loop_test(cost, a_pause_is_the_work_times_its_price, 0, (int)COUNT(pauses));
    tcase_add_test(cost, a_pause_is_rounded_to_whole_nanoseconds);
    suite_add_tcase(suite, cost);

    TCase *known = tcase_create("known");
    tcase_add_loop_test(known, what_no_row_covers_resolves_to_none, 0, 6);
    suite_add_tcase(suite, known);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(collector_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
