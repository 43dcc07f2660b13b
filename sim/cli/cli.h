/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * cli.h — the only stage that touches files, clock and terminal.
 *
 *   main ──options──▶ a command (one file each) ──▶ exit code
 *                        ╰─ files.c  documents.c  input.c  trials.h  study.c  progress.c
 */
#ifndef GCSIM_CLI_H
#define GCSIM_CLI_H

#include <gcsim/gcsim.h>

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_OVER_MAX = 3 };

/*
 * Options: options.c has the table
 */
enum format { FORMAT_TEXT, FORMAT_CSV, FORMAT_JSON };
enum { REPEAT_MAX = 64 };

struct words {
    const char *word[REPEAT_MAX];
    size_t count;
};

struct options {
    struct words arguments; /* what is not an option */
    const char *models;     /* comma-separated; NULL: not given; the same below */
    struct words thresholds;
    const char *threshold1;
    const char *threshold2;
    const char *strategies;
    const char *cost;
    const char *seed;
    const char *seeds;
    struct words sets;
    const char *program_gc;
    const char *memory;
    const char *engine;
    const char *warmup;
    const char *max_events;
    const char *max_memory;
    const char *jobs;
    const char *output;
    struct words maxima;
    const char *columns;
    const char *format_name;
    enum format format;
    bool force;
    bool quiet;
    bool detail;
    bool keep_index;
    bool compare; /* no option: which command it is */
    bool paranoid;
    const char *first;
    const char *last;
    const char *events;
    bool step;
    const char *growth;
    const char *table;
};

struct input;

struct command {
    const char *name;
    const char *usage;   /* "INPUT" */
    const char *about;   /* one line */
    const char *example; /* that works as it stands */
    unsigned bit;        /* in the option table */
    int (*run)(const struct options *options);
};

/** Parses what follows the command's name. Returns EXIT_DONE, or the code to end with (help was
 *  asked for: *help). */
int options_parse(const struct command *command, int count, char **words,
                  struct options *options, bool *help);
void options_help(const struct command *command, struct gcs_text *text);
/** A whole number from an option's value, or `otherwise` if it was not given. */
enum gcs_status options_whole(const char *value, const char *option, enum gcs_unit unit,
                              uint64_t otherwise, uint64_t *whole, struct gcs_error *error);

int command_run(const struct options *options);
int command_sweep(const struct options *options);
int command_compare(const struct options *options);
int command_explain(const struct options *options);
int command_trace(const struct options *options);
int command_list(const struct options *options);
int command_docs(const struct options *options);

/*
 * The tables of commands and options, for what is made of them: docs.c
 */
struct option_facts {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: a flag */
    const char *help;
    bool repeats;
    unsigned commands; /* bits */
};
/** false behind the last. */
bool option_at(size_t index, struct option_facts *facts);
/** NULL behind the last. */
const struct command *command_at(size_t index);
/** What is said of all commands. */
extern const char gcsim_about[], input_about[];

/** gcsim trace info, of a checked or made trace; what can be said about its options first. */
int trace_info(struct input *input, const struct options *options);
int trace_info_options(const struct options *options);
/** All that can be wrong with a trace, unreachable objects named included. Prints one line and
 *  returns the exit code on failure. */
int trace_check(struct input *input);

/** Is this a column of summary.csv? If not, `why` says so, with the nearest one. */
bool column_check(const char *name, char *why, size_t size);

/*
 * Files
 */
struct bytes {
    unsigned char *data;
    size_t size;
};
/** Reads a whole file, or stdin for "-", of hardly more than `limit` bytes (0: any). 0, or on
 *  failure its errno: EFBIG is larger than that. */
int file_take(const char *path, uint64_t limit, struct bytes *bytes);
/** The same; prints one line and returns false on failure. */
bool file_read(const char *path, uint64_t limit, struct bytes *bytes);
void bytes_free(struct bytes *bytes);
/** Writes under a temporary name, then renames. Prints one line and returns false on failure.
 */
bool file_write(const char *path, const void *data, size_t size, bool force);
/** The same piece by piece: begin, write to the sink, close, then keep or drop (drop is fine at
 * any time after a begin that succeeded). A device or a pipe is written into as it is. */
struct file_out {
    char *path;
    char *temporary;
    void *stream;
    bool special;
};
bool file_begin(struct file_out *out, const char *path, bool force);
struct gcs_sink file_sink(struct file_out *out);
bool file_close(struct file_out *out);
bool file_keep(struct file_out *out);
void file_drop(struct file_out *out);
/** Whether file_begin would get past the name; prints one line if not. */
bool file_may_begin(const char *path, bool force);
/** Exists, and is no directory. */
bool file_is_regular(const char *path);
/** A pipe, a device: neither file nor directory; to read it may never end. */
bool file_is_special(const char *path);
/** Takes away `levels` directories from the end of a path, as long as they are empty. */
void directory_remove(const char *path, unsigned levels);
/** Bytes that the machine can give without paging; 0: unknown. */
uint64_t memory_available(void);
bool file_exists(const char *path);
/** With the ones above it; *made: how many of them were not there. */
bool directory_make(const char *path, unsigned *made);
/** Joins with a slash; malloc'ed. */
char *path_join(const char *directory, const char *name);
/** Writes to stdout. */
void print_out(const struct gcs_text *text);
/** stdout as a sink. */
struct gcs_sink stdout_sink(void);

