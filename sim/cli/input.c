/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An input is what its first bytes say: a trace in either form, or a YAML document. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static bool ends_in(const char *path, const char *end)
{
    size_t length = strlen(path), tail = strlen(end);
    return length > tail && gcs_same(path + length - tail, end);
}

/* A damaged trace is told by its name, so that the complaint is about traces. */
static bool is_trace(const char *path, const struct bytes *bytes)
{
    return (bytes->size >= 4 && memcmp(bytes->data, "gctr", 4) == 0) ||
           (bytes->size >= 1 && bytes->data[0] == 0x89) || ends_in(path, ".gctrace") ||
           ends_in(path, ".gctb");
}

void input_print_error(const struct input *input, struct gcs_error *error)
{
    if (error->has_event && error->line == 0) {
        char text[sizeof error->text];
        memcpy(text, error->text, sizeof text);
        uint64_t line = input->bytes.data ? gcs_trace_line_of(input->bytes.data,
                                                              input->bytes.size, error->event)
                                          : 0;
        if (line)
            error->line = line;
        if (line || !input->trace)
            snprintf(error->text, sizeof error->text, "event %llu: %.300s",
                     (unsigned long long)error->event, text);
        else
            snprintf(error->text, sizeof error->text, "block %llu, event %llu: %.300s",
                     (unsigned long long)gcs_trace_block_of(input->trace, error->event),
                     (unsigned long long)error->event, text);
    }
    print_error(input->path, error);
}

static int refuse(const struct input *input, struct gcs_error *error)
{
    input_print_error(input, error);
    return error->status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

static enum gcs_status apply_sets(struct gcs_config *config, const struct options *options,
                                  struct gcs_arena *arena, struct gcs_error *error)
{
    for (size_t i = 0; i < options->sets.count; i++) {
        const char *word = options->sets.word[i], *equals = strchr(word, '=');
        if (!equals)
            return gcs_fail(error, GCS_INVALID, "--set %s: KEY=VALUE is expected", word);
        char *key = gcs_arena_string(arena, word, (size_t)(equals - word));
        GCS_TRY(gcs_config_set(config, key, equals + 1, error));
    }
    return GCS_OK;
}

/* Files that the document names stand relative to it. */
static enum gcs_status read_files(const struct input *input, struct gcs_config *config,
                                  struct gcs_error *error)
{
    enum { FILE_MAX = 1 << 20 };
    const char *name;
    const struct gcs_node *node;
    while ((node = gcs_config_file_wanted(config, &name))) {
        const char *slash = *name == '/' ? NULL : strrchr(input->path, '/');
        int folder = slash ? (int)(slash - input->path) + 1 : 0;
        char path[1024];
        struct bytes bytes;
        int length = snprintf(path, sizeof path, "%.*s%s", folder, input->path, name);
        if (length >= (int)sizeof path || !file_is_regular(path))
            return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                            "'%.200s' is no file that can be read", path);
        int why = file_take(path, FILE_MAX, &bytes);
        if (why)
            return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                            "'%.200s' cannot be read: %s", path,
                            why == EFBIG ? "larger than 1 MiB" : strerror(why));
        enum gcs_status status = gcs_config_file_take(config, bytes.data, bytes.size, error);
        bytes_free(&bytes);
        GCS_TRY(status);
    }
    return GCS_OK;
}

/* A knob that the document has no more use for, because it gives the values one by one. */
static void warn_unused(const struct input *input, const struct options *options)
{
    const struct gcs_key *instead, *key;
    for (size_t i = 0; (key = gcs_config_unused(input->config, i, &instead)); i++)
        warn(options->quiet, "--set %s has no effect: nothing in %s refers to it; set %s",
             key->path, input->name, instead->path);
}

