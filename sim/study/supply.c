/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces and indexes while trials need them (supply.h). */
#include "supply.h"

#include <stdlib.h>

/* Measured on the shipped workloads: an analysis and two settings take a quarter to a half of
 * the time of two replays and the lifetimes that they need. Where it covers nothing it costs up
 * to two fifths of a replay, so one trial alone is replayed. */
enum { WORTH_AN_INDEX = 2 };

static size_t model_count(void)
{
    size_t count;
    gcs_models(&count);
    return count;
}

struct source *source_of(const struct supply *supply, const struct gcs_trial *trial)
{
    return &supply->sources[trial->program];
}

struct view *view_of(const struct supply *supply, const struct gcs_trial *trial)
{
    size_t count;
    const struct gcs_model *models = gcs_models(&count);
    return &supply->views[trial->program * count + (size_t)(trial->setting.model - models)];
}

static bool wants_index(const struct gcs_study_plan *plan, size_t trials)
{
    if (plan->engine == GCS_ENGINE_AUTO)
        return trials >= WORTH_AN_INDEX && !plan->check;
    return plan->engine == GCS_ENGINE_INDEX;
}

enum gcs_status supply_new(struct supply *supply, const struct gcs_study_plan *plan,
                           struct gcs_error *error)
{
    size_t views = plan->program_count * model_count();
    *supply = (struct supply){.plan = plan};
    supply->sources = calloc(plan->program_count, sizeof *supply->sources);
    supply->views = calloc(views, sizeof *supply->views);
    if (!supply->sources || !supply->views) {
        supply_free(supply);
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    }
    return GCS_OK;
}

static void drop_source(struct source *source)
{
    gcs_lifetimes_fini(&source->lifetimes);
    gcs_trace_free(source->generated);
    source->generated = NULL;
    source->made = GONE;
}

static void drop_view(struct view *view)
{
    gcs_index_free(view->index);
    view->index = NULL;
    view->made = GONE;
}

static void expect(struct supply *supply, const struct gcs_trial *trial)
{
    struct source *source = source_of(supply, trial);
    struct view *view = view_of(supply, trial);
    if (source->made == GONE)
        *source = (struct source){0};
    if (view->made == GONE)
        *view = (struct view){0};
    source->trials_left++;
    view->trials_left++;
}

void supply_expect(struct supply *supply, bool more)
{
    const struct gcs_study_plan *plan = supply->plan;
    const struct gcs_trial before = supply->held;
    bool held = supply->holds;
    for (size_t i = 0; i < plan->trial_count; i++)
        expect(supply, &plan->trials[i]);
    supply->holds = more;
    if (more) {
        supply->held = plan->trials[plan->trial_count - 1];
        expect(supply, &supply->held);
    }
    if (held)
        supply_release(supply, &before);
    for (size_t i = 0; i < plan->trial_count; i++) {
        const struct gcs_trial *trial = &plan->trials[i];
        struct view *view = view_of(supply, trial);
        bool goes_on = more && view == view_of(supply, &supply->held);
        view->wanted |= gcs_index_knows(trial->setting.model) &&
                        trial->setting.memory == GCS_MEMORY_SUM &&
                        wants_index(plan, view->trials_left + (goes_on ? WORTH_AN_INDEX : 0));
    }
}

void supply_free(struct supply *supply)
{
    if (supply->sources && supply->views) {
        for (size_t i = 0; i < supply->plan->program_count * model_count(); i++)
            if (supply->views[i].made == MADE)
                drop_view(&supply->views[i]);
        for (size_t i = 0; i < supply->plan->program_count; i++)
            if (supply->sources[i].made == MADE)
                drop_source(&supply->sources[i]);
    }
    free(supply->sources);
    free(supply->views);
}

const char *gcs_stage_name(enum gcs_stage stage)
{
#define TEXT(name, text) text,
    static const char *const names[] = {GCS_STAGE_LIST(TEXT)};
    return names[stage];
}

/* On its way from a pass to the study's observer. */
struct telling {
    struct gcs_watch watch;
    const struct gcs_observer *observer;
    struct workers *workers;
    enum gcs_stage stage;
    bool begun;
};

static void moved(void *watcher, uint64_t done, uint64_t total)
{
    const struct telling *telling = watcher;
    workers_lock(telling->workers);
    telling->observer->stage_moved(telling->observer->observer, telling->stage, done, total);
    workers_unlock(telling->workers);
}

/* What works within `memory` from here on tells the observer. */
static void begin_stage(struct gcs_memory *memory, struct telling *telling,
                        enum gcs_stage stage)
{
    telling->stage = stage;
    telling->begun = true;
    telling->watch = (struct gcs_watch){moved, telling};
    memory->watch = telling->observer->stage_moved ? &telling->watch : NULL;
}

