/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of models, and CPython's choice of a generation (cpython-gc.md 0, 2, 3). */
#include "collector_private.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define ANY_PATCH UINT_MAX

int gcs_choose_generational(const struct gcs_counts *counts,
                            const int64_t threshold[GCS_GENERATIONS])
{
    for (int g = GCS_GENERATIONS - 1; g >= 0; g--) {
        if (counts->count[g] <= threshold[g])
            continue;
        if (g == GCS_GENERATIONS - 1 &&
            counts->long_lived_pending < counts->long_lived_total / 4)
            continue;
        return g;
    }
    return GCS_NO_GENERATION;
}

static int choose_none(const struct gcs_counts *counts,
                       const int64_t threshold[GCS_GENERATIONS])
{
    (void)counts;
    (void)threshold;
    return GCS_NO_GENERATION;
}

/* The incremental collector always takes an increment, which it calls generation 1. */
static int choose_increment(const struct gcs_counts *counts,
                            const int64_t threshold[GCS_GENERATIONS])
{
    (void)counts;
    (void)threshold;
    return 1;
}

/* Free-threaded builds have one generation; an automatic run is called generation 0
 * (gc_free_threading.c, gc_should_collect). threshold1 serves as a switch. */
static int choose_free_threaded(const struct gcs_counts *counts,
                                const int64_t threshold[GCS_GENERATIONS])
{
    bool due = counts->count[0] > threshold[0] && threshold[0] != 0;
    bool many = counts->count[0] > counts->long_lived_total / 4 || threshold[1] == 0;
    return due && many ? 0 : GCS_NO_GENERATION;
}

/* 3.15: as many as a quarter suffice. */
static int choose_free_threaded_3_15(const struct gcs_counts *counts,
                                     const int64_t threshold[GCS_GENERATIONS])
{
    bool due = counts->count[0] > threshold[0] && threshold[0] != 0;
    bool many = counts->count[0] >= counts->long_lived_total / 4 || threshold[1] == 0;
    return due && many ? 0 : GCS_NO_GENERATION;
}

/* 3.14: and only if the process has grown by a tenth, and by 128 KiB, since the last run, or
 * very many objects have been refused. */
static int choose_free_threaded_3_14(const struct gcs_counts *counts,
                                     const int64_t threshold[GCS_GENERATIONS])
{
    int64_t room = counts->last_memory_kib / 10;
    if (choose_free_threaded_3_15(counts, threshold) == GCS_NO_GENERATION)
        return GCS_NO_GENERATION;
    if (threshold[1] == 0 || counts->deferred > 40 * threshold[0] ||
        counts->memory_kib - counts->last_memory_kib > (room > 128 ? room : 128))
        return 0;
    return GCS_DEFER;
}

/* Rules by family; a row changes what its version changed. */
#define RULES_2_7                                                                           \
    .free_list = {[GCS_FREE_LIST_LIST] = 80,       [GCS_FREE_LIST_DICT] = 80,               \
                  [GCS_FREE_LIST_SET] = 80,        [GCS_FREE_LIST_METHOD] = 256,            \
                  [GCS_FREE_LIST_CFUNCTION] = 256, [GCS_FREE_LIST_FRAME] = 200},            \
    .emptied = {[GCS_FREE_LIST_METHOD] = true,                                              \
                [GCS_FREE_LIST_CFUNCTION] = true,                                           \
                [GCS_FREE_LIST_FRAME] = true},                                              \
    .zombie_frames = true, .frame_first = true, .close_generator = 1, .close_coroutine = 1, \
    .tuple_free_list = 2000
#define RULES_3_6                                                                \
    .free_list = {[GCS_FREE_LIST_LIST] = 80,    [GCS_FREE_LIST_DICT] = 80,       \
                  [GCS_FREE_LIST_METHOD] = 256, [GCS_FREE_LIST_CFUNCTION] = 256, \
                  [GCS_FREE_LIST_SLICE] = 1,    [GCS_FREE_LIST_FRAME] = 200},    \
    .emptied = {[GCS_FREE_LIST_LIST] = true,                                     \
                [GCS_FREE_LIST_DICT] = true,                                     \
                [GCS_FREE_LIST_METHOD] = true,                                   \
                [GCS_FREE_LIST_CFUNCTION] = true,                                \
                [GCS_FREE_LIST_FRAME] = true},                                   \
    .zombie_frames = true, .close_generator = 1, .close_coroutine = 1, .tuple_free_list = 2000
