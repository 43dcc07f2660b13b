/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Status and error text; what the whole program is called. */
#include <gcsim/base.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fill(struct gcs_error *error, enum gcs_status status, const char *format,
                 va_list arguments) GCS_PRINTF(3, 0);
static void fill(struct gcs_error *error, enum gcs_status status, const char *format,
                 va_list arguments)
{
    error->status = status;
    vsnprintf(error->text, sizeof error->text, format, arguments);
    for (char *c = error->text; *c; c++) /* what the input holds may not break the one line */
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = '?';
}

enum gcs_status gcs_fail(struct gcs_error *error, enum gcs_status status, const char *format,
                         ...)
{
    if (error && error->status == GCS_OK) {
        va_list arguments;
        va_start(arguments, format);
        fill(error, status, format, arguments);
        va_end(arguments);
    }
    return status;
}

enum gcs_status gcs_fail_at(struct gcs_error *error, uint64_t line, uint64_t column,
                            const char *where, const char *format, ...)
{
    if (error && error->status == GCS_OK) {
        va_list arguments;
        va_start(arguments, format);
        fill(error, GCS_INVALID, format, arguments);
        va_end(arguments);
        error->line = line;
        error->column = column;
        snprintf(error->where, sizeof error->where, "%s", where ? where : "");
    }
    return GCS_INVALID;
}

_Noreturn void gcs_die(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: this must hold: %s\n", file, line, condition);
    abort();
}

const char *gcs_version(void)
{
    return GCSIM_VERSION;
}

bool gcs_same(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}
