/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * base.h — what every stage needs: status and error text, memory with a budget, text, random
 * streams, quantities.
 *
 * Two kinds of failure, never mixed. The world is wrong (bad YAML, cut trace, limit reached):
 * functions return enum gcs_status, say why in a caller-owned struct gcs_error, and leave their
 * outputs untouched. The program is wrong: GCS_REQUIRE (always on) and GCS_ASSERT (off under
 * NDEBUG) print file, line and condition, and abort.
 *
 * Nothing here touches files, the clock, the locale or the environment. Nothing is global.
 */
#ifndef GCSIM_BASE_H
#define GCSIM_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Nanoseconds, of simulated time unless said otherwise. */
typedef uint64_t gcs_time;

#define GCS_STATUS_LIST(X)               \
    X(OK, "done")                        \
    X(INVALID, "the input is not valid") \
    X(LIMIT, "a limit was reached")      \
    X(NOMEM, "out of memory")
#define GCS_STATUS_ENUM_(name, text) GCS_##name,
enum gcs_status { GCS_STATUS_LIST(GCS_STATUS_ENUM_) GCS_STATUS_COUNT };

/** Why something failed: at most one line for people. A line of 0: no place in a text. */
struct gcs_error {
    enum gcs_status status;
    bool has_event;  /* event holds the number of the trace event at fault */
    uint64_t line;   /* 1-based */
    uint64_t column; /* 1-based, in bytes */
    uint64_t event;  /* 0-based */
    char file[256];  /* empty: the caller knows which input it was */
    char where[128]; /* a key's path (`sites.row.lifetime`), or empty */
    char text[384];  /* what is wrong and what to do */
};

#if defined(__GNUC__)
#define GCS_PRINTF(text_at, first) __attribute__((__format__(__printf__, text_at, first)))
#else
#define GCS_PRINTF(text_at, first)
#endif

/** Fills *error (unless it already holds a failure: the first one wins) and returns status. */
enum gcs_status gcs_fail(struct gcs_error *error, enum gcs_status status, const char *format,
                         ...) GCS_PRINTF(3, 4);
/** The same, with a place in the input; `where` may be NULL. */
enum gcs_status gcs_fail_at(struct gcs_error *error, uint64_t line, uint64_t column,
                            const char *where, const char *format, ...) GCS_PRINTF(5, 6);

#define GCS_TRY(call)                             \
    do {                                          \
        enum gcs_status gcs_try_status_ = (call); \
        if (gcs_try_status_ != GCS_OK)            \
            return gcs_try_status_;               \
    } while (0)

/** Fetches memory that is needed soon. (Without the asm GCC 12 takes a function that only
 *  fetches for one without effect, and leaves its calls out.) */
static inline void gcs_fetch(const void *address)
{
    __builtin_prefetch(address);
    __asm__ volatile("" : : "r"(address));
}

_Noreturn void gcs_die(const char *file, int line, const char *condition);
#define GCS_REQUIRE(condition) ((condition) ? (void)0 : gcs_die(__FILE__, __LINE__, #condition))
#ifdef NDEBUG
#define GCS_ASSERT(condition) ((void)sizeof((condition) ? 1 : 0))
#else
#define GCS_ASSERT(condition) GCS_REQUIRE(condition)
#endif

/** Turns off what libraries do behind our back (GSL's handler aborts the process). Call it
 * first in main, before any thread. */
void gcs_init(void);
/** "0.1.0" */
const char *gcs_version(void);

/** Who is told how far a long pass has come: `done` of `total`, 0 where the end is unknown.
 * Told some thousand times a second at most, in the thread that passes. */
struct gcs_watch {
    void (*moved)(void *watcher, uint64_t done, uint64_t total);
    void *watcher;
};

/*
 * Memory: a budget that a trial or a reading may not exceed, and arrays that grow under it.
 */
struct gcs_memory {
    size_t limit; /* bytes; 0: none */
    size_t used;
    size_t peak;
    const struct gcs_watch *watch; /* of what works within it; borrowed. NULL: nobody */
};

/** Makes *array (of *capacity elements of `size` bytes, NULL and 0 at first) hold at least
 *  `needed`, at least doubling it; new elements are not initialised.
 *  GCS_LIMIT: over the budget; GCS_NOMEM; both leave array and capacity as they were. */
enum gcs_status gcs_memory_grow(struct gcs_memory *memory, void **array, size_t *capacity,
                                size_t needed, size_t size, struct gcs_error *error);
/** Hands back what such an array has room for beyond `count` elements. */
void gcs_memory_shrink(struct gcs_memory *memory, void **array, size_t *capacity, size_t count,
                       size_t size);
/** Counts what was allocated or released under another budget: `before` became `after`.
 *  GCS_LIMIT: over this one; it is not counted then. */
enum gcs_status gcs_memory_count(struct gcs_memory *memory, size_t before, size_t after,
                                 struct gcs_error *error);
