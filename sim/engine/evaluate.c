/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The index engine: one setting, priced from the index. Read run() first.
 *
 * It goes from one thing that happens to the next: the allocation that takes count0 over its
 * threshold, a request, an action of program or strategy, garbage whose end depends on what was
 * freed before. Between them whole blocks of ops are jumped. A collection examines
 * [bound, items): what it meets and frees are sums over spans; only linked garbage is walked.
 */
#include "index_private.h"

#include <stdlib.h>
#include <string.h>

/* Where a freed object's position lies now: not examined yet, generations 1 and 2, frozen. */
enum { LEVEL_YOUNG, LEVEL_MIDDLE, LEVEL_OLD, LEVEL_FROZEN, LEVELS };

/* Where an island waits: for a collection of a generation, for nothing more, or not yet. */
enum { WAITS_GONE = GCS_GENERATIONS, WAITS_NOWHERE };

/* How a part of an island ends. */
enum end {
    END_NONE,  /* not yet */
    END_PAST,  /* it is gone */
    END_FOUND, /* this collection finds it unreachable */
    END_DIES,  /* it dies by count now: all that referred to it goes */
};

/* What the collector makes of a single. */
enum knows { KNOWS_TRACKED, KNOWS_FADES, KNOWS_UNTRACKED, KNOWS_GONE }; /* FADES: now */

struct numbers {
    uint32_t *of;
    size_t count, capacity;
};

struct evaluation {
    struct replay replay;
    const struct gcs_index *index;
    const struct gcs_baseline *baseline;
    struct gcs_counts counts; /* count[0] is count0 */
    struct gcs_totals totals;

    /* The place in the ops */
    size_t op;
    uint32_t moments;              /* begun */
    uint32_t items;                /* tracked */
    uint32_t late;                 /* 1: the last op's object is tracked after its collection */
    int64_t above;                 /* a counted allocation beyond it triggers */
    uint16_t held[GCS_LIST_CODES]; /* shells in the free lists, where they differ from the
                                      baseline; all of them within a block */
    uint32_t strayed;              /* the lists that differ, a bit each */
    bool inside;                   /* within a block: `held` holds for all */

    /* The place in time: up to and with this moment */
    uint32_t passed; /* moments */
    size_t other;    /* of these, in baseline->others */
    size_t stop, activation, conditional, declared;

    /* What was freed that the baseline has not */
    unsigned generation;                     /* that is being collected */
    uint32_t bound[GCS_GENERATIONS];         /* a collection examines what lies from here on */
    uint64_t gone[LEVELS][TRACKED_SUMS];     /* tracked objects freed, by level */
    uint64_t clumps_gone[LEVELS][SPAN_SUMS]; /* of these, clumps */
    uint64_t fading_gone[TRACKED_SUMS];      /* young tuples of atoms that died by count */
    uint64_t freed_bytes, freed_objects;     /* in all */
    struct numbers waiting[GCS_GENERATIONS];
    uint8_t *waits;   /* by island: in which of them, or none */
    uint8_t *ends;    /* by place in index->linked: enum end */
    uint32_t *walked; /* by island: the number of its last walk */
    uint32_t walk_number;
    size_t wait_capacity, end_capacity, walked_capacity;
    uint8_t *singles;             /* enum knows, by single */
    uint8_t *levels;              /* of those tracked: in which of `known` */
    uint32_t next_single;         /* the first that is not tracked yet */
    size_t holding;               /* the next of index->holdings */
    struct numbers known[LEVELS]; /* singles that the collector tracks, by level */
    size_t single_capacity, level_capacity;
    struct interval {
        uint32_t from, to;
    } * frozen_fading; /* where tuples of atoms were frozen unexamined: they stay tracked */
    size_t frozen_fading_count, frozen_fading_capacity;
    uint64_t frozen_fading_gone;
    const char *uncovered; /* found on the way */
    struct gcs_error *error;
    enum gcs_status status; /* of calls that cannot return one */
};

/*
 * The ops
 */
static struct list_jump *lists_at(const struct gcs_index *index, size_t block)
{
    return index->block_lists + block * index->baseline.list_count;
}

/* At a block's start: which free lists differ from the baseline's? */
static void compare_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_at(e->index, e->op / BLOCK_OPS);
    e->strayed = 0;
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (e->held[list] != lists[list].start)
            e->strayed |= 1u << list;
    e->inside = false;
}

/* Before ops are walked one by one: what is in every free list? */
static void fetch_lists(struct evaluation *e)
{
    const struct list_jump *lists = lists_at(e->index, e->op / BLOCK_OPS);
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        if (!(e->strayed & 1u << list))
            e->held[list] = lists[list].start;
    e->inside = true;
}

/* Whether the free lists take these ops as in the baseline. */
static bool lists_agree(const struct evaluation *e, const struct jump *jump,
                        const struct list_jump *lists)
{
    for (uint32_t left = e->strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        if (jump->clamped & 1u << list || e->held[list] + lists[list].low < 0 ||
            e->held[list] + lists[list].high > e->baseline->list_capacity[list])
            return false;
    }
    return true;
}

/* Jumps the ops if nothing can happen in them. `limit`: moments that may begin. */
static bool jump(struct evaluation *e, const struct jump *over, const struct list_jump *lists,
                 uint32_t limit)
{
    int64_t count = e->counts.count[0];
    if (over[1].moments > limit || count + over->top > e->above ||
        (over->ceiling > e->above && over->ceiling != NO_ALLOCATION) ||
        !lists_agree(e, over, lists))
        return false;
    e->counts.count[0] = count + over->net > over->floor ? count + over->net : over->floor;
    for (uint32_t left = e->strayed; left; left &= left - 1) {
        unsigned list = (unsigned)__builtin_ctz(left);
        e->held[list] = (uint16_t)(e->held[list] + lists[list].net);
    }
    e->moments = over[1].moments;
    e->items = over[1].items;
    return true;
}

