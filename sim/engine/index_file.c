/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An index as bytes, so that it can be kept beside its trace: a header that says what it is of,
 * how long each array is, the arrays as they lie in memory, and a checksum of it all. It is a
 * cache for the machine that made it: whatever does not fit to the byte is made anew.
 */
#include "index_private.h"

#include <xxhash.h>

#include <stdlib.h>
#include <string.h>

enum { FORMAT = 1, PADDING = 8 };

/* Everything that is no array. */
struct scalars {
    uint32_t width, widths[3];
    uint64_t kind_counts[3];
    uint64_t block_count, region_count;
    struct gcs_totals end;
    uint16_t list_capacity[GCS_LIST_CODES];
    uint8_t list_emptied[GCS_LIST_CODES];
    uint8_t list_count;
};

struct header {
    char magic[8];
    char version[16]; /* gcsim's */
    uint32_t format;  /* … and this file's */
    uint32_t order;   /* of bytes */
    uint64_t sizes;   /* hash: of the arrays' elements */
    uint64_t rules;   /* hash */
    struct gcs_digest trace;
    struct scalars scalars;
    uint64_t counts[INDEX_ARRAYS];
    uint64_t bytes; /* of the file, the checksum left out */
};

static const char magic[8] = "\x89gcsidx";

static struct spans *spans_of(struct gcs_index *index, unsigned which)
{
    return which == 0 ? &index->objects : which == 1 ? &index->fading : &index->clumps;
}

static struct scalars scalars_of(struct gcs_index *index)
{
    struct scalars scalars;
    memset(&scalars, 0, sizeof scalars);
    scalars.width = index->width;
    for (unsigned i = 0; i < 3; i++) {
        scalars.widths[i] = spans_of(index, i)->width;
        scalars.kind_counts[i] = spans_of(index, i)->kind_count;
    }
    scalars.block_count = index->block_count;
    scalars.region_count = index->region_count;
    scalars.end = index->baseline.end;
    memcpy(scalars.list_capacity, index->baseline.list_capacity, sizeof scalars.list_capacity);
    for (unsigned i = 0; i < GCS_LIST_CODES; i++)
        scalars.list_emptied[i] = index->baseline.list_emptied[i];
    scalars.list_count = index->baseline.list_count;
    return scalars;
}

static void set_scalars(struct gcs_index *index, const struct scalars *scalars)
{
    index->width = scalars->width;
    for (unsigned i = 0; i < 3; i++) {
        spans_init(spans_of(index, i), index->memory, scalars->widths[i]);
        spans_of(index, i)->kind_count = scalars->kind_counts[i];
    }
    index->block_count = scalars->block_count;
    index->region_count = scalars->region_count;
    index->baseline.end = scalars->end;
    memcpy(index->baseline.list_capacity, scalars->list_capacity,
           sizeof scalars->list_capacity);
    for (unsigned i = 0; i < GCS_LIST_CODES; i++)
        index->baseline.list_emptied[i] = scalars->list_emptied[i];
    index->baseline.list_count = scalars->list_count;
}

static uint64_t padded(uint64_t bytes)
{
    return (bytes + PADDING - 1) / PADDING * PADDING;
}

/* What the file of such an index begins with. */
static struct header header_of(struct gcs_index *index, const struct gcs_trace *trace,
                               const struct gcs_rules *rules, struct index_array *arrays)
{
    struct header header;
    uint64_t sizes[INDEX_ARRAYS] = {0};
    memset(&header, 0, sizeof header);
    memcpy(header.magic, magic, sizeof magic);
    strncpy(header.version, gcs_version(), sizeof header.version - 1);
    header.format = FORMAT;
    header.order = 0x01020304;
    header.rules = XXH3_64bits(rules, sizeof *rules);
    header.trace = trace->digest;
    header.scalars = scalars_of(index);
    header.bytes = sizeof header;
    for (size_t i = index_arrays(index, arrays); i-- > 0;) {
        sizes[i] = arrays[i].size;
        header.counts[i] = arrays[i].count;
        header.bytes += padded(arrays[i].count * arrays[i].size);
    }
    header.sizes = XXH3_64bits(sizes, sizeof sizes);
    return header;
}

bool gcs_index_covers(const struct gcs_index *index)
{
    return !index->baseline.uncovered;
}

