/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The baseline's ops in blocks that can be jumped, and in regions of blocks. */
#include "index_private.h"

#include <string.h>

/* Free lists while a block is walked, in the baseline. */
struct lists {
    uint16_t held[GCS_LIST_CODES];
    struct list_jump jumps[GCS_LIST_CODES];
};

static void park(struct list_jump *jump, uint16_t capacity)
{
    jump->net++;
    jump->low = (uint16_t)(jump->low + (jump->low < capacity));
    jump->high = (uint16_t)(jump->high + (jump->high < capacity));
}

static void take(struct list_jump *jump)
{
    jump->net--;
    jump->low = (uint16_t)(jump->low - (jump->low > 0));
    jump->high = (uint16_t)(jump->high - (jump->high > 0));
}

static void jump_allocation(struct jump *jump, struct lists *lists, unsigned list)
{
    if (list) {
        take(&lists->jumps[list]);
        if (lists->held[list]) {
            lists->held[list]--;
            return;
        }
    }
    jump->net++;
    jump->floor++;
    if (jump->net > jump->top)
        jump->top = jump->net;
    if (jump->floor > jump->ceiling)
        jump->ceiling = jump->floor;
}

static void jump_free(struct jump *jump, struct lists *lists, unsigned list, uint16_t capacity)
{
    if (list) {
        park(&lists->jumps[list], capacity);
        if (lists->held[list] < capacity) {
            lists->held[list]++;
            return;
        }
    }
    jump->net--;
    if (jump->floor)
        jump->floor--;
}

static void jump_op(const struct gcs_index *index, size_t op, struct jump *jump,
                    struct lists *lists)
{
    const struct tally *tally = &index->tallies[code_of_op(&index->baseline, op)];
    if (tally->change > 0)
        jump_allocation(jump, lists, tally->list);
    else if (tally->change < 0)
        jump_free(jump, lists, tally->list, tally->capacity);
}

static const struct jump no_jump = {.top = NO_ALLOCATION, .ceiling = NO_ALLOCATION};

