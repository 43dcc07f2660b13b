/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Deaths that do more than let go, for the baseline pass: they call weak references' callbacks,
 * and close generators. They come at a known op, and the pass does what replay does, in its
 * order; objects that exist only meanwhile are counted (struct gcs_object_kind, passing).
 *
 * A target that is garbage calls its weak references in the collection that finds it, so what
 * they let go is as if the target held it. Weak references without callbacks change nothing
 * that the collector knows.
 */
#include "baseline_private.h"

/* Tracked from its birth on, and by itself. A weak reference to it is younger then, so whoever
 * examines it examines the weak reference, too, which therefore stays in its place. */
static bool is_plainly_tracked(const struct pass *pass, const struct object *object)
{
    unsigned variant = facts_of(pass, object)->variant & ~(unsigned)VARIANT_EXTRA;
    return variant == VARIANT_TRACKED;
}

bool refer_weakly(struct pass *pass, const struct gcs_event *event)
{
    gcs_handle weakref = object_find(pass, event->object);
    gcs_handle target = object_find(pass, event->value);
    if (weakref == NOBODY || target == NOBODY)
        return false;
    if (event->detail == GCS_WEAK_PLAIN)
        return true;
    if (pass->heap->rules->callback_tuples)
        cannot(pass, "weak references with callbacks in 2.7");
    if (!is_plainly_tracked(pass, object_at(pass, weakref)) ||
        !is_plainly_tracked(pass, object_at(pass, target)))
        cannot(pass, "weak references with callbacks to what is not tracked from birth on");
    if (object_at(pass, target)->state & STATE_CALLBACK)
        cannot(pass, "weak references with callbacks to others");
    pass->status = weak_refs_add(&pass->weak, pass->memory, weakref, target,
                                 (enum gcs_weak)event->detail, pass->error);
    if (pass->status != GCS_OK)
        return true;
    pass->in_order = true;
    object_at(pass, weakref)->state |= STATE_WEAK | STATE_CALLBACK;
    object_at(pass, target)->state |= STATE_WEAK;
    uint32_t callbacks = weak_refs_callbacks(&pass->weak, target);
    if (callbacks >= pass->heap->rules->weak_tuple_from) {
        object_at(pass, target)->state |= STATE_CALLS;
        passing_make(pass, callbacks);
    }
    return true;
}

static void pass_born(struct pass *pass, const struct passing *passing)
{
    put_op(pass, passing->born, GCS_FORM_BORN, since_moment(pass, pass->event));
    pass->passed = pass->baseline->passing = true;
}

static void pass_freed(struct pass *pass, const struct passing *passing)
{
    put_op(pass, passing->freed, GCS_FORM_FREED, 0);
}

/* PyObject_ClearWeakRefs makes a tuple of callbacks and weak references first. */
static void begin_death(struct pass *pass, gcs_handle handle)
{
    if (!(object_at(pass, handle)->state & STATE_WEAK))
        return;
    weak_refs_clear(&pass->weak, handle);
    uint32_t callbacks = weak_refs_callbacks(&pass->weak, handle);
    if (!callbacks || callbacks < pass->heap->rules->weak_tuple_from)
        return;
    pass_born(pass, passing_of(pass, callbacks));
    pass_freed(pass, passing_of(pass, callbacks));
}

/* A suspended generator is closed before it dies: an exception is thrown into it, and gone when
 * it has dropped what it holds. */
static void begin_closing(struct pass *pass, struct object *object)
{
    object->state |= STATE_CLOSING;
    for (unsigned i = traits_of(pass, object)->closing; i > 0; i--)
        pass_born(pass, passing_of(pass, NO_LIST));
}

static void end_closing(struct pass *pass, const struct object *object)
{
    for (unsigned i = traits_of(pass, object)->closing; i > 0; i--)
        pass_freed(pass, passing_of(pass, NO_LIST));
}

/* True if that was the last one. */
static bool lose_reference(struct object *object, uint32_t stamp)
{
    object->stamp = stamp;
    return --object->refs == 0;
}

/* Calls a dying object's next callbacks, up to one that takes the last reference to its weak
 * reference; NOBODY: none does. */
