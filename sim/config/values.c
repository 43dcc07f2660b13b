/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Scalars: their types and bounds, and the references `$rate` from one key to another. */
#include "config_private.h"

#include <string.h>

/* The top of the workload that a node belongs to. */
static const struct gcs_node *top_of(const struct gcs_node *node)
{
    while (node->parent && node->key->type != GCS_KEY_PROGRAM)
        node = node->parent;
    return node;
}

/* The key that `$name` stands for, or NULL with the error filled in. */
static struct gcs_node *find_referred(const struct gcs_node *node, struct gcs_error *error)
{
    const struct gcs_node *top = top_of(node);
    const char *name = node->text + 1;
    struct gcs_node *other = gcs_config_child(top, name, strlen(name));
    bool number =
        other && (other->key->type == GCS_KEY_REAL || other->key->type == GCS_KEY_WHOLE);
    if (node->parent == top)
        gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                 "'%s': a key at the top has a value of its own", node->text);
    else if (!number)
        gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                 "'%s' must name a number at the top of the workload", node->text);
    else if (other->key->unit != node->key->unit)
        gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "'%s' has another unit", node->text);
    else
        return other;
    return NULL;
}

/* The cause of death next to a lifetime, or NULL. */
static const struct gcs_node *find_cause(const struct gcs_node *node)
{
    for (const struct gcs_node *up = node->parent; up; up = up->parent) {
        const struct gcs_node *lifetime = gcs_config_child(up, "lifetime", strlen("lifetime"));
        const struct gcs_node *cause = gcs_config_child(up, "cause", strlen("cause"));
        if (!cause && lifetime) /* of a site, for the lifetimes of its joint table */
            cause = gcs_config_child(lifetime, "cause", strlen("cause"));
        if (cause)
            return cause;
    }
    return NULL;
}

enum gcs_unit gcs_config_unit_of(const struct gcs_key *key, const struct gcs_node *node)
{
    if (!(key->flags & GCS_KEY_EITHER))
        return key->unit;
    const struct gcs_node *cause = find_cause(node);
    return cause && gcs_same(cause->text, "time") ? GCS_UNIT_TIME : GCS_UNIT_NONE;
}

static enum gcs_status fail_number(const struct gcs_node *node, const char *text,
                                   const char *why, struct gcs_error *error)
{
    double real;
    const char *other;
    const struct gcs_node *cause = find_cause(node);
    if (node->key->flags & GCS_KEY_EITHER && cause &&
        gcs_parse_real(text, strlen(text), GCS_UNIT_TIME, &real, &other))
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "'%s' is a time, but lifetime.cause is '%s', not 'time'", text,
                        cause->text);
    return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s: '%s'", why, text);
}

static enum gcs_status check_bounds(const struct gcs_node *node, const char *text,
                                    struct gcs_error *error)
{
    const struct gcs_key *key = node->key;
    if (node->real < key->minimum)
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s is below %g", text,
                        key->minimum);
    if (node->real > key->maximum)
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID, "%s is above %g", text,
                        key->maximum);
    return GCS_OK;
}

static enum gcs_status check_number(struct gcs_node *node, struct gcs_error *error)
{
    const char *text = node->text;
    const char *why;
    if (*text == '$' && node->key->document == GCS_DOCUMENT_WORKLOAD && !node->no_reference) {
        struct gcs_node *other = find_referred(node, error);
        if (!other)
            return GCS_INVALID;
        other->used = true;
        text = other->text;
    }
    size_t length = text == node->text ? node->length : strlen(text);
    bool whole = node->key->type == GCS_KEY_WHOLE;
    uint64_t count = 0;
    double real = 0;
    enum gcs_unit unit = gcs_config_unit_of(node->key, node);
    if (!(whole ? gcs_parse_whole(text, length, unit, &count, &why)
                : gcs_parse_real(text, length, unit, &real, &why)))
        return fail_number(node, text, why, error);
    node->whole = count;
    node->real = whole ? (double)count : real;
    return check_bounds(node, text, error);
}

static enum gcs_status check_choice(struct gcs_config *config, struct gcs_node *node,
                                    struct gcs_error *error)
{
    const char *choices = node->key->choices;
    int found = gcs_config_choice_find(choices, node->text, node->length);
    if (found >= 0) {
        node->choice = (unsigned)found;
        return GCS_OK;
    }
    const char *nearest = gcs_config_choice_nearest(config->arena, choices, node->text);
    struct gcs_error *blamed = gcs_node_blame(node, error);
    const char *last = gcs_config_key_last(node->key);
    if (nearest)
        return gcs_fail(blamed, GCS_INVALID, "unknown %s '%s' (did you mean '%s'?)", last,
                        node->text, nearest);
    return gcs_fail(blamed, GCS_INVALID, "unknown %s '%s' (one of %s)", last, node->text,
                    choices);
}

enum gcs_status gcs_config_check_value(struct gcs_config *config, struct gcs_node *node,
                                       struct gcs_error *error)
{
    if (node->key->flags & GCS_KEY_AUTO && gcs_same(node->text, "auto")) {
        node->automatic = true;
        return GCS_OK;
    }
    switch (node->key->type) {
    case GCS_KEY_WHOLE:
    case GCS_KEY_REAL:
        return check_number(node, error);
    case GCS_KEY_CHOICE:
        return check_choice(config, node, error);
    case GCS_KEY_FLAG:
        node->choice = gcs_same(node->text, "true");
        if (node->choice || gcs_same(node->text, "false"))
            return GCS_OK;
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "expected true or false, found '%s'", node->text);
    case GCS_KEY_NAME:
        if (gcs_config_is_name(node->text, node->length, "."))
            return GCS_OK;
        return gcs_fail(gcs_node_blame(node, error), GCS_INVALID,
                        "not a name (letters, digits, _ - and ., at most 63): '%s'",
                        node->text);
    case GCS_KEY_TEXT:
    case GCS_KEY_MAP:
    case GCS_KEY_NAMED:
    case GCS_KEY_LIST:
    case GCS_KEY_PROGRAM:
    case GCS_KEY_TYPE_COUNT:
        break;
    }
    return GCS_OK;
}
