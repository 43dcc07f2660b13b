/* SPDX-License-Identifier: GPL-3.0-or-later */
/* POSIX threads, a mutex and a condition: all that a study needs of them. */
#include "workers.h"

#include <pthread.h>
#include <stddef.h>

enum { WORKERS_MAX = 256 };

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    void (*run)(struct workers *workers, unsigned worker, void *job);
    void *job;
};

struct worker {
    struct workers *workers;
    unsigned number;
};

static void *start(void *argument)
{
    struct worker *worker = argument;
    worker->workers->run(worker->workers, worker->number, worker->workers->job);
    return NULL;
}

void workers_run(unsigned count,
                 void (*run)(struct workers *workers, unsigned worker, void *job), void *job)
{
    struct workers workers = {.run = run, .job = job};
    struct worker each[WORKERS_MAX];
    pthread_t threads[WORKERS_MAX];
    unsigned started = 0;
    pthread_mutex_init(&workers.lock, NULL);
    pthread_cond_init(&workers.changed, NULL);
    while (started + 1 < count && started + 1 < WORKERS_MAX) {
        each[started] = (struct worker){&workers, started + 1};
        if (pthread_create(&threads[started], NULL, start, &each[started]) != 0)
            break;
        started++;
    }
    run(&workers, 0, job);
    for (unsigned i = 0; i < started; i++)
        pthread_join(threads[i], NULL);
    pthread_cond_destroy(&workers.changed);
    pthread_mutex_destroy(&workers.lock);
}

void workers_lock(struct workers *workers)
{
    pthread_mutex_lock(&workers->lock);
}

void workers_unlock(struct workers *workers)
{
    pthread_mutex_unlock(&workers->lock);
}

void workers_wait(struct workers *workers)
{
    pthread_cond_wait(&workers->changed, &workers->lock);
}

void workers_wake(struct workers *workers)
{
    pthread_cond_broadcast(&workers->changed);
}
