/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is wanted: options win over a study's keys; what neither says has a default. */
#include "trials.h"

#include <stdio.h>
#include <string.h>

/* Of a workload, unless somebody says how many. */
enum { COMPARED_SEEDS = 10 };

/* What workloads mark at the end of their start. */
#define STARTUP "startup-done"

/* What `gcsim sweep INPUT` alone tries: 12 values, and the model's own. */
static struct gcs_names default_sweep(struct gcs_arena *arena)
{
    static const char *const texts[] = {"300:100k:log12", "default"};
    const char **names = gcs_arena_push(arena, sizeof texts);
    memcpy(names, texts, sizeof texts);
    return (struct gcs_names){names, 2};
}

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
    wanted->trials = study->trials;
    wanted->cost = study->cost;
    wanted->seed = study->seed;
    wanted->seeds = study->seeds;
    wanted->program_gc = study->program_gc == GCS_PROGRAM_GC_IGNORE ? "ignore" : "honour";
    wanted->memory = study->memory;
    wanted->engine = study->engine;
    wanted->max_events = study->max_events;
    wanted->max_memory = study->max_memory;
    wanted->columns = study->columns;
    wanted->warmup = study->warmup;
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
    bool sought = false;
    for (size_t i = 0; i < wanted->thresholds.count; i++)
        sought |= strstr(wanted->thresholds.names[i], "auto") != NULL;
    if (options->trials && !sought)
        return gcs_fail(error, GCS_INVALID,
                        "--trials: goes with `-t auto`, which is not there");
    if (options->threshold1)
        wanted->threshold1 = one(arena, options->threshold1);
    if (options->threshold2)
        wanted->threshold2 = one(arena, options->threshold2);
    if (options->columns)
        wanted->columns = split(arena, options->columns);
    if (options->cost)
        wanted->cost = options->cost;
    if (options->program_gc)
        wanted->program_gc = options->program_gc;
    if (options->memory)
        wanted->memory = options->memory;
    if (options->warmup)
        wanted->warmup = options->warmup;
    if (options->engine)
        wanted->engine = options->engine;
    GCS_TRY(options_whole(options->trials, "trials", GCS_UNIT_NONE, wanted->trials,
                          &wanted->trials, error));
    GCS_TRY(options_whole(options->seed, "seed", GCS_UNIT_NONE, wanted->seed, &wanted->seed,
                          error));
    GCS_TRY(options_whole(options->seeds, "seeds", GCS_UNIT_NONE, wanted->seeds, &wanted->seeds,
                          error));
    GCS_TRY(options_whole(options->max_events, "max-events", GCS_UNIT_NONE, wanted->max_events,
                          &wanted->max_events, error));
    return options_whole(options->max_memory, "max-memory", GCS_UNIT_BYTES, wanted->max_memory,
                         &wanted->max_memory, error);
}

/* An option that is a study's key, too, has the key's bounds. */
static enum gcs_status check_bounds(const char *key, uint64_t value, struct gcs_error *error)
{
    const struct gcs_key *row = gcs_key_find(GCS_DOCUMENT_STUDY, key);
    if ((double)value >= row->minimum && (double)value <= row->maximum)
        return GCS_OK;
    return gcs_fail(error, GCS_INVALID, "--%s: %llu is not in %.0f ... %.0f", key,
                    (unsigned long long)value, row->minimum, row->maximum);
}

