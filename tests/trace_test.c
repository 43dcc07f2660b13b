/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Goal: a trace says the same in either form, whatever is wrong is refused at its place, and
 * no bytes do harm. Method: tables of faulty texts (trace_samples.h), round trips, images cut
 * at each length, with each bit flipped, and forged with right sums, and budgets of each size.
 */
#include "trace_private.h"
#include "trace_samples.h"

#include <check.h>

#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

/*
 * Helpers
 */
/* For long loops: check's own assertions write to a pipe each time. */
#define MUST(condition) ((condition) ? (void)0 : ck_abort_msg("%s", #condition))

static struct gcs_memory memory;
static struct gcs_error error;

static void setup(void)
{
    memory = (struct gcs_memory){0};
    error = (struct gcs_error){0};
}

/* Whatever a test does, nothing may be left over. */
static void teardown(void)
{
    ck_assert_uint_eq(memory.used, 0);
}

static struct gcs_trace *read_bytes(const void *bytes, size_t size)
{
    struct gcs_trace *trace = NULL;
    enum gcs_status status = gcs_trace_read(bytes, size, &memory, &trace, &error);
    ck_assert_msg(status == GCS_OK, "%llu:%llu: %s", (unsigned long long)error.line,
                  (unsigned long long)error.column, error.text);
    return trace;
}

static struct gcs_trace *read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

static bool add_bytes(void *to, const void *bytes, size_t count)
{
    gcs_text_add_bytes(to, bytes, count);
    return true;
}

static void check_prints(const struct gcs_trace *trace, const char *expected)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    const struct gcs_sink sink = {add_bytes, &text};
    ck_assert_int_eq(gcs_trace_print(trace, &sink, &error), GCS_OK);
    ck_assert_str_eq(text.data, expected);
    gcs_text_fini(&text);
}

/* Bytes are refused, and nothing is left behind; what is wrong is in `error`. */
static void check_refused(const void *bytes, size_t size)
{
    struct gcs_trace *trace = NULL;
    setup();
    ck_assert_int_eq(gcs_trace_read(bytes, size, &memory, &trace, &error), GCS_INVALID);
    ck_assert_int_eq(error.status, GCS_INVALID);
    ck_assert_ptr_null(trace);
    ck_assert_uint_eq(memory.used, 0);
}

static void check_fault(const struct trace_fault *fault, const char *text)
{
    check_refused(text, strlen(text));
    ck_assert_msg(gcs_same(error.text, fault->message) && error.line == fault->line &&
                      error.column == fault->column,
                  "%s\nexpected {%u, %u, \"%s\"}\ngot      {%llu, %llu, \"%s\"}", fault->text,
                  fault->line, fault->column, fault->message, (unsigned long long)error.line,
                  (unsigned long long)error.column, error.text);
}

/* The trace built again from its events, with or without compression. */
static struct gcs_trace *rebuild(const struct gcs_trace *trace, bool compress)
{
    struct gcs_trace_builder *builder;
    struct gcs_cursor *cursor;
    struct gcs_block block;
    const struct gcs_type *type;
    ck_assert_int_eq(gcs_trace_builder_new(&memory, compress, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_options(builder, &trace->options, &error), GCS_OK);
    ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
    do {
        ck_assert_int_eq(gcs_cursor_next_part(cursor, &block, &type, &error), GCS_OK);
        for (uint32_t i = 0; i < block.count; i++) {
            struct gcs_event event = block.events[i];
            const char *label = event.op == GCS_OP_MARK ? trace->labels[event.type] : NULL;
            if (label)
                gcs_trace_builder_label(builder, label, strlen(label), &event.type, &error);
            ck_assert_int_eq(gcs_trace_builder_add(builder, &event, block.targets, &error),
                             GCS_OK);
        }
        if (type)
            ck_assert_int_eq(gcs_trace_builder_type(builder, type, &error), GCS_OK);
    } while (block.count || type);
    gcs_cursor_free(cursor);
    struct gcs_trace *again = NULL;
    ck_assert_uint_eq(gcs_trace_builder_events(builder), trace->events);
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &again, &error), GCS_OK);
    return again;
}

/*
 * Text
 */
START_TEST(a_wrong_line_is_refused_at_its_field)
{
    const struct trace_fault *fault = &line_faults[_i];
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "%s%s\n", prelude, fault->text);
    check_fault(fault, text.data);
    gcs_text_fini(&text);
}
END_TEST

START_TEST(a_wrong_text_is_refused_at_its_place)
{
    check_fault(&text_faults[_i], text_faults[_i].text);
}
END_TEST

START_TEST(canonical_text_is_printed_as_it_was_read)
{
    const char *const texts[] = {"gctrace 1\n", example, everything};
    for (size_t i = 0; i < COUNT(texts); i++) {
        struct gcs_trace *trace = read_text(texts[i]);
        check_prints(trace, texts[i]);
        gcs_trace_free(trace);
    }
}
END_TEST

