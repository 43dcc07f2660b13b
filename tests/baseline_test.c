/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: the baseline is what the heap does if nothing is ever collected.
 * Method: random traces × models. The ops are walked beside an ordinary heap, event by event:
 * live bytes, live objects and count0 must agree. Lives, garbage over time and its parts are
 * found again from the trace, by definition.
 * GCSIM_TEST_SEED sets the first seed, GCSIM_TEST_TRACES the number of traces.
 */
#include "random_trace.h"

#include <gcsim/baseline.h>
#include <gcsim/collector.h>

#include <check.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const models[] = {"cpython-2.7",  "cpython-3.6",  "cpython-3.7",
                                     "cpython-3.8",  "cpython-3.9",  "cpython-3.10",
                                     "cpython-3.11", "cpython-3.12", "cpython-3.13",
                                     "cpython-3.14", "cpython-3.15"};

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/* check's own write to a file each time. */
#define MUST_SAY(condition, ...)       \
    do {                               \
        if (!(condition))              \
            ck_abort_msg(__VA_ARGS__); \
    } while (0)
#define MUST(condition)     MUST_SAY(condition, "%s", #condition)
#define COMPARE(than, a, b) MUST((a)than(b))
#define EQUAL(a, b)         COMPARE(==, a, b)

static uint64_t from_environment(const char *name, uint64_t otherwise)
{
    const char *value = getenv(name);
    return value ? strtoull(value, NULL, 10) : otherwise;
}

/* An object as the trace tells: slots, and where it was tracked. */
struct thing {
    uint64_t *slots;
    uint32_t slot_count;
    uint32_t op, hidden_op; /* of itself and of its companion; GCS_NEVER: not tracked */
    bool hides;             /* it has a companion */
    bool garbage;
    uint64_t event; /* at which it became so */
};

/* The walk along the ops. */
struct walk {
    const struct gcs_trace *trace;
    const struct gcs_rules *rules;
    const struct gcs_baseline *baseline;
    struct gcs_memory memory;
    struct gcs_heap *heap;
    struct thing *things;
    size_t op, extra, far, work, stop;
    uint64_t bytes, objects, tracked;
    int64_t count;
    uint32_t held[GCS_LIST_CODES]; /* shells, by list */
    uint64_t last_moment;
    gcs_area area;
    gcs_time worked;
    uint32_t *stamps;      /* by event: what loses its last root there has this one */
    unsigned char *paired; /* by op: how often a life begins or ends there */
};

static const char *where(const struct walk *walk, uint64_t event)
{
    static char text[80];
    snprintf(text, sizeof text, "event %" PRIu64 ", op %zu", event, walk->op);
    return text;
}

static const struct gcs_object_kind *kind_at(const struct gcs_baseline *baseline, size_t op)
{
    return &baseline->kinds[baseline->ops[op] >> GCS_FORM_BITS];
}

static unsigned form_at(const struct gcs_baseline *baseline, size_t op)
{
    return baseline->ops[op] & GCS_FORM_MASK;
}

static bool is_freed(const struct walk *walk)
{
    const struct gcs_baseline *baseline = walk->baseline;
    return walk->op < baseline->op_count && baseline->ops[walk->op] >> GCS_FORM_BITS &&
           form_at(baseline, walk->op) >= GCS_FORM_FREED;
}

static void count_birth(struct walk *walk, const struct gcs_object_kind *kind)
{
    if (!kind->gc)
        return;
    if (kind->list && walk->held[kind->list])
        walk->held[kind->list]--;
    else
        walk->count++;
}

static void count_death(struct walk *walk, const struct gcs_object_kind *kind)
{
    if (!kind->gc)
        return;
    if (kind->list && walk->held[kind->list] < walk->baseline->list_capacity[kind->list])
        walk->held[kind->list]++;
    else if (walk->count > 0)
        walk->count--;
}

static void one_birth(struct walk *walk, bool late, bool hidden)
{
    const struct gcs_baseline *baseline = walk->baseline;
    const struct gcs_object_kind *kind = kind_at(baseline, walk->op);
    COMPARE(<, walk->op, baseline->op_count);
    COMPARE(!=, baseline->ops[walk->op] >> GCS_FORM_BITS, 0);
    COMPARE(<=, form_at(baseline, walk->op), GCS_FORM_BORN_SHORT);
    EQUAL(kind->late, late);
    MUST(late || kind->hidden == hidden);
    MUST(!late || kind->tracked);
    MUST(kind->tracked ? kind->gc : form_at(baseline, walk->op) == GCS_FORM_BORN);
    MUST(!kind->single || form_at(baseline, walk->op) == GCS_FORM_BORN);
    walk->tracked += kind->tracked;
    if (!late) {
        walk->objects++;
        walk->bytes += (uint64_t)kind->bytes * GCS_BYTES_UNIT;
        if (kind->extra)
            walk->bytes += (uint64_t)baseline->extras[walk->extra++] * GCS_BYTES_UNIT;
        count_birth(walk, kind);
    }
    walk->op++;
}

