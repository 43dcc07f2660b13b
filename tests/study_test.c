/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: a study's results depend on its trials alone: not on the number of workers, nor on how
 * much memory there was to spare.
 * Method: the same plan with 1, 2 and 4 workers, result by result; trials that fail at known
 * events; budgets from almost nothing up to enough.
 */
#include <gcsim/study.h>

/* One unit with its generator: a suite is built from one file. */
#include "random_trace.h"

#include <check.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

static const struct gcs_cost cost = {
    .name = "test",
    .fixed_young_ns = 400,
    .fixed_full_ns = 600,
    .candidate = {.count = 1, .bytes = {1}, .ns = {30}},
    .reference = {.count = 1, .bytes = {1}, .ns = {7}},
    .collected = {.count = 1, .bytes = {1}, .ns = {70}},
    .finalizer = {.count = 1, .bytes = {1}, .ns = {70}},
};

/* A small server, so that traces are generated, too. */
static const char server[] = "workload: w\nrate: 300\nlive_objects: 2000\n"
                             "sites: {row: {lifetime: request, cyclic: 0.3}, "
                             "start: {during: startup, lifetime: never}}\n";

enum { GIVEN = 2, GENERATED = 2, PROGRAMS = GIVEN + GENERATED, SETTINGS = 6 };
static struct gcs_memory memory;
static struct gcs_error error;
static struct gcs_arena arena;
static struct gcs_workload *workload;
static struct gcs_trace *traces[GIVEN];
static struct gcs_strategy strategies[SETTINGS];

static struct gcs_trace *read_text(const char *text, size_t length)
{
    struct gcs_trace *trace = NULL;
    enum gcs_status status = gcs_trace_read(text, length, &memory, &trace, &error);
    ck_assert_msg(status == GCS_OK, "%s", error.text);
    return trace;
}

static void read_strategy(const char *rules, struct gcs_strategy *strategy)
{
    char text[200];
    snprintf(text, sizeof text, "strategy: s\nrules: %s\n", rules);
    enum gcs_status status =
        gcs_strategy_read(text, strlen(text), NULL, &arena, strategy, &error);
    ck_assert_msg(status == GCS_OK, "%s", error.text);
}

static void setup(void)
{
    static const char *const rules[SETTINGS] = {
        "[]",
        "[{when: start, do: disable}]",
        "[{when: request-end, do: collect 0}]",
        "[{when: mark startup-done, do: [collect 2, freeze]}]",
        "[{when: every 200 allocations, do: collect 1}]",
        "[{when: mark never-comes, do: threshold 5}]",
    };
    struct gcs_config *config = NULL;
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
    gcs_arena_init(&arena);
    for (size_t i = 0; i < SETTINGS; i++)
        read_strategy(rules[i], &strategies[i]);
    for (size_t i = 0; i < GIVEN; i++) {
        size_t length;
        struct random_trace_shape shape = {.events = 3000,
                                           .features = (1u << RANDOM_TRACE_FEATURES) - 1};
        char *text = random_trace(i + 1, shape, &length);
        traces[i] = read_text(text, length);
        free(text);
    }
    enum gcs_status status = gcs_config_read(server, strlen(server), &arena, &config, &error);
    if (status == GCS_OK)
        status = gcs_config_finish(config, &error);
    if (status == GCS_OK)
        status = gcs_workload_read(config, &workload, &error);
    ck_assert_msg(status == GCS_OK, "%s: %s", error.where, error.text);
}

static void teardown(void)
{
    for (size_t i = 0; i < GIVEN; i++)
        gcs_trace_free(traces[i]);
    gcs_workload_free(workload);
    gcs_arena_fini(&arena);
    ck_assert_uint_eq(memory.used, 0);
}

static struct gcs_study_plan plan_of(struct gcs_program *programs, size_t program_count,
                                     struct gcs_trial *trials, size_t trial_count,
                                     unsigned jobs)
{
    return (struct gcs_study_plan){.programs = programs,
                                   .program_count = program_count,
                                   .trials = trials,
                                   .trial_count = trial_count,
                                   .jobs = jobs};
}

static const struct gcs_model *model_of(const char *name)
{
    const struct gcs_model *model = NULL;
    ck_assert_int_eq(gcs_model_find(name, &model, &error), GCS_OK);
    return model;
}

