/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From what was given to a complete tree: defaults, and which keys apply. */
#include "config_private.h"

#include <string.h>

static enum gcs_status finish_node(struct gcs_config *config, struct gcs_node *node,
                                   struct gcs_error *error);

/* Whether a row's `only_if` (`distribution=constant|uniform`) holds in a map. */
static bool applies(const struct gcs_node *map, const struct gcs_key *key)
{
    if (!key->only_if)
        return true;
    size_t length = strcspn(key->only_if, "=");
    const struct gcs_node *other = gcs_config_child(map, key->only_if, length);
    return other &&
           gcs_config_choice_find(key->only_if + length + 1, other->text, other->length) >= 0;
}

static enum gcs_status fail_not_applying(const struct gcs_node *map,
                                         const struct gcs_node *child, struct gcs_error *error)
{
    const char *condition = child->key->only_if;
    size_t length = strcspn(condition, "=");
    const struct gcs_node *other = gcs_config_child(map, condition, length);
    if (other)
        return gcs_fail(gcs_node_blame(child, error), GCS_INVALID,
                        "applies only with %s, but %.*s is '%s'", condition, (int)length,
                        condition, other->text);
    return gcs_fail(gcs_node_blame(child, error), GCS_INVALID,
                    "applies only with %s, which does not apply here itself", condition);
}

/* A choice left out follows from a neighbour that was given and applies with one value of it
 * only: `{sigma: 2}` is a lognormal distribution. Else from one that implies the first of its
 * values: `{low: 1, high: 2}` is a uniform one. NULL: nothing tells. */
static const char *infer_choice(struct gcs_config *config, const struct gcs_node *map,
                                const char *name)
{
    size_t length = strlen(name);
    const char *implied = NULL;
    for (const struct gcs_node *child = map->first; child; child = child->next) {
        const char *condition = child->key->only_if;
        if (!child->given || !condition || strncmp(condition, name, length) != 0 ||
            condition[length] != '=')
            continue;
        const char *value = condition + length + 1;
        size_t end = strcspn(value, "|");
        if (!value[end])
            return gcs_arena_string(config->arena, value, end);
        if (child->key->flags & GCS_KEY_IMPLIES)
            implied = gcs_arena_string(config->arena, value, end);
    }
    return implied;
}

/* Adds what the table says of a key that was not given; *added stays NULL if it may be absent.
 */
static enum gcs_status add_default(struct gcs_config *config, struct gcs_node *map,
                                   const struct gcs_key *key, struct gcs_node **added,
                                   struct gcs_error *error)
{
    const char *name = gcs_config_key_last(key);
    const char *fallback = key->fallback;
    const char *inferred = NULL;
    *added = NULL;
    if (key->flags & GCS_KEY_OPTIONAL)
        return GCS_OK;
    if (key->type == GCS_KEY_CHOICE)
        inferred = infer_choice(config, map, name);
    if (!fallback && key->type != GCS_KEY_MAP)
        return gcs_fail(gcs_node_blame(map, error), GCS_INVALID, "'%s' is missing", name);
    *added = gcs_config_add(config, map, key, name, strlen(name));
    if (key->type == GCS_KEY_NAMED)
        gcs_config_graft(config, *added, false);
    if (!gcs_config_is_scalar(key))
        return GCS_OK;
    (*added)->text = inferred ? inferred : fallback;
    (*added)->length = strlen((*added)->text);
    return GCS_OK;
}

static enum gcs_status finish_map(struct gcs_config *config, struct gcs_node *map,
                                  struct gcs_error *error)
{
    for (size_t i = 0; i < gcs_config_key_count; i++) {
        const struct gcs_key *key = &gcs_config_keys[i];
        if (!gcs_config_is_child(gcs_config_map_key_in(map), gcs_config_document_in(map), key))
            continue;
        const char *name = gcs_config_key_last(key);
        struct gcs_node *child = gcs_config_child(map, name, strlen(name));
        if (!applies(map, key)) {
            if (child)
                return fail_not_applying(map, child, error);
            continue;
        }
        if (!child)
            GCS_TRY(add_default(config, map, key, &child, error));
        if (child)
            GCS_TRY(finish_node(config, child, error));
    }
    return GCS_OK;
}

static enum gcs_status finish_node(struct gcs_config *config, struct gcs_node *node,
                                   struct gcs_error *error)
{
    const struct gcs_key *key = node->key;
    if (key && gcs_config_is_scalar(key))
        return gcs_config_check_value(config, node, error);
    if (!key || key->type == GCS_KEY_MAP || key->type == GCS_KEY_PROGRAM)
        return finish_map(config, node, error);
    for (struct gcs_node *child = node->first; child; child = child->next)
        GCS_TRY(finish_node(config, child, error));
    return GCS_OK;
}

enum gcs_status gcs_config_finish(struct gcs_config *config, struct gcs_error *error)
{
    GCS_REQUIRE(!config->finished);
    GCS_TRY(finish_node(config, config->root, error));
    struct gcs_node *program = gcs_config_child(config->root, "program", strlen("program"));
    if (config->document == GCS_DOCUMENT_WORKLOAD)
        GCS_TRY(gcs_config_check_workload(config->root, error));
    if (config->document == GCS_DOCUMENT_STUDY && program) {
        config->program = gcs_arena_push(config->arena, sizeof *config->program);
        *config->program = (struct gcs_config){.arena = config->arena,
                                               .root = program,
                                               .document = GCS_DOCUMENT_WORKLOAD,
                                               .finished = true};
        GCS_TRY(gcs_config_check_workload(program, error));
    }
    if (config->document == GCS_DOCUMENT_STUDY)
        GCS_TRY(gcs_config_check_study(config, error));
    config->finished = true;
    return GCS_OK;
}