static void jump_blocks(struct evaluation *e, uint32_t limit)
{
    const struct gcs_index *index = e->index;
    size_t codes = e->baseline->list_count;
    for (;;) {
        size_t block = e->op / BLOCK_OPS;
        if (block >= index->block_count)
            return;
        size_t region = block / BLOCK_BLOCKS;
        if (block % BLOCK_BLOCKS == 0 &&
            jump(e, &index->regions[region], index->region_lists + region * codes, limit)) {
            block = (region + 1) * BLOCK_BLOCKS;
            e->op = (block < index->block_count ? block : index->block_count) * BLOCK_OPS;
        } else if (jump(e, &index->blocks[block], lists_at(index, block), limit)) {
            e->op += BLOCK_OPS;
        } else {
            return;
        }
        if (e->strayed) { /* some may have met the baseline */
            const struct list_jump *lists = lists_at(index, e->op / BLOCK_OPS);
            for (uint32_t left = e->strayed; left; left &= left - 1) {
                unsigned list = (unsigned)__builtin_ctz(left);
                if (e->held[list] == lists[list].start)
                    e->strayed &= ~(1u << list);
            }
        }
    }
}

/* An allocation; true if it counts. */
static bool take(struct evaluation *e, unsigned list)
{
    if (list && e->held[list]) {
        e->held[list]--;
        return false;
    }
    e->counts.count[0]++;
    return true;
}

static void give(struct evaluation *e, unsigned list)
{
    if (list && e->held[list] < e->baseline->list_capacity[list])
        e->held[list]++;
    else if (e->counts.count[0] > 0)
        e->counts.count[0]--;
}

enum until { UNTIL_DONE, UNTIL_NEXT }; /* the limit's last moment is over, or the next begins */

/* Goes on to the end of moment `limit` − 1, or up to the next: all ops of events before it.
 * True if an allocation took count0 over the threshold before. */
static bool walk(struct evaluation *e, uint32_t limit, enum until until)
{
    const struct gcs_baseline *baseline = e->baseline;
    e->items += e->late;
    e->late = 0;
    for (;;) {
        if (e->op % BLOCK_OPS == 0) {
            if (e->inside)
                compare_lists(e);
            jump_blocks(e, until == UNTIL_DONE ? limit - 1 : limit);
            fetch_lists(e);
        }
        if (e->op >= baseline->op_count)
            return false;
        unsigned list = baseline->ops[e->op] & GCS_OP_LIST;
        enum gcs_baseline_op op = (enum gcs_baseline_op)(baseline->ops[e->op] >> GCS_OP_SHIFT);
        bool begins =
            op == GCS_DO_MOMENT || op == GCS_DO_ALLOCATE || op == GCS_DO_ALLOCATE_TRACKED;
        if (e->moments == limit &&
            (begins || (until == UNTIL_DONE && op != GCS_DO_HIDE && op != GCS_DO_HIDE_TRACKED)))
            return false;
        e->op++;
        e->moments += begins;
        switch (op) {
        case GCS_DO_ALLOCATE:
        case GCS_DO_HIDE:
            if (take(e, list) && e->counts.count[0] > e->above)
                return true;
            break;
        case GCS_DO_ALLOCATE_TRACKED:
        case GCS_DO_HIDE_TRACKED:
            if (take(e, list) && e->counts.count[0] > e->above) {
                e->late = e->replay.model->timing == GCS_TIMING_ALLOCATION;
                e->items += !e->late;
                return true;
            }
            e->items++;
            break;
        case GCS_DO_FREE:
        case GCS_DO_FREE_TRACKED:
            give(e, list);
            break;
        case GCS_DO_TRACK:
            e->items++;
            break;
        case GCS_DO_MOMENT:
            break;
        }
    }
}

/*
 * Time, and the highest heap
 */
static uint32_t high_bytes(const struct high *high)
{
    return high->bytes;
}

static uint32_t high_objects(const struct high *high)
{
    return high->objects;
}

/* The highest of the moments [from, to), if it is above `least`. */
static uint32_t highest(const struct gcs_index *index, const uint32_t *of,
                        uint32_t (*high)(const struct high *), size_t from, size_t to,
                        uint32_t least)
{
    enum { WIDE = BLOCK_MOMENTS * BLOCK_MOMENTS };
    while (from < to) {
        uint32_t value;
        size_t step;
        if (from % WIDE == 0 && from + WIDE <= to) {
            value = high(&index->higher[from / WIDE]);
            step = WIDE;
        } else if (from % BLOCK_MOMENTS == 0 && from + BLOCK_MOMENTS <= to) {
            value = high(&index->highs[from / BLOCK_MOMENTS]);
            step = BLOCK_MOMENTS;
        } else {
            value = of[from];
            step = 1;
        }
        if (value > least)
            least = value;
        from += step;
    }
    return least;
}

static void raise_peaks(struct evaluation *e, uint64_t bytes, uint64_t objects)
{
    if (bytes > e->totals.peak_bytes)
        e->totals.peak_bytes = bytes;
    if (objects > e->totals.peak_objects)
        e->totals.peak_objects = objects;
}

static void find_peaks(struct evaluation *e, uint32_t to)
{
    uint64_t bytes = (e->totals.peak_bytes + e->freed_bytes) / GCS_BYTES_UNIT;
    uint64_t objects = e->totals.peak_objects + e->freed_objects;
    uint32_t high = highest(e->index, e->baseline->moment_bytes, high_bytes, e->passed, to,
                            (uint32_t)bytes);
    uint32_t most = highest(e->index, e->baseline->moment_objects, high_objects, e->passed, to,
                            (uint32_t)objects);
    if (high > bytes)
        e->totals.peak_bytes = (uint64_t)high * GCS_BYTES_UNIT - e->freed_bytes;
    if (most > objects)
        e->totals.peak_objects = most - e->freed_objects;
}

