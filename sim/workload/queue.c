/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The event queue: a radix heap. Nothing is ever scheduled before what was taken last, nor
 * cancelled. An entry lies in a bucket by the highest hexadecimal digit in which its time
 * differs from the last one taken, and by that digit; so buckets are in order of time, and when
 * the first is opened its entries move to lower digits only, each at most once a digit. Entries
 * of one time are always in one bucket, in order of scheduling.
 */
#include "workload_private.h"

static unsigned highest_bit(uint64_t bits)
{
    return 63 - (unsigned)__builtin_clzll(bits);
}

static enum gcs_status append(struct queue *queue, struct gcs_memory *memory,
                              struct entry entry, struct gcs_error *error)
{
    uint64_t differs = entry.time ^ queue->last;
    unsigned level = differs ? highest_bit(differs) / QUEUE_DIGIT_BITS + 1 : 0;
    unsigned digit =
        level ? (unsigned)(entry.time >> (level - 1) * QUEUE_DIGIT_BITS) & (QUEUE_DIGITS - 1)
              : 0;
    struct bucket *bucket = &queue->buckets[level][digit];
    GCS_TRY(GCS_GROW(memory, &bucket->entries, &bucket->capacity, bucket->count + 1, error));
    if (!bucket->count || entry.time < bucket->first)
        bucket->first = entry.time;
    bucket->entries[bucket->count++] = entry;
    queue->digits[level] |= (uint16_t)(1u << digit);
    queue->levels |= 1u << level;
    return GCS_OK;
}

/* A heap is larger than a core's cache. What is due within some hundred units of time comes. */
static void fetch_rows(const struct queue *queue, const struct bucket *bucket, unsigned level)
{
    enum { NEAR = 3 };
    for (size_t i = 0; queue->rows && level <= NEAR && i < bucket->count; i++)
        gcs_fetch(&(*queue->rows)[bucket->entries[i].what]);
}

/* The bucket that holds the first entry; there is one. */
static struct bucket *first_bucket(struct queue *queue, unsigned *level, unsigned *digit)
{
    *level = (unsigned)__builtin_ctz(queue->levels);
    *digit = (unsigned)__builtin_ctz(queue->digits[*level]);
    return &queue->buckets[*level][*digit];
}

static void close_bucket(struct queue *queue, unsigned level, unsigned digit)
{
    struct bucket *bucket = &queue->buckets[level][digit];
    bucket->count = bucket->taken = 0;
    queue->digits[level] &= (uint16_t) ~(1u << digit);
    if (!queue->digits[level])
        queue->levels &= ~(1u << level);
}

enum gcs_status gcs_queue_push(struct queue *queue, struct gcs_memory *memory, uint64_t time,
                               uint32_t what, struct gcs_error *error)
{
    GCS_ASSERT(time >= queue->last);
    GCS_TRY(append(queue, memory, (struct entry){time, what}, error));
    queue->count++;
    if (time < queue->first)
        queue->first = time;
    return GCS_OK;
}

enum gcs_status gcs_queue_pop(struct queue *queue, struct gcs_memory *memory,
                              struct entry *entry, struct gcs_error *error)
{
    GCS_ASSERT(queue->count > 0);
    unsigned level, digit;
    struct bucket *bucket = first_bucket(queue, &level, &digit);
    if (level) {
        queue->last = bucket->first;
        fetch_rows(queue, bucket, level);
        for (size_t i = 0; i < bucket->count; i++)
            GCS_TRY(append(queue, memory, bucket->entries[i], error));
        close_bucket(queue, level, digit);
        bucket = first_bucket(queue, &level, &digit);
        GCS_ASSERT(level == 0);
    }
    *entry = bucket->entries[bucket->taken++];
    if (bucket->taken == bucket->count)
        close_bucket(queue, 0, 0);
    queue->first = --queue->count ? first_bucket(queue, &level, &digit)->first : UINT64_MAX;
    return GCS_OK;
}

void gcs_queue_clear(struct queue *queue)
{
    while (queue->levels) {
        unsigned level, digit;
        first_bucket(queue, &level, &digit);
        close_bucket(queue, level, digit);
    }
    queue->count = queue->last = 0;
    queue->first = UINT64_MAX;
}

void gcs_queue_init(struct queue *queue, struct holding *const *rows)
{
    *queue = (struct queue){.first = UINT64_MAX, .rows = rows};
}

void gcs_queue_fini(struct queue *queue, struct gcs_memory *memory)
{
    for (unsigned level = 0; level < QUEUE_LEVELS; level++)
        for (unsigned digit = 0; digit < QUEUE_DIGITS; digit++)
            gcs_memory_free(memory, queue->buckets[level][digit].entries,
                            queue->buckets[level][digit].capacity, sizeof(struct entry));
}
