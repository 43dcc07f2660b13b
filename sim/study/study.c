/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials in parallel: who takes which, and who makes and gives up the traces they need. */
#include "supply.h"

#include <stdlib.h>
#include <string.h>

struct study {
    struct gcs_study_plan *plan;
    struct supply supply;
    bool *taken;       /* by trial */
    size_t first_open; /* all trials before it are taken */
    size_t failed;     /* the first trial that failed, or trial_count */
    bool stop;
};

/* What a worker owns. */
struct bench {
    struct gcs_memory memory;
    struct gcs_ledger ledger;
    struct gcs_histogram *pauses;
    struct gcs_histogram *requests;
};

static void note_gaps(const struct source *source, struct gcs_trial *trial)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_replay_gaps(source->trace, &source->lifetimes, trial->setting.model, &text);
    trial->gaps = text.data; /* NULL if there are none */
}

/* By the index if it is there and covers the setting; *done says so. */
static enum gcs_status try_index(const struct gcs_study_plan *plan, const struct source *source,
                                 const struct view *view, struct gcs_trial *trial,
                                 struct bench *bench, bool *done)
{
    const char *uncovered =
        !gcs_index_knows(trial->setting.model)    ? "a model that is not generational"
        : trial->setting.memory != GCS_MEMORY_SUM ? "--memory pymalloc"
                                                  : "a trace too large for the memory allowed";
    if (view->index)
        GCS_TRY(gcs_index_evaluate(view->index, source->trace, &trial->setting, &bench->memory,
                                   &bench->ledger, &uncovered, &trial->error));
    *done = !uncovered;
    if (uncovered && plan->engine == GCS_ENGINE_INDEX)
        return gcs_fail(&trial->error, GCS_LIMIT,
                        "--engine index does not cover %s: leave it out, replay does",
                        uncovered);
    return GCS_OK;
}

static enum gcs_status simulate(struct study *study, struct workers *workers,
                                struct gcs_trial *trial, struct bench *bench)
{
    const struct gcs_study_plan *plan = study->plan;
    const struct source *source = source_of(&study->supply, trial);
    const struct view *view = view_of(&study->supply, trial);
    bool done = false;
    if (view->wanted || plan->engine == GCS_ENGINE_INDEX)
        GCS_TRY(try_index(plan, source, view, trial, bench, &done));
    trial->engine = done ? "index" : "replay";
    if (done)
        return GCS_OK;
    GCS_TRY(supply_lifetimes(&study->supply, workers, trial));
    return gcs_replay(source->trace, &source->lifetimes, &trial->setting, plan->check,
                      &bench->memory, &bench->ledger, &trial->error);
}

static void run_trial(struct study *study, struct workers *workers, struct gcs_trial *trial,
                      struct bench *bench)
{
    trial->status = simulate(study, workers, trial, bench);
    if (trial->status != GCS_OK)
        return;
    gcs_summarize(&bench->ledger, bench->pauses, bench->requests, &trial->summary);
    trial->warn_thresholds_overruled = bench->ledger.thresholds_overruled;
    trial->warn_freeze_missing = bench->ledger.freeze_missing;
    trial->unmet = bench->ledger.unmet;
    note_gaps(source_of(&study->supply, trial), trial);
}

static void fail(struct study *study, size_t index)
{
    if (index < study->failed)
        study->failed = index;
}

/* The next trial that can run: its trace is there, or nobody makes it yet. trial_count: none
 * now. */
static size_t pick(struct study *study)
{
    const struct gcs_study_plan *plan = study->plan;
    while (study->first_open < plan->trial_count && study->taken[study->first_open])
        study->first_open++;
    for (size_t i = study->first_open; i < study->failed; i++) /* those before it still count */
        if (!study->taken[i] && supply_is_ready(&study->supply, &plan->trials[i]))
            return i;
    return plan->trial_count;
}

static void finish(struct study *study, size_t index, struct bench *bench)
{
    struct gcs_trial *trial = &study->plan->trials[index];
    const struct gcs_observer *observer = &study->plan->observer;
    if (trial->status != GCS_OK)
        fail(study, index);
    else if (observer->trial_done &&
             !observer->trial_done(observer->observer, trial, &bench->ledger, bench->pauses,
                                   bench->requests))
        study->stop = true;
    supply_release(&study->supply, trial);
}

