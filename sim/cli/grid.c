/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The trials in their order, a batch at a time. The order is program (axes, then seed), model,
 * strategy, threshold0, threshold1, threshold2; a threshold that nobody gave is the model's.
 */
#include "trials.h"

#include <stdlib.h>
#include <string.h>

/* The three lists of one model's thresholds, places left out filled in. */
struct places {
    struct gcs_numbers place[GCS_GENERATIONS];
};

/* One of -t's texts, for a model. */
static enum gcs_status places_for(struct gcs_arena *arena, const struct wanted *wanted,
                                  const char *text, const struct gcs_model *model, bool sweep,
                                  struct places *places, struct gcs_error *error)
{
    struct gcs_thresholds parsed = {0};
    const struct gcs_names *lists[GCS_GENERATIONS] = {NULL, &wanted->threshold1,
                                                      &wanted->threshold2};
    GCS_TRY(gcs_thresholds_parse(text, arena, &parsed, error));
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        places->place[g] = parsed.places[g];
        if (places->place[g].count == 0 && lists[g])
            GCS_TRY(numbers_join(arena, lists[g], &places->place[g], error));
        if (places->place[g].count == 0)
            places->place[g] = (struct gcs_numbers){&model->threshold[g], 1};
        if (!sweep && places->place[g].count > 1)
            return gcs_fail(
                error, GCS_INVALID,
                "one setting is expected: `gcsim sweep` takes ranges of thresholds");
    }
    return GCS_OK;
}

static int by_threshold(const void *a, const void *b)
{
    const struct triple *x = a, *y = b;
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        if (x->threshold[g] != y->threshold[g])
            return x->threshold[g] < y->threshold[g] ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_order(const void *a, const void *b)
{
    const struct triple *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void expand(const struct places *places, struct grid *grid)
{
    const struct gcs_numbers *p = places->place;
    for (size_t i = 0; i < p[0].count; i++)
        for (size_t j = 0; j < p[1].count; j++)
            for (size_t k = 0; k < p[2].count; k++)
                grid->triples[grid->triple_count] = (struct triple){
                    {(int32_t)p[0].values[i], (int32_t)p[1].values[j], (int32_t)p[2].values[k]},
                    (uint32_t)grid->triple_count++,
                };
}

/* Each setting once, where it was named first. */
static void drop_repeats(struct grid *grid)
{
    struct triple *triples = grid->triples;
    size_t kept = 0;
    qsort(triples, grid->triple_count, sizeof *triples, by_threshold);
    for (size_t i = 0; i < grid->triple_count; i++)
        if (!kept || memcmp(triples[kept - 1].threshold, triples[i].threshold,
                            sizeof triples[i].threshold) != 0)
            triples[kept++] = triples[i];
    qsort(triples, kept, sizeof *triples, by_order);
    grid->triple_count = kept;
}

/* All of -t's settings for a model. */
static int load(struct trials *trials, size_t model, bool sweep, struct gcs_arena *scratch)
{
    struct grid *grid = trials->grid;
    const struct wanted *wanted = grid->wanted;
    struct gcs_error error = {0};
    size_t total = 0, texts = wanted->thresholds.count;
    struct places *places = gcs_arena_push(scratch, (texts + 1) * sizeof *places);
    for (size_t t = 0; t < texts; t++) {
        if (places_for(scratch, wanted, wanted->thresholds.names[t], grid->models[model], sweep,
                       &places[t], &error) != GCS_OK) {
            print_usage_error("--threshold: %s", error.text);
            return EXIT_USAGE;
        }
        size_t settings = 1;
        for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
            trials->varied[g] |= places[t].place[g].count > 1 || texts > 1;
            settings *= places[t].place[g].count; /* each at most a million: see ranges.c */
            if (settings > TRIALS_MAX)
                settings = TRIALS_MAX;
        }
        total += settings;
    }
    if (total >= TRIALS_MAX) {
        print_usage_error("more than %d trials: choose fewer points", TRIALS_MAX);
        return EXIT_USAGE;
    }
    free(grid->triples);
    grid->triples = malloc((total + 1) * sizeof *grid->triples);
    GCS_REQUIRE(grid->triples != NULL);
    grid->triple_count = 0;
    for (size_t t = 0; t < texts; t++)
        expand(&places[t], grid);
    drop_repeats(grid);
    grid->loaded = model + 1;
    return EXIT_DONE;
}

static int load_model(struct trials *trials, size_t model, bool sweep)
{
    struct gcs_arena scratch;
    if (trials->grid->loaded == model + 1)
        return EXIT_DONE;
    gcs_arena_init(&scratch);
    int code = load(trials, model, sweep, &scratch);
    gcs_arena_fini(&scratch);
    return code;
}

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

int grid_count(struct trials *trials, bool sweep)
{
    struct grid *grid = trials->grid;
    uint64_t settings = 0;
    for (size_t m = 0; m < grid->model_count; m++) {
        int code = load_model(trials, m, sweep);
        if (code != EXIT_DONE)
            return code;
        if (m == 0)
            trials->default_among = has_default(grid);
        settings += grid->triple_count;
    }
    uint64_t each = settings * grid->strategy_count;
    if (each > TRIALS_MAX / trials->plan.program_count) {
        print_usage_error("more than %d trials: choose fewer points", TRIALS_MAX);
        return EXIT_USAGE;
    }
    trials->total = each * trials->plan.program_count;
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
    if (trials->grid)
        free(trials->grid->triples);
}

static struct gcs_trial trial_at(const struct trials *trials)
{
    const struct grid *grid = trials->grid;
    const struct wanted *wanted = grid->wanted;
    const struct gcs_program *program = &trials->plan.programs[grid->program];
    const struct gcs_model *model = grid->models[grid->model];
    const struct gcs_strategy *strategy = &grid->strategies[grid->strategy];
    const int32_t *t = grid->triples[grid->threshold].threshold;
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

/* To the next setting; thresholds run fastest. */
static void step(struct grid *grid)
{
    if (++grid->threshold < grid->triple_count)
        return;
    grid->threshold = 0;
    if (++grid->strategy < grid->strategy_count)
        return;
    grid->strategy = 0;
    if (++grid->model < grid->model_count)
        return;
    grid->model = 0;
    grid->program++;
}

bool trials_next(struct trials *trials)
{
    struct gcs_study_plan *plan = &trials->plan;
    struct grid *grid = trials->grid;
    plan->trial_count = 0;
    while (plan->trial_count < BATCH && grid->program < plan->program_count) {
        /* It was read without a complaint before. */
        GCS_REQUIRE(load_model(trials, grid->model, true) == EXIT_DONE);
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