/* The first of baseline->others from `from` on whose moment is `moment` or later. */
static size_t find_other(const struct gcs_baseline *baseline, size_t from, uint32_t moment)
{
    size_t step = 1, low = from;
    while (low + step < baseline->other_count && baseline->others[low + step].moment < moment) {
        low += step;
        step *= 2;
    }
    size_t high = low + step < baseline->other_count ? low + step : baseline->other_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->others[middle].moment < moment)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Time passes up to the end of the moments before `to`. */
static void pass(struct evaluation *e, uint32_t to)
{
    const struct gcs_baseline *baseline = e->baseline;
    if (to <= e->passed)
        return;
    find_peaks(e, to);
    size_t other = find_other(baseline, e->other, to);
    if (other > e->other) {
        static const struct gcs_other_moment nothing;
        const struct gcs_other_moment *before =
            e->other ? &baseline->others[e->other - 1] : &nothing;
        const struct gcs_other_moment *after = &baseline->others[other - 1];
        gcs_time work = after->work - before->work;
        e->replay.area += after->area - before->area - (gcs_area)e->freed_bytes * work;
        e->replay.clock += work;
        e->replay.ledger->mutator_ns += work;
        e->other = other;
    }
    e->passed = to;
}

/* The books as they stand at an event: `bytes` (units) and objects are the baseline's. */
static void stand_at(struct evaluation *e, uint32_t event, uint32_t bytes, uint32_t objects)
{
    const struct gcs_baseline *baseline = e->baseline;
    e->replay.event = event;
    e->totals.live_bytes = (uint64_t)bytes * GCS_BYTES_UNIT - e->freed_bytes;
    e->totals.live_objects = objects - e->freed_objects;
    while (e->declared < baseline->declared_count &&
           baseline->declared[e->declared].event <= event)
        e->declared++;
    const struct gcs_declared *declared =
        e->declared ? &baseline->declared[e->declared - 1] : NULL;
    e->totals.garbage_bytes = (declared ? declared->bytes : 0) - e->freed_bytes;
    e->totals.garbage_objects = (declared ? declared->objects : 0) - e->freed_objects;
    if (e->totals.garbage_bytes > e->totals.peak_garbage_bytes)
        e->totals.peak_garbage_bytes = e->totals.garbage_bytes;
    raise_peaks(e, e->totals.live_bytes, e->totals.live_objects);
}

static void stand_at_moment(struct evaluation *e, uint32_t moment)
{
    const struct gcs_baseline *baseline = e->baseline;
    stand_at(e, baseline->moment_event[moment], baseline->moment_bytes[moment],
             baseline->moment_objects[moment]);
}

/* The books at the threshold test of the last op, in the middle of its event. */
static void stand_at_test(struct evaluation *e)
{
    const struct gcs_baseline *baseline = e->baseline;
    uint32_t op = (uint32_t)e->op - 1, moment = e->moments - 1;
    size_t low = 0, high = baseline->early_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->early[middle].op < op)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < baseline->early_count && baseline->early[low].op == op)
        stand_at(e, baseline->moment_event[moment], baseline->early[low].bytes,
                 baseline->early[low].objects);
    else
        stand_at_moment(e, moment);
}

/*
 * Collections
 */
static void add_sums(uint64_t *to, const uint64_t *sums, unsigned width)
{
    for (unsigned w = 0; w < width; w++)
        to[w] += sums[w];
}

static void take_sums(uint64_t *from, const uint64_t *sums, unsigned width)
{
    for (unsigned w = 0; w < width; w++)
        from[w] -= sums[w];
}

/* A shell goes: to its free list, or really. */
static void free_shells(struct evaluation *e, unsigned list, uint64_t shells)
{
    while (shells-- > 0)
        give(e, list);
}

static unsigned level_of(const struct evaluation *e, uint32_t position)
{
    return position >= e->bound[0]   ? LEVEL_YOUNG
           : position >= e->bound[1] ? LEVEL_MIDDLE
           : position >= e->bound[2] ? LEVEL_OLD
                                     : LEVEL_FROZEN;
}

static bool is_frozen_fading(const struct evaluation *e, uint32_t position)
{
    for (size_t i = 0; i < e->frozen_fading_count; i++)
        if (e->frozen_fading[i].from <= position && position < e->frozen_fading[i].to)
            return true;
    return false;
}

/* Whether the collector knows the object (tracks it) when a collection begins. */
static bool is_known(const struct evaluation *e, const struct gcs_member *member)
{
    if (member->single)
        return e->singles[gcs_baseline_single(e->baseline, member->position)] <= KNOWS_FADES;
    return member->position != GCS_NEVER && (!member->atoms || member->position >= e->bound[0]);
}

/* One object of an island goes. */
static void free_member(struct evaluation *e, const struct gcs_member *member)
{
    const struct gcs_weight *weight = &e->baseline->weights[member->weight];
    if (member->single) {
        e->singles[gcs_baseline_single(e->baseline, member->position)] = KNOWS_GONE;
    } else if (member->position != GCS_NEVER) {
        const uint64_t sums[TRACKED_SUMS] = {1, weight->references, weight->bytes};
        if (!member->atoms)
            add_sums(e->gone[level_of(e, member->position)], sums, TRACKED_SUMS);
        else if (member->position >= e->bound[0])
            add_sums(e->fading_gone, sums, TRACKED_SUMS);
        else
            e->frozen_fading_gone += is_frozen_fading(e, member->position);
    }
    e->freed_bytes += member->bytes;
    e->freed_objects++;
    if (member->gc)
        free_shells(e, member->list, 1);
}