START_TEST(comments_blank_lines_and_a_missing_last_line_end_change_nothing)
{
    struct gcs_trace *plain = read_text("gctrace 1\no standing=1\nt 0 A 0 32\na 1 0\nw 5\n");
    struct gcs_trace *other = read_text("gctrace 1\n# a\n\no standing=1\nt 0 A 0 32\n#\n\n\n"
                                        "a 1 0\n# \xff\r\nw 5");
    ck_assert_str_eq(plain->digest.hex, other->digest.hex);
    ck_assert_uint_eq(plain->image_size, other->image_size);
    ck_assert(!memcmp(plain->image, other->image, plain->image_size));
    gcs_trace_free(plain);
    gcs_trace_free(other);
}
END_TEST

START_TEST(the_totals_types_labels_and_options_are_those_of_the_text)
{
    struct gcs_trace *trace = read_text(everything);
    ck_assert_uint_eq(trace->events, 46);
    ck_assert_uint_eq(trace->allocations, 10);
    ck_assert_uint_eq(trace->requests, 4);
    ck_assert_uint_eq(trace->work_ns, 511);
    ck_assert_uint_eq(trace->type_count, 1048576);
    ck_assert_uint_eq(trace->label_count, 2);
    ck_assert_str_eq(trace->labels[0], "startup-done");
    ck_assert_str_eq(trace->labels[1], "steady");
    ck_assert_ptr_null(trace->types[1]);
    const struct gcs_type *type = trace->types[70000];
    ck_assert(type->number == 70000 && type->slots == 3 && type->bytes == GCS_BYTES_BY_MODEL);
    ck_assert(type->kind == GCS_KIND_INSTANCE && type->finalizer == GCS_FINALIZER_PLAIN);
    ck_assert(type->dict && type->weakrefable && type->legacy);
    const struct gcs_options *options = &trace->options;
    ck_assert(options->objects_minor == 10 && options->freelists_resolved);
    ck_assert(options->roots_native && options->has_start && options->standing == 2);
    ck_assert(options->start[0] == 3 && options->start[3] == 1590 && options->start[4] == 265);
    gcs_trace_free(trace);
}
END_TEST

START_TEST(a_cursor_hands_out_the_fields_of_each_event)
{
    struct gcs_trace *trace =
        read_text("gctrace 1\nt 3 L 0 - kind=list\nt 4 W 0 - kind=weakref\n"
                  "a 1 3 64 8\na 2 3 0 2 = 1 0\ns 1 5 2\na 3 4\nk 3 1 drop\n"
                  "b 9 0\ng threshold -5 7\nc 2\nm x\nz 1 8\n");
    static const struct gcs_event expected[] = {
        {.op = GCS_OP_ALLOCATE, .flags = 3, .type = 3, .slots = 8, .object = 1, .value = 64},
        {.op = GCS_OP_ALLOCATE, .flags = 7, .type = 3, .slots = 2, .object = 2},
        {.op = GCS_OP_STORE, .type = 5, .object = 1, .value = 2},
        {.op = GCS_OP_ALLOCATE, .type = 4, .object = 3},
        {.op = GCS_OP_WEAK, .detail = GCS_WEAK_DROP, .object = 3, .value = 1},
        {.op = GCS_OP_BEGIN, .flags = GCS_EVENT_ARRIVAL, .object = 9},
        {.op = GCS_OP_GC, .detail = GCS_GC_THRESHOLD, .slots = 2, .first = 2},
        {.op = GCS_OP_COLLECT, .detail = 2},
        {.op = GCS_OP_MARK},
        {.op = GCS_OP_RESIZE, .object = 1, .value = 8},
    };
    static const uint64_t targets[] = {1, 0, (uint64_t)-5, 7};
    struct gcs_cursor *cursor;
    struct gcs_block block;
    ck_assert_int_eq(gcs_cursor_new(trace, &memory, &cursor, &error), GCS_OK);
    ck_assert_int_eq(gcs_cursor_next(cursor, &block, &error), GCS_OK);
    ck_assert_uint_eq(block.count, COUNT(expected));
    ck_assert_uint_eq(block.first_event, 0);
    ck_assert(!memcmp(block.events, expected, sizeof expected));
    ck_assert(!memcmp(block.targets, targets, sizeof targets));
    ck_assert_int_eq(gcs_cursor_next(cursor, &block, &error), GCS_OK);
    ck_assert(block.count == 0 && block.first_event == COUNT(expected));
    gcs_cursor_free(cursor);
    gcs_trace_free(trace);
}
END_TEST

