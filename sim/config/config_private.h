/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * config_private.h — the tree behind a document, and what the files of this stage share.
 *
 * A node is bound to the row of its key from the moment it is read; an entry of a map by name
 * has the row whose path ends in `*`, one of a list that which ends in `[]`. Children stand in
 * the order of the file; printing goes by the order of the table.
 */
#ifndef GCSIM_CONFIG_PRIVATE_H
#define GCSIM_CONFIG_PRIVATE_H

#include <gcsim/config.h>

#include <float.h>

enum {
    CONFIG_ENTRIES_MAX = 4096,  /* of one map or list: duplicates are looked for pair by pair */
    CONFIG_BYTES_MAX = 1 << 20, /* of a document */
    CONFIG_NAME_MAX = 63,       /* bytes of a name that a user chose */
    CONFIG_AXIS_POINTS = 10000, /* each is a workload of its own */
    CONFIG_RANGE_POINTS = 1000000, /* of one range */
};

struct gcs_node {
    const struct gcs_key *key;
    const char *name; /* as written; NULL in a list and at the root */
    struct gcs_node *parent;
    struct gcs_node *first;
    struct gcs_node *last;
    struct gcs_node *next;
    size_t count;     /* children */
    size_t index;     /* among its parent's */
    const char *text; /* scalars */
    size_t length;
    uint64_t line; /* 1-based; 0: a default, or through gcs_config_set */
    uint64_t column;
    bool given;        /* by the file or gcs_config_set, not by the table */
    bool set;          /* by gcs_config_set */
    bool used;         /* another key takes its value; after finish */
    bool no_reference; /* quoted, so a `$` is just a `$` */
    /* After finish: */
    bool automatic;
    double named; /* a value of a discrete distribution: its name as a number */
    double real;
    uint64_t whole;
    unsigned choice; /* also a flag's; the root's: the kind of document */
};

struct gcs_config {
    struct gcs_arena *arena;
    struct gcs_node *root;
    struct gcs_config *program; /* of a study */
    enum gcs_document document;
    bool finished;
};

/*
 * keys.c
 */
extern const struct gcs_key gcs_config_keys[];
extern const size_t gcs_config_key_count;

#define CONFIG_CURVE(name, what)                                                             \
    ROW(GCS_DOCUMENT_COST, name, LIST, .help = what ", over the bytes of the candidates"),   \
        ROW(GCS_DOCUMENT_COST, name ".[]", LIST, .help = "a point `[bytes, ns]`"),           \
        ROW(GCS_DOCUMENT_COST, name ".[].[]", REAL, .unit = GCS_UNIT_BYTES, BOUNDS(0, 1e15), \
            .help = "bytes, then ns")

#define CONFIG_ACTIONS \
    "`enable`, `disable`, `collect G`, `freeze`, `unfreeze`, `threshold T0 [T1 [T2]]`"

/* What a workload's program asks of the gc module somewhere. */
#define CONFIG_PROGRAM_GC(at, when)                                                    \
    ROW(GCS_DOCUMENT_WORKLOAD, at, LIST, .fallback = "[]",                             \
        .help = "what the program itself, or a library, asks of the gc module " when), \
        ROW(GCS_DOCUMENT_WORKLOAD, at ".[]", TEXT, .help = CONFIG_ACTIONS)

/* A trace's kinds but for weakrefs, which need somebody to refer to. */
#define CONFIG_KINDS                                                                      \
    "instance|atomic|tuple|list|dict|set|function|cell|generator|coroutine|frame|method|" \
    "cfunction|slice|iterator|container"

#define CONFIG_DEFAULT_TYPES                                 \
    "object: {kind: instance, attributes: 4}\n"              \
    "record: {kind: instance, attributes: 4, slots: true}\n" \
    "list: {kind: list, attributes: 2}\n"                    \
    "tuple: {kind: tuple, attributes: 2}\n"                  \
    "dict: {kind: dict, attributes: 3}\n"                    \
    "set: {kind: set, attributes: 2}\n"                      \
    "function: {kind: function, attributes: 3}\n"            \
    "cell: {kind: cell, attributes: 1}\n"                    \
    "method: {kind: method, attributes: 2}\n"                \
    "generator: {kind: generator, attributes: 2}\n"          \
    "iterator: {kind: iterator, attributes: 1}\n"

/* A service in miniature: most objects go at once, many with their request, some stay for a
 * while, and the start leaves classes and functions. */
#define CONFIG_DEFAULT_SITES                                                              \
    "temporary: {weight: 55, types: {tuple: 3, list: 3, method: 2, dict: 1, object: 1}, " \
    "targets: {recent: 1, same_request: 2, older: 1, static: 2}}\n"                       \
    "working: {weight: 40, types: {object: 4, dict: 3, list: 3, tuple: 2}, "              \
    "lifetime: request, references: {distribution: geometric, mean: 1.5}}\n"              \
    "session: {weight: 5, types: {object: 3, dict: 2, list: 1}, "                         \
    "lifetime: {cause: allocations, distribution: exponential}, "                         \
    "references: {distribution: geometric, mean: 2}, "                                    \
    "targets: {recent: 0, same_request: 0, older: 2, static: 1}}\n"                       \
    "module: {during: startup, types: {function: 4, dict: 2, tuple: 3, object: 2}, "      \
    "lifetime: never, cyclic: 0, references: {distribution: geometric, mean: 2.5}, "      \
    "targets: {recent: 1, same_request: 0, older: 0, static: 3}}\n"

