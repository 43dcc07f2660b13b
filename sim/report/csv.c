/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Rows as CSV and JSON, read off their struct by the column table. */
#include <gcsim/report.h>

#include <inttypes.h>
#include <math.h>
#include <string.h>

static uint64_t read_u64(const unsigned char *at)
{
    uint64_t value;
    memcpy(&value, at, sizeof value);
    return value;
}

static double read_real(const unsigned char *at)
{
    double value;
    memcpy(&value, at, sizeof value);
    return value;
}

void gcs_cell_print(const struct gcs_column *column, const void *row, struct gcs_text *text)
{
    const unsigned char *at = (const unsigned char *)row + column->offset;
    switch (column->cell) {
    case GCS_CELL_U64:
        if (read_u64(at) != GCS_ABSENT)
            gcs_text_add_u64(text, read_u64(at));
        break;
    case GCS_CELL_I64: {
        int64_t value;
        memcpy(&value, at, sizeof value);
        gcs_text_add(text, "%" PRId64, value);
        break;
    }
    case GCS_CELL_U32: {
        uint32_t value;
        memcpy(&value, at, sizeof value);
        gcs_text_add_u64(text, value);
        break;
    }
    case GCS_CELL_REAL:
        if (!isnan(read_real(at)))
            gcs_text_add(text, "%.9g", read_real(at));
        break;
    case GCS_CELL_TEXT: {
        const char *value;
        memcpy(&value, at, sizeof value);
        if (value)
            gcs_text_add_bytes(text, value, strlen(value));
        break;
    }
    case GCS_CELL_FLAG: {
        bool value;
        memcpy(&value, at, sizeof value);
        gcs_text_add(text, "%d", value);
        break;
    }
    }
}

/* RFC 4180: quoted if it holds a comma, a quote or a line end; quotes doubled. */
static void quote(const char *field, struct gcs_text *text)
{
    if (!strpbrk(field, ",\"\r\n")) {
        gcs_text_add_bytes(text, field, strlen(field));
        return;
    }
    gcs_text_add_bytes(text, "\"", 1);
    for (const char *c = field; *c; c++)
        gcs_text_add_bytes(text, *c == '"' ? "\"\"" : c, *c == '"' ? 2 : 1);
    gcs_text_add_bytes(text, "\"", 1);
}

void gcs_csv_header(const struct gcs_file *file, struct gcs_text *text)
{
    for (size_t i = 0; i < file->count; i++)
        gcs_text_add(text, "%s%s", i ? "," : "", file->columns[i].name);
    gcs_text_add(text, "\n");
}

static const char *text_of(const struct gcs_column *column, const void *row)
{
    const char *value;
    memcpy(&value, (const unsigned char *)row + column->offset, sizeof value);
    return value ? value : "";
}

void gcs_csv_row(const struct gcs_file *file, const void *row, struct gcs_text *text)
{
    for (size_t i = 0; i < file->count; i++) {
        if (i)
            gcs_text_add_bytes(text, ",", 1);
        if (file->columns[i].cell == GCS_CELL_TEXT)
            quote(text_of(&file->columns[i], row), text);
        else
            gcs_cell_print(&file->columns[i], row, text);
    }
    gcs_text_add_bytes(text, "\n", 1);
}

static void json_string(const char *string, struct gcs_text *text)
{
    gcs_text_add(text, "\"");
    for (const char *c = string; *c; c++)
        if (*c == '"' || *c == '\\')
            gcs_text_add(text, "\\%c", *c);
        else if ((unsigned char)*c < ' ')
            gcs_text_add(text, "\\u%04x", (unsigned)*c);
        else
            gcs_text_add_bytes(text, c, 1);
    gcs_text_add(text, "\"");
}

void gcs_json_row(const struct gcs_file *file, const void *row, struct gcs_text *text)
{
    for (size_t i = 0; i < file->count; i++) {
        const struct gcs_column *column = &file->columns[i];
        gcs_text_add(text, "%s\"%s\": ", i ? ", " : "{", column->name);
        size_t before = text->length;
        if (column->cell == GCS_CELL_TEXT)
            json_string(text_of(column, row), text);
        else
            gcs_cell_print(column, row, text);
        if (text->length == before)
            gcs_text_add(text, "null");
    }
    gcs_text_add(text, "}");
}

void gcs_csv_collections(uint64_t trial, const struct gcs_ledger *ledger, struct gcs_text *text)
{
    for (size_t i = 0; i < ledger->collection_count; i++) {
        struct gcs_collection_row row = {trial, ledger->collections[i],
                                         gcs_cause_name(ledger->collections[i].cause)};
        gcs_csv_row(&gcs_collections_file, &row, text);
    }
}

void gcs_csv_timeline(uint64_t trial, const struct gcs_ledger *ledger, struct gcs_text *text)
{
    for (size_t i = 0; i < ledger->sample_count; i++) {
        struct gcs_timeline_row row = {trial, ledger->samples[i]};
        gcs_csv_row(&gcs_timeline_file, &row, text);
    }
}

void gcs_csv_requests(uint64_t trial, const struct gcs_histogram *requests,
                      struct gcs_text *text)
{
    static const double percentiles[] = {0,  10, 20,   30, 40,   50,   60,    70,    75, 80,
                                         90, 95, 97.5, 99, 99.5, 99.9, 99.95, 99.99, 100};
    if (requests->total == 0)
        return;
    for (size_t i = 0; i < sizeof percentiles / sizeof percentiles[0]; i++) {
        struct gcs_request_row row = {trial, percentiles[i],
                                      gcs_histogram_percentile(requests, percentiles[i] / 100)};
        gcs_csv_row(&gcs_requests_file, &row, text);
    }
}