static int32_t greater(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

/* `a`, then `b`. */
static struct jump both(const struct jump *a, const struct jump *b)
{
    return (struct jump){
        .net = a->net + b->net,
        .floor = greater(a->floor + b->net, b->floor),
        .top = greater(a->top, a->net + b->top),
        .ceiling = greater(greater(a->ceiling, a->floor + b->top), b->ceiling),
    };
}

static struct list_jump both_lists(const struct list_jump *a, const struct list_jump *b)
{
    return (struct list_jump){
        .net = (int16_t)(a->net + b->net),
        .low = list_after(b, a->low),
        .high = list_after(b, a->high),
        .start = a->start,
    };
}

/* What a born or freed object of the kind changes by. */
static void step_object(const struct gcs_object_kind *kind, bool is_short, uint32_t sign,
                        struct point *step)
{
    const uint32_t sums[TRACKED_SUMS] = {sign, sign * kind->references, sign * kind->bytes};
    if (!kind->late || sign != 1) { /* else it was allocated before */
        step->bytes = sign * kind->bytes;
        step->objects = sign;
        step->extras = kind->extra;
    }
    if (!kind->tracked || kind->single)
        return;
    if (!kind->atoms)
        memcpy(step->tracked, sums, sizeof sums);
    if (is_short)
        memcpy(kind->atoms ? step->fleeting : step->shorts, sums, sizeof sums);
    else if (sign == 1)
        memcpy(kind->atoms ? step->begun_fading : step->begun, sums, sizeof sums);
}

static struct point step_of(const struct gcs_object_kind *kind, enum gcs_form form)
{
    struct point step = {0};
    bool born = form < GCS_FORM_FREED;
    if (kind->passing)
        return (struct point){.moments = born};
    step_object(kind, form == GCS_FORM_BORN_SHORT || form == GCS_FORM_FREED_SHORT,
                born ? 1 : UINT32_MAX, &step);
    step.moments = step.allocations = born && !kind->late && !kind->hidden;
    return step;
}

static struct tally tally_of(const struct gcs_baseline *baseline,
                             const struct gcs_object_kind *kind, enum gcs_form form)
{
    bool born = form < GCS_FORM_FREED;
    if (!kind->gc || (born && kind->late))
        return (struct tally){0};
    return (struct tally){(int8_t)(born ? 1 : -1), kind->list,
                          baseline->list_capacity[kind->list]};
}

/* What ops of each code do. */
static void make_steps(struct gcs_index *index)
{
    const struct gcs_baseline *baseline = &index->baseline;
    static const struct point none[1 << GCS_FORM_BITS] = {
        [GCS_DO_MOMENT] = {.moments = 1},
        [GCS_DO_RESIZE] = {.moments = 1, .extras = 1},
        [GCS_DO_WORK] = {.moments = 1, .works = 1},
        [GCS_DO_END] = {.moments = 1},
    };
    memcpy(index->steps, none, sizeof none); /* kind 0 is no object's */
    memset(index->tallies, 0, sizeof *index->tallies << GCS_FORM_BITS);
    for (size_t code = 1 << GCS_FORM_BITS; code < baseline->kind_count << GCS_FORM_BITS;
         code++) {
        const struct gcs_object_kind *kind = &baseline->kinds[code >> GCS_FORM_BITS];
        enum gcs_form form = code & GCS_FORM_MASK;
        index->steps[code] = step_of(kind, form);
        index->tallies[code] = tally_of(baseline, kind, form);
    }
}

/* The event of a moment that is far behind the moment before. */
static uint32_t far_event(const struct gcs_baseline *baseline, uint32_t op)
{
    size_t place = first_from(baseline->far, sizeof *baseline->far, 0, baseline->far_count, op);
    return baseline->far[place].event;
}

static inline bool is_freed(unsigned code)
{
    return code > GCS_FORM_MASK && (code & GCS_FORM_MASK) >= GCS_FORM_FREED;
}

static inline uint32_t event_behind(const struct gcs_baseline *baseline, uint32_t op,
                                    const struct point *step, uint32_t event)
{
    uint8_t events = baseline->aux[op];
    return events == GCS_FAR ? far_event(baseline, op) : event + (events & (0 - step->moments));
}

/* Figures that need a look at the op are kept apart from the others, which stay in vector
 * registers. */
static inline void points_pass_as(const struct gcs_index *index, bool narrow, uint32_t from,
                                  uint32_t to, struct point *passed, struct high *most)
{
    const struct gcs_baseline *baseline = &index->baseline;
    struct point point = *passed;
    uint32_t bytes = point.bytes, objects = point.objects, event = point.event;
    const uint32_t *extras = baseline->extras + point.extras;
    for (uint32_t op = from; op < to; op++) {
        const unsigned code = code_as(baseline, narrow, op);
        const struct point *step = &index->steps[code];
        for (unsigned figure = 0; figure < POINT_FIGURES; figure++)
            point.figures[figure] += step->figures[figure];
        bytes += step->bytes;
        if (step->extras)
            bytes += is_freed(code) ? 0 - *extras++ : *extras++;
        objects += step->objects;
        event = event_behind(baseline, op, step, event);
        raise_high(most, bytes, objects);
    }
    *passed = point;
    passed->bytes = bytes;
    passed->event = event;
}

void points_pass(const struct gcs_index *index, uint32_t from, uint32_t to,
                 struct point *passed, struct high *most)
{
    if (index->baseline.narrow)
        points_pass_as(index, true, from, to, passed, most);
    else
        points_pass_as(index, false, from, to, passed, most);
}

static enum gcs_status make_room(struct gcs_index *index, struct gcs_error *error)
{
    struct gcs_memory *memory = index->memory;
    size_t codes = index->baseline.list_count;
    size_t blocks = (index->baseline.op_count + BLOCK_OPS - 1) / BLOCK_OPS;
    size_t regions = (blocks + BLOCK_BLOCKS - 1) / BLOCK_BLOCKS;
    size_t forms = index->baseline.kind_count << GCS_FORM_BITS;
    index->block_count = blocks;
    index->region_count = regions;
    GCS_TRY(GCS_GROW(memory, &index->blocks, &index->block_capacity, blocks, error));
    GCS_TRY(GCS_GROW(memory, &index->points, &index->point_capacity, blocks + 1, error));
    GCS_TRY(GCS_GROW(memory, &index->stop_points, &index->stop_point_capacity,
                     index->baseline.stop_count, error));
    GCS_TRY(GCS_GROW(memory, &index->steps, &index->step_capacity, forms, error));
    GCS_TRY(GCS_GROW(memory, &index->tallies, &index->tally_capacity, forms, error));
    GCS_TRY(GCS_GROW(memory, &index->highs, &index->high_capacity, blocks, error));
    GCS_TRY(GCS_GROW(memory, &index->block_lists, &index->block_list_capacity,
                     (blocks + 1) * codes, error));
    GCS_TRY(GCS_GROW(memory, &index->regions, &index->region_capacity, regions, error));
    GCS_TRY(
        GCS_GROW(memory, &index->region_highs, &index->region_high_capacity, regions, error));
    return GCS_GROW(memory, &index->region_lists, &index->region_list_capacity, regions * codes,
                    error);
}

static struct stop_point stop_point_of(const struct gcs_baseline *baseline,
                                       const struct point *point)
{
    static const struct gcs_work_moment none;
    return (struct stop_point){
        .done = point->works ? baseline->works[point->works - 1] : none,
        .bytes = point->bytes,
        .works = point->works,
    };
}

static void make_block(struct gcs_index *index, size_t block, struct lists *lists, size_t *stop,
                       struct point *point)
{
    const struct gcs_baseline *baseline = &index->baseline;
    size_t from = block * BLOCK_OPS, codes = baseline->list_count;
    size_t to = from + BLOCK_OPS < baseline->op_count ? from + BLOCK_OPS : baseline->op_count;
    struct list_jump *of = index->block_lists + block * codes;
    struct jump jump = no_jump;
    struct high high = {0, 0};
    for (size_t list = 0; list < codes; list++)
        lists->jumps[list] = (struct list_jump){.start = lists->held[list],
                                                .high = baseline->list_capacity[list]};
    index->points[block] = *point;
    for (size_t op = from; op < to; op++)
        jump_op(index, op, &jump, lists);
    for (; *stop < baseline->stop_count && baseline->stops[*stop].op < to; ++*stop) {
        size_t behind = baseline->stops[*stop].op + 1;
        points_pass(index, (uint32_t)from, (uint32_t)behind, point, &high);
        index->stop_points[*stop] = stop_point_of(baseline, point);
        from = behind;
    }
    points_pass(index, (uint32_t)from, (uint32_t)to, point, &high);
    memcpy(of, lists->jumps, codes * sizeof *of);
    index->blocks[block] = jump;
    index->highs[block] = high;
}

static void make_region(struct gcs_index *index, size_t region)
{
    size_t codes = index->baseline.list_count, from = region * BLOCK_BLOCKS;
    struct list_jump *of = index->region_lists + region * codes;
    struct jump jump = index->blocks[from];
    struct high high = index->highs[from];
    memcpy(of, index->block_lists + from * codes, codes * sizeof *of);
    for (size_t block = from + 1; block < from + BLOCK_BLOCKS && block < index->block_count;
         block++) {
        jump = both(&jump, &index->blocks[block]);
        raise_high(&high, index->highs[block].bytes, index->highs[block].objects);
        for (size_t list = 0; list < codes; list++)
            of[list] = both_lists(&of[list], &index->block_lists[block * codes + list]);
    }
    index->regions[region] = jump;
    index->region_highs[region] = high;
}

enum gcs_status index_make_blocks(struct gcs_index *index, struct gcs_error *error)
{
    struct lists lists = {0};
    struct point point = {0};
    size_t stop = 0;
    size_t codes = index->baseline.list_count;
    GCS_TRY(make_room(index, error));
    make_steps(index);
    for (size_t block = 0; block < index->block_count; block++)
        make_block(index, block, &lists, &stop, &point);
    index->points[index->block_count] = point;
    struct list_jump *end = index->block_lists + index->block_count * codes;
    for (size_t list = 0; list < codes; list++)
        end[list] = (struct list_jump){.start = lists.held[list]};
    for (size_t region = 0; region < index->region_count; region++)
        make_region(index, region);
    return GCS_OK;
}
