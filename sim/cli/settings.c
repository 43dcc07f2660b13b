/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The thresholds of one model: all that are listed, or where the search for others begins. */
#include "trials.h"

#include <stdlib.h>
#include <string.h>

/* The three lists of one model's thresholds, places left out filled in; a place that is sought
 * has the model's. */
struct places {
    struct gcs_numbers place[GCS_GENERATIONS];
    unsigned sought;
    size_t settings; /* up to TRIALS_MAX */
};

/* One of -t's texts, for a model. */
static enum gcs_status places_for(struct gcs_arena *arena, const struct wanted *wanted,
                                  const char *text, const struct gcs_model *model,
                                  struct places *places, struct gcs_error *error)
{
    bool never = model->timing == GCS_TIMING_NEVER; /* whatever its thresholds */
    struct gcs_thresholds parsed = {0};
    const struct gcs_names *lists[GCS_GENERATIONS] = {NULL, &wanted->threshold1,
                                                      &wanted->threshold2};
    GCS_TRY(gcs_thresholds_parse(text, arena, &parsed, error));
    if (parsed.sought && !wanted->may_seek)
        return gcs_fail(error, GCS_INVALID,
                        "'%s': only `gcsim sweep` seeks thresholds; give a number", text);
    *places = (struct places){.settings = 1};
    for (unsigned g = 0; g < GCS_GENERATIONS; g++) {
        places->place[g] = parsed.places[g];
        if (places->place[g].count == 0 && lists[g])
            GCS_TRY(numbers_join(arena, lists[g], &places->place[g], error));
        if (places->place[g].count == 0)
            places->sought |= never ? 0 : parsed.sought & 1u << g;
        if (places->place[g].count == 0)
            places->place[g] = (struct gcs_numbers){&model->threshold[g], 1};
        places->settings *= places->place[g].count; /* each at most a million: see ranges.c */
        if (places->settings > TRIALS_MAX)
            places->settings = TRIALS_MAX;
    }
    return GCS_OK;
}

static int by_threshold(const void *a, const void *b)
{
    const struct triple *x = a, *y = b;
    for (unsigned g = 0; g < GCS_GENERATIONS; g++)
        if (x->threshold[g] != y->threshold[g])
            return x->threshold[g] < y->threshold[g] ? -1 : 1;
    return x->order < y->order ? -1 : x->order > y->order;
}

static int by_order(const void *a, const void *b)
{
    const struct triple *x = a, *y = b;
    return x->order < y->order ? -1 : x->order > y->order;
}

static void add(struct grid *grid, const int32_t threshold[GCS_GENERATIONS])
{
    struct triple *triple = &grid->triples[grid->triple_count];
    memcpy(triple->threshold, threshold, sizeof triple->threshold);
    triple->order = (uint32_t)grid->triple_count++;
}

/* Where the search begins, from each setting of the places that are not sought. */
static void add_sought(struct grid *grid, const int32_t base[GCS_GENERATIONS], unsigned sought,
                       size_t room)
{
    int32_t(*first)[GCS_GENERATIONS] = calloc(room, sizeof *first);
    GCS_REQUIRE(first != NULL);
    size_t count = gcs_seek_first(base, sought, room, first);
    for (size_t i = 0; i < count; i++)
        add(grid, first[i]);
    free(first);
}

/* `room`: for each setting where places are sought. */
static void expand(const struct places *places, size_t room, struct grid *grid)
{
    const struct gcs_numbers *p = places->place;
    for (size_t i = 0; i < p[0].count; i++)
        for (size_t j = 0; j < p[1].count; j++)
            for (size_t k = 0; k < p[2].count; k++) {
                int32_t base[GCS_GENERATIONS] = {
                    (int32_t)p[0].values[i], (int32_t)p[1].values[j], (int32_t)p[2].values[k]};
                if (places->sought)
                    add_sought(grid, base, places->sought, room);
                else
                    add(grid, base);
            }
}

