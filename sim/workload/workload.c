/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a configuration to the plain form of a workload. */
#include "workload_private.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static gcs_time whole_ns(double ns)
{
    return (gcs_time)(ns + 0.5);
}

static bool is_one_of(enum gcs_kind kind, const enum gcs_kind *kinds, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (kinds[i] == kind)
            return true;
    return false;
}

/* What a kind allows: growing, being stored into, being referred to weakly. */
static void read_abilities(struct type *type, enum gcs_kind kind)
{
    static const enum gcs_kind grow[] = {GCS_KIND_TUPLE, GCS_KIND_LIST, GCS_KIND_DICT,
                                         GCS_KIND_SET};
    static const enum gcs_kind complete[] = {GCS_KIND_ATOMIC, GCS_KIND_TUPLE,
                                             GCS_KIND_METHOD, GCS_KIND_CFUNCTION,
                                             GCS_KIND_SLICE,  GCS_KIND_SET};
    static const enum gcs_kind weakrefable[] = {GCS_KIND_SET, GCS_KIND_FUNCTION,
                                                GCS_KIND_GENERATOR, GCS_KIND_COROUTINE};
    type->grows = is_one_of(kind, grow, sizeof grow / sizeof grow[0]);
    type->stores = !is_one_of(kind, complete, sizeof complete / sizeof complete[0]);
    type->weakrefable =
        is_one_of(kind, weakrefable, sizeof weakrefable / sizeof weakrefable[0]);
}

static enum gcs_kind kind_named(const char *name)
{
    unsigned kind = 0;
    while (kind < GCS_KIND_COUNT && !gcs_same(gcs_kind_name(kind), name))
        kind++;
    GCS_REQUIRE(kind < GCS_KIND_COUNT);
    return kind;
}

static enum gcs_status type_read(struct gcs_workload *workload, const struct gcs_node *node,
                                 struct type *type, struct gcs_error *error)
{
    const char *name = gcs_node_name(node);
    enum gcs_kind kind = kind_named(gcs_node_text(node, "kind"));
    bool instance = kind == GCS_KIND_INSTANCE;
    bool dict = instance && !gcs_node_flag(node, "slots");
    const char *weak = gcs_node_text(node, "weakrefable");
    uint32_t slots = (uint32_t)gcs_node_whole(node, "attributes");
    if (kind == GCS_KIND_ATOMIC)
        slots = 0;
    if (kind == GCS_KIND_TUPLE && !slots)
        slots = 1; /* the empty tuple is nothing that is allocated */
    read_abilities(type, kind);
    type->weakrefable =
        (gcs_same(weak, "auto") && (type->weakrefable || dict)) || gcs_same(weak, "true");
    type->trace = (struct gcs_type){
        .name = gcs_arena_string(&workload->arena, name, strlen(name)),
        .bytes =
            gcs_node_auto(node, "bytes") ? GCS_BYTES_BY_MODEL : gcs_node_whole(node, "bytes"),
        .slots = slots,
        .kind = kind,
        .finalizer = gcs_node_choice(node, "finalizer"),
        .dict = dict,
        .weakrefable = instance && type->weakrefable,
    };
    GCS_TRY(gcs_sampler_read(workload, gcs_node_at(node, "payload"), &type->payload, error));
    type->has_payload = type->payload.shape != SHAPE_CONSTANT || type->payload.a > 0;
    return GCS_OK;
}

/* The generator's own types stand behind the user's. */
static void add_own_types(struct gcs_workload *workload)
{
    static const struct {
        const char *name;
        enum gcs_kind kind;
    } own[OWN_COUNT] = {
        [OWN_CHILDREN] = {"children", GCS_KIND_LIST},
        [OWN_WEAKREF] = {"weakref", GCS_KIND_WEAKREF},
        [OWN_ATOM] = {"atom", GCS_KIND_ATOMIC},
        [OWN_CACHE] = {"cache", GCS_KIND_DICT},
        [OWN_DEQUE] = {"deque", GCS_KIND_CONTAINER},
    };
    for (unsigned i = 0; i < OWN_COUNT; i++)
        workload->types[gcs_own_type(workload, i)].trace = (struct gcs_type){
            .name = own[i].name, .bytes = GCS_BYTES_BY_MODEL, .kind = own[i].kind};
}

static void use_own_type(struct gcs_workload *workload, enum own own, bool used)
{
    workload->types[gcs_own_type(workload, own)].used |= used;
}

