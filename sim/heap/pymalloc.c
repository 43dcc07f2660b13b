/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * pymalloc: which of the process's memory stays taken when objects go (CPython, obmalloc.c).
 *
 *   arena 256 KiB (1 MiB from 3.10)  ⊃  64 pools of 4 KiB (16 KiB)  ⊃  blocks of one size class
 *
 * A block comes from the pool of its class that had a free one last; else from a free pool of
 * the usable arena with the fewest of them, so that nearly empty arenas have a chance to drain;
 * else from a new arena. A pool whose last block goes is its arena's again and may change its
 * class; an arena goes back to the system when all its pools are free, and not before. Above
 * 512 bytes blocks are malloc's, and counted as if malloc gave them back at once.
 *
 * All blocks of a pool are equal as far as pools and arenas go, so a block is known by its
 * pool: a number, four a row. Which of a pool's blocks is handed out is left open.
 *
 * Shells on free lists keep their blocks. A few things of the interpreter's own are left out:
 * free lists of floats, and what it needed to start.
 */
#include "heap_private.h"

#include <stdlib.h>
#include <string.h>

enum {
    SMALL_REQUEST_MAX = 512,
    POOL_HEADER = 48,
    CLASSES = SMALL_REQUEST_MAX / 8,
    POOLS = 64, /* at most, an arena */
    PAYLOAD = GCS_BLOCKS_MAX,
    PLACES,      /* of a row: its blocks, then its payload */
    NOWHERE = 0, /* pool 0, arena 0 */
};
#define MALLOC UINT32_MAX /* in place of a pool: malloc's */

/* Tables of small dicts have a free list too. */
enum { SMALL_TABLE_KEYS = 5, TABLES_MAX = 80 };
enum { TABLES = ZOMBIES + 1, PARKED_LISTS };

struct pool {
    uint32_t next; /* of its class with free blocks; of its arena's free ones */
    uint32_t prev;
    uint16_t used;
    uint8_t class;
};

/* Usable arenas, those with a free pool, are linked by the number of these, the fewest first.
 */
struct arena {
    uint32_t next;
    uint32_t prev;
    uint32_t free_pools; /* once used: linked, last freed first */
    uint16_t free_count; /* with those never used */
    uint16_t carved;     /* pools ever used */
};

struct pymalloc {
    uint32_t pool_bytes;
    uint32_t arena_bytes;
    unsigned pools_an_arena;
    bool keeps_last; /* the last usable arena stays although it is free */

    struct pool *pools; /* POOLS an arena */
    size_t pool_capacity;
    struct arena *arenas;
    size_t arena_capacity;
    uint32_t arena_count; /* places in `arenas` ever in use, 0 included */
    uint32_t unused;      /* arenas that went back, linked by next */
    uint32_t usable;
    uint32_t last_with[POOLS + 1]; /* the last usable arena with so many free pools */
    uint32_t partly[CLASSES];      /* pools with free and with used blocks, by class */

    uint32_t (*places)[PLACES]; /* by row: pools, or MALLOC, or NOWHERE */
    size_t place_capacity;
    uint64_t passing; /* malloc's bytes in the places of rows before FIRST_ROW */

    uint32_t *parked; /* the blocks of shells, list by list, last parked last */
    size_t parked_capacity;
    size_t parked_first[PARKED_LISTS];
    uint16_t parked_count[PARKED_LISTS];
};

static unsigned class_of(const struct gcs_heap *heap, uint64_t bytes)
{
    return (unsigned)((bytes - 1) / heap->rules->alignment);
}

static unsigned pool_room(const struct gcs_heap *heap, unsigned class)
{
    unsigned bytes = (class + 1) * heap->rules->alignment;
    return (heap->pymalloc->pool_bytes - POOL_HEADER) / bytes;
}

/* More or less of the process's memory. */
static void footprint(struct gcs_heap *heap, uint64_t more, uint64_t less)
{
    struct gcs_totals *totals = &heap->totals;
    totals->footprint_bytes += more - less;
    if (totals->footprint_bytes > totals->peak_footprint_bytes)
        totals->peak_footprint_bytes = totals->footprint_bytes;
}

/*
 * Arenas
 */
static void unlink_arena(struct pymalloc *p, uint32_t at)
{
    struct arena *arena = &p->arenas[at];
    if (arena->prev)
        p->arenas[arena->prev].next = arena->next;
    else
        p->usable = arena->next;
    if (arena->next)
        p->arenas[arena->next].prev = arena->prev;
}

