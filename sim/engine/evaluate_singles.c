/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Singles: tuples of tuples that the collector untracks sooner or later, and dicts of them.
 * When it does depends on the setting, and on the order in which it comes to them: so they are
 * followed one by one.
 */
#include "evaluate_private.h"

#include <string.h>

enum gcs_status singles_prepare(struct evaluation *e)
{
    struct gcs_memory *memory = e->replay.memory;
    struct single_states *singles = &e->singles;
    size_t count = e->baseline->single_count;
    GCS_TRY(GCS_GROW(memory, &singles->states, &singles->state_capacity, count, e->error));
    GCS_TRY(GCS_GROW(memory, &singles->levels, &singles->level_capacity, count, e->error));
    if (count)
        memset(singles->states, SINGLE_TRACKED, count);
    return GCS_OK;
}

void singles_release(struct evaluation *e)
{
    struct gcs_memory *memory = e->replay.memory;
    struct single_states *singles = &e->singles;
    gcs_memory_free(memory, singles->states, singles->state_capacity, sizeof *singles->states);
    gcs_memory_free(memory, singles->levels, singles->level_capacity, sizeof *singles->levels);
    for (unsigned level = 0; level < LEVELS; level++)
        gcs_memory_free(memory, singles->known[level].numbers, singles->known[level].capacity,
                        sizeof *singles->known[level].numbers);
}

enum single_state single_state(const struct evaluation *e, uint32_t op)
{
    return (enum single_state)e->singles.states[gcs_baseline_single(e->baseline, op)];
}

unsigned single_level(const struct evaluation *e, uint32_t op)
{
    return e->singles.levels[gcs_baseline_single(e->baseline, op)];
}

void single_free(struct evaluation *e, uint32_t op)
{
    e->singles.states[gcs_baseline_single(e->baseline, op)] = SINGLE_GONE;
}

static void know(struct evaluation *e, unsigned level, uint32_t single)
{
    if (append_number(e, &e->singles.known[level], single))
        e->singles.levels[single] = (uint8_t)level;
}

/* Tracked, and not dead by its own count. */
static bool is_there(const struct evaluation *e, uint32_t single)
{
    return e->singles.states[single] == SINGLE_TRACKED &&
           e->baseline->singles[single].end >= e->at.op;
}

/* What the collector makes of a child, if no collection is on: SINGLE_FADES is not met. */
static enum single_state child_state(const struct evaluation *e, const struct gcs_child *child)
{
    if (child->single)
        return single_state(e, child->op);
    return child->op >= e->bounds[0].op || is_frozen_fading(e, child->op) ? SINGLE_TRACKED
                                                                          : SINGLE_UNTRACKED;
}

/* A dict is tracked from birth only if it holds a tuple that is, then: states have not changed
 * since. */
static bool is_tracked_at_birth(const struct evaluation *e, const struct gcs_single *single)
{
    for (uint32_t i = 0; i < single->children; i++)
        if (child_state(e, &e->baseline->children[single->first_child + i]) == SINGLE_TRACKED)
            return true;
    return !single->dict;
}

/* Those that were tracked since the last collection. */
static void meet_new(struct evaluation *e)
{
    const struct gcs_baseline *baseline = e->baseline;
    for (uint32_t single = e->singles.met; single < baseline->single_count; single++) {
        if (baseline->singles[single].op >= e->at.op - e->at.late)
            break;
        if (is_tracked_at_birth(e, &baseline->singles[single]))
            know(e, LEVEL_YOUNG, single);
        else
            e->singles.states[single] = SINGLE_UNTRACKED;
        e->singles.met = single + 1;
    }
}

/* Dicts in which a container was stored since then are tracked again. */
static void meet_holdings(struct evaluation *e)
{
    while (e->singles.holdings < e->index->holding_count &&
           e->index->holdings[e->singles.holdings].stamp < e->at.op) {
        uint32_t single = e->index->holdings[e->singles.holdings++].single;
        if (e->singles.states[single] != SINGLE_UNTRACKED)
            continue;
        e->singles.states[single] = SINGLE_TRACKED;
        know(e, LEVEL_YOUNG, single);
    }
}

