/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The array of trials. Its order is program (axes, then seed), model, strategy, threshold0,
 * threshold1, threshold2; a threshold that nobody gave is the model's.
 */
#include "trials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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

static int load_strategies(struct trials *trials, const struct wanted *wanted,
                           const struct gcs_strategy **strategies)
{
    struct gcs_strategy *all =
        gcs_arena_push(&trials->arena, wanted->strategies.count * sizeof *all);
    for (size_t i = 0; i < wanted->strategies.count; i++) {
        const char *name = wanted->strategies.names[i], *colon = strrchr(name, ':');
        size_t length = strlen(name);
        if (length > 5 && gcs_same(name + length - 5, ".yaml")) /* the colon is the path's */
            colon = NULL;
        char *plain = gcs_arena_string(&trials->arena, name,
                                       colon ? (size_t)(colon - name) : strlen(name));
        struct gcs_error error = {0};
        struct bytes bytes;
        char file[256];
        if (!document_find("strategies", "strategy", plain, &bytes, file, sizeof file))
            return EXIT_USAGE;
        enum gcs_status status = gcs_strategy_read(
            bytes.data, bytes.size, colon ? colon + 1 : NULL, &trials->arena, &all[i], &error);
        bytes_free(&bytes);
        if (status != GCS_OK) {
            print_error(file, &error);
            return EXIT_USAGE;
        }
    }
    *strategies = all;
    return EXIT_DONE;
}

static int load_cost_document(struct trials *trials, const char *name, struct gcs_cost *cost)
{
    struct gcs_error error = {0};
    struct bytes bytes;
    char file[256];
    if (!document_find("costs", "cost profile", name, &bytes, file, sizeof file))
        return EXIT_USAGE;
    enum gcs_status status =
        gcs_cost_read(bytes.data, bytes.size, &trials->arena, cost, &error);
    bytes_free(&bytes);
    if (status != GCS_OK)
        print_error(file, &error);
    return status == GCS_OK ? EXIT_DONE : EXIT_USAGE;
}

/* A model's own profile: the one measured on it, or 3.11's, assumed; for a free-threaded build
 * 3.13t's. */
static int load_cost(struct trials *trials, const char *wanted, const struct gcs_model *model,
                     struct gcs_cost *cost)
{
    char name[64];
    if (wanted)
        return load_cost_document(trials, wanted, cost);
    bool free_threaded = model->rules.mechanism == GCS_MECHANISM_FREE_THREADED;
    snprintf(name, sizeof name, "cpython-%d.%u%s", model->rules.python2 ? 2 : 3, model->minor,
             free_threaded ? "t" : "");
    if (!embedded_find("costs", name)) {
        snprintf(name, sizeof name, "cpython-3.%s", free_threaded ? "13t" : "11");
        trials->cost_assumed |= model->timing != GCS_TIMING_NEVER;
    }
    return load_cost_document(trials, name, cost);
}

/* Grows the array of trials by one. */
static struct gcs_trial *add_trial(struct trials *trials, size_t *capacity)
{
    struct gcs_study_plan *plan = &trials->plan;
    if (plan->trial_count == *capacity) {
        *capacity = *capacity * 2 + 64;
        plan->trials = realloc(plan->trials, *capacity * sizeof *plan->trials);
        GCS_REQUIRE(plan->trials != NULL);
    }
    struct gcs_trial *trial = &plan->trials[plan->trial_count++];
    *trial = (struct gcs_trial){.trial = plan->trial_count};
    return trial;
}

/* Everything that a setting of one model and strategy shares. */
struct corner {
    struct trials *trials;
    size_t capacity;
    size_t program;
    const struct gcs_model *model;
    const struct gcs_strategy *strategy;
    const struct gcs_cost *cost;
    const struct wanted *wanted;
};