#define RULES_3_9                                                                              \
    .free_list = {[GCS_FREE_LIST_LIST] = 80,                                                   \
                  [GCS_FREE_LIST_DICT] = 80,                                                   \
                  [GCS_FREE_LIST_SLICE] = 1,                                                   \
                  [GCS_FREE_LIST_FRAME] = 200},                                                \
    .emptied = {[GCS_FREE_LIST_LIST] = true,                                                   \
                [GCS_FREE_LIST_DICT] = true,                                                   \
                [GCS_FREE_LIST_FRAME] = true},                                                 \
    .function_clear = true, .zombie_frames = true, .close_generator = 1, .close_coroutine = 1, \
    .tuple_free_list = 2000
#define RULES_3_11                                                                         \
    .free_list =                                                                           \
        {[GCS_FREE_LIST_LIST] = 80, [GCS_FREE_LIST_DICT] = 80, [GCS_FREE_LIST_SLICE] = 1}, \
    .emptied = {[GCS_FREE_LIST_LIST] = true, [GCS_FREE_LIST_DICT] = true},                 \
    .function_clear = true, .tuple_free_list = 2000
#define RULES_3_14                                                               \
    .free_list = {[GCS_FREE_LIST_LIST] = 80,   [GCS_FREE_LIST_DICT] = 80,        \
                  [GCS_FREE_LIST_METHOD] = 20, [GCS_FREE_LIST_CFUNCTION] = 16,   \
                  [GCS_FREE_LIST_SLICE] = 1,   [GCS_FREE_LIST_ITERATOR] = 10},   \
    .emptied = {[GCS_FREE_LIST_LIST] = true,   [GCS_FREE_LIST_DICT] = true,      \
                [GCS_FREE_LIST_METHOD] = true, [GCS_FREE_LIST_CFUNCTION] = true, \
                [GCS_FREE_LIST_SLICE] = true,  [GCS_FREE_LIST_ITERATOR] = true}, \
    .function_clear = true, .close_coroutine = 3, .tuple_free_list = 2000

#define RULES_FREE_THREADED(family)                                                  \
    RULES_3_##family, .mechanism = GCS_MECHANISM_FREE_THREADED, .mimalloc = true,    \
                      .count_buffer = 512, .tuple_parked = 20, .tuple_reused = 20,   \
                      .slotless_is_gc = true, .weak_tuple_from = 1, .alignment = 16, \
                      .gc_header = 16

/* The newest's, for proposals, too. */
#define RULES_3_15                                                                     \
    RULES_3_14, .tuple_parked = 20, .tuple_reused = 20, .slotless_is_gc = true,        \
                .tuple_by_content = true, .weak_tuple_from = 1, .weakrefs_late = true, \
                .minor = 15, .alignment = 16, .gc_header = 16

/* What `checked` begins with, up to the semicolon, is a column of `gcsim list models`. */
#define DRIVER   "exact; every collection equal to the real interpreter's"
#define PROPOSAL "by definition; small traces worked out by hand, on the collector of 3.15"
#define LEDGER   "exact; every collection equal to recorded ledgers"
#define ROOTS \
    "approximate but with o roots=native; then every collection equal to recorded ledgers"
#define FREE_THREADED                                                                      \
    "exact; every collection equal to the real 3.13.15's, but for tuples of atoms inside " \
    "tuples or dicts (order)"