static struct gcs_trial trial_of(size_t number, size_t program, const char *model,
                                 const struct gcs_strategy *strategy)
{
    struct gcs_trial trial = {.trial = number + 1, .program = program};
    trial.setting.model = model_of(model);
    trial.setting.strategy = strategy;
    trial.setting.cost = &cost;
    trial.setting.threshold[0] = 50 + 10 * (int64_t)(number % 7);
    trial.setting.threshold[1] = trial.setting.threshold[2] = 3;
    return trial;
}

/* All programs under all strategies, each with another model. */
enum { TRIALS = PROGRAMS * SETTINGS };
struct whole {
    struct gcs_program programs[PROGRAMS];
    struct gcs_trial trials[TRIALS];
    struct gcs_study_plan plan;
};

static void plan_whole(struct whole *whole, unsigned jobs)
{
    static const char *const models[] = {"cpython-3.13", "cpython-3.8", "cpython-3.14",
                                         "cpython-3.11", "refcount"};
    *whole = (struct whole){.plan = {.program_count = PROGRAMS, .trial_count = TRIALS}};
    for (size_t i = 0; i < PROGRAMS; i++)
        whole->programs[i] =
            i < GIVEN
                ? (struct gcs_program){.trace = traces[i]}
                : (struct gcs_program){.workload = workload, .seed = i, .max_events = 5000};
    for (size_t i = 0; i < TRIALS; i++)
        whole->trials[i] =
            trial_of(i, i / SETTINGS, models[i % COUNT(models)], &strategies[i % SETTINGS]);
    whole->plan.programs = whole->programs;
    whole->plan.trials = whole->trials;
    whole->plan.jobs = jobs;
    whole->plan.check = true;
}

static void check_same_results(const struct gcs_trial *a, const struct gcs_trial *b)
{
    ck_assert(a->trial == b->trial && a->status == b->status);
    ck_assert_str_eq(a->engine, b->engine);
    ck_assert_mem_eq(&a->summary, &b->summary, sizeof a->summary);
    ck_assert(a->pareto == b->pareto && a->unmet == b->unmet);
    ck_assert(a->warn_freeze_missing == b->warn_freeze_missing);
    ck_assert(a->warn_thresholds_overruled == b->warn_thresholds_overruled);
    ck_assert_pstr_eq(a->gaps, b->gaps);
}

/*
 * Workers
 */
START_TEST(results_are_the_same_with_any_number_of_workers)
{
    static struct whole alone, together;
    uint64_t collections = 0;
    plan_whole(&alone, 1);
    ck_assert_int_eq(gcs_study_run(&alone.plan, &error), GCS_OK);
    for (unsigned jobs = 2; jobs <= 64; jobs = jobs == 4 ? 64 : jobs * 2) {
        plan_whole(&together, jobs);
        ck_assert_int_eq(gcs_study_run(&together.plan, &error), GCS_OK);
        for (size_t i = 0; i < TRIALS; i++)
            check_same_results(&alone.trials[i], &together.trials[i]);
        gcs_study_fini(&together.plan);
    }
    for (size_t i = 0; i < TRIALS; i++) {
        ck_assert_int_eq(alone.trials[i].status, GCS_OK);
        ck_assert_uint_gt(alone.trials[i].summary.allocations, 100);
        collections += alone.trials[i].summary.collections[0];
    }
    ck_assert_uint_gt(collections, 100); /* there was something to differ in */
    /* Two seeds, two programs. */
    ck_assert_uint_ne(alone.trials[2 * SETTINGS].summary.allocations,
                      alone.trials[3 * SETTINGS].summary.allocations);
    gcs_study_fini(&alone.plan);
    gcs_study_fini(&alone.plan); /* nothing twice */
}
END_TEST

/* What replay says of one trial by itself. */
START_TEST(a_trial_in_a_study_is_a_trial_by_itself)
{
    static struct gcs_histogram pauses, requests;
    struct gcs_lifetimes lifetimes;
    struct gcs_ledger ledger;
    struct gcs_summary summary;
    static struct whole whole;
    plan_whole(&whole, 2);
    ck_assert_int_eq(gcs_study_run(&whole.plan, &error), GCS_OK);
    gcs_ledger_init(&ledger, &memory);
    for (size_t i = 0; i < GIVEN * SETTINGS; i++) {
        const struct gcs_trial *trial = &whole.trials[i];
        const struct gcs_trace *trace = traces[trial->program];
        ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
        ck_assert_int_eq(
            gcs_replay(trace, &lifetimes, &trial->setting, false, &memory, &ledger, &error),
            GCS_OK);
        gcs_summarize(&ledger, &pauses, &requests, &summary);
        ck_assert_mem_eq(&summary, &trial->summary, sizeof summary);
        ck_assert_ptr_eq(trial->unmet, ledger.unmet);
        gcs_lifetimes_fini(&lifetimes);
    }
    gcs_ledger_fini(&ledger);
    gcs_study_fini(&whole.plan);
}
END_TEST

