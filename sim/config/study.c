/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Studies: from the tree to plain structs. */
#include "config_private.h"

#include <math.h>
#include <string.h>

/* Puts a node's place into an error that a parser of texts has filled. */
static enum gcs_status place(const struct gcs_node *node, const struct gcs_error *found,
                             struct gcs_error *error)
{
    return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s", found->text);
}

static struct gcs_names names_of(const struct gcs_node *list, struct gcs_arena *arena)
{
    const char **names = gcs_arena_push(arena, (list->count + 1) * sizeof *names);
    size_t count = 0;
    for (const struct gcs_node *child = list->first; child; child = child->next)
        names[count++] = child->text;
    return (struct gcs_names){names, count};
}

static enum gcs_status numbers_of(const struct gcs_node *list, struct gcs_arena *arena,
                                  struct gcs_numbers *numbers, struct gcs_error *error)
{
    struct gcs_numbers all = {0};
    for (const struct gcs_node *child = list->first; child; child = child->next) {
        struct gcs_error found = {0};
        struct gcs_numbers some;
        if (gcs_numbers_parse(child->text, arena, &some, &found) != GCS_OK)
            return place(child, &found, error);
        int64_t *values = gcs_arena_push(arena, (all.count + some.count) * sizeof *values);
        if (all.count)
            memcpy(values, all.values, all.count * sizeof *values);
        memcpy(values + all.count, some.values, some.count * sizeof *values);
        all = (struct gcs_numbers){values, all.count + some.count};
    }
    *numbers = all;
    return GCS_OK;
}

static enum gcs_status thresholds_of(const struct gcs_node *list, struct gcs_arena *arena,
                                     struct gcs_study *study, struct gcs_error *error)
{
    struct gcs_thresholds *all = gcs_arena_push(arena, (list->count + 1) * sizeof *all);
    for (const struct gcs_node *child = list->first; child; child = child->next) {
        struct gcs_error found = {0};
        if (gcs_thresholds_parse(child->text, arena, &all[child->index], &found) != GCS_OK)
            return place(child, &found, error);
    }
    study->thresholds = all;
    study->threshold_count = list->count;
    return GCS_OK;
}

/* A point of a range as one would write it. */
static const char *print_point(double value, const struct gcs_key *key, struct gcs_arena *arena)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "%.*g", key->type == GCS_KEY_WHOLE ? 17 : 9,
                 key->type == GCS_KEY_WHOLE ? round(value) : value);
    const char *copy =
        gcs_arena_string(arena, text.data ? text.data : "", text.data ? text.length : 0);
    gcs_text_fini(&text);
    return copy;
}

static enum gcs_status axis_of(const struct gcs_node *list, struct gcs_arena *arena,
                               struct gcs_axis *axis, struct gcs_error *error)
{
    const struct gcs_key *key = gcs_key_find(GCS_DOCUMENT_WORKLOAD, list->name);
    if (!key || (key->type != GCS_KEY_REAL && key->type != GCS_KEY_WHOLE))
        return gcs_fail(gcs_node_blame(list, error), GCS_INVALID, "'%s' is %s", list->name,
                        key ? "not a number, so it can't be an axis" : "no key of a workload");
    const char **names = NULL;
    size_t filled = 0;
    for (const struct gcs_node *child = list->first; child; child = child->next) {
        double *values = NULL;
        size_t count = 1;
        const char *why;
        bool range = strchr(child->text, ':') != NULL;
        enum gcs_unit unit = key->unit;
        if (key->flags & GCS_KEY_EITHER && child->text[child->length - 1] == 's')
            unit = GCS_UNIT_TIME;
        if (!gcs_config_range_parse(child->text, child->length, unit, arena, &values, &count,
                                    &why))
            return gcs_fail(gcs_node_blame(child, error), GCS_INVALID, "%s: '%s'", why,
                            child->text);
        if (count > CONFIG_AXIS_POINTS)
            return gcs_fail(gcs_node_blame(child, error), GCS_INVALID,
                            "more than %d points: '%s'", CONFIG_AXIS_POINTS, child->text);
        const char **more = gcs_arena_push(arena, (filled + count) * sizeof *more);
        if (filled)
            memcpy(more, names, filled * sizeof *more);
        names = more;
        for (size_t i = 0; i < count; i++)
            names[filled++] = range ? print_point(values[i], key, arena) : child->text;
    }
    *axis = (struct gcs_axis){list->name, {names, filled}};
    return GCS_OK;
}