/* What a walk through islands yields. */
struct yield {
    uint64_t collected, finalizers, fading;
};

/* The collector itself finds the part unreachable: all of it is examined, and nothing that is
 * not refers to it. */
static bool is_found(struct evaluation *e, const struct gcs_part *part, uint32_t bound,
                     struct yield *yield)
{
    uint64_t tracked = 0, finalizers = 0, fading = 0;
    for (uint32_t m = 0; m < part->members; m++) {
        const struct gcs_member *member = &e->baseline->members[part->first_member + m];
        if (!is_known(e, member))
            continue;
        if (member->single
                ? e->levels[gcs_baseline_single(e->baseline, member->position)] > e->generation
                : member->position < bound)
            return false;
        tracked++;
        finalizers += member->finalizer;
        fading +=
            member->atoms ||
            (member->single &&
             e->singles[gcs_baseline_single(e->baseline, member->position)] == KNOWS_FADES);
    }
    yield->collected += tracked;
    yield->finalizers += finalizers;
    yield->fading += fading;
    return tracked > 0;
}

static enum end end_of(struct evaluation *e, const struct gcs_part *part, uint32_t bound,
                       struct yield *yield)
{
    bool known = true, all_gone = true;
    for (uint32_t i = 0; i < part->referrers; i++) {
        uint32_t referrer = e->baseline->referrers[part->first_referrer + i];
        uint8_t end = e->ends[e->index->place_of[referrer]];
        known &= end == END_PAST || end == END_FOUND;
        all_gone &= end != END_NONE;
    }
    if (known && bound != GCS_NEVER && is_found(e, part, bound, yield))
        return END_FOUND;
    return all_gone && !part->cyclic ? END_DIES : END_NONE;
}

/* The island at an event, when a collection examines what lies from `bound` on (GCS_NEVER: no
 * collection, only deaths by count). Referrers come before those they refer to. True if nothing
 * is left of it. */
static bool walk_island(struct evaluation *e, uint32_t which, uint32_t bound, uint32_t event,
                        struct yield *yield)
{
    const struct gcs_index *index = e->index;
    const struct island *island = &index->islands[which];
    bool empty = true;
    for (uint32_t place = island->first; place < island->first + island->count; place++) {
        const struct gcs_part *part = &e->baseline->parts[index->linked[place]];
        if (e->ends[place] == END_NONE && part->event <= event)
            e->ends[place] = (uint8_t)end_of(e, part, bound, yield);
        empty &= e->ends[place] != END_NONE;
    }
    for (uint32_t place = island->first; place < island->first + island->count; place++) {
        const struct gcs_part *part = &e->baseline->parts[index->linked[place]];
        if (e->ends[place] != END_FOUND && e->ends[place] != END_DIES)
            continue;
        e->ends[place] = END_PAST;
        for (uint32_t m = 0; m < part->members; m++)
            free_member(e, &e->baseline->members[part->first_member + m]);
    }
    return empty;
}

static void wait_for(struct evaluation *e, uint32_t island, unsigned generation)
{
    struct numbers *waiting = &e->waiting[generation];
    if (e->status == GCS_OK)
        e->status = GCS_GROW(e->replay.memory, &waiting->of, &waiting->capacity,
                             waiting->count + 1, e->error);
    if (e->status == GCS_OK) {
        e->waits[island] = (uint8_t)generation;
        waiting->of[waiting->count++] = island;
    }
}

/* Islands with new garbage wait for the next collection. */
static void activate(struct evaluation *e, uint32_t event)
{
    const struct gcs_index *index = e->index;
    while (e->activation < index->activation_count &&
           index->activations[e->activation].event <= event) {
        uint32_t island = index->activations[e->activation++].island;
        if (e->waits[island] != WAITS_GONE && e->waits[island] != 0)
            wait_for(e, island, 0);
    }
}

/* The islands that a collection of a generation concerns, oldest generation first; what is left
 * of them waits for the next older one. */
static void walk_islands(struct evaluation *e, unsigned generation, uint32_t event,
                         struct yield *yield)
{
    unsigned next = generation + 1 < GCS_GENERATIONS ? generation + 1 : generation;
    uint32_t now = ++e->walk_number;
    activate(e, event);
    for (unsigned g = generation + 1; g-- > 0;) {
        struct numbers *waiting = &e->waiting[g];
        size_t count = waiting->count;
        waiting->count = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t island = waiting->of[i];
            if (e->waits[island] != g || e->walked[island] == now)
                continue; /* it waits elsewhere, or stands here twice */
            e->walked[island] = now;
            if (walk_island(e, island, e->bound[generation], event, yield))
                e->waits[island] = WAITS_GONE;
            else
                wait_for(e, island, next);
        }
    }
}

/*
 * Singles: tuples of fading tuples, and dicts of them, are followed one by one.
 */
static void know(struct evaluation *e, unsigned level, uint32_t single)
{
    struct numbers *known = &e->known[level];
    if (e->status == GCS_OK)
        e->status = GCS_GROW(e->replay.memory, &known->of, &known->capacity, known->count + 1,
                             e->error);
    if (e->status == GCS_OK) {
        known->of[known->count++] = single;
        e->levels[single] = (uint8_t)level;
    }
}

static bool is_there(const struct evaluation *e, uint32_t single, uint32_t event)
{
    return e->singles[single] == KNOWS_TRACKED &&
           e->baseline->item_end[e->baseline->singles[single].position] > event;
}

