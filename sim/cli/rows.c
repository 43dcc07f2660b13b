/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A table's rows for programs: CSV, or a JSON array. */
#include "cli.h"

struct rows rows_begin(const struct gcs_file *file, enum format format, struct gcs_text *text)
{
    if (format == FORMAT_JSON)
        gcs_text_add(text, "[");
    else
        gcs_csv_header(file, text);
    return (struct rows){.file = file, .format = format, .text = text};
}

void rows_add(struct rows *rows, const void *row)
{
    if (rows->format == FORMAT_JSON) {
        gcs_text_add(rows->text, "%s\n  ", rows->count ? "," : "");
        gcs_json_row(rows->file, row, rows->text);
    } else {
        gcs_csv_row(rows->file, row, rows->text);
    }
    rows->count++;
}

void rows_end(struct rows *rows)
{
    if (rows->format == FORMAT_JSON)
        gcs_text_add(rows->text, "\n]\n");
}
