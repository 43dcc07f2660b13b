/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Trials in parallel: who takes which, and who makes and gives up the traces they need. */
#include "supply.h"

#include <stdlib.h>
#include <string.h>

struct gcs_batches {
    struct gcs_study_plan *plan;
    struct supply supply;
    uint32_t *groups;  /* by program: the first with its axes */
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
        GCS_TRY(gcs_index_evaluate(view->index, source->trace, &trial->setting, plan->histories,
                                   &bench->memory, &bench->ledger, &uncovered, &trial->error));
    *done = !uncovered;
    if (uncovered && plan->engine == GCS_ENGINE_INDEX)
        return gcs_fail(&trial->error, GCS_LIMIT,
                        "--engine index does not cover %s: leave it out, replay does",
                        uncovered);
    return GCS_OK;
}

/* Before anything is spent: the trace has the mark. */
static enum gcs_status check_mark(const struct gcs_trace *trace, const char *mark,
                                  struct gcs_error *error)
{
    struct gcs_text known;
    for (size_t i = 0; i < trace->label_count; i++)
        if (gcs_same(trace->labels[i], mark))
            return GCS_OK;
    gcs_text_init(&known, NULL);
    for (size_t i = 0; i < trace->label_count; i++)
        gcs_text_add(&known, "%s'%s'", i ? ", " : "", trace->labels[i]);
    enum gcs_status status =
        gcs_fail(error, GCS_INVALID,
                 "warm-up: '%s' is no time, `2s`, and no mark of the program, which has %s",
                 mark, known.length ? known.data : "none");
    gcs_text_fini(&known);
    return status;
}

static enum gcs_status check_warmup(const struct gcs_study_plan *plan,
                                    const struct gcs_ledger *ledger, struct gcs_trial *trial)
{
    bool left = ledger->cut.met && ledger->cut.time_ns < ledger->total_ns;
    if (!plan->cut || !trial->setting.warmup.ns || left)
        return GCS_OK;
    return gcs_fail(&trial->error, GCS_INVALID,
                    "warm-up: the program ends after %.3g s, so nothing is left behind %.3g s",
                    (double)ledger->total_ns / 1e9, (double)trial->setting.warmup.ns / 1e9);
}

static enum gcs_status simulate(struct gcs_batches *study, struct workers *workers,
                                struct gcs_trial *trial, struct bench *bench)
{
    const struct gcs_study_plan *plan = study->plan;
    const struct source *source = source_of(&study->supply, trial);
    const struct view *view = view_of(&study->supply, trial);
    bool done = false;
    if (plan->cut && trial->setting.warmup.mark)
        GCS_TRY(check_mark(source->trace, trial->setting.warmup.mark, &trial->error));
    if (view->wanted || plan->engine == GCS_ENGINE_INDEX)
        GCS_TRY(try_index(plan, source, view, trial, bench, &done));
    trial->engine = done ? "index" : "replay";
    if (done)
        return GCS_OK;
    GCS_TRY(supply_lifetimes(&study->supply, workers, trial));
    return gcs_replay(source->trace, &source->lifetimes, &trial->setting, plan->check,
                      &bench->memory, &bench->ledger, &trial->error);
}

static void run_trial(struct gcs_batches *study, struct workers *workers,
                      struct gcs_trial *trial, struct bench *bench)
{
    trial->status = simulate(study, workers, trial, bench);
    if (trial->status == GCS_OK)
        trial->status = check_warmup(study->plan, &bench->ledger, trial);
    if (trial->status != GCS_OK)
        return;
    gcs_summarize(&bench->ledger, bench->pauses, bench->requests, &trial->summary);
    trial->warn_thresholds_overruled = bench->ledger.thresholds_overruled;
    trial->warn_freeze_missing = bench->ledger.freeze_missing;
    trial->unmet = bench->ledger.unmet;
    note_gaps(source_of(&study->supply, trial), trial);
}

static void fail(struct gcs_batches *study, size_t index)
{
    if (index < study->failed)
        study->failed = index;
}

/* The next trial that can run: its trace is there, or nobody makes it yet. trial_count: none
 * now. */