/* This event's moment has its number. */
static void check_moment(struct walk *walk, uint64_t event)
{
    const struct gcs_baseline *baseline = walk->baseline;
    MUST_SAY(walk->op < baseline->op_count, "%s", where(walk, event));
    uint64_t distance = event - walk->last_moment;
    if (distance >= GCS_FAR) {
        EQUAL(baseline->aux[walk->op], GCS_FAR);
        EQUAL(baseline->far[walk->far].op, walk->op);
        EQUAL(baseline->far[walk->far++].event, event);
    } else {
        MUST_SAY(baseline->aux[walk->op] == distance, "%s", where(walk, event));
    }
    walk->last_moment = event;
}

/* An object comes in a death, or goes again: it is counted, no more. */
static void one_passing(struct walk *walk, uint64_t event)
{
    const struct gcs_object_kind *kind = kind_at(walk->baseline, walk->op);
    if (form_at(walk->baseline, walk->op) == GCS_FORM_BORN) {
        check_moment(walk, event);
        count_birth(walk, kind);
    } else {
        EQUAL(form_at(walk->baseline, walk->op), GCS_FORM_FREED);
        count_death(walk, kind);
    }
    walk->op++;
}

static void one_death(struct walk *walk)
{
    const struct gcs_baseline *baseline = walk->baseline;
    const struct gcs_object_kind *kind = kind_at(baseline, walk->op);
    if (form_at(baseline, walk->op) == GCS_FORM_FREED_SHORT) {
        size_t begin = walk->op - baseline->aux[walk->op];
        MUST(kind->tracked && !kind->single);
        EQUAL(form_at(baseline, begin), GCS_FORM_BORN_SHORT);
        EQUAL(kind_at(baseline, begin)->bytes, kind->bytes);
        EQUAL(walk->paired[begin]++, 0);
    } else {
        EQUAL(baseline->aux[walk->op], 0);
    }
    walk->tracked -= kind->tracked;
    walk->objects--;
    walk->bytes -= (uint64_t)kind->bytes * GCS_BYTES_UNIT;
    if (kind->extra)
        walk->bytes -= (uint64_t)baseline->extras[walk->extra++] * GCS_BYTES_UNIT;
    count_death(walk, kind);
    walk->op++;
}

static void walk_allocation(struct walk *walk, const struct gcs_event *event,
                            const uint64_t *targets)
{
    struct thing *thing = &walk->things[event->object];
    const struct gcs_type *type = walk->trace->types[event->type];
    *thing = (struct thing){
        .slot_count = event->slots,
        .op = GCS_NEVER,
        .hidden_op = GCS_NEVER,
        .hides = walk->rules->companions && !walk->trace->options.objects_minor && type->dict &&
                 event->slots > 0,
    };
    thing->slots = calloc(event->slots + 1, sizeof *thing->slots);
    for (uint32_t i = 0; targets && i < event->slots; i++)
        thing->slots[i] = targets[i];
    uint32_t op = (uint32_t)walk->op;
    one_birth(walk, false, false);
    if (kind_at(walk->baseline, op)->tracked)
        thing->op = op;
    if (!thing->hides)
        return;
    one_birth(walk, false, true);
    if (kind_at(walk->baseline, op + 1)->tracked)
        thing->hidden_op = op + 1;
}

static uint64_t tracked_by_heap(const struct walk *walk)
{
    struct gcs_census census[GCS_GENERATIONS + 1];
    gcs_heap_census(walk->heap, census);
    return census[0].objects;
}

/* A dict that a store makes tracked has an op of its own. */
static void walk_store(struct walk *walk, const struct gcs_event *event)
{
    const struct gcs_baseline *baseline = walk->baseline;
    struct thing *thing = &walk->things[event->object];
    thing->slots[event->type] = event->value;
    size_t deaths = (size_t)(walk->objects - gcs_heap_totals(walk->heap)->live_objects);
    if (walk->op == baseline->op_count || !kind_at(baseline, walk->op)->late ||
        form_at(baseline, walk->op) > GCS_FORM_BORN_SHORT)
        return;
    uint64_t tracked = walk->tracked + 1; /* if it is this one */
    for (size_t i = 0; i < deaths; i++)
        tracked -= kind_at(baseline, walk->op + 1 + i)->tracked;
    if (tracked != tracked_by_heap(walk))
        return;
    *(thing->hides ? &thing->hidden_op : &thing->op) = (uint32_t)walk->op;
    one_birth(walk, true, false);
}

