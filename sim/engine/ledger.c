/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The ledger: facts are appended; the heap's history is thinned as it grows, peaks kept. */
#include "replay_private.h"

#define CAUSE_NAME(name, text) text,
static const char *const cause_names[] = {GCS_CAUSE_LIST(CAUSE_NAME)};

const char *gcs_cause_name(enum gcs_cause cause)
{
    return cause_names[cause];
}

void gcs_ledger_init(struct gcs_ledger *ledger, struct gcs_memory *memory)
{
    *ledger = (struct gcs_ledger){.memory = memory};
}

void gcs_ledger_reset(struct gcs_ledger *ledger)
{
    *ledger = (struct gcs_ledger){
        .memory = ledger->memory,
        .collections = ledger->collections,
        .collection_capacity = ledger->collection_capacity,
        .request_ns = ledger->request_ns,
        .request_capacity = ledger->request_capacity,
        .samples = ledger->samples,
        .sample_capacity = ledger->sample_capacity,
        .sample_events = 1,
    };
}

void gcs_ledger_fini(struct gcs_ledger *ledger)
{
    struct gcs_memory *memory = ledger->memory;
    gcs_memory_free(memory, ledger->collections, ledger->collection_capacity,
                    sizeof *ledger->collections);
    gcs_memory_free(memory, ledger->request_ns, ledger->request_capacity,
                    sizeof *ledger->request_ns);
    gcs_memory_free(memory, ledger->samples, ledger->sample_capacity, sizeof *ledger->samples);
    *ledger = (struct gcs_ledger){.memory = memory};
}

enum gcs_status ledger_add_collection(struct gcs_ledger *ledger,
                                      const struct gcs_collection *collection,
                                      struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(ledger->memory, &ledger->collections, &ledger->collection_capacity,
                     ledger->collection_count + 1, error));
    ledger->collections[ledger->collection_count++] = *collection;
    return GCS_OK;
}

enum gcs_status ledger_add_request(struct gcs_ledger *ledger, gcs_time ns,
                                   struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(ledger->memory, &ledger->request_ns, &ledger->request_capacity,
                     ledger->request_count + 1, error));
    ledger->request_ns[ledger->request_count++] = ns;
    return GCS_OK;
}

enum { STRETCHES = GCS_SAMPLES - 1 }; /* one place is the end's */

uint64_t ledger_stretch(uint64_t events)
{
    uint64_t width = 1;
    while (events && (events - 1) / width >= STRETCHES)
        width *= 2;
    return width;
}

/* Halves the number of samples: of two neighbours the higher heap stays. */
static void thin_out(struct gcs_ledger *ledger)
{
    size_t kept = 0;
    uint64_t width = ledger->sample_events * 2;
    for (size_t i = 0; i < ledger->sample_count; i++) {
        const struct gcs_sample *sample = &ledger->samples[i];
        if (kept && ledger->samples[kept - 1].event / width == sample->event / width) {
            if (sample->live_bytes > ledger->samples[kept - 1].live_bytes)
                ledger->samples[kept - 1] = *sample;
        } else {
            ledger->samples[kept++] = *sample;
        }
    }
    ledger->sample_count = kept;
    ledger->sample_events = width;
}

static bool is_in_last_stretch(const struct gcs_ledger *ledger, const struct gcs_sample *sample)
{
    if (!ledger->sample_count)
        return false;
    const struct gcs_sample *last = &ledger->samples[ledger->sample_count - 1];
    return last->event / ledger->sample_events == sample->event / ledger->sample_events;
}

enum gcs_status ledger_observe(struct gcs_ledger *ledger, const struct gcs_sample *sample,
                               struct gcs_error *error)
{
    bool same = is_in_last_stretch(ledger, sample);
    while (!same && ledger->sample_count >= STRETCHES) {
        thin_out(ledger);
        same = is_in_last_stretch(ledger, sample);
    }
    if (same) {
        struct gcs_sample *last = &ledger->samples[ledger->sample_count - 1];
        if (sample->live_bytes > last->live_bytes)
            *last = *sample;
        return GCS_OK;
    }
    GCS_TRY(GCS_GROW(ledger->memory, &ledger->samples, &ledger->sample_capacity, GCS_SAMPLES,
                     error));
    ledger->samples[ledger->sample_count++] = *sample;
    return GCS_OK;
}

enum gcs_status ledger_end(struct gcs_ledger *ledger, const struct gcs_sample *sample,
                           struct gcs_error *error)
{
    GCS_TRY(GCS_GROW(ledger->memory, &ledger->samples, &ledger->sample_capacity, GCS_SAMPLES,
                     error));
    ledger->samples[ledger->sample_count++] = *sample;
    return GCS_OK;
}