static void add_single(const struct evaluation *e, uint32_t single, uint64_t *met)
{
    const struct gcs_baseline *baseline = e->baseline;
    const struct gcs_object_kind *kind = &baseline->kinds[baseline->singles[single].kind];
    const uint64_t sums[TRACKED_SUMS] = {1, kind->references, kind->bytes};
    add_sums(met, sums, TRACKED_SUMS);
}

void singles_meet(struct evaluation *e, unsigned generation, uint64_t *met)
{
    meet_new(e);
    meet_holdings(e);
    for (unsigned level = 0; level <= generation; level++) {
        struct number_list *known = &e->singles.known[level];
        size_t kept = 0;
        for (size_t i = 0; i < known->count; i++) {
            uint32_t single = known->numbers[i];
            if (!is_there(e, single))
                continue;
            add_single(e, single, met);
            known->numbers[kept++] = single;
        }
        known->count = kept;
    }
}

/* Whether the collector takes the child for an atom by the time it comes to the holder. So far
 * collections have left a child with a root in its place, before the holder, and have moved one
 * without any other reference behind it. */
static bool is_atom_by_then(struct evaluation *e, const struct gcs_single *holder,
                            const struct gcs_child *child, unsigned generation)
{
    enum single_state state = child_state(e, child);
    if (child->op >= e->bounds[0].op && !child->single)
        state = SINGLE_FADES;                  /* its first collection */
    if (holder->dict || state != SINGLE_FADES) /* dicts come last */
        return state != SINGLE_TRACKED;
    if (child->rooted_until < e->at.op) {
        if (child->sole_until < e->at.op)
            e->uncovered = "tuples in tuples, in an order that depends on who else holds them";
        return false;
    }
    /* A full collection goes through generations 2, 0, 1. */
    return generation < 2 || level_of(e, child->op) != LEVEL_MIDDLE ||
           level_of(e, holder->op) != LEVEL_YOUNG;
}

/* Whether the collector, coming to it, finds nothing but atoms in it. */
static bool single_fades(struct evaluation *e, uint32_t which, unsigned generation)
{
    const struct gcs_single *single = &e->baseline->singles[which];
    if (single->held_from < e->at.op)
        return false;
    for (uint32_t i = 0; i < single->children; i++)
        if (!is_atom_by_then(e, single, &e->baseline->children[single->first_child + i],
                             generation))
            return false;
    return true;
}

/* untrack_tuples, or untrack_dicts. */
static uint64_t fade_kind(struct evaluation *e, bool dicts, unsigned generation)
{
    uint64_t faded = 0;
    for (unsigned level = generation + 1; level-- > 0;)
        for (size_t i = 0; i < e->singles.known[level].count; i++) {
            uint32_t which = e->singles.known[level].numbers[i];
            if (e->baseline->singles[which].dict == dicts &&
                single_fades(e, which, generation)) {
                e->singles.states[which] = SINGLE_FADES;
                faded++;
            }
        }
    return faded;
}

uint64_t singles_fade(struct evaluation *e, unsigned generation)
{
    uint64_t faded = fade_kind(e, false, generation);
    if (generation == GCS_GENERATIONS - 1) /* only a full collection untracks dicts */
        faded += fade_kind(e, true, generation);
    return faded;
}

void singles_promote(struct evaluation *e, unsigned generation, unsigned next)
{
    for (unsigned level = generation + 1; level-- > 0;) {
        struct number_list *known = &e->singles.known[level];
        size_t count = known->count;
        known->count = 0;
        for (size_t i = 0; i < count; i++) {
            uint32_t which = known->numbers[i];
            if (e->singles.states[which] == SINGLE_TRACKED)
                know(e, next, which);
            else if (e->singles.states[which] == SINGLE_FADES)
                e->singles.states[which] = SINGLE_UNTRACKED;
        }
    }
}

uint64_t singles_frozen(const struct evaluation *e)
{
    const struct number_list *frozen = &e->singles.known[LEVEL_FROZEN];
    uint64_t count = 0;
    for (size_t i = 0; i < frozen->count; i++)
        count += is_there(e, frozen->numbers[i]);
    return count;
}