/* Behind `before`, or in front of all. */
static void link_arena(struct pymalloc *p, uint32_t at, uint32_t before)
{
    struct arena *arena = &p->arenas[at];
    arena->prev = before;
    arena->next = before ? p->arenas[before].next : p->usable;
    if (before)
        p->arenas[before].next = at;
    else
        p->usable = at;
    if (arena->next)
        p->arenas[arena->next].prev = at;
}

/* None is usable: a new one. pymalloc_reserve has seen to its place. */
static void new_arena(struct gcs_heap *heap)
{
    struct pymalloc *p = heap->pymalloc;
    uint32_t at = p->unused;
    if (at) {
        p->unused = p->arenas[at].next;
    } else {
        GCS_REQUIRE(p->arena_count < p->arena_capacity);
        at = p->arena_count++;
    }
    p->arenas[at] = (struct arena){.free_count = (uint16_t)p->pools_an_arena};
    p->last_with[p->pools_an_arena] = at;
    link_arena(p, at, NOWHERE);
    footprint(heap, p->arena_bytes, 0);
}

/* A pool of the first usable arena. */
static uint32_t take_pool(struct gcs_heap *heap)
{
    struct pymalloc *p = heap->pymalloc;
    if (!p->usable)
        new_arena(heap);
    uint32_t at = p->usable;
    struct arena *arena = &p->arenas[at];
    if (p->last_with[arena->free_count] == at)
        p->last_with[arena->free_count] = NOWHERE;
    arena->free_count--;
    uint32_t pool = arena->free_pools;
    if (pool)
        arena->free_pools = p->pools[pool].next;
    else
        pool = at * POOLS + arena->carved++;
    if (arena->free_count)
        p->last_with[arena->free_count] = at;
    else
        unlink_arena(p, at);
    return pool;
}

static void free_arena(struct gcs_heap *heap, uint32_t at)
{
    struct pymalloc *p = heap->pymalloc;
    unlink_arena(p, at);
    p->arenas[at].next = p->unused;
    p->unused = at;
    footprint(heap, 0, p->arena_bytes);
}

/* The pool is its arena's again, which moves behind those with fewer free pools. */
static void give_pool_back(struct gcs_heap *heap, uint32_t pool)
{
    struct pymalloc *p = heap->pymalloc;
    uint32_t at = pool / POOLS;
    struct arena *arena = &p->arenas[at];
    p->pools[pool].next = arena->free_pools;
    arena->free_pools = pool;
    unsigned before = arena->free_count++, now = before + 1;
    uint32_t last = p->last_with[before];
    if (before == 0) { /* it was full, and is usable again */
        link_arena(p, at, NOWHERE);
        if (!p->last_with[1])
            p->last_with[1] = at;
        return;
    }
    if (last == at) {
        bool another = arena->prev && p->arenas[arena->prev].free_count == before;
        p->last_with[before] = another ? arena->prev : NOWHERE;
    }
    if (now == p->pools_an_arena && (arena->next || !p->keeps_last)) {
        free_arena(heap, at);
        return;
    }
    if (!p->last_with[now])
        p->last_with[now] = at;
    if (last != at) {
        unlink_arena(p, at);
        link_arena(p, at, last);
    }
}

/*
 * Pools and blocks
 */
static void link_pool(struct pymalloc *p, uint32_t at)
{
    struct pool *pool = &p->pools[at];
    uint32_t *first = &p->partly[pool->class];
    pool->prev = NOWHERE;
    pool->next = *first;
    if (*first)
        p->pools[*first].prev = at;
    *first = at;
}

static void unlink_pool(struct pymalloc *p, uint32_t at)
{
    struct pool *pool = &p->pools[at];
    if (pool->prev)
        p->pools[pool->prev].next = pool->next;
    else
        p->partly[pool->class] = pool->next;
    if (pool->next)
        p->pools[pool->next].prev = pool->prev;
}

static uint32_t take_block(struct gcs_heap *heap, uint64_t bytes)
{
    struct pymalloc *p = heap->pymalloc;
    if (bytes == 0)
        return NOWHERE;
    if (bytes > SMALL_REQUEST_MAX) {
        footprint(heap, gcs_taken_bytes(heap->rules, bytes), 0);
        return MALLOC;
    }
    unsigned class = class_of(heap, bytes);
    uint32_t at = p->partly[class];
    if (!at) {
        at = take_pool(heap);
        p->pools[at] = (struct pool){.class = (uint8_t) class};
        link_pool(p, at);
    }
    if (++p->pools[at].used == pool_room(heap, class))
        unlink_pool(p, at);
    return at;
}

