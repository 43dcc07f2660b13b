/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * From input and options to an array of trials.
 *
 * Options win over a study's keys; what neither says comes from the model. The order of trials
 * is program (axes, then seed), model, strategy, threshold0, threshold1, threshold2.
 */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TRIALS_MAX = 4000000 };

/* What `gcsim sweep INPUT` alone tries: 12 values, and the model's own. */
static struct gcs_names default_sweep(struct gcs_arena *arena)
{
    static const char *const texts[] = {"300:100k:log12", "default"};
    const char **names = gcs_arena_push(arena, sizeof texts);
    memcpy(names, texts, sizeof texts);
    return (struct gcs_names){names, 2};
}

/* What is wanted, whoever said it. */
struct wanted {
    struct gcs_names models;
    struct gcs_names thresholds;
    struct gcs_names threshold1;
    struct gcs_names threshold2;
    struct gcs_names strategies;
    const char *cost;
    uint64_t seed;
    uint64_t seeds;
    const char *program_gc;
    const char *engine;
    uint64_t max_events;
    uint64_t max_memory;
};

/* Splits `a,b` at commas; a strategy's parameters (`manual:every=1,generation=2,idle`) stay
 * with it: a part with `=` and without `:` continues the one before. */
static struct gcs_names split(struct gcs_arena *arena, const char *list)
{
    size_t room = 1;
    for (const char *c = list; *c; c++)
        room += *c == ',';
    const char **names = gcs_arena_push(arena, room * sizeof *names);
    size_t count = 0;
    for (const char *from = list; from;) {
        const char *end = from + strcspn(from, ",");
        while (*end && memchr(end + 1, '=', strcspn(end + 1, ",")) &&
               !memchr(end + 1, ':', strcspn(end + 1, ",")))
            end += 1 + strcspn(end + 1, ",");
        names[count++] = gcs_arena_string(arena, from, (size_t)(end - from));
        from = *end ? end + 1 : NULL;
    }
    return (struct gcs_names){names, count};
}

static struct gcs_names one(struct gcs_arena *arena, const char *name)
{
    const char **names = gcs_arena_push(arena, sizeof *names);
    names[0] = name;
    return (struct gcs_names){names, 1};
}

/* A list of numbers or ranges in a study, as texts again. */
static struct gcs_names texts_of(struct gcs_arena *arena, const struct gcs_node *list)
{
    size_t count = gcs_node_count(list);
    const char **names = gcs_arena_push(arena, (count + 1) * sizeof *names);
    for (size_t i = 0; i < count; i++)
        names[i] = gcs_node_text(gcs_node_entry(list, i), "");
    return (struct gcs_names){names, count};
}

static void want_of_study(const struct input *input, struct gcs_arena *arena,
                          struct wanted *wanted)
{
    const struct gcs_study *study = &input->study;
    const struct gcs_node *root = gcs_config_root(input->config);
    wanted->models = study->models;
    wanted->strategies = study->strategies;
    wanted->thresholds = texts_of(arena, gcs_node_at(root, "thresholds"));
    wanted->threshold1 = texts_of(arena, gcs_node_at(root, "threshold1"));
    wanted->threshold2 = texts_of(arena, gcs_node_at(root, "threshold2"));
    wanted->cost = study->cost;
    wanted->seed = study->seed;
    wanted->seeds = study->seeds;
    wanted->program_gc = study->program_gc == GCS_PROGRAM_GC_IGNORE ? "ignore" : "honour";
    wanted->engine = study->engine;
    wanted->max_events = study->max_events;
    wanted->max_memory = study->max_memory;
}

static enum gcs_status want_of_options(const struct options *options, struct gcs_arena *arena,
                                       struct wanted *wanted, struct gcs_error *error)
{
    if (options->models)
        wanted->models = split(arena, options->models);
    if (options->strategies)
        wanted->strategies = split(arena, options->strategies);
    if (options->thresholds.count) {
        const char **texts = gcs_arena_push(arena, sizeof options->thresholds.word);
        memcpy(texts, options->thresholds.word, sizeof options->thresholds.word);
        wanted->thresholds = (struct gcs_names){texts, options->thresholds.count};
    }
    if (options->threshold1)
        wanted->threshold1 = one(arena, options->threshold1);
    if (options->threshold2)
        wanted->threshold2 = one(arena, options->threshold2);
    if (options->cost)
        wanted->cost = options->cost;
    if (options->program_gc)
        wanted->program_gc = options->program_gc;
    if (options->engine)
        wanted->engine = options->engine;
    GCS_TRY(options_whole(options->seed, "seed", GCS_UNIT_NONE, wanted->seed, &wanted->seed,
                          error));
    GCS_TRY(options_whole(options->seeds, "seeds", GCS_UNIT_NONE, wanted->seeds, &wanted->seeds,
                          error));
    GCS_TRY(options_whole(options->max_events, "max-events", GCS_UNIT_NONE, wanted->max_events,
                          &wanted->max_events, error));
    return options_whole(options->max_memory, "max-memory", GCS_UNIT_BYTES, wanted->max_memory,
                         &wanted->max_memory, error);
}