static gcs_handle next_called(struct pass *pass, gcs_handle dying, uint32_t stamp)
{
    enum gcs_weak callback;
    gcs_handle weakref;
    while (weak_refs_pop(&pass->weak, dying, true, &weakref, &callback)) {
        struct object *object = object_at(pass, weakref);
        object->state |= STATE_CALLED;
        if (callback == GCS_WEAK_DROP && object->roots) {
            object->roots--;
            if (lose_reference(object, stamp))
                return weakref;
        }
    }
    return NOBODY;
}

/* Gives up its next slots, up to one that holds the last reference; NOBODY: none does. Nothing
 * refers to what is dying, so `refs` is the step. */
static gcs_handle next_given_up(struct pass *pass, struct object *dying, uint32_t stamp)
{
    enum dying_order order = (enum dying_order)traits_of(pass, dying)->order;
    const uint32_t *slots = slots_behind(dying);
    uint32_t count = facts_of(pass, dying)->slots;
    while (dying->refs < count) {
        gcs_handle held = slots[given_up(order, dying->refs++, count)];
        if (held != NOBODY && lose_reference(object_at(pass, held), stamp))
            return held;
    }
    return NOBODY;
}

/* Depth first, each object's shell after its contents, as replay does: what a tuple of
 * callbacks finds on its free list depends on it. */
void die_in_order(struct pass *pass, gcs_handle handle)
{
    gcs_handle *dying = pass->dying, next;
    uint32_t stamp = (uint32_t)pass->baseline->op_count;
    size_t count = 0;
    begin_death(pass, handle);
    dying[count++] = handle;
    while (count) {
        struct object *object = object_at(pass, dying[count - 1]);
        bool closes = traits_of(pass, object)->closing;
        next = object->state & STATE_WEAK ? next_called(pass, dying[count - 1], stamp) : NOBODY;
        if (next == NOBODY && closes && !(object->state & STATE_CLOSING))
            begin_closing(pass, object);
        if (next == NOBODY)
            next = next_given_up(pass, object, stamp);
        if (next == NOBODY) {
            if (closes)
                end_closing(pass, object);
            object_release(pass, dying[--count]);
            continue;
        }
        begin_death(pass, next);
        dying[count++] = next;
    }
}

/* A callback takes a root off the weak reference when its target, which is garbage, is found.
 * Where that leaves nothing, the weak reference goes with the target. */
static enum gcs_status let_go_with(struct pass *pass, gcs_handle target, gcs_handle weakref)
{
    struct object *object = object_at(pass, weakref);
    if (object->refs != 1) {
        cannot(pass, "weak references that garbage lets go and something else holds");
        return GCS_OK;
    }
    object->state &= (uint16_t)~STATE_REACHED;
    object->state |= STATE_RELEASED;
    GCS_TRY(GCS_GROW(pass->memory, &pass->released, &pass->released_capacity,
                     pass->released_count + 1, pass->error));
    pass->released[pass->released_count++] = (struct pair){target, weakref};
    return GCS_OK;
}

/* What garbage refers weakly to garbage is cleared and never called, or called and stays. */
static enum gcs_status find_released_by(struct pass *pass, gcs_handle target)
{
    gcs_handle weakref;
    enum gcs_weak callback;
    while (weak_refs_pop(&pass->weak, target, true, &weakref, &callback)) {
        const struct object *object = object_at(pass, weakref);
        if (callback == GCS_WEAK_DROP && object->state & STATE_REACHED && object->roots)
            GCS_TRY(let_go_with(pass, target, weakref));
    }
    return GCS_OK;
}

enum gcs_status find_released(struct pass *pass)
{
    if (!pass->weak.count)
        return GCS_OK;
    for (gcs_handle h = next_object(pass, NOBODY); h; h = next_object(pass, h)) {
        unsigned state = object_at(pass, h)->state;
        if (state & (STATE_FREE | STATE_REACHED | STATE_RELEASED) || !(state & STATE_WEAK))
            continue;
        if (pass->baseline->passing && state & STATE_CALLED)
            cannot(pass, "weak references that are garbage when their callback is called");
        GCS_TRY(find_released_by(pass, h));
    }
    return GCS_OK;
}

void weak_fini(struct pass *pass)
{
    weak_refs_free(&pass->weak, pass->memory);
    gcs_memory_free(pass->memory, pass->released, pass->released_capacity,
                    sizeof *pass->released);
}