START_TEST(an_event_is_found_by_its_line)
{
    const char *text =
        "gctrace 1\no standing=1\n# a\nt 0 A 0 32\na 1 0\n\n# a\nt 1 B 0 32\nw 5\nu\nv";
    size_t size = strlen(text);
    static const uint64_t lines[] = {5, 9, 10, 11, 0, 0};
    for (uint64_t event = 0; event < COUNT(lines); event++)
        ck_assert_uint_eq(gcs_trace_line_of(text, size, event), lines[event]);
    ck_assert_uint_eq(gcs_trace_line_of("", 0, 0), 0);
}
END_TEST

static bool give_up(void *to, const void *bytes, size_t count)
{
    (void)to, (void)bytes, (void)count;
    return false;
}

START_TEST(a_sink_that_gives_up_ends_the_printing)
{
    struct gcs_trace *trace = read_text(example);
    const struct gcs_sink sink = {give_up, NULL};
    ck_assert_int_eq(gcs_trace_print(trace, &sink, &error), GCS_LIMIT);
    gcs_trace_free(trace);
}
END_TEST

/*
 * Binary
 */
START_TEST(text_and_bytes_say_the_same)
{
    const char *const texts[] = {"gctrace 1\n", example, everything};
    for (size_t i = 0; i < 2 * COUNT(texts); i++) {
        struct gcs_trace *text = read_text(texts[i / 2]);
        struct gcs_trace *built = rebuild(text, i % 2);
        struct gcs_trace *bytes = read_bytes(built->image, built->image_size);
        check_prints(bytes, texts[i / 2]);
        ck_assert_str_eq(text->digest.hex, built->digest.hex);
        ck_assert_str_eq(text->digest.hex, bytes->digest.hex);
        ck_assert_uint_eq(text->events, bytes->events);
        ck_assert_uint_eq(bytes->image_size, built->image_size);
        gcs_trace_free(text);
        gcs_trace_free(built);
        gcs_trace_free(bytes);
    }
}
END_TEST

START_TEST(the_layout_is_the_one_that_is_documented)
{
    /* The records of the example, by hand from docs/trace-binary.md. */
    static const unsigned char records[] = {
        0xbd, 0,    4,    'N', 'o', 'd', 'e', 2, 33, 0, 0, /* t 0 Node 2 32 */
        0xbd, 1,    4,    'L', 'e', 'a', 'f', 0, 33, 1, 0, /* t 1 Leaf 0 32 kind=atomic */
        0x40, 0x40, 0x41,                                  /* a 1 0, a 2 0, a 3 1 */
        0x00, 2,    2,                                     /* s 1 0 2 */
        0x00, 1,    3,                                     /* s 2 0 1 */
        0x04, 1,    1,    1,                               /* s 2 1 3 */
        0x80, 0x81, 0x82,                                  /* d 3, d 2, d 1 */
    };
    struct gcs_trace *trace = read_text(example);
    ck_assert(!memcmp(trace->image + 72, "BLK0", 4));
    ck_assert(!memcmp(trace->image + 112, records, sizeof records));
    ck_assert_uint_eq(trace->image_size, 112 + sizeof records + 8 + 88);
    ck_assert_str_eq(trace->digest.hex, "2e6dfbc857f923fa941d95c29fdd9db0");
    gcs_trace_free(trace);
}
END_TEST

/* Images in which little is redundant: stored as they are, and compressed. */
static struct gcs_trace *small_image(int which)
{
    struct gcs_trace *text = read_text(which ? everything : example);
    ck_assert(!memcmp(text->image + 72, which ? "BLZ1" : "BLK0", 4));
    return text;
}

START_TEST(a_file_cut_anywhere_is_refused)
{
    struct gcs_trace *trace = small_image(_i);
    size_t size = trace->image_size;
    unsigned char *bytes = malloc(size);
    memcpy(bytes, trace->image, size);
    gcs_trace_free(trace);
    for (size_t cut = 0; cut < size; cut++) {
        unsigned char *part = malloc(cut + 1); /* so that a sanitizer sees its end */
        memcpy(part, bytes, cut);
        check_refused(part, cut);
        if (cut >= GCS_MAGIC_BYTES)
            ck_assert_msg(strstr(error.text, "cut short") != NULL, "%zu: %s", cut, error.text);
        if (cut > 72 && cut < size - 88)
            ck_assert_str_eq(error.text, "block 0: the file is cut short here");
        free(part);
    }
    free(bytes);
}
END_TEST

START_TEST(a_file_with_any_bit_flipped_is_refused)
{
    struct gcs_trace *trace = small_image(_i);
    size_t size = trace->image_size;
    unsigned char *bytes = malloc(size);
    memcpy(bytes, trace->image, size);
    gcs_trace_free(trace);
    for (size_t bit = 0; bit < 8 * size; bit++) {
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
        check_refused(bytes, size);
        if (bit / 8 >= 72 && bit / 8 < size - 88)
            ck_assert_msg(strstr(error.text, "block 0: damaged") != NULL, "%zu: %s", bit,
                          error.text);
        bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
    }
    free(bytes);
}
END_TEST

