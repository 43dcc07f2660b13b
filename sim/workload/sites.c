/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a configuration to the plain form of a site. */
#include "workload_private.h"

#include <string.h>

/* The place of a type in the order of the configuration. */
static uint32_t type_place(const struct gcs_node *types, const char *name)
{
    uint32_t place = 0;
    while (!gcs_same(gcs_node_name(gcs_node_entry(types, place)), name))
        place++;
    return place;
}

/* References that an object needs room for to be part of a cycle: that to the next, or to
 * parent and children, or to the next and the one before; and one for the tail. */
static uint32_t room_needed(const struct site *site)
{
    bool tail = site->tail.shape != SHAPE_CONSTANT || site->tail.a >= 0.5;
    bool tree = site->cycles[CYCLE_TREE] > site->cycles[CYCLE_RING];
    bool list = site->cycles[CYCLE_LINKED_LIST] > site->cycles[CYCLE_TREE];
    return tail || tree || list ? 2 : 1;
}

static bool can_be_member(const struct site *site, const struct type *type)
{
    return type->stores && (type->grows || type->trace.slots >= room_needed(site)) &&
           (type->weakrefable || !site->weak);
}

/* Chooses among a site's types; `members`: only those that can be in its cycles. */
static enum gcs_status read_choice(struct gcs_workload *workload, const struct gcs_node *map,
                                   const struct gcs_node *types, const struct site *site,
                                   bool members, struct choice *choice, struct gcs_error *error)
{
    size_t count = gcs_node_count(map);
    double *weights = gcs_arena_push(&workload->arena, (count + 1) * sizeof *weights);
    uint32_t *places = gcs_arena_push(&workload->arena, (count + 1) * sizeof *places);
    uint32_t chosen = 0;
    *choice = (struct choice){0};
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *node = gcs_node_entry(map, i);
        uint32_t place = type_place(types, gcs_node_name(node));
        double weight = gcs_node_real(node, "");
        if (!(weight > 0) || (members && !can_be_member(site, &workload->types[place])))
            continue;
        weights[chosen] = weight;
        places[chosen++] = place;
    }
    if (!chosen)
        return GCS_OK;
    return gcs_choice_make(workload, weights, places, chosen, choice, error);
}

/* Weights of some fixed keys, each added to those before it. */
static void read_sums(const struct gcs_node *map, const char *const *names, size_t count,
                      double *sums)
{
    double sum = 0;
    for (size_t i = 0; i < count; i++)
        sums[i] = sum += gcs_node_real(map, names[i]);
}

static enum gcs_status read_cycle(struct gcs_workload *workload, const struct gcs_node *cycle,
                                  struct site *site, struct gcs_error *error)
{
    static const char *const shapes[CYCLE_COUNT] = {"self", "pair",        "ring",
                                                    "tree", "linked_list", "clique"};
    read_sums(cycle, shapes, CYCLE_COUNT, site->cycles);
    site->fanout = (uint32_t)gcs_node_whole(cycle, "fanout");
    site->weak = gcs_node_choice(cycle, "back_references") == 1;
    site->broken_by_hand = gcs_node_real(cycle, "broken_by_hand");
    GCS_TRY(gcs_sampler_read(workload, gcs_node_at(cycle, "size"), &site->size, error));
    return gcs_sampler_read(workload, gcs_node_at(cycle, "tail"), &site->tail, error);
}

static enum gcs_status read_lifetime(struct gcs_workload *workload,
                                     const struct gcs_node *lifetime, struct site *site,
                                     struct gcs_error *error)
{
    site->cause = gcs_node_choice(lifetime, "cause");
    if (gcs_node_at(lifetime, "capacity"))
        site->capacity = (uint32_t)gcs_node_whole(lifetime, "capacity");
    if (gcs_node_at(lifetime, "uses"))
        site->uses = gcs_node_real(lifetime, "uses");
    if (!gcs_node_at(lifetime, "distribution"))
        return GCS_OK;
    GCS_TRY(gcs_sampler_read(workload, lifetime, &site->lifetime, error));
    site->keeps_live = gcs_node_at(lifetime, "mean") && gcs_node_auto(lifetime, "mean");
    return GCS_OK;
}

static bool has_weakrefable(const struct gcs_workload *workload, const struct site *site)
{
    for (uint32_t i = 0; i < site->types.count; i++)
        if (workload->types[site->types.cells[i].place[0]].weakrefable)
            return true;
    return false;
}

