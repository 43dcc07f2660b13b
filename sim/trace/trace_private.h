/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * trace_private.h — how the files of this stage work together.
 *
 *   text_read ─┐                     ┌─▶ grammar   what may stand where (T1–T3)
 *              ├─▶ builder ──────────┼─▶ encode    one event → some bytes
 *   binary_read┘      │              └─▶ blocks of the image
 *        ▲            ▼
 *        └─ decode ◀─ image ─▶ cursor ─▶ text_print
 *
 * An event's bytes depend on the events before it only, never on where a block begins, and each
 * event has one encoding. So the digest of all bytes is a digest of what the trace says, and a
 * reader proves a foreign image by feeding its events to a builder and comparing bytes.
 */
#ifndef GCSIM_TRACE_PRIVATE_H
#define GCSIM_TRACE_PRIVATE_H

#include <gcsim/trace.h>

#include <xxhash.h>
#include <zstd.h>

/*
 * Layout of an image; drawn in docs/trace-binary.md
 */
enum {
    GCS_IMAGE_VERSION = 1,
    GCS_SUM_BYTES = 8, /* XXH3-64 of what stands before it */
    GCS_MAGIC_BYTES = 8,
    GCS_HEADER_BYTES = 64, /* without its sum, as the two below */
    GCS_HEAD_BYTES = 32,
    GCS_TRAILER_BYTES = 80,
    GCS_RAW_AIM = 256 << 10, /* a block is closed before it grows beyond */
    GCS_RAW_MAX = 1 << 20,   /* a larger block is not compressed, so the file pays for it */
    GCS_SLACK_BYTES = 32,    /* readable bytes behind a block: operands are read in eights */
    GCS_EVENT_BYTES = 40,    /* of any event, targets aside; more than enough */
    GCS_TARGET_BYTES = 9,
};
#define GCS_IMAGE_MAGIC  "\x89gctb\r\n\x1a"
#define GCS_TAG_RAW      0x304b4c42u /* "BLK0" */
#define GCS_TAG_ZSTD     0x315a4c42u /* "BLZ1" */
#define GCS_TAG_TRAILER  0x21444e45u /* "END!" */
#define GCS_TEXT_HEAD    "gctrace "
#define GCS_TEXT_VERSION "gctrace 1"

/* Numbers of records in the bytes of a block: see encode.c. */
enum {
    GCS_CODE_STORE = 0x00,    /* + source, slot and target length, two bits each */
    GCS_CODE_ALLOCATE = 0x40, /* + type 0 … 63 */
    GCS_CODE_ROOT_LESS = 0x80,
    GCS_CODE_ROOT_MORE = 0x90,
    GCS_CODE_WORK = 0xa0, /* + length − 1 */
    GCS_CODE_IDLE = 0xa8,
    GCS_CODE_RESIZE = 0xb0,
    GCS_CODE_WEAK, /* + enum gcs_weak */
    GCS_CODE_BEGIN = 0xb4,
    GCS_CODE_BEGIN_AT,
    GCS_CODE_END,
    GCS_CODE_COLLECT,
    GCS_CODE_GC,
    GCS_CODE_ENTER,
    GCS_CODE_LEAVE,
    GCS_CODE_MARK,
    GCS_CODE_LABEL, /* definitions, which are no events */
    GCS_CODE_TYPE,
    GCS_CODE_ALLOCATE_MORE = 0xc0, /* + type, extra, slots length, born */
};
enum {
    GCS_TYPES_FOLDED = 64,     /* types whose plain allocation takes one byte */
    GCS_DISTANCES_FOLDED = 12, /* distances of d and r that take no byte of their own */
};

/*
 * Bytes
 */
struct gcs_bytes {
    unsigned char *data;
    size_t length;
    size_t capacity;
};

static inline uint64_t gcs_load(const unsigned char *at, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes; i++)
        value |= (uint64_t)at[i] << (8 * i);
    return value;
}

static inline uint32_t gcs_load32(const unsigned char *at)
{
    return (uint32_t)gcs_load(at, 4);
}

/* Compilers make one instruction of it, on either byte order. */
static inline uint64_t gcs_load64(const unsigned char *at)
{
    return (uint64_t)at[0] | (uint64_t)at[1] << 8 | (uint64_t)at[2] << 16 |
           (uint64_t)at[3] << 24 | (uint64_t)at[4] << 32 | (uint64_t)at[5] << 40 |
           (uint64_t)at[6] << 48 | (uint64_t)at[7] << 56;
}

