/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An index as bytes, so that it can be kept beside its trace: a header that says what it is of,
 * how long each array is, the arrays as they lie in memory, and a checksum of it all. It is a
 * cache for the machine that made it: whatever does not fit to the byte is made anew.
 */
#include "index_private.h"

#include <stdlib.h>
#include <string.h>

enum { FORMAT = 3, PADDING = 8 };

/* Everything that is no array. */
struct scalars {
    uint32_t width, widths[3];
    uint32_t released, passing, narrow;
    uint64_t kind_counts[3];
    uint64_t block_count, region_count;
    struct gcs_totals end;
    uint16_t list_capacity[GCS_LIST_CODES];
    uint8_t list_emptied[GCS_LIST_CODES];
    uint8_t list_count;
};

struct header {
    char magic[8];
    char version[16];        /* gcsim's */
    uint32_t format;         /* … and this file's */
    uint32_t order;          /* of bytes */
    struct gcs_digest sizes; /* of the arrays' elements */
    struct gcs_digest rules;
    struct gcs_digest trace;
    struct scalars scalars;
    uint64_t counts[INDEX_ARRAYS];
    struct gcs_digest own; /* of all that, with this empty */
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
    scalars.released = index->released;
    scalars.passing = index->baseline.passing;
    scalars.narrow = index->baseline.narrow;
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
    index->released = scalars->released;
    index->baseline.passing = scalars->passing;
    index->baseline.narrow = scalars->narrow;
    for (unsigned i = 0; i < 3; i++) {
        spans_init(spans_of(index, i), index->memory, scalars->widths[i],
                   i == 2 ? SIZE_MAX : 0);
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

static struct gcs_digest own_digest(const struct header *header)
{
    struct header copy;
    memcpy(&copy, header, sizeof copy);
    memset(&copy.own, 0, sizeof copy.own);
    return gcs_digest_of(&copy, sizeof copy);
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
    header.rules = gcs_digest_of(rules, sizeof *rules);
    header.trace = trace->digest;
    header.scalars = scalars_of(index);
    for (size_t i = index_arrays(index, arrays); i-- > 0;) {
        sizes[i] = arrays[i].size;
        header.counts[i] = arrays[i].count;
    }
    header.sizes = gcs_digest_of(sizes, sizeof sizes);
    header.own = own_digest(&header);
    return header;
}

bool gcs_index_covers(const struct gcs_index *index)
{
    return !index->baseline.uncovered;
}

static bool put(const struct gcs_sink *sink, const void *bytes, size_t count)
{
    return !count || sink->write(sink->to, bytes, count);
}

/* A checksum of the header's and all arrays' own. */
static struct gcs_digest sum_of(const struct header *header, const struct index_array *arrays,
                                size_t count)
{
    struct gcs_digest digests[INDEX_ARRAYS + 1];
    for (size_t i = 0; i < count; i++)
        digests[i] = gcs_digest_of(*arrays[i].array, arrays[i].count * arrays[i].size);
    digests[count] = gcs_digest_of(header, sizeof *header);
    return gcs_digest_of(digests, (count + 1) * sizeof *digests);
}

bool gcs_index_write(const struct gcs_index *index, const struct gcs_trace *trace,
                     const struct gcs_rules *rules, const struct gcs_sink *sink)
{
    static const char zeros[PADDING];
    struct index_array arrays[INDEX_ARRAYS];
    struct gcs_index copy = *index; /* the table has no const form */
    GCS_REQUIRE(gcs_index_covers(index));
    const struct header header = header_of(&copy, trace, rules, arrays);
    const size_t count = index_arrays(&copy, arrays);
    const struct gcs_digest sum = sum_of(&header, arrays, count);
    bool good = put(sink, &header, sizeof header);
    for (size_t i = 0; i < count && good; i++) {
        size_t bytes = arrays[i].count * arrays[i].size;
        good = put(sink, *arrays[i].array, bytes) && put(sink, zeros, padded(bytes) - bytes);
    }
    return good && put(sink, &sum, sizeof sum);
}

/* Whether the file is as long as the arrays that it announces. */
static bool has_its_length(const struct header *header, const struct index_array *arrays,
                           size_t size)
{
    uint64_t left = size - sizeof *header - sizeof(struct gcs_digest);
    for (size_t i = 0; i < INDEX_ARRAYS; i++) {
        if (arrays[i].size ? header->counts[i] > left / arrays[i].size : header->counts[i] != 0)
            return false;
        uint64_t bytes = padded(header->counts[i] * arrays[i].size);
        if (bytes > left)
            return false;
        left -= bytes;
    }
    return left == 0;
}

static bool is_same(const struct gcs_digest *a, const struct gcs_digest *b)
{
    return memcmp(a, b, sizeof *a) == 0;
}

/* Why the bytes are not the index of this trace under these rules, or NULL; they may still be
 * damaged. */
static const char *misfit(const void *bytes, size_t size, const struct gcs_trace *trace,
                          const struct gcs_rules *rules, struct header *header)
{
    struct gcs_index empty = {0};
    struct index_array arrays[INDEX_ARRAYS] = {0};
    const struct header expected = header_of(&empty, trace, rules, arrays);
    if (size < sizeof *header + sizeof(struct gcs_digest))
        return "it is too short";
    memcpy(header, bytes, sizeof *header);
    if (memcmp(header->magic, magic, sizeof magic) != 0)
        return "it is no index";
    if (memcmp(header->version, expected.version, sizeof header->version) != 0 ||
        header->format != expected.format || header->order != expected.order ||
        !is_same(&header->sizes, &expected.sizes))
        return "another gcsim made it";
    if (!is_same(&header->trace, &expected.trace))
        return "it is of another trace";
    if (!is_same(&header->rules, &expected.rules))
        return "it is of another model";
    const struct gcs_digest own = own_digest(header);
    return is_same(&header->own, &own) && has_its_length(header, arrays, size)
               ? NULL
               : "it is damaged";
}

static enum gcs_status fill(struct gcs_index *index, const struct header *header,
                            const unsigned char *bytes, struct gcs_error *error)
{
    struct index_array arrays[INDEX_ARRAYS];
    struct gcs_digest sum, expected;
    bool whole = true;
    set_scalars(index, &header->scalars);
    bytes += sizeof *header;
    size_t count = index_arrays(index, arrays);
    for (size_t i = 0; i < count; i++) {
        arrays[i].count = (size_t)header->counts[i];
        size_t length = arrays[i].count * arrays[i].size;
        if (length)
            GCS_TRY(gcs_memory_grow(index->memory, arrays[i].array, arrays[i].capacity,
                                    arrays[i].count, arrays[i].size, error));
        if (length)
            memcpy(*arrays[i].array, bytes, length);
        if (arrays[i].counted)
            *arrays[i].counted = arrays[i].count;
        for (size_t rest = length; rest < padded(length); rest++)
            whole &= bytes[rest] == 0;
        bytes += padded(length);
    }
    memcpy(&sum, bytes, sizeof sum);
    expected = sum_of(header, arrays, count);
    return whole && is_same(&sum, &expected) ? GCS_OK
                                             : gcs_fail(error, GCS_INVALID, "it is damaged");
}

enum gcs_status gcs_index_read(const void *bytes, size_t size, const struct gcs_trace *trace,
                               const struct gcs_rules *rules, struct gcs_memory *memory,
                               struct gcs_index **index, struct gcs_error *error)
{
    struct header header;
    const char *why = misfit(bytes, size, trace, rules, &header);
    if (why)
        return gcs_fail(error, GCS_INVALID, "%s", why);
    struct gcs_index *made = calloc(1, sizeof *made);
    if (!made)
        return gcs_fail(error, GCS_NOMEM, "out of memory");
    made->memory = made->baseline.memory = memory;
    enum gcs_status status = fill(made, &header, bytes, error);
    if (status != GCS_OK)
        gcs_index_free(made);
    else
        *index = made;
    return status;
}