struct watch {
    unsigned seen[TRIALS + 1];
    unsigned calls;
    unsigned give_up_after; /* 0: never */
    bool inside;
};

static bool watch_trial(void *observer, const struct gcs_trial *trial,
                        const struct gcs_ledger *ledger, const struct gcs_histogram *pauses,
                        const struct gcs_histogram *requests)
{
    struct watch *watch = observer;
    MUST(!watch->inside); /* never by two at a time */
    watch->inside = true;
    watch->seen[trial->trial]++;
    watch->calls++;
    MUST(ledger->collection_count == pauses->total);
    MUST(requests->total == trial->summary.requests);
    MUST(ledger->events == trial->summary.events);
    watch->inside = false;
    return watch->calls != watch->give_up_after;
}

START_TEST(each_trial_is_observed_once_and_the_observer_may_give_up)
{
    for (unsigned jobs = 1; jobs <= 4; jobs *= 2) {
        static struct whole whole;
        struct watch watch = {.calls = 0};
        plan_whole(&whole, jobs);
        whole.plan.observer = (struct gcs_observer){watch_trial, NULL, &watch};
        ck_assert_int_eq(gcs_study_run(&whole.plan, &error), GCS_OK);
        for (size_t i = 1; i <= TRIALS; i++)
            ck_assert_uint_eq(watch.seen[i], 1);
        gcs_study_fini(&whole.plan);

        watch = (struct watch){.give_up_after = 3};
        plan_whole(&whole, jobs);
        whole.plan.observer = (struct gcs_observer){watch_trial, NULL, &watch};
        ck_assert_int_eq(gcs_study_run(&whole.plan, &error), GCS_LIMIT);
        ck_assert_str_eq(error.text, "the study was given up");
        error = (struct gcs_error){0};
        ck_assert_uint_ge(watch.calls, 3);
        ck_assert_uint_le(watch.calls, 3 + jobs - 1); /* who was at work finishes */
        gcs_study_fini(&whole.plan);
    }
}
END_TEST

/* What each program's stages said. */
struct stages {
    struct watch watch;
    uint64_t events[GCS_STAGE_COUNT]; /* last told */
    uint64_t total[GCS_STAGE_COUNT];
    unsigned ends[GCS_STAGE_COUNT];
};

static void watch_stage(void *observer, enum gcs_stage stage, uint64_t events, uint64_t total)
{
    struct stages *stages = observer;
    MUST(!stages->watch.inside);
    stages->watch.inside = true;
    MUST(events <= total || total == 0);
    stages->events[stage] = events;
    stages->total[stage] = total;
    stages->ends[stage] += events == total && total > 0;
    stages->watch.inside = false;
}

START_TEST(stages_are_told_up_to_their_end)
{
    for (unsigned turn = 0; turn < 4; turn++) {
        const unsigned jobs = turn % 2 ? 4 : 1;
        const bool replayed = turn >= 2;
        struct stages stages = {.watch = {.calls = 0}};
        struct gcs_program program = {.trace = traces[0]};
        struct gcs_trial trials[4];
        for (size_t i = 0; i < COUNT(trials); i++)
            trials[i] = trial_of(i + 1, 0, "cpython-3.11", &strategies[0]);
        struct gcs_study_plan plan = plan_of(&program, 1, trials, COUNT(trials), jobs);
        plan.observer = (struct gcs_observer){watch_trial, watch_stage, &stages};
        plan.engine = replayed ? GCS_ENGINE_REPLAY : GCS_ENGINE_AUTO;
        ck_assert_int_eq(gcs_study_run(&plan, &error), GCS_OK);
        ck_assert_uint_eq(stages.watch.calls, COUNT(trials));
        ck_assert_uint_eq(stages.ends[GCS_STAGE_GENERATE], 0); /* the trace was given */
        const enum gcs_stage stage = replayed ? GCS_STAGE_LIFETIMES : GCS_STAGE_INDEX;
        if (replayed)
            ck_assert_uint_eq(stages.ends[GCS_STAGE_INDEX], 0);
        ck_assert_uint_ge(stages.ends[stage], 1);
        ck_assert_uint_eq(stages.events[stage], traces[0]->events);
        ck_assert_uint_eq(stages.total[stage], traces[0]->events);
        gcs_study_fini(&plan);
    }
}
END_TEST