START_TEST(bytes_behind_the_trailer_are_refused)
{
    struct gcs_trace *trace = read_text(example);
    size_t size = trace->image_size;
    unsigned char *bytes = calloc(1, 2 * size);
    memcpy(bytes, trace->image, size);
    memcpy(bytes + size, trace->image, size);
    gcs_trace_free(trace);
    check_refused(bytes, size + 1);
    ck_assert_str_eq(error.text,
                     "1 bytes stand behind the trailer: the file is not a trace alone");
    check_refused(bytes, 2 * size);
    free(bytes);
}
END_TEST

/* An image with right sums around these records; returns its size. */
static size_t forge(unsigned char *to, const void *records, size_t size, uint32_t events)
{
    const struct gcs_options options = {0};
    struct gcs_place place = {
        .events = events, .raw_bytes = (uint32_t)size, .stored_bytes = (uint32_t)size};
    struct gcs_trace_totals totals = {.blocks = 1, .events = events};
    gcs_write_header(to, &options);
    gcs_write_head(to + 72, &place);
    memcpy(to + 112, records, size);
    gcs_store(to + 112 + size, XXH3_64bits(to + 112, size), 8);
    gcs_write_trailer(to + 120 + size, &totals);
    return 120 + size + 88;
}

START_TEST(a_forged_file_with_right_sums_is_refused_too)
{
    unsigned char bytes[512];
    size_t size = forge(bytes, forged[_i].records, forged[_i].size, forged[_i].events);
    check_refused(bytes, size);
    ck_assert_str_eq(error.text, forged[_i].message);
    ck_assert_uint_le(memory.peak, 1 << 20);
}
END_TEST

START_TEST(a_declared_size_is_checked_before_it_is_allocated)
{
    unsigned char bytes[512];
    const struct gcs_place places[] = {
        {.compressed = true, .raw_bytes = UINT32_MAX, .stored_bytes = 1},
        {.compressed = true, .raw_bytes = GCS_RAW_MAX + 1, .stored_bytes = 1},
        {.compressed = false, .raw_bytes = UINT32_MAX, .stored_bytes = 1},
    };
    for (size_t i = 0; i < COUNT(places); i++) {
        size_t size = forge(bytes, "\xb9", 1, 1);
        gcs_write_head(bytes + 72, &places[i]);
        check_refused(bytes, size);
        ck_assert_str_eq(error.text, "block 0: its size is out of bounds");
        ck_assert_uint_le(memory.peak, 1 << 18);
    }
    const struct gcs_place later = {.raw_bytes = 1, .stored_bytes = 1, .first_event = 1};
    size_t size = forge(bytes, "\xb9", 1, 1);
    gcs_write_head(bytes + 72, &later);
    check_refused(bytes, size);
    ck_assert_str_eq(error.text, "block 0: it does not continue the block before it");
    const struct gcs_place frame = {.compressed = true, .raw_bytes = 9, .stored_bytes = 1};
    gcs_write_head(bytes + 72, &frame);
    check_refused(bytes, size);
    ck_assert_ptr_nonnull(strstr(error.text, "block 0: does not decompress"));
}
END_TEST

START_TEST(a_file_converted_as_if_it_were_text_is_told_apart)
{
    static const char *const heads[] = {"\x89gctb", "\x89gctb\n\x1a\x01", "\x89gctb\r\r\n\x1a"};
    for (size_t i = 0; i < COUNT(heads); i++) {
        check_refused(heads[i], strlen(heads[i]));
        ck_assert_str_eq(error.text, "the file was cut, or converted as if it were text: copy "
                                     "it as it is");
    }
}
END_TEST

START_TEST(an_unknown_version_or_option_in_the_header_is_refused)
{
    unsigned char bytes[512];
    size_t size = forge(bytes, "\xb9", 1, 1);
    bytes[8] = 2;
    check_refused(bytes, size);
    ck_assert_str_eq(error.text, "binary version 2 is unknown: this program reads version 1");
    bytes[8] = 1;
    bytes[13] = 2;
    gcs_store(bytes + 64, XXH3_64bits(bytes, 64), 8);
    check_refused(bytes, size);
    ck_assert_str_eq(error.text, "the header holds unknown options");
}
END_TEST

/*
 * Long traces
 */
static struct gcs_event allocate(uint64_t object)
{
    return (struct gcs_event){.op = GCS_OP_ALLOCATE, .slots = 1, .object = object};
}

