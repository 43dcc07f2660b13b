/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What run and sweep share: run the plan, print the result, write the files. */
#include "study.h"

#include "trials.h"

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

/* What is to be said about all trials, each thing once. */
struct remarks {
    bool overruled;
    bool freeze_missing;
    const char *unmet_strategy;
    const struct gcs_rule *unmet;
    struct gcs_text gaps; /* lines */
    size_t gap_count;
};

/* What is gathered while trials run. */
struct gathered {
    struct progress progress;
    struct details *details; /* by trial; NULL: not wanted */
    size_t detail_count;
    struct steadies steadies; /* of a comparison */
    struct remarks remarks;
    struct spool spool;
};

static bool trial_done(void *observer, const struct gcs_trial *trial,
                       const struct gcs_ledger *ledger, const struct gcs_histogram *pauses,
                       const struct gcs_histogram *requests)
{
    struct gathered *gathered = observer;
    progress_step(&gathered->progress, trial);
    if (gathered->steadies.of)
        steadies_note(&gathered->steadies, trial, ledger);
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
enum file { SUMMARY, COLLECTIONS, TIMELINE, REQUESTS, HISTOGRAM, EFFECTIVE, COMPARISON, FILES };
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
    [COMPARISON] = {"comparison.csv", false, &gcs_comparison_file, 0},
};

static bool is_wanted(enum file file, const struct options *options, bool detailed)
{
    return (detailed || !files[file].detailed) && (options->compare || file != COMPARISON);
}

static void render_summary(struct spool *spool, enum format format, struct gcs_text *text)
{
    struct gcs_trial trial;
    struct rows rows = rows_begin(&gcs_summary_file, format, text);
    for (spool_rewind(spool); spool_next(spool, &trial);)
        rows_add(&rows, &trial);
    rows_end(&rows);
    text->failed |= spool->failed;
}

static void render(enum file file, const struct trials *trials, struct gathered *gathered,
                   struct gcs_text *text)
{
    if (file == EFFECTIVE) {
        gcs_text_add_bytes(text, trials->effective.data, trials->effective.length);
        return;
    }
    if (file == COMPARISON) {
        comparison_render(trials, &gathered->steadies, &gathered->spool, FORMAT_CSV, text);
        return;
    }
    if (file == SUMMARY) {
        render_summary(&gathered->spool, FORMAT_CSV, text);
        return;
    }
    if (files[file].table)
        gcs_csv_header(files[file].table, text);
    for (size_t i = 0; i < trials->total; i++) {
        struct gcs_text *part =
            (struct gcs_text *)(void *)((unsigned char *)&gathered->details[i] +
                                        files[file].offset);
        gcs_text_add_bytes(text, part->data ? part->data : "", part->length);
    }
}

static bool write_file(enum file file, const struct trials *trials, struct gathered *gathered,
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
    render(file, trials, gathered, &text);
    bool done = gcs_text_flush(&text);
    gcs_text_fini(&text);
    if (file_close(out) && done)
        return true;
    file_drop(out);
    return false;
}

/* All of them, or none. */
static bool write_files(const struct trials *trials, struct gathered *gathered,
                        const struct options *options, bool detailed)
{
    struct file_out outs[FILES];
    size_t written = 0;
    bool done = true;
    for (unsigned i = 0; i < FILES && done; i++)
        if (is_wanted((enum file)i, options, detailed)) {
            done = write_file((enum file)i, trials, gathered, options, &outs[written]);
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
        bool may =
            !is_wanted((enum file)i, options, detailed) || file_may_begin(path, options->force);
        free(path);
        if (!may)
            return false;
    }
    return directory_make(options->output, made);
}

/* What a table for people shows: all trials, or of very many those that can matter. */
struct shown {
    struct gcs_trial *trials;
    size_t count;
};

/* Of very many trials the defaults and the front's, neighbours with the same figures once. */
static bool may_matter(const struct gcs_trial *trial, uint64_t total, struct gcs_standing *last)
{
    struct gcs_standing standing = gcs_standing_of(&trial->summary, (uint32_t)trial->program);
    if (total <= BATCH || gcs_trial_is_default(trial))
        return true;
    bool repeats = standing.group == last->group && standing.gc_ns == last->gc_ns &&
                   standing.peak_bytes == last->peak_bytes &&
                   standing.pause_ns_max == last->pause_ns_max;
    if (trial->pareto)
        *last = standing;
    return trial->pareto && !repeats;
}

static struct shown gather_shown(struct spool *spool, uint64_t total)
{
    struct gcs_trial trial;
    struct shown shown = {0};
    struct gcs_standing last = {0};
    size_t room = 0;
    for (spool_rewind(spool); spool_next(spool, &trial);) {
        if (!may_matter(&trial, total, &last))
            continue;
        if (shown.count == room) {
            room = room * 2 + 64;
            shown.trials = realloc(shown.trials, room * sizeof *shown.trials);
            GCS_REQUIRE(shown.trials != NULL);
        }
        shown.trials[shown.count++] = trial;
    }
    return shown;
}

