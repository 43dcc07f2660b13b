/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The event queue: an implicit binary heap of 16-byte entries. Nothing is ever cancelled. */
#include "workload_private.h"

static bool before(struct entry a, struct entry b)
{
    return a.time < b.time || (a.time == b.time && a.order < b.order);
}

enum gcs_status gcs_queue_push(struct queue *queue, struct gcs_memory *memory, uint64_t time,
                               uint32_t what, struct gcs_error *error)
{
    if (queue->order == UINT32_MAX)
        return gcs_fail(error, GCS_LIMIT, "more than %u events are scheduled", UINT32_MAX);
    GCS_TRY(GCS_GROW(memory, &queue->entries, &queue->capacity, queue->count + 1, error));
    struct entry entry = {time, queue->order++, what};
    size_t hole = queue->count++;
    while (hole && before(entry, queue->entries[(hole - 1) / 2])) {
        queue->entries[hole] = queue->entries[(hole - 1) / 2];
        hole = (hole - 1) / 2;
    }
    queue->entries[hole] = entry;
    return GCS_OK;
}

struct entry gcs_queue_first(const struct queue *queue)
{
    return queue->count ? queue->entries[0] : (struct entry){.time = UINT64_MAX};
}

void gcs_queue_pop(struct queue *queue)
{
    GCS_ASSERT(queue->count > 0);
    struct entry moved = queue->entries[--queue->count];
    size_t hole = 0;
    for (size_t child = 1; child < queue->count; child = 2 * hole + 1) {
        if (child + 1 < queue->count &&
            before(queue->entries[child + 1], queue->entries[child]))
            child++;
        if (!before(queue->entries[child], moved))
            break;
        queue->entries[hole] = queue->entries[child];
        hole = child;
    }
    queue->entries[hole] = moved;
}