/* `taken`: malloc's, rounded. */
static void give_block_back(struct gcs_heap *heap, uint32_t at, uint64_t taken)
{
    struct pymalloc *p = heap->pymalloc;
    if (at == NOWHERE)
        return;
    if (at == MALLOC) {
        footprint(heap, 0, taken);
        return;
    }
    struct pool *pool = &p->pools[at];
    if (pool->used-- == pool_room(heap, pool->class))
        link_pool(p, at); /* in front */
    if (pool->used == 0) {
        unlink_pool(p, at);
        give_pool_back(heap, at);
    }
}

/*
 * Objects
 */
static void park(struct pymalloc *p, unsigned list, uint32_t place)
{
    p->parked[p->parked_first[list] + p->parked_count[list]++] = place;
}

static uint32_t unpark(struct pymalloc *p, unsigned list)
{
    return p->parked[p->parked_first[list] + --p->parked_count[list]];
}

/* A shell's block. One of malloc's, which only a type that states its bytes can have, does not
 * stay: its size is not known any more. */
static void park_shell(struct gcs_heap *heap, unsigned list, uint32_t place, uint64_t taken)
{
    if (place == MALLOC) {
        give_block_back(heap, place, taken);
        place = NOWHERE;
    }
    park(heap->pymalloc, list, place);
}

static uint32_t take_shell(struct gcs_heap *heap, unsigned list, uint64_t bytes)
{
    uint32_t place = unpark(heap->pymalloc, list);
    return place == NOWHERE ? take_block(heap, bytes) : place;
}

/* A small dict's table, for which there is a free list. */
static bool is_small_table(const struct shape *shape, uint32_t slots, unsigned block)
{
    return block == 1 && shape->kind == GCS_KIND_DICT && slots <= SMALL_TABLE_KEYS &&
           !shape->type->dict;
}

static uint32_t slots_counted(const struct shape *shape, uint32_t slots)
{
    return shape->companion ? shape->slots : slots;
}

void pymalloc_take(struct gcs_heap *heap, gcs_row row, const struct shape *shape,
                   uint32_t slots, int list)
{
    struct pymalloc *p = heap->pymalloc;
    uint32_t *places = p->places[row];
    struct gcs_blocks blocks;
    gcs_object_blocks(heap->rules, shape->type, slots_counted(shape, slots), &blocks);
    memset(places, 0, sizeof *p->places);
    for (unsigned i = 0; i < blocks.count; i++)
        if (i == 0 && list != NO_FREE_LIST)
            places[i] = take_shell(heap, (unsigned)list, blocks.bytes[i]);
        else if (is_small_table(shape, slots, i) && p->parked_count[TABLES])
            places[i] = unpark(p, TABLES);
        else
            places[i] = take_block(heap, blocks.bytes[i]);
    if (row < FIRST_ROW && places[0] == MALLOC)
        p->passing += gcs_taken_bytes(heap->rules, blocks.bytes[0]);
}

/* The shell goes last. */
void pymalloc_give_back(struct gcs_heap *heap, gcs_row row, const struct shape *shape,
                        uint32_t slots, int list)
{
    struct pymalloc *p = heap->pymalloc;
    uint32_t *places = p->places[row];
    struct gcs_blocks blocks;
    gcs_object_blocks(heap->rules, shape->type, slots_counted(shape, slots), &blocks);
    if (row < FIRST_ROW && places[0] == MALLOC)
        p->passing -= gcs_taken_bytes(heap->rules, blocks.bytes[0]);
    give_block_back(heap, places[PAYLOAD], row_extra(heap, row));
    for (unsigned i = blocks.count; i-- > 0;) {
        uint64_t taken = gcs_taken_bytes(heap->rules, blocks.bytes[i]);
        if (i == 0 && list != NO_FREE_LIST)
            park_shell(heap, (unsigned)list, places[i], taken);
        else if (is_small_table(shape, slots, i) && p->parked_count[TABLES] < TABLES_MAX)
            park(p, TABLES, places[i]);
        else
            give_block_back(heap, places[i], taken);
    }
    memset(places, 0, sizeof *p->places);
}

