/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Who may be referred to: only what lives longer than the one that refers, so that nothing
 * outlives its lifetime because something younger still holds it. And in whom a new object may
 * be stored: in what is still there when the object goes.
 */
#include "workload_private.h"

enum { TRIES = 4 }; /* before a static object is taken instead */

/* What may be referred to: anything, or what goes by a cause and not before a deadline. */
struct bar {
    bool open;
    uint8_t cause; /* CAUSE_AT_ONCE, by which nothing is held: nothing may be referred to */
    uint64_t deadline;
};

static struct bar bar_for(const struct fate *fate)
{
    switch (fate->stays ? CAUSE_NEVER : fate->cause) {
    case CAUSE_AT_ONCE:
    case CAUSE_REQUEST: /* dropped in reverse order, so older ones of the request live longer */
        return (struct bar){.open = true};
    case CAUSE_ALLOCATIONS:
    case CAUSE_TIME:
    case CAUSE_REQUESTS:
        return (struct bar){.cause = (uint8_t)fate->cause, .deadline = fate->deadline};
    case CAUSE_PHASE: /* in reverse order, too */
        return (struct bar){.cause = CAUSE_PHASE};
    case CAUSE_NEVER:
    case CAUSE_QUEUE: /* nobody knows when */
    case CAUSE_LRU:
        break;
    }
    return (struct bar){.cause = CAUSE_AT_ONCE};
}

static bool outlives(const struct holding *holding, const struct bar *bar)
{
    return bar->open || ((holding->cause == bar->cause) & (holding->deadline >= bar->deadline));
}

static uint64_t pick_row(const struct program *program, uint32_t row, const struct bar *bar)
{
    const struct holding *holding = &program->rows[row];
    return outlives(holding, bar) ? holding->object : 0;
}

static uint64_t pick_recent(const struct program *program, uint32_t bits, const struct bar *bar)
{
    const struct recent *recent = &program->recent[gcs_scale(bits, RECENT)];
    if (!recent->object || recent->row == NO_ROW)
        return recent->object;
    const struct holding *holding = &program->rows[recent->row];
    if (holding->object != recent->object)
        return 0; /* let go meanwhile */
    if (holding->cause == CAUSE_REQUEST && &program->open[holding->place] != program->current)
        return 0; /* another request's */
    return pick_row(program, recent->row, bar);
}

/* One that the current request holds, if what refers to it goes with it or before. */
static uint64_t pick_of_request(const struct program *program, uint32_t bits,
                                const struct bar *bar)
{
    if (!bar->open || !program->current || !program->current->rows.count)
        return 0;
    const struct rows *rows = &program->current->rows;
    return program->rows[rows->rows[gcs_scale(bits, rows->count)]].object;
}

/*
 * Wishes: a program's heap is larger than a core's cache, so what an object refers to is chosen
 * some time before, and fetched meanwhile. While lists change the choice keeps its place.
 */
/* All bits if it holds, or none: nobody can foresee what is wished for, so it is worked out
 * without branches. */
static inline uint32_t mask(bool holds)
{
    return -(uint32_t)holds;
}

/* Programs refer to few of their static objects again and again, the classes and functions that
 * were there first: with the fourth power of a uniform variate half of the choices fall on 6 %.
 */
static inline struct wish make_wish(const struct program *program, uint32_t bits,
                                    enum target target)
{
    uint32_t squared = gcs_scale(bits, bits), fourth = gcs_scale(squared, squared);
    uint32_t still = mask(target == TARGET_STATIC), live = ~still;
    uint32_t share = (bits & live) | (fourth & still);
    uint32_t count = (program->live_count & live) | (program->still_count & still);
    return (struct wish){bits, gcs_scale(share, count), target};
}

static inline struct wish draw_wish(const struct program *program, const struct choice *targets,
                                    struct gcs_random *random)
{
    uint64_t bits = gcs_random_next(random);
    return make_wish(program, (uint32_t)(bits >> 32), gcs_choose_by(targets, (uint32_t)bits));
}

/* Where the list stands that a new wish leads to, and what a wish of before leads on to: lists
 * may have become shorter since, but what was in them is still there. */
static inline void fetch_for(const struct program *program, const struct wish *newest,
                             const struct wish *before)
{
    uint32_t still = mask(newest->target == TARGET_STATIC);
    gcs_fetch(program->still + (newest->position & still));
    gcs_fetch(program->live + (newest->position & ~still));
    if (program->live_count) {
        uint32_t position = before->position & mask(before->target == TARGET_OLDER);
        gcs_fetch(&program->rows[program->live[position]]);
    }
}

/* What was wished for some objects ago, while a new wish is made. */
static inline struct wish take_wish(const struct program *program, struct wishes *wishes,
                                    const struct choice *targets, struct gcs_random *random)
{
    struct wish *oldest = &wishes->ring[wishes->made % WISHES];
    struct wish taken = *oldest;
    *oldest = draw_wish(program, targets, random);
    fetch_for(program, oldest, &wishes->ring[(wishes->made + WISHES / 2) % WISHES]);
    if (wishes->made++ < WISHES)
        taken = draw_wish(program, targets, random);
    return taken;
}