static enum gcs_status check_wanted(const struct wanted *wanted, const struct input *program,
                                    bool sweep, struct gcs_error *error)
{
    if (!gcs_same(wanted->program_gc, "honour") && !gcs_same(wanted->program_gc, "ignore"))
        return gcs_fail(error, GCS_INVALID, "--program-gc: '%s' is neither honour nor ignore",
                        wanted->program_gc);
    if (gcs_same(wanted->engine, "index"))
        return gcs_fail(error, GCS_LIMIT,
                        "--engine index: this gcsim has only the replay engine");
    if (!gcs_same(wanted->engine, "auto") && !gcs_same(wanted->engine, "replay"))
        return gcs_fail(error, GCS_INVALID, "--engine: '%s' is neither auto nor replay",
                        wanted->engine);
    if (wanted->seeds < 1 || wanted->seeds > 1000000)
        return gcs_fail(error, GCS_INVALID, "--seeds: %llu is not in 1 ... 1000000",
                        (unsigned long long)wanted->seeds);
    if (program->kind == INPUT_TRACE && wanted->seeds > 1)
        return gcs_fail(error, GCS_INVALID, "--seeds: a trace has one course; give a workload");
    if (!sweep && (wanted->models.count > 1 || wanted->strategies.count > 1))
        return gcs_fail(error, GCS_INVALID,
                        "run takes one model and one strategy: `gcsim sweep` takes several");
    return GCS_OK;
}

/* The three lists of one model's thresholds, places left out filled in. */
struct places {
    struct gcs_numbers place[GCS_GENERATIONS];
};

static enum gcs_status join(struct gcs_arena *arena, const struct gcs_names *lists,
                            struct gcs_numbers *numbers, struct gcs_error *error)
{
    for (size_t i = 0; i < lists->count; i++) {
        struct gcs_numbers more;
        GCS_TRY(gcs_numbers_parse(lists->names[i], arena, &more, error));
        int64_t *values =
            gcs_arena_push(arena, (numbers->count + more.count + 1) * sizeof *values);
        if (numbers->count)
            memcpy(values, numbers->values, numbers->count * sizeof *values);
        memcpy(values + numbers->count, more.values, more.count * sizeof *values);
        *numbers = (struct gcs_numbers){values, numbers->count + more.count};
    }
    return GCS_OK;
}

static enum gcs_status check_list(struct gcs_arena *arena, const struct gcs_names *list,
                                  const char *option, struct gcs_error *error)
{
    struct gcs_numbers numbers = {0};
    struct gcs_error why = {0};
    if (join(arena, list, &numbers, &why) == GCS_OK)
        return GCS_OK;
    return gcs_fail(error, GCS_INVALID, "--%s: %s", option, why.text);
}

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
            GCS_TRY(join(arena, lists[g], &places->place[g], error));
        if (places->place[g].count == 0)
            places->place[g] = (struct gcs_numbers){&model->threshold[g], 1};
        if (!sweep && places->place[g].count > 1)
            return gcs_fail(error, GCS_INVALID,
                            "run takes one setting: `gcsim sweep` takes ranges of thresholds");
    }
    return GCS_OK;
}

