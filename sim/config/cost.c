/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Cost profiles: from the tree to curves, and what a curve says. */
#include "config_private.h"

#include <math.h>
#include <string.h>

static enum gcs_status read_curve(const struct gcs_node *root, const char *name,
                                  struct gcs_curve *curve, struct gcs_error *error)
{
    const struct gcs_node *list = gcs_node_at(root, name);
    *curve = (struct gcs_curve){.count = list->count};
    if (!list->count || list->count > GCS_CURVE_POINTS)
        return gcs_fail(gcs_node_blame(list, error), GCS_INVALID,
                        "a curve has from 1 to %d points", GCS_CURVE_POINTS);
    for (const struct gcs_node *point = list->first; point; point = point->next) {
        if (point->count != 2)
            return gcs_fail(gcs_node_blame(point, error), GCS_INVALID,
                            "a point is written [bytes, ns]");
        size_t i = point->index;
        curve->bytes[i] = point->first->real;
        curve->ns[i] = point->last->real;
        if (curve->bytes[i] < 1 || (i && curve->bytes[i] <= curve->bytes[i - 1]))
            return gcs_fail(gcs_node_blame(point, error), GCS_INVALID,
                            "the bytes of a curve's points begin at 1 or more, and rise");
    }
    return GCS_OK;
}

enum gcs_status gcs_cost_read(const void *bytes, size_t size, struct gcs_arena *arena,
                              struct gcs_cost *cost, struct gcs_error *error)
{
    struct gcs_config *config;
    struct gcs_cost read;
    GCS_TRY(gcs_config_read(bytes, size, arena, &config, error));
    GCS_TRY(gcs_config_expect(config, GCS_DOCUMENT_COST, error));
    GCS_TRY(gcs_config_finish(config, error));
    const struct gcs_node *root = config->root;
    const struct gcs_node *list = gcs_node_at(root, "versions");
    const char **versions = gcs_arena_push(arena, (list->count + 1) * sizeof *versions);
    for (const struct gcs_node *child = list->first; child; child = child->next)
        versions[child->index] = child->text;
    read = (struct gcs_cost){
        .name = gcs_config_name(config),
        .about = gcs_node_text(root, "about"),
        .versions = versions,
        .version_count = list->count,
        .measured = gcs_node_flag(root, "measured"),
        .fixed_young_ns = gcs_node_real(root, "fixed_young_ns"),
        .fixed_full_ns = gcs_node_real(root, "fixed_full_ns"),
    };
    GCS_TRY(read_curve(root, "candidate", &read.candidate, error));
    GCS_TRY(read_curve(root, "reference", &read.reference, error));
    GCS_TRY(read_curve(root, "collected", &read.collected, error));
    GCS_TRY(read_curve(root, "finalizer", &read.finalizer, error));
    *cost = read;
    return GCS_OK;
}

double gcs_curve_at(const struct gcs_curve *curve, double bytes)
{
    size_t last = curve->count - 1;
    if (bytes <= curve->bytes[0])
        return curve->ns[0];
    if (bytes >= curve->bytes[last])
        return curve->ns[last];
    size_t i = 1;
    while (bytes > curve->bytes[i])
        i++;
    double share =
        log(bytes / curve->bytes[i - 1]) / log(curve->bytes[i] / curve->bytes[i - 1]);
    return curve->ns[i - 1] + share * (curve->ns[i] - curve->ns[i - 1]);
}

/* The part of a version that counts: "3.11" of "cpython-3.11.4". */
static const char *minor_of(const char *model, size_t *length)
{
    if (!strncmp(model, "cpython-", 8))
        model += 8;
    size_t first = strcspn(model, ".");
    *length = first + (model[first] ? 1 + strcspn(model + first + 1, ".") : 0);
    return model;
}

bool gcs_cost_measured_on(const struct gcs_cost *cost, const char *model)
{
    size_t length, other_length;
    const char *minor = minor_of(model, &length);
    for (size_t i = 0; cost->measured && i < cost->version_count; i++) {
        const char *other = minor_of(cost->versions[i], &other_length);
        if (length == other_length && !memcmp(minor, other, length))
            return true;
    }
    return false;
}
