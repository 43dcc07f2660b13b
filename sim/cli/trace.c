/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim trace make|check|info|print|pack. */
#include "cli.h"

#include <stdio.h>
#include <string.h>

/* The trace of an input, made if it is a workload. Prints and returns an exit code on failure.
 */
static int provide(struct input *input, const struct options *options)
{
    struct gcs_error error = {0};
    uint64_t seed, max_events;
    if (input->kind == INPUT_TRACE)
        return EXIT_DONE;
    if (input->kind == INPUT_STUDY) {
        print_usage_error("%s: a study: a workload or a trace is expected", input->path);
        return EXIT_USAGE;
    }
    if (options_whole(options->seed, "seed", GCS_UNIT_NONE, 1, &seed, &error) != GCS_OK ||
        options_whole(options->max_events, "max-events", GCS_UNIT_NONE, 0, &max_events,
                      &error) != GCS_OK) {
        print_error(NULL, &error);
        return EXIT_USAGE;
    }
    struct gcs_workload *workload = NULL;
    enum gcs_status status = gcs_workload_read(input->config, &workload, &error);
    if (status == GCS_OK) {
        status = gcs_workload_generate(workload, seed, max_events, true, &input->memory,
                                       &input->trace, &error);
        gcs_workload_free(workload);
    }
    bytes_free(&input->bytes);
    if (status == GCS_OK)
        return EXIT_DONE;
    print_error(input->path, &error);
    return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

static bool wants_text(const char *path)
{
    size_t length = strlen(path);
    return length > 8 && gcs_same(path + length - 8, ".gctrace");
}

static int write_text(const struct gcs_trace *trace, const struct options *options)
{
    struct gcs_error error = {0};
    struct file_out out;
    if (!options->output || gcs_same(options->output, "-")) {
        struct gcs_sink sink = stdout_sink();
        return gcs_trace_print(trace, &sink, &error) == GCS_OK ? EXIT_DONE : EXIT_FAILED;
    }
    if (!file_begin(&out, options->output, options->force))
        return EXIT_FAILED;
    struct gcs_sink sink = file_sink(&out);
    bool done = gcs_trace_print(trace, &sink, &error) == GCS_OK;
    if (file_close(&out) && done)
        return file_keep(&out) ? EXIT_DONE : EXIT_FAILED;
    file_drop(&out);
    return EXIT_FAILED;
}

static int print_text(struct input *input, const struct options *options)
{
    return write_text(input->trace, options);
}

/* Bytes, unless the name asks for text. */
static int write_either(struct input *input, const struct options *options)
{
    const struct gcs_trace *trace = input->trace;
    if (wants_text(options->output))
        return write_text(trace, options);
    if (gcs_same(options->output, "-"))
        return fwrite(trace->image, 1, trace->image_size, stdout) == trace->image_size
                   ? EXIT_DONE
                   : EXIT_FAILED;
    return file_write(options->output, trace->image, trace->image_size, options->force)
               ? EXIT_DONE
               : EXIT_FAILED;
}

int trace_check(struct input *input)
{
    struct gcs_error error = {0};
    enum gcs_status status = gcs_trace_check(input->trace, &input->memory, &error);
    if (status == GCS_OK)
        return EXIT_DONE;
    input_print_error(input, &error);
    return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

static int check(struct input *input, const struct options *options)
{
    int code = trace_check(input);
    if (code == EXIT_DONE && !options->quiet)
        printf("%s: valid: %llu events, %llu allocations\n", input->path,
               (unsigned long long)input->trace->events,
               (unsigned long long)input->trace->allocations);
    return code;
}

static const struct {
    const char *name;
    int (*run)(struct input *input, const struct options *options);
    bool needs_output;
} verbs[] = {{"make", write_either, true},
             {"check", check, false},
             {"info", trace_info, false},
             {"print", print_text, false},
             {"pack", write_either, true}};
enum { VERBS = sizeof verbs / sizeof verbs[0] };

/* Before minutes are spent: is there a name to write to, and may it be? */
static int check_options(size_t verb, const struct options *options)
{
    bool info = verbs[verb].run == trace_info;
    if (info && trace_info_options(options) != EXIT_DONE)
        return EXIT_USAGE;
    if (!info && (options->growth || options->table || options->format_name)) {
        print_usage_error("--growth, --table and --format are of gcsim trace info");
        return EXIT_USAGE;
    }
    if (verbs[verb].needs_output && !options->output) {
        print_usage_error("-o FILE is needed (.gctrace is text, anything else bytes)");
        return EXIT_USAGE;
    }
    if (options->output && !gcs_same(options->output, "-") &&
        !file_may_begin(options->output, options->force))
        return EXIT_FAILED;
    return EXIT_DONE;
}

int command_trace(const struct options *options)
{
    if (options->arguments.count != 2) {
        print_usage_error("a verb and one INPUT are expected: gcsim trace --help");
        return EXIT_USAGE;
    }
    const char *names[VERBS];
    for (size_t i = 0; i < VERBS; i++) {
        names[i] = verbs[i].name;
        if (!gcs_same(verbs[i].name, options->arguments.word[0]))
            continue;
        struct input input;
        int code = check_options(i, options);
        if (code != EXIT_DONE)
            return code;
        code = input_open(&input, options->arguments.word[1], options);
        if (code == EXIT_DONE)
            code = provide(&input, options);
        if (code == EXIT_DONE)
            code = verbs[i].run(&input, options);
        input_close(&input);
        return code;
    }
    const char *nearest = gcs_nearest(options->arguments.word[0], names, VERBS);
    print_usage_error("trace: unknown verb '%s'%s%s%s", options->arguments.word[0],
                      nearest ? " (did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?)" : ": make, check, info, print or pack");
    return EXIT_USAGE;
}