/* What the collector makes of a child, if no collection is on: KNOWS_FADES is not met. */
static enum knows child_state(const struct evaluation *e, const struct gcs_child *child)
{
    if (e->baseline->item_weight[child->position] & GCS_SINGLE)
        return e->singles[gcs_baseline_single(e->baseline, child->position)];
    return child->position >= e->bound[0] || is_frozen_fading(e, child->position)
               ? KNOWS_TRACKED
               : KNOWS_UNTRACKED;
}

/* A dict is tracked from birth only if it holds a tuple that is, then: states have not changed
 * since. */
static bool is_tracked_at_birth(const struct evaluation *e, const struct gcs_single *single)
{
    for (uint32_t i = 0; i < single->children; i++)
        if (child_state(e, &e->baseline->children[single->first_child + i]) == KNOWS_TRACKED)
            return true;
    return !single->dict;
}

/* Those that a collection meets, added to what it meets; the dead are forgotten. */
static void meet_singles(struct evaluation *e, unsigned generation, uint32_t event,
                         uint64_t *met)
{
    const struct gcs_baseline *baseline = e->baseline;
    while (e->next_single < baseline->single_count &&
           baseline->singles[e->next_single].position < e->items) {
        if (is_tracked_at_birth(e, &baseline->singles[e->next_single]))
            know(e, LEVEL_YOUNG, e->next_single);
        else
            e->singles[e->next_single] = KNOWS_UNTRACKED;
        e->next_single++;
    }
    while (e->holding < e->index->holding_count &&
           e->index->holdings[e->holding].event <= event) {
        uint32_t single = e->index->holdings[e->holding++].single;
        if (e->singles[single] != KNOWS_UNTRACKED)
            continue;
        e->singles[single] = KNOWS_TRACKED;
        know(e, LEVEL_YOUNG, single);
    }
    for (unsigned level = 0; level <= generation; level++) {
        struct numbers *known = &e->known[level];
        size_t kept = 0;
        for (size_t i = 0; i < known->count; i++) {
            uint32_t single = known->of[i];
            if (!is_there(e, single, event))
                continue;
            uint32_t position = baseline->singles[single].position;
            const struct gcs_weight *weight =
                &baseline->weights[baseline->item_weight[position] & ~GCS_SINGLE];
            const uint64_t sums[TRACKED_SUMS] = {1, weight->references, weight->bytes};
            add_sums(met, sums, TRACKED_SUMS);
            known->of[kept++] = single;
        }
        known->count = kept;
    }
}

/* Whether the collector takes the child for an atom by the time it comes to the holder. So far
 * collections have left a child with a root in its place, before the holder, and have moved one
 * without any other reference behind it. */
static bool is_atom_by_then(struct evaluation *e, const struct gcs_single *holder,
                            const struct gcs_child *child, unsigned generation, uint32_t event)
{
    const struct gcs_baseline *baseline = e->baseline;
    enum knows state = child_state(e, child);
    if (child->position >= e->bound[0] &&
        !(baseline->item_weight[child->position] & GCS_SINGLE))
        state = KNOWS_FADES;                  /* its first collection */
    if (holder->dict || state != KNOWS_FADES) /* dicts come last */
        return state != KNOWS_TRACKED;
    if (event >= child->rooted_until) {
        if (event >= child->sole_until)
            e->uncovered = "tuples in tuples, in an order that depends on who else holds them";
        return false;
    }
    /* A full collection goes through generations 2, 0, 1. */
    return generation < 2 || level_of(e, child->position) != LEVEL_MIDDLE ||
           level_of(e, holder->position) != LEVEL_YOUNG;
}

static bool single_fades(struct evaluation *e, uint32_t which, unsigned generation,
                         uint32_t event)
{
    const struct gcs_single *single = &e->baseline->singles[which];
    if (event >= single->held_from)
        return false;
    for (uint32_t i = 0; i < single->children; i++)
        if (!is_atom_by_then(e, single, &e->baseline->children[single->first_child + i],
                             generation, event))
            return false;
    return true;
}

/* The passes over tuples, then over dicts. Returns how many are untracked. */
static uint64_t fade_singles(struct evaluation *e, unsigned generation, uint32_t event)
{
    uint64_t faded = 0;
    for (unsigned dicts = 0; dicts <= (generation == GCS_GENERATIONS - 1); dicts++)
        for (unsigned level = generation + 1; level-- > 0;)
            for (size_t i = 0; i < e->known[level].count; i++) {
                uint32_t which = e->known[level].of[i];
                if (e->baseline->singles[which].dict == dicts &&
                    single_fades(e, which, generation, event)) {
                    e->singles[which] = KNOWS_FADES;
                    faded++;
                }
            }
    return faded;
}

static void promote_singles(struct evaluation *e, unsigned generation, unsigned next)
{
    for (unsigned level = generation + 1; level-- > 0;) {
        struct numbers *known = &e->known[level];
        size_t count = known->count;
        known->count = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t which = known->of[i];
            if (e->singles[which] == KNOWS_TRACKED)
                know(e, next, which);
            else if (e->singles[which] == KNOWS_FADES)
                e->singles[which] = KNOWS_UNTRACKED;
        }
    }
}

/* What is freed from now on lies in an older generation: so do the books. */
static void promote(struct evaluation *e, unsigned generation, const uint64_t *clumps)
{
    unsigned next = generation + 1 < GCS_GENERATIONS ? generation + 1 : generation;
    for (unsigned level = 0; level <= generation; level++) {
        if (level == next)
            continue;
        add_sums(e->gone[next], e->gone[level], TRACKED_SUMS);
        add_sums(e->clumps_gone[next], e->clumps_gone[level], e->index->width);
        memset(e->gone[level], 0, sizeof e->gone[level]);
        memset(e->clumps_gone[level], 0, sizeof e->clumps_gone[level]);
    }
    promote_singles(e, generation, next);
    add_sums(e->gone[next], clumps, TRACKED_SUMS);
    add_sums(e->clumps_gone[next], clumps, e->index->width);
    memset(e->fading_gone, 0, sizeof e->fading_gone);
    for (unsigned g = 0; g <= generation && g < GCS_GENERATIONS - 1; g++)
        e->bound[g] = e->items;
}

