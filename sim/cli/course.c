/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Thresholds that are sought, round by round (trials.h). */
#include "trials.h"

#include <stdlib.h>
#include <string.h>

/* So that workers are busy, and figures are looked at often. */
enum { ROUND = 8 };

bool course_leads(const struct grid *grid)
{
    return grid->program % (size_t)grid->wanted->seeds == 0;
}

struct course *course_of(const struct grid *grid)
{
    return &grid->courses[grid->model * grid->strategy_count + grid->strategy];
}

void course_begin(const struct grid *grid)
{
    struct course *course = course_of(grid);
    size_t room = (size_t)grid->wanted->trials;
    if (!course->tried)
        course->tried = calloc(room, sizeof *course->tried);
    GCS_REQUIRE(course->tried != NULL && grid->triple_count <= room);
    course->count = grid->triple_count;
    for (size_t i = 0; i < course->count; i++)
        memcpy(course->tried[i].threshold, grid->triples[i].threshold,
               sizeof course->tried[i].threshold);
}

/* The batch's last trials are the course's up to the next. */
void course_learn(const struct trials *trials)
{
    const struct grid *grid = trials->grid;
    struct gcs_tried *tried = course_of(grid)->tried;
    size_t next = grid->threshold;
    for (size_t i = trials->plan.trial_count; i-- > 0 && next > 0;) {
        const struct gcs_trial *trial = &trials->plan.trials[i];
        if (trial->program != grid->program ||
            trial->setting.model != grid->models[grid->model] ||
            trial->setting.strategy != &grid->strategies[grid->strategy])
            return;
        tried[--next].standing = gcs_standing_of(&trial->summary, 0);
    }
}

bool course_go_on(const struct grid *grid)
{
    struct course *course = course_of(grid);
    size_t left = (size_t)grid->wanted->trials - course->count, found;
    size_t round = course->count / 8 > ROUND ? course->count / 8 : ROUND;
    int32_t(*next)[GCS_GENERATIONS] = calloc(round, sizeof *next);
    GCS_REQUIRE(next != NULL);
    GCS_REQUIRE(gcs_seek_next(course->tried, course->count, grid->sought,
                              left < round ? left : round, next, &found));
    for (size_t i = 0; i < found; i++)
        memcpy(course->tried[course->count++].threshold, next[i], sizeof next[i]);
    free(next);
    return found > 0;
}

void courses_free(struct grid *grid)
{
    size_t count = grid->model_count * grid->strategy_count;
    for (size_t i = 0; grid->courses && i < count; i++)
        free(grid->courses[i].tried);
    free(grid->courses);
}