/*
 * Failures
 */
#define HEAD "gctrace 1\nt 0 Node 1 32\n"
/* Once the ring 1 is collected, `r 1` names what is gone; where nothing collects, it goes well.
 */
static const char names_garbage[] = HEAD "a 1 0\ns 1 0 1\nd 1\nm startup-done\nr 1\n";
static const char names_the_dead[] = HEAD "a 1 0\nd 1\nr 1\n";

START_TEST(the_error_is_that_of_the_first_trial_that_fails)
{
    struct gcs_trace *faulty = read_text(names_garbage, strlen(names_garbage));
    for (unsigned jobs = 1; jobs <= 4; jobs *= 2) {
        struct gcs_program programs[] = {{.trace = faulty}, {.trace = traces[0]}};
        struct gcs_trial trials[] = {
            trial_of(0, 0, "refcount", &strategies[0]),
            trial_of(1, 0, "cpython-3.13", &strategies[0]),
            trial_of(2, 0, "cpython-3.13", &strategies[3]), /* collects at the mark */
            trial_of(3, 1, "cpython-3.13", &strategies[0]),
        };
        struct gcs_study_plan plan = plan_of(programs, 2, trials, COUNT(trials), jobs);
        plan.check = true;
        error = (struct gcs_error){0};
        ck_assert_int_eq(gcs_study_run(&plan, &error), GCS_INVALID);
        ck_assert(error.has_event && error.event == 4);
        ck_assert_ptr_nonnull(strstr(error.text, "object 1 is gone"));
        ck_assert_int_eq(trials[0].status, GCS_OK);
        ck_assert_int_eq(trials[1].status, GCS_OK);
        ck_assert_int_eq(trials[2].status, GCS_INVALID);
        ck_assert_str_eq(trials[2].error.text, error.text);
        gcs_study_fini(&plan);
    }
    gcs_trace_free(faulty);
}
END_TEST

START_TEST(a_trace_that_cannot_be_analysed_fails_its_first_trial)
{
    struct gcs_trace *faulty = read_text(names_the_dead, strlen(names_the_dead));
    for (unsigned jobs = 1; jobs <= 4; jobs *= 2) {
        struct gcs_program programs[] = {{.trace = traces[0]}, {.trace = faulty}};
        struct gcs_trial trials[] = {
            trial_of(0, 0, "cpython-3.13", &strategies[0]),
            trial_of(1, 1, "cpython-3.13", &strategies[0]),
            trial_of(2, 1, "cpython-3.13", &strategies[1]),
        };
        struct gcs_study_plan plan = plan_of(programs, 2, trials, COUNT(trials), jobs);
        plan.check = true;
        error = (struct gcs_error){0};
        ck_assert_int_eq(gcs_study_run(&plan, &error), GCS_INVALID);
        ck_assert(error.has_event && error.event == 2);
        ck_assert_int_eq(trials[1].status, GCS_INVALID);
        gcs_study_fini(&plan);
    }
    gcs_trace_free(faulty);
}
END_TEST

/* The second trial fails, but only after a long trace was analysed; the third at once. However
 * the workers come to it, the second is the first in the array. */
START_TEST(the_first_failure_is_the_same_with_any_number_of_workers)
{
    size_t length = sizeof names_garbage - 1 + 20 * 300000;
    char *text = malloc(length), *end = text;
    end += sprintf(end, "%s", names_garbage);
    for (unsigned i = 2; i < 300000; i++)
        end += sprintf(end, "a %u 0\n", i);
    struct gcs_trace *slow = read_text(text, (size_t)(end - text));
    struct gcs_trace *quick = read_text(names_the_dead, strlen(names_the_dead));
    free(text);
    for (unsigned jobs = 1; jobs <= 2; jobs++) {
        struct gcs_program programs[] = {{.trace = slow}, {.trace = quick}};
        struct gcs_trial trials[] = {
            trial_of(0, 0, "refcount", &strategies[0]),
            trial_of(1, 0, "cpython-3.13", &strategies[3]), /* fails at event 4 */
            trial_of(2, 1, "cpython-3.13", &strategies[0]), /* fails at event 2 */
        };
        struct gcs_study_plan plan = plan_of(programs, 2, trials, COUNT(trials), jobs);
        error = (struct gcs_error){0};
        ck_assert_int_eq(gcs_study_run(&plan, &error), GCS_INVALID);
        ck_assert_uint_eq(error.event, 4);
        gcs_study_fini(&plan);
    }
    gcs_trace_free(slow);
    gcs_trace_free(quick);
}
END_TEST

