/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Text to a trace: one pass, line by line, straight into a builder. A line says itself whether
 * it is well formed; whether it fits the lines before it, the builder's grammar says.
 *
 * There is one text for each trace, and only that is read: what has a default is left out,
 * not written. So printing what was read gives the same bytes.
 */
#include "trace_private.h"

#include <string.h>

struct reader {
    struct gcs_line line;
    const char *text_end;
    const char *next; /* the line behind this one */
    struct gcs_memory *memory;
    struct gcs_trace_builder *builder;
    const struct gcs_grammar *grammar;
    struct gcs_options options;
    unsigned last_option;
    bool options_end; /* something other than an option has come */
    uint64_t *targets;
    size_t targets_capacity;
    uint64_t targets_field; /* the field in which the list of targets begins */
    struct gcs_event event;
};

/* Takes the next field, a number. The path that every field of every event goes. */
static inline enum gcs_status take(struct gcs_line *line, const char *name, uint64_t *value)
{
    const char *at = line->at, *end = line->end;
    if (end - at < 2 || *at != ' ')
        return gcs_line_number_fault(line, name);
    const char *start = ++at;
    uint64_t sum = 0;
    for (; at < end; at++) {
        unsigned digit = (unsigned char)*at - (unsigned)'0';
        if (digit > 9)
            break;
        sum = sum * 10 + digit;
    }
    if (at == start || (at < end && *at != ' ') || (*start == '0' && at > start + 1) ||
        at - start > 19) /* 20 digits may fit or not: the slow way finds out */
        return gcs_line_number(line, name, UINT64_MAX, value);
    line->at = at;
    *value = sum;
    return GCS_OK;
}

static inline enum gcs_status take32(struct gcs_line *line, const char *name, uint32_t most,
                                     uint32_t *value)
{
    const char *before = line->at;
    uint64_t number;
    GCS_TRY(take(line, name, &number));
    if (number > most)
        return GCS_LINE_FAULT(line, before + 1, "%s: %llu is above %u", name,
                              (unsigned long long)number, most);
    *value = (uint32_t)number;
    return GCS_OK;
}

/* Turns what the grammar found wrong into a place in the line. */
static enum gcs_status grammar_fault(struct reader *reader, const struct gcs_error *found)
{
    struct gcs_line *line = &reader->line;
    uint64_t field = reader->grammar->fault_field;
    if (found->status != GCS_INVALID)
        return gcs_fail(line->error, found->status, "%s", found->text);
    if (field >= GCS_FIELD_TARGETS)
        field = reader->targets_field + (field - GCS_FIELD_TARGETS);
    return GCS_LINE_FAULT(line, gcs_line_find(line, field), "%s", found->text);
}

static enum gcs_status add(struct reader *reader)
{
    struct gcs_error found;
    found.status = GCS_OK;
    enum gcs_status status =
        gcs_trace_builder_add(reader->builder, &reader->event, reader->targets, &found);
    return status == GCS_OK ? GCS_OK : grammar_fault(reader, &found);
}

static bool at_equals(const struct gcs_line *line)
{
    return line->end - line->at >= 2 && line->at[1] == '=' &&
           (line->end - line->at == 2 || line->at[2] == ' ');
}

/* `= TARGET…`: one number for each slot, not all of them 0. */
static enum gcs_status take_targets(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    struct gcs_event *event = &reader->event;
    const char *equals = line->at + 1;
    size_t count = 0;
    uint64_t any = 0;
    line->at += 2;
    while (line->at != line->end) {
        if (count == event->slots)
            return GCS_LINE_FAULT(line, line->at + 1,
                                  "too many references: the object has %u slots", event->slots);
        if (count == reader->targets_capacity)
            GCS_TRY(GCS_GROW(reader->memory, &reader->targets, &reader->targets_capacity,
                             count + 1, line->error));
        GCS_TRY(take(line, "TARGET", &reader->targets[count]));
        any |= reader->targets[count++];
    }
    if (count < event->slots)
        return GCS_LINE_FAULT(
            line, line->at, "%zu references, but the object has %u slots: name all (0: empty)",
            count, event->slots);
    if (!any)
        return GCS_LINE_FAULT(line, equals, "all references are empty: leave `=` and them out");
    event->flags |= GCS_EVENT_BORN;
    return GCS_OK;
}