/* Only types that some site makes are defined in the trace, numbered without gaps. */
static void number_types(struct gcs_workload *workload)
{
    for (uint32_t i = 0; i < workload->site_count; i++) {
        const struct site *site = &workload->sites[i];
        bool made = site->weight > 0, cycles = site->cyclic > 0;
        for (uint32_t j = 0; made && j < site->types.count; j++)
            workload->types[site->types.cells[j].place[0]].used = true;
        use_own_type(workload, OWN_CHILDREN, cycles);
        use_own_type(workload, OWN_WEAKREF, (cycles && site->weak) || site->weak_values > 0);
        use_own_type(workload, OWN_ATOM, made && site->targets_atoms);
        use_own_type(workload, OWN_CACHE, made && site->cause == CAUSE_LRU);
        use_own_type(workload, OWN_DEQUE, made && site->cause == CAUSE_QUEUE);
        workload->stores |= made && site->stores > 0;
    }
    uint32_t number = 0;
    for (uint32_t i = 0; i < workload->type_count + OWN_COUNT; i++)
        if (workload->types[i].used)
            workload->types[i].trace.number = number++;
}

static enum gcs_status types_read(struct gcs_workload *workload, const struct gcs_node *types,
                                  struct gcs_error *error)
{
    size_t count = gcs_node_count(types);
    workload->types =
        gcs_arena_push(&workload->arena, (count + OWN_COUNT) * sizeof(struct type));
    workload->type_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        GCS_TRY(type_read(workload, gcs_node_entry(types, i), &workload->types[i], error));
    add_own_types(workload);
    return GCS_OK;
}

/* Which sites allocate at a time, by their weights. */
static enum gcs_status gather_sites(struct gcs_workload *workload, enum during during,
                                    struct gcs_error *error)
{
    size_t room = workload->site_count + 1;
    double *weights = gcs_arena_push(&workload->arena, room * sizeof *weights);
    uint32_t *places = gcs_arena_push(&workload->arena, room * sizeof *places);
    uint32_t chosen = 0;
    for (uint32_t i = 0; i < workload->site_count; i++) {
        if (workload->sites[i].during != during || !(workload->sites[i].weight > 0))
            continue;
        weights[chosen] = workload->sites[i].weight;
        places[chosen++] = i;
    }
    if (!chosen)
        return GCS_OK;
    return gcs_choice_make(workload, weights, places, chosen, &workload->sites_of[during],
                           error);
}

/* Sites whose mean lifetime is `auto` keep live_objects alive between them: by Little's law a
 * population is its share of the allocations times its mean lifetime. */
static enum gcs_status share_population(struct gcs_workload *workload,
                                        const struct gcs_node *root, struct gcs_error *error)
{
    double all = 0, keeping = 0;
    for (uint32_t i = 0; i < workload->site_count; i++) {
        const struct site *site = &workload->sites[i];
        all += site->during == DURING_REQUESTS ? site->weight : 0;
        keeping += site->keeps_live ? site->weight : 0;
    }
    if (!(keeping > 0))
        return GCS_OK;
    double population =
        gcs_node_real(root, "live_objects") - gcs_node_real(root, "startup_objects");
    for (uint32_t i = 0; i < workload->site_count; i++) {
        struct site *site = &workload->sites[i];
        if (!site->keeps_live)
            continue;
        site->population = population * site->weight / keeping;
        GCS_TRY(
            gcs_sampler_set_mean(workload, &site->lifetime, population * all / keeping, error));
    }
    return GCS_OK;
}

static enum gcs_status sites_read(struct gcs_workload *workload, const struct gcs_node *root,
                                  struct gcs_error *error)
{
    const struct gcs_node *sites = gcs_node_at(root, "sites");
    size_t count = gcs_node_count(sites);
    workload->sites = gcs_arena_push(&workload->arena, (count + 1) * sizeof(struct site));
    workload->site_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        GCS_TRY(gcs_site_read(workload, gcs_node_entry(sites, i), gcs_node_at(root, "types"),
                              &workload->sites[i], error));
    for (unsigned during = 0; during < DURING_COUNT; during++)
        GCS_TRY(gather_sites(workload, during, error));
    number_types(workload);
    return share_population(workload, root, error);
}

static enum gcs_status actions_read(struct gcs_workload *workload, const struct gcs_node *list,
                                    struct actions *actions, struct gcs_error *error)
{
    return gcs_actions_read(list, &workload->arena, &actions->list, &actions->count, error);
}

