/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Queues and caches: a site's objects in a deque or a dict of a certain capacity, which alone
 * holds them. In a full queue the oldest makes room, in a full cache the least recently used.
 */
#include "workload_private.h"

#include <stdlib.h>

static enum gcs_status container_new(struct program *program, uint32_t place)
{
    const struct site *site = &program->workload->sites[place];
    struct container *container = &program->containers[place];
    bool cache = site->cause == CAUSE_LRU;
    size_t room = (size_t)site->capacity + 1;
    GCS_TRY(GCS_GROW(program->memory, &container->rows, &container->rows_capacity, room,
                     program->error));
    if (cache) {
        GCS_TRY(GCS_GROW(program->memory, &container->newer, &container->newer_capacity, room,
                         program->error));
        GCS_TRY(GCS_GROW(program->memory, &container->older, &container->older_capacity, room,
                         program->error));
        container->newer[site->capacity] = container->older[site->capacity] = site->capacity;
    }
    return gcs_emit_birth(program,
                          gcs_own_type(program->workload, cache ? OWN_CACHE : OWN_DEQUE),
                          site->capacity, NULL, 0, &container->object);
}

enum gcs_status gcs_containers_new(struct program *program)
{
    const struct gcs_workload *workload = program->workload;
    program->containers = calloc(workload->site_count + 1, sizeof *program->containers);
    if (!program->containers)
        return gcs_fail(program->error, GCS_NOMEM, "out of memory");
    for (uint32_t i = 0; i < workload->site_count; i++)
        if (workload->sites[i].weight > 0 && workload->sites[i].capacity)
            GCS_TRY(container_new(program, i));
    return GCS_OK;
}

void gcs_containers_free(struct program *program)
{
    for (uint32_t i = 0; program->containers && i < program->workload->site_count; i++) {
        struct container *container = &program->containers[i];
        gcs_memory_free(program->memory, container->rows, container->rows_capacity,
                        sizeof *container->rows);
        gcs_memory_free(program->memory, container->newer, container->newer_capacity,
                        sizeof *container->newer);
        gcs_memory_free(program->memory, container->older, container->older_capacity,
                        sizeof *container->older);
    }
    free(program->containers);
}

/*
 * The order of use: a ring of slots around the place behind the last, whose `newer` is the
 * least recently used and whose `older` the most recently.
 */
static void unlink_slot(struct container *container, uint32_t slot)
{
    container->newer[container->older[slot]] = container->newer[slot];
    container->older[container->newer[slot]] = container->older[slot];
}

static void link_newest(struct container *container, uint32_t slot, uint32_t capacity)
{
    container->older[slot] = container->older[capacity];
    container->newer[slot] = capacity;
    container->newer[container->older[capacity]] = slot;
    container->older[capacity] = slot;
}

/* Some entries are used again and again: the chances of slots are those of static objects. The
 * use is a reference for a moment: `value = cache[key]`. */
static enum gcs_status use(struct program *program, struct container *container,
                           const struct site *site, struct gcs_random *random)
{
    double unit = gcs_random_unit(random);
    uint32_t slot = (uint32_t)(unit * unit * unit * unit * container->count);
    uint64_t object = program->rows[container->rows[slot]].object;
    unlink_slot(container, slot);
    link_newest(container, slot, site->capacity);
    GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_MORE, object, 0));
    return gcs_emit_object(program, GCS_OP_ROOT_LESS, object, 0);
}

static enum gcs_status use_some(struct program *program, struct container *container,
                                const struct site *site, struct gcs_random *random)
{
    double uses = site->uses + gcs_random_unit(random);
    for (uint64_t i = (uint64_t)uses; i; i--)
        GCS_TRY(use(program, container, site, random));
    return GCS_OK;
}

enum gcs_status gcs_container_put(struct program *program, uint32_t row)
{
    uint32_t place = program->rows[row].site;
    uint64_t object = program->rows[row].object;
    const struct site *site = &program->workload->sites[place];
    struct container *container = &program->containers[place];
    bool cache = site->cause == CAUSE_LRU;
    bool full = container->count == site->capacity;
    uint32_t slot = !full   ? container->count++
                    : cache ? container->newer[site->capacity]
                            : container->next;
    if (full)
        GCS_TRY(gcs_give_up_row(program, container->rows[slot]));
    if (full && cache)
        unlink_slot(container, slot);
    container->rows[slot] = row;
    container->next = slot + 1 < site->capacity ? slot + 1 : 0;
    GCS_TRY(gcs_emit_store(program, container->object, slot, object));
    GCS_TRY(gcs_emit_object(program, GCS_OP_ROOT_LESS, object, 0));
    if (!cache)
        return GCS_OK;
    link_newest(container, slot, site->capacity);
    return use_some(program, container, site, &program->sites[place].random);
}
