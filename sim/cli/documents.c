/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Documents by name (compiled in from configs/) or by path. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct embedded *embedded_find(const char *kind, const char *name)
{
    for (size_t i = 0; i < embedded_count; i++)
        if (gcs_same(embedded_files[i].kind, kind) && gcs_same(embedded_files[i].name, name))
            return &embedded_files[i];
    return NULL;
}

void embedded_unknown(const char *kind, const char *what, const char *name,
                      struct gcs_error *error)
{
    const char *names[256];
    size_t count = 0;
    for (size_t i = 0; i < embedded_count && count < 256; i++)
        if (gcs_same(embedded_files[i].kind, kind))
            names[count++] = embedded_files[i].name;
    const char *nearest = gcs_nearest(name, names, count);
    if (nearest)
        gcs_fail(error, GCS_INVALID, "unknown %s '%s' (did you mean '%s'?)", what, name,
                 nearest);
    else
        gcs_fail(
            error, GCS_INVALID,
            "unknown %s '%s': see `gcsim list %s`, or give a path (with a slash, or ending in "
            ".yaml)",
            what, name, kind);
}

/* More than any document may have: the parser tells the exact bound. */
enum { DOCUMENT_MAX = 4 << 20 };

static bool is_path(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') || (length > 5 && gcs_same(name + length - 5, ".yaml"));
}

bool document_find(const char *kind, const char *what, const char *name, struct bytes *bytes,
                   char *file, size_t file_size)
{
    if (is_path(name)) {
        snprintf(file, file_size, "%s", name);
        return file_read(name, DOCUMENT_MAX, bytes);
    }
    const struct embedded *found = embedded_find(kind, name);
    if (!found) {
        struct gcs_error error = {0};
        embedded_unknown(kind, what, name, &error);
        print_error(NULL, &error);
        return false;
    }
    snprintf(file, file_size, "configs/%s/%s.yaml", kind, name);
    *bytes = (struct bytes){malloc(found->size + 1), found->size};
    GCS_REQUIRE(bytes->data != NULL);
    memcpy(bytes->data, found->data, found->size);
    return true;
}
