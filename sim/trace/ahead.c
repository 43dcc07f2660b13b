/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ahead.h"

#include <pthread.h>
#include <stdlib.h>

struct gcs_ahead {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool (*fill)(void *work, unsigned slot);
    void *work;
    unsigned slots;
    unsigned long filled, taken, returned; /* so many, from the beginning */
    bool ended;                            /* nobody takes more */
};

/* So much that whoever waited for room is woken: not for each slot, as waking takes longer than
 * filling. */
static bool has_much_room(const struct gcs_ahead *ahead)
{
    return ahead->filled - ahead->returned <= ahead->slots / 2;
}

/* Waits for a slot to fill; false: none is needed any more. */
static bool wait_for_room(struct gcs_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    if (ahead->filled - ahead->returned == ahead->slots)
        while (!ahead->ended && !has_much_room(ahead))
            pthread_cond_wait(&ahead->changed, &ahead->lock);
    bool wanted = !ahead->ended;
    pthread_mutex_unlock(&ahead->lock);
    return wanted;
}

static void *work(void *argument)
{
    struct gcs_ahead *ahead = argument;
    bool more = true;
    for (unsigned slot = 0; more && wait_for_room(ahead); slot = (slot + 1) % ahead->slots) {
        more = ahead->fill(ahead->work, slot);
        pthread_mutex_lock(&ahead->lock);
        ahead->filled++;
        pthread_cond_signal(&ahead->changed);
        pthread_mutex_unlock(&ahead->lock);
    }
    return NULL;
}

struct gcs_ahead *gcs_ahead_new(unsigned slots, bool (*fill)(void *work, unsigned slot),
                                void *of)
{
    struct gcs_ahead *ahead = calloc(1, sizeof *ahead);
    if (!ahead)
        return NULL;
    ahead->fill = fill;
    ahead->work = of;
    ahead->slots = slots;
    pthread_mutex_init(&ahead->lock, NULL);
    pthread_cond_init(&ahead->changed, NULL);
    if (pthread_create(&ahead->thread, NULL, work, ahead) == 0)
        return ahead;
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
    return NULL;
}

unsigned gcs_ahead_next(struct gcs_ahead *ahead)
{
    pthread_mutex_lock(&ahead->lock);
    ahead->returned = ahead->taken;
    if (has_much_room(ahead))
        pthread_cond_signal(&ahead->changed);
    while (ahead->filled == ahead->taken)
        pthread_cond_wait(&ahead->changed, &ahead->lock);
    unsigned slot = (unsigned)(ahead->taken++ % ahead->slots);
    pthread_mutex_unlock(&ahead->lock);
    return slot;
}

void gcs_ahead_free(struct gcs_ahead *ahead)
{
    if (!ahead)
        return;
    pthread_mutex_lock(&ahead->lock);
    ahead->ended = true;
    pthread_cond_signal(&ahead->changed);
    pthread_mutex_unlock(&ahead->lock);
    pthread_join(ahead->thread, NULL);
    pthread_cond_destroy(&ahead->changed);
    pthread_mutex_destroy(&ahead->lock);
    free(ahead);
}