static void add_setting(struct corner *corner, const int64_t threshold[GCS_GENERATIONS])
{
    struct trials *trials = corner->trials;
    struct gcs_trial *trial = add_trial(trials, &corner->capacity);
    const struct gcs_program *program = &trials->plan.programs[corner->program];
    trial->program = corner->program;
    trial->setting = (struct gcs_setting){
        .model = corner->model,
        .strategy = corner->strategy,
        .cost = corner->cost,
        .ignore_program_gc = gcs_same(corner->wanted->program_gc, "ignore"),
        .memory =
            gcs_same(corner->wanted->memory, "pymalloc") ? GCS_MEMORY_PYMALLOC : GCS_MEMORY_SUM,
    };
    memcpy(trial->setting.threshold, threshold, sizeof trial->setting.threshold);
    trial->input = trials->program->name;
    trial->model = corner->model->name;
    trial->strategy = corner->strategy->full_name;
    trial->axes = program->axes;
    trial->seed = program->seed;
}

/* A setting of the thresholds, and its place in the order wanted. */
struct triple {
    int64_t threshold[GCS_GENERATIONS];
    size_t order;
};

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

static size_t expand(const struct places *places, struct triple *triples, size_t count)
{
    const struct gcs_numbers *p = places->place;
    for (size_t i = 0; i < p[0].count; i++)
        for (size_t j = 0; j < p[1].count; j++)
            for (size_t k = 0; k < p[2].count; k++) {
                triples[count] =
                    (struct triple){{p[0].values[i], p[1].values[j], p[2].values[k]}, count};
                count++;
            }
    return count;
}

/* Each setting once, where it was named first. */
static void add_settings(struct corner *corner, struct triple *triples, size_t count)
{
    size_t kept = 0;
    qsort(triples, count, sizeof *triples, by_threshold);
    for (size_t i = 0; i < count; i++)
        if (!kept || memcmp(triples[kept - 1].threshold, triples[i].threshold,
                            sizeof triples[i].threshold) != 0)
            triples[kept++] = triples[i];
    qsort(triples, kept, sizeof *triples, by_order);
    for (size_t i = 0; i < kept; i++)
        add_setting(corner, triples[i].threshold);
}

