/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Where the baseline pass keeps objects, and their deaths.
 *
 * An object and its slots are one piece of a pool of words, reused last freed first by others
 * of its size. A table by number leads there, in pages that go when all their objects are dead.
 * An entry is not taken back at a death: the object at the place has another number then.
 */
#include "baseline_private.h"

#include <stdlib.h>
#include <string.h>

enum gcs_status objects_init(struct pass *pass)
{
    GCS_TRY(
        GCS_GROW(pass->memory, &pass->pool, &pass->pool_capacity, OBJECT_WORDS, pass->error));
    *object_at(pass, NOBODY) = (struct object){0};
    pass->pool_count = OBJECT_WORDS;
    GCS_TRY(GCS_GROW(pass->memory, &pass->nobodies, &pass->nobody_capacity, PAGE_NUMBERS,
                     pass->error));
    memset(pass->nobodies, 0, PAGE_NUMBERS * sizeof *pass->nobodies);
    return GCS_OK;
}

static void drop_page(struct pass *pass, size_t page)
{
    if (pass->pages[page].handles != pass->nobodies)
        gcs_memory_free(pass->memory, pass->pages[page].handles, PAGE_NUMBERS,
                        sizeof(gcs_handle));
    pass->pages[page].handles = pass->nobodies;
}

void objects_fini(struct pass *pass)
{
    for (size_t page = 0; page < pass->page_count; page++)
        drop_page(pass, page);
    gcs_memory_free(pass->memory, pass->pages, pass->page_capacity, sizeof *pass->pages);
    gcs_memory_free(pass->memory, pass->nobodies, pass->nobody_capacity,
                    sizeof *pass->nobodies);
    gcs_memory_free(pass->memory, pass->pool, pass->pool_capacity, sizeof *pass->pool);
    gcs_memory_free(pass->memory, pass->dying, pass->dying_capacity, sizeof *pass->dying);
}

/* No free one of its size. NOBODY: there is no room. */
gcs_handle object_take_fresh(struct pass *pass, const struct kind_facts *facts)
{
    uint32_t rounded;
    block_class(facts->slots, &rounded);
    size_t handle = pass->pool_count, needed = handle + OBJECT_WORDS + rounded;
    if (needed > UINT32_MAX) {
        cannot(pass, "more objects at a time than 16 GiB of gcsim's own memory hold");
        return NOBODY;
    }
    pass->status =
        GCS_GROW(pass->memory, &pass->pool, &pass->pool_capacity, needed, pass->error);
    if (pass->status != GCS_OK)
        return NOBODY;
    pass->pool_count = needed;
    return (gcs_handle)handle;
}

gcs_handle next_object(const struct pass *pass, gcs_handle handle)
{
    size_t at = handle + OBJECT_WORDS;
    uint32_t rounded = 0;
    if (handle != NOBODY)
        block_class(facts_of(pass, object_at(pass, handle))->slots, &rounded);
    at += rounded;
    return at < pass->pool_count ? (gcs_handle)at : NOBODY;
}

/* False: there is no room. */
bool number_new_page(struct pass *pass, uint32_t number)
{
    size_t page = number >> PAGE_BITS, capacity = 0;
    gcs_handle *handles = NULL;
    pass->status =
        GCS_GROW(pass->memory, &pass->pages, &pass->page_capacity, page + 1, pass->error);
    if (pass->status == GCS_OK)
        pass->status = GCS_GROW(pass->memory, &handles, &capacity, PAGE_NUMBERS, pass->error);
    if (pass->status != GCS_OK)
        return false;
    memset(handles, 0, PAGE_NUMBERS * sizeof *handles);
    while (pass->page_count <= page)
        pass->pages[pass->page_count++] = (struct page){pass->nobodies, PAGE_NUMBERS};
    pass->pages[page].handles = handles;
    if (page == 0)
        pass->pages[page].left--; /* there is no number 0 */
    return true;
}

static void forget_number(struct pass *pass, struct object *object)
{
    size_t page = object->number >> PAGE_BITS;
    if (object->number && --pass->pages[page].left == 0)
        drop_page(pass, page);
    object->number = 0;
}

static inline void put_freed(struct pass *pass, const struct object *object, unsigned variant)
{
    struct gcs_baseline *baseline = pass->baseline;
    uint32_t op = (uint32_t)baseline->op_count, age = op - object->op;
    bool plain = (variant & (VARIANT_TRACKED | VARIANT_SINGLE)) == VARIANT_TRACKED;
    if (plain && age <= GCS_SHORT) {
        baseline->ops[object->op] |= GCS_FORM_BORN_SHORT;
        put_op(pass, object->kind, GCS_FORM_FREED_SHORT, age);
        return;
    }
    put_op(pass, object->kind, GCS_FORM_FREED, 0);
    if (plain)
        baseline->longs[baseline->long_count++] = (struct gcs_long){object->op, op};
    else if (variant & VARIANT_SINGLE)
        end_single(pass, object->op, op);
}

void object_release(struct pass *pass, gcs_handle handle)
{
    struct object *object = object_at(pass, handle);
    const struct kind_facts *facts = facts_of(pass, object);
    pass->objects--;
    pass->units -= facts->bytes;
    if (pass->in_order)
        pass->closing -= pass->families[facts->family].traits.closing;
    if (facts->variant & VARIANT_EXTRA) {
        pass->units -= object->extra;
        put_extra(pass, object->extra);
    }
    put_freed(pass, object, facts->variant);
    forget_number(pass, object);
    object->state = STATE_FREE;
    object->refs = pass->free[facts->class];
    pass->free[facts->class] = handle;
}

/* The object has no reference left. What it holds, and only it, goes before it. */
void object_die(struct pass *pass, gcs_handle handle)
{
    if (pass->in_order) {
        die_in_order(pass, handle);
        return;
    }
    if (!facts_of(pass, object_at(pass, handle))->slots) {
        object_release(pass, handle);
        return;
    }
    gcs_handle *dying = pass->dying;
    uint32_t stamp = (uint32_t)pass->baseline->op_count;
    size_t count = 0;
    dying[count++] = handle;
    for (size_t i = 0; i < count; i++) {
        struct object *holder = object_at(pass, dying[i]);
        const uint32_t *slots = slots_behind(holder);
        for (uint32_t s = facts_of(pass, holder)->slots; s-- > 0;) {
            if (slots[s] == NOBODY)
                continue;
            struct object *object = object_at(pass, slots[s]);
            if (--object->refs == 0)
                dying[count++] = slots[s];
            else
                object->stamp = stamp;
        }
    }
    while (count)
        object_release(pass, dying[--count]);
}