static void print_heading(const struct trials *trials, struct gcs_text *text)
{
    bool one_model = trials->grid->model_count == 1;
    unsigned long long total = trials->total;
    gcs_text_add(text, "%s on %s: %llu trial%s; pauses priced by %s%s\n\n",
                 trials->program->name,
                 one_model ? trials->grid->models[0]->name : "several models", total,
                 total == 1 ? "" : "s", trials->cost_name,
                 trials->cost_assumed ? " (assumed for this model)" : "");
}

static void print_columns(const struct trials *trials, const struct shown *shown,
                          struct gcs_text *text)
{
    size_t count = trials->columns.count;
    const struct gcs_column **columns = calloc(count, sizeof *columns);
    GCS_REQUIRE(columns != NULL);
    for (size_t i = 0; i < count; i++)
        columns[i] = gcs_column_find(&gcs_summary_file, trials->columns.names[i]);
    gcs_print_chosen(columns, count, shown->trials, shown->count, text);
    if (shown->count < trials->total)
        gcs_text_add(
            text,
            "\n%zu lines for %llu trials: those that nothing else beats in peak heap, GC "
            "time and longest pause, and the default; all are in summary.csv (-o DIR)\n",
            shown->count, (unsigned long long)trials->total);
    free(columns);
}

/* Before anything runs: all columns asked for exist. */
static bool check_columns(const struct trials *trials)
{
    for (size_t i = 0; i < trials->columns.count; i++) {
        char why[160];
        if (column_check(trials->columns.names[i], why, sizeof why))
            continue;
        print_usage_error("columns: %s", why);
        return false;
    }
    return true;
}

static void print_tables(const struct trials *trials, struct spool *spool, bool sweep,
                         struct gcs_text *text)
{
    struct shown shown = gather_shown(spool, trials->total);
    if (trials->columns.count) {
        print_heading(trials, text);
        print_columns(trials, &shown, text);
    } else if (sweep) {
        print_heading(trials, text);
        gcs_print_study(shown.trials, shown.count, trials->total, text);
    } else {
        gcs_print_trial(&shown.trials[0], text);
        gcs_text_add(text, "cost profile       %s%s\n", trials->cost_name,
                     trials->cost_assumed ? ", assumed for this model" : "");
    }
    free(shown.trials);
}

static bool print_result(const struct trials *trials, const struct options *options,
                         struct gathered *gathered, bool sweep)
{
    struct spool *spool = &gathered->spool;
    struct gcs_sink sink = stdout_sink();
    struct gcs_text text;
    gcs_text_init(&text, &sink);
    if (options->compare && options->format == FORMAT_TEXT)
        print_heading(trials, &text);
    if (options->compare)
        comparison_render(trials, &gathered->steadies, &gathered->spool, options->format,
                          &text);
    else if (options->format == FORMAT_TEXT)
        print_tables(trials, spool, sweep, &text);
    else
        render_summary(spool, options->format, &text);
    bool done = gcs_text_flush(&text) && !spool->failed;
    gcs_text_fini(&text);
    return done;
}

/* Each line of each trial's gaps, once. */
static void note_gaps(struct remarks *remarks, const char *line)
{
    enum { GAPS_MAX = 32 };
    for (; line && *line; line += strcspn(line, "\n") + 1) {
        size_t length = strcspn(line, "\n");
        const char *known = remarks->gaps.data;
        while (known && *known && strncmp(known, line, length + 1) != 0)
            known += strcspn(known, "\n") + 1;
        if ((known && *known) || remarks->gap_count == GAPS_MAX)
            continue;
        gcs_text_add(&remarks->gaps, "%.*s\n", (int)length, line);
        remarks->gap_count++;
    }
}

static void note(struct remarks *remarks, const struct trials *trials,
                 const struct gcs_trial *trial)
{
    note_gaps(remarks, trial->gaps);
    for (unsigned t = 0; t < GCS_GENERATIONS; t++)
        remarks->overruled |= trials->varied[t] && trial->warn_thresholds_overruled >> t & 1;
    remarks->freeze_missing |= trial->warn_freeze_missing;
    if (trial->unmet && !remarks->unmet) {
        remarks->unmet = trial->unmet;
        remarks->unmet_strategy = trial->strategy;
    }
}