static const struct gcs_model models[] = {
    {
        .name = "refcount",
        .versions = "any",
        .about = "reference counting alone: no cyclic collector at all",
        .checked = "exact; by definition",
        .timing = GCS_TIMING_NEVER,
        .rules = {RULES_3_11, .tuple_parked = 20, .tuple_reused = 20, .slotless_is_gc = true,
                  .dict_lazy = true, .weak_tuple_from = 1, .minor = 13, .alignment = 16,
                  .gc_header = 16},
        .choose = choose_none,
    },
    {
        .name = "textbook",
        .versions = "none",
        .about = "as articles have it: counts new objects, marks from roots; reference "
                 "counting stays",
        .checked = "by definition; small traces worked out by hand",
        .timing = GCS_TIMING_ALLOCATION,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {.mechanism = GCS_MECHANISM_MARK_SWEEP,
                  .count_births = true,
                  .slotless_is_gc = true,
                  .weak_tuple_from = UINT8_MAX,
                  .minor = 13,
                  .alignment = 16,
                  .gc_header = 16},
        .choose = textbook_choose,
        .above = textbook_above,
    },
    {
        .name = "sqrt-threshold",
        .versions = "proposal",
        .about = "3.15 with threshold0 + sqrt(long-lived objects) (faster-cpython/ideas#523)",
        .checked = PROPOSAL,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_3_15},
        .choose = sqrt_threshold_choose,
        .above = sqrt_threshold_above,
    },
    {
        .name = "live-heap",
        .versions = "proposal",
        .about = "3.15 with one generation, which may grow by threshold1 percent (gh-100403)",
        .checked = PROPOSAL,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 25, 0},
        .rules = {RULES_3_15},
        .choose = live_heap_choose,
        .above = live_heap_above,
    },
    {
        .name = "cpython-2.7",
        .versions = "2.7",
        .about =
            "no PEP 442: what a finalizer in a cycle reaches is uncollectable; no gc.freeze",
        .checked = DRIVER,
        .minor = 7,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .threshold = {700, 10, 10},
        .rules = {RULES_2_7, .tuple_parked = 19, .tuple_reused = 19, .companions = true,
                  .tuple_while_moving = true, .dict_lazy = true,
                  .resurrection = GCS_RESURRECTION_WHOLE_COUNTED, .weak_tuple_from = 2,
                  .legacy_finalizers = true, .callback_tuples = true, .python2 = true,
                  .minor = 7, .alignment = 16, .gc_header = 32},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.6",
        .versions = "3.6",
        .about = "three generations, collects inside the allocation; no gc.freeze",
        .checked = DRIVER,
        .minor = 6,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_6, .frame_first = true, .tuple_parked = 19, .tuple_reused = 19,
                  .companions = true, .tuple_while_moving = true, .dict_lazy = true,
                  .resurrection = GCS_RESURRECTION_WHOLE_COUNTED, .weak_tuple_from = 2,
                  .minor = 6, .alignment = 16, .gc_header = 32},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.7",
        .versions = "3.7",
        .about = "as 3.6, with gc.freeze",
        .checked = DRIVER,
        .minor = 7,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_6, .tuple_parked = 19, .tuple_reused = 19, .companions = true,
                  .tuple_while_moving = true, .dict_lazy = true,
                  .resurrection = GCS_RESURRECTION_WHOLE, .weak_tuple_from = 2, .minor = 7,
                  .alignment = 16, .gc_header = 32},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.8",
        .versions = "3.8",
        .about = "16-byte collector headers; tuples are untracked in a pass of their own",
        .checked = DRIVER,
        .minor = 8,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_6, .function_clear = true, .tuple_parked = 19, .tuple_reused = 19,
                  .slotless_is_gc = true, .companions = true, .dict_lazy = true,
                  .resurrection = GCS_RESURRECTION_WHOLE, .weak_tuple_from = 2, .minor = 8,
                  .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.9",
        .versions = "3.9",
        .about = "a resurrected object no longer keeps its whole garbage set",
        .checked = DRIVER,
        .minor = 9,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_9, .tuple_parked = 19, .tuple_reused = 19, .slotless_is_gc = true,
                  .companions = true, .dict_lazy = true, .weak_tuple_from = 2, .minor = 9,
                  .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.10",
        .versions = "3.10",
        .about = "the last in which an instance with __dict__ is two objects",
        .checked = DRIVER,
        .minor = 10,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_9, .tuple_parked = 19, .tuple_reused = 19, .slotless_is_gc = true,
                  .companions = true, .dict_lazy = true, .weak_tuple_from = 2, .minor = 10,
                  .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.11",
        .versions = "3.11",
        .about = "instances carry their values; the last that collects inside the allocation",
        .checked = DRIVER,
        .minor = 11,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_ALLOCATION,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_11, .close_generator = 2, .close_coroutine = 2, .tuple_parked = 20,
                  .tuple_reused = 19, .slotless_is_gc = true, .dict_lazy = true,
                  .weak_tuple_from = 2, .minor = 11, .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.12.0",
        .versions = "3.12.0 to 3.12.2",
        .about = "collects at the next check; a scheduled run comes even if disabled since",
        .checked = DRIVER,
        .minor = 12,
        .last_patch = 2,
        .timing = GCS_TIMING_CHECK,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_11, .close_generator = 3, .close_coroutine = 3, .tuple_parked = 20,
                  .tuple_reused = 19, .slotless_is_gc = true, .dict_lazy = true,
                  .weak_tuple_from = 2, .minor = 12, .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.12",
        .versions = "3.12.3 and later 3.12",
        .about = "collects at the next eval-breaker check, if still enabled then",
        .checked = "exact; as 3.12.0 and 3.13, which are checked, by the source",
        .minor = 12,
        .first_patch = 3,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {700, 10, 10},
        .rules = {RULES_3_11, .close_generator = 3, .close_coroutine = 3, .tuple_parked = 20,
                  .tuple_reused = 19, .slotless_is_gc = true, .dict_lazy = true,
                  .weak_tuple_from = 2, .minor = 12, .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.13",
        .versions = "3.13",
        .about = "threshold0 is 2000; 20-tuples are reused; values lie inside instances",
        .checked = DRIVER,
        .minor = 13,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_3_11, .close_coroutine = 3, .tuple_parked = 20, .tuple_reused = 20,
                  .slotless_is_gc = true, .dict_lazy = true, .weak_tuple_from = 1, .minor = 13,
                  .alignment = 16, .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.14.0",
        .versions = "3.14.0",
        .about =
            "incremental: young objects and a piece of the old at a time; counts allocations",
        .checked = ROOTS,
        .minor = 14,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 0},
        .rules = {RULES_3_14, .mechanism = GCS_MECHANISM_INCREMENTAL, .tuple_parked = 20,
                  .tuple_reused = 20, .slotless_is_gc = true, .weak_tuple_from = 1, .minor = 14,
                  .alignment = 16, .gc_header = 16},
        .choose = choose_increment,
    },
    {
        .name = "cpython-3.14.4",
        .versions = "3.14.1 to 3.14.4",
        .about = "incremental, with credit; counts objects as they are tracked",
        .checked = ROOTS,
        .minor = 14,
        .first_patch = 1,
        .last_patch = 4,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 0},
        .rules = {RULES_3_14, .mechanism = GCS_MECHANISM_INCREMENTAL, .count_tracking = true,
                  .credit = true, .tuple_parked = 20, .tuple_reused = 20,
                  .slotless_is_gc = true, .tuple_by_content = true, .weak_tuple_from = 1,
                  .minor = 14, .alignment = 16, .gc_header = 16},
        .choose = choose_increment,
    },
    {
        .name = "cpython-3.14",
        .versions = "3.14.5 and later 3.14",
        .about = "generational again; dicts always tracked, tuples by content",
        .checked = DRIVER,
        .minor = 14,
        .first_patch = 5,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_3_14, .tuple_parked = 20, .tuple_reused = 20, .slotless_is_gc = true,
                  .tuple_by_content = true, .weak_tuple_from = 1, .minor = 14, .alignment = 16,
                  .gc_header = 16},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.15",
        .versions = "3.15",
        .about = "as 3.14; weak references without callbacks outlive finalizers",
        .checked = DRIVER,
        .minor = 15,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_3_15},
        .choose = gcs_choose_generational,
    },
    {
        .name = "cpython-3.13.0t",
        .versions = "3.13.0t to 3.13.9t",
        .about = "free-threaded: one generation, counts by 512s, and below zero by deaths",
        .checked = "as 3.13t, by the source; not run",
        .minor = 13,
        .last_patch = 9,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_FREE_THREADED(11), .close_coroutine = 3, .dict_lazy = true, .minor = 13,
                  .count_below_zero = true},
        .choose = choose_free_threaded,
    },
    {
        .name = "cpython-3.13t",
        .versions = "3.13.10t and later 3.13t",
        .about = "free-threaded: one generation, counts by 512s; a full run at each trigger",
        .checked = FREE_THREADED,
        .minor = 13,
        .first_patch = 10,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_FREE_THREADED(11), .close_coroutine = 3, .dict_lazy = true,
                  .minor = 13},
        .choose = choose_free_threaded,
    },
    {
        .name = "cpython-3.14.0t",
        .versions = "3.14.0t",
        .about = "free-threaded: marks what roots reach first; runs only if memory has grown",
        .checked = "approximate: memory test by simulated bytes over 12 MiB, roots; by the "
                   "source, not run",
        .minor = 14,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 0},
        .rules = {RULES_FREE_THREADED(14), .mark_alive = true, .count_below_zero = true,
                  .minor = 14},
        .choose = choose_free_threaded_3_14,
    },
    {
        .name = "cpython-3.14.2t",
        .versions = "3.14.1t and 3.14.2t",
        .about = "as 3.14.0t; tuples by content, the count is never below zero",
        .checked = "approximate: memory test by simulated bytes over 12 MiB, roots; by the "
                   "source, not run",
        .minor = 14,
        .first_patch = 1,
        .last_patch = 2,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 0},
        .rules = {RULES_FREE_THREADED(14), .mark_alive = true, .tuple_by_content = true,
                  .minor = 14},
        .choose = choose_free_threaded_3_14,
    },
    {
        .name = "cpython-3.14t",
        .versions = "3.14.3t and later 3.14t",
        .about = "as 3.14.2t; long_lived_total counts untracked and frozen objects, too",
        .checked = "approximate: memory test by simulated bytes over 12 MiB, roots; by the "
                   "source, not run",
        .minor = 14,
        .first_patch = 3,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_FREE_THREADED(14), .mark_alive = true, .tuple_by_content = true,
                  .total_is_heap = true, .minor = 14},
        .choose = choose_free_threaded_3_14,
    },
    {
        .name = "cpython-3.15t",
        .versions = "3.15t",
        .about = "as 3.14t, without the memory test",
        .checked = "approximate: long_lived_total, roots; by the source, not run",
        .minor = 15,
        .last_patch = ANY_PATCH,
        .timing = GCS_TIMING_CHECK,
        .check_tests_enabled = true,
        .can_freeze = true,
        .threshold = {2000, 10, 10},
        .rules = {RULES_FREE_THREADED(14), .mark_alive = true, .tuple_by_content = true,
                  .total_is_heap = true, .weakrefs_late = true, .minor = 15},
        .choose = choose_free_threaded_3_15,
    },
};