/* [EXTRA [SLOTS]] */
static enum gcs_status take_sizes(struct reader *reader, uint32_t usual_slots)
{
    struct gcs_line *line = &reader->line;
    struct gcs_event *event = &reader->event;
    const char *extra = line->at + 1;
    GCS_TRY(take(line, "EXTRA", &event->value));
    event->flags |= GCS_EVENT_OWN_EXTRA;
    reader->targets_field++;
    if (line->at == line->end || at_equals(line)) {
        if (!event->value)
            return GCS_LINE_FAULT(line, extra, "EXTRA is 0, its default: leave it out");
        return GCS_OK;
    }
    const char *slots = line->at + 1;
    GCS_TRY(take32(line, "SLOTS", GCS_SLOTS_MAX, &event->slots));
    event->flags |= GCS_EVENT_OWN_SLOTS;
    reader->targets_field++;
    if (event->slots == usual_slots)
        return GCS_LINE_FAULT(line, slots, "SLOTS is %u as its type says: leave it out",
                              usual_slots);
    return GCS_OK;
}

static enum gcs_status read_allocate(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    struct gcs_event *event = &reader->event;
    line->syntax = "a OBJECT TYPE [EXTRA [SLOTS]] [= TARGET…]";
    GCS_TRY(take(line, "OBJECT", &event->object));
    GCS_TRY(take32(line, "TYPE", GCS_TYPE_NUMBER_MAX, &event->type));
    if (event->type >= reader->grammar->type_count || !reader->grammar->types[event->type])
        return add(reader); /* which says so */
    uint32_t usual_slots = reader->grammar->type_slots[event->type];
    event->slots = usual_slots;
    reader->targets_field = 4;
    if (line->at != line->end && !at_equals(line))
        GCS_TRY(take_sizes(reader, usual_slots));
    if (line->at != line->end) {
        if (!at_equals(line))
            return gcs_line_end(line);
        GCS_TRY(take_targets(reader));
    }
    return add(reader);
}

static enum gcs_status read_store(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    line->syntax = "s SOURCE SLOT TARGET";
    GCS_TRY(take(line, "SOURCE", &reader->event.object));
    GCS_TRY(take32(line, "SLOT", GCS_SLOTS_MAX - 1, &reader->event.type));
    GCS_TRY(take(line, "TARGET", &reader->event.value));
    GCS_TRY(gcs_line_end(line));
    return add(reader);
}

/* A letter and one number. */
static enum gcs_status read_one(struct reader *reader, const char *syntax)
{
    struct gcs_line *line = &reader->line;
    line->syntax = syntax;
    GCS_TRY(take(line, syntax + 2, &reader->event.object));
    GCS_TRY(gcs_line_end(line));
    return add(reader);
}

static enum gcs_status read_resize(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    line->syntax = "z OBJECT EXTRA";
    GCS_TRY(take(line, "OBJECT", &reader->event.object));
    GCS_TRY(take(line, "EXTRA", &reader->event.value));
    GCS_TRY(gcs_line_end(line));
    return add(reader);
}

static enum gcs_status read_begin(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    line->syntax = "b REQUEST [ARRIVAL_NS]";
    GCS_TRY(take(line, "REQUEST", &reader->event.object));
    if (line->at != line->end) {
        reader->event.flags = GCS_EVENT_ARRIVAL;
        GCS_TRY(take(line, "ARRIVAL_NS", &reader->event.value));
    }
    GCS_TRY(gcs_line_end(line));
    return add(reader);
}

static bool is(const char *field, size_t length, const char *word)
{
    return strlen(word) == length && !memcmp(field, word, length);
}

static enum gcs_status read_weak(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    line->syntax = "k WEAK TARGET [keep|drop]";
    GCS_TRY(take(line, "WEAK", &reader->event.object));
    GCS_TRY(take(line, "TARGET", &reader->event.value));
    if (line->at != line->end) {
        const char *field;
        size_t length;
        GCS_TRY(gcs_line_field(line, "keep or drop", &field, &length));
        if (is(field, length, "keep"))
            reader->event.detail = GCS_WEAK_KEEP;
        else if (is(field, length, "drop"))
            reader->event.detail = GCS_WEAK_DROP;
        else
            return GCS_LINE_FAULT(line, field, "a callback is keep or drop: %s", line->syntax);
    }
    GCS_TRY(gcs_line_end(line));
    return add(reader);
}

