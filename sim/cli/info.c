/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim trace info: a program's objects in figures. */
#include "cli.h"

#include <stdio.h>

enum { GROWTH_POINTS = 4 };

static int find_table(const char *name, enum gcs_info *table)
{
    const char *names[GCS_INFO_COUNT];
    for (unsigned i = 0; i < GCS_INFO_COUNT; i++) {
        names[i] = gcs_info_file((enum gcs_info)i)->name;
        if (gcs_same(names[i], name)) {
            *table = (enum gcs_info)i;
            return EXIT_DONE;
        }
    }
    struct gcs_text all;
    const char *nearest = gcs_nearest(name, names, GCS_INFO_COUNT);
    gcs_text_init(&all, NULL);
    for (unsigned i = 0; i < GCS_INFO_COUNT; i++)
        gcs_text_add(&all, "%s%s", i ? ", " : "", names[i]);
    print_usage_error("--table: unknown table '%s'%s%s%s", name,
                      nearest ? " (did you mean '" : ": ", nearest ? nearest : all.data,
                      nearest ? "'?)" : "");
    gcs_text_fini(&all);
    return EXIT_USAGE;
}

static int growth_points(const struct options *options, uint64_t *points)
{
    struct gcs_error error = {0};
    if (options_whole(options->growth, "growth", GCS_UNIT_NONE, GROWTH_POINTS, points,
                      &error) != GCS_OK) {
        print_error(NULL, &error);
        return EXIT_USAGE;
    }
    if (*points >= 2 && *points <= GCS_GROWTH_MAX)
        return EXIT_DONE;
    print_usage_error("--growth: %llu is not in 2 ... %d", (unsigned long long)*points,
                      GCS_GROWTH_MAX);
    return EXIT_USAGE;
}

int trace_info_options(const struct options *options)
{
    enum gcs_info table;
    uint64_t points;
    if (options->table && options->format == FORMAT_TEXT) {
        print_usage_error("--table is for programs: add --format csv or --format json");
        return EXIT_USAGE;
    }
    if (options->table && find_table(options->table, &table) != EXIT_DONE)
        return EXIT_USAGE;
    return growth_points(options, &points);
}

static void add_row(void *rows, const void *row)
{
    rows_add(rows, row);
}

static void print_table(const struct gcs_demographics *found, enum gcs_info table,
                        enum format format, struct gcs_text *text)
{
    struct rows rows = rows_begin(gcs_info_file(table), format, text);
    gcs_info_rows(found, table, add_row, &rows);
    rows_end(&rows);
}

/* All tables in one object. */
static void print_json(const struct gcs_demographics *found, struct gcs_text *text)
{
    for (unsigned i = 0; i < GCS_INFO_COUNT; i++) {
        gcs_text_add(text, "%s\n\"%s\": ", i ? "," : "{",
                     gcs_info_file((enum gcs_info)i)->name);
        print_table(found, (enum gcs_info)i, FORMAT_JSON, text);
    }
    gcs_text_add(text, "}\n");
}

static void print_head(const struct input *input, struct gcs_text *text)
{
    const struct gcs_trace *trace = input->trace;
    char events[32], allocations[32], requests[32], bytes[32], work[16];
    uint32_t types = 0;
    for (uint32_t i = 0; i < trace->type_count; i++)
        types += trace->types[i] != NULL;
    gcs_print_count(trace->events, events);
    gcs_print_count(trace->allocations, allocations);
    gcs_print_count(trace->requests, requests);
    gcs_print_count(trace->image_size, bytes);
    gcs_print_time(trace->work_ns, work);
    gcs_text_add(text, "%s: %s events, %s allocations of %u types, %s requests, %s of work\n",
                 input->name, events, allocations, types, requests, work);
    gcs_text_add(text, "%s bytes in binary form, digest %s\n\n", bytes, trace->digest.hex);
}

static void print(const struct input *input, const struct gcs_demographics *found,
                  const struct options *options, struct gcs_text *text)
{
    enum gcs_info table = options->growth ? GCS_INFO_GROWTH : GCS_INFO_TYPES;
    if (options->table)
        find_table(options->table, &table);
    if (options->format == FORMAT_JSON && !options->table) {
        print_json(found, text);
    } else if (options->format != FORMAT_TEXT) {
        print_table(found, table, options->format, text);
    } else {
        print_head(input, text);
        if (options->growth)
            gcs_print_growth(found, text);
        else
            gcs_print_demographics(found, text);
    }
}

int trace_info(struct input *input, const struct options *options)
{
    struct gcs_demographics found;
    struct gcs_error error = {0};
    struct gcs_text text;
    uint64_t points;
    int code = growth_points(options, &points);
    if (code == EXIT_DONE && input->kind == INPUT_TRACE)
        code = trace_check(input);
    if (code != EXIT_DONE)
        return code;
    enum gcs_status status =
        gcs_demographics_of(input->trace, (size_t)points, 0, &input->memory, &found, &error);
    if (status != GCS_OK) {
        input_print_error(input, &error);
        return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
    }
    gcs_text_init(&text, NULL);
    print(input, &found, options, &text);
    if (!options->output || gcs_same(options->output, "-"))
        print_out(&text);
    else if (!file_write(options->output, text.data, text.length, options->force))
        code = EXIT_FAILED;
    gcs_text_fini(&text);
    gcs_demographics_fini(&found);
    return code;
}
