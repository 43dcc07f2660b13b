/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Models, strategies and cost profiles by name, and the plan that they go into. */
#include "trials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The strategies by name, each once. */
static int load_strategies(struct trials *trials, const struct wanted *wanted,
                           struct grid *grid)
{
    size_t count = 0;
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
        enum gcs_status status =
            gcs_strategy_read(bytes.data, bytes.size, colon ? colon + 1 : NULL, &trials->arena,
                              &all[count], &error);
        bytes_free(&bytes);
        if (status != GCS_OK) {
            print_error(file, &error);
            return EXIT_USAGE;
        }
        size_t known = 0;
        while (!gcs_same(all[known].full_name, all[count].full_name))
            known++;
        count += known == count;
    }
    grid->strategies = all;
    grid->strategy_count = count;
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

/* The models by name, each once, with what their pauses cost. */
static int load_models(struct trials *trials, const struct wanted *wanted, struct grid *grid)
{
    size_t room = wanted->models.count + 1;
    grid->models = gcs_arena_push(&trials->arena, room * sizeof *grid->models);
    grid->costs = gcs_arena_push(&trials->arena, room * sizeof *grid->costs);
    for (size_t m = 0; m < wanted->models.count; m++) {
        const struct gcs_model *model;
        struct gcs_error error = {0};
        size_t known = 0;
        if (gcs_model_find(wanted->models.names[m], &model, &error) != GCS_OK) {
            print_error(NULL, &error);
            return EXIT_USAGE;
        }
        if (model->rules.mimalloc && gcs_same(wanted->memory, "pymalloc")) {
            print_usage_error("--memory pymalloc: %s takes its objects from mimalloc, which is "
                              "not modelled",
                              model->name);
            return EXIT_USAGE;
        }
        while (known < grid->model_count && grid->models[known] != model)
            known++;
        if (known < grid->model_count)
            continue;
        grid->models[grid->model_count] = model;
        int code = load_cost(trials, wanted->cost, model, &grid->costs[grid->model_count++]);
        if (code != EXIT_DONE)
            return code;
    }
    trials->cost_name = grid->costs[0].name;
    return EXIT_DONE;
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
    trials->plan.cut = wanted->warmup != NULL;
    trials->plan.engine = gcs_same(wanted->engine, "replay")  ? GCS_ENGINE_REPLAY
                          : gcs_same(wanted->engine, "index") ? GCS_ENGINE_INDEX
                                                              : GCS_ENGINE_AUTO;
    return programs_make(trials, wanted, error);
}

int trials_make(struct trials *trials, struct input *input, const struct options *options,
                bool sweep)
{
    struct gcs_error error = {0};
    *trials = (struct trials){.input = input};
    gcs_arena_init(&trials->arena);
    gcs_text_init(&trials->effective, NULL);
    struct wanted *wanted = gcs_arena_push(&trials->arena, sizeof *wanted);
    int code = program_open(trials, options);
    if (code != EXIT_DONE)
        return code;
    enum gcs_status status = make_plan(trials, options, wanted, sweep, &error);
    if (status == GCS_OK) {
        struct grid *grid = grid_new(trials, wanted);
        code = load_strategies(trials, wanted, grid);
        if (code == EXIT_DONE)
            code = load_models(trials, wanted, grid);
        if (code == EXIT_DONE)
            code = grid_count(trials, sweep);
        if (code == EXIT_DONE && options->output)
            status = effective_print(trials, wanted, &error);
    }
    if (status != GCS_OK) {
        print_error(error.line ? trials->program->path : NULL, &error);
        return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (code == EXIT_DONE && !sweep && trials->total != 1) {
        print_usage_error("one setting is expected: `gcsim sweep` takes several");
        return EXIT_USAGE;
    }
    if (code == EXIT_DONE)
        trials_next(trials);
    return code;
}

void trials_free(struct trials *trials)
{
    gcs_study_fini(&trials->plan);
    for (size_t i = 0; i < trials->workload_count; i++)
        gcs_workload_free(trials->workloads[i]);
    free(trials->workloads);
    free(trials->plan.programs);
    grid_free(trials);
    gcs_text_fini(&trials->effective);
    if (trials->inner.path)
        input_close(&trials->inner);
    gcs_arena_fini(&trials->arena);
}