/* To the sink, and into the checksum. */
static bool put(const struct gcs_sink *sink, XXH3_state_t *sum, const void *bytes, size_t count)
{
    if (!count)
        return true;
    XXH3_64bits_update(sum, bytes, count);
    return sink->write(sink->to, bytes, count);
}

static bool put_all(struct gcs_index *index, const struct header *header,
                    const struct gcs_sink *sink, XXH3_state_t *state)
{
    static const char zeros[PADDING];
    struct index_array arrays[INDEX_ARRAYS];
    bool good = put(sink, state, header, sizeof *header);
    for (size_t i = 0, count = index_arrays(index, arrays); i < count && good; i++) {
        size_t bytes = arrays[i].count * arrays[i].size;
        good = put(sink, state, *arrays[i].array, bytes) &&
               put(sink, state, zeros, padded(bytes) - bytes);
    }
    uint64_t sum = XXH3_64bits_digest(state);
    return good && sink->write(sink->to, &sum, sizeof sum);
}

bool gcs_index_write(const struct gcs_index *index, const struct gcs_trace *trace,
                     const struct gcs_rules *rules, const struct gcs_sink *sink)
{
    struct index_array arrays[INDEX_ARRAYS];
    struct gcs_index copy = *index; /* the table has no const form */
    GCS_REQUIRE(gcs_index_covers(index));
    const struct header header = header_of(&copy, trace, rules, arrays);
    XXH3_state_t *state = XXH3_createState();
    if (!state)
        return false;
    XXH3_64bits_reset(state);
    bool good = put_all(&copy, &header, sink, state);
    XXH3_freeState(state);
    return good;
}

/* Why the bytes are not the index of this trace under these rules, or NULL. */
static const char *misfit(const unsigned char *bytes, size_t size,
                          const struct gcs_trace *trace, const struct gcs_rules *rules)
{
    struct gcs_index empty = {0};
    struct index_array arrays[INDEX_ARRAYS];
    const struct header expected = header_of(&empty, trace, rules, arrays);
    struct header header;
    uint64_t sum;
    if (size < sizeof header + sizeof sum)
        return "it is too short";
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, magic, sizeof magic) != 0)
        return "it is no index";
    if (memcmp(header.version, expected.version, sizeof header.version) != 0 ||
        header.format != expected.format || header.order != expected.order ||
        header.sizes != expected.sizes)
        return "another gcsim made it";
    if (memcmp(&header.trace, &expected.trace, sizeof header.trace) != 0)
        return "it is of another trace";
    if (header.rules != expected.rules)
        return "it is of another model";
    memcpy(&sum, bytes + size - sizeof sum, sizeof sum);
    if (header.bytes != size - sizeof sum || sum != XXH3_64bits(bytes, size - sizeof sum))
        return "it is damaged";
    return NULL;
}

static enum gcs_status fill(struct gcs_index *index, const unsigned char *bytes,
                            struct gcs_error *error)
{
    struct index_array arrays[INDEX_ARRAYS];
    struct header header;
    memcpy(&header, bytes, sizeof header);
    set_scalars(index, &header.scalars);
    bytes += sizeof header;
    for (size_t i = 0, count = index_arrays(index, arrays); i < count; i++) {
        size_t length = (size_t)header.counts[i] * arrays[i].size;
        if (header.counts[i])
            GCS_TRY(gcs_memory_grow(index->memory, arrays[i].array, arrays[i].capacity,
                                    (size_t)header.counts[i], arrays[i].size, error));
        if (length)
            memcpy(*arrays[i].array, bytes, length);
        if (arrays[i].counted)
            *arrays[i].counted = (size_t)header.counts[i];
        bytes += padded(length);
    }
    return GCS_OK;
}

enum gcs_status gcs_index_read(const void *bytes, size_t size, const struct gcs_trace *trace,
                               const struct gcs_rules *rules, struct gcs_memory *memory,
                               struct gcs_index **index, struct gcs_error *error)
{
    const char *why = misfit(bytes, size, trace, rules);
    if (why)
        return gcs_fail(error, GCS_INVALID, "%s", why);
    struct gcs_index *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->memory = made->baseline.memory = memory;
    enum gcs_status status = fill(made, bytes, error);
    if (status != GCS_OK)
        gcs_index_free(made);
    else
        *index = made;
    return status;
}