static void index_collect(void *self, unsigned generation, struct gcs_work *work)
{
    struct evaluation *e = self;
    const struct gcs_index *index = e->index;
    uint32_t event = (uint32_t)e->replay.event, bound = e->bound[generation];
    uint64_t met[TRACKED_SUMS], fading[TRACKED_SUMS], clumps[SPAN_SUMS];
    struct yield yield = {0};
    uint64_t objects = e->freed_objects, bytes = e->freed_bytes;

    e->generation = generation;
    if (generation + 1 < GCS_GENERATIONS)
        e->counts.count[generation + 1]++;
    for (unsigned g = 0; g <= generation; g++)
        e->counts.count[g] = 0;

    spans_open(&index->objects, bound, e->items, event, met);
    spans_open(&index->fading, e->bound[0], e->items, event, fading);
    spans_over(&index->clumps, bound, e->items, event, clumps);
    for (unsigned level = 0; level <= generation; level++) {
        take_sums(met, e->gone[level], TRACKED_SUMS);
        take_sums(clumps, e->clumps_gone[level], index->width);
    }
    take_sums(fading, e->fading_gone, TRACKED_SUMS);
    uint64_t faded = fading[SUM_OBJECTS];
    if (e->baseline->single_count) {
        meet_singles(e, generation, event, met);
        faded += fade_singles(e, generation, event);
    }
    if (index->island_count)
        walk_islands(e, generation, event, &yield);
    for (unsigned list = 1; list < e->baseline->list_count; list++)
        free_shells(e, list, clumps[SUM_LISTS + list - 1]);
    e->freed_objects += clumps[SUM_FREED_OBJECTS];
    e->freed_bytes += clumps[SUM_FREED_BYTES];

    *work = (struct gcs_work){
        .generation = generation,
        .candidates = met[SUM_OBJECTS] + fading[SUM_OBJECTS],
        .candidate_bytes = met[SUM_BYTES] + fading[SUM_BYTES],
        .references = met[SUM_REFERENCES] + fading[SUM_REFERENCES],
        .collected = clumps[SUM_OBJECTS] + yield.collected,
        .finalizers = clumps[SUM_FINALIZERS] + yield.finalizers,
        .freed_objects = e->freed_objects - objects,
        .freed_bytes = e->freed_bytes - bytes,
    };
    work->survivors = work->candidates - work->collected - (faded - yield.fading);
    if (generation == 1)
        e->counts.long_lived_pending += (int64_t)work->survivors;
    if (generation == 2) {
        e->counts.long_lived_total = (int64_t)work->survivors;
        e->counts.long_lived_pending = 0;
        for (unsigned list = 1; list < e->baseline->list_count; list++)
            if (e->baseline->list_emptied[list])
                e->held[list] = 0;
    }
    promote(e, generation, clumps);
    e->totals.live_objects -= work->freed_objects;
    e->totals.live_bytes -= work->freed_bytes;
    e->totals.garbage_objects -= work->freed_objects;
    e->totals.garbage_bytes -= work->freed_bytes;
}

static void index_freeze(void *self)
{
    struct evaluation *e = self;
    uint64_t fading[TRACKED_SUMS];
    spans_open(&e->index->fading, e->bound[0], e->items, (uint32_t)e->replay.event, fading);
    if (fading[SUM_OBJECTS] > e->fading_gone[SUM_OBJECTS] && e->status == GCS_OK)
        e->status = GCS_GROW(e->replay.memory, &e->frozen_fading, &e->frozen_fading_capacity,
                             e->frozen_fading_count + 1, e->error);
    if (fading[SUM_OBJECTS] > e->fading_gone[SUM_OBJECTS] && e->status == GCS_OK)
        e->frozen_fading[e->frozen_fading_count++] = (struct interval){e->bound[0], e->items};
    meet_singles(e, GCS_GENERATIONS - 1, (uint32_t)e->replay.event, fading);
    promote_singles(e, GCS_GENERATIONS - 1, LEVEL_FROZEN);
    for (unsigned level = 0; level < LEVEL_FROZEN; level++) {
        add_sums(e->gone[LEVEL_FROZEN], e->gone[level], TRACKED_SUMS);
        add_sums(e->clumps_gone[LEVEL_FROZEN], e->clumps_gone[level], e->index->width);
        memset(e->gone[level], 0, sizeof e->gone[level]);
        memset(e->clumps_gone[level], 0, sizeof e->clumps_gone[level]);
    }
    memset(e->fading_gone, 0, sizeof e->fading_gone);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        e->bound[g] = e->items;
        e->counts.count[g] = 0;
    }
}

static void index_unfreeze(void *self)
{
    struct evaluation *e = self;
    if (e->frozen_fading_count || e->known[LEVEL_FROZEN].count)
        e->uncovered = "gc.unfreeze of tuples that no collection has met";
    add_sums(e->gone[LEVEL_OLD], e->gone[LEVEL_FROZEN], TRACKED_SUMS);
    add_sums(e->clumps_gone[LEVEL_OLD], e->clumps_gone[LEVEL_FROZEN], e->index->width);
    memset(e->gone[LEVEL_FROZEN], 0, sizeof e->gone[LEVEL_FROZEN]);
    memset(e->clumps_gone[LEVEL_FROZEN], 0, sizeof e->clumps_gone[LEVEL_FROZEN]);
    e->bound[2] = 0;
}