static enum gcs_status requests_read(struct gcs_workload *workload,
                                     const struct gcs_node *requests, struct gcs_error *error)
{
    workload->arrivals = gcs_node_choice(requests, "arrivals");
    workload->work_every = gcs_node_whole(requests, "work_every");
    workload->concurrency = (uint32_t)gcs_node_whole(requests, "concurrency");
    workload->awaits = gcs_node_whole(requests, "awaits");
    if (workload->arrivals == ARRIVALS_BURSTY) {
        workload->burst_on = whole_ns(gcs_node_real(requests, "burst.on"));
        workload->burst_off = whole_ns(gcs_node_real(requests, "burst.off"));
    }
    GCS_TRY(actions_read(workload, gcs_node_at(requests, "gc"), &workload->request_gc, error));
    GCS_TRY(gcs_sampler_read(workload, gcs_node_at(requests, "await_time"),
                             &workload->await_time, error));
    GCS_TRY(gcs_sampler_read(workload, gcs_node_at(requests, "think_time"),
                             &workload->think_time, error));
    GCS_TRY(gcs_sampler_read(workload, gcs_node_at(requests, "service_time"),
                             &workload->service_time, error));
    return gcs_sampler_read(workload, gcs_node_at(requests, "allocations"),
                            &workload->allocations, error);
}

static enum gcs_status timers_read(struct gcs_workload *workload, const struct gcs_node *timers,
                                   struct gcs_error *error)
{
    size_t count = gcs_node_count(timers);
    workload->timers = gcs_arena_push(&workload->arena, (count + 1) * sizeof(struct timer));
    workload->timer_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++) {
        const struct gcs_node *node = gcs_node_entry(timers, i);
        struct timer *timer = &workload->timers[i];
        timer->every = whole_ns(gcs_node_real(node, "every"));
        timer->work = whole_ns(gcs_node_real(node, "work"));
        GCS_TRY(actions_read(workload, gcs_node_at(node, "gc"), &timer->gc, error));
        GCS_TRY(gcs_sampler_read(workload, gcs_node_at(node, "allocations"),
                                 &timer->allocations, error));
    }
    return GCS_OK;
}

static enum gcs_status phase_read(struct gcs_workload *workload, const struct gcs_node *node,
                                  struct phase *phase, struct gcs_error *error)
{
    const char *mark = "startup-done";
    phase->kind = gcs_node_choice(node, "kind");
    if (phase->kind == PHASE_STARTUP) {
        phase->objects = gcs_node_whole(node, "objects");
        phase->work = whole_ns(gcs_node_real(node, "work"));
    } else {
        phase->duration = whole_ns(gcs_node_real(node, "duration"));
    }
    if (phase->kind == PHASE_STEADY) {
        phase->rate = gcs_node_real(node, "rate");
        phase->filled = gcs_node_flag(node, "filled");
    }
    if (!gcs_node_auto(node, "mark"))
        mark = gcs_node_text(node, "mark");
    else if (phase->kind != PHASE_STARTUP)
        mark = NULL;
    phase->mark = mark ? gcs_arena_string(&workload->arena, mark, strlen(mark)) : NULL;
    return actions_read(workload, gcs_node_at(node, "gc"), &phase->gc, error);
}

static enum gcs_status phases_read(struct gcs_workload *workload, const struct gcs_node *phases,
                                   struct gcs_error *error)
{
    size_t count = gcs_node_count(phases);
    workload->phases = gcs_arena_push(&workload->arena, count * sizeof(struct phase));
    workload->phase_count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        GCS_TRY(phase_read(workload, gcs_node_entry(phases, i), &workload->phases[i], error));
    return GCS_OK;
}

static enum gcs_status read_all(struct gcs_workload *workload, const struct gcs_node *root,
                                struct gcs_error *error)
{
    GCS_TRY(types_read(workload, gcs_node_at(root, "types"), error));
    GCS_TRY(sites_read(workload, root, error));
    GCS_TRY(requests_read(workload, gcs_node_at(root, "requests"), error));
    GCS_TRY(timers_read(workload, gcs_node_at(root, "timers"), error));
    workload->teardown = gcs_node_flag(root, "teardown");
    return phases_read(workload, gcs_node_at(root, "phases"), error);
}

enum gcs_status gcs_workload_read(const struct gcs_config *config,
                                  struct gcs_workload **workload, struct gcs_error *error)
{
    GCS_REQUIRE(gcs_config_document(config) == GCS_DOCUMENT_WORKLOAD);
    struct gcs_workload *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    gcs_arena_init(&made->arena);
    enum gcs_status status = read_all(made, gcs_config_root(config), error);
    if (status == GCS_OK)
        *workload = made;
    else
        gcs_workload_free(made);
    return status;
}

void gcs_workload_free(struct gcs_workload *workload)
{
    if (!workload)
        return;
    gcs_arena_fini(&workload->arena);
    free(workload);
}
