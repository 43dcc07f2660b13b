/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rules between the keys of a workload: one small function each, naming the keys concerned. */
#include "config_private.h"

#include <math.h>
#include <string.h>

typedef enum gcs_status rule(const struct gcs_node *top, struct gcs_node *node,
                             struct gcs_error *error);

static double sum_of(const struct gcs_node *map)
{
    double sum = 0;
    for (const struct gcs_node *child = map->first; child; child = child->next)
        sum += child->real;
    return sum;
}

static bool says(const struct gcs_node *node, const char *path, const char *value)
{
    const struct gcs_node *found = gcs_node_at(node, path);
    return found && gcs_same(found->text, value);
}

/* Whether some site allocates at that time and, if `cause` is given, with that lifetime. */
static bool has_site(const struct gcs_node *top, const char *during, const char *cause)
{
    const struct gcs_node *site = gcs_node_at(top, "sites")->first;
    for (; site; site = site->next)
        if (says(site, "during", during) && gcs_node_real(site, "weight") > 0 &&
            (!cause || says(site, "lifetime.cause", cause)))
            return true;
    return false;
}

static enum gcs_status check_values(const struct gcs_node *top, struct gcs_node *values,
                                    struct gcs_error *error)
{
    (void)top;
    const struct gcs_key *key = gcs_config_child_key(values->parent, "value", strlen("value"));
    if (!(sum_of(values) > 0))
        return gcs_fail(gcs_node_blame(values, error), GCS_INVALID,
                        "the weights of 'values' add up to 0");
    for (struct gcs_node *value = values->first; value; value = value->next) {
        const char *why;
        if (!gcs_parse_real(value->name, strlen(value->name), gcs_config_unit_of(key, value),
                            &value->named, &why))
            return gcs_fail(gcs_node_blame(value, error), GCS_INVALID, "%s: '%s'", why,
                            value->name);
        if (value->named < key->minimum || value->named > key->maximum)
            return gcs_fail(gcs_node_blame(value, error), GCS_INVALID,
                            "the value %s is not within %g … %g", value->name, key->minimum,
                            key->maximum);
    }
    return GCS_OK;
}

/* Shares rise from 0 to 1, and values with them. */
static enum gcs_status check_quantiles(const struct gcs_node *top, struct gcs_node *quantiles,
                                       struct gcs_error *error)
{
    (void)top;
    const char *why;
    double share = 0, value = -HUGE_VAL;
    for (struct gcs_node *node = quantiles->first; node; node = node->next) {
        struct gcs_error *blamed = gcs_node_blame(node, error);
        if (!gcs_parse_real(node->name, strlen(node->name), GCS_UNIT_NONE, &node->named, &why))
            return gcs_fail(blamed, GCS_INVALID, "%s: '%s'", why, node->name);
        if (node == quantiles->first ? node->named != 0 : node->named <= share)
            return gcs_fail(blamed, GCS_INVALID,
                            "the share %s: shares begin with 0, rise, and end with 1",
                            node->name);
        if (node->real < value)
            return gcs_fail(blamed, GCS_INVALID, "the value %s is below the one before",
                            node->text);
        share = node->named;
        value = node->real;
    }
    if (share == 1)
        return GCS_OK;
    return gcs_fail(gcs_node_blame(quantiles, error), GCS_INVALID,
                    "shares begin with 0, rise, and end with 1");
}

/* Whoever may open files gives their content before. */
static enum gcs_status check_file(const struct gcs_node *top, struct gcs_node *file,
                                  struct gcs_error *error)
{
    (void)top;
    return gcs_fail(gcs_node_blame(file, error), GCS_INVALID,
                    "files are read by the program only: write quantiles");
}

static enum gcs_status check_shape(const struct gcs_node *top, struct gcs_node *shape,
                                   struct gcs_error *error)
{
    (void)top;
    if (!says(shape->parent, "distribution", "pareto") || shape->real >= 1.01)
        return GCS_OK;
    return gcs_fail(gcs_node_blame(shape, error), GCS_INVALID,
                    "a Pareto distribution has a mean only with a shape above 1: 1.01 or more, "
                    "not %s",
                    shape->text);
}

static enum gcs_status check_mean(const struct gcs_node *top, struct gcs_node *mean,
                                  struct gcs_error *error)
{
    (void)top;
    if (!says(mean->parent, "distribution", "poisson") || mean->real <= 1e9)
        return GCS_OK;
    return gcs_fail(gcs_node_blame(mean, error), GCS_INVALID,
                    "a Poisson distribution takes a mean of at most 1e9, not %s", mean->text);
}

static enum gcs_status check_parts(const struct gcs_node *top, struct gcs_node *parts,
                                   struct gcs_error *error)
{
    (void)top;
    double weights = 0;
    for (const struct gcs_node *part = parts->first; part; part = part->next)
        weights += gcs_node_real(part, "weight");
    return weights > 0 ? GCS_OK
                       : gcs_fail(gcs_node_blame(parts, error), GCS_INVALID,
                                  "the weights of 'parts' add up to 0");
}