/* The pause between start and service absorbs the collections of the start, which would delay
 * the first requests otherwise. */
#define CONFIG_DEFAULT_PHASES             \
    "startup: {kind: startup}\n"          \
    "ready: {kind: idle, duration: 1s}\n" \
    "steady: {kind: steady}\n"

/*
 * find.c: from paths to rows
 */
/** The row of an entry `name` of a map, of a map by name or of a list; NULL: unknown. */
const struct gcs_key *gcs_config_child_key(const struct gcs_node *map, const char *name,
                                           size_t length);
/** The first row of a document, which is the one its kind is told by. */
const struct gcs_key *gcs_config_first_key(enum gcs_document document);
/** Whether `key` stands directly in the map `map` (NULL: at the top of its document). */
bool gcs_config_is_child(const struct gcs_key *map, enum gcs_document document,
                         const struct gcs_key *key);
/** The last part of a row's path. */
const char *gcs_config_key_last(const struct gcs_key *key);
/** The name nearest to `name` among the fixed keys of a map, or NULL. */
const char *gcs_config_nearest_key(const struct gcs_node *map, const char *name);
/** The place of `text` (`length` bytes) among `a|b|c`, or -1. */
int gcs_config_choice_find(const char *choices, const char *text, size_t length);
/** The `index`th of `a|b|c`; its length is put in *length. NULL behind the last. */
const char *gcs_config_choice_at(const char *choices, size_t index, size_t *length);
/** The nearest of `a|b|c`, or NULL; a copy in the arena. */
const char *gcs_config_choice_nearest(struct gcs_arena *arena, const char *choices,
                                      const char *text);

/*
 * tree.c
 */
/** Where a map's keys are in the table: a PROGRAM's are those of a workload, at the top. */
enum gcs_document gcs_config_document_in(const struct gcs_node *map);
const struct gcs_key *gcs_config_map_key_in(const struct gcs_node *map);
struct gcs_node *gcs_config_add(struct gcs_config *config, struct gcs_node *parent,
                                const struct gcs_key *key, const char *name, size_t length);
struct gcs_node *gcs_config_child(const struct gcs_node *map, const char *name, size_t length);
/** Gives a node a plain value: a scalar its text; a map, a list, a map by name that which a
 *  plain value stands for there. What the node held before is forgotten. */
enum gcs_status gcs_config_assign(struct gcs_config *config, struct gcs_node *node,
                                  const char *text, size_t length, struct gcs_error *error);
/** Whether a name that a user chose will do in maps, paths and traces. */
bool gcs_config_is_name(const char *text, size_t length, const char *also);
bool gcs_config_is_scalar(const struct gcs_key *key);
/** Fails unless the text is UTF-8 without control characters other than LF and TAB. */
enum gcs_status gcs_config_check_text(const struct gcs_node *node, const char *text,
                                      size_t length, struct gcs_error *error);

/*
 * yaml.c
 */
/** Adds the entries of the table's default to a map by name, as far as their names are free;
 *  with `starts`, only those that say `during: startup`. */
void gcs_config_graft(struct gcs_config *config, struct gcs_node *named, bool starts);

/*
 * strategy.c, strategy_rule.c
 */
/** A strategy's parameters by name, with the values in force. */
struct gcs_parameters {
    const char **names; /* NULL: no strategy, but what a program itself calls */
    const char **values;
    size_t count;
    struct gcs_arena *arena;
};
/** Puts the value in the place of `$name` in a word, if there is one. */
enum gcs_status gcs_parameter_expand(const struct gcs_parameters *parameters, const char **word,
                                     struct gcs_error *error);
enum gcs_status gcs_rule_read(const struct gcs_node *node,
                              const struct gcs_parameters *parameters, struct gcs_rule *rule,
                              struct gcs_error *error);

/*
 * values.c, rules.c, ranges.c
 */
/** Type and bounds of a scalar; fills in what it holds. */
enum gcs_status gcs_config_check_value(struct gcs_config *config, struct gcs_node *node,
                                       struct gcs_error *error);
/** A lifetime is in allocations or in time, as the `cause` in its map has it. */
enum gcs_unit gcs_config_unit_of(const struct gcs_key *key, const struct gcs_node *node);
enum gcs_status gcs_config_check_workload(struct gcs_node *top, struct gcs_error *error);
enum gcs_status gcs_config_check_study(const struct gcs_config *config,
                                       struct gcs_error *error);
/** A range `A:B:linN` or a number, as reals. false: *why says what is wrong. */
bool gcs_config_range_parse(const char *text, size_t length, enum gcs_unit unit,
                            struct gcs_arena *arena, double **values, size_t *count,
                            const char **why);

#endif