/* Under the workers' lock: what a pass has to do behind its last event is done too. */
static void end_stage(struct gcs_memory *memory, struct telling *telling,
                      const struct gcs_trace *trace)
{
    bool begun = telling->begun;
    memory->watch = NULL;
    telling->begun = false;
    if (begun && telling->observer->stage_moved && trace)
        telling->observer->stage_moved(telling->observer->observer, telling->stage,
                                       trace->events, trace->events);
}

static enum gcs_status make_source(const struct gcs_study_plan *plan, size_t index,
                                   struct source *source, struct telling *telling,
                                   struct gcs_error *error)
{
    const struct gcs_program *program = &plan->programs[index];
    source->memory.limit = plan->max_memory;
    source->trace = program->trace;
    if (!source->trace) {
        begin_stage(&source->memory, telling, GCS_STAGE_GENERATE);
        GCS_TRY(gcs_workload_generate(program->workload, program->seed, program->max_events,
                                      false, &source->memory, &source->generated, error));
        source->trace = source->generated;
    }
    return GCS_OK;
}

/* Where memory does not suffice for an index, replay does it, unless the index was asked for.
 */
static enum gcs_status make_view(const struct gcs_study_plan *plan, const struct source *source,
                                 const struct gcs_model *model, struct view *view,
                                 struct telling *telling, struct gcs_error *error)
{
    const struct gcs_index_store *store = &plan->indexes;
    struct gcs_error refused = {0};
    view->memory.limit = plan->max_memory;
    if (!source->generated && store->load &&
        store->load(store->store, source->trace, model, &view->memory, &view->index))
        return GCS_OK;
    begin_stage(&view->memory, telling, GCS_STAGE_INDEX);
    enum gcs_status status =
        gcs_index_new(source->trace, &model->rules, &view->memory, &view->index, &refused);
    if (status == GCS_OK && !source->generated && store->keep && gcs_index_covers(view->index))
        store->keep(store->store, source->trace, model, view->index);
    if (status == GCS_OK || (plan->engine == GCS_ENGINE_AUTO && status != GCS_INVALID))
        return GCS_OK;
    *error = refused;
    return status;
}

bool supply_is_ready(const struct supply *supply, const struct gcs_trial *trial)
{
    return source_of(supply, trial)->made != MAKING && view_of(supply, trial)->made != MAKING;
}

bool supply_provide(struct supply *supply, struct workers *workers, struct gcs_trial *trial)
{
    struct source *source = source_of(supply, trial);
    struct view *view = view_of(supply, trial);
    const struct gcs_study_plan *plan = supply->plan;
    struct telling telling = {.observer = &plan->observer, .workers = workers};
    if (source->made == UNMADE) {
        source->made = view->made = MAKING;
        workers_unlock(workers);
        trial->status = make_source(plan, trial->program, source, &telling, &trial->error);
        workers_lock(workers);
        end_stage(&source->memory, &telling, source->trace);
        source->made = MADE;
        view->made = UNMADE;
        workers_wake(workers);
    }
    if (trial->status == GCS_OK && view->made == UNMADE && view->wanted) {
        view->made = MAKING;
        workers_unlock(workers);
        trial->status =
            make_view(plan, source, trial->setting.model, view, &telling, &trial->error);
        workers_lock(workers);
        end_stage(&view->memory, &telling, source->trace);
        workers_wake(workers);
    }
    view->made = MADE;
    return trial->status == GCS_OK;
}

enum gcs_status supply_lifetimes(struct supply *supply, struct workers *workers,
                                 struct gcs_trial *trial)
{
    struct source *source = source_of(supply, trial);
    struct telling telling = {.observer = &supply->plan->observer, .workers = workers};
    enum gcs_status status = GCS_OK;
    workers_lock(workers);
    while (source->lifetimes_made == MAKING)
        workers_wait(workers);
    if (source->lifetimes_made == UNMADE) {
        source->lifetimes_made = MAKING;
        workers_unlock(workers);
        begin_stage(&source->memory, &telling, GCS_STAGE_LIFETIMES);
        status =
            gcs_lifetimes_of(source->trace, &source->memory, &source->lifetimes, &trial->error);
        workers_lock(workers);
        end_stage(&source->memory, &telling, source->trace);
        source->lifetimes_made = status == GCS_OK ? MADE : UNMADE;
        workers_wake(workers);
    }
    workers_unlock(workers);
    return status;
}

void supply_release(struct supply *supply, const struct gcs_trial *trial)
{
    struct source *source = source_of(supply, trial);
    struct view *view = view_of(supply, trial);
    if (--view->trials_left == 0)
        drop_view(view);
    if (--source->trials_left == 0)
        drop_source(source);
}