static enum gcs_status case_of(const struct gcs_node *map, struct gcs_arena *arena,
                               struct gcs_case *one, struct gcs_error *error)
{
    const char **paths = gcs_arena_push(arena, (map->count + 1) * sizeof *paths);
    const char **values = gcs_arena_push(arena, (map->count + 1) * sizeof *values);
    size_t count = 0;
    for (const struct gcs_node *child = map->first; child; child = child->next) {
        const struct gcs_key *key = gcs_key_find(GCS_DOCUMENT_WORKLOAD, child->name);
        if (!key || !gcs_config_is_scalar(key))
            return gcs_fail(gcs_node_blame(child, error), GCS_INVALID, "'%s' is %s",
                            child->name, key ? "no single value" : "no key of a workload");
        paths[count] = child->name;
        values[count++] = child->text;
    }
    *one = (struct gcs_case){map->name, {paths, count}, {values, count}};
    return GCS_OK;
}

static const char *optional_text(const struct gcs_node *root, const char *name)
{
    const struct gcs_node *node = gcs_node_at(root, name);
    return node ? node->text : NULL;
}

enum gcs_status gcs_study_read(const struct gcs_config *config, struct gcs_arena *arena,
                               struct gcs_study *study, struct gcs_error *error)
{
    const struct gcs_node *root = config->root;
    const struct gcs_node *axes = gcs_node_at(root, "axes");
    const struct gcs_node *cases = gcs_node_at(root, "cases");
    GCS_REQUIRE(config->document == GCS_DOCUMENT_STUDY);
    struct gcs_study read = {
        .name = gcs_node_text(root, "study"),
        .about = gcs_node_text(root, "about"),
        .input = optional_text(root, "input"),
        .program = config->program,
        .models = names_of(gcs_node_at(root, "models"), arena),
        .strategies = names_of(gcs_node_at(root, "strategies"), arena),
        .case_count = cases->count,
        .axis_count = axes->count,
        .columns = names_of(gcs_node_at(root, "columns"), arena),
        .cost = optional_text(root, "cost"),
        .seed = gcs_node_whole(root, "seed"),
        .seeds = gcs_node_whole(root, "seeds"),
        .program_gc = gcs_node_choice(root, "program_gc"),
        .memory = gcs_node_text(root, "memory"),
        .engine = gcs_node_text(root, "engine"),
        .max_events = gcs_node_whole(root, "max_events"),
        .max_memory = gcs_node_whole(root, "max_memory"),
        .digest = optional_text(root, "digest"),
        .version = optional_text(root, "version"),
        .warmup = optional_text(root, "warmup"),
    };
    GCS_TRY(thresholds_of(gcs_node_at(root, "thresholds"), arena, &read, error));
    GCS_TRY(numbers_of(gcs_node_at(root, "threshold1"), arena, &read.threshold1, error));
    GCS_TRY(numbers_of(gcs_node_at(root, "threshold2"), arena, &read.threshold2, error));
    struct gcs_case *each = gcs_arena_push(arena, (cases->count + 1) * sizeof *each);
    for (const struct gcs_node *one = cases->first; one; one = one->next)
        GCS_TRY(case_of(one, arena, &each[one->index], error));
    read.cases = each;
    struct gcs_axis *all = gcs_arena_push(arena, (axes->count + 1) * sizeof *all);
    for (const struct gcs_node *axis = axes->first; axis; axis = axis->next)
        GCS_TRY(axis_of(axis, arena, &all[axis->index], error));
    read.axes = all;
    *study = read;
    return GCS_OK;
}

enum gcs_status gcs_config_check_study(const struct gcs_config *config, struct gcs_error *error)
{
    const struct gcs_node *root = config->root;
    bool input = gcs_node_at(root, "input") != NULL;
    bool program = gcs_node_at(root, "program") != NULL;
    if (input == program)
        return gcs_fail(gcs_node_blame(root->first, error), GCS_INVALID,
                        input ? "both 'input' and 'program' are given: one of them"
                              : "neither 'input' nor 'program' is given: one of them");
    struct gcs_study study;
    return gcs_study_read(config, config->arena, &study, error);
}