static enum gcs_status check_low_and_high(const struct gcs_node *top, struct gcs_node *low,
                                          struct gcs_error *error)
{
    (void)top;
    const struct gcs_node *high = gcs_node_at(low->parent, "high");
    return low->real <= high->real ? GCS_OK
                                   : gcs_fail(gcs_node_blame(low, error), GCS_INVALID,
                                              "low %s is above high %s", low->text, high->text);
}

static enum gcs_status check_site_types(const struct gcs_node *top, struct gcs_node *map,
                                        struct gcs_error *error)
{
    const struct gcs_node *types = gcs_node_at(top, "types");
    const char *names[64];
    size_t count = 0;
    for (const struct gcs_node *type = types->first; type && count < 64; type = type->next)
        names[count++] = type->name;
    for (const struct gcs_node *use = map->first; use; use = use->next) {
        if (gcs_config_child(types, use->name, strlen(use->name)))
            continue;
        const char *nearest = gcs_nearest(use->name, names, count);
        if (nearest)
            return gcs_fail(gcs_node_blame(use, error), GCS_INVALID,
                            "'types' defines no '%s' (did you mean '%s'?)", use->name, nearest);
        return gcs_fail(gcs_node_blame(use, error), GCS_INVALID, "'types' defines no '%s'",
                        use->name);
    }
    return sum_of(map) > 0 ? GCS_OK
                           : gcs_fail(gcs_node_blame(map, error), GCS_INVALID,
                                      "the weights of 'types' add up to 0");
}

/* How many rows of a site's joint table have a lifetime of their own. */
static size_t own_lifetimes(const struct gcs_node *site)
{
    size_t count = 0;
    for (const struct gcs_node *row = gcs_node_at(site, "joint")->first; row; row = row->next)
        count += gcs_node_at(row, "lifetime") != NULL;
    return count;
}

static enum gcs_status check_joint(const struct gcs_node *top, struct gcs_node *joint,
                                   struct gcs_error *error)
{
    (void)top;
    const struct gcs_node *lifetime = gcs_node_at(joint->parent, "lifetime");
    const struct gcs_node *mean = gcs_node_at(lifetime, "mean");
    size_t own = own_lifetimes(joint->parent);
    double weights = 0;
    for (const struct gcs_node *row = joint->first; row; row = row->next) {
        const struct gcs_node *given = gcs_node_at(row, "lifetime");
        weights += gcs_node_real(row, "weight");
        if (given && !gcs_node_at(lifetime, "distribution"))
            return gcs_fail(gcs_node_blame(given, error), GCS_INVALID,
                            "lifetime.cause is '%s': only with allocations, time or requests "
                            "can a row have a lifetime",
                            gcs_node_text(lifetime, "cause"));
        if (!given && own && mean && mean->automatic)
            return gcs_fail(gcs_node_blame(row, error), GCS_INVALID,
                            "it takes the site's lifetime, whose mean is 'auto', but other "
                            "rows have their own: give a mean there, or a lifetime here");
    }
    return weights > 0 || !joint->count ? GCS_OK
                                        : gcs_fail(gcs_node_blame(joint, error), GCS_INVALID,
                                                   "the weights of 'joint' add up to 0");
}

static enum gcs_status check_lifetime(const struct gcs_node *top, struct gcs_node *lifetime,
                                      struct gcs_error *error)
{
    const char *during = gcs_node_text(lifetime->parent, "during");
    const struct gcs_node *mean = gcs_node_at(lifetime, "mean");
    if (says(lifetime, "cause", "request") && !gcs_same(during, "requests"))
        return gcs_fail(gcs_node_blame(lifetime, error), GCS_INVALID,
                        "lifetime.cause 'request' needs during 'requests', not '%s'", during);
    if (!mean || !mean->automatic || own_lifetimes(lifetime->parent))
        return GCS_OK;
    if (!says(lifetime, "cause", "allocations"))
        return gcs_fail(gcs_node_blame(mean, error), GCS_INVALID,
                        "with lifetime.cause '%s' the mean must be given",
                        gcs_node_text(lifetime, "cause"));
    if (!gcs_same(during, "requests"))
        return gcs_fail(gcs_node_blame(mean, error), GCS_INVALID,
                        "the mean can be 'auto' only with during 'requests'");
    struct gcs_node *live = gcs_config_child(top, "live_objects", strlen("live_objects"));
    struct gcs_node *start =
        gcs_config_child(top, "startup_objects", strlen("startup_objects"));
    live->used = start->used = true;
    if (live->real < start->real)
        return gcs_fail(gcs_node_blame(live, error), GCS_INVALID,
                        "live_objects %s is below startup_objects %s, which are part of them",
                        live->text, start->text);
    return GCS_OK;
}