static void walk_stop(struct walk *walk, const struct gcs_event *event, uint64_t number)
{
    const struct gcs_stop *stop = &walk->baseline->stops[walk->stop++];
    check_moment(walk, number);
    EQUAL(walk->baseline->ops[walk->op], GCS_DO_MOMENT);
    EQUAL(stop->op, walk->op++);
    EQUAL(stop->event.op, event->op);
    EQUAL(stop->event.object, event->object);
}

static void walk_work(struct walk *walk, const struct gcs_event *event, uint64_t number)
{
    const struct gcs_work_moment *work = &walk->baseline->works[walk->work++];
    check_moment(walk, number);
    EQUAL(walk->baseline->ops[walk->op], GCS_DO_WORK);
    EQUAL(work->op, walk->op++);
    walk->worked += event->object;
    walk->area += (gcs_area)walk->bytes * event->object;
    EQUAL(work->work, walk->worked);
    MUST(gcs_area_at(work) == walk->area);
}

static void walk_event(struct walk *walk, const struct gcs_block *block, uint32_t index)
{
    const struct gcs_event *event = &block->events[index];
    uint64_t number = block->first_event + index;
    const uint64_t *targets =
        event->flags & GCS_EVENT_BORN ? block->targets + event->first : NULL;
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        check_moment(walk, number);
        walk_allocation(walk, event, targets);
        break;
    case GCS_OP_STORE:
        walk_store(walk, event);
        break;
    case GCS_OP_RESIZE:
        check_moment(walk, number);
        EQUAL(walk->baseline->ops[walk->op++], GCS_DO_RESIZE);
        walk->bytes += (uint64_t)((int64_t)(int32_t)walk->baseline->extras[walk->extra++] *
                                  GCS_BYTES_UNIT);
        break;
    case GCS_OP_WORK:
        walk_work(walk, event, number);
        break;
    case GCS_OP_IDLE:
    case GCS_OP_BEGIN:
    case GCS_OP_END:
    case GCS_OP_COLLECT:
    case GCS_OP_GC:
    case GCS_OP_MARK:
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
        walk_stop(walk, event, number);
        break;
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_WEAK:
    case GCS_OP_COUNT:
        break;
    }
    walk->stamps[number] = (uint32_t)walk->op;
    const struct gcs_totals *totals = gcs_heap_totals(walk->heap);
    bool passed = false;
    while (walk->objects > totals->live_objects && walk->op < walk->baseline->op_count) {
        bool passing = kind_at(walk->baseline, walk->op)->passing;
        passed |= passing;
        if (!passing && !is_freed(walk))
            break;
        if (passing)
            one_passing(walk, number);
        else
            one_death(walk);
    }
    if (passed) {
        check_moment(walk, number);
        EQUAL(walk->baseline->ops[walk->op++], GCS_DO_END);
    }
    MUST_SAY(walk->objects == totals->live_objects, "objects, %s", where(walk, number));
    MUST_SAY(walk->bytes == totals->live_bytes, "bytes, %s", where(walk, number));
    MUST_SAY(walk->count == gcs_heap_counts(walk->heap)->count[0], "count0, %s",
             where(walk, number));
}

static void walk_all(struct walk *walk)
{
    struct gcs_error error = {0};
    struct gcs_cursor *cursor;
    struct gcs_block block;
    EQUAL(gcs_heap_new(walk->trace, walk->rules, &walk->memory, &walk->heap, &error), GCS_OK);
    EQUAL(gcs_cursor_new(walk->trace, &walk->memory, &cursor, &error), GCS_OK);
    while (gcs_cursor_next(cursor, &block, &error) == GCS_OK && block.count)
        for (uint32_t i = 0; i < block.count; i++) {
            EQUAL(gcs_heap_apply(walk->heap, &block, i, &error), GCS_OK);
            walk_event(walk, &block, i);
        }
    EQUAL(tracked_by_heap(walk), walk->tracked);
    EQUAL(walk->op, walk->baseline->op_count);
    EQUAL(walk->extra, walk->baseline->extra_count);
    EQUAL(walk->far, walk->baseline->far_count);
    EQUAL(walk->work, walk->baseline->work_count);
    EQUAL(walk->stop, walk->baseline->stop_count);
    const struct gcs_totals *totals = gcs_heap_totals(walk->heap), *end = &walk->baseline->end;
    EQUAL(end->live_objects, totals->live_objects);
    EQUAL(end->live_bytes, totals->live_bytes);
    EQUAL(end->allocated_objects, totals->allocated_objects);
    gcs_cursor_free(cursor);
}

