/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trials in their order, a batch at a time. The order is program (axes, then seed), model,
 * strategy, threshold0, threshold1, threshold2; a threshold that nobody gave is the model's.
 * Where thresholds are sought, they stand in the order tried, and a round is a batch.
 */
#include "trials.h"

#include <stdlib.h>
#include <string.h>

/* Whether the first model's default setting is a trial. */
static bool has_default(const struct grid *grid)
{
    const int64_t *own = grid->models[0]->threshold;
    bool strategy = false;
    for (size_t i = 0; i < grid->strategy_count; i++)
        strategy |= gcs_same(grid->strategies[i].full_name, "default");
    for (size_t i = 0; i < grid->triple_count && strategy; i++) {
        const int32_t *t = grid->triples[i].threshold;
        if (t[0] == own[0] && t[1] == own[1] && t[2] == own[2])
            return true;
    }
    return false;
}

int grid_count(struct trials *trials)
{
    struct grid *grid = trials->grid;
    uint64_t settings = 0;
    for (size_t m = 0; m < grid->model_count; m++) {
        int code = settings_load(trials, m);
        if (code != EXIT_DONE)
            return code;
        if (m == 0)
            trials->default_among = has_default(grid);
        settings += grid->sought ? grid->wanted->trials : grid->triple_count;
    }
    uint64_t each = settings * grid->strategy_count;
    if (each > TRIALS_MAX / trials->plan.program_count) {
        print_usage_error("more than %d trials: choose fewer points", TRIALS_MAX);
        return EXIT_USAGE;
    }
    trials->total = each * trials->plan.program_count;
    grid->courses = calloc(grid->model_count * grid->strategy_count, sizeof *grid->courses);
    GCS_REQUIRE(grid->courses != NULL);
    return EXIT_DONE;
}

struct grid *grid_new(struct trials *trials, const struct wanted *wanted)
{
    trials->grid = gcs_arena_push(&trials->arena, sizeof *trials->grid);
    *trials->grid = (struct grid){.wanted = wanted};
    trials->plan.trials = calloc(BATCH, sizeof *trials->plan.trials);
    GCS_REQUIRE(trials->plan.trials != NULL);
    return trials->grid;
}

void grid_free(struct trials *trials)
{
    free(trials->plan.trials);
    if (trials->grid) {
        courses_free(trials->grid);
        free(trials->grid->triples);
    }
}

static struct gcs_trial trial_at(const struct trials *trials)
{
    const struct grid *grid = trials->grid;
    const struct wanted *wanted = grid->wanted;
    const struct gcs_program *program = &trials->plan.programs[grid->program];
    const struct gcs_model *model = grid->models[grid->model];
    const struct gcs_strategy *strategy = &grid->strategies[grid->strategy];
    const int32_t *t = grid->sought ? course_of(grid)->tried[grid->threshold].threshold
                                    : grid->triples[grid->threshold].threshold;
    return (struct gcs_trial){
        .program = grid->program,
        .setting = {.model = model,
                    .strategy = strategy,
                    .cost = &grid->costs[grid->model],
                    .threshold = {t[0], t[1], t[2]},
                    .ignore_program_gc = gcs_same(wanted->program_gc, "ignore"),
                    .memory = gcs_same(wanted->memory, "pymalloc") ? GCS_MEMORY_PYMALLOC
                                                                   : GCS_MEMORY_SUM,
                    .warmup = wanted->cut},
        .input = trials->program->name,
        .model = model->name,
        .strategy = strategy->full_name,
        .axes = program->axes,
        .seed = program->seed,
    };
}

static size_t settings_count(const struct grid *grid)
{
    return grid->sought ? course_of(grid)->count : grid->triple_count;
}

/* To the next strategy, model, or program. */
static void step_strategy(struct grid *grid)
{
    grid->threshold = 0;
    if (++grid->strategy < grid->strategy_count)
        return;
    grid->strategy = 0;
    if (++grid->model < grid->model_count)
        return;
    grid->model = 0;
    grid->program++;
}

/* To the next setting; thresholds run fastest. What is sought waits after each round. */
static void step(struct grid *grid)
{
    if (++grid->threshold < settings_count(grid))
        return;
    grid->waits =
        grid->sought && course_leads(grid) && settings_count(grid) < grid->wanted->trials;
    if (!grid->waits)
        step_strategy(grid);
}

/* What the batch that has run says about the next round. */
static void look_back(struct trials *trials)
{
    struct grid *grid = trials->grid;
    if (!grid->sought || !course_leads(grid) || !grid->threshold)
        return;
    course_learn(trials);
    if (grid->waits && !course_go_on(grid)) {
        uint64_t unused = grid->wanted->trials - settings_count(grid);
        trials->total -= unused * grid->wanted->seeds;
        step_strategy(grid);
    }
    grid->waits = false;
}

bool trials_next(struct trials *trials)
{
    struct gcs_study_plan *plan = &trials->plan;
    struct grid *grid = trials->grid;
    look_back(trials);
    plan->trial_count = 0;
    while (plan->trial_count < BATCH && grid->program < plan->program_count && !grid->waits) {
        /* It was read without a complaint before. */
        GCS_REQUIRE(settings_load(trials, grid->model) == EXIT_DONE);
        if (grid->sought && !grid->threshold && course_leads(grid))
            course_begin(grid);
        struct gcs_trial *trial = &plan->trials[plan->trial_count++];
        *trial = trial_at(trials);
        trial->trial = ++trials->made;
        step(grid);
    }
    return plan->trial_count > 0;
}

bool trials_go_on(const struct trials *trials)
{
    const struct grid *grid = trials->grid;
    const struct gcs_trial *last = &trials->plan.trials[trials->plan.trial_count - 1];
    return trials->made < trials->total && grid->program == last->program &&
           grid->models[grid->model] == last->setting.model;
}