/*
 * Memory
 */
START_TEST(a_budget_too_small_ends_in_a_limit_and_one_that_suffices_changes_nothing)
{
    static struct whole alone, tight;
    unsigned refused = 0;
    plan_whole(&alone, 1);
    ck_assert_int_eq(gcs_study_run(&alone.plan, &error), GCS_OK); /* 0: no limit */
    for (size_t limit = 1;; limit += limit / 6 + 1000) {
        enum gcs_status status;
        plan_whole(&tight, (unsigned)_i);
        tight.plan.max_memory = limit;
        tight.plan.trial_count = (GIVEN + 1) * SETTINGS;
        for (size_t i = 0; i < TRIALS; i++) /* waiting for a mark has a test of its own */
            tight.trials[i].setting.strategy = &strategies[i % 3];
        error = (struct gcs_error){0};
        status = gcs_study_run(&tight.plan, &error);
        gcs_study_fini(&tight.plan);
        ck_assert_int_eq(error.status, status);
        if (status == GCS_OK)
            break;
        ck_assert_int_eq(status, GCS_LIMIT);
        ck_assert_ptr_nonnull(strstr(error.text, "raise --max-memory"));
        refused++;
    }
    ck_assert_uint_gt(refused, 20);
    for (size_t i = 0; i < (GIVEN + 1) * SETTINGS; i++)
        if (i % SETTINGS < 3)
            ck_assert_mem_eq(&alone.trials[i].summary, &tight.trials[i].summary,
                             sizeof(struct gcs_summary));
    gcs_study_fini(&alone.plan);
}
END_TEST

/* One replay with budgets from nothing to enough: clean each time, and nothing left over. */
static void squeeze(const struct gcs_trace *trace, const struct gcs_setting *setting)
{
    struct gcs_lifetimes lifetimes;
    ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
    enum gcs_status status = GCS_LIMIT;
    unsigned refused = 0;
    for (size_t limit = 1; status != GCS_OK; limit += limit / 64 + 256) {
        struct gcs_memory budget = {.limit = limit};
        struct gcs_ledger ledger;
        error = (struct gcs_error){0};
        gcs_ledger_init(&ledger, &budget);
        status = gcs_replay(trace, &lifetimes, setting, false, &budget, &ledger, &error);
        gcs_ledger_fini(&ledger);
        ck_assert(status == GCS_OK || status == GCS_LIMIT);
        ck_assert_int_eq(error.status, status);
        ck_assert_uint_eq(budget.used, 0);
        ck_assert_uint_le(budget.peak, limit);
        refused += status != GCS_OK;
    }
    ck_assert_uint_gt(refused, 50);
    gcs_lifetimes_fini(&lifetimes);
}

START_TEST(a_replay_with_any_budget_ends_cleanly)
{
    struct gcs_trial trial =
        trial_of(0, 0, _i ? "cpython-3.8" : "cpython-3.13", &strategies[4]);
    squeeze(traces[_i], &trial.setting);
}
END_TEST

START_TEST(a_rule_that_waits_for_a_mark_does_not_mind_a_small_budget)
{
    struct gcs_trial trial = trial_of(0, 0, "cpython-3.13", &strategies[3]);
    squeeze(traces[0], &trial.setting);
}
END_TEST

/* Payloads of 4 GiB and more are noted down apart. In the smallest budget with which a replay
 * succeeds there is room for all of them, or it has not succeeded. */