/* `count` objects, each stored into by the next, in several blocks. */
static struct gcs_trace *build_long(uint32_t count, bool compress)
{
    struct gcs_trace_builder *builder;
    struct gcs_trace *trace = NULL;
    const struct gcs_type type = {.name = "A", .bytes = 32, .slots = 1};
    ck_assert_int_eq(gcs_trace_builder_new(&memory, compress, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_OK);
    for (uint64_t i = 1; i <= count; i++) {
        struct gcs_event event = allocate(i);
        MUST(gcs_trace_builder_add(builder, &event, NULL, &error) == GCS_OK);
        event =
            (struct gcs_event){.op = GCS_OP_STORE, .object = i, .value = i * 0x9e3779b9 % i};
        MUST(gcs_trace_builder_add(builder, &event, NULL, &error) == GCS_OK);
    }
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
    return trace;
}

START_TEST(blocks_follow_each_other_and_are_found_by_event)
{
    struct gcs_trace *trace = build_long(300000, _i);
    struct gcs_trace *again = read_bytes(trace->image, trace->image_size);
    const struct gcs_trace_whole *whole = gcs_trace_inside(again);
    ck_assert_uint_gt(whole->place_count, 4);
    for (size_t i = 0; i < whole->place_count; i++) {
        const struct gcs_place *place = &whole->places[i];
        ck_assert_uint_le(place->raw_bytes, GCS_RAW_AIM);
        ck_assert_uint_eq(gcs_trace_block_of(again, place->first_event), i);
        ck_assert_uint_eq(gcs_trace_block_of(again, place->first_event + place->events - 1), i);
    }
    struct gcs_cursor *cursors[2];
    struct gcs_block blocks[2];
    uint64_t events = 0;
    ck_assert_int_eq(gcs_cursor_new(again, &memory, &cursors[0], &error), GCS_OK);
    ck_assert_int_eq(gcs_cursor_new_ahead(again, &memory, &cursors[1], &error), GCS_OK);
    do { /* two cursors of one trace do not know of each other, whoever decodes */
        for (int i = 0; i < 2; i++)
            MUST(gcs_cursor_next(cursors[i], &blocks[i], &error) == GCS_OK);
        MUST(blocks[0].count == blocks[1].count && blocks[0].first_event == events);
        MUST(!blocks[0].count || !memcmp(blocks[0].events, blocks[1].events,
                                         blocks[0].count * sizeof *blocks[0].events));
        events += blocks[0].count;
    } while (blocks[0].count);
    ck_assert_uint_eq(events, 600000);
    for (int i = 0; i < 2; i++)
        gcs_cursor_free(cursors[i]);
    ck_assert_str_eq(trace->digest.hex, again->digest.hex);
    gcs_trace_free(trace);
    gcs_trace_free(again);
}
END_TEST

/* However far the thread ahead has come: full, ended, or at its first block. */
START_TEST(a_cursor_that_works_ahead_can_be_let_go_anywhere)
{
    struct gcs_trace *trace = build_long(200000, _i % 2);
    struct gcs_cursor *cursor;
    struct gcs_block block = {.count = 1};
    size_t before = memory.used;
    ck_assert_int_eq(gcs_cursor_new_ahead(trace, &memory, &cursor, &error), GCS_OK);
    for (int blocks = 0; blocks < _i && block.count; blocks++)
        ck_assert_int_eq(gcs_cursor_next(cursor, &block, &error), GCS_OK);
    ck_assert_uint_gt(memory.used, before);
    gcs_cursor_free(cursor);
    ck_assert_uint_eq(memory.used, before);
    gcs_trace_free(trace);
}
END_TEST

/* The thread's share counts: a budget is kept, and what it is too small for is told. */
START_TEST(a_cursor_that_works_ahead_keeps_to_the_budget)
{
    struct gcs_trace *trace = build_long(100000, true);
    enum gcs_status status = GCS_LIMIT;
    for (size_t limit = 1; status == GCS_LIMIT; limit += limit / 8 + 1) {
        struct gcs_memory budget = {.limit = limit};
        struct gcs_error why = {0};
        struct gcs_cursor *cursor = NULL;
        struct gcs_block block = {.count = 1};
        status = gcs_cursor_new_ahead(trace, &budget, &cursor, &why);
        while (status == GCS_OK && block.count)
            status = gcs_cursor_next(cursor, &block, &why);
        ck_assert_int_eq(why.status, status);
        ck_assert_uint_le(budget.peak, limit);
        gcs_cursor_free(cursor);
        ck_assert_uint_eq(budget.used, 0);
    }
    ck_assert_int_eq(status, GCS_OK);
    gcs_trace_free(trace);
}
END_TEST

START_TEST(the_block_that_is_damaged_is_named)
{
    struct gcs_trace *trace = build_long(300000, true);
    const struct gcs_place *place = &gcs_trace_inside(trace)->places[3];
    unsigned char *bytes = malloc(trace->image_size);
    size_t size = trace->image_size, at = place->stored_at;
    memcpy(bytes, trace->image, size);
    gcs_trace_free(trace);
    check_refused(bytes, at + 1);
    ck_assert_str_eq(error.text, "block 3: the file is cut short here");
    bytes[at] ^= 1;
    check_refused(bytes, size);
    ck_assert_str_eq(error.text, "block 3: damaged (the checksum of its bytes does not fit)");
    free(bytes);
}
END_TEST

START_TEST(an_object_born_with_a_million_references_gets_a_block_of_its_own)
{
    enum { SLOTS = 1200000 };
    struct gcs_trace_builder *builder;
    struct gcs_trace *trace = NULL;
    const struct gcs_type type = {.name = "l", .bytes = 32, .kind = GCS_KIND_LIST};
    uint64_t *targets = calloc(SLOTS, sizeof *targets);
    for (uint32_t i = 0; i < SLOTS; i++)
        targets[i] = i % 3 ? 1 : 2;
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_OK);
    for (uint64_t i = 1; i <= 1000; i++) {
        struct gcs_event event = {.op = GCS_OP_ALLOCATE, .object = i};
        if (i == 500) {
            event.flags = GCS_EVENT_BORN | GCS_EVENT_OWN_SLOTS;
            event.slots = SLOTS;
        }
        ck_assert_int_eq(gcs_trace_builder_add(builder, &event, targets, &error), GCS_OK);
    }
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
    ck_assert_uint_eq(gcs_trace_inside(trace)->place_count, 3);
    struct gcs_memory apart = memory;
    memory = (struct gcs_memory){0};
    struct gcs_trace *again = read_bytes(trace->image, trace->image_size);
    ck_assert_uint_le(memory.peak, 12 * trace->image_size);
    ck_assert_str_eq(trace->digest.hex, again->digest.hex);
    struct gcs_cursor *cursor;
    struct gcs_block block;
    ck_assert_int_eq(gcs_cursor_new(again, &memory, &cursor, &error), GCS_OK);
    do
        ck_assert_int_eq(gcs_cursor_next(cursor, &block, &error), GCS_OK);
    while (block.first_event + block.count < 500);
    const struct gcs_event *event = &block.events[499 - block.first_event];
    ck_assert_uint_eq(event->slots, SLOTS);
    ck_assert(!memcmp(block.targets + event->first, targets, SLOTS * sizeof *targets));
    gcs_cursor_free(cursor);
    gcs_trace_free(again);
    ck_assert_uint_eq(memory.used, 0);
    memory = apart;
    gcs_trace_free(trace);
    free(targets);
}
END_TEST