/* Each tracked object lives once: shortly, for long, or as a single. */
static void check_lives(struct walk *walk)
{
    const struct gcs_baseline *baseline = walk->baseline;
    uint32_t before = 0;
    for (size_t i = 0; i < baseline->long_count; i++) {
        const struct gcs_long *life = &baseline->longs[i];
        bool ends = life->end != GCS_NEVER;
        const struct gcs_object_kind *kind = kind_at(baseline, life->begin);
        MUST(kind->tracked && !kind->single);
        EQUAL(form_at(baseline, life->begin), GCS_FORM_BORN);
        EQUAL(walk->paired[life->begin]++, 0);
        MUST(life->end >= before); /* so those that do not end come last */
        before = life->end;
        if (!ends)
            continue;
        COMPARE(>, life->end - life->begin, GCS_SHORT);
        EQUAL(form_at(baseline, life->end), GCS_FORM_FREED);
        EQUAL(walk->paired[life->end]++, 0);
    }
    for (size_t i = 0; i < baseline->single_count; i++) {
        const struct gcs_single *single = &baseline->singles[i];
        MUST(kind_at(baseline, single->op)->single);
        EQUAL(single->kind, baseline->ops[single->op] >> GCS_FORM_BITS);
        EQUAL(gcs_baseline_single(baseline, single->op), i);
        EQUAL(walk->paired[single->op]++, 0);
        if (single->end != GCS_NEVER)
            EQUAL(walk->paired[single->end]++, 0);
    }
    for (size_t op = 0; op < baseline->op_count; op++) {
        bool freed_short = form_at(baseline, op) == GCS_FORM_FREED_SHORT;
        if (kind_at(baseline, op)->tracked && !freed_short)
            MUST_SAY(walk->paired[op] == 1, "op %zu begins or ends %u lives", op,
                     walk->paired[op]);
    }
}

/* Garbage over time, as lifetimes and an ordinary heap tell it. */
static void check_declared(struct walk *walk, const struct gcs_lifetimes *lifetimes)
{
    const struct gcs_baseline *baseline = walk->baseline;
    const struct gcs_totals *totals = gcs_heap_totals(walk->heap);
    size_t place = 0;
    for (size_t i = 0; i < lifetimes->garbage_count; i++) {
        const struct gcs_garbage *garbage = &lifetimes->garbage[i];
        uint32_t stamp = walk->stamps[garbage->event];
        walk->things[garbage->object].garbage = true;
        walk->things[garbage->object].event = garbage->event;
        gcs_heap_mark_garbage(walk->heap, garbage->object);
        if (i + 1 < lifetimes->garbage_count &&
            walk->stamps[lifetimes->garbage[i + 1].event] == stamp)
            continue;
        COMPARE(<, place, baseline->declared_count);
        EQUAL(baseline->declared[place].stamp, stamp);
        EQUAL(baseline->declared[place].objects, totals->garbage_objects);
        EQUAL((uint64_t)baseline->declared[place].bytes * GCS_BYTES_UNIT,
              totals->garbage_bytes);
        place++;
    }
    EQUAL(place, baseline->declared_count);
}

/* The graph of garbage once more: a node is an object, or (behind those) a companion. */
enum { NODES_MAX = 400 };
struct nodes {
    const struct walk *walk;
    uint64_t objects;
    uint32_t count;
    uint64_t names[NODES_MAX]; /* object, or objects + the companion's owner */
    bool reaches[NODES_MAX][NODES_MAX];
    bool refers[NODES_MAX][NODES_MAX];
    bool part_refers[NODES_MAX][NODES_MAX];
    uint32_t first[NODES_MAX]; /* of its part */
    uint32_t part[NODES_MAX];  /* GCS_NEVER: not known, as it was never tracked */
};
static struct nodes nodes;

static uint32_t find_node(uint64_t name)
{
    for (uint32_t i = 0; i < nodes.count; i++)
        if (nodes.names[i] == name)
            return i;
    return GCS_NEVER;
}

static bool list_nodes(const struct walk *walk)
{
    nodes.walk = walk;
    nodes.count = 0;
    nodes.objects = walk->trace->allocations + 1;
    for (uint64_t o = 1; o < nodes.objects; o++) {
        if (!walk->things[o].garbage)
            continue;
        if (nodes.count + 2 > NODES_MAX)
            return false;
        nodes.names[nodes.count++] = o;
        if (walk->things[o].hides)
            nodes.names[nodes.count++] = nodes.objects + o;
    }
    return true;
}