/** Writes eight bytes, of which the first `bytes` count; returns what is behind those. */
static inline unsigned char *gcs_store(unsigned char *to, uint64_t value, unsigned bytes)
{
    to[0] = (unsigned char)value;
    to[1] = (unsigned char)(value >> 8);
    to[2] = (unsigned char)(value >> 16);
    to[3] = (unsigned char)(value >> 24);
    to[4] = (unsigned char)(value >> 32);
    to[5] = (unsigned char)(value >> 40);
    to[6] = (unsigned char)(value >> 48);
    to[7] = (unsigned char)(value >> 56);
    return to + bytes;
}

/** Unicode without blanks or control characters: what a type's name or a label consists of. */
bool gcs_name_is_clean(const char *name, size_t length);

/*
 * A set of numbers, each with a value: open requests, labels by hash.
 */
struct gcs_map_entry {
    uint64_t key;
    uint32_t value;
    uint32_t used;
};
struct gcs_map {
    struct gcs_map_entry *entries;
    size_t capacity; /* a power of 2, or 0 */
    size_t count;
};
/** NULL: absent. */
uint32_t *gcs_map_find(const struct gcs_map *map, uint64_t key);
/** Adds a key that is absent. */
enum gcs_status gcs_map_add(struct gcs_map *map, struct gcs_memory *memory, uint64_t key,
                            uint32_t value, struct gcs_error *error);
/** Removes a key that is there. */
void gcs_map_remove(struct gcs_map *map, uint64_t key);
void gcs_map_fini(struct gcs_map *map, struct gcs_memory *memory);

/*
 * The grammar: T1–T3 as a state machine, and the definitions.
 */
enum {
    GCS_FIELD_TARGETS = 100, /* field of a line at fault: the i-th target is this + i */
};
#define GCS_NO_LABEL UINT32_MAX

struct gcs_grammar {
    struct gcs_memory *memory;
    struct gcs_arena names; /* types, names, labels */
    size_t name_bytes;
    struct gcs_options options;
    bool begun;    /* something stands behind the options */
    bool inside;   /* between u and v */
    uint64_t weak; /* the object just allocated, if of kind weakref; else 0 */
    uint64_t time_ns;
    uint64_t events;
    uint64_t allocations;
    uint64_t requests;
    uint64_t work_ns;
    const struct gcs_type **types; /* by number */
    size_t types_capacity;
    uint32_t *type_slots; /* by number: what a decoder needs of a type */
    size_t type_slots_capacity;
    uint32_t type_count; /* highest number + 1 */
    uint32_t types_defined;
    const char **labels; /* by the id that gcs_grammar_label gave */
    size_t labels_capacity;
    uint32_t *label_ids; /* what the id is in the trace: in order of first use */
    size_t label_ids_capacity;
    uint32_t label_count;
    uint32_t labels_used;
    struct gcs_map labels_by_hash;
    struct gcs_map open_requests;
    uint64_t fault_field; /* of the line, 0-based, after GCS_INVALID */
};

void gcs_grammar_init(struct gcs_grammar *grammar, struct gcs_memory *memory);
void gcs_grammar_fini(struct gcs_grammar *grammar);
enum gcs_status gcs_grammar_options(struct gcs_grammar *grammar,
                                    const struct gcs_options *options, struct gcs_error *error);
/** Checks and keeps a type; *kept is the grammar's copy. `name` need not end in a zero. */
enum gcs_status gcs_grammar_type(struct gcs_grammar *grammar, const struct gcs_type *type,
                                 size_t name_length, const struct gcs_type **kept,
                                 struct gcs_error *error);
enum gcs_status gcs_grammar_label(struct gcs_grammar *grammar, const char *label, size_t length,
                                  uint32_t *id, struct gcs_error *error);
/** Checks an event, brings its flags into the one form, and steps over it. On failure nothing
 *  has changed. */
enum gcs_status gcs_grammar_step(struct gcs_grammar *grammar, struct gcs_event *event,
                                 const uint64_t *targets, struct gcs_error *error);
/** What must hold at the end. */
enum gcs_status gcs_grammar_end(struct gcs_grammar *grammar, struct gcs_error *error);