static void index_arm(void *self, int64_t above, int64_t threshold1)
{
    (void)threshold1;
    ((struct evaluation *)self)->above = above;
}

static const char *index_check(void *self)
{
    (void)self;
    return NULL;
}

static const struct backing index_backing = {
    .collect = index_collect,
    .freeze = index_freeze,
    .unfreeze = index_unfreeze,
    .arm = index_arm,
    .check = index_check,
};

/*
 * Stops
 */

/* Where the engine has to halt next, if no allocation triggers before. */
struct halt {
    uint32_t moment;
    enum { HALT_CONDITION, HALT_STOP, HALT_ALLOCATION, HALT_END } why; /* as they are taken */
    uint64_t object;                                                   /* HALT_ALLOCATION */
};

/* The moment at which an object is allocated: those before it are as many allocations as its
 * number says, and some others. */
static uint32_t moment_of_object(const struct gcs_baseline *baseline, uint64_t object)
{
    size_t low = 0, high = baseline->other_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (baseline->others[middle].moment - middle < object)
            low = middle + 1;
        else
            high = middle;
    }
    return (uint32_t)(object - 1 + low);
}

static void halt_at_allocations(const struct evaluation *e, struct halt *halt)
{
    const struct replay *replay = &e->replay;
    const struct gcs_strategy *strategy = replay->setting->strategy;
    for (size_t i = 0; i < strategy->rule_count; i++) {
        if (strategy->rules[i].when != GCS_WHEN_ALLOCATIONS || strategy->rules[i].n == 0 ||
            replay->due[i] > replay->trace->allocations)
            continue;
        uint32_t moment = moment_of_object(e->baseline, replay->due[i]);
        if (moment < halt->moment)
            *halt = (struct halt){moment, HALT_ALLOCATION, replay->due[i]};
    }
}

static struct halt next_halt(struct evaluation *e)
{
    const struct gcs_index *index = e->index;
    const struct gcs_baseline *baseline = e->baseline;
    struct halt halt = {(uint32_t)baseline->moment_count, HALT_END, 0};
    if (e->stop < baseline->stop_count)
        halt = (struct halt){baseline->stops[e->stop].moment, HALT_STOP, 0};
    halt_at_allocations(e, &halt);
    while (e->conditional < index->activation_count &&
           !index->activations[e->conditional].conditional)
        e->conditional++;
    if (e->conditional < index->activation_count &&
        index->activations[e->conditional].moment <= halt.moment)
        halt = (struct halt){index->activations[e->conditional].moment, HALT_CONDITION, 0};
    return halt;
}

/* Garbage that hung off other garbage loses its last reference: it dies by count if the other
 * is gone by now. */
static void meet_condition(struct evaluation *e)
{
    const struct activation *activation = &e->index->activations[e->conditional++];
    struct yield nothing = {0};
    if (walk_island(e, activation->island, GCS_NEVER, activation->event, &nothing))
        e->waits[activation->island] = WAITS_GONE;
}

static enum gcs_status meet_stop(struct evaluation *e, struct gcs_error *error)
{
    const struct gcs_stop *stop = &e->baseline->stops[e->stop++];
    struct replay *replay = &e->replay;
    uint8_t op = stop->event.op;
    if (op == GCS_OP_IDLE)
        GCS_TRY(idle(replay, stop->event.object, error));
    else if (op == GCS_OP_BEGIN)
        GCS_TRY(begin_request(replay, &stop->event, error));
    else if (op == GCS_OP_END)
        GCS_TRY(end_request(replay, &stop->event, error));
    else if (op == GCS_OP_COLLECT || op == GCS_OP_GC)
        GCS_TRY(act_program(replay, &stop->event, stop->values, error));
    return rules_after(replay, &stop->event, error);
}

static enum gcs_status meet(struct evaluation *e, const struct halt *halt,
                            struct gcs_error *error)
{
    if (halt->why == HALT_CONDITION) {
        pass(e, halt->moment);
        meet_condition(e);
        return GCS_OK;
    }
    pass(e, halt->moment + 1);
    stand_at_moment(e, halt->moment);
    if (halt->why == HALT_STOP)
        return meet_stop(e, error);
    const struct gcs_event event = {.op = GCS_OP_ALLOCATE, .object = halt->object};
    return rules_after(&e->replay, &event, error);
}

/* An allocation took count0 over the threshold. */
static enum gcs_status trigger(struct evaluation *e, struct gcs_error *error)
{
    if (e->replay.model->timing == GCS_TIMING_ALLOCATION) {
        pass(e, e->moments - 1);
        stand_at_test(e);
    } else {
        pass(e, e->moments);
        stand_at_moment(e, e->moments - 1);
    }
    return collect_automatically(&e->replay, error);
}

static enum gcs_status run(struct evaluation *e, struct gcs_error *error)
{
    arm_trigger(&e->replay);
    fetch_lists(e);
    GCS_TRY(rules_begin(&e->replay, error));
    for (;;) {
        struct halt halt = next_halt(e);
        bool next = halt.why == HALT_CONDITION || halt.why == HALT_END;
        if (walk(e, next ? halt.moment : halt.moment + 1, next ? UNTIL_NEXT : UNTIL_DONE))
            GCS_TRY(trigger(e, error));
        else if (halt.why == HALT_END)
            break;
        else
            GCS_TRY(meet(e, &halt, error));
        GCS_TRY(e->status);
        if (e->uncovered)
            break;
    }
    pass(e, (uint32_t)e->baseline->moment_count);
    return GCS_OK;
}

