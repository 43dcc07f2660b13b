/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The lists as rows, for CSV and JSON. */
#include "listed.h"

#include <stddef.h>

#define COLUMN(name, unit, cell, row, member, help)                     \
    {                                                                   \
        name, unit, help, GCS_CELL_##cell, offsetof(struct row, member) \
    }
#define LISTED(name, help, table, add_rows)                               \
    {                                                                     \
        {name, help, table, sizeof(table) / sizeof((table)[0])}, add_rows \
    }

void each_strategy(void (*visit)(void *to, const struct gcs_strategy *strategy), void *to)
{
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded *file = &embedded_files[i];
        struct gcs_arena arena;
        struct gcs_strategy strategy;
        struct gcs_error error = {0};
        if (!gcs_same(file->kind, "strategies"))
            continue;
        gcs_arena_init(&arena);
        if (gcs_strategy_read(file->data, file->size, NULL, &arena, &strategy, &error) ==
            GCS_OK)
            visit(to, &strategy);
        gcs_arena_fini(&arena);
    }
}

void each_cost(void (*visit)(void *to, const struct gcs_cost *cost), void *to)
{
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded *file = &embedded_files[i];
        struct gcs_arena arena;
        struct gcs_cost cost;
        struct gcs_error error = {0};
        if (!gcs_same(file->kind, "costs"))
            continue;
        gcs_arena_init(&arena);
        if (gcs_cost_read(file->data, file->size, &arena, &cost, &error) == GCS_OK)
            visit(to, &cost);
        gcs_arena_fini(&arena);
    }
}

void each_program(const char *kind,
                  void (*visit)(void *to, const char *name, const struct gcs_config *config),
                  void *to)
{
    for (size_t i = 0; i < embedded_count; i++) {
        const struct embedded *file = &embedded_files[i];
        struct gcs_arena arena;
        struct gcs_config *config;
        struct gcs_error error = {0};
        if (!gcs_same(file->kind, kind))
            continue;
        gcs_arena_init(&arena);
        if (gcs_config_read(file->data, file->size, &arena, &config, &error) == GCS_OK &&
            gcs_config_finish(config, &error) == GCS_OK)
            visit(to, file->name, config);
        gcs_arena_fini(&arena);
    }
}

static const struct gcs_column model_columns[] = {
    COLUMN("model", "", TEXT, gcs_model, name, "name for -m"),
    COLUMN("versions", "", TEXT, gcs_model, versions, "the releases that it stands for"),
    COLUMN("threshold0", "", I64, gcs_model, threshold[0], "where the interpreter starts"),
    COLUMN("threshold1", "", I64, gcs_model, threshold[1], "the same, generation 1"),
    COLUMN("threshold2", "", I64, gcs_model, threshold[2], "the same, generation 2"),
    COLUMN("fidelity", "", TEXT, gcs_model, checked, "what it was checked against"),
    COLUMN("about", "", TEXT, gcs_model, about, "what is particular about it"),
};

static void add_models(struct rows *rows)
{
    size_t count;
    const struct gcs_model *models = gcs_models(&count);
    for (size_t i = 0; i < count; i++)
        rows_add(rows, &models[i]);
}

struct strategy_row {
    const char *name, *about, *rules;
};
static const struct gcs_column strategy_columns[] = {
    COLUMN("strategy", "", TEXT, strategy_row, name, "name for -S"),
    COLUMN("about", "", TEXT, strategy_row, about, "what it stands for"),
    COLUMN("rules", "", TEXT, strategy_row, rules, "when: what; several by semicolons"),
};

static void add_strategy(void *to, const struct gcs_strategy *strategy)
{
    struct gcs_text rules;
    gcs_text_init(&rules, NULL);
    for (size_t r = 0; r < strategy->rule_count; r++) {
        if (r)
            gcs_text_add(&rules, "; ");
        gcs_rule_print(&strategy->rules[r], &rules);
    }
    rows_add(to, &(struct strategy_row){strategy->name, strategy->about, rules.data});
    gcs_text_fini(&rules);
}

static void add_strategies(struct rows *rows)
{
    each_strategy(add_strategy, rows);
}

struct key_row {
    const char *document, *path, *type, *bounds, *fallback, *help;
};
static const struct gcs_column key_columns[] = {
    COLUMN("document", "", TEXT, key_row, document, "what YAML file it belongs to"),
    COLUMN("key", "", TEXT, key_row, path, "its path; *: any name"),
    COLUMN("type", "", TEXT, key_row, type, "of its value, or the choices"),
    COLUMN("bounds", "", TEXT, key_row, bounds, "between which a number must lie"),
    COLUMN("default", "", TEXT, key_row, fallback, "what it is if it is left out"),
    COLUMN("about", "", TEXT, key_row, help, "what it means"),
};

