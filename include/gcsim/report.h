/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * report.h — tables as CSV, JSON and text.
 *
 * A file that gcsim writes is a list of columns, each with name, unit, meaning, type and place
 * in a row's struct. That list is the one table from which the header row, the fields, JSON and
 * `gcsim list columns` come.
 *
 * CSV is RFC 4180 with LF: integers exact, reals as %.9g, what does not exist empty.
 */
#ifndef GCSIM_REPORT_H
#define GCSIM_REPORT_H

#include <gcsim/demographics.h>
#include <gcsim/study.h>

enum gcs_cell {
    GCS_CELL_U64, /* GCS_ABSENT: empty */
    GCS_CELL_I64,
    GCS_CELL_U32,
    GCS_CELL_REAL, /* NaN: empty */
    GCS_CELL_TEXT, /* const char *; NULL: empty */
    GCS_CELL_FLAG, /* bool as 0 or 1 */
};

struct gcs_column {
    const char *name;
    const char *unit; /* "ns", "bytes", …, or "" */
    const char *help;
    enum gcs_cell cell;
    size_t offset; /* in the row's struct */
};

struct gcs_file {
    const char *name; /* "summary.csv" */
    const char *help;
    const struct gcs_column *columns;
    size_t count;
};

/** The CSV files, in the order of design; NULL behind the last. */
const struct gcs_file *gcs_file_at(size_t index);
extern const struct gcs_file gcs_summary_file;     /* rows: struct gcs_trial */
extern const struct gcs_file gcs_collections_file; /* rows: struct gcs_collection_row */
extern const struct gcs_file gcs_timeline_file;    /* rows: struct gcs_timeline_row */
extern const struct gcs_file gcs_requests_file;    /* rows: struct gcs_request_row */
extern const struct gcs_file gcs_decisions_file;   /* rows: struct gcs_decision_row */

struct gcs_collection_row {
    uint64_t trial;
    struct gcs_collection collection;
    const char *cause;
};
struct gcs_timeline_row {
    uint64_t trial;
    struct gcs_sample sample;
};
struct gcs_request_row {
    uint64_t trial;
    double percentile;
    uint64_t request_ns;
};

struct gcs_decision_row {
    uint64_t number; /* from 1 */
    struct gcs_decision decision;
    const char *cause;
    const char *outcome;
    uint64_t generation; /* GCS_ABSENT: none was collected */
    bool full_refused;   /* generation 2 was over its threshold, pending too small */
};
/** The row of a decision under a model. */
struct gcs_decision_row gcs_decision_row_of(uint64_t number, const struct gcs_model *model,
                                            const struct gcs_decision *decision);

void gcs_csv_header(const struct gcs_file *file, struct gcs_text *text);
void gcs_csv_row(const struct gcs_file *file, const void *row, struct gcs_text *text);
void gcs_json_row(const struct gcs_file *file, const void *row, struct gcs_text *text);
/** One cell as CSV writes it, without quotes; "" if it does not exist. */
void gcs_cell_print(const struct gcs_column *column, const void *row, struct gcs_text *text);
const struct gcs_column *gcs_column_find(const struct gcs_file *file, const char *name);

/** The rows of one trial's ledger. */
void gcs_csv_collections(uint64_t trial, const struct gcs_ledger *ledger,
                         struct gcs_text *text);
void gcs_csv_timeline(uint64_t trial, const struct gcs_ledger *ledger, struct gcs_text *text);
void gcs_csv_requests(uint64_t trial, const struct gcs_histogram *requests,
                      struct gcs_text *text);

/*
 * Demographics as tables
 */
enum gcs_info {
    GCS_INFO_TOTALS, /* one row */
    GCS_INFO_TYPES,
    GCS_INFO_QUANTILES,
    GCS_INFO_DISTRIBUTIONS,
    GCS_INFO_SURVIVAL,
    GCS_INFO_CYCLES,
    GCS_INFO_CLOSERS,
    GCS_INFO_CURVE,
    GCS_INFO_GROWTH,
    GCS_INFO_COUNT
};
const struct gcs_file *gcs_info_file(enum gcs_info table);
/** The rows one by one, each for the call only. */
void gcs_info_rows(const struct gcs_demographics *demographics, enum gcs_info table,
                   void (*add)(void *to, const void *row), void *to);

/*
 * A comparison: settings over the same seeds, against the first of them
 */