/* What else happens to its objects. */
static enum gcs_status read_fortunes(struct gcs_workload *workload, const struct gcs_node *node,
                                     struct site *site, struct gcs_error *error)
{
    static const char *const owners[OWNER_COUNT] = {"same_request", "older", "static"};
    const struct gcs_node *stretch = gcs_node_at(node, "stretch");
    site->stores = gcs_node_real(node, "stores.share");
    read_sums(gcs_node_at(node, "stores"), owners, OWNER_COUNT, site->owners);
    site->weak_values = gcs_node_real(node, "weak_values");
    GCS_TRY(gcs_sampler_read(workload, stretch, &site->stretch, error));
    site->in_stretches = site->stretch.shape != SHAPE_CONSTANT || site->stretch.a >= 0.5;
    return GCS_OK;
}

static enum gcs_status read_targets(struct gcs_workload *workload, const struct gcs_node *map,
                                    struct site *site, struct gcs_error *error)
{
    static const char *const targets[TARGET_COUNT] = {"recent", "same_request", "older",
                                                      "static", "atoms"};
    double weights[TARGET_COUNT], sum = 0;
    for (unsigned i = 0; i < TARGET_COUNT; i++)
        sum += weights[i] = gcs_node_real(map, targets[i]);
    site->targets_atoms = weights[TARGET_ATOMS] > 0;
    if (!(sum > 0))
        return GCS_OK;
    return gcs_choice_make(workload, weights, NULL, TARGET_COUNT, &site->targets, error);
}

/* What a row of the joint table has of its own, or what the site has. */
static enum gcs_status read_own(struct gcs_workload *workload, const struct gcs_node *row,
                                const char *key, const struct sampler **sampler,
                                struct gcs_error *error)
{
    const struct gcs_node *given = gcs_node_at(row, key);
    if (!given)
        return GCS_OK;
    struct sampler *own = gcs_arena_push(&workload->arena, sizeof *own);
    *sampler = own;
    return gcs_sampler_read(workload, given, own, error);
}

static enum gcs_status read_joint(struct gcs_workload *workload, const struct gcs_node *joint,
                                  struct site *site, struct gcs_error *error)
{
    size_t count = gcs_node_count(joint);
    struct row *rows = gcs_arena_push(&workload->arena, (count + 1) * sizeof *rows);
    double *weights = gcs_arena_push(&workload->arena, (count + 1) * sizeof *weights);
    rows[0] = (struct row){&site->references, &site->lifetime, &site->size, NULL};
    site->rows = rows;
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *node = gcs_node_entry(joint, i);
        struct row *row = &rows[i];
        *row = (struct row){&site->references, &site->lifetime, &site->size, NULL};
        weights[i] = gcs_node_real(node, "weight");
        GCS_TRY(read_own(workload, node, "references", &row->references, error));
        GCS_TRY(read_own(workload, node, "lifetime", &row->lifetime, error));
        GCS_TRY(read_own(workload, node, "size", &row->size, error));
        GCS_TRY(read_own(workload, node, "payload", &row->payload, error));
        if (row->lifetime != &site->lifetime)
            site->keeps_live = false;
    }
    if (!count)
        return GCS_OK;
    return gcs_choice_make(workload, weights, NULL, count, &site->joint, error);
}

enum gcs_status gcs_site_read(struct gcs_workload *workload, const struct gcs_node *node,
                              const struct gcs_node *types, struct site *site,
                              struct gcs_error *error)
{
    const struct gcs_node *map = gcs_node_at(node, "types");
    const char *name = gcs_node_name(node);
    site->name = gcs_arena_string(&workload->arena, name, strlen(name));
    site->during = gcs_node_choice(node, "during");
    site->weight = gcs_node_real(node, "weight");
    site->cyclic = gcs_node_real(node, "cyclic");
    GCS_TRY(read_targets(workload, gcs_node_at(node, "targets"), site, error));
    GCS_TRY(
        gcs_sampler_read(workload, gcs_node_at(node, "references"), &site->references, error));
    GCS_TRY(read_lifetime(workload, gcs_node_at(node, "lifetime"), site, error));
    GCS_TRY(read_cycle(workload, gcs_node_at(node, "cycle"), site, error));
    GCS_TRY(read_fortunes(workload, node, site, error));
    GCS_TRY(read_joint(workload, gcs_node_at(node, "joint"), site, error));
    GCS_TRY(read_choice(workload, map, types, site, false, &site->types, error));
    GCS_TRY(read_choice(workload, map, types, site, true, &site->members, error));
    if (!site->members.count && site->cyclic > 0)
        return gcs_fail(
            gcs_node_blame(map, error), GCS_INVALID,
            "'cyclic' is above 0, but none of these types can be part of a cycle as "
            "'cycle' has it: it takes attributes: %u%s, and no tuple, set, method, "
            "cfunction, slice or atomic type",
            room_needed(site), site->weak ? ", weakrefable" : "");
    if (site->weak_values > 0 && !has_weakrefable(workload, site))
        return gcs_fail(gcs_node_blame(map, error), GCS_INVALID,
                        "'weak_values' is above 0, but none of these types is weakrefable");
    return GCS_OK;
}
