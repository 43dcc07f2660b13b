/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: no bytes make the readers of traces crash, leak, hang or disagree. What is accepted
 * must print to a text that reads as the same trace and prints as the same text, its image must
 * read as the same trace, and a cursor must find as many events as the trace says.
 *
 * Sums keep random changes away from what is behind them. So an input that begins with a zero
 * byte is taken as the records of one block, and a frame with the right sums is put around it.
 */
#include <gcsim/trace.h>

#include <xxhash.h>

#include <stdlib.h>
#include <string.h>

enum {
    MEMORY_LIMIT = 256 << 20,
    HEADER = 64,
    HEAD = 32,
    SUM = 8,
    FRAME = HEADER + SUM + HEAD + SUM + SUM,
};

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

static bool add_bytes(void *to, const void *bytes, size_t count)
{
    gcs_text_add_bytes(to, bytes, count);
    return true;
}

static struct gcs_text print(const struct gcs_trace *trace)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    const struct gcs_sink sink = {add_bytes, &text};
    struct gcs_error error = {0};
    GCS_REQUIRE(gcs_trace_print(trace, &sink, &error) == GCS_OK);
    return text;
}

/* Reads what must be a trace, and must be the same as `trace`. */
static void read_again(const void *bytes, size_t size, const struct gcs_trace *trace,
                       const struct gcs_text *text)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_trace *again = NULL;
    GCS_REQUIRE(gcs_trace_read(bytes, size, &memory, &again, &error) == GCS_OK);
    GCS_REQUIRE(gcs_same(trace->digest.hex, again->digest.hex));
    GCS_REQUIRE(trace->events == again->events && trace->work_ns == again->work_ns);
    struct gcs_text printed = print(again);
    GCS_REQUIRE(printed.length == text->length);
    GCS_REQUIRE(!memcmp(printed.data, text->data, text->length));
    gcs_text_fini(&printed);
    gcs_trace_free(again);
    GCS_REQUIRE(memory.used == 0);
}

static void count_events(const struct gcs_trace *trace)
{
    struct gcs_memory memory = {0};
    struct gcs_error error = {0};
    struct gcs_cursor *cursor = NULL;
    struct gcs_block block;
    uint64_t events = 0, allocations = 0, work_ns = 0;
    GCS_REQUIRE(gcs_cursor_new(trace, &memory, &cursor, &error) == GCS_OK);
    do {
        GCS_REQUIRE(gcs_cursor_next(cursor, &block, &error) == GCS_OK);
        GCS_REQUIRE(block.first_event == events);
        events += block.count;
        for (uint32_t i = 0; i < block.count; i++) {
            allocations += block.events[i].op == GCS_OP_ALLOCATE;
            work_ns += block.events[i].op == GCS_OP_WORK ? block.events[i].object : 0;
        }
    } while (block.count);
    gcs_cursor_free(cursor);
    GCS_REQUIRE(events == trace->events && allocations == trace->allocations);
    GCS_REQUIRE(work_ns == trace->work_ns && memory.used == 0);
}

static void try_bytes(const unsigned char *bytes, size_t size)
{
    struct gcs_memory memory = {.limit = MEMORY_LIMIT};
    struct gcs_error error = {0};
    struct gcs_trace *trace = NULL;
    enum gcs_status status = gcs_trace_read(bytes, size, &memory, &trace, &error);
    GCS_REQUIRE(status == error.status);
    if (status != GCS_OK) {
        GCS_REQUIRE(trace == NULL && error.text[0] && memory.used == 0);
        return;
    }
    struct gcs_text text = print(trace);
    read_again(text.data, text.length, trace, &text);
    read_again(trace->image, trace->image_size, trace, &text);
    count_events(trace);
    gcs_text_fini(&text);
    gcs_trace_free(trace);
    GCS_REQUIRE(memory.used == 0);
}

static void put(unsigned char *to, uint64_t value, unsigned bytes)
{
    for (unsigned i = 0; i < bytes; i++)
        to[i] = (unsigned char)(value >> (8 * i));
}

/* The number of events and the trailer are missing, so this is refused at last; but the records
 * are read before. */
static void try_records(const unsigned char *records, size_t size)
{
    unsigned char *image = calloc(1, FRAME + size);
    GCS_REQUIRE(image);
    memcpy(image, "\x89gctb\r\n\x1a\x01", 9);
    put(image + HEADER, XXH3_64bits(image, HEADER), SUM);
    unsigned char *head = image + HEADER + SUM;
    memcpy(head, "BLK0", 4);
    put(head + 8, size, 4);
    put(head + 12, size, 4);
    put(head + HEAD, XXH3_64bits(head, HEAD), SUM);
    unsigned char *stored = head + HEAD + SUM;
    if (size)
        memcpy(stored, records, size);
    put(stored + size, XXH3_64bits(stored, size), SUM);
    try_bytes(image, FRAME + size);
    free(image);
}

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size)
{
    if (size && !bytes[0])
        try_records(bytes + 1, size - 1);
    else
        try_bytes(bytes, size);
    return 0;
}
