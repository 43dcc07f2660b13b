/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What run and sweep share: run the plan, print the result, write the files. */
#include "cli.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One trial's rows of the detailed files. */
struct details {
    struct gcs_text collections;
    struct gcs_text timeline;
    struct gcs_text requests;
    struct gcs_text histogram;
};

/* What the observer gathers, by trial. */
struct gathered {
    struct progress progress;
    struct details *details; /* NULL: not wanted */
};

static bool trial_done(void *observer, const struct gcs_trial *trial,
                       const struct gcs_ledger *ledger, const struct gcs_histogram *pauses,
                       const struct gcs_histogram *requests)
{
    struct gathered *gathered = observer;
    progress_step(&gathered->progress, trial);
    if (!gathered->details)
        return true;
    struct details *details = &gathered->details[trial->trial - 1];
    gcs_csv_collections(trial->trial, ledger, &details->collections);
    gcs_csv_timeline(trial->trial, ledger, &details->timeline);
    gcs_csv_requests(trial->trial, requests, &details->requests);
    gcs_text_add(&details->histogram, "#[Trial %llu: %s, %s, %lld,%lld,%lld; pauses in ms]\n",
                 (unsigned long long)trial->trial, trial->model, trial->strategy,
                 (long long)trial->setting.threshold[0], (long long)trial->setting.threshold[1],
                 (long long)trial->setting.threshold[2]);
    gcs_histogram_print(pauses, 1e6, &details->histogram);
    return !(details->collections.failed || details->timeline.failed);
}

static void stage_moved(void *observer, enum gcs_stage stage, uint64_t events, uint64_t total)
{
    struct gathered *gathered = observer;
    progress_stage(&gathered->progress, stage, events, total);
}

/* The files that a study writes: name, whether only with details, and how. */
enum file { SUMMARY, COLLECTIONS, TIMELINE, REQUESTS, HISTOGRAM, EFFECTIVE, FILES };
static const struct {
    const char *name;
    bool detailed;
    const struct gcs_file *table;
    size_t offset; /* in struct details */
} files[FILES] = {
    [SUMMARY] = {"summary.csv", false, &gcs_summary_file, 0},
    [COLLECTIONS] = {"collections.csv", true, &gcs_collections_file,
                     offsetof(struct details, collections)},
    [TIMELINE] = {"timeline.csv", true, &gcs_timeline_file, offsetof(struct details, timeline)},
    [REQUESTS] = {"requests.csv", true, &gcs_requests_file, offsetof(struct details, requests)},
    [HISTOGRAM] = {"pauses.hgrm", true, NULL, offsetof(struct details, histogram)},
    [EFFECTIVE] = {"effective.yaml", false, NULL, 0},
};

static void render(enum file file, const struct trials *trials, struct details *details,
                   struct gcs_text *text)
{
    if (files[file].table)
        gcs_csv_header(files[file].table, text);
    if (file == EFFECTIVE)
        gcs_text_add_bytes(text, trials->effective.data, trials->effective.length);
    else if (file == SUMMARY)
        for (size_t i = 0; i < trials->plan.trial_count; i++)
            gcs_csv_row(&gcs_summary_file, &trials->plan.trials[i], text);
    else
        for (size_t i = 0; i < trials->plan.trial_count; i++) {
            struct gcs_text *part =
                (struct gcs_text *)(void *)((unsigned char *)&details[i] + files[file].offset);
            gcs_text_add_bytes(text, part->data ? part->data : "", part->length);
        }
}

static bool write_file(enum file file, const struct trials *trials, struct details *details,
                       const struct options *options, struct file_out *out)
{
    struct gcs_text text;
    char *path = path_join(options->output, files[file].name);
    bool begun = file_begin(out, path, options->force);
    free(path);
    if (!begun)
        return false;
    struct gcs_sink sink = file_sink(out);
    gcs_text_init(&text, &sink);
    render(file, trials, details, &text);
    bool done = gcs_text_flush(&text);
    gcs_text_fini(&text);
    if (file_close(out) && done)
        return true;
    file_drop(out);
    return false;
}

