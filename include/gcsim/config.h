/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config.h — what people write: YAML documents and `-s key=value`, read strictly.
 *
 *   bytes ──read──▶ tree ──set, set, …──▶ tree ──finish──▶ complete tree ──accessors──▶ values
 *                                                            ╰──print──▶ every key as used
 *
 * ONE table of keys (sim/config/keys.c) knows each key's path, type, unit, bounds, default and
 * help. Parser, overrides, defaults, sweep axes, `gcsim list keys` and docs/keys.md all read
 * it.
 *
 * There are four kinds of documents, told by the first key: `workload:`, `study:`, `strategy:`
 * and `cost:`. Maps by name (`sites`, `types`, `phases`) keep the order of the file.
 *
 *   C1  a finished tree has a node for every key that applies: given, or the table's default
 *   C2  every scalar of a finished tree has its type and lies within its bounds
 *   C3  a finished tree printed and read again prints the same bytes
 *
 * Everything lives in the arena given to read; there is no free. All failures are GCS_INVALID
 * with line, column and the key's path (`sites.row.lifetime.mean`); one that came through
 * gcs_config_set has no line, and `file` says "--set".
 */
#ifndef GCSIM_CONFIG_H
#define GCSIM_CONFIG_H

#include <gcsim/base.h>
#include <gcsim/trace.h>

/*
 * The table of keys
 */
#define GCS_DOCUMENT_LIST(X)                                                   \
    X(WORKLOAD, "workload", "a program: `gcsim run FILE`, `gcsim sweep FILE`") \
    X(STUDY, "study", "an array of trials: `gcsim sweep FILE`")                \
    X(STRATEGY, "strategy", "a strategy: `gcsim run … -S FILE`")               \
    X(COST, "cost", "a cost profile: `gcsim run … --cost FILE`")
#define GCS_DOCUMENT_ENUM_(name, text, belongs) GCS_DOCUMENT_##name,
enum gcs_document { GCS_DOCUMENT_LIST(GCS_DOCUMENT_ENUM_) GCS_DOCUMENT_COUNT };
/** "workload", "study", … */
const char *gcs_document_name(enum gcs_document document);

#define GCS_KEY_TYPE_LIST(X) \
    X(MAP, "map")            \
    X(NAMED, "map by name")  \
    X(LIST, "list")          \
    X(WHOLE, "whole")        \
    X(REAL, "real")          \
    X(FLAG, "true or false") \
    X(TEXT, "text")          \
    X(NAME, "name")          \
    X(CHOICE, "choice")      \
    X(PROGRAM, "workload")
#define GCS_KEY_TYPE_ENUM_(name, text) GCS_KEY_##name,
enum gcs_key_type { GCS_KEY_TYPE_LIST(GCS_KEY_TYPE_ENUM_) GCS_KEY_TYPE_COUNT };
const char *gcs_key_type_name(enum gcs_key_type type);

enum {
    GCS_KEY_OPTIONAL = 1, /* absent stays absent: no default is filled in */
    GCS_KEY_AUTO = 2,     /* the word `auto` is a value too: worked out from other keys */
    GCS_KEY_MERGED = 4,   /* a map by name: the default's entries are added to those given */
    GCS_KEY_EITHER = 8,   /* a number of allocations, or a time where the `cause` is `time` */
    GCS_KEY_PATHS = 16,   /* a map by name whose names are paths of keys */
    GCS_KEY_STARTS = 32,  /* a map by name: the default's entries with `during: startup` are
                             added  if none such is given */
    GCS_KEY_IMPLIES = 64, /* given, it tells the first value of its only_if */
    GCS_KEY_PARAMETER = 128, /* of a distribution, and the same for all: told of one only */
    GCS_KEY_NUMBERS = 256,   /* a map by name whose names are numbers */
    GCS_KEY_FILE = 512,      /* the name of a file, whose content takes the key's place */
};