START_TEST(a_payload_that_cannot_be_noted_down_is_a_limit)
{
    struct gcs_lifetimes lifetimes;
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "gctrace 1\nt 0 Node 0 32\n");
    for (unsigned i = 1; i <= 1000; i++)
        gcs_text_add(&text, "a %u 0 5000000000\n", i);
    struct gcs_trace *trace = read_text(text.data, text.length);
    gcs_text_fini(&text);
    ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
    struct gcs_trial trial = trial_of(0, 0, "refcount", &strategies[0]);
    enum gcs_status told = GCS_OK;
    for (size_t low = 0, high = 16u << 20; high - low > 1;) {
        struct gcs_memory budget = {.limit = low + (high - low) / 2};
        struct gcs_ledger ledger;
        struct gcs_error why = {0};
        gcs_ledger_init(&ledger, &budget);
        if (gcs_replay(trace, &lifetimes, &trial.setting, false, &budget, &ledger, &why) ==
            GCS_OK) {
            high = budget.limit;
            told = why.status;
        } else {
            low = budget.limit;
        }
        gcs_ledger_fini(&ledger);
    }
    gcs_lifetimes_fini(&lifetimes);
    gcs_trace_free(trace);
    ck_assert_int_eq(told, GCS_OK);
}
END_TEST

/*
 * Trade-offs
 */
START_TEST(trade_offs_are_marked_among_the_trials_of_a_program)
{
    struct gcs_program programs[] = {{.trace = traces[0]}};
    struct gcs_trial trials[SETTINGS];
    struct gcs_standing standings[SETTINGS];
    for (size_t i = 0; i < SETTINGS; i++)
        trials[i] = trial_of(i, 0, "cpython-3.13", &strategies[i]);
    struct gcs_study_plan plan = plan_of(programs, 1, trials, SETTINGS, 2);
    ck_assert_int_eq(gcs_study_run(&plan, &error), GCS_OK);
    for (size_t i = 0; i < SETTINGS; i++)
        standings[i] = gcs_standing_of(&trials[i].summary, 0);
    ck_assert(gcs_pareto(standings, SETTINGS));
    size_t marked = 0;
    for (size_t i = 0; i < SETTINGS; i++) {
        ck_assert_int_eq(trials[i].pareto, standings[i].on_front);
        marked += standings[i].on_front;
    }
    ck_assert_uint_gt(marked, 0);
    ck_assert_uint_lt(marked, SETTINGS);
    gcs_study_fini(&plan);
}
END_TEST

/* An empty program beats any other in all figures, but it is another program. */
START_TEST(programs_with_other_axes_do_not_compete)
{
    struct gcs_trace *empty = read_text(HEAD, strlen(HEAD));
    struct gcs_program programs[] = {{.trace = empty, .axes = "rate=1"},
                                     {.trace = traces[0], .axes = "rate=2"}};
    struct gcs_trial trials[] = {trial_of(0, 0, "cpython-3.13", &strategies[0]),
                                 trial_of(1, 1, "cpython-3.13", &strategies[0])};
    trials[0].axes = programs[0].axes;
    trials[1].axes = programs[1].axes;
    struct gcs_study_plan plan = plan_of(programs, 2, trials, 2, 1);
    ck_assert_int_eq(gcs_study_run(&plan, &error), GCS_OK);
    gcs_study_fini(&plan);
    gcs_trace_free(empty);
    ck_assert(trials[0].pareto);
    ck_assert(trials[1].pareto);
}
END_TEST

static Suite *study_suite(void)
{
    Suite *suite = suite_create("study");
    TCase *studies = tcase_create("studies");
    tcase_add_checked_fixture(studies, setup, teardown);
    tcase_set_timeout(studies, 120);
    tcase_add_test(studies, results_are_the_same_with_any_number_of_workers);
    tcase_add_test(studies, a_trial_in_a_study_is_a_trial_by_itself);
    tcase_add_test(studies, each_trial_is_observed_once_and_the_observer_may_give_up);
    tcase_add_test(studies, stages_are_told_up_to_their_end);
    tcase_add_test(studies, the_error_is_that_of_the_first_trial_that_fails);
    tcase_add_test(studies, a_trace_that_cannot_be_analysed_fails_its_first_trial);
    tcase_add_loop_test(
        studies, a_budget_too_small_ends_in_a_limit_and_one_that_suffices_changes_nothing, 1,
        3);
    tcase_add_loop_test(studies, a_replay_with_any_budget_ends_cleanly, 0, GIVEN);
    tcase_add_test(studies, trade_offs_are_marked_among_the_trials_of_a_program);
    tcase_add_test(studies, the_first_failure_is_the_same_with_any_number_of_workers);
    tcase_add_test(studies, a_rule_that_waits_for_a_mark_does_not_mind_a_small_budget);
    tcase_add_test(studies, a_payload_that_cannot_be_noted_down_is_a_limit);
    tcase_add_test(studies, programs_with_other_axes_do_not_compete);
    suite_add_tcase(suite, studies);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(study_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