/*
 * The builder
 */
START_TEST(what_is_refused_is_not_appended)
{
    struct gcs_trace_builder *builder;
    struct gcs_trace *trace = NULL;
    const struct gcs_type type = {.name = "A", .bytes = 32, .slots = 1};
    const struct gcs_event good = allocate(1);
    const struct gcs_event wrong[] = {
        allocate(1),
        {.op = GCS_OP_ALLOCATE, .object = 2},            /* slots without the flag */
        {.op = GCS_OP_ALLOCATE, .object = 2, .type = 1}, /* no such type */
        {.op = GCS_OP_STORE, .object = 1, .value = 2},   /* no such object */
        {.op = GCS_OP_WEAK, .object = 1, .value = 1},    /* no weakref */
        {.op = GCS_OP_GC, .detail = GCS_GC_COLLECT},     /* `c` is for that */
        {.op = GCS_OP_MARK, .type = 0},                  /* no such label */
        {.op = GCS_OP_COUNT},
    };
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_INVALID);
    ck_assert_int_eq(gcs_trace_builder_add(builder, &good, NULL, &error), GCS_OK);
    for (size_t i = 0; i < COUNT(wrong); i++) {
        error = (struct gcs_error){0};
        ck_assert_int_eq(gcs_trace_builder_add(builder, &wrong[i], NULL, &error), GCS_INVALID);
        ck_assert_uint_eq(gcs_trace_builder_events(builder), 1);
    }
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
    check_prints(trace, "gctrace 1\nt 0 A 1 32\na 1 0\n");
    gcs_trace_free(trace);
}
END_TEST

static void check_type_refused(struct gcs_trace_builder *builder, struct gcs_type type,
                               const char *message)
{
    error = (struct gcs_error){0};
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_INVALID);
    ck_assert_str_eq(error.text, message);
}