/* How many of the spans that begin in [from, to) are open at the end. */
static uint64_t open_at_end(const struct evaluation *e, const struct spans *spans,
                            uint32_t from, uint32_t to)
{
    uint64_t first[TRACKED_SUMS], second[TRACKED_SUMS];
    spans_open(spans, from, e->items, GCS_NEVER - 1, first);
    spans_open(spans, to, e->items, GCS_NEVER - 1, second);
    return first[SUM_OBJECTS] - second[SUM_OBJECTS];
}

/* The end of the trace is an event without a moment of its own. */
static void stand_at_end(struct evaluation *e)
{
    const struct gcs_totals *end = &e->baseline->end;
    e->items += e->late;
    e->late = 0;
    stand_at(e, GCS_NEVER, (uint32_t)(end->live_bytes / GCS_BYTES_UNIT),
             (uint32_t)end->live_objects);
    e->totals.allocated_objects = end->allocated_objects;
    if (e->bound[2] > 0)
        e->totals.frozen_objects = open_at_end(e, &e->index->objects, 0, e->bound[2]) -
                                   e->gone[LEVEL_FROZEN][SUM_OBJECTS];
    for (size_t i = 0; i < e->frozen_fading_count; i++)
        e->totals.frozen_objects +=
            open_at_end(e, &e->index->fading, e->frozen_fading[i].from, e->frozen_fading[i].to);
    e->totals.frozen_objects -= e->frozen_fading_gone;
    for (size_t i = 0; i < e->known[LEVEL_FROZEN].count; i++)
        e->totals.frozen_objects += is_there(e, e->known[LEVEL_FROZEN].of[i], GCS_NEVER - 1);
}

static enum gcs_status prepare(struct evaluation *e, struct gcs_error *error)
{
    const struct gcs_index *index = e->index;
    struct gcs_memory *memory = e->replay.memory;
    GCS_TRY(GCS_GROW(memory, &e->waits, &e->wait_capacity, index->island_count, error));
    GCS_TRY(GCS_GROW(memory, &e->ends, &e->end_capacity, index->linked_count, error));
    GCS_TRY(GCS_GROW(memory, &e->walked, &e->walked_capacity, index->island_count, error));
    GCS_TRY(GCS_GROW(memory, &e->singles, &e->single_capacity, index->baseline.single_count,
                     error));
    GCS_TRY(
        GCS_GROW(memory, &e->levels, &e->level_capacity, index->baseline.single_count, error));
    if (index->baseline.single_count)
        memset(e->singles, KNOWS_TRACKED, index->baseline.single_count);
    if (index->island_count) {
        memset(e->waits, WAITS_NOWHERE, index->island_count);
        memset(e->ends, END_NONE, index->linked_count);
        memset(e->walked, 0, index->island_count * sizeof *e->walked);
    }
    return GCS_OK;
}

bool gcs_index_knows(const struct gcs_model *model)
{
    return model->choose == gcs_choose_generational && !model->above &&
           model->rules.mechanism == GCS_MECHANISM_GENERATIONAL;
}

const char *gcs_index_uncovered(const struct gcs_index *index,
                                const struct gcs_setting *setting)
{
    if (!gcs_index_knows(setting->model))
        return "a model that is not generational";
    if (index->baseline.uncovered)
        return index->baseline.uncovered;
    if (index->baseline.stretches && setting->model->timing == GCS_TIMING_CHECK)
        return "uninterruptible stretches";
    if (setting->memory != GCS_MEMORY_SUM)
        return "--memory pymalloc";
    for (size_t i = 0; i < setting->strategy->rule_count; i++)
        if (setting->strategy->rules[i].when == GCS_WHEN_TIME)
            return "strategies that act by the clock";
    return NULL;
}

enum gcs_status gcs_index_evaluate(const struct gcs_index *index, const struct gcs_trace *trace,
                                   const struct gcs_setting *setting, struct gcs_memory *memory,
                                   struct gcs_ledger *ledger, const char **uncovered,
                                   struct gcs_error *error)
{
    *uncovered = gcs_index_uncovered(index, setting);
    if (*uncovered)
        return GCS_OK;
    struct evaluation e = {.index = index, .baseline = &index->baseline, .error = error};
    e.totals.footprint_bytes = e.totals.peak_footprint_bytes = GCS_NO_FOOTPRINT;
    e.replay = (struct replay){
        .trace = trace,
        .memory = memory,
        .ledger = ledger,
        .backing = &index_backing,
        .self = &e,
        .counts = &e.counts,
        .totals = &e.totals,
    };
    interpreter_new(&e.replay, setting);
    enum gcs_status status = prepare(&e, error);
    if (status == GCS_OK)
        status = run(&e, error);
    if (status == GCS_OK)
        stand_at_end(&e);
    close_books(&e.replay);
    gcs_memory_free(memory, e.waits, e.wait_capacity, sizeof *e.waits);
    gcs_memory_free(memory, e.ends, e.end_capacity, sizeof *e.ends);
    gcs_memory_free(memory, e.singles, e.single_capacity, sizeof *e.singles);
    gcs_memory_free(memory, e.levels, e.level_capacity, sizeof *e.levels);
    for (unsigned level = 0; level < LEVELS; level++)
        gcs_memory_free(memory, e.known[level].of, e.known[level].capacity,
                        sizeof *e.known[level].of);
    gcs_memory_free(memory, e.frozen_fading, e.frozen_fading_capacity, sizeof *e.frozen_fading);
    gcs_memory_free(memory, e.walked, e.walked_capacity, sizeof *e.walked);
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        gcs_memory_free(memory, e.waiting[g].of, e.waiting[g].capacity,
                        sizeof *e.waiting[g].of);
    *uncovered = e.uncovered;
    return status;
}
