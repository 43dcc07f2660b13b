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
enum gcs_status programs_make(struct trials *trials, const struct wanted *wanted,
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