static void work(struct workers *workers, unsigned worker, void *job)
{
    struct study *study = job;
    struct gcs_study_plan *plan = study->plan;
    struct bench bench = {.memory.limit = plan->max_memory / plan->jobs};
    if (plan->max_memory && !bench.memory.limit)
        bench.memory.limit = 1; /* 0 would be none */
    (void)worker;
    bench.pauses = malloc(sizeof *bench.pauses);
    bench.requests = malloc(sizeof *bench.requests);
    gcs_ledger_init(&bench.ledger, &bench.memory);
    workers_lock(workers);
    while (bench.pauses && bench.requests && !study->stop) {
        size_t index = pick(study);
        if (index == plan->trial_count) {
            if (study->first_open >= study->failed)
                break;
            workers_wait(workers);
            continue;
        }
        study->taken[index] = true;
        struct gcs_trial *trial = &plan->trials[index];
        if (supply_provide(&study->supply, workers, trial)) {
            workers_unlock(workers);
            run_trial(study, workers, trial, &bench);
            workers_lock(workers);
        }
        finish(study, index, &bench);
    }
    workers_wake(workers);
    workers_unlock(workers);
    gcs_ledger_fini(&bench.ledger);
    free(bench.pauses);
    free(bench.requests);
}

/* The first trial whose program has the same axes. */
static size_t first_like(const struct gcs_study_plan *plan, size_t trial)
{
    const char *axes = plan->programs[plan->trials[trial].program].axes;
    size_t i = 0;
    for (;; i++) {
        const char *other = plan->programs[plan->trials[i].program].axes;
        if (gcs_same(other ? other : "", axes ? axes : ""))
            return i;
    }
}

static void mark_group(struct gcs_study_plan *plan, size_t first,
                       const struct gcs_summary **summaries, bool *on_front)
{
    size_t count = 0;
    for (size_t i = first; i < plan->trial_count; i++)
        if (first_like(plan, i) == first)
            summaries[count++] = &plan->trials[i].summary;
    gcs_pareto(summaries, count, on_front);
    count = 0;
    for (size_t i = first; i < plan->trial_count; i++)
        if (first_like(plan, i) == first)
            plan->trials[i].pareto = on_front[count++];
}

static enum gcs_status mark_pareto(struct gcs_study_plan *plan, struct gcs_error *error)
{
    const struct gcs_summary **summaries = calloc(plan->trial_count, sizeof *summaries);
    bool *on_front = calloc(plan->trial_count, sizeof *on_front);
    if (summaries && on_front)
        for (size_t i = 0; i < plan->trial_count; i++)
            if (i == first_like(plan, i))
                mark_group(plan, i, summaries, on_front);
    bool done = summaries && on_front;
    free(summaries);
    free(on_front);
    return done ? GCS_OK : gcs_fail(error, GCS_NOMEM, "out of memory");
}

/* How the study ended, once all workers have stopped. */
static enum gcs_status conclude(struct study *study, struct gcs_error *error)
{
    struct gcs_study_plan *plan = study->plan;
    if (study->failed < plan->trial_count) {
        const struct gcs_trial *trial = &plan->trials[study->failed];
        if (error && error->status == GCS_OK)
            *error = trial->error;
        return trial->status;
    }
    if (study->stop)
        return gcs_fail(error, GCS_LIMIT, "the study was given up");
    if (study->first_open < plan->trial_count)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    return mark_pareto(plan, error);
}

enum gcs_status gcs_study_run(struct gcs_study_plan *plan, struct gcs_error *error)
{
    GCS_REQUIRE(plan->jobs >= 1 && plan->trial_count >= 1);
    struct study study = {.plan = plan, .failed = plan->trial_count};
    study.taken = calloc(plan->trial_count, sizeof *study.taken);
    if (!study.taken)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    enum gcs_status status = supply_new(&study.supply, plan, error);
    if (status != GCS_OK) {
        free(study.taken);
        return status;
    }
    workers_run(plan->jobs, work, &study);
    while (study.first_open < plan->trial_count && study.taken[study.first_open])
        study.first_open++;
    status = conclude(&study, error);
    supply_free(&study.supply);
    free(study.taken);
    return status;
}

void gcs_study_fini(struct gcs_study_plan *plan)
{
    for (size_t i = 0; i < plan->trial_count; i++) {
        free(plan->trials[i].gaps);
        plan->trials[i].gaps = NULL;
    }
}

bool gcs_trial_is_default(const struct gcs_trial *trial)
{
    const struct gcs_setting *setting = &trial->setting;
    return gcs_same(trial->strategy, "default") &&
           memcmp(setting->threshold, setting->model->threshold, sizeof setting->threshold) ==
               0;
}
