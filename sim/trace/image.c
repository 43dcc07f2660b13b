/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The frame around the events of a binary trace: header, heads of blocks, trailer, each with
 * its sum. docs/trace-binary.md draws the layout. All numbers are little-endian. */
#include "trace_private.h"

#include <string.h>

static void put(unsigned char *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

static void put_sum(unsigned char *bytes, size_t count)
{
    put(bytes + count, XXH3_64bits(bytes, count), GCS_SUM_BYTES);
}

void gcs_write_header(unsigned char to[GCS_HEADER_BYTES + GCS_SUM_BYTES],
                      const struct gcs_options *options)
{
    memcpy(to, GCS_IMAGE_MAGIC, GCS_MAGIC_BYTES);
    put(to + 8, GCS_IMAGE_VERSION, 4);
    to[12] = (unsigned char)options->objects_minor;
    to[13] = options->freelists_resolved;
    to[14] = options->roots_native;
    to[15] = options->has_start;
    put(to + 16, options->standing, 8);
    for (unsigned i = 0; i < 5; i++)
        put(to + 24 + 8 * i, options->start[i], 8);
    put_sum(to, GCS_HEADER_BYTES);
}

void gcs_write_head(unsigned char to[GCS_HEAD_BYTES + GCS_SUM_BYTES],
                    const struct gcs_place *place)
{
    put(to, place->compressed ? GCS_TAG_ZSTD : GCS_TAG_RAW, 4);
    put(to + 4, place->events, 4);
    put(to + 8, place->raw_bytes, 4);
    put(to + 12, place->stored_bytes, 4);
    put(to + 16, place->first_event, 8);
    put(to + 24, place->allocations, 8);
    put_sum(to, GCS_HEAD_BYTES);
}

void gcs_write_trailer(unsigned char to[GCS_TRAILER_BYTES + GCS_SUM_BYTES],
                       const struct gcs_trace_totals *totals)
{
    XXH128_canonical_t digest;
    XXH128_canonicalFromHash(&digest, totals->digest);
    put(to, GCS_TAG_TRAILER, 4);
    put(to + 4, 0, 4);
    put(to + 8, totals->blocks, 8);
    put(to + 16, totals->events, 8);
    put(to + 24, totals->allocations, 8);
    put(to + 32, totals->types, 8);
    put(to + 40, totals->labels, 8);
    put(to + 48, totals->requests, 8);
    put(to + 56, totals->work_ns, 8);
    memcpy(to + 64, digest.digest, 16);
    put_sum(to, GCS_TRAILER_BYTES);
}

enum gcs_status gcs_block_bytes(const unsigned char *image, const struct gcs_place *place,
                                ZSTD_DCtx *zstd, struct gcs_memory *memory,
                                struct gcs_bytes *buffer, const unsigned char **bytes,
                                struct gcs_error *error)
{
    if (!place->compressed) { /* a sum and the trailer stand behind it: the slack is there */
        *bytes = image + place->stored_at;
        return GCS_OK;
    }
    GCS_TRY(GCS_GROW(memory, &buffer->data, &buffer->capacity,
                     (size_t)place->raw_bytes + GCS_SLACK_BYTES, error));
    size_t got = ZSTD_decompressDCtx(zstd, buffer->data, place->raw_bytes,
                                     image + place->stored_at, place->stored_bytes);
    if (ZSTD_isError(got))
        return gcs_fail(error, GCS_INVALID, "does not decompress: %s", ZSTD_getErrorName(got));
    if (got != place->raw_bytes)
        return gcs_fail(error, GCS_INVALID, "decompresses to %zu bytes instead of %u", got,
                        place->raw_bytes);
    memset(buffer->data + got, 0, GCS_SLACK_BYTES);
    *bytes = buffer->data;
    return GCS_OK;
}