static enum gcs_status read_gc(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    struct gcs_event *event = &reader->event;
    const char *field;
    size_t length;
    unsigned action = 0;
    line->syntax = "g enable, disable, freeze, unfreeze or threshold T0 [T1 [T2]]";
    GCS_TRY(gcs_line_field(line, "ACTION", &field, &length));
    while (action < GCS_GC_COLLECT && !is(field, length, gcs_gc_name((enum gcs_gc)action)))
        action++;
    if (action == GCS_GC_COLLECT)
        return GCS_LINE_FAULT(line, field, "unknown action: %s%s", line->syntax,
                              is(field, length, "collect") ? "; to collect, write c GENERATION"
                                                           : "");
    event->detail = (uint8_t)action;
    if (action == GCS_GC_THRESHOLD) {
        static const char *const names[] = {"T0", "T1", "T2"};
        GCS_TRY(GCS_GROW(reader->memory, &reader->targets, &reader->targets_capacity, 3,
                         line->error));
        do
            GCS_TRY(gcs_line_signed(line, names[event->slots], &reader->targets[event->slots]));
        while (++event->slots < 3 && line->at != line->end);
    }
    GCS_TRY(gcs_line_end(line));
    return add(reader);
}

static enum gcs_status read_collect(struct reader *reader)
{
    uint32_t generation = 0;
    reader->line.syntax = "c GENERATION";
    GCS_TRY(take32(&reader->line, "GENERATION", 2, &generation));
    reader->event.detail = (uint8_t)generation;
    GCS_TRY(gcs_line_end(&reader->line));
    return add(reader);
}

static enum gcs_status read_mark(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    const char *field;
    size_t length;
    struct gcs_error found = {0};
    line->syntax = "m LABEL";
    GCS_TRY(gcs_line_field(line, "LABEL", &field, &length));
    GCS_TRY(gcs_line_end(line));
    if (gcs_trace_builder_label(reader->builder, field, length, &reader->event.type, &found) !=
        GCS_OK)
        return grammar_fault(reader, &found);
    return add(reader);
}

static enum gcs_status read_type(struct reader *reader)
{
    struct gcs_type type;
    size_t name_length;
    struct gcs_error found = {0};
    reader->line.syntax = "t TYPE NAME SLOTS BYTES [FLAG…]";
    GCS_TRY(gcs_line_type(&reader->line, &type, &name_length));
    if (gcs_trace_builder_define(reader->builder, &type, name_length, &found) != GCS_OK)
        return grammar_fault(reader, &found);
    return GCS_OK;
}

static enum gcs_status read_option(struct reader *reader)
{
    struct gcs_error found = {0};
    reader->line.syntax = "o NAME=VALUE";
    if (reader->options_end)
        return GCS_LINE_FAULT(&reader->line, reader->line.start,
                              "options stand directly behind the first line");
    GCS_TRY(gcs_line_option(&reader->line, &reader->options, &reader->last_option));
    if (gcs_trace_builder_options(reader->builder, &reader->options, &found) != GCS_OK)
        return grammar_fault(reader, &found);
    return GCS_OK;
}

static enum gcs_status read_bare(struct reader *reader, const char *syntax)
{
    reader->line.syntax = syntax;
    GCS_TRY(gcs_line_end(&reader->line));
    return add(reader);
}

static enum gcs_status unknown_line(struct gcs_line *line)
{
    if (line->start[0] == ' ')
        return GCS_LINE_FAULT(line, line->start, "a line does not begin with a space");
    return GCS_LINE_FAULT(line, line->start,
                          "unknown line: it begins with one of a s r d z k w i b e c g u v m, "
                          "t, o or #, and a space");
}

/* The op of a letter; GCS_OP_COUNT: none. */
static unsigned op_of(char letter)
{
#define OP_CASE(name, text) \
    case text:              \
        return GCS_OP_##name;
    switch (letter) {
        GCS_OP_LIST(OP_CASE)
    default:
        return GCS_OP_COUNT;
    }
}

static enum gcs_status read_event(struct reader *reader, unsigned op)
{
    reader->event = (struct gcs_event){.op = (uint8_t)op};
    switch ((enum gcs_op)op) {
    case GCS_OP_ALLOCATE:
        return read_allocate(reader);
    case GCS_OP_STORE:
        return read_store(reader);
    case GCS_OP_ROOT_MORE:
        return read_one(reader, "r OBJECT");
    case GCS_OP_ROOT_LESS:
        return read_one(reader, "d OBJECT");
    case GCS_OP_RESIZE:
        return read_resize(reader);
    case GCS_OP_WEAK:
        return read_weak(reader);
    case GCS_OP_WORK:
        return read_one(reader, "w NS");
    case GCS_OP_IDLE:
        return read_one(reader, "i NS");
    case GCS_OP_BEGIN:
        return read_begin(reader);
    case GCS_OP_END:
        return read_one(reader, "e REQUEST");
    case GCS_OP_COLLECT:
        return read_collect(reader);
    case GCS_OP_GC:
        return read_gc(reader);
    case GCS_OP_ENTER:
        return read_bare(reader, "u");
    case GCS_OP_LEAVE:
        return read_bare(reader, "v");
    case GCS_OP_MARK:
        return read_mark(reader);
    case GCS_OP_COUNT:
        break;
    }
    return unknown_line(&reader->line);
}