static void list_references(void)
{
    memset(nodes.refers, 0, sizeof nodes.refers);
    for (uint32_t i = 0; i < nodes.count; i++) {
        bool hidden = nodes.names[i] > nodes.objects;
        const struct thing *thing =
            &nodes.walk->things[hidden ? nodes.names[i] - nodes.objects : nodes.names[i]];
        if (!hidden && thing->hides) {
            nodes.refers[i][i + 1] = true;
            continue;
        }
        for (uint32_t s = 0; s < thing->slot_count; s++) {
            uint32_t to = thing->slots[s] ? find_node(thing->slots[s]) : GCS_NEVER;
            if (to != GCS_NEVER)
                nodes.refers[i][to] = true;
        }
    }
}

static void reach(uint32_t from, uint32_t at)
{
    for (uint32_t to = 0; to < nodes.count; to++)
        if (nodes.refers[at][to] && !nodes.reaches[from][to]) {
            nodes.reaches[from][to] = true;
            reach(from, to);
        }
}

static bool same_part(uint32_t a, uint32_t b)
{
    return a == b || (nodes.reaches[a][b] && nodes.reaches[b][a]);
}

static void place_members(const struct walk *walk)
{
    const struct gcs_baseline *baseline = walk->baseline;
    uint32_t *part_at = malloc((baseline->op_count + 1) * sizeof *part_at);
    memset(part_at, 0xff, (baseline->op_count + 1) * sizeof *part_at);
    for (uint32_t p = 0; p < baseline->part_count; p++)
        for (uint32_t m = 0; m < baseline->parts[p].members; m++) {
            uint32_t op = baseline->members[baseline->parts[p].first_member + m].op;
            if (op != GCS_NEVER)
                part_at[op] = p;
        }
    for (uint32_t i = 0; i < nodes.count; i++) {
        bool hidden = nodes.names[i] > nodes.objects;
        const struct thing *thing =
            &walk->things[hidden ? nodes.names[i] - nodes.objects : nodes.names[i]];
        uint32_t op = hidden ? thing->hidden_op : thing->op;
        nodes.part[i] = op == GCS_NEVER ? GCS_NEVER : part_at[op];
        MUST(op == GCS_NEVER || part_at[op] != GCS_NEVER);
        if (op != GCS_NEVER)
            EQUAL(baseline->parts[part_at[op]].stamp, walk->stamps[thing->event]);
    }
    free(part_at);
}

/* The first node of each one's part, and which of those parts refer to which. */
static void find_parts(void)
{
    memset(nodes.part_refers, 0, sizeof nodes.part_refers);
    for (uint32_t i = 0; i < nodes.count; i++) {
        nodes.first[i] = 0;
        while (!same_part(nodes.first[i], i))
            nodes.first[i]++;
    }
    for (uint32_t i = 0; i < nodes.count; i++)
        for (uint32_t k = 0; k < nodes.count; k++)
            if (nodes.refers[i][k] && nodes.first[i] != nodes.first[k])
                nodes.part_refers[nodes.first[i]][nodes.first[k]] = true;
}

static void check_part(const struct gcs_baseline *baseline, uint32_t node)
{
    const struct gcs_part *part = &baseline->parts[nodes.part[node]];
    uint32_t members = 0, referrers = 0;
    for (uint32_t i = 0; i < nodes.count; i++) {
        bool same = nodes.first[i] == nodes.first[node];
        bool refers = nodes.part_refers[i][nodes.first[node]];
        members += same;
        referrers += refers;
        if (nodes.part[i] != GCS_NEVER)
            EQUAL(same, nodes.part[i] == nodes.part[node]);
        if (refers && nodes.part[i] != GCS_NEVER)
            EQUAL(baseline->parts[nodes.part[i]].island, part->island);
    }
    EQUAL(part->members, members);
    EQUAL(part->referrers, referrers);
    EQUAL(part->cyclic, nodes.reaches[node][node]);
    for (uint32_t r = 0; r < part->referrers; r++)
        COMPARE(>, baseline->referrers[part->first_referrer + r], nodes.part[node]);
}

static bool check_parts(const struct walk *walk)
{
    const struct gcs_baseline *baseline = walk->baseline;
    if (!list_nodes(walk))
        return false;
    list_references();
    memset(nodes.reaches, 0, sizeof nodes.reaches);
    for (uint32_t i = 0; i < nodes.count; i++)
        reach(i, i);
    find_parts();
    size_t released = 0;
    for (size_t m = 0; m < baseline->member_count; m++)
        released += baseline->members[m].released;
    EQUAL(baseline->member_count, nodes.count + released);
    place_members(walk);
    for (uint32_t i = 0; i < nodes.count; i++)
        if (nodes.part[i] != GCS_NEVER)
            check_part(baseline, i);
    return true;
}