static size_t pick(struct gcs_batches *study)
{
    const struct gcs_study_plan *plan = study->plan;
    while (study->first_open < plan->trial_count && study->taken[study->first_open])
        study->first_open++;
    for (size_t i = study->first_open; i < study->failed; i++) /* those before it still count */
        if (!study->taken[i] && supply_is_ready(&study->supply, &plan->trials[i]))
            return i;
    return plan->trial_count;
}

static void finish(struct gcs_batches *study, size_t index, struct bench *bench)
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
    struct gcs_batches *study = job;
    struct gcs_study_plan *plan = study->plan;
    struct bench bench = {.memory.limit = plan->max_memory / plan->jobs};
    if (plan->max_memory && !bench.memory.limit)
        bench.memory.limit = 1; /* 0 would be none */
    (void)worker;
    bench.pauses = calloc(1, sizeof *bench.pauses);
    bench.requests = calloc(1, sizeof *bench.requests);
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

static const char *axes_of(const struct gcs_program *program)
{
    return program->axes ? program->axes : "";
}

/* Programs of the same axes stand together. */
static void find_groups(struct gcs_batches *study)
{
    const struct gcs_program *programs = study->plan->programs;
    for (size_t i = 1; i < study->plan->program_count; i++)
        study->groups[i] = gcs_same(axes_of(&programs[i]), axes_of(&programs[i - 1]))
                               ? study->groups[i - 1]
                               : (uint32_t)i;
}

uint32_t gcs_batches_group(const struct gcs_batches *study, const struct gcs_trial *trial)
{
    return study->groups[trial->program];
}

static enum gcs_status mark_pareto(const struct gcs_batches *study, struct gcs_error *error)
{
    struct gcs_study_plan *plan = study->plan;
    struct gcs_standing *standings = calloc(plan->trial_count, sizeof *standings);
    bool done = standings != NULL;
    for (size_t i = 0; i < plan->trial_count && done; i++)
        standings[i] = gcs_standing_of(&plan->trials[i].summary,
                                       gcs_batches_group(study, &plan->trials[i]));
    done = done && gcs_pareto(standings, plan->trial_count);
    for (size_t i = 0; i < plan->trial_count && done; i++)
        plan->trials[i].pareto = standings[i].on_front;
    free(standings);
    return done ? GCS_OK : gcs_fail(error, GCS_NOMEM, "out of memory");
}

/* How the batch ended, once all workers have stopped. */
static enum gcs_status conclude(struct gcs_batches *study, struct gcs_error *error)
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
    return GCS_OK;
}

enum gcs_status gcs_batches_open(struct gcs_study_plan *plan, struct gcs_batches **study,
                                 struct gcs_error *error)
{
    GCS_REQUIRE(plan->jobs >= 1 && plan->program_count < UINT32_MAX);
    struct gcs_batches *opened = calloc(1, sizeof *opened);
    *study = NULL;
    if (!opened)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    opened->plan = plan;
    opened->groups = calloc(plan->program_count, sizeof *opened->groups);
    if (!opened->groups || supply_new(&opened->supply, plan, error) != GCS_OK) {
        free(opened->groups);
        free(opened);
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    }
    find_groups(opened);
    *study = opened;
    return GCS_OK;
}

enum gcs_status gcs_batches_run(struct gcs_batches *study, bool more, struct gcs_error *error)
{
    const struct gcs_study_plan *plan = study->plan;
    GCS_REQUIRE(plan->trial_count >= 1);
    study->taken = calloc(plan->trial_count, sizeof *study->taken);
    if (!study->taken)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    study->first_open = 0;
    study->failed = plan->trial_count;
    supply_expect(&study->supply, more);
    workers_run(plan->jobs, work, study);
    while (study->first_open < plan->trial_count && study->taken[study->first_open])
        study->first_open++;
    free(study->taken);
    study->taken = NULL;
    return conclude(study, error);
}

void gcs_batches_close(struct gcs_batches *study)
{
    if (!study)
        return;
    supply_free(&study->supply);
    free(study->groups);
    free(study);
}

enum gcs_status gcs_study_run(struct gcs_study_plan *plan, struct gcs_error *error)
{
    struct gcs_batches *study;
    GCS_TRY(gcs_batches_open(plan, &study, error));
    enum gcs_status status = gcs_batches_run(study, false, error);
    if (status == GCS_OK)
        status = mark_pareto(study, error);
    gcs_batches_close(study);
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