static enum gcs_status check_cycle(const struct gcs_node *top, struct gcs_node *cycle,
                                   struct gcs_error *error)
{
    (void)top;
    static const char *const shapes[] = {"self", "pair",        "ring",
                                         "tree", "linked_list", "clique"};
    double weights = 0;
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
        weights += gcs_node_real(cycle, shapes[i]);
    if (!(gcs_node_real(cycle->parent, "cyclic") > 0))
        return GCS_OK;
    if (gcs_node_real(cycle, "clique") > 0 && says(cycle, "back_references", "weak"))
        return gcs_fail(gcs_node_blame(gcs_node_at(cycle, "back_references"), error),
                        GCS_INVALID,
                        "the references of a clique cannot be weak: none of them leads back");
    if (weights > 0)
        return GCS_OK;
    return gcs_fail(gcs_node_blame(cycle, error), GCS_INVALID,
                    "cyclic is above 0, but the weights of cycle's shapes add up to 0");
}

static enum gcs_status check_stores(const struct gcs_node *top, struct gcs_node *stores,
                                    struct gcs_error *error)
{
    (void)top;
    double weights = gcs_node_real(stores, "same_request") + gcs_node_real(stores, "older") +
                     gcs_node_real(stores, "static");
    if (weights > 0 || !(gcs_node_real(stores, "share") > 0))
        return GCS_OK;
    return gcs_fail(gcs_node_blame(stores, error), GCS_INVALID,
                    "share is above 0, but the weights of stores' owners add up to 0");
}

/* What has fields of its own has as many as CPython gave it. */
static enum gcs_status check_type(const struct gcs_node *top, struct gcs_node *type,
                                  struct gcs_error *error)
{
    (void)top;
    static const struct {
        const char *kind;
        uint64_t fields;
    } fixed[] = {{"cell", 1}, {"method", 2}, {"cfunction", 2}, {"slice", 3}};
    const struct gcs_node *attributes = gcs_node_at(type, "attributes");
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++)
        if (says(type, "kind", fixed[i].kind) && attributes->whole != fixed[i].fields)
            return gcs_fail(gcs_node_blame(attributes, error), GCS_INVALID,
                            "a %s has %llu attributes, not %s", fixed[i].kind,
                            (unsigned long long)fixed[i].fields, attributes->text);
    return GCS_OK;
}

static enum gcs_status check_phases(const struct gcs_node *top, struct gcs_node *phases,
                                    struct gcs_error *error)
{
    (void)top;
    return phases->count ? GCS_OK
                         : gcs_fail(gcs_node_blame(phases, error), GCS_INVALID,
                                    "without phases nothing happens");
}

static enum gcs_status check_phase(const struct gcs_node *top, struct gcs_node *phase,
                                   struct gcs_error *error)
{
    bool starts = says(phase, "kind", "startup") && gcs_node_whole(phase, "objects") > 0;
    if (starts && !has_site(top, "startup", "never"))
        return gcs_fail(gcs_node_blame(phase, error), GCS_INVALID,
                        "a startup phase with objects needs a site with during 'startup' and "
                        "lifetime 'never'");
    if (says(phase, "kind", "steady") && !has_site(top, "requests", NULL))
        return gcs_fail(gcs_node_blame(phase, error), GCS_INVALID,
                        "a steady phase needs a site with during 'requests'");
    return GCS_OK;
}

static enum gcs_status check_timer(const struct gcs_node *top, struct gcs_node *timer,
                                   struct gcs_error *error)
{
    if (has_site(top, "timers", NULL))
        return GCS_OK;
    return gcs_fail(gcs_node_blame(timer, error), GCS_INVALID,
                    "a timer needs a site with during 'timers'");
}

/* By the last part of a row's path, or by all of it where it begins with a key of the top. */
static const struct {
    const char *path;
    rule *check;
} rules[] = {
    {".values", check_values},
    {".parts", check_parts},
    {".quantiles", check_quantiles},
    {".file", check_file},

    {".shape", check_shape},
    {".mean", check_mean},
    {".low", check_low_and_high},
    {"types.*", check_type},
    {"sites.*.types", check_site_types},
    {"sites.*.lifetime", check_lifetime},
    {"sites.*.joint", check_joint},
    {"sites.*.cycle", check_cycle},
    {"sites.*.stores", check_stores},
    {"timers.*", check_timer},
    {"phases", check_phases},
    {"phases.*", check_phase},
};

static bool concerns(const char *path, const struct gcs_key *key)
{
    if (*path == '.')
        return gcs_same(path + 1, gcs_config_key_last(key));
    return gcs_same(path, key->path);
}

static enum gcs_status check_below(const struct gcs_node *top, struct gcs_node *node,
                                   struct gcs_error *error)
{
    for (struct gcs_node *child = node->first; child; child = child->next) {
        for (size_t i = 0; i < sizeof rules / sizeof rules[0]; i++)
            if (concerns(rules[i].path, child->key))
                GCS_TRY(rules[i].check(top, child, error));
        GCS_TRY(check_below(top, child, error));
    }
    return GCS_OK;
}

enum gcs_status gcs_config_check_workload(struct gcs_node *top, struct gcs_error *error)
{
    return check_below(top, top, error);
}