enum { MODEL_COUNT = sizeof models / sizeof models[0] };

const struct gcs_model *gcs_models(size_t *count)
{
    *count = MODEL_COUNT;
    return models;
}

const struct gcs_model *gcs_model_newest(void)
{
    size_t newest = MODEL_COUNT - 1;
    while (models[newest].minor == 0 ||
           models[newest].rules.mechanism != GCS_MECHANISM_GENERATIONAL)
        newest--;
    return &models[newest];
}

static enum gcs_status unknown(const char *name, struct gcs_error *error)
{
    const char *names[MODEL_COUNT];
    for (size_t i = 0; i < MODEL_COUNT; i++)
        names[i] = models[i].name;
    const char *nearest = gcs_nearest(name, names, MODEL_COUNT);
    if (nearest)
        return gcs_fail(error, GCS_INVALID, "unknown model '%s' (did you mean '%s'?)", name,
                        nearest);
    return gcs_fail(error, GCS_INVALID, "unknown model '%s': see `gcsim list models`", name);
}

static const char cpython[] = "cpython-";
enum { CPYTHON = sizeof cpython - 1 };

/* Parses "cpython-3.MINOR.PATCH", "cpython-3.15.0rc1", or either with a t (free-threaded), all
 * with or without "cpython-". */
static bool parse_release(const char *name, bool *python2, unsigned *minor, unsigned *patch,
                          bool *free_threaded)
{
    if (strncmp(name, cpython, CPYTHON) == 0)
        name += CPYTHON;
    *python2 = name[0] == '2';
    if ((name[0] != '2' && name[0] != '3') || name[1] != '.')
        return false;
    char *end;
    const char *digits = name + 2;
    unsigned long first = strtoul(digits, &end, 10);
    if (*digits < '0' || *digits > '9' || *end != '.' || first > 99)
        return false;
    digits = end + 1;
    unsigned long second = strtoul(digits, &end, 10);
    if (end == digits || *digits < '0' || *digits > '9' || second > 999)
        return false;
    size_t letters = *end == 'b' ? 1 : end[0] == 'r' && end[1] == 'c' ? 2 : 0;
    if (letters) { /* a beta or a candidate is as the release; 3.13's were incremental */
        digits = end + letters;
        end += letters + strspn(digits, "0123456789");
        if (end == digits || first == 13)
            return false;
    }
    *free_threaded = *end == 't';
    if (end[*free_threaded])
        return false;
    *minor = (unsigned)first;
    *patch = (unsigned)second;
    return true;
}

static bool is_free_threaded(const struct gcs_model *model)
{
    return model->rules.mechanism == GCS_MECHANISM_FREE_THREADED;
}

static bool is_called(const struct gcs_model *model, const char *name)
{
    return gcs_same(model->name, name) || (strncmp(model->name, cpython, CPYTHON) == 0 &&
                                           gcs_same(model->name + CPYTHON, name));
}

enum gcs_status gcs_model_find(const char *name, const struct gcs_model **model,
                               struct gcs_error *error)
{
    for (size_t i = 0; i < MODEL_COUNT; i++)
        if (is_called(&models[i], name)) {
            *model = &models[i];
            return GCS_OK;
        }
    bool python2;
    unsigned minor, patch;
    bool free_threaded;
    if (!parse_release(name, &python2, &minor, &patch, &free_threaded) || minor == 0)
        return unknown(name, error);
    for (size_t i = 0; i < MODEL_COUNT; i++)
        if (models[i].minor == minor && models[i].rules.python2 == python2 &&
            is_free_threaded(&models[i]) == free_threaded && models[i].first_patch <= patch &&
            patch <= models[i].last_patch) {
            *model = &models[i];
            return GCS_OK;
        }
    return unknown(name, error);
}
