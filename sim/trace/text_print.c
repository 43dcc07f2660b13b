/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A trace as its canonical text. */
#include "trace_private.h"

#include <string.h>

struct printer {
    const struct gcs_trace *trace;
    struct gcs_text text;
    char line[128]; /* the line under way, but for names and lists of targets */
    size_t length;
};

/* A letter and at most 4 numbers fit in a line's buffer. */
static void put_number(struct printer *printer, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    printer->line[printer->length++] = ' ';
    memcpy(printer->line + printer->length, digits + at, sizeof digits - at);
    printer->length += sizeof digits - at;
}

static void put_signed(struct printer *printer, uint64_t value)
{
    if (value >> 63) {
        put_number(printer, 0 - value);
        size_t digits = printer->length;
        while (printer->line[digits - 1] != ' ')
            digits--;
        memmove(printer->line + digits + 1, printer->line + digits, printer->length - digits);
        printer->line[digits] = '-';
        printer->length++;
    } else {
        put_number(printer, value);
    }
}

static void flush_line(struct printer *printer)
{
    gcs_text_add_bytes(&printer->text, printer->line, printer->length);
    printer->length = 0;
}

static void put_word(struct printer *printer, const char *word)
{
    flush_line(printer);
    gcs_text_add_bytes(&printer->text, " ", 1);
    gcs_text_add_bytes(&printer->text, word, strlen(word));
}

static void end_line(struct printer *printer)
{
    printer->line[printer->length++] = '\n';
    flush_line(printer);
}

static void print_allocate(struct printer *printer, const struct gcs_event *event,
                           const uint64_t *targets)
{
    put_number(printer, event->object);
    put_number(printer, event->type);
    if (event->flags & GCS_EVENT_OWN_EXTRA)
        put_number(printer, event->value);
    if (event->flags & GCS_EVENT_OWN_SLOTS)
        put_number(printer, event->slots);
    if (event->flags & GCS_EVENT_BORN) {
        put_word(printer, "=");
        for (uint32_t i = 0; i < event->slots; i++) {
            put_number(printer, targets[event->first + i]);
            if (printer->length > sizeof printer->line / 2)
                flush_line(printer);
        }
    }
}

static void print_gc(struct printer *printer, const struct gcs_event *event,
                     const uint64_t *targets)
{
    put_word(printer, gcs_gc_name((enum gcs_gc)event->detail));
    if (event->detail == GCS_GC_THRESHOLD)
        for (uint32_t i = 0; i < event->slots; i++)
            put_signed(printer, targets[event->first + i]);
}

static void print_fields(struct printer *printer, const struct gcs_event *event,
                         const uint64_t *targets)
{
    switch ((enum gcs_op)event->op) {
    case GCS_OP_ALLOCATE:
        print_allocate(printer, event, targets);
        break;
    case GCS_OP_STORE:
        put_number(printer, event->object);
        put_number(printer, event->type);
        put_number(printer, event->value);
        break;
    case GCS_OP_ROOT_MORE:
    case GCS_OP_ROOT_LESS:
    case GCS_OP_WORK:
    case GCS_OP_IDLE:
    case GCS_OP_END:
        put_number(printer, event->object);
        break;
    case GCS_OP_RESIZE:
        put_number(printer, event->object);
        put_number(printer, event->value);
        break;
    case GCS_OP_WEAK:
        put_number(printer, event->object);
        put_number(printer, event->value);
        if (event->detail != GCS_WEAK_PLAIN)
            put_word(printer, event->detail == GCS_WEAK_KEEP ? "keep" : "drop");
        break;
    case GCS_OP_BEGIN:
        put_number(printer, event->object);
        if (event->flags & GCS_EVENT_ARRIVAL)
            put_number(printer, event->value);
        break;
    case GCS_OP_COLLECT:
        put_number(printer, event->detail);
        break;
    case GCS_OP_GC:
        print_gc(printer, event, targets);
        break;
    case GCS_OP_MARK:
        put_word(printer, printer->trace->labels[event->type]);
        break;
    case GCS_OP_ENTER:
    case GCS_OP_LEAVE:
    case GCS_OP_COUNT:
        break;
    }
}

static void print_type(struct printer *printer, const struct gcs_type *type)
{
    printer->line[printer->length++] = 't';
    put_number(printer, type->number);
    put_word(printer, type->name);
    put_number(printer, type->slots);
    if (type->bytes == GCS_BYTES_BY_MODEL)
        put_word(printer, "-");
    else
        put_number(printer, type->bytes);
    if (type->kind != GCS_KIND_INSTANCE) {
        put_word(printer, "kind=");
        gcs_text_add(&printer->text, "%s", gcs_kind_name(type->kind));
    }
    if (type->dict)
        put_word(printer, "dict");
    if (type->weakrefable)
        put_word(printer, "weakrefable");
    if (type->finalizer != GCS_FINALIZER_NONE)
        put_word(printer,
                 type->finalizer == GCS_FINALIZER_PLAIN ? "finalizer" : "finalizer=resurrect");
    if (type->legacy)
        put_word(printer, "legacy");
    end_line(printer);
}

static void print_head(struct printer *printer)
{
    const struct gcs_options *options = &printer->trace->options;
    struct gcs_text *text = &printer->text;
    gcs_text_add(text, "%s\n", GCS_TEXT_VERSION);
    if (options->objects_minor)
        gcs_text_add(text, "o objects=3.%u\n", options->objects_minor);
    if (options->freelists_resolved)
        gcs_text_add(text, "o freelists=resolved\n");
    if (options->standing)
        gcs_text_add(text, "o standing=%llu\n", (unsigned long long)options->standing);
    if (options->has_start) {
        gcs_text_add(text, "o start=");
        for (unsigned i = 0; i < 5; i++)
            gcs_text_add(text, "%llu%c", (unsigned long long)options->start[i],
                         i < 4 ? ',' : '\n');
    }
    if (options->roots_native)
        gcs_text_add(text, "o roots=native\n");
}

static enum gcs_status print_events(struct printer *printer, struct gcs_cursor *cursor,
                                    struct gcs_error *error)
{
#define OP_LETTER(name, letter) letter,
    static const char letters[] = {GCS_OP_LIST(OP_LETTER)};
    struct gcs_block block;
    const struct gcs_type *type;
    do {
        GCS_TRY(gcs_cursor_next_part(cursor, &block, &type, error));
        for (uint32_t i = 0; i < block.count; i++) {
            const struct gcs_event *event = &block.events[i];
            printer->line[printer->length++] = letters[event->op];
            print_fields(printer, event, block.targets);
            end_line(printer);
        }
        if (type)
            print_type(printer, type);
        if (printer->text.failed)
            break;
    } while (block.count || type);
    return GCS_OK;
}

enum gcs_status gcs_trace_print(const struct gcs_trace *trace, const struct gcs_sink *sink,
                                struct gcs_error *error)
{
    struct gcs_memory memory = {0};
    struct printer printer = {.trace = trace};
    struct gcs_cursor *cursor;
    GCS_TRY(gcs_cursor_new(trace, &memory, &cursor, error));
    gcs_text_init(&printer.text, sink);
    print_head(&printer);
    enum gcs_status status = print_events(&printer, cursor, error);
    if (!gcs_text_flush(&printer.text) && status == GCS_OK)
        status = gcs_fail(error, GCS_LIMIT, "the text could not be written");
    gcs_text_fini(&printer.text);
    gcs_cursor_free(cursor);
    return status;
}