/* All of them, or none. */
static bool write_files(const struct trials *trials, struct details *details,
                        const struct options *options, bool detailed)
{
    struct file_out outs[FILES];
    size_t written = 0;
    bool done = true;
    for (unsigned i = 0; i < FILES && done; i++)
        if (detailed || !files[i].detailed) {
            done = write_file((enum file)i, trials, details, options, &outs[written]);
            written += done;
        }
    for (size_t i = 0; i < written; i++)
        if (!done)
            file_drop(&outs[i]);
        else
            done = file_keep(&outs[i]);
    return done;
}

/* Before hours are spent: may the files be written? */
static bool may_write(const struct options *options, bool detailed, unsigned *made)
{
    *made = 0;
    if (!options->output)
        return true;
    for (unsigned i = 0; i < FILES; i++) {
        char *path = path_join(options->output, files[i].name);
        bool may = (!detailed && files[i].detailed) || file_may_begin(path, options->force);
        free(path);
        if (!may)
            return false;
    }
    return directory_make(options->output, made);
}

static void print_json(const struct trials *trials, struct gcs_text *text)
{
    gcs_text_add(text, "[");
    for (size_t i = 0; i < trials->plan.trial_count; i++) {
        gcs_text_add(text, "%s\n  ", i ? "," : "");
        gcs_json_row(&gcs_summary_file, &trials->plan.trials[i], text);
    }
    gcs_text_add(text, "\n]\n");
}

static void print_heading(const struct trials *trials, struct gcs_text *text)
{
    const struct gcs_trial *first = &trials->plan.trials[0];
    bool one_model = true;
    for (size_t i = 1; i < trials->plan.trial_count; i++)
        one_model &= trials->plan.trials[i].setting.model == first->setting.model;
    gcs_text_add(text, "%s on %s: %zu trial%s; pauses priced by %s%s\n\n", first->input,
                 one_model ? first->model : "several models", trials->plan.trial_count,
                 trials->plan.trial_count == 1 ? "" : "s", trials->cost_name,
                 trials->cost_assumed ? " (assumed for this model)" : "");
}

static void print_columns(const struct trials *trials, struct gcs_text *text)
{
    size_t count = trials->columns.count;
    const struct gcs_column **columns = calloc(count, sizeof *columns);
    GCS_REQUIRE(columns != NULL);
    for (size_t i = 0; i < count; i++)
        columns[i] = gcs_column_find(&gcs_summary_file, trials->columns.names[i]);
    gcs_print_chosen(columns, count, trials->plan.trials, trials->plan.trial_count, text);
    free(columns);
}

/* Before anything runs: all columns asked for exist. */
static bool check_columns(const struct trials *trials)
{
    const char *names[64];
    size_t known = 0;
    for (; known < gcs_summary_file.count && known < 64; known++)
        names[known] = gcs_summary_file.columns[known].name;
    for (size_t i = 0; i < trials->columns.count; i++) {
        const char *name = trials->columns.names[i];
        if (gcs_column_find(&gcs_summary_file, name))
            continue;
        const char *nearest = gcs_nearest(name, names, known);
        if (nearest)
            print_usage_error("columns: summary.csv has no '%s' (did you mean '%s'?)", name,
                              nearest);
        else
            print_usage_error("columns: summary.csv has no '%s': see `gcsim list columns`",
                              name);
        return false;
    }
    return true;
}

static void print_result(const struct trials *trials, const struct options *options, bool sweep)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    if (options->format == FORMAT_JSON) {
        print_json(trials, &text);
    } else if (options->format == FORMAT_CSV) {
        render(SUMMARY, trials, NULL, &text);
    } else if (trials->columns.count) {
        print_heading(trials, &text);
        print_columns(trials, &text);
    } else if (sweep) {
        print_heading(trials, &text);
        gcs_print_study(trials->plan.trials, trials->plan.trial_count, &text);
    } else {
        gcs_print_trial(&trials->plan.trials[0], &text);
        gcs_text_add(&text, "cost profile       %s%s\n", trials->cost_name,
                     trials->cost_assumed ? ", assumed for this model" : "");
    }
    print_out(&text);
    gcs_text_fini(&text);
}

/* Each line of each trial's gaps, once. */
static void warn_gaps(const struct trials *trials)
{
    const char *told[32];
    size_t count = 0;
    for (size_t i = 0; i < trials->plan.trial_count; i++)
        for (const char *line = trials->plan.trials[i].gaps; line && *line;
             line += strcspn(line, "\n") + 1) {
            size_t length = strcspn(line, "\n"), known = 0;
            while (known < count && strncmp(told[known], line, length + 1) != 0)
                known++;
            if (known < count || count == 32)
                continue;
            told[count++] = line;
            warn(false, "not modelled: %.*s", (int)length, line);
        }
}

