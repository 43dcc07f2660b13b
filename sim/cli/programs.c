/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The programs of a study: where their traces come from, and a workload for each point of the
 * axes. */
#include "trials.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A failure that is the study's: it tells the place in its file. */
static enum gcs_status fail_in_study(const struct trials *trials, const struct gcs_node *node,
                                     const char *why, struct gcs_error *error)
{
    snprintf(error->file, sizeof error->file, "%.250s", trials->input->path);
    return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s", why);
}

static const struct gcs_node *study_node(const struct trials *trials, const char *list,
                                         size_t index)
{
    return gcs_node_entry(gcs_node_at(gcs_config_root(trials->input->config), list), index);
}

/* What is different at one point of the study. */
struct variant {
    const char **paths, **values;
    const struct gcs_node **nodes; /* to blame */
    size_t count;
    const char *name; /* NULL: nothing is different */
};

static size_t values_at_most(const struct gcs_study *study)
{
    size_t most = 0;
    for (size_t i = 0; i < study->case_count; i++)
        if (study->cases[i].paths.count > most)
            most = study->cases[i].paths.count;
    return most + study->axis_count;
}

static void add_value(struct variant *variant, const char *path, const char *value,
                      const struct gcs_node *node)
{
    variant->paths[variant->count] = path;
    variant->values[variant->count] = value;
    variant->nodes[variant->count++] = node;
}

/* Points go through the cases, for each of them through the axes, the last axis fastest. */
static struct variant variant_at(struct trials *trials, size_t point)
{
    const struct gcs_study *study = &trials->input->study;
    struct gcs_arena *arena = &trials->arena;
    struct variant variant = {0};
    struct gcs_text name;
    size_t room = values_at_most(study) + 1, rest = point;
    size_t *places = gcs_arena_push(arena, room * sizeof *places);
    variant.paths = gcs_arena_push(arena, room * sizeof *variant.paths);
    variant.values = gcs_arena_push(arena, room * sizeof *variant.values);
    variant.nodes = gcs_arena_push(arena, room * sizeof *variant.nodes);
    for (size_t i = study->axis_count; i-- > 0;) {
        places[i] = rest % study->axes[i].values.count;
        rest /= study->axes[i].values.count;
    }
    gcs_text_init(&name, NULL);
    if (study->case_count) {
        const struct gcs_case *one = &study->cases[rest];
        for (size_t i = 0; i < one->paths.count; i++)
            add_value(&variant, one->paths.names[i], one->values.names[i],
                      gcs_node_entry(study_node(trials, "cases", rest), i));
        gcs_text_add(&name, "%s", one->name);
    }
    for (size_t i = 0; i < study->axis_count; i++) {
        const struct gcs_axis *axis = &study->axes[i];
        add_value(&variant, axis->path, axis->values.names[places[i]],
                  study_node(trials, "axes", i));
        gcs_text_add(&name, "%s%s=%s", name.length ? " " : "", axis->path,
                     axis->values.names[places[i]]);
    }
    if (name.length)
        variant.name = gcs_arena_string(arena, name.data, name.length);
    gcs_text_fini(&name);
    return variant;
}

/* A workload's configuration with the variant's values set, read anew. */
static enum gcs_status varied_config(struct trials *trials, const struct variant *variant,
                                     const struct gcs_config **config, struct gcs_error *error)
{
    struct gcs_text text;
    struct gcs_config *fresh;
    gcs_text_init(&text, NULL);
    gcs_config_print(*config, &text);
    enum gcs_status status =
        gcs_config_read(text.data, text.length, &trials->arena, &fresh, error);
    gcs_text_fini(&text);
    for (size_t i = 0; i < variant->count && status == GCS_OK; i++) {
        struct gcs_error why = {0};
        if (gcs_config_set(fresh, variant->paths[i], variant->values[i], &why) != GCS_OK)
            status = fail_in_study(trials, variant->nodes[i], why.text, error);
    }
    struct gcs_error why = {0};
    if (status == GCS_OK &&
        gcs_config_finish(fresh, &why) != GCS_OK) { /* a value out of bounds */
        const struct gcs_node *blamed = variant->nodes[0];
        for (size_t i = 0; i < variant->count; i++)
            if (gcs_same(why.where, variant->paths[i]))
                blamed = variant->nodes[i];
        return fail_in_study(trials, blamed, why.text, error);
    }
    *config = fresh;
    return status;
}

