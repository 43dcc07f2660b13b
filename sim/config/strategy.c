/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Strategies: the small language of their rules, and their parameters. */
#include "config_private.h"

#include <string.h>

enum { WORDS_MAX = 5 };

struct parameters {
    const char **names;
    const char **values;
    size_t count;
    struct gcs_arena *arena;
};

struct words {
    const char *word[WORDS_MAX];
    unsigned count;
};

static int find_name(const struct parameters *parameters, const char *name)
{
    for (size_t i = 0; i < parameters->count; i++)
        if (gcs_same(parameters->names[i], name))
            return (int)i;
    return -1;
}

static enum gcs_status unknown_parameter(const struct parameters *parameters, const char *name,
                                         struct gcs_error *error)
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
                                       struct parameters *parameters, struct gcs_error *error)
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
        const char *name = gcs_arena_string(arena, at, name_length);
        size_t value_length = equals ? length - name_length - 1 : 0;
        if (!equals || !gcs_config_is_name(equals + 1, value_length, "."))
            return gcs_fail(error, GCS_INVALID, "parameters are written NAME=VALUE, not '%s'",
                            gcs_arena_string(arena, at, length));
        int place = find_name(parameters, name);
        if (place < 0)
            return unknown_parameter(parameters, name, error);
        parameters->values[place] = gcs_arena_string(arena, equals + 1, value_length);
        at += length + (at[length] == ',');
    }
    return GCS_OK;
}

/* The words of a rule's text, with `$name` replaced. */
static enum gcs_status split(const struct gcs_node *node, const struct parameters *parameters,
                             struct words *words, struct gcs_error *error)
{
    *words = (struct words){0};
    for (const char *at = node->text; *at;) {
        size_t length = strcspn(at, " ");
        if (length && words->count == WORDS_MAX)
            return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "too many words: '%s'",
                            node->text);
        if (length) {
            const char *word = gcs_arena_string(parameters->arena, at, length);
            bool named = *word == '$' && parameters->names;
            int place = named ? find_name(parameters, word + 1) : -1;
            if (named && place < 0)
                return unknown_parameter(parameters, word + 1, gcs_node_blame(node, error));
            words->word[words->count++] = place < 0 ? word : parameters->values[place];
        }
        at += length + (at[length] == ' ');
    }
    return GCS_OK;
}

static bool parse_every(const struct words *words, struct gcs_rule *rule)
{
    const char *why;
    const char *number = words->word[1];
    size_t length = strlen(number);
    if (words->count == 2) { /* a bare number would be nanoseconds, which nobody means */
        rule->when = GCS_WHEN_TIME;
        return number[length - 1] == 's' &&
               gcs_parse_whole(number, length, GCS_UNIT_TIME, &rule->n, &why) && rule->n;
    }
    static const char *const units[] = {"allocations", "requests", "idle"};
    static const enum gcs_when whens[] = {GCS_WHEN_ALLOCATIONS, GCS_WHEN_REQUESTS,
                                          GCS_WHEN_IDLE};
    for (unsigned i = 0; i < 3; i++)
        if (words->count == 3 && gcs_same(words->word[2], units[i])) {
            rule->when = whens[i];
            return gcs_parse_whole(number, length, GCS_UNIT_NONE, &rule->n, &why) && rule->n;
        }
    return false;
}

static bool parse_when(const struct words *words, struct gcs_rule *rule)
{
    const char *first = words->count ? words->word[0] : "";
    bool alone = words->count == 1;
    if (gcs_same(first, "every") && words->count > 1)
        return parse_every(words, rule);
    if (gcs_same(first, "mark") && words->count == 2) {
        rule->when = GCS_WHEN_MARK;
        rule->label = words->word[1];
        return true;
    }
    rule->n = alone && gcs_same(first, "idle");
    rule->when = rule->n                          ? GCS_WHEN_IDLE
                 : gcs_same(first, "start")       ? GCS_WHEN_START
                 : gcs_same(first, "request-end") ? GCS_WHEN_REQUEST_END
                                                  : GCS_WHEN_COUNT;
    return alone && rule->when != GCS_WHEN_COUNT;
}

static enum gcs_status read_when(const struct gcs_node *node,
                                 const struct parameters *parameters, struct gcs_rule *rule,
                                 struct gcs_error *error)
{
    struct words words;
    GCS_TRY(split(node, parameters, &words, error));
    if (parse_when(&words, rule))
        return GCS_OK;
    return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "not a moment: '%s%s%s%s%s' (%s)",
                    words.count ? words.word[0] : "", words.count > 1 ? " " : "",
                    words.count > 1 ? words.word[1] : "", words.count > 2 ? " " : "",
                    words.count > 2 ? words.word[2] : "", node->key->help);
}

/* The value of an action, within bounds. */
static enum gcs_status read_value(const struct gcs_node *node, const char *word, double low,
                                  double high, int64_t *value, struct gcs_error *error)
{
    double real;
    const char *why;
    if (!gcs_parse_real(word, strlen(word), GCS_UNIT_NONE, &real, &why))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s: '%s'", why, word);
    if (real < low || real > high || real != (double)(int64_t)real)
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "'%s' is not a whole number from %.0f to %.0f", word, low, high);
    *value = (int64_t)real;
    return GCS_OK;
}