static void warn_all(const struct trials *trials, const struct options *options)
{
    bool overruled = false, freeze = false;
    const struct gcs_trial *unmet = NULL;
    if (options->quiet)
        return;
    warn_gaps(trials);
    for (size_t i = 0; i < trials->plan.trial_count; i++) {
        const struct gcs_trial *trial = &trials->plan.trials[i];
        for (unsigned t = 0; t < GCS_GENERATIONS; t++)
            overruled |= trials->varied[t] && trial->warn_thresholds_overruled >> t & 1;
        freeze |= trial->warn_freeze_missing;
        unmet = trial->unmet && !unmet ? trial : unmet;
    }
    if (overruled)
        warn(false,
             "program or strategy sets thresholds of its own: an axis of the sweep has no "
             "effect from there on");
    if (freeze)
        warn(false,
             "gc.freeze was asked of a version that has none (3.7 on): nothing was frozen");
    if (unmet)
        warn_unmet(unmet->strategy, unmet->unmet);
}

/* One --max COLUMN=VALUE. */
struct maximum {
    const struct gcs_column *column;
    const char *text; /* the value as given */
    double value;
    bool relative; /* times the default setting's */
};

static bool parse_maximum(const char *word, struct maximum *maximum)
{
    const char *equals = strchr(word, '='), *why;
    char name[64];
    if (!equals || (size_t)(equals - word) >= sizeof name) {
        print_usage_error("--max %s: COLUMN=VALUE is expected", word);
        return false;
    }
    snprintf(name, sizeof name, "%.*s", (int)(equals - word), word);
    maximum->text = equals + 1;
    maximum->column = gcs_column_find(&gcs_summary_file, name);
    if (!maximum->column || maximum->column->cell == GCS_CELL_TEXT) {
        print_usage_error("--max %s: no such figure: see `gcsim list columns`", name);
        return false;
    }
    enum gcs_unit unit = gcs_same(maximum->column->unit, "ns")      ? GCS_UNIT_TIME
                         : gcs_same(maximum->column->unit, "bytes") ? GCS_UNIT_BYTES
                                                                    : GCS_UNIT_NONE;
    size_t length = strlen(maximum->text);
    maximum->relative = length > 1 && maximum->text[length - 1] == 'x';
    if (maximum->relative)
        unit = GCS_UNIT_NONE;
    if (gcs_parse_real(maximum->text, length - maximum->relative, unit, &maximum->value, &why))
        return true;
    print_usage_error("--max %s: %s", word, why);
    return false;
}

/* The trial of the default setting for the same program and model, or NULL. */
static const struct gcs_trial *default_for(const struct trials *trials,
                                           const struct gcs_trial *trial)
{
    for (size_t i = 0; i < trials->plan.trial_count; i++) {
        const struct gcs_trial *other = &trials->plan.trials[i];
        if (other->program == trial->program && other->setting.model == trial->setting.model &&
            gcs_trial_is_default(other))
            return other;
    }
    return NULL;
}

/* Before anything runs: all of --max makes sense. */
static bool parse_maxima(const struct trials *trials, const struct options *options,
                         struct maximum *maxima)
{
    for (size_t i = 0; i < options->maxima.count; i++) {
        if (!parse_maximum(options->maxima.word[i], &maxima[i]))
            return false;
        if (maxima[i].relative && !default_for(trials, &trials->plan.trials[0])) {
            print_usage_error(
                "--max %s: is measured by the default setting, which is not among "
                "the trials: add `-t default` and strategy default",
                options->maxima.word[i]);
            return false;
        }
    }
    return true;
}

/* A figure of a trial; false if it does not exist. */
static bool figure(const struct gcs_trial *trial, const struct gcs_column *column,
                   double *value)
{
    struct gcs_text cell;
    gcs_text_init(&cell, NULL);
    gcs_cell_print(column, trial, &cell);
    bool exists = cell.length > 0;
    if (exists)
        *value = strtod(cell.data, NULL);
    gcs_text_fini(&cell);
    return exists;
}

