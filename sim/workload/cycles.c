/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Structures of several objects, and the tail that a cycle holds: rings (of one: an object that
 * refers to itself; of two: a pair), trees, linked lists and cliques.
 *
 * Slot 0 of a ring's and a clique's objects, slots 0 and 1 of a tree's and a linked list's
 * belong to the structure; so does that of the head which holds the tail. What an object refers
 * to beyond that comes behind them.
 */
#include "workload_private.h"

enum { CLIQUE_MAX = 1000 }; /* objects, each of which refers to all the others */

/* The tail of a cycle: one object, or a list of the others. Its root stays for now. */
static enum gcs_status make_tail(struct program *program, struct birth *birth, uint64_t count)
{
    const struct site *site = &program->workload->sites[birth->site];
    const struct body body = {.among = &site->types};
    uint64_t first = program->objects + 1, object;
    if (!count)
        return GCS_OK;
    if (count == 1)
        return gcs_make(program, birth, &body, &birth->tail);
    uint64_t inside = count - 1;
    for (uint64_t i = 0; i < inside; i++)
        GCS_TRY(gcs_make(program, birth, &body, &object));
    GCS_TRY(GCS_GROW(program->memory, &program->targets, &program->targets_capacity, inside,
                     program->error));
    for (uint64_t i = 0; i < inside; i++)
        program->targets[i] = first + i;
    GCS_TRY(gcs_emit_birth(program, gcs_own_type(program->workload, OWN_CHILDREN),
                           (uint32_t)inside, program->targets, 0, &birth->tail));
    for (uint64_t i = 0; i < inside; i++)
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, first + i, 0));
    return GCS_OK;
}

/* The head of a cycle, which takes the tail over into slot `at`. */
static enum gcs_status make_head(struct program *program, struct birth *birth,
                                 uint32_t reserved, uint32_t at, uint64_t *head)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct body body = {.among = &site->members, .reserved = reserved};
    if (birth->tail)
        body.first[at] = birth->tail;
    GCS_TRY(gcs_make(program, birth, &body, head));
    birth->head = birth->last;
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
    GCS_TRY(gcs_emit_birth(program, gcs_own_type(program->workload, OWN_WEAKREF), 0, NULL, 0,
                           reference));
    struct gcs_event event = {
        .op = GCS_OP_WEAK, .detail = GCS_WEAK_PLAIN, .object = *reference, .value = to};
    return gcs_emit(program, &event, NULL);
}

/* Each object refers to the one before; the first to the last, and that closes the ring. */
static enum gcs_status make_ring(struct program *program, struct birth *birth, uint64_t count,
                                 uint64_t *head)
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
        GCS_TRY(gcs_make(program, birth, &body, &object));
        if (before != *head)
            GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, before, 0));
        before = object;
    }
    if (count > 1)
        GCS_TRY(gcs_emit_store(program, *head, 0, before));
    return before == *head ? GCS_OK : gcs_emit_object(program, GCS_OP_ROOT_LESS, before, 0);
}

/* The children of one node: a list that holds them, each of which refers back to the node.
 * break_tree relies on the order of allocation: the list, then the children. */
static enum gcs_status make_children(struct program *program, struct birth *birth,
                                     uint64_t node, uint64_t count, uint64_t *children)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct body body = {.among = &site->members, .reserved = 2};
    uint64_t list;
    GCS_TRY(gcs_emit_birth(program, gcs_own_type(program->workload, OWN_CHILDREN),
                           (uint32_t)count, NULL, 0, &list));
    GCS_TRY(gcs_emit_store(program, node, 1, list));
    GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, list, 0));
    GCS_TRY(make_back_reference(program, site->weak, node, &body.first[0]));
    for (uint64_t i = 0; i < count; i++) {
        GCS_TRY(gcs_make(program, birth, &body, &children[i]));
        GCS_TRY(gcs_emit_store(program, list, (uint32_t)i, children[i]));
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, children[i], 0));
    }
    if (!site->weak)
        return GCS_OK;
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, body.first[0], 0);
}

static enum gcs_status make_tree(struct program *program, struct birth *birth, uint64_t count,
                                 uint64_t *head)
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

/* Each node refers to the next and to the one before: `new.previous = last; last.next = new`.
 * The head has none before it, so the tail takes that slot. break_cycle relies on it that the
 * nodes are allocated one behind the other. */
static enum gcs_status make_linked_list(struct program *program, struct birth *birth,
                                        uint64_t count, uint64_t *head)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct body body = {.among = &site->members, .reserved = 2};
    GCS_TRY(make_head(program, birth, 2, 1, head));
    uint64_t last = *head, next;
    for (uint64_t i = 1; i < count && !program->stopped; i++) {
        GCS_TRY(make_back_reference(program, site->weak, last, &body.first[1]));
        GCS_TRY(gcs_make(program, birth, &body, &next));
        if (site->weak)
            GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, body.first[1], 0));
        GCS_TRY(gcs_emit_store(program, last, 0, next));
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, next, 0));
        last = next;
    }
    return GCS_OK;
}

/* Each object has a list of all the others: `x.peers = [y for y in all if y is not x]`.
 * break_cycle relies on it that the objects are allocated one behind the other. */