/* As realloc does: in place if the block is large enough and a quarter of it at most is left
 * over; what is malloc's stays so. */
void pymalloc_resize(struct gcs_heap *heap, gcs_row row, uint64_t taken_before, uint64_t bytes)
{
    struct pymalloc *p = heap->pymalloc;
    uint32_t before = p->places[row][PAYLOAD];
    if (before == MALLOC && bytes) {
        footprint(heap, gcs_taken_bytes(heap->rules, bytes), taken_before);
        return;
    }
    if (before != NOWHERE && before != MALLOC) {
        uint64_t room = (p->pools[before].class + 1u) * (uint64_t)heap->rules->alignment;
        if (bytes <= room && 4 * bytes > 3 * room)
            return;
    }
    p->places[row][PAYLOAD] = take_block(heap, bytes);
    give_block_back(heap, before, taken_before);
}

void pymalloc_empty(struct gcs_heap *heap, unsigned list)
{
    struct pymalloc *p = heap->pymalloc;
    while (p->parked_count[list])
        give_block_back(heap, unpark(p, list), 0);
    if (list == GCS_FREE_LIST_DICT)
        while (p->parked_count[TABLES])
            give_block_back(heap, unpark(p, TABLES), 0);
}

/*
 * The whole
 */
static unsigned parked_capacity(const struct gcs_heap *heap, unsigned list)
{
    if (list == TABLES)
        return TABLES_MAX;
    if (list == ZOMBIES)
        return (unsigned)heap->shape_count;
    return list_capacity(heap->rules, list);
}

static enum gcs_status make_arrays(struct gcs_heap *heap, struct pymalloc *p,
                                   struct gcs_error *error)
{
    size_t parked = 0;
    for (unsigned list = 0; list < PARKED_LISTS; list++) {
        p->parked_first[list] = parked;
        parked += parked_capacity(heap, list);
    }
    GCS_TRY(GCS_GROW(heap->memory, &p->parked, &p->parked_capacity, parked, error));
    GCS_TRY(pymalloc_reserve(heap, error));
    memset(p->places, 0, sizeof *p->places * FIRST_ROW);
    return GCS_OK;
}

enum gcs_status gcs_heap_use_pymalloc(struct gcs_heap *heap, struct gcs_error *error)
{
    bool large = heap->rules->minor >= 10;
    GCS_REQUIRE(heap->totals.allocated_objects == 0 && !heap->pymalloc);
    if (heap->rules->mimalloc)
        return gcs_fail(error, GCS_INVALID,
                        "this version takes its objects from mimalloc, not from pymalloc");
    struct pymalloc *p = calloc(1, sizeof *p);
    if (!p)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    heap->pymalloc = p;
    p->pool_bytes = large ? 16 << 10 : 4 << 10;
    p->arena_bytes = large ? 1 << 20 : 256 << 10;
    /* mmap aligns to pages, so three large arenas in four begin within a pool, which is lost.
     */
    p->pools_an_arena = large ? POOLS - 1 : POOLS;
    p->keeps_last = heap->rules->minor >= 9;
    p->arena_count = 1;
    heap->totals.footprint_bytes = heap->totals.peak_footprint_bytes = 0;
    return make_arrays(heap, p, error);
}

/* Before an event that takes blocks: room for two rows, and for an arena more, whose pools are
 * many more than one event can need. Deaths make tuples of callbacks and give them back at
 * once, or park them, one a length at most: that fits in too. */
enum gcs_status pymalloc_reserve(struct gcs_heap *heap, struct gcs_error *error)
{
    struct pymalloc *p = heap->pymalloc;
    size_t arenas = (size_t)p->arena_count + 1;
    if (arenas * POOLS > UINT32_MAX)
        return gcs_fail(error, GCS_LIMIT, "more than 67,108,862 arenas at a time");
    GCS_TRY(GCS_GROW(heap->memory, &p->places, &p->place_capacity, heap->row_count + 2, error));
    GCS_TRY(GCS_GROW(heap->memory, &p->pools, &p->pool_capacity, arenas * POOLS, error));
    return GCS_GROW(heap->memory, &p->arenas, &p->arena_capacity, arenas, error);
}

