/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Objects come into being: what a site does when its turn comes. */
#include "workload_private.h"

enum { ROUND = 8 }; /* slots that are emptied at a time */

/* Of most objects in one go. What stands behind them may be written too. */
static inline void empty(uint64_t *targets, uint32_t from, uint32_t end)
{
    do {
        for (unsigned i = 0; i < ROUND; i++)
            targets[from + i] = 0;
        from += ROUND;
    } while (from < end);
}

/* A set holds an object once. */
static void leave_out_doubles(uint64_t *targets, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t j = 0; j < i; j++)
            if (targets[j] == targets[i])
                targets[i] = 0;
}

enum gcs_status gcs_make(struct program *program, struct birth *birth, const struct body *body,
                         uint64_t *object)
{
    const struct gcs_workload *workload = program->workload;
    struct stream *stream = &program->sites[birth->site];
    uint32_t place = gcs_choose(body->among, &stream->random);
    const struct type *type = &workload->types[place];
    uint32_t slots = type->trace.slots;
    uint32_t wanted = body->reserved + (uint32_t)gcs_sampler_draw_count(
                                           birth->row->references, stream, PART_OBJECTS_MAX);
    uint32_t grown = type->grows ? wanted : 0;
    slots = slots < grown ? grown : slots;
    GCS_TRY(GCS_GROW(program->memory, &program->targets, &program->targets_capacity,
                     (size_t)slots + 2 + ROUND, program->error));
    uint64_t *targets = program->targets;
    targets[0] = body->first[0];
    targets[1] = body->first[1];
    uint32_t full = wanted < slots ? wanted : slots;
    empty(targets, full < body->reserved ? body->reserved : full, slots);
    if (full > body->reserved)
        gcs_pick_targets(program, birth->site, &birth->fate, targets + body->reserved,
                         full - body->reserved);
    if (type->trace.kind == GCS_KIND_SET)
        leave_out_doubles(targets, full);
    const struct sampler *payload = birth->row->payload ? birth->row->payload : &type->payload;
    uint64_t extra = type->has_payload || birth->row->payload
                         ? gcs_sampler_draw_count(payload, stream, UINT64_C(1) << 39)
                         : 0;
    birth->last = (struct abilities){
        .room = {body->reserved, type->stores ? slots : body->reserved},
        .weakrefable = type->weakrefable,
    };
    return gcs_emit_birth(program, place, slots, full ? targets : NULL, extra, object);
}

static struct fate draw_fate(struct program *program, uint32_t place, const struct row *row,
                             bool rest)
{
    const struct site *site = &program->workload->sites[place];
    struct stream *stream = &program->sites[place];
    struct fate fate = {.cause = site->cause};
    uint64_t from = program->objects + 1;
    if (site->cause == CAUSE_TIME)
        from = program->clock;
    else if (site->cause == CAUSE_REQUESTS)
        from = program->requests_ended + 1; /* its own, or the next */
    else if (site->cause != CAUSE_ALLOCATIONS)
        return fate;
    double lifetime = rest ? gcs_sampler_draw_rest(row->lifetime, stream)
                           : gcs_sampler_draw(row->lifetime, stream);
    lifetime = lifetime < 0x1p62 ? lifetime + 0.5 : 0x1p62;
    fate.deadline = from + (uint64_t)(int64_t)lifetime;
    return fate;
}

/* A WeakValueDictionary's entry: nobody names the weak reference again, its callback lets go of
 * it. */
static enum gcs_status hold_weakly(struct program *program, uint32_t place, uint64_t object)
{
    uint64_t entry;
    program->debts[place].acyclic++;
    GCS_TRY(gcs_emit_birth(program, gcs_own_type(program->workload, OWN_WEAKREF), 0, NULL, 0,
                           &entry));
    struct gcs_event event = {
        .op = GCS_OP_WEAK, .detail = GCS_WEAK_DROP, .object = entry, .value = object};
    return gcs_emit(program, &event, NULL);
}

static enum gcs_status make_structure(struct program *program, uint32_t place, bool cyclic,
                                      bool rest)
{
    const struct site *site = &program->workload->sites[place];
    const struct body body = {.among = &site->types};
    GCS_TRY(gcs_let_go_due(program));
    uint64_t before = program->objects;
    const struct row *row = site->rows;
    if (site->joint.count)
        row += gcs_choose(&site->joint, &program->sites[place].random);
    struct birth birth = {
        .site = place, .row = row, .fate = draw_fate(program, place, row, rest)};
    struct holding holding = {.deadline = birth.fate.deadline,
                              .site = place,
                              .cause = (uint8_t)site->cause,
                              .cycle = CYCLE_NONE};
    GCS_TRY(cyclic ? gcs_make_cycle(program, &birth, &holding)
                   : gcs_make(program, &birth, &body, &holding.object));
    if (!cyclic)
        birth.head = birth.last;
    if (site->weak_values > 0 && birth.head.weakrefable &&
        gcs_random_unit(&program->sites[place].random) < site->weak_values)
        GCS_TRY(hold_weakly(program, place, holding.object));
    if (site->cause == CAUSE_AT_ONCE)
        return gcs_let_go(program, &holding);
    if (site->cause == CAUSE_NEVER)
        program->still_objects += program->objects - before;
    return gcs_hold(program, &holding, &birth);
}

static enum gcs_status take_turn(struct program *program, uint32_t place, bool rest)
{
    const struct site *site = &program->workload->sites[place];
    struct debt *debt = &program->debts[place];
    bool cyclic =
        site->cyclic > 0 && gcs_random_unit(&program->sites[place].random) < site->cyclic;
    uint64_t *owed = cyclic ? &debt->cyclic : &debt->acyclic;
    if (!*owed)
        return make_structure(program, place, cyclic, rest);
    --*owed; /* an earlier structure made this turn's object */
    return GCS_OK;
}

/* Several turns in a call of C code. */
static enum gcs_status take_stretch(struct program *program, uint32_t place)
{
    const struct site *site = &program->workload->sites[place];
    struct debt *debt = &program->debts[place];
    if (debt->turns) {
        debt->turns--;
        return GCS_OK;
    }
    uint64_t count =
        gcs_sampler_draw_count(&site->stretch, &program->sites[place], PART_OBJECTS_MAX);
    if (!count)
        return take_turn(program, place, false);
    debt->turns = count - 1;
    GCS_TRY(gcs_emit_enter(program));
    if (program->stopped)
        return GCS_OK;
    while (count-- && !program->stopped)
        GCS_TRY(take_turn(program, place, false));
    return gcs_emit_leave(program);
}

enum gcs_status gcs_site_turn(struct program *program, uint32_t place, bool rest)
{
    if (program->workload->sites[place].in_stretches && !rest)
        return take_stretch(program, place);
    return take_turn(program, place, rest);
}