static enum gcs_status read_action(const struct gcs_node *node,
                                   const struct parameters *parameters,
                                   struct gcs_action *action, struct gcs_error *error)
{
    struct words words;
    GCS_TRY(split(node, parameters, &words, error));
    unsigned found = GCS_GC_COUNT;
    for (unsigned i = 0; i < GCS_GC_COUNT && words.count; i++)
        if (gcs_same(gcs_gc_name(i), words.word[0]))
            found = i;
    unsigned least = found == GCS_GC_COLLECT || found == GCS_GC_THRESHOLD;
    unsigned most = found == GCS_GC_THRESHOLD ? 3 : least;
    if (found == GCS_GC_COUNT || words.count - 1 < least || words.count - 1 > most)
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "not an action: '%s' (%s)",
                        node->text, node->key->help);
    *action = (struct gcs_action){.action = found, .count = words.count - 1};
    for (unsigned i = 0; i < action->count; i++)
        GCS_TRY(read_value(node, words.word[i + 1], found == GCS_GC_COLLECT ? 0 : -2147483648.0,
                           found == GCS_GC_COLLECT ? 2 : 2147483647.0, &action->values[i],
                           error));
    return GCS_OK;
}

static enum gcs_status read_actions(const struct gcs_node *list,
                                    const struct parameters *parameters,
                                    const struct gcs_action **actions, size_t *count,
                                    struct gcs_error *error)
{
    struct gcs_action *read =
        gcs_arena_push(parameters->arena, (list->count + 1) * sizeof *read);
    for (const struct gcs_node *child = list->first; child; child = child->next)
        GCS_TRY(read_action(child, parameters, &read[child->index], error));
    *actions = read;
    *count = list->count;
    return GCS_OK;
}

enum gcs_status gcs_actions_read(const struct gcs_node *list, struct gcs_arena *arena,
                                 const struct gcs_action **actions, size_t *count,
                                 struct gcs_error *error)
{
    const struct parameters none = {.arena = arena};
    return read_actions(list, &none, actions, count, error);
}

static enum gcs_status read_rule(const struct gcs_node *node,
                                 const struct parameters *parameters, struct gcs_rule *rule,
                                 struct gcs_error *error)
{
    GCS_TRY(read_when(gcs_node_at(node, "when"), parameters, rule, error));
    return read_actions(gcs_node_at(node, "do"), parameters, &rule->actions,
                        &rule->action_count, error);
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
    struct parameters known = {.arena = arena};
    GCS_TRY(gcs_config_read(bytes, size, arena, &config, error));
    GCS_TRY(gcs_config_expect(config, GCS_DOCUMENT_STRATEGY, error));
    GCS_TRY(gcs_config_finish(config, error));
    const struct gcs_node *root = config->root;
    const struct gcs_node *list = gcs_node_at(root, "rules");
    GCS_TRY(read_parameters(gcs_node_at(root, "parameters"), parameters, &known, error));
    struct gcs_rule *rules = gcs_arena_push(arena, (list->count + 1) * sizeof *rules);
    for (const struct gcs_node *child = list->first; child; child = child->next)
        GCS_TRY(read_rule(child, &known, &rules[child->index], error));
    *strategy = (struct gcs_strategy){
        .name = gcs_config_name(config),
        .full_name = full_name(gcs_config_name(config), parameters, arena),
        .about = gcs_node_text(root, "about"),
        .rules = rules,
        .rule_count = list->count,
    };
    return GCS_OK;
}

static void print_when(const struct gcs_rule *rule, struct gcs_text *text)
{
    unsigned long long n = rule->n;
    switch (rule->when) {
    case GCS_WHEN_MARK:
        gcs_text_add(text, "mark %s", rule->label);
        break;
    case GCS_WHEN_ALLOCATIONS:
        gcs_text_add(text, "every %llu allocations", n);
        break;
    case GCS_WHEN_REQUESTS:
        gcs_text_add(text, "every %llu requests", n);
        break;
    case GCS_WHEN_TIME:
        gcs_text_add(text, n % 1000000 ? "every %lluns" : "every %llums",
                     n % 1000000 ? n : n / 1000000);
        break;
    case GCS_WHEN_IDLE:
        gcs_text_add(text, n > 1 ? "every %llu idle" : "idle", n);
        break;
    case GCS_WHEN_START:
    case GCS_WHEN_REQUEST_END:
    case GCS_WHEN_COUNT:
        gcs_text_add(text, rule->when == GCS_WHEN_START ? "start" : "request-end");
        break;
    }
}

void gcs_rule_print(const struct gcs_rule *rule, struct gcs_text *text)
{
    print_when(rule, text);
    for (size_t i = 0; i < rule->action_count; i++) {
        const struct gcs_action *action = &rule->actions[i];
        gcs_text_add(text, "%s%s", i ? ", " : ": ", gcs_gc_name(action->action));
        for (unsigned j = 0; j < action->count; j++)
            gcs_text_add(text, " %lld", (long long)action->values[j]);
    }
}