/* Columns are of summary.csv, which configurations know nothing of. */
static enum gcs_status check_columns(const struct gcs_config *config,
                                     const struct gcs_study *study, struct gcs_error *error)
{
    const struct gcs_node *list = gcs_node_at(gcs_config_root(config), "columns");
    for (size_t i = 0; i < study->columns.count; i++) {
        char why[160];
        if (!column_check(study->columns.names[i], why, sizeof why))
            return gcs_fail(gcs_node_blame(gcs_node_entry(list, i), error), GCS_INVALID, "%s",
                            why);
    }
    return GCS_OK;
}

static enum gcs_status read_config(struct input *input, const struct options *options,
                                   struct gcs_error *error)
{
    struct gcs_config *config;
    GCS_TRY(
        gcs_config_read(input->bytes.data, input->bytes.size, &input->arena, &config, error));
    if (gcs_config_document(config) == GCS_DOCUMENT_STUDY)
        input->kind = INPUT_STUDY;
    else
        GCS_TRY(gcs_config_expect(config, GCS_DOCUMENT_WORKLOAD, error));
    GCS_TRY(apply_sets(config, options, &input->arena, error));
    GCS_TRY(read_files(input, config, error));
    GCS_TRY(gcs_config_finish(config, error));
    input->config = config;
    input->name = gcs_config_name(config);
    warn_unused(input, options);
    if (input->kind == INPUT_STUDY) {
        GCS_TRY(gcs_study_read(config, &input->arena, &input->study, error));
        GCS_TRY(check_columns(config, &input->study, error));
    }
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_config_print(config, &text);
    input->digest = gcs_digest_of(text.data, text.length);
    gcs_text_fini(&text);
    return GCS_OK;
}

static enum gcs_status read_trace(struct input *input, const struct options *options,
                                  struct gcs_error *error)
{
    if (options->sets.count)
        return gcs_fail(
            error, GCS_INVALID,
            "--set is for workloads: a trace has no keys (make it from a workload)");
    GCS_TRY(gcs_trace_read(input->bytes.data, input->bytes.size, &input->memory, &input->trace,
                           error));
    input->digest = input->trace->digest;
    const char *slash = strrchr(input->path, '/');
    input->name = slash ? slash + 1 : input->path;
    return GCS_OK;
}

int input_open(struct input *input, const char *path, const struct options *options)
{
    struct gcs_error error = {0};
    uint64_t limit;
    *input = (struct input){.path = path, .kind = INPUT_WORKLOAD};
    gcs_arena_init(&input->arena);
    if (options_whole(options->max_memory, "max-memory", GCS_UNIT_BYTES,
                      memory_available() / 10 * 9, &limit, &error) != GCS_OK) {
        print_error(NULL, &error);
        return EXIT_USAGE;
    }
    input->memory.limit = (size_t)limit;
    const char *kind = embedded_find("studies", path) ? "studies" : "workloads";
    if (!file_is_regular(path) && embedded_find(kind, path)) {
        char file[256];
        if (!document_find(kind, "input", path, &input->bytes, file, sizeof file))
            return EXIT_FAILED;
        input->path = gcs_arena_string(&input->arena, file, strlen(file));
    } else if (!file_exists(path) && !strchr(path, '/') && !strchr(path, '.') &&
               !gcs_same(path, "-")) {
        embedded_unknown("workloads", "workload", path, &error);
        print_error(NULL, &error);
        return EXIT_USAGE;
    } else if (!file_read(path, limit, &input->bytes)) {
        return errno == EFBIG ? EXIT_FAILED : EXIT_USAGE;
    }
    if (is_trace(path, &input->bytes))
        input->kind = INPUT_TRACE;
    enum gcs_status status = input->kind == INPUT_TRACE ? read_trace(input, options, &error)
                                                        : read_config(input, options, &error);
    return status == GCS_OK ? EXIT_DONE : refuse(input, &error);
}

void input_close(struct input *input)
{
    gcs_trace_free(input->trace);
    bytes_free(&input->bytes);
    gcs_arena_fini(&input->arena);
    *input = (struct input){0};
}