/* Each setting once, where it was named first. */
static void drop_repeats(struct grid *grid)
{
    struct triple *triples = grid->triples;
    size_t kept = 0;
    qsort(triples, grid->triple_count, sizeof *triples, by_threshold);
    for (size_t i = 0; i < grid->triple_count; i++)
        if (!kept || memcmp(triples[kept - 1].threshold, triples[i].threshold,
                            sizeof triples[i].threshold) != 0)
            triples[kept++] = triples[i];
    qsort(triples, kept, sizeof *triples, by_order);
    grid->triple_count = kept;
}

/* All of -t's texts for a model. */
struct texts {
    struct places *each;
    size_t count;
    size_t listed; /* settings of those without a place that is sought */
    size_t sought; /* of the one that has */
};

static enum gcs_status read_texts(const struct grid *grid, const struct gcs_model *model,
                                  struct gcs_arena *arena, struct texts *texts,
                                  struct gcs_error *error)
{
    const struct wanted *wanted = grid->wanted;
    *texts = (struct texts){.count = wanted->thresholds.count};
    texts->each = gcs_arena_push(arena, (texts->count + 1) * sizeof *texts->each);
    for (size_t t = 0; t < texts->count; t++) {
        struct places *places = &texts->each[t];
        GCS_TRY(places_for(arena, wanted, wanted->thresholds.names[t], model, places, error));
        if (!wanted->several && places->settings > 1)
            return gcs_fail(
                error, GCS_INVALID,
                "one setting is expected: `gcsim sweep` takes ranges of thresholds");
        if (places->sought && texts->sought)
            return gcs_fail(error, GCS_INVALID,
                            "auto is in two of them: it can be in one, others name settings");
        *(places->sought ? &texts->sought : &texts->listed) += places->settings;
    }
    if (texts->listed + texts->sought >= TRIALS_MAX)
        return gcs_fail(error, GCS_INVALID, "more than %d trials: choose fewer points",
                        TRIALS_MAX);
    if (texts->sought && texts->listed + texts->sought >= wanted->trials)
        return gcs_fail(error, GCS_INVALID,
                        "%zu settings beside the model's own leave nothing to seek of %llu: "
                        "more --trials, or fewer settings",
                        texts->listed + texts->sought, (unsigned long long)wanted->trials);
    return GCS_OK;
}

static enum gcs_status load(struct trials *trials, size_t model, struct gcs_arena *scratch,
                            struct gcs_error *error)
{
    struct grid *grid = trials->grid;
    const struct gcs_model *loaded = grid->models[model];
    struct texts texts;
    GCS_TRY(read_texts(grid, loaded, scratch, &texts, error));
    size_t most = texts.sought ? (size_t)grid->wanted->trials : texts.listed;
    size_t room = texts.sought ? (most - 1 - texts.listed) / texts.sought : 0;
    free(grid->triples);
    grid->triples = malloc((most + 1) * sizeof *grid->triples);
    GCS_REQUIRE(grid->triples != NULL);
    grid->triple_count = 0;
    grid->sought = 0;
    if (texts.sought)
        add(grid, (int32_t[]){(int32_t)loaded->threshold[0], (int32_t)loaded->threshold[1],
                              (int32_t)loaded->threshold[2]});
    for (size_t t = 0; t < texts.count; t++) {
        const struct places *places = &texts.each[t];
        expand(places, room, grid);
        grid->sought |= places->sought;
        for (unsigned g = 0; g < GCS_GENERATIONS; g++)
            trials->varied[g] |=
                places->place[g].count > 1 || texts.count > 1 || places->sought >> g & 1;
    }
    drop_repeats(grid);
    grid->loaded = model + 1;
    return GCS_OK;
}

int settings_load(struct trials *trials, size_t model)
{
    struct gcs_arena scratch;
    struct gcs_error error = {0};
    if (trials->grid->loaded == model + 1)
        return EXIT_DONE;
    gcs_arena_init(&scratch);
    enum gcs_status status = load(trials, model, &scratch, &error);
    gcs_arena_fini(&scratch);
    if (status == GCS_OK)
        return EXIT_DONE;
    print_usage_error("--threshold: %s", error.text);
    return EXIT_USAGE;
}
