/* SPDX-License-Identifier: GPL-3.0-or-later */
/* effective.yaml: every key as used, a study that gives the same bytes again. */
#include "trials.h"

#include <string.h>

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

/* What the study varies about the program. */
static void print_variants(const struct gcs_study *study, struct gcs_text *text)
{
    if (study->case_count)
        gcs_text_add(text, "cases:\n");
    for (size_t i = 0; i < study->case_count; i++) {
        const struct gcs_case *one = &study->cases[i];
        gcs_text_add(text, "  %s:%s\n", one->name, one->paths.count ? "" : " {}");
        for (size_t p = 0; p < one->paths.count; p++) {
            gcs_text_add(text, "    ");
            print_text(text, one->paths.names[p], one->values.names[p]);
        }
    }
    if (study->axis_count)
        gcs_text_add(text, "axes:\n");
    for (size_t i = 0; i < study->axis_count; i++) {
        gcs_text_add(text, "  ");
        print_list(text, study->axes[i].path, &study->axes[i].values);
    }
}

/* Every key as used: a study that gives the same bytes again. */
enum gcs_status effective_print(struct trials *trials, const struct wanted *wanted,
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
    if (trials->input->kind == INPUT_STUDY)
        print_variants(&trials->input->study, &text);
    if (wanted->cost)
        print_text(&text, "cost", wanted->cost);
    if (wanted->warmup)
        print_text(&text, "warmup", wanted->warmup);
    gcs_text_add(&text,
                 "seed: %llu\nseeds: %llu\nprogram_gc: %s\nmemory: %s\nengine: %s\n"
                 "max_events: %llu\n",
                 (unsigned long long)wanted->seed, (unsigned long long)wanted->seeds,
                 wanted->program_gc, wanted->memory, wanted->engine,
                 (unsigned long long)wanted->max_events);
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
