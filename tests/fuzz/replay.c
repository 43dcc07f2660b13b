/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Runs a fuzz target without a fuzzer: over the files given, and those in the directories
 * given. With `--random N SEED` in front, also over N changed forms of them, the same for the
 * same seed and files.
 */
#define _POSIX_C_SOURCE 200809L

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const unsigned char *bytes, size_t size);

struct input {
    unsigned char *bytes;
    size_t size;
};
struct corpus {
    struct input *inputs;
    size_t count;
};

static void die(const char *what, const char *path)
{
    fprintf(stderr, "replay: %s %s\n", what, path);
    exit(2);
}

static void *room(void *old, size_t bytes)
{
    void *grown = realloc(old, bytes ? bytes : 1);
    if (!grown)
        die("out of memory", "");
    return grown;
}

static void add_file(struct corpus *corpus, const char *path)
{
    struct input input = {0};
    FILE *file = fopen(path, "rb");
    if (!file)
        die("cannot read", path);
    size_t got;
    do {
        input.bytes = room(input.bytes, input.size + 65536);
        got = fread(input.bytes + input.size, 1, 65536, file);
        input.size += got;
    } while (got);
    fclose(file);
    input.bytes = room(input.bytes, input.size); /* so that a sanitizer sees its end */
    corpus->inputs = room(corpus->inputs, (corpus->count + 1) * sizeof *corpus->inputs);
    corpus->inputs[corpus->count++] = input;
}

static int visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

/* In order of name, so that a seed means the same everywhere. */
static void add(struct corpus *corpus, const char *path)
{
    struct dirent **entries;
    int count = scandir(path, &entries, visible, alphasort);
    if (count < 0) {
        add_file(corpus, path);
        return;
    }
    for (int i = 0; i < count; i++) {
        size_t length = strlen(path) + strlen(entries[i]->d_name) + 2;
        char *name = room(NULL, length);
        snprintf(name, length, "%s/%s", path, entries[i]->d_name);
        add_file(corpus, name);
        free(name);
        free(entries[i]);
    }
    free(entries);
}

/* splitmix64 (Steele et al. 2014) */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static size_t below(uint64_t *state, size_t n)
{
    return n ? (size_t)(next_random(state) % n) : 0;
}

/* One change: of a bit, a byte, a stretch left out, doubled, or taken from another input. */
static void change(struct input *input, const struct input *other, uint64_t *state)
{
    static const char likely[] = "0129 \n=-#abcdegikmorstuvwz\x00\xff\x80\xc0\xf8";
    size_t at = below(state, input->size);
    size_t length = 1 + below(state, input->size - at < 24 ? input->size - at : 24);
    size_t from = below(state, other->size);
    switch (input->size ? below(state, 6) : 5) {
    case 0:
        input->bytes[at] ^= (unsigned char)(1u << below(state, 8));
        break;
    case 1:
        input->bytes[at] = (unsigned char)likely[below(state, sizeof likely)];
        break;
    case 2:
        length = length > input->size - at ? input->size - at : length;
        memmove(input->bytes + at, input->bytes + at + length, input->size - at - length);
        input->size -= length;
        break;
    case 3:
        input->bytes[at] = (unsigned char)next_random(state);
        break;
    default:
        if (from + length > other->size)
            length = other->size - from;
        input->bytes = room(input->bytes, input->size + length);
        memmove(input->bytes + at + length, input->bytes + at, input->size - at);
        memcpy(input->bytes + at, other->bytes + from, length);
        input->size += length;
    }
}

static void run_changed(const struct corpus *corpus, unsigned long runs, uint64_t seed)
{
    for (unsigned long i = 0; i < runs && corpus->count; i++) {
        const struct input *base = &corpus->inputs[below(&seed, corpus->count)];
        struct input input = {room(NULL, base->size), base->size};
        memcpy(input.bytes, base->bytes, base->size);
        for (size_t n = 1 + below(&seed, 6); n; n--)
            change(&input, &corpus->inputs[below(&seed, corpus->count)], &seed);
        input.bytes = room(input.bytes, input.size);
        LLVMFuzzerTestOneInput(input.bytes, input.size);
        free(input.bytes);
    }
}

int main(int argc, char **argv)
{
    struct corpus corpus = {0};
    unsigned long runs = 0;
    uint64_t seed = 0;
    int first = 1;
    if (argc > 3 && !strcmp(argv[1], "--random")) {
        runs = strtoul(argv[2], NULL, 10);
        seed = strtoull(argv[3], NULL, 10);
        first = 4;
    }
    for (int i = first; i < argc; i++)
        add(&corpus, argv[i]);
    for (size_t i = 0; i < corpus.count; i++)
        LLVMFuzzerTestOneInput(corpus.inputs[i].bytes, corpus.inputs[i].size);
    run_changed(&corpus, runs, seed);
    printf("%zu inputs, %lu changed ones\n", corpus.count, runs);
    for (size_t i = 0; i < corpus.count; i++)
        free(corpus.inputs[i].bytes);
    free(corpus.inputs);
    return 0;
}