/* All of -t's settings for the corner's model. */
static int add_corner(struct trials *trials, struct corner *corner, const struct wanted *wanted,
                      bool sweep)
{
    struct gcs_error error = {0};
    size_t total = 0, count = 0, texts = wanted->thresholds.count;
    struct places *places = gcs_arena_push(&trials->arena, (texts + 1) * sizeof *places);
    for (size_t t = 0; t < texts; t++) {
        if (places_for(&trials->arena, wanted, wanted->thresholds.names[t], corner->model,
                       sweep, &places[t], &error) != GCS_OK) {
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
    if (total + trials->plan.trial_count >= TRIALS_MAX) {
        print_usage_error("more than %d trials: choose fewer points", TRIALS_MAX);
        return EXIT_USAGE;
    }
    struct triple *triples = malloc((total + 1) * sizeof *triples);
    GCS_REQUIRE(triples != NULL);
    for (size_t t = 0; t < texts; t++)
        count = expand(&places[t], triples, count);
    add_settings(corner, triples, count);
    free(triples);
    return EXIT_DONE;
}

static int add_model(struct trials *trials, struct corner *corner, const struct wanted *wanted,
                     const struct gcs_strategy *strategies, bool sweep)
{
    int code = EXIT_DONE;
    for (size_t s = 0; s < wanted->strategies.count && code == EXIT_DONE; s++) {
        size_t known = 0;
        while (!gcs_same(strategies[known].full_name, strategies[s].full_name))
            known++;
        if (known < s)
            continue;
        corner->strategy = &strategies[s];
        code = add_corner(trials, corner, wanted, sweep);
    }
    return code;
}

static int add_trials(struct trials *trials, const struct wanted *wanted, bool sweep)
{
    const struct gcs_strategy *strategies = NULL;
    int code = load_strategies(trials, wanted, &strategies);
    size_t models = wanted->models.count;
    struct gcs_cost *costs = gcs_arena_push(&trials->arena, (models + 1) * sizeof *costs);
    const struct gcs_model **found =
        gcs_arena_push(&trials->arena, (models + 1) * sizeof *found);
    for (size_t m = 0; m < models && code == EXIT_DONE; m++) {
        struct gcs_error error = {0};
        if (gcs_model_find(wanted->models.names[m], &found[m], &error) != GCS_OK) {
            print_error(NULL, &error);
            return EXIT_USAGE;
        }
        if (found[m]->rules.mimalloc && gcs_same(wanted->memory, "pymalloc")) {
            print_usage_error("--memory pymalloc: %s takes its objects from mimalloc, which is "
                              "not modelled",
                              found[m]->name);
            return EXIT_USAGE;
        }
        code = load_cost(trials, wanted->cost, found[m], &costs[m]);
    }
    struct corner corner = {.trials = trials, .wanted = wanted};
    for (size_t p = 0; p < trials->plan.program_count; p++)
        for (size_t m = 0; m < models && code == EXIT_DONE; m++) {
            size_t known = 0;
            while (found[known] != found[m])
                known++;
            if (known < m)
                continue;
            corner.program = p;
            corner.model = found[m];
            corner.cost = &costs[m];
            code = add_model(trials, &corner, wanted, strategies, sweep);
        }
    if (models)
        trials->cost_name = costs[0].name;
    return code;
}

static unsigned count_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return cores < 1 ? 1 : (unsigned)cores;
}

static enum gcs_status make_plan(struct trials *trials, const struct options *options,
                                 struct wanted *wanted, bool sweep, struct gcs_error *error)
{
    uint64_t jobs;
    GCS_TRY(wanted_gather(trials, options, sweep, wanted, error));
    GCS_TRY(options_whole(options->jobs, "jobs", GCS_UNIT_NONE, count_cores(), &jobs, error));
    if (jobs < 1 || jobs > 256)
        return gcs_fail(error, GCS_INVALID, "--jobs: %llu is not in 1 ... 256",
                        (unsigned long long)jobs);
    trials->columns = wanted->columns;
    trials->plan.jobs = (unsigned)jobs;
    trials->plan.max_memory = (size_t)wanted->max_memory;
    trials->plan.check = options->paranoid;
    trials->plan.engine = gcs_same(wanted->engine, "replay")  ? GCS_ENGINE_REPLAY
                          : gcs_same(wanted->engine, "index") ? GCS_ENGINE_INDEX
                                                              : GCS_ENGINE_AUTO;
    return programs_make(trials, wanted, error);
}

int trials_make(struct trials *trials, struct input *input, const struct options *options,
                bool sweep)
{
    struct gcs_error error = {0};
    struct wanted wanted;
    *trials = (struct trials){.input = input};
    gcs_arena_init(&trials->arena);
    gcs_text_init(&trials->effective, NULL);
    int code = program_open(trials, options);
    if (code != EXIT_DONE)
        return code;
    enum gcs_status status = make_plan(trials, options, &wanted, sweep, &error);
    if (status == GCS_OK) {
        code = add_trials(trials, &wanted, sweep);
        if (code == EXIT_DONE && options->output)
            status = effective_print(trials, &wanted, &error);
    }
    if (status != GCS_OK) {
        print_error(error.line ? trials->program->path : NULL, &error);
        return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (code == EXIT_DONE && !sweep && trials->plan.trial_count != 1) {
        print_usage_error("one setting is expected: `gcsim sweep` takes several");
        return EXIT_USAGE;
    }
    return code;
}

void trials_free(struct trials *trials)
{
    gcs_study_fini(&trials->plan);
    for (size_t i = 0; i < trials->workload_count; i++)
        gcs_workload_free(trials->workloads[i]);
    free(trials->workloads);
    free(trials->plan.programs);
    free(trials->plan.trials);
    gcs_text_fini(&trials->effective);
    if (trials->inner.path)
        input_close(&trials->inner);
    gcs_arena_fini(&trials->arena);
}