static enum gcs_status count_points(const struct trials *trials, const struct wanted *wanted,
                                    size_t *points, struct gcs_error *error)
{
    const struct gcs_study *study =
        trials->input->kind == INPUT_STUDY ? &trials->input->study : NULL;
    *points = study && study->case_count ? study->case_count : 1;
    for (size_t i = 0; study && i < study->axis_count; i++) {
        size_t count = study->axes[i].values.count;
        if (count == 0)
            return fail_in_study(trials, study_node(trials, "axes", i),
                                 "an axis has at least one value", error);
        if (count > TRIALS_MAX / *points)
            return fail_in_study(trials, study_node(trials, "axes", i),
                                 "too many points on all axes together", error);
        *points *= count;
    }
    if (wanted->seeds > TRIALS_MAX / *points)
        return gcs_fail(error, GCS_INVALID, "%zu points on the axes x %llu seeds are too many",
                        *points, (unsigned long long)wanted->seeds);
    return GCS_OK;
}

static enum gcs_status make_workload(struct trials *trials, const struct variant *variant,
                                     const struct gcs_workload **workload,
                                     struct gcs_error *error)
{
    const struct gcs_config *config = trials->program->kind == INPUT_STUDY
                                          ? gcs_config_program(trials->program->config)
                                          : trials->program->config;
    struct gcs_workload *made = NULL;
    *workload = NULL;
    if (trials->program->kind == INPUT_TRACE)
        return GCS_OK;
    if (variant->count)
        GCS_TRY(varied_config(trials, variant, &config, error));
    GCS_TRY(gcs_workload_read(config, &made, error));
    trials->workloads[trials->workload_count++] = made;
    *workload = made;
    return GCS_OK;
}

/* One workload for each case and each point of the axes. */
enum gcs_status programs_make(struct trials *trials, const struct wanted *wanted,
                              struct gcs_error *error)
{
    const struct gcs_study *study =
        trials->input->kind == INPUT_STUDY ? &trials->input->study : NULL;
    size_t points;
    GCS_TRY(count_points(trials, wanted, &points, error));
    if (trials->program->kind == INPUT_TRACE && study && study->axis_count + study->case_count)
        return gcs_fail(error, GCS_INVALID, "%s: a trace has no keys to vary",
                        study->axis_count ? "axes" : "cases");
    trials->plan.program_count = points * (size_t)wanted->seeds;
    trials->plan.programs = calloc(trials->plan.program_count, sizeof *trials->plan.programs);
    trials->workloads = calloc(points, sizeof *trials->workloads);
    GCS_REQUIRE(trials->plan.programs != NULL && trials->workloads != NULL);
    for (size_t point = 0; point < points; point++) {
        const struct variant variant = study ? variant_at(trials, point) : (struct variant){0};
        const struct gcs_workload *workload;
        GCS_TRY(make_workload(trials, &variant, &workload, error));
        for (uint64_t s = 0; s < wanted->seeds; s++)
            trials->plan.programs[point * wanted->seeds + s] = (struct gcs_program){
                .trace = trials->program->trace,
                .workload = workload,
                .seed = wanted->seed + s,
                .max_events = wanted->max_events,
                .axes = variant.name,
            };
    }
    return GCS_OK;
}

/* A study names its program inline, or by the path of another input (its digest must fit). */
int program_open(struct trials *trials, const struct options *options)
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