static bool is_kept(const struct trials *trials, const struct gcs_trial *trial,
                    const struct maximum *maximum)
{
    double value, base, limit = maximum->value;
    if (!figure(trial, maximum->column, &value))
        return true;
    if (maximum->relative) {
        const struct gcs_trial *other = default_for(trials, trial);
        if (!other || !figure(other, maximum->column, &base))
            return true;
        limit *= base;
    }
    if (value <= limit)
        return true;
    print_usage_error("trial %llu: %s is %.9g, over --max %s (%.9g)",
                      (unsigned long long)trial->trial, maximum->column->name, value,
                      maximum->text, limit);
    return false;
}

static int check_maxima(const struct trials *trials, const struct maximum *maxima, size_t count)
{
    int code = EXIT_DONE;
    for (size_t m = 0; m < count; m++)
        for (size_t i = 0; i < trials->plan.trial_count; i++)
            if (!is_kept(trials, &trials->plan.trials[i], &maxima[m]))
                code = EXIT_OVER_MAX;
    return code;
}

static void free_details(struct details *details, size_t count)
{
    for (size_t i = 0; details && i < count; i++) {
        gcs_text_fini(&details[i].collections);
        gcs_text_fini(&details[i].timeline);
        gcs_text_fini(&details[i].requests);
        gcs_text_fini(&details[i].histogram);
    }
    free(details);
}

static int finish(struct trials *trials, struct details *details, const struct options *options,
                  bool sweep, bool detailed)
{
    warn_all(trials, options);
    if (options->output && !write_files(trials, details, options, detailed))
        return EXIT_FAILED;
    if (!options->quiet || options->format != FORMAT_TEXT)
        print_result(trials, options, sweep);
    return EXIT_DONE;
}

static int run_plan(struct trials *trials, const struct options *options, bool sweep)
{
    bool detailed = !sweep || options->detail;
    unsigned made;
    struct gathered gathered = {0};
    struct maximum maxima[REPEAT_MAX];
    if (!check_columns(trials) || !parse_maxima(trials, options, maxima))
        return EXIT_USAGE;
    struct kept kept;
    if (!kept_store(&kept, trials->program, options, &trials->plan.indexes))
        return EXIT_USAGE;
    trials->plan.histories = options->output && detailed;
    if (trials->plan.histories && trials->plan.engine == GCS_ENGINE_INDEX) {
        print_usage_error(
            "--engine index keeps no timeline.csv: leave it out, or write only the "
            "summary of a sweep");
        return EXIT_USAGE;
    }
    if (!may_write(options, detailed, &made)) {
        directory_remove(options->output, made);
        return EXIT_FAILED;
    }
    if (options->output && detailed) {
        gathered.details = calloc(trials->plan.trial_count, sizeof *gathered.details);
        GCS_REQUIRE(gathered.details != NULL);
    }
    trials->plan.observer = (struct gcs_observer){trial_done, stage_moved, &gathered};
    progress_begin(&gathered.progress, trials->plan.trial_count, options->quiet);
    struct gcs_error error = {0};
    enum gcs_status status = gcs_study_run(&trials->plan, &error);
    progress_end(&gathered.progress);
    int code = status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
    if (status == GCS_OK)
        code = finish(trials, gathered.details, options, sweep, detailed);
    else
        input_print_error(trials->program, &error);
    if (code != EXIT_DONE && made)
        directory_remove(options->output, made);
    free_details(gathered.details, trials->plan.trial_count);
    return code == EXIT_DONE ? check_maxima(trials, maxima, options->maxima.count) : code;
}

int study_command(const struct options *options, bool sweep)
{
    if (options->arguments.count != 1) {
        print_usage_error("one INPUT is expected: gcsim %s --help", sweep ? "sweep" : "run");
        return EXIT_USAGE;
    }
    struct input input;
    int code = input_open(&input, options->arguments.word[0], options);
    if (code == EXIT_DONE) {
        struct trials trials;
        code = trials_make(&trials, &input, options, sweep);
        if (code == EXIT_DONE)
            code = run_plan(&trials, options, sweep);
        trials_free(&trials);
    }
    input_close(&input);
    return code;
}

int command_run(const struct options *options)
{
    return study_command(options, false);
}

int command_sweep(const struct options *options)
{
    return study_command(options, true);
}
