/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Memory with a budget. Large arrays grow by realloc, which moves pages, not bytes. */
#include <gcsim/base.h>

#include <stdlib.h>
#include <string.h>

enum { CHUNK_BYTES = 64 << 10, ALIGN = 16 };

static bool exceeds(const struct gcs_memory *memory, size_t before, size_t after)
{
    return memory->limit && memory->used - before + after > memory->limit;
}

static enum gcs_status refuse(const struct gcs_memory *memory, struct gcs_error *error)
{
    return gcs_fail(error, GCS_LIMIT, "needs more than the %zu MiB allowed: raise --max-memory",
                    memory->limit >> 20);
}

static void count(struct gcs_memory *memory, size_t before, size_t after)
{
    memory->used += after - before;
    if (memory->used > memory->peak)
        memory->peak = memory->used;
}

enum gcs_status gcs_memory_grow(struct gcs_memory *memory, void **array, size_t *capacity,
                                size_t needed, size_t size, struct gcs_error *error)
{
    size_t before = *capacity * size;
    size_t wanted = *capacity < 32 ? 32 : *capacity * 2;
    if (wanted < needed)
        wanted = needed;
    if (wanted > SIZE_MAX / 2 / size)
        return gcs_fail(error, GCS_LIMIT, "%zu elements of %zu bytes do not fit in memory",
                        wanted, size);
    size_t after = wanted * size;
    if (exceeds(memory, before, after)) {
        wanted = needed; /* doubling is a courtesy, not a need */
        after = wanted * size;
        if (exceeds(memory, before, after))
            return refuse(memory, error);
    }
    void *grown = realloc(*array, after);
    if (!grown)
        return gcs_fail(error, GCS_NOMEM, "out of memory: %zu MiB more were refused",
                        (after - before) >> 20);
    *array = grown;
    *capacity = wanted;
    count(memory, before, after);
    return GCS_OK;
}

enum gcs_status gcs_memory_count(struct gcs_memory *memory, size_t before, size_t after,
                                 struct gcs_error *error)
{
    if (after > before && exceeds(memory, before, after))
        return refuse(memory, error);
    count(memory, before, after);
    return GCS_OK;
}

void gcs_memory_shrink(struct gcs_memory *memory, void **array, size_t *capacity, size_t count,
                       size_t size)
{
    if (count >= *capacity)
        return;
    void *less = count ? realloc(*array, count * size) : NULL;
    if (count && !less)
        return; /* it stays as it is */
    if (!count)
        free(*array);
    *array = less;
    memory->used -= (*capacity - count) * size;
    *capacity = count;
}

void gcs_memory_free(struct gcs_memory *memory, void *array, size_t capacity, size_t size)
{
    memory->used -= capacity * size;
    free(array);
}

struct gcs_arena_chunk {
    struct gcs_arena_chunk *next;
    size_t size;
    unsigned char *end; /* bytes are handed out from the end downwards */
};

void gcs_arena_init(struct gcs_arena *arena)
{
    *arena = (struct gcs_arena){0};
}

void gcs_arena_fini(struct gcs_arena *arena)
{
    while (arena->chunks) {
        struct gcs_arena_chunk *chunk = arena->chunks;
        arena->chunks = chunk->next;
        free(chunk);
    }
    arena->left = 0;
}

void *gcs_arena_push(struct gcs_arena *arena, size_t bytes)
{
    size_t rounded = (bytes + ALIGN - 1) / ALIGN * ALIGN;
    if (!arena->chunks || rounded > arena->left) {
        size_t room = rounded > CHUNK_BYTES ? rounded : CHUNK_BYTES;
        size_t head = (sizeof(struct gcs_arena_chunk) + ALIGN - 1) / ALIGN * ALIGN;
        struct gcs_arena_chunk *chunk = calloc(1, head + room);
        GCS_REQUIRE(chunk != NULL);
        chunk->next = arena->chunks;
        chunk->size = room;
        chunk->end = (unsigned char *)chunk + head + room;
        arena->chunks = chunk;
        arena->left = room;
    }
    arena->left -= rounded;
    arena->chunks->end -= rounded;
    return arena->chunks->end;
}

char *gcs_arena_string(struct gcs_arena *arena, const char *text, size_t length)
{
    char *copy = gcs_arena_push(arena, length + 1);
    memcpy(copy, text, length);
    return copy;
}