struct tally {
    uint64_t settings, covered, graphs, ops, singles, garbage;
};

static void check_baseline(const struct gcs_trace *trace, const struct gcs_rules *rules,
                           const struct gcs_baseline *baseline, struct tally *tally)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_lifetimes lifetimes;
    struct walk walk = {.trace = trace, .rules = rules, .baseline = baseline};
    walk.things = calloc(trace->allocations + 1, sizeof *walk.things);
    walk.stamps = calloc(trace->events + 1, sizeof *walk.stamps);
    walk.paired = calloc(baseline->op_count + 1, 1);
    ck_assert_int_eq(gcs_lifetimes_of(trace, &memory, &lifetimes, &error), GCS_OK);
    walk_all(&walk);
    check_lives(&walk);
    check_declared(&walk, &lifetimes);
    tally->graphs += check_parts(&walk);
    tally->covered++;
    tally->ops += baseline->op_count;
    tally->singles += baseline->single_count;
    tally->garbage += baseline->member_count;
    for (uint64_t o = 1; o <= trace->allocations; o++)
        free(walk.things[o].slots);
    free(walk.things);
    free(walk.stamps);
    free(walk.paired);
    gcs_heap_free(walk.heap);
    gcs_lifetimes_fini(&lifetimes);
    ck_assert_uint_eq(walk.memory.used + memory.used, 0);
}

/* Features that the index covers, some of them in each trace. */
static struct random_trace_shape shape_of(struct gcs_random *random)
{
    static const uint32_t never = RANDOM_TRACE_RESURRECT | RANDOM_TRACE_LEGACY |
                                  RANDOM_TRACE_STANDING | RANDOM_TRACE_START |
                                  RANDOM_TRACE_RESOLVED;
    static const uint32_t seldom =
        RANDOM_TRACE_FRAMES | RANDOM_TRACE_GENERATORS | RANDOM_TRACE_COROUTINES;
    uint32_t features = (uint32_t)gcs_random_next(random);
    if (gcs_random_below(random, 2))
        features &= (uint32_t)gcs_random_next(random);
    if (gcs_random_below(random, 16))
        features &= ~never;
    if (gcs_random_below(random, 4))
        features &= ~seldom;
    return (struct random_trace_shape){
        .events = 100 + (uint32_t)gcs_random_below(random, 4000),
        .features = features & ((1u << RANDOM_TRACE_FEATURES) - 1),
        .roots = (uint32_t)(gcs_random_below(random, 2) ? 0 : 1 + gcs_random_below(random, 60)),
    };
}

static const struct gcs_rules *rules_of(const char *name)
{
    const struct gcs_model *model;
    struct gcs_error error = {0};
    ck_assert_int_eq(gcs_model_find(name, &model, &error), GCS_OK);
    return &model->rules;
}

static void check_trace(const struct gcs_trace *trace, struct tally *tally)
{
    struct gcs_error error = {0};
    for (size_t i = 0; i < COUNT(models); i++) {
        struct gcs_memory memory = {0};
        struct gcs_baseline baseline;
        const struct gcs_rules *rules = rules_of(models[i]);
        ck_assert_int_eq(gcs_baseline_of(trace, rules, 0, &memory, &baseline, &error), GCS_OK);
        tally->settings++;
        if (!baseline.uncovered)
            check_baseline(trace, rules, &baseline, tally);
        gcs_baseline_fini(&baseline);
        ck_assert_uint_eq(memory.used, 0);
    }
}

START_TEST(ops_are_the_heaps)
{
    uint64_t first = from_environment("GCSIM_TEST_SEED", 1);
    uint64_t count = from_environment("GCSIM_TEST_TRACES", 150);
    struct tally tally = {0};
    for (uint64_t seed = first; seed < first + count; seed++) {
        struct gcs_memory memory = {0};
        struct gcs_error error = {0};
        struct gcs_random random;
        struct gcs_trace *trace;
        size_t length;
        gcs_random_init(&random, seed, "shape");
        char *text = random_trace(seed, shape_of(&random), &length);
        ck_assert_ptr_nonnull(text);
        ck_assert_int_eq(gcs_trace_read(text, length, &memory, &trace, &error), GCS_OK);
        check_trace(trace, &tally);
        gcs_trace_free(trace);
        free(text);
    }
    printf("baseline: %" PRIu64 " traces x %zu models, %" PRIu64 " of %" PRIu64
           " covered, %" PRIu64 " ops, %" PRIu64 " graphs of garbage (%" PRIu64
           " objects), %" PRIu64 " singles\n",
           count, COUNT(models), tally.covered, tally.settings, tally.ops, tally.graphs,
           tally.garbage, tally.singles);
    ck_assert_uint_gt(tally.covered, tally.settings / 4);
    ck_assert_uint_gt(tally.graphs, tally.covered / 2);
}
END_TEST