/*
 * Events ↔ bytes
 */
/** Bytes that a list of targets takes, or for a short list, a bound. */
size_t gcs_encoded_targets(const uint64_t *targets, uint32_t count, uint64_t newest);
/** Writes at most GCS_EVENT_BYTES and the targets; returns what is behind. `newest`: the
 *  objects allocated before this event. */
unsigned char *gcs_encode_event(unsigned char *to, const struct gcs_event *event,
                                const uint64_t *targets, uint64_t newest);
/** Writes at most 2 GCS_EVENT_BYTES and the name. */
unsigned char *gcs_encode_type(unsigned char *to, const struct gcs_type *type);
unsigned char *gcs_encode_label(unsigned char *to, const char *label);

/* How a common record is read, by its code. */
struct gcs_shape {
    uint8_t bytes; /* of the record; 0: not a common one */
    uint8_t op;
    uint8_t width[3]; /* of the operands */
    uint8_t type;
    uint8_t slots_of; /* the folded type whose slots the event has */
    uint8_t births;
    int8_t folded;   /* added to the first operand */
    int8_t relative; /* −1: the first operand is a distance from the newest object; 0: not */
};
struct gcs_decoder {
    const unsigned char *at;
    const unsigned char *end; /* GCS_SLACK_BYTES behind it are readable */
    uint64_t newest;          /* objects allocated so far */
    const uint32_t *type_slots;
    uint32_t type_count;
    struct gcs_shape shapes[256];
};
void gcs_decoder_init(struct gcs_decoder *decoder);
struct gcs_batch {
    struct gcs_event *events;
    uint64_t *targets;
    size_t events_capacity;
    size_t targets_capacity;
    uint32_t count;
    size_t target_count;
};
enum {
    GCS_BATCH_EVENTS = 4096, /* 128 KiB: stays in a core's cache between decoder and reader */
    GCS_BATCH_TARGETS = 16384,
};
enum gcs_stop { GCS_STOP_END, GCS_STOP_FULL, GCS_STOP_TYPE, GCS_STOP_LABEL };

/** Decodes events until the batch is full, the bytes end or a definition comes. GCS_INVALID:
 *  the bytes are no records. Numbers are as found: the grammar judges them. */
enum gcs_status gcs_decode(struct gcs_decoder *decoder, struct gcs_batch *batch,
                           struct gcs_memory *memory, enum gcs_stop *stop,
                           struct gcs_error *error);
/** Decodes the definition where gcs_decode stopped. The name borrows from the bytes and does
 *  not end in a zero. */
enum gcs_status gcs_decode_type(struct gcs_decoder *decoder, struct gcs_type *type,
                                size_t *name_length, struct gcs_error *error);
enum gcs_status gcs_decode_label(struct gcs_decoder *decoder, const char **label,
                                 size_t *length, struct gcs_error *error);
enum gcs_status gcs_batch_init(struct gcs_batch *batch, struct gcs_memory *memory,
                               struct gcs_error *error);
void gcs_batch_fini(struct gcs_batch *batch, struct gcs_memory *memory);

/*
 * Blocks
 */
/** Where a block stands in the image. */
struct gcs_place {
    uint64_t first_event;
    uint64_t allocations; /* before it */
    size_t stored_at;     /* offset of its bytes */
    uint32_t stored_bytes;
    uint32_t raw_bytes;
    uint32_t events;
    bool compressed;
};
/** Writes the header (or the trailer) with its sum. */
void gcs_write_header(unsigned char to[GCS_HEADER_BYTES + GCS_SUM_BYTES],
                      const struct gcs_options *options);
void gcs_write_head(unsigned char to[GCS_HEAD_BYTES + GCS_SUM_BYTES],
                    const struct gcs_place *place);
struct gcs_trace_totals {
    uint64_t blocks, events, allocations, types, labels, requests, work_ns;
    XXH128_hash_t digest;
};
void gcs_write_trailer(unsigned char to[GCS_TRAILER_BYTES + GCS_SUM_BYTES],
                       const struct gcs_trace_totals *totals);
/** The bytes of a block, decompressed into *buffer if need be; slack included. */
enum gcs_status gcs_block_bytes(const unsigned char *image, const struct gcs_place *place,
                                ZSTD_DCtx *zstd, struct gcs_memory *memory,
                                struct gcs_bytes *buffer, const unsigned char **bytes,
                                struct gcs_error *error);

