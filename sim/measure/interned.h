/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Finds entries of a table by content: open addressing over their indices. */
#ifndef GCSIM_INTERNED_H
#define GCSIM_INTERNED_H

#include <gcsim/base.h>

struct interned {
    struct interned_place {
        uint64_t hash;
        size_t entry; /* + 1; 0: empty */
    } * places;
    size_t capacity; /* a power of two */
    size_t count;
};

/** *index: of the entry of `table` that is `same` as `key`, whose content is `words`; a new
 * one, the number of entries so far, if there is none (the caller appends it). */
enum gcs_status intern(struct interned *interned, struct gcs_memory *memory,
                       const uint32_t *words, size_t word_count,
                       bool (*same)(const void *table, size_t index, const void *key),
                       const void *table, const void *key, size_t *index,
                       struct gcs_error *error);
void interned_free(struct interned *interned, struct gcs_memory *memory);

#endif
