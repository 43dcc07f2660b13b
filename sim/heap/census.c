/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Looking at the heap without touching it: what explains a run asks. */
#include "heap_private.h"

static struct gcs_census count_list(const struct gcs_heap *heap, gcs_row head)
{
    struct gcs_census census = {0};
    for (gcs_row row = heap->rows[head].next; row != head; row = heap->rows[row].next) {
        census.objects++;
        census.garbage += has(heap, row, GARBAGE);
    }
    return census;
}

void gcs_heap_census(const struct gcs_heap *heap, struct gcs_census census[GCS_GENERATIONS + 1])
{
    static const gcs_row heads[GCS_GENERATIONS + 1] = {HEAD_YOUNG, HEAD_MIDDLE, HEAD_OLD,
                                                       HEAD_PERMANENT};
    for (unsigned i = 0; i < GCS_GENERATIONS + 1; i++)
        census[i] = count_list(heap, heads[i]);
}

struct gcs_increment gcs_heap_increment(const struct gcs_heap *heap)
{
    return (struct gcs_increment){.work_to_do = heap->work_to_do, .marked = heap->marked};
}
