/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Traces and indexes while trials need them (supply.h). */
#include "supply.h"

#include <stdlib.h>

/* An analysis costs about as much as two replays of a setting. */
enum { WORTH_AN_INDEX = 4 };

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
        return trials >= WORTH_AN_INDEX && !plan->histories && !plan->check;
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
    for (size_t i = 0; i < plan->trial_count; i++) {
        source_of(supply, &plan->trials[i])->trials_left++;
        view_of(supply, &plan->trials[i])->trials_left++;
    }
    for (size_t i = 0; i < plan->trial_count; i++) {
        struct view *view = view_of(supply, &plan->trials[i]);
        view->wanted = gcs_index_knows(plan->trials[i].setting.model) &&
                       plan->trials[i].setting.memory == GCS_MEMORY_SUM &&
                       wants_index(plan, view->trials_left);
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

static enum gcs_status make_source(const struct gcs_study_plan *plan, size_t index,
                                   struct source *source, struct gcs_error *error)
{
    const struct gcs_program *program = &plan->programs[index];
    source->memory.limit = plan->max_memory;
    source->trace = program->trace;
    if (!source->trace) {
        GCS_TRY(gcs_workload_generate(program->workload, program->seed, program->max_events,
                                      false, &source->memory, &source->generated, error));
        source->trace = source->generated;
    }
    return gcs_lifetimes_of(source->trace, &source->memory, &source->lifetimes, error);
}

/* Where memory does not suffice for an index, replay does it, unless the index was asked for.
 */
static enum gcs_status make_view(const struct gcs_study_plan *plan, const struct source *source,
                                 const struct gcs_rules *rules, struct view *view,
                                 struct gcs_error *error)
{
    struct gcs_error refused = {0};
    view->memory.limit = plan->max_memory;
    enum gcs_status status = gcs_index_new(source->trace, &source->lifetimes, rules,
                                           &view->memory, &view->index, &refused);
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
    if (source->made == UNMADE) {
        source->made = view->made = MAKING;
        workers_unlock(workers);
        trial->status = make_source(plan, trial->program, source, &trial->error);
        workers_lock(workers);
        source->made = MADE;
        view->made = UNMADE;
        workers_wake(workers);
    }
    if (trial->status == GCS_OK && view->made == UNMADE && view->wanted) {
        view->made = MAKING;
        workers_unlock(workers);
        trial->status =
            make_view(plan, source, &trial->setting.model->rules, view, &trial->error);
        workers_lock(workers);
        workers_wake(workers);
    }
    view->made = MADE;
    return trial->status == GCS_OK;
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
