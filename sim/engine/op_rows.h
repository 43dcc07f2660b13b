/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where an op stands in an array that is sorted by op. The first member of its elements is that
 * op. So that nobody searches all of it, a row for every 2,048 ops tells how many elements come
 * before those ops; there is one row more than ops need.
 */
#ifndef GCSIM_OP_ROWS_H
#define GCSIM_OP_ROWS_H

#include <stddef.h>
#include <stdint.h>

enum { ROW_BITS = 11 };

static inline uint32_t op_at(const void *array, size_t size, size_t place)
{
    return *(const uint32_t *)((const char *)array + place * size);
}

/* The first place in [low, high) whose op is `op` or later. */
static inline size_t first_from(const void *array, size_t size, size_t low, size_t high,
                                uint32_t op)
{
    size_t count = high - low;
    while (count > 1) { /* whether the half is skipped cannot be foretold: no branch */
        size_t half = count / 2;
        low += op_at(array, size, low + half - 1) < op ? half : 0;
        count -= half;
    }
    return low + (count == 1 && op_at(array, size, low) < op);
}

/* Ops of one row, as places in it. */
static inline uint16_t place_in_row(uint32_t op)
{
    return op & ((1u << ROW_BITS) - 1);
}

/* The first of [low, high), which are of one row, that is there or later. */
static inline size_t first_in_row(const uint16_t *at, size_t low, size_t high, uint16_t place)
{
    size_t count = high - low;
    while (count > 1) {
        size_t half = count / 2;
        low += at[low + half - 1] < place ? half : 0;
        count -= half;
    }
    return low + (count == 1 && at[low] < place);
}

static inline size_t rows_for(uint32_t ops)
{
    return ((size_t)ops >> ROW_BITS) + 2;
}

/* before[row]: how many of the array's elements are at ops of earlier rows. */
static inline void fill_rows(const void *array, size_t size, size_t count, uint32_t *before,
                             size_t rows)
{
    uint32_t place = 0;
    for (size_t row = 0; row < rows; row++) {
        while (place < count && op_at(array, size, place) >> ROW_BITS < row)
            place++;
        before[row] = place;
    }
}

#endif
