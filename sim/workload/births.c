/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures come into being: single objects, rings (of one: an object that refers to itself;
 * of two: a pair) and trees, with the tail that a cycle holds.
 *
 * Slot 0 of a ring's objects and slots 0 and 1 of a tree's nodes belong to the structure. What
 * an object refers to beyond that comes behind them.
 */
#include "workload_private.h"

enum { PART_OBJECTS_MAX = 1000000 }; /* of one ring, tree or tail */

/** One object to be made for a site. */
struct body {
    const struct choice *among; /* types */
    uint32_t reserved;          /* slots of the structure */
    uint64_t first[2];          /* what they hold at birth; 0: nothing yet */
};

/* What a new structure is made for. */
struct birth {
    uint32_t site;
    struct fate fate;
    uint64_t tail; /* its first object; 0: none */
};

/* A set holds an object once. */
static bool holds(const uint64_t *targets, uint32_t count, uint64_t object)
{
    for (uint32_t i = 0; i < count; i++)
        if (targets[i] == object)
            return true;
    return false;
}

static enum gcs_status make(struct program *program, const struct birth *birth,
                            const struct body *body, uint64_t *object)
{
    const struct gcs_workload *workload = program->workload;
    const struct site *site = &workload->sites[birth->site];
    struct stream *stream = &program->sites[birth->site];
    uint32_t place = gcs_choose(body->among, &stream->random);
    const struct type *type = &workload->types[place];
    uint32_t slots = type->trace.slots;
    uint32_t wanted = body->reserved + (uint32_t)gcs_sampler_draw_count(
                                           &site->references, stream, PART_OBJECTS_MAX);
    if (type->grows && slots < wanted)
        slots = wanted;
    GCS_TRY(GCS_GROW(program->memory, &program->targets, &program->targets_capacity,
                     (size_t)slots + 2, program->error));
    uint64_t *targets = program->targets;
    targets[0] = body->first[0];
    targets[1] = body->first[1];
    for (uint32_t i = body->reserved; i < slots; i++) {
        targets[i] = i < wanted ? gcs_pick_target(program, birth->site, &birth->fate) : 0;
        if (type->trace.kind == GCS_KIND_SET && targets[i] && holds(targets, i, targets[i]))
            targets[i] = 0;
    }
    uint64_t extra = type->has_payload
                         ? gcs_sampler_draw_count(&type->payload, stream, UINT64_C(1) << 39)
                         : 0;
    return gcs_emit_birth(program, place, slots, targets, extra, object);
}

/* The tail of a cycle: one object, or a list of the others. Its root stays for now. */
static enum gcs_status make_tail(struct program *program, struct birth *birth, uint64_t count)
{
    const struct site *site = &program->workload->sites[birth->site];
    const struct body body = {.among = &site->types};
    uint64_t first = program->objects + 1, object;
    if (!count)
        return GCS_OK;
    if (count == 1)
        return make(program, birth, &body, &birth->tail);
    uint64_t inside = count - 1;
    for (uint64_t i = 0; i < inside; i++)
        GCS_TRY(make(program, birth, &body, &object));
    GCS_TRY(GCS_GROW(program->memory, &program->targets, &program->targets_capacity, inside,
                     program->error));
    for (uint64_t i = 0; i < inside; i++)
        program->targets[i] = first + i;
    GCS_TRY(gcs_emit_birth(program, program->workload->children_type, (uint32_t)inside,
                           program->targets, 0, &birth->tail));
    for (uint64_t i = 0; i < inside; i++)
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, first + i, 0));
    return GCS_OK;
}

/* The head of a cycle, which takes the tail over into slot `at`. */
static enum gcs_status make_head(struct program *program, const struct birth *birth,
                                 uint32_t reserved, uint32_t at, uint64_t *head)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct body body = {.among = &site->members, .reserved = reserved};
    if (birth->tail)
        body.first[at] = birth->tail;
    GCS_TRY(make(program, birth, &body, head));
    if (!birth->tail)
        return GCS_OK;
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, birth->tail, 0);
}

/* What refers back to an object: itself, or a weak reference to it, with a root then. */
static enum gcs_status make_back_reference(struct program *program, bool weak, uint64_t to,
                                           uint64_t *reference)
{
    *reference = to;
    if (!weak)
        return GCS_OK;
    GCS_TRY(gcs_emit_birth(program, program->workload->weakref_type, 0, NULL, 0, reference));
    struct gcs_event event = {
        .op = GCS_OP_WEAK, .detail = GCS_WEAK_PLAIN, .object = *reference, .value = to};
    return gcs_emit(program, &event, NULL);
}

/* Each object refers to the one before; the first to the last, and that closes the ring. */
static enum gcs_status make_ring(struct program *program, const struct birth *birth,
                                 uint64_t count, uint64_t *head)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct body body = {.among = &site->members, .reserved = 1};
    uint64_t back, object;
    GCS_TRY(make_head(program, birth, birth->tail ? 2 : 1, 1, head));
    GCS_TRY(make_back_reference(program, site->weak, *head, &back));
    if (count == 1)
        GCS_TRY(gcs_emit_store(program, *head, 0, back));
    uint64_t before = back;
    for (uint64_t i = 1; i < count; i++) {
        body.first[0] = before;
        GCS_TRY(make(program, birth, &body, &object));
        if (before != *head)
            GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, before, 0));
        before = object;
    }
    if (count > 1)
        GCS_TRY(gcs_emit_store(program, *head, 0, before));
    return before == *head ? GCS_OK : gcs_emit_object(program, GCS_OP_ROOT_LESS, before, 0);
}

/* The children of one node: a list that holds them, each of which refers back to the node.
 * deaths.c relies on the order of allocation: the list, then the children. */