/** One row. `*` in a path stands for a name that the user chose, `[]` for a place in a list. */
struct gcs_key {
    enum gcs_document document;
    const char *path; /* `sites.*.lifetime.mean` */
    enum gcs_key_type type;
    enum gcs_unit unit;
    double minimum; /* of numbers; both ends belong to it */
    double maximum;
    /* The default as one would write it (`$rate`: what that key holds), a map by name's in
     * YAML; NULL: none, so the key must be given unless it is optional. */
    const char *fallback;
    const char *choices; /* CHOICE: `poisson|deterministic|closed` */
    const char *only_if; /* `distribution=uniform|constant`: applies with such a neighbour */
    /* Of a map: the key that a plain value stands for (`value`); of a map by name: the value
     * that a single name gets; of others NULL. */
    const char *plain;
    unsigned flags;
    const char *help;
};
size_t gcs_key_count(void);
const struct gcs_key *gcs_key_at(size_t index);
/** The row that a written path (`sites.row.lifetime.mean`) belongs to, or NULL. */
const struct gcs_key *gcs_key_find(enum gcs_document document, const char *path);
/** Whether lists of keys show it: parameters of distributions stand there once. */
bool gcs_key_is_told(const struct gcs_key *key);
/** "0 … 1" or "≥ 1", for people; empty if there are none. */
void gcs_key_print_bounds(const struct gcs_key *key, struct gcs_text *text);
/** docs/keys.md. */
void gcs_keys_print(struct gcs_text *text);

/*
 * Documents
 */
struct gcs_config;
struct gcs_node;

/** Syntax, and every key known. Borrows `bytes` for the call only. */
enum gcs_status gcs_config_read(const void *bytes, size_t size, struct gcs_arena *arena,
                                struct gcs_config **config, struct gcs_error *error);
enum gcs_document gcs_config_document(const struct gcs_config *config);
/** What stands behind the first key: `web` in `workload: web`. */
const char *gcs_config_name(const struct gcs_config *config);
/** Fails, saying where such a document belongs, if it is not of this kind. */
enum gcs_status gcs_config_expect(const struct gcs_config *config, enum gcs_document document,
                                  struct gcs_error *error);
/** Overrides one key before finish; a place in a list is a number from 0. In a study with an
 *  inline program, a key that is not the study's is looked up in the program. Names of a map by
 *  name (sites, types) must exist. */
enum gcs_status gcs_config_set(struct gcs_config *config, const char *path, const char *value,
                               struct gcs_error *error);
/** The first file that the document names and has not got yet; NULL: none. *path is as written:
 *  relative to the document. */
const struct gcs_node *gcs_config_file_wanted(const struct gcs_config *config,
                                              const char **path);
/** Takes that file's content, a CSV with the columns share,value, before finish. Borrows
 * `bytes` for the call only. */
enum gcs_status gcs_config_file_take(struct gcs_config *config, const void *bytes, size_t size,
                                     struct gcs_error *error);
/** Fills in defaults, checks types, bounds, and the rules between keys. */
enum gcs_status gcs_config_finish(struct gcs_config *config, struct gcs_error *error);
/** Of the numbers at a workload's top that gcs_config_set gave and that nothing refers to: the
 *  row of the index-th, NULL if there is none. *instead: the row of keys that would by default.
 *  After finish. */
const struct gcs_key *gcs_config_unused(const struct gcs_config *config, size_t index,
                                        const struct gcs_key **instead);
/** Every key as used, as YAML. After finish. */
void gcs_config_print(const struct gcs_config *config, struct gcs_text *text);
/** The inline program of a finished study as a finished workload, or NULL. */
const struct gcs_config *gcs_config_program(const struct gcs_config *config);

/*
 * Accessors, after finish. `path` is relative to `node` and must be a key of the table that
 * applies there (anything else is a bug of the caller). A reference `$rate` is followed.
 */
const struct gcs_node *gcs_config_root(const struct gcs_config *config);
/** NULL only for an optional key that was not given, or one that does not apply. */
const struct gcs_node *gcs_node_at(const struct gcs_node *node, const char *path);
double gcs_node_real(const struct gcs_node *node, const char *path);
uint64_t gcs_node_whole(const struct gcs_node *node, const char *path);
bool gcs_node_flag(const struct gcs_node *node, const char *path);
const char *gcs_node_text(const struct gcs_node *node, const char *path);
/** Place in the row's choices, from 0. */
unsigned gcs_node_choice(const struct gcs_node *node, const char *path);
/** The value is the word `auto`. */
bool gcs_node_auto(const struct gcs_node *node, const char *path);
/** Entries of a map by name or of a list. */
size_t gcs_node_count(const struct gcs_node *node);
const struct gcs_node *gcs_node_entry(const struct gcs_node *node, size_t index);
/** A map's entry: its name. */
const char *gcs_node_name(const struct gcs_node *node);
/** The name of a discrete distribution's value, as a number. */
double gcs_node_named(const struct gcs_node *node);
/** Puts a node's place in the file and its path into *error, unless that holds a failure
 * already, and returns it: `gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "…")`. NULL
 * stays NULL. */