static int load_strategies(struct trials *trials, const struct wanted *wanted,
                           const struct gcs_strategy **strategies)
{
    struct gcs_strategy *all =
        gcs_arena_push(&trials->arena, wanted->strategies.count * sizeof *all);
    for (size_t i = 0; i < wanted->strategies.count; i++) {
        const char *name = wanted->strategies.names[i], *colon = strchr(name, ':');
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

/* A model's own profile: the one measured on it, or 3.11's, assumed. */
static int load_cost(struct trials *trials, const char *wanted, const struct gcs_model *model,
                     struct gcs_cost *cost)
{
    char name[64];
    if (wanted)
        return load_cost_document(trials, wanted, cost);
    snprintf(name, sizeof name, "cpython-3.%u", model->minor);
    if (!embedded_find("costs", name)) {
        snprintf(name, sizeof name, "cpython-3.11");
        trials->cost_assumed |= model->minor != 0;
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

/* A failure that is the study's: it tells the place in its file. */
static enum gcs_status fail_in_study(const struct trials *trials, const struct gcs_node *node,
                                     const char *why, struct gcs_error *error)
{
    snprintf(error->file, sizeof error->file, "%.250s", trials->input->path);
    return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s", why);
}

static const struct gcs_node *axis_node(const struct trials *trials, size_t axis)
{
    return gcs_node_entry(gcs_node_at(gcs_config_root(trials->input->config), "axes"), axis);
}

/* A workload's configuration with the axes' values set, read anew. */
static enum gcs_status varied_config(struct trials *trials, const char *const *paths,
                                     const char *const *values, size_t count,
                                     const struct gcs_config **config, struct gcs_error *error)
{
    struct gcs_text text;
    struct gcs_config *fresh;
    gcs_text_init(&text, NULL);
    gcs_config_print(trials->program->kind == INPUT_STUDY
                         ? gcs_config_program(trials->program->config)
                         : trials->program->config,
                     &text);
    enum gcs_status status =
        gcs_config_read(text.data, text.length, &trials->arena, &fresh, error);
    gcs_text_fini(&text);
    for (size_t i = 0; i < count && status == GCS_OK; i++) {
        struct gcs_error why = {0};
        if (gcs_config_set(fresh, paths[i], values[i], &why) != GCS_OK)
            status = fail_in_study(trials, axis_node(trials, i), why.text, error);
    }
    struct gcs_error why = {0};
    if (status == GCS_OK &&
        gcs_config_finish(fresh, &why) != GCS_OK) { /* a value out of bounds */
        const struct gcs_node *axes =
            gcs_node_at(gcs_config_root(trials->input->config), "axes");
        for (size_t i = 0; i < count; i++)
            if (gcs_same(why.where, paths[i]))
                axes = axis_node(trials, i);
        return fail_in_study(trials, axes, why.text, error);
    }
    *config = fresh;
    return status;
}

static enum gcs_status count_points(const struct trials *trials, const struct wanted *wanted,
                                    size_t *points, struct gcs_error *error)
{
    const struct gcs_study *study =
        trials->input->kind == INPUT_STUDY ? &trials->input->study : NULL;
    *points = 1;
    for (size_t i = 0; study && i < study->axis_count; i++) {
        size_t count = study->axes[i].values.count;
        if (count == 0)
            return fail_in_study(trials, axis_node(trials, i), "an axis has at least one value",
                                 error);
        if (count > TRIALS_MAX / *points)
            return fail_in_study(trials, axis_node(trials, i),
                                 "too many points on all axes together", error);
        *points *= count;
    }
    if (wanted->seeds > TRIALS_MAX / *points)
        return gcs_fail(error, GCS_INVALID, "%zu points on the axes x %llu seeds are too many",
                        *points, (unsigned long long)wanted->seeds);
    return GCS_OK;
}

/* One workload for each point of the axes. */
static enum gcs_status make_programs(struct trials *trials, const struct wanted *wanted,
                                     struct gcs_error *error)
{
    const struct gcs_study *study =
        trials->input->kind == INPUT_STUDY ? &trials->input->study : NULL;
    size_t axes = study ? study->axis_count : 0, points;
    GCS_TRY(count_points(trials, wanted, &points, error));
    if (trials->program->kind == INPUT_TRACE && axes)
        return gcs_fail(error, GCS_INVALID, "axes: a trace has no keys to vary");
    trials->plan.program_count = points * (size_t)wanted->seeds;
    trials->plan.programs = calloc(trials->plan.program_count, sizeof *trials->plan.programs);
    trials->workloads = calloc(points, sizeof *trials->workloads);
    GCS_REQUIRE(trials->plan.programs != NULL && trials->workloads != NULL);
    for (size_t point = 0; point < points; point++) {
        const char **paths = gcs_arena_push(&trials->arena, (axes + 1) * sizeof *paths);
        const char **values = gcs_arena_push(&trials->arena, (axes + 1) * sizeof *values);
        char name[512] = "";
        size_t rest = point;
        for (size_t i = axes; i-- > 0;) {
            const struct gcs_axis *axis = &study->axes[i];
            paths[i] = axis->path;
            values[i] = axis->values.names[rest % axis->values.count];
            rest /= axis->values.count;
        }
        for (size_t i = 0; i < axes; i++)
            snprintf(name + strlen(name), sizeof name - strlen(name), "%s%s=%s", i ? " " : "",
                     paths[i], values[i]);
        struct gcs_workload *workload = NULL;
        if (trials->program->kind != INPUT_TRACE) {
            const struct gcs_config *config = trials->program->kind == INPUT_STUDY
                                                  ? gcs_config_program(trials->program->config)
                                                  : trials->program->config;
            if (axes)
                GCS_TRY(varied_config(trials, paths, values, axes, &config, error));
            GCS_TRY(gcs_workload_read(config, &workload, error));
            trials->workloads[trials->workload_count++] = workload;
        }
        for (uint64_t s = 0; s < wanted->seeds; s++)
            trials->plan.programs[point * wanted->seeds + s] = (struct gcs_program){
                .trace = trials->program->trace,
                .workload = workload,
                .seed = wanted->seed + s,
                .max_events = wanted->max_events,
                .axes = axes ? gcs_arena_string(&trials->arena, name, strlen(name)) : NULL,
            };
    }
    return GCS_OK;
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
        code = load_cost(trials, wanted->cost, found[m], &costs[m]);
    }
    struct corner corner = {.trials = trials, .wanted = wanted};
    for (size_t p = 0; p < trials->plan.program_count; p++)
        for (size_t m = 0; m < models && code == EXIT_DONE; m++) {
            corner.program = p;
            corner.model = found[m];
            corner.cost = &costs[m];
            code = add_model(trials, &corner, wanted, strategies, sweep);
        }
    if (models)
        trials->cost_name = costs[0].name;
    return code;
}

/* A YAML string in double quotes. */
static void print_quoted(struct gcs_text *text, const char *string)
{
    gcs_text_add(text, "\"");
    for (const char *c = string; *c; c++)
        if (*c == '"' || *c == '\\')
            gcs_text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < ' ')
            gcs_text_add(text, "\\x%02x", (unsigned)*c);
        else
            gcs_text_add_bytes(text, c, 1);
    gcs_text_add(text, "\"");
}

static void print_list(struct gcs_text *text, const char *key, const struct gcs_names *names)
{
    gcs_text_add(text, "%s: [", key);
    for (size_t i = 0; i < names->count; i++) {
        if (i)
            gcs_text_add(text, ", ");
        print_quoted(text, names->names[i]);
    }
    gcs_text_add(text, "]\n");
}

static void print_text(struct gcs_text *text, const char *key, const char *value)
{
    gcs_text_add(text, "%s: ", key);
    print_quoted(text, value);
    gcs_text_add(text, "\n");
}

/* The program written inside a study: its own YAML, two columns to the right. */
static void print_program(const struct gcs_config *config, struct gcs_text *text)
{
    struct gcs_text inner;
    gcs_text_init(&inner, NULL);
    gcs_config_print(config, &inner);
    gcs_text_add(text, "program:\n");
    for (const char *line = inner.data; line && *line;) {
        size_t length = strcspn(line, "\n");
        gcs_text_add(text, "%s%.*s\n", length ? "  " : "", (int)length, line);
        line += length + (line[length] == '\n');
    }
    gcs_text_fini(&inner);
}

/* Every key as used: a study that gives the same bytes again. */
static enum gcs_status print_effective(struct trials *trials, const struct wanted *wanted,
                                       struct gcs_error *error)
{
    struct gcs_text text;
    struct gcs_config *config;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "study: effective\nversion: \"%s\"\n", gcs_version());
    gcs_text_add(&text, "digest: \"%s\"\n", trials->program->digest.hex);
    print_list(&text, "models", &wanted->models);
    print_list(&text, "thresholds", &wanted->thresholds);
    print_list(&text, "threshold1", &wanted->threshold1);
    print_list(&text, "threshold2", &wanted->threshold2);
    print_list(&text, "strategies", &wanted->strategies);
    if (trials->input->kind == INPUT_STUDY && trials->input->study.axis_count) {
        gcs_text_add(&text, "axes:\n");
        for (size_t i = 0; i < trials->input->study.axis_count; i++) {
            gcs_text_add(&text, "  ");
            print_list(&text, trials->input->study.axes[i].path,
                       &trials->input->study.axes[i].values);
        }
    }
    if (wanted->cost)
        print_text(&text, "cost", wanted->cost);
    gcs_text_add(&text,
                 "seed: %llu\nseeds: %llu\nprogram_gc: %s\nengine: %s\nmax_events: %llu\n",
                 (unsigned long long)wanted->seed, (unsigned long long)wanted->seeds,
                 wanted->program_gc, wanted->engine, (unsigned long long)wanted->max_events);
    if (trials->program->kind == INPUT_TRACE)
        print_text(&text, "input", trials->program->path);
    else if (trials->program->kind == INPUT_WORKLOAD)
        print_program(trials->program->config, &text);
    else
        print_program(gcs_config_program(trials->program->config), &text);
    enum gcs_status status =
        gcs_config_read(text.data, text.length, &trials->arena, &config, error);
    if (status == GCS_OK)
        status = gcs_config_finish(config, error);
    if (status == GCS_OK)
        gcs_config_print(config, &trials->effective);
    gcs_text_fini(&text);
    return status;
}

/* A study names its program inline, or by the path of another input (its digest must fit). */
static int open_program(struct trials *trials, const struct options *options)
{
    struct input *input = trials->input;
    trials->program = input;
    if (input->kind != INPUT_STUDY)
        return EXIT_DONE;
    if (input->study.program) {
        struct gcs_text text;
        gcs_text_init(&text, NULL);
        gcs_config_print(input->study.program, &text);
        input->digest = gcs_digest_of(text.data, text.length);
        gcs_text_fini(&text);
        input->name = gcs_config_name(input->study.program);
        return EXIT_DONE;
    }
    if (!input->study.input) {
        print_usage_error("%s: a study needs `input:` or `program:`", input->path);
        return EXIT_USAGE;
    }
    struct options plain = *options;
    plain.sets.count = 0; /* applied to the study already */
    int code = input_open(&trials->inner, input->study.input, &plain);
    trials->program = &trials->inner;
    if (code == EXIT_DONE && trials->inner.kind == INPUT_STUDY) {
        print_usage_error("%s: input: %s is a study, too: a workload or a trace is expected",
                          input->path, input->study.input);
        return EXIT_USAGE;
    }
    if (code == EXIT_DONE && input->study.digest && input->study.digest[0] &&
        !gcs_same(input->study.digest, trials->inner.digest.hex)) {
        struct gcs_error error = {0};
        char why[512];
        snprintf(why, sizeof why, "%.300s has changed since (it is %s now)", input->study.input,
                 trials->inner.digest.hex);
        fail_in_study(trials, gcs_node_at(gcs_config_root(input->config), "digest"), why,
                      &error);
        print_error(input->path, &error);
        return EXIT_USAGE;
    }
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
    *wanted = (struct wanted){.seed = 1,
                              .seeds = 1,
                              .program_gc = "honour",
                              .engine = "auto",
                              .max_memory = trials->input->memory.limit};
    if (trials->input->kind == INPUT_STUDY) {
        want_of_study(trials->input, &trials->arena, wanted);
        if (wanted->max_memory == 0)
            wanted->max_memory = trials->input->memory.limit;
    }
    GCS_TRY(want_of_options(options, &trials->arena, wanted, error));
    if (!wanted->models.count)
        wanted->models = one(&trials->arena, gcs_model_newest()->name);
    if (!wanted->strategies.count)
        wanted->strategies = one(&trials->arena, "default");
    if (!wanted->thresholds.count)
        wanted->thresholds =
            sweep ? default_sweep(&trials->arena) : one(&trials->arena, "default");
    GCS_TRY(check_wanted(wanted, trials->program, sweep, error));
    GCS_TRY(check_list(&trials->arena, &wanted->threshold1, "threshold1", error));
    GCS_TRY(check_list(&trials->arena, &wanted->threshold2, "threshold2", error));
    GCS_TRY(options_whole(options->jobs, "jobs", GCS_UNIT_NONE, count_cores(), &jobs, error));
    if (jobs < 1 || jobs > 256)
        return gcs_fail(error, GCS_INVALID, "--jobs: %llu is not in 1 ... 256",
                        (unsigned long long)jobs);
    trials->plan.jobs = (unsigned)jobs;
    trials->plan.max_memory = (size_t)wanted->max_memory;
    trials->plan.check = options->paranoid;
    return make_programs(trials, wanted, error);
}

int trials_make(struct trials *trials, struct input *input, const struct options *options,
                bool sweep)
{
    struct gcs_error error = {0};
    struct wanted wanted;
    *trials = (struct trials){.input = input};
    gcs_arena_init(&trials->arena);
    gcs_text_init(&trials->effective, NULL);
    int code = open_program(trials, options);
    if (code != EXIT_DONE)
        return code;
    enum gcs_status status = make_plan(trials, options, &wanted, sweep, &error);
    if (status == GCS_OK) {
        code = add_trials(trials, &wanted, sweep);
        if (code == EXIT_DONE && options->output)
            status = print_effective(trials, &wanted, &error);
    }
    if (status != GCS_OK) {
        print_error(error.line ? trials->program->path : NULL, &error);
        return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    if (code == EXIT_DONE && !sweep && trials->plan.trial_count != 1) {
        print_usage_error("run takes one setting: `gcsim sweep` takes several");
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
