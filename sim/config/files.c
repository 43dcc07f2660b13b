/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Files that a document names (`file: lifetimes.csv`): whoever may open files gives their
 * content here, before finish. It becomes the key `quantiles` beside, so a finished document
 * needs no file any more.
 */
#include "config_private.h"

#include <string.h>

enum { QUANTILES_MAX = 1000 };

static struct gcs_node *wanted_below(struct gcs_node *node)
{
    if (node->key && node->key->flags & GCS_KEY_FILE)
        return node;
    for (struct gcs_node *child = node->first; child; child = child->next) {
        struct gcs_node *found = wanted_below(child);
        if (found)
            return found;
    }
    return NULL;
}

const struct gcs_node *gcs_config_file_wanted(const struct gcs_config *config,
                                              const char **path)
{
    struct gcs_node *node = wanted_below(config->root);
    *path = node ? node->text : NULL;
    return node;
}

static void unlink_node(struct gcs_node *node)
{
    struct gcs_node *parent = node->parent, *before = NULL;
    size_t index = 0;
    for (struct gcs_node *child = parent->first; child; child = child->next) {
        if (child == node) {
            *(before ? &before->next : &parent->first) = node->next;
            continue;
        }
        child->index = index++;
        before = child;
    }
    parent->last = before;
    parent->count = index;
}

static struct gcs_node *add_beside(struct gcs_config *config, const struct gcs_node *file,
                                   struct gcs_node *map, const char *name, size_t length)
{
    struct gcs_node *node =
        gcs_config_add(config, map, gcs_config_child_key(map, name, length), name, length);
    node->given = true;
    node->set = file->set;
    node->line = file->line;
    node->column = file->column;
    return node;
}

/* One line: `share,value`. */
static enum gcs_status take_line(struct gcs_config *config, const struct gcs_node *file,
                                 struct gcs_node *quantiles, const char *line, size_t length,
                                 size_t number, struct gcs_error *error)
{
    const char *comma = memchr(line, ',', length);
    struct gcs_error *blamed = gcs_node_blame(file, error);
    if (!comma || memchr(comma + 1, ',', (size_t)(line + length - comma - 1)))
        return gcs_fail(blamed, GCS_INVALID, "%s:%zu: two columns are expected: share,value",
                        file->text, number);
    if (!gcs_config_is_name(line, (size_t)(comma - line), "."))
        return gcs_fail(blamed, GCS_INVALID, "%s:%zu: the share is no number from 0 to 1",
                        file->text, number);
    if (quantiles->count == QUANTILES_MAX)
        return gcs_fail(blamed, GCS_INVALID, "%s:%zu: at most %d quantiles are taken",
                        file->text, number, QUANTILES_MAX);
    struct gcs_node *node = add_beside(config, file, quantiles, line, (size_t)(comma - line));
    return gcs_config_assign(config, node, comma + 1, (size_t)(line + length - comma - 1),
                             error);
}

enum gcs_status gcs_config_file_take(struct gcs_config *config, const void *bytes, size_t size,
                                     struct gcs_error *error)
{
    static const char head[] = "share,value", name[] = "quantiles";
    struct gcs_node *file = wanted_below(config->root);
    GCS_REQUIRE(file != NULL);
    if (gcs_config_child(file->parent, name, strlen(name)))
        return gcs_fail(gcs_node_blame(file, error), GCS_INVALID,
                        "file and quantiles are both given: leave one out");
    struct gcs_node *quantiles = add_beside(config, file, file->parent, name, strlen(name));
    const char *at = bytes, *end = at + size;
    for (size_t number = 1; at < end; number++) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        const char *next = stop ? stop + 1 : end;
        size_t length = (size_t)((stop ? stop : end) - at);
        if (length && at[length - 1] == '\r')
            length--;
        bool heads = number == 1 && length == strlen(head) && !memcmp(at, head, length);
        if (length && !heads)
            GCS_TRY(take_line(config, file, quantiles, at, length, number, error));
        at = next;
    }
    unlink_node(file);
    return GCS_OK;
}