static struct gcs_trace *read_text(const char *text, struct gcs_memory *memory)
{
    struct gcs_error error = {0};
    struct gcs_trace *trace;
    if (gcs_trace_read(text, strlen(text), memory, &trace, &error) != GCS_OK)
        ck_abort_msg("line %" PRIu64 ": %s", error.line, error.text);
    return trace;
}

#define TYPES                                                                         \
    "gctrace 1\nt 0 Node 2 32\nt 1 Atom 0 16 kind=atomic\nt 2 Tuple 1 - kind=tuple\n" \
    "t 3 Dict 2 - kind=dict\nt 4 Set 1 - kind=set\nt 5 Iterator 1 - kind=iterator\n"  \
    "t 6 Ref 0 - kind=weakref\n"

static const struct {
    const char *model, *text, *why;
} uncovered[] = {
    {"cpython-3.10", "gctrace 1\nt 0 G 1 - kind=generator\na 1 0\n",
     "generators, coroutines and frames up to 3.10"},
    {"cpython-3.11", "gctrace 1\nt 0 G 1 - kind=generator\na 1 0\nd 1\n", NULL},
    {"cpython-3.11", "gctrace 1\nt 0 G 1 - kind=generator\na 1 0\ns 1 0 1\nd 1\n",
     "generators and coroutines that are garbage"},
    {"cpython-3.11", "gctrace 1\nt 0 N 1 32 finalizer=resurrect\na 1 0\n",
     "finalizers that resurrect"},
    {"cpython-3.11", "gctrace 1\nt 0 N 1 32 legacy\na 1 0\n", "legacy finalizers"},
    {"cpython-2.7", "gctrace 1\nt 0 N 1 32 finalizer\na 1 0\n", "legacy finalizers"},
    {"cpython-3.11", "gctrace 1\no freelists=resolved\nt 0 N 1 32\na 1 0\n",
     "o freelists=resolved"},
    {"cpython-3.11", "gctrace 1\no standing=1\nt 0 N 1 32\na 1 0\n",
     "a heap that stands before the trace"},
    {"cpython-2.7", TYPES "a 1 0\na 2 6\nk 2 1 keep\n",
     "weak references with callbacks in 2.7"},
    {"cpython-3.11", TYPES "a 1 3\na 2 0\ns 1 0 2\ns 1 0 0\n",
     "a tracked dict that holds no container for a while (up to 3.13)"},
    {"cpython-3.11", TYPES "a 1 0 34359738368\n", "a heap of 32 GiB and more"},
    {"cpython-3.11", TYPES "a 1 5\na 2 5\ns 1 0 2\ns 2 0 1\nd 1\nd 2\n",
     "cycles through objects without tp_clear"},
    {"cpython-3.14", TYPES "a 1 3\na 2 0\ns 1 0 2\ns 1 0 0\n", NULL},
    {"cpython-3.11", TYPES "a 1 0\na 2 6\nk 2 1\n", NULL},
    {"cpython-3.11", TYPES "a 1 0\na 2 6\nk 2 1 keep\n", NULL},
    {"cpython-3.13", TYPES "a 1 0\na 2 6\nk 2 1 drop\ns 1 0 1\nd 1\n", NULL},
    {"cpython-3.13", TYPES "a 1 0\na 2 6\nk 2 1 keep\na 3 0\ns 3 0 2\nd 2\nd 3\nd 1\n", NULL},
    {"cpython-3.13", TYPES "a 1 3\na 2 6\nk 2 1 keep\n",
     "weak references with callbacks to what is not tracked from birth on"},
    {"cpython-3.13", TYPES "a 1 0\na 2 6\nk 2 1 drop\na 3 6\nk 3 2 keep\n",
     "weak references with callbacks to others"},
    {"cpython-3.13", TYPES "a 1 0\na 2 6\nk 2 1 drop\na 3 0\ns 3 0 2\ns 1 0 1\nd 1\n",
     "weak references that garbage lets go and something else holds"},
    {"cpython-3.13",
     TYPES "a 1 0\na 2 6\nk 2 1 drop\na 3 0\ns 3 0 2\ns 1 0 1\nd 1\na 4 0\nd 3\n",
     "weak references that garbage lets go and something else held"},
    {"cpython-3.13", TYPES "a 1 0\na 2 6\nk 2 1 keep\na 3 0\ns 3 0 2\ns 3 1 3\nd 2\nd 3\nd 1\n",
     "weak references that are garbage when their callback is called"},
};