/*
 * The builder, and what it becomes
 */
struct gcs_trace_builder {
    struct gcs_memory *memory;
    struct gcs_grammar grammar;
    struct gcs_bytes raw; /* the block under way, or the one being proved */
    struct gcs_place block;
    struct gcs_bytes image;
    struct gcs_place *places;
    size_t places_capacity;
    size_t place_count;
    ZSTD_CCtx *zstd; /* NULL: blocks are stored as they are */
    XXH3_state_t *digest;
    bool hashed;  /* the digest has the options, which come before all else */
    bool proving; /* the image is there already: blocks are compared, not written */
};
/** A builder that proves an image: it takes no options into the image and closes no block. */
enum gcs_status gcs_trace_builder_prove(struct gcs_memory *memory,
                                        struct gcs_trace_builder **builder,
                                        struct gcs_error *error);
/** Adds the raw bytes to the digest, and begins the next block. */
enum gcs_status gcs_trace_builder_close(struct gcs_trace_builder *builder,
                                        struct gcs_error *error);
struct gcs_trace_totals gcs_trace_builder_totals(struct gcs_trace_builder *builder);
/** The same as gcs_trace_builder_type, for a name that does not end in a zero. */
enum gcs_status gcs_trace_builder_define(struct gcs_trace_builder *builder,
                                         const struct gcs_type *type, size_t name_length,
                                         struct gcs_error *error);

struct gcs_trace_whole {
    struct gcs_trace shown; /* the first member: what callers hold points to it */
    struct gcs_memory *memory;
    struct gcs_grammar grammar;
    struct gcs_bytes image;
    struct gcs_place *places;
    size_t places_capacity;
    size_t place_count;
};
const struct gcs_trace_whole *gcs_trace_inside(const struct gcs_trace *trace);

/** Like gcs_cursor_next, but stops at definitions: *type is the one that follows the events,
 *  or NULL. No events and no type: the end. */
enum gcs_status gcs_cursor_next_part(struct gcs_cursor *cursor, struct gcs_block *block,
                                     const struct gcs_type **type, struct gcs_error *error);

/*
 * Text: a line and its fields
 */
struct gcs_line {
    const char *start;
    const char *at; /* the space before the next field, or the end */
    const char *end;
    uint64_t number;    /* 1-based */
    const char *syntax; /* how such a line looks, for messages */
    struct gcs_error *error;
};
/* Ends in a constant, so that compilers see that no caller goes on. */
#define GCS_LINE_FAULT(line, where, ...)                                                       \
    (gcs_fail_at((line)->error, (line)->number, (uint64_t)((where) - (line)->start) + 1, NULL, \
                 __VA_ARGS__),                                                                 \
     GCS_INVALID)
/** Takes the next field; it has at least one byte. */
enum gcs_status gcs_line_field(struct gcs_line *line, const char *name, const char **field,
                               size_t *length);
/** Says what is wrong with the number that should come next. */
enum gcs_status gcs_line_number_fault(struct gcs_line *line, const char *name);
/** Takes the next field, a whole number 0 … most. */
enum gcs_status gcs_line_number(struct gcs_line *line, const char *name, uint64_t most,
                                uint64_t *value);
/** Takes the next field, a whole number that may be negative. */
enum gcs_status gcs_line_signed(struct gcs_line *line, const char *name, uint64_t *value);
/** Nothing may follow. */
enum gcs_status gcs_line_end(struct gcs_line *line);
/** Where field `field` (0-based) begins; the line's end if it has fewer. */
const char *gcs_line_find(const struct gcs_line *line, uint64_t field);
enum gcs_status gcs_line_option(struct gcs_line *line, struct gcs_options *options,
                                unsigned *last);
/** The name in *type borrows from the line. */
enum gcs_status gcs_line_type(struct gcs_line *line, struct gcs_type *type,
                              size_t *name_length);

/*
 * The two readers behind gcs_trace_read
 */
enum gcs_status gcs_text_read(const char *text, size_t size, struct gcs_memory *memory,
                              struct gcs_trace **trace, struct gcs_error *error);
enum gcs_status gcs_binary_read(const unsigned char *bytes, size_t size,
                                struct gcs_memory *memory, struct gcs_trace **trace,
                                struct gcs_error *error);

#endif