static enum gcs_status make_children(struct program *program, const struct birth *birth,
                                     uint64_t node, uint64_t count, uint64_t *children)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct body body = {.among = &site->members, .reserved = 2};
    uint64_t list;
    GCS_TRY(gcs_emit_birth(program, program->workload->children_type, (uint32_t)count, NULL, 0,
                           &list));
    GCS_TRY(gcs_emit_store(program, node, 1, list));
    GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, list, 0));
    GCS_TRY(make_back_reference(program, site->weak, node, &body.first[0]));
    for (uint64_t i = 0; i < count; i++) {
        GCS_TRY(make(program, birth, &body, &children[i]));
        GCS_TRY(gcs_emit_store(program, list, (uint32_t)i, children[i]));
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, children[i], 0));
    }
    if (!site->weak)
        return GCS_OK;
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, body.first[0], 0);
}

static enum gcs_status make_tree(struct program *program, const struct birth *birth,
                                 uint64_t count, uint64_t *head)
{
    const struct site *site = &program->workload->sites[birth->site];
    GCS_TRY(GCS_GROW(program->memory, &program->nodes, &program->nodes_capacity, count,
                     program->error));
    GCS_TRY(make_head(program, birth, 2, 0, head));
    program->nodes[0] = *head;
    for (uint64_t parent = 0, made = 1; made < count && !program->stopped; parent++) {
        uint64_t left = count - made;
        uint64_t children = left < site->fanout ? left : site->fanout;
        GCS_TRY(make_children(program, birth, program->nodes[parent], children,
                              program->nodes + made));
        made += children;
    }
    return GCS_OK;
}

static enum cycle choose_cycle(const struct site *site, struct stream *stream)
{
    double at = gcs_random_unit(&stream->random) * site->cycles[CYCLE_COUNT - 1];
    unsigned cycle = 0;
    while (cycle < CYCLE_COUNT - 1 && at >= site->cycles[cycle])
        cycle++;
    return cycle;
}

static uint64_t draw_size(const struct site *site, enum cycle cycle, struct stream *stream)
{
    static const uint64_t least[] = {1, 2, 3, 2};
    if (cycle == CYCLE_SELF || cycle == CYCLE_PAIR)
        return least[cycle];
    uint64_t drawn = gcs_sampler_draw_count(&site->size, stream, PART_OBJECTS_MAX);
    return drawn < least[cycle] ? least[cycle] : drawn;
}

static enum gcs_status make_cycle(struct program *program, struct birth *birth,
                                  struct holding *holding)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct stream *stream = &program->sites[birth->site];
    struct debt *debt = &program->debts[birth->site];
    enum cycle cycle = choose_cycle(site, stream);
    uint64_t count = draw_size(site, cycle, stream);
    uint64_t parents = cycle == CYCLE_TREE ? (count - 2) / site->fanout + 1 : 0;
    uint64_t tail = gcs_sampler_draw_count(&site->tail, stream, PART_OBJECTS_MAX);
    holding->cycle = (uint8_t)cycle;
    holding->size = (uint32_t)count;
    holding->broken = !site->weak && gcs_random_unit(&stream->random) < site->broken_by_hand;
    birth->fate.stays = !site->weak && !holding->broken;
    GCS_TRY(make_tail(program, birth, tail));
    GCS_TRY(cycle == CYCLE_TREE ? make_tree(program, birth, count, &holding->object)
                                : make_ring(program, birth, count, &holding->object));
    debt->cyclic += count + parents - 1; /* this turn stood for one of them */
    debt->acyclic += tail + (!site->weak ? 0 : cycle == CYCLE_TREE ? parents : 1);
    return GCS_OK;
}

static struct fate draw_fate(struct program *program, uint32_t place, bool rest)
{
    const struct site *site = &program->workload->sites[place];
    struct stream *stream = &program->sites[place];
    struct fate fate = {.cause = site->cause};
    if (site->cause != CAUSE_ALLOCATIONS && site->cause != CAUSE_TIME)
        return fate;
    double lifetime = rest ? gcs_sampler_draw_rest(&site->lifetime, stream)
                           : gcs_sampler_draw(&site->lifetime, stream);
    lifetime = lifetime < 0x1p62 ? lifetime + 0.5 : 0x1p62;
    fate.deadline = (uint64_t)(int64_t)lifetime +
                    (site->cause == CAUSE_TIME ? program->clock : program->objects + 1);
    return fate;
}

enum gcs_status gcs_site_turn(struct program *program, uint32_t place, bool rest)
{
    const struct site *site = &program->workload->sites[place];
    struct stream *stream = &program->sites[place];
    struct debt *debt = &program->debts[place];
    bool cyclic = site->cyclic > 0 && gcs_random_unit(&stream->random) < site->cyclic;
    uint64_t *owed = cyclic ? &debt->cyclic : &debt->acyclic;
    if (*owed) { /* an earlier structure made this turn's object */
        --*owed;
        return GCS_OK;
    }
    GCS_TRY(gcs_let_go_due(program));
    uint64_t before = program->objects;
    struct birth birth = {.site = place, .fate = draw_fate(program, place, rest)};
    struct holding holding = {.deadline = birth.fate.deadline,
                              .site = place,
                              .cause = (uint8_t)site->cause,
                              .cycle = CYCLE_NONE};
    const struct body body = {.among = &site->types};
    GCS_TRY(cyclic ? make_cycle(program, &birth, &holding)
                   : make(program, &birth, &body, &holding.object));
    if (site->cause == CAUSE_AT_ONCE)
        return gcs_let_go(program, &holding);
    if (site->cause == CAUSE_NEVER)
        program->still_objects += program->objects - before;
    return gcs_hold(program, &holding);
}