START_TEST(definitions_that_no_text_can_hold_are_refused)
{
    struct gcs_trace_builder *builder;
    const struct gcs_options options[] = {
        {.objects_minor = 100}, {.start = {1}}, {.standing = GCS_OBJECTS_MAX + 1}};
    const struct gcs_type good = {.name = "A", .number = 1};
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    for (size_t i = 0; i < COUNT(options); i++) {
        error = (struct gcs_error){0};
        ck_assert_int_eq(gcs_trace_builder_options(builder, &options[i], &error), GCS_INVALID);
    }
    check_type_refused(builder, (struct gcs_type){.name = ""}, "the type's name is empty");
    check_type_refused(builder, (struct gcs_type){.name = "A", .kind = GCS_KIND_COUNT},
                       "kind 17: no such kind");
    check_type_refused(builder, (struct gcs_type){.name = "A", .finalizer = 3},
                       "finalizer 3: no such finalizer");
    check_type_refused(builder, (struct gcs_type){.name = "A", .number = 1u << 20},
                       "type 1048576: numbers end at 1048575");
    error = (struct gcs_error){0};
    ck_assert_int_eq(gcs_trace_builder_type(builder, &good, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_options(builder, &(struct gcs_options){0}, &error),
                     GCS_INVALID);
    ck_assert_str_eq(error.text, "options stand directly behind the first line");
    gcs_trace_builder_free(builder);
}
END_TEST

START_TEST(flags_that_say_nothing_new_are_left_out)
{
    struct gcs_trace_builder *builder;
    struct gcs_trace *trace = NULL;
    const struct gcs_type type = {.name = "A", .bytes = 32, .slots = 1};
    const uint64_t none[] = {0};
    struct gcs_event event = allocate(1);
    event.flags = GCS_EVENT_BORN | GCS_EVENT_OWN_SLOTS | GCS_EVENT_OWN_EXTRA;
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_type(builder, &type, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_add(builder, &event, none, &error), GCS_OK);
    event = allocate(2);
    event.value = 5; /* and OWN_EXTRA follows from it */
    ck_assert_int_eq(gcs_trace_builder_add(builder, &event, NULL, &error), GCS_OK);
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
    check_prints(trace, "gctrace 1\nt 0 A 1 32\na 1 0\na 2 0 5\n");
    gcs_trace_free(trace);
}
END_TEST

START_TEST(labels_are_numbered_in_order_of_first_use)
{
    struct gcs_trace_builder *builder;
    struct gcs_trace *trace = NULL;
    static const char *const labels[] = {"never", "b", "a", "c"};
    uint32_t ids[4], again;
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    for (size_t i = 0; i < 4; i++)
        gcs_trace_builder_label(builder, labels[i], 1 + 4 * !i, &ids[i], &error);
    gcs_trace_builder_label(builder, "a", 1, &again, &error);
    ck_assert_uint_eq(again, ids[2]);
    static const unsigned char use[] = {3, 2, 1, 3};
    for (size_t i = 0; i < 4; i++) {
        struct gcs_event event = {.op = GCS_OP_MARK, .type = ids[use[i]]};
        ck_assert_int_eq(gcs_trace_builder_add(builder, &event, NULL, &error), GCS_OK);
    }
    ck_assert_int_eq(gcs_trace_builder_finish(builder, &trace, &error), GCS_OK);
    ck_assert_uint_eq(trace->label_count, 3);
    check_prints(trace, "gctrace 1\nm c\nm a\nm b\nm c\n");
    struct gcs_trace *text = read_text("gctrace 1\nm c\nm a\nm b\nm c\n");
    ck_assert_str_eq(text->digest.hex, trace->digest.hex);
    gcs_trace_free(text);
    gcs_trace_free(trace);
}
END_TEST

START_TEST(the_bounds_on_labels_and_open_requests_hold)
{
    struct gcs_trace_builder *builder;
    uint32_t id;
    char label[16];
    ck_assert_int_eq(gcs_trace_builder_new(&memory, true, &builder, &error), GCS_OK);
    for (uint32_t i = 0; i <= GCS_LABELS_MAX; i++) {
        for (uint32_t digit = 0; digit < 6; digit++)
            label[digit] = (char)('A' + (i >> 4 * digit & 15));
        MUST(gcs_trace_builder_label(builder, label, 6, &id, &error) ==
             (i < GCS_LABELS_MAX ? GCS_OK : GCS_INVALID));
    }
    ck_assert_str_eq(error.text, "a trace has at most 65535 different labels");
    error = (struct gcs_error){0};
    for (uint64_t i = 0; i <= GCS_OPEN_REQUESTS_MAX; i++) {
        const struct gcs_event event = {.op = GCS_OP_BEGIN, .object = i << 32 ^ i};
        MUST(gcs_trace_builder_add(builder, &event, NULL, &error) ==
             (i < GCS_OPEN_REQUESTS_MAX ? GCS_OK : GCS_INVALID));
    }
    ck_assert_str_eq(error.text, "more than 1048576 requests are open at once");
    error = (struct gcs_error){0};
    for (uint64_t i = 0; i < GCS_OPEN_REQUESTS_MAX; i++) {
        const struct gcs_event event = {.op = GCS_OP_END, .object = i << 32 ^ i};
        MUST(gcs_trace_builder_add(builder, &event, NULL, &error) == GCS_OK);
    }
    gcs_trace_builder_free(builder);
}
END_TEST

/*
 * Memory
 */
START_TEST(a_budget_too_small_ends_in_one_error_and_leaves_nothing)
{
    struct gcs_trace *whole = read_text(everything);
    size_t enough = memory.peak + (1 << 18), failures = 0;
    for (size_t limit = 64; limit < enough; limit += limit / 16 + 1) {
        struct gcs_memory tight = {.limit = limit};
        for (int form = 0; form < 2; form++) {
            const void *bytes = form ? (const void *)whole->image : everything;
            size_t size = form ? whole->image_size : strlen(everything);
            struct gcs_trace *trace = NULL;
            struct gcs_cursor *cursor = NULL;
            error = (struct gcs_error){0};
            enum gcs_status status = gcs_trace_read(bytes, size, &tight, &trace, &error);
            if (status == GCS_OK && gcs_cursor_new(trace, &tight, &cursor, &error) == GCS_OK) {
                struct gcs_block block;
                status = gcs_cursor_next(cursor, &block, &error);
            }
            failures += error.status != GCS_OK;
            ck_assert(error.status == GCS_OK || error.status == GCS_LIMIT);
            gcs_cursor_free(cursor);
            gcs_trace_free(trace);
            ck_assert_uint_eq(tight.used, 0);
            ck_assert_uint_le(tight.peak, limit);
        }
    }
    ck_assert_uint_gt(failures, 20);
    gcs_trace_free(whole);
}
END_TEST

static Suite *trace_suite(void)
{
    Suite *suite = suite_create("trace");
    TCase *text = tcase_create("text");
    tcase_add_checked_fixture(text, setup, teardown);
    tcase_add_loop_test(text, a_wrong_line_is_refused_at_its_field, 0, (int)COUNT(line_faults));
    tcase_add_loop_test(text, a_wrong_text_is_refused_at_its_place, 0, (int)COUNT(text_faults));
    tcase_add_test(text, canonical_text_is_printed_as_it_was_read);
    tcase_add_test(text, comments_blank_lines_and_a_missing_last_line_end_change_nothing);
    tcase_add_test(text, the_totals_types_labels_and_options_are_those_of_the_text);
    tcase_add_test(text, a_cursor_hands_out_the_fields_of_each_event);
    tcase_add_test(text, an_event_is_found_by_its_line);
    tcase_add_test(text, a_sink_that_gives_up_ends_the_printing);
    suite_add_tcase(suite, text);

    TCase *binary = tcase_create("binary");
    tcase_add_checked_fixture(binary, setup, teardown);
    tcase_set_timeout(binary, 60);
    tcase_add_test(binary, text_and_bytes_say_the_same);
    tcase_add_test(binary, the_layout_is_the_one_that_is_documented);
    tcase_add_loop_test(binary, a_file_cut_anywhere_is_refused, 0, 2);
    tcase_add_loop_test(binary, a_file_with_any_bit_flipped_is_refused, 0, 2);
    tcase_add_test(binary, bytes_behind_the_trailer_are_refused);
    tcase_add_loop_test(binary, a_forged_file_with_right_sums_is_refused_too, 0,
                        (int)COUNT(forged));
    tcase_add_test(binary, a_declared_size_is_checked_before_it_is_allocated);
    tcase_add_test(binary, a_file_converted_as_if_it_were_text_is_told_apart);
    tcase_add_test(binary, an_unknown_version_or_option_in_the_header_is_refused);
    tcase_add_loop_test(binary, blocks_follow_each_other_and_are_found_by_event, 0, 2);
    tcase_add_loop_test(binary, a_cursor_that_works_ahead_can_be_let_go_anywhere, 0, 64);
    tcase_add_test(binary, a_cursor_that_works_ahead_keeps_to_the_budget);
    tcase_add_test(binary, the_block_that_is_damaged_is_named);
    tcase_add_test(binary, an_object_born_with_a_million_references_gets_a_block_of_its_own);
    suite_add_tcase(suite, binary);

    TCase *builder = tcase_create("builder");
    tcase_add_checked_fixture(builder, setup, teardown);
    tcase_set_timeout(builder, 60);
    tcase_add_test(builder, what_is_refused_is_not_appended);
    tcase_add_test(builder, definitions_that_no_text_can_hold_are_refused);
    tcase_add_test(builder, flags_that_say_nothing_new_are_left_out);
    tcase_add_test(builder, labels_are_numbered_in_order_of_first_use);
    tcase_add_test(builder, the_bounds_on_labels_and_open_requests_hold);
    tcase_add_test(builder, a_budget_too_small_ends_in_one_error_and_leaves_nothing);
    suite_add_tcase(suite, builder);
    return suite;
}

int main(void)
{
    gcs_init();
    SRunner *runner = srunner_create(trace_suite());
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
