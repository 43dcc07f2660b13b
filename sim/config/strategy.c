/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strategies: their documents and parameters. What their rules say is in strategy_rule.c. */
#include "config_private.h"

#include <string.h>

static int find_name(const struct gcs_parameters *parameters, const char *name, size_t length)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (strlen(parameters->names[i]) == length &&
            memcmp(parameters->names[i], name, length) == 0)
            return (int)i;
    return -1;
}

static enum gcs_status unknown_parameter(const struct gcs_parameters *parameters,
                                         const char *name, struct gcs_error *error)
{
    const char *nearest = gcs_nearest(name, parameters->names, parameters->count);
    if (nearest)
        return gcs_fail(error, GCS_INVALID,
                        "the strategy has no parameter '%s' (did you mean '%s'?)", name,
                        nearest);
    return gcs_fail(error, GCS_INVALID, "the strategy has no parameter '%s'", name);
}

/* The document's parameters, with the values given (`every=1000,generation=1`) in their place.
 */
static enum gcs_status read_parameters(const struct gcs_node *map, const char *given,
                                       struct gcs_parameters *parameters,
                                       struct gcs_error *error)
{
    struct gcs_arena *arena = parameters->arena;
    parameters->names = gcs_arena_push(arena, (map->count + 1) * sizeof(char *));
    parameters->values = gcs_arena_push(arena, (map->count + 1) * sizeof(char *));
    for (const struct gcs_node *child = map->first; child; child = child->next) {
        parameters->names[parameters->count] = child->name;
        parameters->values[parameters->count++] = child->text;
        if (!gcs_config_is_name(child->text, child->length, "."))
            return gcs_fail(gcs_node_blame(child, error), GCS_INVALID,
                            "a parameter is one word, not '%s'", child->text);
    }
    for (const char *at = given; at && *at;) {
        size_t length = strcspn(at, ",");
        const char *equals = memchr(at, '=', length);
        size_t name_length = equals ? (size_t)(equals - at) : length;
        size_t value_length = equals ? length - name_length - 1 : 0;
        if (!equals || !gcs_config_is_name(equals + 1, value_length, "."))
            return gcs_fail(error, GCS_INVALID, "parameters are written NAME=VALUE, not '%s'",
                            gcs_arena_string(arena, at, length));
        int place = find_name(parameters, at, name_length);
        if (place < 0)
            return unknown_parameter(parameters, gcs_arena_string(arena, at, name_length),
                                     error);
        parameters->values[place] = gcs_arena_string(arena, equals + 1, value_length);
        at += length + (at[length] == ',');
    }
    return GCS_OK;
}

/* Everything but a letter, a digit, `_` and `-` ends a parameter's name. */
static size_t name_length(const char *at)
{
    return strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
}

enum gcs_status gcs_parameter_expand(const struct gcs_parameters *parameters, const char **word,
                                     struct gcs_error *error)
{
    const char *dollar = parameters->names ? strchr(*word, '$') : NULL;
    if (!dollar)
        return GCS_OK;
    size_t before = (size_t)(dollar - *word), length = name_length(dollar + 1);
    int place = find_name(parameters, dollar + 1, length);
    if (place < 0)
        return unknown_parameter(
            parameters, gcs_arena_string(parameters->arena, dollar + 1, length), error);
    const char *value = parameters->values[place], *rest = dollar + 1 + length;
    size_t inside = strlen(value), behind = strlen(rest);
    char *whole = gcs_arena_push(parameters->arena, before + inside + behind + 1);
    memcpy(whole, *word, before);
    memcpy(whole + before, value, inside);
    memcpy(whole + before + inside, rest, behind + 1);
    *word = whole;
    return GCS_OK;
}

/* `every=50,generation=1` */
static const char *print_parameters(const struct gcs_parameters *parameters)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    for (size_t i = 0; i < parameters->count; i++)
        gcs_text_add(&text, "%s%s=%s", i ? "," : "", parameters->names[i],
                     parameters->values[i]);
    const char *printed =
        gcs_arena_string(parameters->arena, text.length ? text.data : "", text.length);
    gcs_text_fini(&text);
    return printed;
}

static const char *full_name(const char *name, const char *given, struct gcs_arena *arena)
{
    if (!given || !*given)
        return name;
    size_t first = strlen(name), second = strlen(given);
    char *full = gcs_arena_push(arena, first + second + 2);
    memcpy(full, name, first);
    full[first] = ':';
    memcpy(full + first + 1, given, second + 1);
    return full;
}

enum gcs_status gcs_strategy_read(const void *bytes, size_t size, const char *parameters,
                                  struct gcs_arena *arena, struct gcs_strategy *strategy,
                                  struct gcs_error *error)
{
    struct gcs_config *config;
    struct gcs_parameters known = {.arena = arena};
    GCS_TRY(gcs_config_read(bytes, size, arena, &config, error));
    GCS_TRY(gcs_config_expect(config, GCS_DOCUMENT_STRATEGY, error));
    GCS_TRY(gcs_config_finish(config, error));
    const struct gcs_node *root = config->root;
    const struct gcs_node *list = gcs_node_at(root, "rules");
    GCS_TRY(read_parameters(gcs_node_at(root, "parameters"), parameters, &known, error));
    struct gcs_rule *rules = gcs_arena_push(arena, (list->count + 1) * sizeof *rules);
    for (const struct gcs_node *child = list->first; child; child = child->next)
        GCS_TRY(gcs_rule_read(child, &known, &rules[child->index], error));
    *strategy = (struct gcs_strategy){
        .name = gcs_config_name(config),
        .full_name = full_name(gcs_config_name(config), parameters, arena),
        .about = gcs_node_text(root, "about"),
        .parameters = print_parameters(&known),
        .rules = rules,
        .rule_count = list->count,
    };
    return GCS_OK;
}