struct gcs_comparison {
    const struct gcs_trial *trials;  /* seed by seed, the settings in one order */
    const struct gcs_steady *steady; /* of each trial, what counts */
    size_t arms;                     /* settings, the baseline first */
    size_t seeds;
    uint64_t seed;      /* of the bootstrap */
    const char *warmup; /* as it was asked for: a mark, a time */
};
/** Why a figure means little. The first four, and the last two, are a whole setting's. */
#define GCS_COMPARED_WARNING_LIST(X)                                                \
    X(ONE_SEED, "one_seed")                                                         \
    X(FEW_SEEDS, "few_seeds")           /* fewer than 8 */                          \
    X(NEVER_ACTED, "never_acted")       /* what a rule waits for never came */      \
    X(NO_EFFECT, "no_effect")           /* every figure is the baseline's */        \
    X(NO_COLLECTIONS, "no_collections") /* so there are no pauses */                \
    X(FEW_FULL, "few_full_collections") /* fewer than 10 in a seed */               \
    X(FEW_PAUSES, "few_pauses")         /* fewer than 1,000 in a seed, for a p99 */ \
    X(FEW_REQUESTS, "few_requests")     /* the same */                              \
    X(GROWING, "heap_growing")          /* in the last quarter */                   \
    X(GARBAGE, "garbage_growing")       /* nothing collects it any more */          \
    X(CANNOT_TELL, "cannot_tell")       /* an interval holds 0 */
#define GCS_COMPARED_ENUM_(name, text) GCS_COMPARED_##name,
enum gcs_compared_warning {
    GCS_COMPARED_WARNING_LIST(GCS_COMPARED_ENUM_) GCS_COMPARED_WARNINGS
};
/** What may count, in the seed with the least of it. */
struct gcs_counted {
    uint64_t collections, full, requests;
    gcs_time ns;
};
/** One figure of one setting; what does not exist is NaN, GCS_ABSENT or NULL. */
struct gcs_compared {
    const char *figure; /* a column of summary.csv; less of it is better */
    const char *unit;
    const char *axes, *model, *strategy;
    int64_t threshold[GCS_GENERATIONS];
    struct gcs_spread_figures spread; /* over the seeds */
    uint64_t pairs;
    double mean;                          /* of the differences */
    struct gcs_spread_figures difference; /* this one less the baseline */
    struct gcs_interval t, bootstrap;     /* of `mean` */
    double relative;                      /* `mean` as a share of the baseline's mean */
    const char *verdict;                  /* better, worse, same, unclear */
    uint64_t seeds_needed;                /* to tell such a difference, if it is unclear */
    const char *warmup;                   /* NULL: nothing was cut */
    struct gcs_counted counted;
    unsigned warnings;   /* bits by enum gcs_compared_warning */
    const char *warning; /* their names */
    const char *advice;  /* a sentence for each */
};
extern const struct gcs_file gcs_comparison_file; /* rows: struct gcs_compared */
/** The rows one by one, each for the call only. false: out of memory. */
bool gcs_compare_rows(const struct gcs_comparison *comparison,
                      void (*add)(void *to, const void *row), void *to);
/** The same as a table, with what the warnings advise. */
bool gcs_print_comparison(const struct gcs_comparison *comparison, struct gcs_text *text);

/*
 * For people
 */
/** A table of aligned columns; numbers to the right. Cells are added row by row. */
struct gcs_grid {
    struct gcs_arena arena;
    const char **cells;
    size_t columns;
    size_t count;
    size_t capacity;
};
void gcs_grid_init(struct gcs_grid *grid, size_t columns);
void gcs_grid_fini(struct gcs_grid *grid);
void gcs_grid_add(struct gcs_grid *grid, const char *format, ...) GCS_PRINTF(2, 3);
void gcs_grid_print(const struct gcs_grid *grid, struct gcs_text *text);

/** "12.3 ms", "480 us"; "-" for GCS_ABSENT. */
void gcs_print_time(gcs_time ns, char text[16]);
/** "231 MiB". */
void gcs_print_bytes(uint64_t bytes, char text[16]);
/** "93,232". */
void gcs_print_count(uint64_t count, char text[32]);

/** A study's trials as the table a person needs, best trade-offs marked, with one paste-ready
 * line. `trials`: all, or of `total` those that matter. */
void gcs_print_study(const struct gcs_trial *trials, size_t count, uint64_t total,
                     struct gcs_text *text);
/** Demographics on a screen or two; and how types grew from point to point. */
void gcs_print_demographics(const struct gcs_demographics *demographics, struct gcs_text *text);
void gcs_print_growth(const struct gcs_demographics *demographics, struct gcs_text *text);
/** "Session.0", "list[]": a slot of a type's objects. */
void gcs_print_slot(const struct gcs_trace *trace, const struct gcs_slot *slot,
                    struct gcs_text *text);
/** The trials as a table of these columns of summary.csv, in their order. */
void gcs_print_chosen(const struct gcs_column *const *columns, size_t column_count,
                      const struct gcs_trial *trials, size_t count, struct gcs_text *text);
/** One trial in words and figures. */
void gcs_print_trial(const struct gcs_trial *trial, struct gcs_text *text);

#endif