static inline uint64_t grant(const struct program *program, const struct wish *wish,
                             const struct bar *bar)
{
    switch (wish->target) {
    case TARGET_RECENT:
        return pick_recent(program, wish->bits, bar);
    case TARGET_SAME_REQUEST:
        return pick_of_request(program, wish->bits, bar);
    case TARGET_OLDER:
        if (wish->position >= program->live_count)
            return 0;
        return pick_row(program, program->live[wish->position], bar);
    case TARGET_STATIC:
        return wish->position < program->still_count ? program->still[wish->position] : 0;
    case TARGET_ATOMS:
        return program->first_atom + gcs_scale(wish->bits, ATOMS);
    case TARGET_COUNT:
        break;
    }
    return 0;
}

/* Fetches all that the next tries may come to, side by side. */
static void fetch_older(const struct program *program, struct gcs_random random)
{
    for (unsigned i = 1; i < TRIES && program->live_count; i++) {
        uint32_t bits = (uint32_t)gcs_random_next(&random);
        gcs_fetch(&program->rows[program->live[gcs_scale(bits, program->live_count)]]);
    }
}

/* A wish that cannot be granted is made again in another place, and then for a static object.
 */
static uint64_t insist(const struct program *program, enum target target,
                       struct gcs_random *random, const struct bar *bar)
{
    if (target == TARGET_OLDER)
        fetch_older(program, *random);
    for (unsigned i = 1; i < TRIES && target != TARGET_STATIC; i++) {
        struct wish wish = make_wish(program, (uint32_t)gcs_random_next(random), target);
        uint64_t object = grant(program, &wish, bar);
        if (object)
            return object;
    }
    struct wish last = make_wish(program, (uint32_t)gcs_random_next(random), TARGET_STATIC);
    return grant(program, &last, bar);
}

void gcs_pick_targets(struct program *program, uint32_t site, const struct fate *fate,
                      uint64_t *targets, uint32_t count)
{
    const struct choice *among = &program->workload->sites[site].targets;
    struct gcs_random *random = &program->sites[site].random;
    struct wishes *wishes = &program->wishes[site];
    const struct bar bar = bar_for(fate);
    for (uint32_t i = 0; i < count && !among->count; i++)
        targets[i] = 0;
    for (uint32_t i = 0; i < count && among->count; i++) {
        struct wish wish = take_wish(program, wishes, among, random);
        uint64_t object = grant(program, &wish, &bar);
        targets[i] = object ? object : insist(program, wish.target, random, &bar);
    }
}

/*
 * Owners: older objects that something is stored in until it goes
 */
static bool take_berth(struct gcs_random *random, uint64_t object, struct room room,
                       struct berth *berth)
{
    if (room.first == room.end)
        return false;
    berth->owner = object;
    berth->slot = room.first + gcs_pick(random, room.end - room.first);
    return true;
}

/* An owner must be there to forget what it holds: at equal deadlines it need not be. */
static bool outlasts(const struct holding *holding, const struct fate *fate)
{
    if (fate->cause == CAUSE_AT_ONCE)
        return true;
    if (fate->cause == CAUSE_REQUEST)
        return holding->cause == CAUSE_REQUEST;
    const struct bar bar = bar_for(fate);
    return outlives(holding, &bar) &&
           (fate->cause == CAUSE_PHASE || holding->deadline > fate->deadline);
}

static bool try_owner(const struct program *program, const struct rows *among,
                      struct gcs_random *random, const struct fate *fate, struct berth *berth)
{
    if (!among->count)
        return false;
    uint32_t row = among->rows[gcs_pick(random, among->count)];
    const struct holding *holding = &program->rows[row];
    return outlasts(holding, fate) &&
           take_berth(random, holding->object, program->rooms[row], berth);
}

static bool try_shelf(const struct program *program, struct gcs_random *random,
                      struct berth *berth)
{
    if (!program->shelf_count)
        return false;
    const struct shelf *shelf = &program->shelves[gcs_pick(random, program->shelf_count)];
    return take_berth(random, shelf->object, shelf->room, berth);
}

bool gcs_pick_owner(struct program *program, uint32_t site, const struct fate *fate,
                    struct berth *berth)
{
    static const struct rows none = {0};
    const double *weights = program->workload->sites[site].owners;
    struct gcs_random *random = &program->sites[site].random;
    const struct rows live = {.rows = program->live, .count = program->live_count};
    const struct rows *request = program->current ? &program->current->rows : &none;
    double at = gcs_random_unit(random) * weights[OWNER_COUNT - 1];
    unsigned owner = 0;
    while (owner < OWNER_COUNT - 1 && at >= weights[owner])
        owner++;
    for (unsigned i = 0; i < TRIES && owner != OWNER_STATIC; i++)
        if (try_owner(program, owner == OWNER_OLDER ? &live : request, random, fate, berth))
            return true;
    return try_shelf(program, random, berth);
}