struct gcs_error *gcs_node_blame(const struct gcs_node *node, struct gcs_error *error);

/*
 * Strategies: when to do what about the collector, and on which conditions
 */
enum gcs_when {
    GCS_WHEN_START,
    GCS_WHEN_MARK,
    GCS_WHEN_ALLOCATIONS,
    GCS_WHEN_REQUESTS,
    GCS_WHEN_TIME,
    GCS_WHEN_REQUEST_END,
    GCS_WHEN_IDLE,
};

enum gcs_if {
    GCS_IF_OVER_THRESHOLD, /* gc.get_count()[generation] > gc.get_threshold()[generation] */
    GCS_IF_OVER,           /* gc.get_count()[generation] > count */
    GCS_IF_UP_TO,          /* … <= count */
    GCS_IF_SINCE, /* more than `time` since the strategy's last collection of just `generation`
                   */
    GCS_IF_SHARE, /* the strategy's last collection took less than `percent` of the time since,
                     waiting apart. Both hold if there was none yet. */
};

struct gcs_condition {
    enum gcs_if test;
    unsigned generation;
    int64_t count;
    gcs_time time; /* ns */
    double percent;
};

struct gcs_action {
    enum gcs_gc action;
    unsigned count;    /* values given: collect 1; threshold 1 to 3, or 0: as at the start;
                          the others 0 */
    int64_t values[3]; /* collect: the generation; threshold: T0 T1 T2 */
    double times[3];   /* threshold: so many times what is in force instead; 0: the value */
};

struct gcs_rule {
    enum gcs_when when;
    bool once;         /* ALLOCATIONS, REQUESTS, TIME: after n, not every n */
    const char *label; /* MARK; else NULL */
    uint64_t n; /* ALLOCATIONS, REQUESTS; TIME: ns; IDLE: every n of them, or 0; else 0 */
    const struct gcs_condition *conditions; /* all must hold */
    size_t condition_count;
    const struct gcs_action *actions;
    size_t action_count;
};

struct gcs_strategy {
    const char *name;      /* `manual` */
    const char *full_name; /* with parameters as given: `manual:every=1000` */
    const char *about;
    const char *parameters; /* `every=50,generation=1`, as they are in force; or empty */
    const struct gcs_rule *rules;
    size_t rule_count;
};

/** A list of actions that stands in a finished workload (`phases.*.gc`), in the arena. */
enum gcs_status gcs_actions_read(const struct gcs_node *list, struct gcs_arena *arena,
                                 const struct gcs_action **actions, size_t *count,
                                 struct gcs_error *error);
/** `parameters`: `every=1000,generation=1`, or NULL for the document's defaults. */
enum gcs_status gcs_strategy_read(const void *bytes, size_t size, const char *parameters,
                                  struct gcs_arena *arena, struct gcs_strategy *strategy,
                                  struct gcs_error *error);
/** "every 50 requests" of a rule. */
void gcs_moment_print(const struct gcs_rule *rule, struct gcs_text *text);
/** "idle, if count 0 over 2500: collect 1" of a rule, for `gcsim list strategies`. */
void gcs_rule_print(const struct gcs_rule *rule, struct gcs_text *text);

/*
 * Cost profiles: what the work of a collection takes
 *
 *   pause = fixed + candidates·candidate(W) + references·reference(W)
 *                 + collected·collected(W) + finalizers·finalizer(W)
 *
 * with W the bytes of the candidates. Between its points a curve is linear in log W; beyond
 * them it stays at its end.
 */
enum { GCS_CURVE_POINTS = 16 };
struct gcs_curve {
    size_t count; /* ≥ 1; bytes rise */
    double bytes[GCS_CURVE_POINTS];
    double ns[GCS_CURVE_POINTS];
};