/** Rows of one table as CSV with a header, or as a JSON array. */
struct rows {
    const struct gcs_file *file;
    enum format format; /* CSV or JSON */
    struct gcs_text *text;
    size_t count;
};
struct rows rows_begin(const struct gcs_file *file, enum format format, struct gcs_text *text);
void rows_add(struct rows *rows, const void *row);
void rows_end(struct rows *rows);

/** One line on stderr, compiler style. */
void print_error(const char *file, const struct gcs_error *error);
void print_usage_error(const char *format, ...) GCS_PRINTF(1, 2);
void print_line(const char *format, ...) GCS_PRINTF(1, 2);
/** "gcsim: warning: …", unless quiet. */
void warn(bool quiet, const char *format, ...) GCS_PRINTF(2, 3);
/** What a rule of the strategy waits for never came. */
void warn_unmet(const char *strategy, const struct gcs_rule *rule);

/*
 * What is compiled in from configs/
 */
struct embedded {
    const char *kind; /* "workloads", "studies", "strategies", "costs" */
    const char *name; /* without .yaml */
    const unsigned char *data;
    size_t size;
};
extern const struct embedded embedded_files[];
extern const size_t embedded_count;
const struct embedded *embedded_find(const char *kind, const char *name);
/** "unknown strategy 'manul' (did you mean 'manual'?)" */
void embedded_unknown(const char *kind, const char *what, const char *name,
                      struct gcs_error *error);
/** A document by name (compiled in) or path (it has a slash or ends in .yaml); data is
 *  malloc'ed. Prints one line and returns false on failure. */
bool document_find(const char *kind, const char *what, const char *name, struct bytes *bytes,
                   char *file, size_t file_size);

/*
 * Inputs: a workload, a study or a trace, by content
 */
enum input_kind { INPUT_TRACE, INPUT_WORKLOAD, INPUT_STUDY };
struct input {
    enum input_kind kind;
    const char *path;   /* as given */
    const char *name;   /* as the column `input` shows it */
    struct bytes bytes; /* of the file; freed once read, except text traces */
    struct gcs_arena arena;
    struct gcs_memory memory;
    struct gcs_trace *trace;         /* TRACE */
    const struct gcs_config *config; /* WORKLOAD, STUDY: finished */
    struct gcs_study study;          /* STUDY */
    struct gcs_digest digest;
};
/** Reads, applies `-s`, checks. Prints one line and returns the exit code on failure. */
int input_open(struct input *input, const char *path, const struct options *options);
void input_close(struct input *input);
/** Prints an error that names an event, with its line or block. */
void input_print_error(const struct input *input, struct gcs_error *error);

/*
 * Trials: input and options become a plan (trials.h), a batch at a time
 */
struct trials {
    struct gcs_study_plan plan; /* its trials: one batch */
    struct grid *grid;
    uint64_t total;                  /* trials of all batches */
    uint64_t made;                   /* up to this batch's end */
    bool default_among;              /* the first model's default setting is one of them */
    struct gcs_workload **workloads; /* that the plan's programs borrow */
    size_t workload_count;
    struct gcs_arena arena;
    struct input *input;   /* as opened */
    struct input inner;    /* a study's own input, if it names one */
    struct input *program; /* where the traces come from: one of these two */
    struct gcs_text effective;
    bool varied[GCS_GENERATIONS]; /* this threshold is an axis */
    bool cost_assumed;
    const char *cost_name;
    struct gcs_names columns; /* of the table for people; none: the usual ones */
};
int trials_make(struct trials *trials, struct input *input, const struct options *options,
                bool sweep);
/** The next batch; the first is there once trials are made. false: that was all. */
bool trials_next(struct trials *trials);
/** The next batch begins with this one's last program and model. */
bool trials_go_on(const struct trials *trials);
void trials_free(struct trials *trials);

/*
 * Indexes kept beside their trace
 */
struct kept {
    const char *trace; /* its path */
    bool quiet;
};
/** Where the plan's indexes come from and go to; *kept must outlive the store. Prints one line
 *  and returns false if they shall be kept and there is no file to keep them beside. */
bool kept_store(struct kept *kept, const struct input *program, const struct options *options,
                struct gcs_index_store *store);

/** Runs the plan, prints, writes: what run and sweep share. */
int study_command(const struct options *options, bool sweep);

/*
 * Progress on a terminal
 */
struct progress {
    bool shown;
    uint64_t total;
    uint64_t done;
    double started; /* the first trial; or until then, the stage */
    double last;    /* drawn */
    uint64_t best_gc_ns;
    int stage;       /* enum gcs_stage of the first program; -1: none yet */
    double stage_at; /* when a stage last moved */
};
void progress_begin(struct progress *progress, uint64_t total, bool quiet);
/** Before the first trial, the bar is the stage's; behind it the stages of further programs
 * show by name and share. */
void progress_stage(struct progress *progress, enum gcs_stage stage, uint64_t events,
                    uint64_t total);
void progress_step(struct progress *progress, const struct gcs_trial *trial);
void progress_end(struct progress *progress);

#endif