void pymalloc_free(struct gcs_heap *heap)
{
    struct pymalloc *p = heap->pymalloc;
    if (!p)
        return;
    gcs_memory_free(heap->memory, p->places, p->place_capacity, sizeof *p->places);
    gcs_memory_free(heap->memory, p->pools, p->pool_capacity, sizeof *p->pools);
    gcs_memory_free(heap->memory, p->arenas, p->arena_capacity, sizeof *p->arenas);
    gcs_memory_free(heap->memory, p->parked, p->parked_capacity, sizeof *p->parked);
    free(p);
    heap->pymalloc = NULL;
}

/* Adds up one object's blocks: those of pools in `used`, malloc's in the result. */
static uint64_t count_blocks(const struct gcs_heap *heap, gcs_row row, uint32_t *used)
{
    const uint32_t *places = heap->pymalloc->places[row];
    const struct shape *shape = shape_of(heap, row);
    struct gcs_blocks blocks;
    uint32_t slots;
    uint64_t large = places[PAYLOAD] == MALLOC ? row_extra(heap, row) : 0;
    slots_of(heap, row, &slots);
    gcs_object_blocks(heap->rules, shape->type, slots_counted(shape, slots), &blocks);
    for (unsigned i = 0; i < PLACES; i++)
        if (places[i] != MALLOC)
            used[places[i]]++;
        else if (i < blocks.count)
            large += gcs_taken_bytes(heap->rules, blocks.bytes[i]);
    return large;
}

static const char *count_places(const struct gcs_heap *heap, uint32_t *used)
{
    const struct pymalloc *p = heap->pymalloc;
    uint64_t bytes = p->passing;
    for (gcs_row row = NOBODY; row < FIRST_ROW; row++)
        if (p->places[row][0] != MALLOC)
            used[p->places[row][0]]++;
    for (uint32_t at = 1; at < p->arena_count; at++)
        bytes += p->arena_bytes;
    for (uint32_t at = p->unused; at; at = p->arenas[at].next)
        bytes -= p->arena_bytes;
    for (gcs_row row = FIRST_ROW; row < heap->row_count; row++)
        if (heap->rows[row].refs || has(heap, row, DYING))
            bytes += count_blocks(heap, row, used);
    for (unsigned list = 0; list < PARKED_LISTS; list++)
        for (unsigned i = 0; i < p->parked_count[list]; i++)
            used[p->parked[p->parked_first[list] + i]]++;
    return bytes == heap->totals.footprint_bytes ? NULL : "H6: the footprint does not add up";
}

/* Pools of usable arenas are counted off: what is in `used` is theirs, their order is right. */
static const char *check_arenas(const struct gcs_heap *heap)
{
    const struct pymalloc *p = heap->pymalloc;
    unsigned before = 0;
    for (uint32_t at = p->usable; at; at = p->arenas[at].next) {
        const struct arena *arena = &p->arenas[at];
        unsigned free_pools = p->pools_an_arena - arena->carved;
        for (uint32_t pool = arena->free_pools; pool; pool = p->pools[pool].next)
            free_pools++;
        if (free_pools != arena->free_count || free_pools < before || free_pools == 0)
            return "H6: an arena is in the wrong place, or miscounts its free pools";
        bool last = !arena->next || p->arenas[arena->next].free_count != free_pools;
        if (last != (p->last_with[free_pools] == at))
            return "H6: not the last arena with so many free pools";
        before = free_pools;
    }
    return NULL;
}

static const char *check_pools(const struct gcs_heap *heap, const uint32_t *used)
{
    const struct pymalloc *p = heap->pymalloc;
    for (uint32_t at = 1; at < p->arena_count; at++)
        for (uint32_t i = 0; i < p->arenas[at].carved; i++) {
            const struct pool *pool = &p->pools[at * POOLS + i];
            if (pool->used != used[at * POOLS + i])
                return "H6: a pool miscounts its blocks";
        }
    for (unsigned class = 0; class < CLASSES; class ++)
        for (uint32_t at = p->partly[class]; at; at = p->pools[at].next)
            if (p->pools[at].used == 0 || p->pools[at].used >= pool_room(heap, class))
                return "H6: a pool without free blocks is offered";
    return check_arenas(heap);
}

const char *pymalloc_check(const struct gcs_heap *heap)
{
    if (!heap->pymalloc)
        return NULL;
    uint32_t *used = calloc(heap->pymalloc->pool_capacity, sizeof *used);
    if (!used)
        return "out of memory";
    const char *why = count_places(heap, used);
    if (!why)
        why = check_pools(heap, used);
    free(used);
    return why;
}