struct gcs_cost {
    const char *name;
    const char *about;
    const char *const *versions; /* `3.11`, …: what it was measured on */
    size_t version_count;
    bool measured;         /* false: assumed */
    double fixed_young_ns; /* generations 0 and 1 */
    double fixed_full_ns;
    struct gcs_curve candidate; /* ns per candidate, all passes */
    struct gcs_curve reference; /* ns per reference visited */
    struct gcs_curve collected; /* ns per collected object, beyond being a candidate */
    struct gcs_curve finalizer; /* ns per finalizer called */
};

enum gcs_status gcs_cost_read(const void *bytes, size_t size, struct gcs_arena *arena,
                              struct gcs_cost *cost, struct gcs_error *error);
/** ns at a working set of so many bytes. */
double gcs_curve_at(const struct gcs_curve *curve, double bytes);
/** Whether it was measured on `cpython-3.11` (`3.11` and `cpython-3.11.4` are the same). */
bool gcs_cost_measured_on(const struct gcs_cost *cost, const char *model);

/*
 * Studies
 */
struct gcs_numbers {
    const int64_t *values;
    size_t count;
};

/** `T0[,T1[,T2]]`; each place a number, or a range `A:B:linN`, `A:B:logN` (N points, both ends,
 *  rounded, duplicates dropped). A place left out has no values; `default` leaves out all. */
struct gcs_thresholds {
    struct gcs_numbers places[3];
};
enum gcs_status gcs_thresholds_parse(const char *text, struct gcs_arena *arena,
                                     struct gcs_thresholds *thresholds,
                                     struct gcs_error *error);
/** One place: a number, a range, or several of both between commas (`--threshold1 5,10`). */
enum gcs_status gcs_numbers_parse(const char *text, struct gcs_arena *arena,
                                  struct gcs_numbers *numbers, struct gcs_error *error);

struct gcs_names {
    const char *const *names;
    size_t count;
};

/** Another axis of the sweep: a numeric key of the workload and its values, for
 *  gcs_config_set. */
struct gcs_axis {
    const char *path;
    struct gcs_names values;
};

/** A program to set beside others: keys of the workload and their values, for gcs_config_set.
 */
struct gcs_case {
    const char *name;
    struct gcs_names paths;
    struct gcs_names values; /* as many */
};

#define GCS_PROGRAM_GC_LIST(X) \
    X(HONOUR, "honour")        \
    X(IGNORE, "ignore")
#define GCS_PROGRAM_GC_ENUM_(name, text) GCS_PROGRAM_GC_##name,
enum gcs_program_gc { GCS_PROGRAM_GC_LIST(GCS_PROGRAM_GC_ENUM_) GCS_PROGRAM_GC_COUNT };

/** An absent text is NULL, an absent list empty: the caller's default fills it. */
struct gcs_study {
    const char *name;
    const char *about;
    const char *input;                /* path of a workload or trace; NULL: program is given */
    const struct gcs_config *program; /* inline, finished; NULL: input is given */
    struct gcs_names models;
    const struct gcs_thresholds *thresholds;
    size_t threshold_count;
    struct gcs_numbers threshold1; /* for the places that thresholds leave out */
    struct gcs_numbers threshold2;
    struct gcs_names strategies; /* `default`, `manual:every=1000,generation=1`, a path */
    const struct gcs_case *cases;
    size_t case_count;
    const struct gcs_axis *axes;
    size_t axis_count;
    struct gcs_names columns; /* of the table for people */
    const char *cost;         /* NULL: by model */
    uint64_t seed;
    uint64_t seeds;
    enum gcs_program_gc program_gc;
    const char *memory;  /* sum, pymalloc */
    const char *engine;  /* auto, replay, index */
    uint64_t max_events; /* 0: none */
    uint64_t max_memory; /* bytes; 0: none */
    const char *digest;  /* the input's, when this was written; NULL: absent */
    const char *version; /* gcsim's, when this was written; NULL: absent */
    const char *warmup;  /* that compare leaves out: a mark or a time; NULL: absent */
};
/** From a finished study. */
enum gcs_status gcs_study_read(const struct gcs_config *config, struct gcs_arena *arena,
                               struct gcs_study *study, struct gcs_error *error);

#endif
