/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Overrides that nothing reads: a knob has an effect only while some key refers to it. */
#include "config_private.h"

#include <string.h>

/* The row whose default is that knob; a mean lifetime of `auto` is worked out from knobs. */
static const struct gcs_key *find_reader(const struct gcs_key *knob)
{
    for (size_t i = 0; i < gcs_config_key_count; i++) {
        const char *fallback = gcs_config_keys[i].fallback;
        if (gcs_config_keys[i].document == GCS_DOCUMENT_WORKLOAD && fallback &&
            *fallback == '$' && gcs_same(fallback + 1, knob->path))
            return &gcs_config_keys[i];
    }
    return gcs_key_find(GCS_DOCUMENT_WORKLOAD, "sites.*.lifetime.mean");
}

const struct gcs_key *gcs_config_unused(const struct gcs_config *config, size_t index,
                                        const struct gcs_key **instead)
{
    GCS_REQUIRE(config->finished);
    const struct gcs_config *workload = config->program ? config->program : config;
    if (workload->document != GCS_DOCUMENT_WORKLOAD)
        return NULL;
    for (const struct gcs_node *node = workload->root->first; node; node = node->next) {
        bool number = node->key->type == GCS_KEY_REAL || node->key->type == GCS_KEY_WHOLE;
        if (!number || !node->set || node->used || index--)
            continue;
        *instead = find_reader(node->key);
        return node->key;
    }
    return NULL;
}
