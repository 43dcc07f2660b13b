/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Indexes kept beside their trace: app.gctb.cpython-3.13.index. */
#include "cli.h"

#include <stdio.h>
#include <stdlib.h>

static char *path_of(const struct kept *kept, const struct gcs_model *model)
{
    struct gcs_text text;
    gcs_text_init(&text, NULL);
    gcs_text_add(&text, "%s.%s.index", kept->trace, model->name);
    GCS_REQUIRE(!text.failed);
    return text.data;
}

static bool load(void *store, const struct gcs_trace *trace, const struct gcs_model *model,
                 struct gcs_memory *memory, struct gcs_index **index)
{
    const struct kept *kept = store;
    struct gcs_error error = {0};
    struct bytes bytes;
    char *path = path_of(kept, model);
    bool found = false;
    if (file_is_regular(path) && !file_is_special(path) &&
        file_read(path, memory->limit, &bytes)) {
        found = gcs_index_read(bytes.data, bytes.size, trace, &model->rules, memory, index,
                               &error) == GCS_OK;
        if (!found)
            warn(kept->quiet, "%s does not fit (%s): the trace is analysed anew", path,
                 error.text);
        bytes_free(&bytes);
    }
    free(path);
    return found;
}

static void keep(void *store, const struct gcs_trace *trace, const struct gcs_model *model,
                 const struct gcs_index *index)
{
    const struct kept *kept = store;
    struct file_out out;
    char *path = path_of(kept, model);
    if (file_is_special(path))
        print_line("%s: cannot be written: not a file", path);
    else if (file_begin(&out, path, true)) {
        struct gcs_sink sink = file_sink(&out);
        bool written = gcs_index_write(index, trace, &model->rules, &sink);
        if (!written || !file_close(&out) || !file_keep(&out))
            file_drop(&out);
    }
    free(path);
}

bool kept_store(struct kept *kept, const struct input *program, const struct options *options,
                struct gcs_index_store *store)
{
    bool is_file = program->kind == INPUT_TRACE && !gcs_same(program->path, "-");
    *kept = (struct kept){.trace = program->path, .quiet = options->quiet};
    *store = (struct gcs_index_store){.store = kept};
    if (options->keep_index && !is_file) {
        print_usage_error("--keep-index is for traces in files: an index lies beside its trace "
                          "(gcsim trace make writes one)");
        return false;
    }
    store->load = is_file ? load : NULL;
    store->keep = options->keep_index ? keep : NULL;
    return true;
}
