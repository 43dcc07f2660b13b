/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Text out: a growing buffer that may empty itself into a sink. */
#include <gcsim/base.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FLUSH_BYTES = 256 << 10 };

void gcs_text_init(struct gcs_text *text, const struct gcs_sink *sink)
{
    *text = (struct gcs_text){.sink = sink};
}

void gcs_text_fini(struct gcs_text *text)
{
    free(text->data);
    *text = (struct gcs_text){0};
}

bool gcs_text_flush(struct gcs_text *text)
{
    if (text->sink && text->length && !text->failed) {
        text->failed = !text->sink->write(text->sink->to, text->data, text->length);
        text->length = 0;
    }
    return !text->failed;
}

/* Room for `more` bytes and a zero behind the text, or NULL. */
static char *make_room(struct gcs_text *text, size_t more)
{
    if (text->sink && text->length >= FLUSH_BYTES)
        gcs_text_flush(text);
    if (text->failed)
        return NULL;
    if (text->capacity - text->length <= more) {
        size_t wanted = text->capacity * 2 + more + 256;
        char *grown = realloc(text->data, wanted);
        if (!grown) {
            text->failed = true;
            return NULL;
        }
        text->data = grown;
        text->capacity = wanted;
    }
    return text->data + text->length;
}

void gcs_text_add(struct gcs_text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *room = length < 0 ? NULL : make_room(text, (size_t)length);
    if (room) {
        vsnprintf(room, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    }
    va_end(again);
    va_end(arguments);
}

void gcs_text_add_bytes(struct gcs_text *text, const void *bytes, size_t count)
{
    char *room = make_room(text, count);
    if (!room)
        return;
    if (count)
        memcpy(room, bytes, count);
    room[count] = '\0';
    text->length += count;
}

void gcs_text_add_u64(struct gcs_text *text, uint64_t value)
{
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    gcs_text_add_bytes(text, digits + at, sizeof digits - at);
}