static void warn_all(const struct remarks *remarks, const struct options *options)
{
    if (options->quiet)
        return;
    for (const char *line = remarks->gaps.data; line && *line; line += strcspn(line, "\n") + 1)
        warn(false, "not modelled: %.*s", (int)strcspn(line, "\n"), line);
    if (remarks->overruled)
        warn(false,
             "program or strategy sets thresholds of its own: an axis of the sweep has no "
             "effect from there on");
    if (remarks->freeze_missing)
        warn(false,
             "gc.freeze was asked of a version that has none (3.7 on): nothing was frozen");
    if (remarks->unmet)
        warn_unmet(remarks->unmet_strategy, remarks->unmet);
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

static int finish(struct trials *trials, struct gathered *gathered,
                  const struct options *options, bool sweep, bool detailed)
{
    if (!spool_end(&gathered->spool))
        return EXIT_FAILED;
    warn_all(&gathered->remarks, options);
    if (options->output && !write_files(trials, gathered, options, detailed))
        return EXIT_FAILED;
    if ((!options->quiet || options->format != FORMAT_TEXT) &&
        !print_result(trials, options, gathered, sweep))
        return EXIT_FAILED;
    return EXIT_DONE;
}

/* All batches one after the other. */
static enum gcs_status run_batches(struct trials *trials, struct gathered *gathered,
                                   struct gcs_error *error)
{
    struct gcs_study_plan *plan = &trials->plan;
    struct gcs_batches *batches;
    enum gcs_status status = gcs_batches_open(plan, &batches, error);
    while (status == GCS_OK) {
        status = gcs_batches_run(batches, trials_go_on(trials), error);
        for (size_t i = 0; i < plan->trial_count && status == GCS_OK; i++) {
            const struct gcs_trial *trial = &plan->trials[i];
            note(&gathered->remarks, trials, trial);
            spool_add(&gathered->spool, trial, gcs_batches_group(batches, trial));
        }
        gcs_study_fini(plan);
        if (status != GCS_OK || !trials_next(trials))
            break;
        gathered->progress.total = trials->total;
    }
    gcs_batches_close(batches);
    return status;
}

static bool check_options(struct trials *trials, const struct options *options, bool detailed,
                          struct maximum *maxima, struct kept *kept)
{
    if (!maxima_parse(trials, options, maxima) || !check_columns(trials) ||
        !kept_store(kept, trials->program, options, &trials->plan.indexes))
        return false;
    trials->plan.histories = options->output && detailed;
    return true;
}

static int run_gathering(struct trials *trials, struct gathered *gathered,
                         const struct options *options, bool sweep, bool detailed)
{
    struct gcs_error error = {0};
    trials->plan.observer = (struct gcs_observer){trial_done, stage_moved, gathered};
    progress_begin(&gathered->progress, trials->total, options->quiet);
    enum gcs_status status = run_batches(trials, gathered, &error);
    progress_end(&gathered->progress);
    if (status == GCS_OK)
        return finish(trials, gathered, options, sweep, detailed);
    input_print_error(trials->program, &error);
    return status == GCS_INVALID ? EXIT_USAGE : EXIT_FAILED;
}

static int run_plan(struct trials *trials, const struct options *options, bool sweep)
{
    bool detailed = !sweep || options->compare || options->detail;
    unsigned made;
    struct maximum maxima[REPEAT_MAX];
    struct kept kept;
    if (!check_options(trials, options, detailed, maxima, &kept))
        return EXIT_USAGE;
    if (!may_write(options, detailed, &made)) {
        directory_remove(options->output, made);
        return EXIT_FAILED;
    }
    struct gathered gathered = {0};
    spool_init(&gathered.spool, options->output);
    if (options->compare)
        steadies_init(&gathered.steadies, trials);
    gcs_text_init(&gathered.remarks.gaps, NULL);
    if (options->output && detailed) {
        gathered.detail_count = trials->total;
        gathered.details = calloc(gathered.detail_count, sizeof *gathered.details);
        GCS_REQUIRE(gathered.details != NULL);
    }
    int code = run_gathering(trials, &gathered, options, sweep, detailed);
    if (code == EXIT_DONE)
        code = maxima_check(&gathered.spool, maxima, options->maxima.count);
    else if (made)
        directory_remove(options->output, made);
    free_details(gathered.details, gathered.detail_count);
    gcs_text_fini(&gathered.remarks.gaps);
    steadies_fini(&gathered.steadies);
    spool_fini(&gathered.spool);
    return code;
}

int study_command(const struct options *options, bool sweep)
{
    if (options->arguments.count != 1) {
        print_usage_error("one INPUT is expected: gcsim %s --help", options->compare ? "compare"
                                                                    : sweep          ? "sweep"
                                                                                     : "run");
        return EXIT_USAGE;
    }
    struct input input;
    int code = input_open(&input, options->arguments.word[0], options);
    if (code == EXIT_DONE) {
        struct trials trials;
        code = trials_make(&trials, &input, options, sweep);
        if (code == EXIT_DONE && options->compare && !comparison_check(&trials))
            code = EXIT_USAGE;
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