static enum gcs_status make_clique(struct program *program, struct birth *birth, uint64_t count,
                                   uint64_t *head)
{
    const struct site *site = &program->workload->sites[birth->site];
    const struct body body = {.among = &site->members, .reserved = 1};
    uint64_t object, list;
    GCS_TRY(make_head(program, birth, birth->tail ? 2 : 1, 1, head));
    for (uint64_t i = 1; i < count; i++)
        GCS_TRY(gcs_make(program, birth, &body, &object));
    GCS_TRY(GCS_GROW(program->memory, &program->targets, &program->targets_capacity, count,
                     program->error));
    for (uint64_t i = 0; i < count; i++) {
        for (uint64_t j = 0, at = 0; j < count; j++)
            if (j != i)
                program->targets[at++] = *head + j;
        GCS_TRY(gcs_emit_birth(program, gcs_own_type(program->workload, OWN_CHILDREN),
                               (uint32_t)count - 1, program->targets, 0, &list));
        GCS_TRY(gcs_emit_store(program, *head + i, 0, list));
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, list, 0));
    }
    for (uint64_t i = 1; i < count; i++)
        GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, *head + i, 0));
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

static uint64_t draw_size(const struct row *row, enum cycle cycle, struct stream *stream)
{
    static const uint64_t least[CYCLE_COUNT] = {1, 2, 3, 2, 2, 2};
    if (cycle == CYCLE_SELF || cycle == CYCLE_PAIR)
        return least[cycle];
    uint64_t most = cycle == CYCLE_CLIQUE ? CLIQUE_MAX : PART_OBJECTS_MAX;
    uint64_t drawn = gcs_sampler_draw_count(row->size, stream, most);
    return drawn < least[cycle] ? least[cycle] : drawn;
}

/* The parents of a tree of so many nodes: each has a list of its children. */
static uint64_t parents_of(const struct site *site, uint64_t nodes)
{
    return (nodes - 2) / site->fanout + 1;
}

static enum gcs_status make_shape(struct program *program, struct birth *birth,
                                  enum cycle cycle, uint64_t count, uint64_t *head)
{
    switch (cycle) {
    case CYCLE_SELF:
    case CYCLE_PAIR:
    case CYCLE_RING:
        return make_ring(program, birth, count, head);
    case CYCLE_TREE:
        return make_tree(program, birth, count, head);
    case CYCLE_LINKED_LIST:
        return make_linked_list(program, birth, count, head);
    case CYCLE_CLIQUE:
        return make_clique(program, birth, count, head);
    case CYCLE_COUNT:
    case CYCLE_NONE:
        break;
    }
    return GCS_OK;
}

/* The turns of the site that a cycle stands for, beyond this one. */
static void owe(struct debt *debt, const struct site *site, enum cycle cycle, uint64_t count,
                uint64_t tail)
{
    uint64_t lists = cycle == CYCLE_TREE     ? parents_of(site, count)
                     : cycle == CYCLE_CLIQUE ? count
                                             : 0;
    uint64_t weak = cycle == CYCLE_TREE ? lists : cycle == CYCLE_LINKED_LIST ? count - 1 : 1;
    debt->cyclic += count + lists - 1;
    debt->acyclic += tail + (site->weak ? weak : 0);
}

enum gcs_status gcs_make_cycle(struct program *program, struct birth *birth,
                               struct holding *holding)
{
    const struct site *site = &program->workload->sites[birth->site];
    struct stream *stream = &program->sites[birth->site];
    enum cycle cycle = choose_cycle(site, stream);
    uint64_t count = draw_size(birth->row, cycle, stream);
    uint64_t tail = gcs_sampler_draw_count(&site->tail, stream, PART_OBJECTS_MAX);
    holding->cycle = (uint8_t)cycle;
    holding->size = (uint32_t)count;
    holding->broken = !site->weak && gcs_random_unit(&stream->random) < site->broken_by_hand;
    birth->fate.stays = !site->weak && !holding->broken;
    GCS_TRY(make_tail(program, birth, tail));
    GCS_TRY(make_shape(program, birth, cycle, count, &holding->object));
    owe(&program->debts[birth->site], site, cycle, count, tail);
    return GCS_OK;
}

/* From the leaves upwards: each parent drops its list of children while it can still be named.
 */
static enum gcs_status break_tree(struct program *program, const struct holding *holding)
{
    const struct site *site = &program->workload->sites[holding->site];
    uint64_t parents = parents_of(site, holding->size); /* the first nodes have children */
    GCS_TRY(GCS_GROW(program->memory, &program->nodes, &program->nodes_capacity, holding->size,
                     program->error));
    uint64_t *nodes = program->nodes; /* their numbers, as make_tree allocated them */
    uint64_t number = nodes[0] = holding->object;
    for (uint64_t parent = 0, node = 1; parent < parents; parent++) {
        number += 1; /* the list of children */
        for (uint64_t child = 0; child < site->fanout && node < holding->size; child++)
            nodes[node++] = ++number;
    }
    while (parents--)
        GCS_TRY(gcs_emit_store(program, nodes[parents], 1, 0));
    return GCS_OK;
}

/* A linked list loses its last node again and again; a clique's objects their lists, the head,
 * by which the others can be named, last. */
enum gcs_status gcs_break_cycle(struct program *program, const struct holding *holding)
{
    uint64_t head = holding->object;
    switch ((enum cycle)holding->cycle) {
    case CYCLE_TREE:
        return break_tree(program, holding);
    case CYCLE_LINKED_LIST:
        for (uint64_t i = holding->size - 1; i--;)
            GCS_TRY(gcs_emit_store(program, head + i, 0, 0));
        return GCS_OK;
    case CYCLE_CLIQUE:
        for (uint64_t i = holding->size; i--;)
            GCS_TRY(gcs_emit_store(program, head + i, 0, 0));
        return GCS_OK;
    case CYCLE_SELF:
    case CYCLE_PAIR:
    case CYCLE_RING:
    case CYCLE_COUNT:
    case CYCLE_NONE:
        break;
    }
    return gcs_emit_store(program, head, 0, 0);
}