START_TEST(what_is_not_covered_is_told)
{
    for (size_t i = 0; i < COUNT(uncovered); i++) {
        struct gcs_memory memory = {0};
        struct gcs_error error = {0};
        struct gcs_baseline baseline;
        struct gcs_trace *trace = read_text(uncovered[i].text, &memory);
        ck_assert_int_eq(
            gcs_baseline_of(trace, rules_of(uncovered[i].model), 0, &memory, &baseline, &error),
            GCS_OK);
        ck_assert_pstr_eq(baseline.uncovered, uncovered[i].why);
        gcs_baseline_fini(&baseline);
        gcs_trace_free(trace);
        ck_assert_uint_eq(memory.used, 0);
    }
}
END_TEST

static const struct {
    const char *text, *why;
    uint64_t event;
} wrong[] = {
    {TYPES "a 1 0\nd 1\nr 1\n", "object 1 is gone", 2},
    {TYPES "a 1 0\nd 1\nd 1\n", "object 1 is gone", 2},
    {TYPES "a 1 0\nd 1\nz 1 8\n", "object 1 is gone", 2},
    {TYPES "a 1 0\nd 1\ns 1 0 0\n", "object 1 is gone", 2},
    {TYPES "a 1 0\na 2 0\nd 1\ns 2 0 1\n", "object 1 is gone", 3},
    {TYPES "a 1 0\nd 1\na 2 2 = 1\n", "object 1 is gone", 2},
    {TYPES "a 1 0\nd 1\na 2 6\nk 2 1\n", "object 1 is gone", 3},
    {TYPES "a 1 1\na 2 2 = 1\ns 2 0 0\n", "object 2 is a tuple", 2},
    {TYPES "a 1 0\ns 1 2 0\n", "object 1 has 2 slots", 1},
    {TYPES "a 1 0\na 2 0\ns 1 0 2\nd 2\nd 2\n", "object 2 has no root", 4},
};

START_TEST(a_wrong_trace_is_an_error)
{
    for (size_t i = 0; i < COUNT(wrong); i++) {
        struct gcs_memory memory = {0};
        struct gcs_error error = {0};
        struct gcs_baseline baseline;
        struct gcs_trace *trace = read_text(wrong[i].text, &memory);
        ck_assert_msg(gcs_baseline_of(trace, rules_of("cpython-3.11"), 0, &memory, &baseline,
                                      &error) == GCS_INVALID,
                      "row %zu", i);
        ck_assert_msg(strstr(error.text, wrong[i].why) != NULL, "%s", error.text);
        ck_assert_uint_eq(error.event, wrong[i].event);
        gcs_trace_free(trace);
        ck_assert_uint_eq(memory.used, 0);
    }
}
END_TEST

/* Moments far apart, lives on both sides of GCS_SHORT, a table of numbers of several pages. */
START_TEST(long_ways)
{
    struct gcs_text text;
    struct gcs_memory memory = {0};
    struct tally tally = {0};
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, TYPES "a 1 0\na 2 1\n");
    for (unsigned i = 0; i < 127; i++)
        gcs_text_add(&text, "r 1\nd 1\n");
    gcs_text_add(&text, "a 3 0\nr 1\nw 5\n");
    for (unsigned i = 0; i < 300; i++)
        gcs_text_add(&text, "r 1\nd 1\n");
    gcs_text_add(&text, "w 7\n");
    for (unsigned i = 4; i < 40000; i++) {
        gcs_text_add(&text, "a %u %u\n", i, i % 7 ? 1 : 0);
        if (i >= 200 && (i - 200) % 7 == i % 7)
            gcs_text_add(&text, "d %u\n", i - 196);
    }
    for (unsigned i = 0; i < 126; i++)
        gcs_text_add(&text, "w 1\n");
    gcs_text_add(&text, "d 3\n");
    struct gcs_trace *trace = read_text(text.data, &memory);
    check_trace(trace, &tally);
    ck_assert_uint_eq(tally.covered, COUNT(models));
    gcs_trace_free(trace);
    gcs_text_fini(&text);
}
END_TEST

int main(void)
{
    gcs_init();
    Suite *suite = suite_create("baseline");
    TCase *baseline = tcase_create("baseline");
    tcase_set_timeout(baseline, 0);
    tcase_add_test(baseline, ops_are_the_heaps);
    tcase_add_test(baseline, what_is_not_covered_is_told);
    tcase_add_test(baseline, a_wrong_trace_is_an_error);
    tcase_add_test(baseline, long_ways);
    suite_add_tcase(suite, baseline);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed != 0;
}