/** Releases such an array (NULL is fine). */
void gcs_memory_free(struct gcs_memory *memory, void *array, size_t capacity, size_t size);
#define GCS_GROW(memory, array, capacity, needed, error)                             \
    ((size_t)(needed) <= *(capacity)                                                 \
         ? GCS_OK                                                                    \
         : gcs_memory_grow((memory), (void **)(array), (capacity), (size_t)(needed), \
                           sizeof **(array), (error)))
#define GCS_SHRINK(memory, array, capacity, count) \
    gcs_memory_shrink((memory), (void **)(array), (capacity), (count), sizeof **(array))

/** Small things that live together and go together: zeroed, 16-byte aligned, no single free. */
struct gcs_arena {
    struct gcs_arena_chunk *chunks;
    size_t left;
};
void gcs_arena_init(struct gcs_arena *arena);
void gcs_arena_fini(struct gcs_arena *arena);
/** Never NULL: running out of memory for a few kilobytes of names aborts with one line. */
void *gcs_arena_push(struct gcs_arena *arena, size_t bytes);
/** A zero-terminated copy of `length` bytes. */
char *gcs_arena_string(struct gcs_arena *arena, const char *text, size_t length);

/*
 * Text out: a growing buffer, optionally emptied into a sink as it fills.
 */
struct gcs_sink {
    bool (*write)(void *to, const void *bytes, size_t count); /* false: give up */
    void *to;
};
struct gcs_text {
    char *data; /* zero-terminated if not NULL */
    size_t length;
    size_t capacity;
    const struct gcs_sink *sink; /* NULL: everything stays in data */
    bool failed;                 /* sticky: out of memory, or the sink gave up */
};
void gcs_text_init(struct gcs_text *text, const struct gcs_sink *sink);
void gcs_text_fini(struct gcs_text *text);
void gcs_text_add(struct gcs_text *text, const char *format, ...) GCS_PRINTF(2, 3);
void gcs_text_add_bytes(struct gcs_text *text, const void *bytes, size_t count);
void gcs_text_add_u64(struct gcs_text *text, uint64_t value);
/** Empties what is left into the sink; false if anything failed since init. */
bool gcs_text_flush(struct gcs_text *text);

/*
 * Random streams: xoshiro256**, 64 bits of seed, one stream per purpose. A stream's start is a
 * mix of the trial's seed with the stream's name, so a new stream never shifts old ones.
 */
struct gcs_random {
    uint64_t state[4];
};
void gcs_random_init(struct gcs_random *random, uint64_t seed, const char *name);
/** 64 random bits. Here, because a generator draws several for each event. */
static inline uint64_t gcs_random_next(struct gcs_random *random)
{
    uint64_t *s = random->state;
    uint64_t times5 = s[1] * 5, shifted = s[1] << 17;
    uint64_t result = (times5 << 7 | times5 >> 57) * 9;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= shifted;
    s[3] = s[3] << 45 | s[3] >> 19;
    return result;
}
/** Uniform in [0, 1), 53 bits. */
static inline double gcs_random_unit(struct gcs_random *random)
{
    return (double)(gcs_random_next(random) >> 11) * 0x1p-53;
}
/** Uniform in [0, n), n > 0, without bias. */
uint64_t gcs_random_below(struct gcs_random *random, uint64_t n);

/*
 * Quantities as people write them: `20k`, `1.5M`, `64KiB`, `10ms`.
 */
enum gcs_unit {
    GCS_UNIT_NONE,  /* k M G */
    GCS_UNIT_BYTES, /* k M G (decimal), KiB MiB GiB */
    GCS_UNIT_TIME,  /* ns us ms s; a bare number is nanoseconds */
};
/** Parses all of `text` (`length` bytes) as a finite number with the unit's suffixes; the
 * result is in bytes or ns. On failure returns false and *why says what is wrong ("junk behind
 * the number"); *value is untouched. Accepts no hex, no inf, no nan, no leading '+', no blanks.
 */
bool gcs_parse_real(const char *text, size_t length, enum gcs_unit unit, double *value,
                    const char **why);
/** The same for whole numbers 0 … 2^64−1; `1.5k` is whole, `1.5` is not. Exact over all 64
 * bits. */
bool gcs_parse_whole(const char *text, size_t length, enum gcs_unit unit, uint64_t *value,
                     const char **why);

/** The name in names[0 … count) nearest to `text`, or NULL if none is near enough to suggest.
 */
const char *gcs_nearest(const char *text, const char *const *names, size_t count);

/** XXH3-128 of some bytes as 32 hex digits and a zero. */
struct gcs_digest {
    char hex[33];
};
struct gcs_digest gcs_digest_of(const void *bytes, size_t count);

/** true if `a` and `b` are the same string. */
bool gcs_same(const char *a, const char *b);

#endif
