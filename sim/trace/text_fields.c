/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The fields of a line of text, and the two lines that consist of names: options and types.
 * Every fault is reported where it stands. */
#include "trace_private.h"

#include <string.h>

/* How much of a field a message quotes. */
static int quoted(size_t length)
{
    return length > 40 ? 40 : (int)length;
}

enum gcs_status gcs_line_field(struct gcs_line *line, const char *name, const char **field,
                               size_t *length)
{
    const char *at = line->at;
    if (at == line->end)
        return GCS_LINE_FAULT(line, at, "%s is missing: %s", name, line->syntax);
    at++; /* the space */
    if (at == line->end)
        return GCS_LINE_FAULT(line, at - 1, "a space at the end of the line: remove it");
    if (*at == ' ')
        return GCS_LINE_FAULT(line, at, "fields are separated by one space");
    *field = at;
    const char *space = memchr(at, ' ', (size_t)(line->end - at));
    line->at = space ? space : line->end;
    *length = (size_t)(line->at - at);
    return GCS_OK;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

enum gcs_status gcs_line_number_fault(struct gcs_line *line, const char *name)
{
    const char *field;
    size_t length, digits = 0;
    GCS_TRY(gcs_line_field(line, name, &field, &length));
    while (digits < length && is_digit(field[digits]))
        digits++;
    if (digits < length)
        return GCS_LINE_FAULT(line, field, "%s: '%.*s' is not a whole number: %s", name,
                              quoted(length), field, line->syntax);
    if (*field == '0' && length > 1)
        return GCS_LINE_FAULT(line, field, "%s: numbers have no leading zeros", name);
    return GCS_LINE_FAULT(line, field, "%s: %.*s does not fit in 64 bits", name, quoted(length),
                          field);
}

/* false: not a canonical number of 64 bits. */
static bool parse(const char *text, size_t length, uint64_t *value)
{
    uint64_t sum = 0;
    if (!length || (length > 1 && *text == '0'))
        return false;
    for (size_t i = 0; i < length; i++) {
        uint64_t digit = (uint64_t)(unsigned char)text[i] - '0';
        if (digit > 9 || sum > (UINT64_MAX - digit) / 10)
            return false;
        sum = sum * 10 + digit;
    }
    *value = sum;
    return true;
}

enum gcs_status gcs_line_number(struct gcs_line *line, const char *name, uint64_t most,
                                uint64_t *value)
{
    struct gcs_line before = *line;
    const char *field;
    size_t length;
    GCS_TRY(gcs_line_field(line, name, &field, &length));
    if (!parse(field, length, value))
        return gcs_line_number_fault(&before, name);
    if (*value > most)
        return GCS_LINE_FAULT(line, field, "%s: %llu is above %llu", name,
                              (unsigned long long)*value, (unsigned long long)most);
    return GCS_OK;
}

enum gcs_status gcs_line_signed(struct gcs_line *line, const char *name, uint64_t *value)
{
    const char *field;
    size_t length;
    uint64_t size;
    GCS_TRY(gcs_line_field(line, name, &field, &length));
    bool minus = *field == '-';
    if (!parse(field + minus, length - minus, &size) || (minus && !size) ||
        size > (uint64_t)INT32_MAX + minus)
        return GCS_LINE_FAULT(line, field,
                              "%s: '%.*s' is not a whole number in -2147483648 … 2147483647",
                              name, quoted(length), field);
    *value = minus ? 0 - size : size;
    return GCS_OK;
}

enum gcs_status gcs_line_end(struct gcs_line *line)
{
    if (line->at == line->end)
        return GCS_OK;
    if (line->at + 1 == line->end)
        return GCS_LINE_FAULT(line, line->at, "a space at the end of the line: remove it");
    return GCS_LINE_FAULT(line, line->at + 1, "nothing may follow here: %s", line->syntax);
}

const char *gcs_line_find(const struct gcs_line *line, uint64_t field)
{
    const char *at = line->start;
    for (; field; field--) {
        const char *space = memchr(at, ' ', (size_t)(line->end - at));
        if (!space)
            return line->end;
        at = space + 1;
    }
    return at;
}

static bool is(const char *field, size_t length, const char *word)
{
    return strlen(word) == length && !memcmp(field, word, length);
}

/* What is behind `head` in the field, or NULL if the field begins otherwise. */
static const char *behind(const char *field, size_t length, const char *head)
{
    size_t bytes = strlen(head);
    return length >= bytes && !memcmp(field, head, bytes) ? field + bytes : NULL;
}

static enum gcs_status take_start(struct gcs_line *line, const char *field, const char *value,
                                  struct gcs_options *options)
{
    const char *at = value;
    for (unsigned i = 0; i < 5; i++) {
        const char *comma = memchr(at, ',', (size_t)(line->at - at));
        const char *end = comma ? comma : line->at;
        if (!parse(at, (size_t)(end - at), &options->start[i]) || (i < 4) != (comma != NULL))
            return GCS_LINE_FAULT(line, field,
                                  "start: five numbers are wanted, C0,C1,C2,TOTAL,PENDING");
        at = end + 1;
    }
    options->has_start = true;
    return GCS_OK;
}

static enum gcs_status take_option(struct gcs_line *line, const char *field, unsigned which,
                                   const char *value, struct gcs_options *options)
{
    size_t length = (size_t)(line->at - value);
    uint64_t number;
    switch (which) {
    case 0:
        if (length < 3 || memcmp(value, "3.", 2) || !parse(value + 2, length - 2, &number) ||
            number < 1 || number > 99)
            return GCS_LINE_FAULT(line, field, "objects: '%.*s' is no version (3.10, say)",
                                  quoted(length), value);
        options->objects_minor = (unsigned)number;
        return GCS_OK;
    case 1:
        if (!is(value, length, "resolved"))
            return GCS_LINE_FAULT(line, field, "freelists: only 'resolved' is known");
        options->freelists_resolved = true;
        return GCS_OK;
    case 2:
        if (!parse(value, length, &number) || !number)
            return GCS_LINE_FAULT(line, field, "standing: '%.*s' is not a number above 0",
                                  quoted(length), value);
        options->standing = number;
        return GCS_OK;
    case 3:
        return take_start(line, field, value, options);
    default:
        if (!is(value, length, "native"))
            return GCS_LINE_FAULT(line, field, "roots: only 'native' is known");
        options->roots_native = true;
        return GCS_OK;
    }
}

enum gcs_status gcs_line_option(struct gcs_line *line, struct gcs_options *options,
                                unsigned *last)
{
    static const char *const heads[] = {
        "objects=", "freelists=", "standing=", "start=", "roots="};
    const unsigned count = sizeof heads / sizeof heads[0];
    const char *field;
    size_t length;
    GCS_TRY(gcs_line_field(line, "NAME=VALUE", &field, &length));
    for (unsigned i = 0; i < count; i++) {
        const char *value = behind(field, length, heads[i]);
        if (!value)
            continue;
        if (i + 1 <= *last)
            return GCS_LINE_FAULT(line, field,
                                  "options stand once each, in the order objects, freelists, "
                                  "standing, start, roots");
        *last = i + 1;
        GCS_TRY(take_option(line, field, i, value, options));
        return gcs_line_end(line);
    }
    return GCS_LINE_FAULT(line, field,
                          "unknown option '%.*s': objects, freelists, standing, start and "
                          "roots are known, as NAME=VALUE",
                          quoted(length), field);
}

static enum gcs_status take_kind(struct gcs_line *line, const char *field, const char *name,
                                 struct gcs_type *type)
{
#define KIND_TEXT(id, text) text,
    static const char *const names[] = {GCS_KIND_LIST(KIND_TEXT)};
    size_t length = (size_t)(line->at - name);
    for (unsigned i = 0; i < GCS_KIND_COUNT; i++)
        if (is(name, length, names[i])) {
            if (i == GCS_KIND_INSTANCE)
                return GCS_LINE_FAULT(line, field,
                                      "kind=instance is the default: leave it out");
            type->kind = (enum gcs_kind)i;
            return GCS_OK;
        }
    char word[32] = "";
    memcpy(word, name, length < sizeof word ? length : sizeof word - 1);
    const char *near = gcs_nearest(word, names + 1, GCS_KIND_COUNT - 1);
    return GCS_LINE_FAULT(line, field, "unknown kind '%.*s'%s%s%s", quoted(length), name,
                          near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
}

static enum gcs_status take_flag(struct gcs_line *line, const char *field, size_t length,
                                 struct gcs_type *type, unsigned *last)
{
    const char *kind = behind(field, length, "kind=");
    unsigned rank = 0;
    if (kind)
        rank = 1;
    else if (is(field, length, "dict"))
        rank = 2;
    else if (is(field, length, "weakrefable"))
        rank = 3;
    else if (is(field, length, "finalizer") || is(field, length, "finalizer=resurrect"))
        rank = 4;
    else if (is(field, length, "legacy"))
        rank = 5;
    else
        return GCS_LINE_FAULT(line, field,
                              "unknown flag '%.*s': kind=KIND, dict, weakrefable, finalizer, "
                              "finalizer=resurrect and legacy are known",
                              quoted(length), field);
    if (rank <= *last)
        return GCS_LINE_FAULT(line, field,
                              "flags stand once each, in the order kind=, dict, weakrefable, "
                              "finalizer, legacy");
    *last = rank;
    if (kind)
        return take_kind(line, field, kind, type);
    if (rank == 2 && type->kind != GCS_KIND_INSTANCE)
        return GCS_LINE_FAULT(line, field,
                              "dict is for instances of Python classes only, not kind=%s",
                              gcs_kind_name(type->kind));
    type->dict |= rank == 2;
    type->weakrefable |= rank == 3;
    if (rank == 4)
        type->finalizer =
            length > strlen("finalizer") ? GCS_FINALIZER_RESURRECT : GCS_FINALIZER_PLAIN;
    type->legacy |= rank == 5;
    return GCS_OK;
}

enum gcs_status gcs_line_type(struct gcs_line *line, struct gcs_type *type, size_t *name_length)
{
    uint64_t number, slots;
    const char *field;
    size_t length;
    unsigned last = 0;
    *type = (struct gcs_type){.bytes = GCS_BYTES_BY_MODEL};
    GCS_TRY(gcs_line_number(line, "TYPE", GCS_TYPE_NUMBER_MAX, &number));
    GCS_TRY(gcs_line_field(line, "NAME", &type->name, name_length));
    GCS_TRY(gcs_line_number(line, "SLOTS", GCS_SLOTS_MAX, &slots));
    size_t left = (size_t)(line->end - line->at);
    if (left >= 2 && line->at[1] == '-' && (left == 2 || line->at[2] == ' '))
        line->at += 2;
    else
        GCS_TRY(gcs_line_number(line, "BYTES", GCS_OBJECT_BYTES_MAX, &type->bytes));
    type->number = (uint32_t)number;
    type->slots = (uint32_t)slots;
    while (line->at != line->end) {
        GCS_TRY(gcs_line_field(line, "FLAG", &field, &length));
        GCS_TRY(take_flag(line, field, length, type, &last));
    }
    return GCS_OK;
}