static void add_keys(struct rows *rows)
{
    for (size_t i = 0; i < gcs_key_count(); i++) {
        const struct gcs_key *key = gcs_key_at(i);
        struct gcs_text bounds;
        gcs_text_init(&bounds, NULL);
        gcs_key_print_bounds(key, &bounds);
        rows_add(rows,
                 &(struct key_row){gcs_document_name(key->document), key->path,
                                   key->choices ? key->choices : gcs_key_type_name(key->type),
                                   bounds.data, key->fallback, key->help});
        gcs_text_fini(&bounds);
    }
}

struct column_row {
    const char *file, *name, *unit, *help;
};
static const struct gcs_column column_columns[] = {
    COLUMN("file", "", TEXT, column_row, file, "where the column is"),
    COLUMN("column", "", TEXT, column_row, name, "its name"),
    COLUMN("unit", "", TEXT, column_row, unit, "of its values"),
    COLUMN("about", "", TEXT, column_row, help, "what it means"),
};

static void add_columns(struct rows *rows)
{
    const struct gcs_file *file;
    for (size_t f = 0; (file = gcs_file_at(f)) != NULL; f++)
        for (size_t i = 0; i < file->count; i++)
            rows_add(rows, &(struct column_row){file->name, file->columns[i].name,
                                                file->columns[i].unit, file->columns[i].help});
}

struct program_row {
    const char *name, *about;
};
static const struct gcs_column workload_columns[] = {
    COLUMN("workload", "", TEXT, program_row, name, "name to run it by"),
    COLUMN("about", "", TEXT, program_row, about, "what it stands for"),
};

static const struct gcs_column study_columns[] = {
    COLUMN("study", "", TEXT, program_row, name, "name to sweep it by"),
    COLUMN("about", "", TEXT, program_row, about, "what it asks"),
};

static void add_program(void *to, const char *name, const struct gcs_config *config)
{
    rows_add(to, &(struct program_row){name, gcs_node_text(gcs_config_root(config), "about")});
}

static void add_workloads(struct rows *rows)
{
    each_program("workloads", add_program, rows);
}

static void add_studies(struct rows *rows)
{
    each_program("studies", add_program, rows);
}

struct cost_row {
    const char *versions;
    struct gcs_cost cost;
    double candidate[2], reference[2];
};
static const struct gcs_column cost_columns[] = {
    COLUMN("cost", "", TEXT, cost_row, cost.name, "name for --cost"),
    COLUMN("measured", "", FLAG, cost_row, cost.measured, "1: measured, 0: assumed"),
    COLUMN("versions", "", TEXT, cost_row, versions, "of CPython, on which"),
    COLUMN("fixed_young_ns", "ns", REAL, cost_row, cost.fixed_young_ns,
           "a pass of generation 0 or 1 over nothing"),
    COLUMN("fixed_full_ns", "ns", REAL, cost_row, cost.fixed_full_ns,
           "a full pass over nothing"),
    COLUMN("candidate_ns_cached", "ns", REAL, cost_row, candidate[0],
           "an object examined, in the smallest working set"),
    COLUMN("candidate_ns_memory", "ns", REAL, cost_row, candidate[1], "in the largest"),
    COLUMN("reference_ns_cached", "ns", REAL, cost_row, reference[0],
           "a reference visited, in the smallest working set"),
    COLUMN("reference_ns_memory", "ns", REAL, cost_row, reference[1], "in the largest"),
    COLUMN("about", "", TEXT, cost_row, cost.about, "what it was measured on"),
};

static void add_cost(void *to, const struct gcs_cost *cost)
{
    const struct gcs_curve *candidate = &cost->candidate, *reference = &cost->reference;
    struct gcs_text versions;
    gcs_text_init(&versions, NULL);
    for (size_t v = 0; v < cost->version_count; v++)
        gcs_text_add(&versions, "%s%s", v ? " " : "", cost->versions[v]);
    rows_add(to, &(struct cost_row){versions.data,
                                    *cost,
                                    {candidate->ns[0], candidate->ns[candidate->count - 1]},
                                    {reference->ns[0], reference->ns[reference->count - 1]}});
    gcs_text_fini(&versions);
}

static void add_costs(struct rows *rows)
{
    each_cost(add_cost, rows);
}

const struct listed listed_models = LISTED("models", "collectors", model_columns, add_models);
const struct listed listed_strategies =
    LISTED("strategies", "what programs do about it", strategy_columns, add_strategies);
const struct listed listed_keys = LISTED("keys", "of YAML files", key_columns, add_keys);
const struct listed listed_columns =
    LISTED("columns", "of the files written", column_columns, add_columns);
const struct listed listed_workloads =
    LISTED("workloads", "programs carried", workload_columns, add_workloads);
const struct listed listed_studies =
    LISTED("studies", "questions carried", study_columns, add_studies);
const struct listed listed_costs =
    LISTED("costs", "what collections cost", cost_columns, add_costs);

void listed_print(const struct listed *listed, enum format format, struct gcs_text *text)
{
    struct rows rows = rows_begin(&listed->file, format, text);
    listed->add_rows(&rows);
    rows_end(&rows);
}