static enum gcs_status check_wanted(const struct wanted *wanted, const struct input *program,
                                    bool sweep, struct gcs_error *error)
{
    if (!gcs_same(wanted->program_gc, "honour") && !gcs_same(wanted->program_gc, "ignore"))
        return gcs_fail(error, GCS_INVALID, "--program-gc: '%s' is neither honour nor ignore",
                        wanted->program_gc);
    if (!gcs_same(wanted->memory, "sum") && !gcs_same(wanted->memory, "pymalloc"))
        return gcs_fail(error, GCS_INVALID, "--memory: '%s' is neither sum nor pymalloc",
                        wanted->memory);
    if (!gcs_same(wanted->engine, "auto") && !gcs_same(wanted->engine, "replay") &&
        !gcs_same(wanted->engine, "index"))
        return gcs_fail(error, GCS_INVALID, "--engine: '%s' is none of auto, replay, index",
                        wanted->engine);
    GCS_TRY(check_bounds("trials", wanted->trials, error));
    GCS_TRY(check_bounds("seeds", wanted->seeds, error));
    if (wanted->seed > UINT64_MAX - wanted->seeds)
        return gcs_fail(error, GCS_INVALID, "--seed: %llu is too large",
                        (unsigned long long)wanted->seed);
    if (program->kind == INPUT_TRACE && wanted->seeds > 1)
        return gcs_fail(error, GCS_INVALID, "--seeds: a trace has one course; give a workload");
    if (!sweep && (wanted->models.count > 1 || wanted->strategies.count > 1))
        return gcs_fail(error, GCS_INVALID,
                        "one model and one strategy are expected: `gcsim sweep` takes several");
    return GCS_OK;
}

enum gcs_status numbers_join(struct gcs_arena *arena, const struct gcs_names *lists,
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
    if (numbers_join(arena, list, &numbers, &why) == GCS_OK)
        return GCS_OK;
    return gcs_fail(error, GCS_INVALID, "--%s: %s", option, why.text);
}

/* What a comparison leaves out: what was asked for, or all up to the end of start-up. */
static struct gcs_warmup cut_of(const char *warmup)
{
    struct gcs_warmup cut = {0};
    const char *why;
    if (!warmup)
        cut.mark = STARTUP;
    else if (!gcs_parse_whole(warmup, strlen(warmup), GCS_UNIT_TIME, &cut.ns, &why))
        cut.mark = warmup;
    return cut;
}

enum gcs_status wanted_gather(struct trials *trials, const struct options *options, bool sweep,
                              struct wanted *wanted, struct gcs_error *error)
{
    size_t memory = trials->input->memory.limit;
    *wanted = (struct wanted){.several = sweep,
                              .may_seek = sweep && !options->compare,
                              .trials = 60,
                              .seed = 1,
                              .seeds = 1,
                              .program_gc = "honour",
                              .memory = "sum",
                              .engine = "auto",
                              .max_memory = memory};
    if (trials->input->kind == INPUT_STUDY)
        want_of_study(trials->input, &trials->arena, wanted);
    if (wanted->max_memory == 0)
        wanted->max_memory = memory;
    if (options->compare && trials->input->kind == INPUT_WORKLOAD)
        wanted->seeds = COMPARED_SEEDS;
    GCS_TRY(want_of_options(options, &trials->arena, wanted, error));
    if (!wanted->models.count)
        wanted->models = one(&trials->arena, gcs_model_newest()->name);
    if (!wanted->strategies.count)
        wanted->strategies = one(&trials->arena, "default");
    if (!wanted->thresholds.count)
        wanted->thresholds = sweep && !options->compare ? default_sweep(&trials->arena)
                                                        : one(&trials->arena, "default");
    if (options->compare)
        wanted->cut = cut_of(wanted->warmup);
    GCS_TRY(check_wanted(wanted, trials->program, sweep, error));
    GCS_TRY(check_list(&trials->arena, &wanted->threshold1, "threshold1", error));
    return check_list(&trials->arena, &wanted->threshold2, "threshold2", error);
}

bool column_check(const char *name, char *why, size_t size)
{
    const char *names[64];
    size_t known = 0;
    if (gcs_column_find(&gcs_summary_file, name))
        return true;
    for (; known < gcs_summary_file.count && known < 64; known++)
        names[known] = gcs_summary_file.columns[known].name;
    const char *nearest = gcs_nearest(name, names, known);
    if (nearest)
        snprintf(why, size, "summary.csv has no '%.60s' (did you mean '%s'?)", name, nearest);
    else
        snprintf(why, size, "summary.csv has no '%.60s': see `gcsim list columns`", name);
    return false;
}