/* Stands on the next line; false: there is none. */
static bool next_line(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    if (reader->next == reader->text_end)
        return false;
    line->start = reader->next;
    line->end = memchr(line->start, '\n', (size_t)(reader->text_end - line->start));
    if (line->end) {
        reader->next = line->end + 1;
    } else { /* the one thing forgiven: a last line without its end */
        line->end = reader->text_end;
        reader->next = reader->text_end;
    }
    line->number++;
    return true;
}

/* Lines end in LF. A CR is looked for only where something is wrong already, for a line that
 * ends in CR LF is never right, but for comments and blank lines. */
static enum gcs_status explain_cr(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    return GCS_LINE_FAULT(line, line->end - 1,
                          "the line ends in CR LF: convert the file to LF line ends");
}

static bool has_cr(const struct gcs_line *line)
{
    return line->end > line->start && line->end[-1] == '\r';
}

static enum gcs_status read_line(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    if (line->start == line->end || *line->start == '#')
        return GCS_OK;
    if (has_cr(line))
        return explain_cr(reader);
    if (line->end - line->start > 1 && line->start[1] != ' ')
        return unknown_line(line);
    line->at = line->start + 1;
    if (*line->start == 'o')
        return read_option(reader);
    reader->options_end = true;
    if (*line->start == 't')
        return read_type(reader);
    return read_event(reader, op_of(*line->start));
}

static enum gcs_status read_first_line(struct reader *reader)
{
    struct gcs_line *line = &reader->line;
    size_t version = strlen(GCS_TEXT_VERSION);
    next_line(reader);
    if (has_cr(line))
        return explain_cr(reader);
    size_t length = (size_t)(line->end - line->start);
    if (length == version && !memcmp(line->start, GCS_TEXT_VERSION, version))
        return GCS_OK;
    return GCS_LINE_FAULT(line, line->start,
                          "the first line must be '" GCS_TEXT_VERSION
                          "': this program reads version 1");
}

static enum gcs_status read_lines(struct reader *reader)
{
    GCS_TRY(read_first_line(reader));
    while (next_line(reader))
        GCS_TRY(read_line(reader));
    return GCS_OK;
}

/* Takes the builder, whatever comes of it. */
static enum gcs_status end_of_text(struct reader *reader, struct gcs_trace **trace)
{
    struct gcs_error found = {0};
    enum gcs_status status = gcs_trace_builder_finish(reader->builder, trace, &found);
    if (status == GCS_INVALID)
        return gcs_fail_at(reader->line.error, reader->line.number, 1, NULL, "%s", found.text);
    return status == GCS_OK ? status : gcs_fail(reader->line.error, status, "%s", found.text);
}

enum gcs_status gcs_text_read(const char *text, size_t size, struct gcs_memory *memory,
                              struct gcs_trace **trace, struct gcs_error *error)
{
    struct reader reader = {
        .line.error = error,
        .text_end = text + size,
        .next = text,
        .memory = memory,
    };
    GCS_TRY(gcs_trace_builder_new(memory, true, &reader.builder, error));
    reader.grammar = &reader.builder->grammar;
    enum gcs_status status = read_lines(&reader);
    if (status == GCS_OK)
        status = end_of_text(&reader, trace);
    else
        gcs_trace_builder_free(reader.builder);
    gcs_memory_free(memory, reader.targets, reader.targets_capacity, sizeof *reader.targets);
    return status;
}

uint64_t gcs_trace_line_of(const void *bytes, size_t size, uint64_t event)
{
    struct reader reader = {.text_end = (const char *)bytes + size, .next = bytes};
    const struct gcs_line *line = &reader.line;
    if (!next_line(&reader)) /* the first one holds no event */
        return 0;
    while (next_line(&reader)) {
        char first = line->start == line->end ? '#' : *line->start;
        if (first != '#' && first != 't' && first != 'o' && event-- == 0)
            return line->number;
    }
    return 0;
}
