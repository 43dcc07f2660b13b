/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The table of options: the parser and every --help read it. */
#include "cli.h"

#include <stddef.h>
#include <string.h>

enum {
    RUN = 1,
    SWEEP = 2,
    TRACE = 4,
    LIST = 8,
    EXPLAIN = 64,
    DOCS = 128,
    COMPARE = 256,
    SEVERAL = SWEEP | COMPARE,
    STUDY = RUN | SEVERAL
};
enum value { FLAG, TEXT, WORDS };

struct option {
    char letter; /* 0: none */
    const char *name;
    const char *argument; /* NULL: a flag */
    enum value value;
    size_t offset;
    unsigned commands;
    const char *help;
};

#define OPTION(letter, name, argument, value, member, commands, help)                   \
    {                                                                                   \
        letter, name, argument, value, offsetof(struct options, member), commands, help \
    }

static const struct option table[] = {
    OPTION('m', "model", "M[,M...]", TEXT, models, STUDY | EXPLAIN,
           "collectors, `cpython-3.12` or `refcount` (default: the newest)"),
    OPTION('t', "threshold", "T0[,T1[,T2]]", WORDS, thresholds, STUDY | EXPLAIN,
           "thresholds, or `default`; on sweep a place may be A:B:linN or A:B:logN, and -t may "
           "repeat"),
    OPTION(0, "threshold1", "LIST", TEXT, threshold1, SEVERAL,
           "values for threshold1 where -t leaves it out"),
    OPTION(0, "threshold2", "LIST", TEXT, threshold2, SEVERAL, "the same for threshold2"),
    OPTION('S', "strategy", "NAME[,NAME...]", TEXT, strategies, STUDY | EXPLAIN,
           "what the program does about the collector; parameters as manual:every=1000"),
    OPTION(0, "cost", "PROFILE", TEXT, cost, STUDY | EXPLAIN,
           "cost profile (default: the model's)"),
    OPTION(0, "seed", "N", TEXT, seed, STUDY | EXPLAIN | TRACE,
           "of the workload's random streams (1)"),
    OPTION(0, "seeds", "N", TEXT, seeds, SEVERAL,
           "so many seeds, from --seed on (1; compare of a workload: 10)"),
    OPTION('s', "set", "KEY=VALUE", WORDS, sets, STUDY | EXPLAIN | TRACE,
           "any key of the workload or study, `-s rate=300`; may repeat"),
    OPTION(0, "program-gc", "honour|ignore", TEXT, program_gc, STUDY | EXPLAIN,
           "the trace's own gc calls (honour)"),
    OPTION(0, "memory", "sum|pymalloc", TEXT, memory, STUDY,
           "pymalloc: the footprint too, arenas and pools as CPython has them (sum)"),
    OPTION(0, "engine", "auto|replay|index", TEXT, engine, STUDY,
           "how to simulate: event by event, or from an index of the trace (auto)"),
    OPTION(0, "warmup", "MARK|TIME", TEXT, warmup, COMPARE,
           "leave out all up to a mark of the program, or a time; 0: nothing (startup-done)"),
    OPTION(0, "max-events", "N", TEXT, max_events, STUDY | EXPLAIN | TRACE,
           "generate at most so many events"),
    OPTION(0, "max-memory", "SIZE", TEXT, max_memory, STUDY | EXPLAIN | TRACE,
           "of gcsim itself (default: most of the memory that is free)"),
    OPTION(0, "max", "COLUMN=VALUE", WORDS, maxima, STUDY,
           "exit 3 if a trial's figure is larger: --max pause_ns_p99=10ms"),
    OPTION(0, "detail", NULL, FLAG, detail, SWEEP, "write every file, not only the summary"),
    OPTION(0, "keep-index", NULL, FLAG, keep_index, SEVERAL,
           "keep the trace's index beside it, for next time: TRACE.MODEL.index"),
    OPTION('j', "jobs", "N", TEXT, jobs, STUDY, "workers (default: one a core)"),
    OPTION('o', "output", "PATH", TEXT, output, STUDY | TRACE | DOCS,
           "where files go: a directory; for trace, a file (.gctrace is text, .gctb bytes)"),
    OPTION(0, "force", NULL, FLAG, force, STUDY | TRACE | DOCS, "overwrite files that exist"),
    OPTION(0, "columns", "COLUMN[,COLUMN...]", TEXT, columns, STUDY,
           "what the table on the terminal shows: columns of summary.csv"),
    OPTION(0, "format", "text|csv|json", TEXT, format_name, STUDY | EXPLAIN | LIST | TRACE,
           "of stdout (text)"),
    OPTION('q', "quiet", NULL, FLAG, quiet, STUDY | TRACE, "nothing but errors"),
    OPTION(0, "paranoid", NULL, FLAG, paranoid, STUDY | EXPLAIN,
           "check the simulated heap after every collection"),
    OPTION(0, "first", "N", TEXT, first, EXPLAIN,
           "list the first N entries (6), one or more alike decisions each"),
    OPTION(0, "last", "N", TEXT, last, EXPLAIN, "and the last N (14)"),
    OPTION(0, "events", "A:B", TEXT, events, EXPLAIN,
           "list only what came at these events of the trace"),
    OPTION(0, "step", NULL, FLAG, step, EXPLAIN,
           "one decision at a time; Enter: next, g N: collection N, q: quit"),
    OPTION(0, "growth", "N", TEXT, growth, TRACE,
           "info: how types grow from point to point, at N points (4)"),
    OPTION(0, "table", "TABLE", TEXT, table, TRACE,
           "info: only this table, `types`, `cycles`, ...: gcsim list columns"),
};

enum { OPTION_COUNT = sizeof table / sizeof table[0] };

bool option_at(size_t index, struct option_facts *facts)
{
    if (index >= OPTION_COUNT)
        return false;
    const struct option *option = &table[index];
    *facts = (struct option_facts){.letter = option->letter,
                                   .name = option->name,
                                   .argument = option->argument,
                                   .help = option->help,
                                   .repeats = option->value == WORDS,
                                   .commands = option->commands};
    return true;
}

static const struct option *find_long(const struct command *command, const char *name,
                                      size_t length)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (table[i].commands & command->bit && strlen(table[i].name) == length &&
            memcmp(table[i].name, name, length) == 0)
            return &table[i];
    return NULL;
}

static const struct option *find_short(const struct command *command, char letter)
{
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (table[i].commands & command->bit && table[i].letter == letter)
            return &table[i];
    return NULL;
}

static int unknown_option(const struct command *command, const char *word)
{
    const char *names[OPTION_COUNT];
    size_t count = 0;
    for (size_t i = 0; i < OPTION_COUNT; i++)
        if (table[i].commands & command->bit)
            names[count++] = table[i].name;
    const char *nearest = word[1] == '-' ? gcs_nearest(word + 2, names, count) : NULL;
    if (nearest)
        print_usage_error("%s: unknown option '%s' (did you mean '--%s'?)", command->name, word,
                          nearest);
    else
        print_usage_error("%s: unknown option '%s': see gcsim %s --help", command->name, word,
                          command->name);
    return EXIT_USAGE;
}

static int add_word(struct words *words, const char *word, const char *what)
{
    if (words->count == REPEAT_MAX) {
        print_usage_error("%s: more than %d of them", what, REPEAT_MAX);
        return EXIT_USAGE;
    }
    words->word[words->count++] = word;
    return EXIT_DONE;
}

static int store(struct options *options, const struct option *option, const char *value)
{
    unsigned char *place = (unsigned char *)options + option->offset;
    if (option->value == WORDS) {
        struct words words;
        memcpy(&words, place, sizeof words);
        int code = add_word(&words, value, option->name);
        memcpy(place, &words, sizeof words);
        return code;
    }
    if (option->value == FLAG)
        *(bool *)place = true;
    else
        memcpy(place, &value, sizeof value);
    return EXIT_DONE;
}

static int parse_format(struct options *options)
{
    static const char *const names[] = {"text", "csv", "json"};
    if (!options->format_name)
        return EXIT_DONE;
    for (unsigned i = 0; i < 3; i++)
        if (gcs_same(names[i], options->format_name)) {
            options->format = (enum format)i;
            return EXIT_DONE;
        }
    print_usage_error("--format: '%s' is none of text, csv, json", options->format_name);
    return EXIT_USAGE;
}

/* One option at words[*at]; its value is behind `=`, behind the letter, or the next word. */
static int parse_option(const struct command *command, int count, char **words, int *at,
                        struct options *options)
{
    const char *word = words[*at], *value = NULL;
    const struct option *option;
    if (word[1] == '-') {
        size_t length = strcspn(word + 2, "=");
        option = find_long(command, word + 2, length);
        if (word[2 + length] == '=')
            value = word + 3 + length;
    } else {
        option = find_short(command, word[1]);
        if (option && word[2])
            value = word + 2;
    }
    if (!option)
        return unknown_option(command, word);
    if (!option->argument && value) {
        print_usage_error("--%s takes no value", option->name);
        return EXIT_USAGE;
    }
    if (option->argument && !value) {
        if (*at + 1 >= count) {
            print_usage_error("--%s needs a value: %s", option->name, option->argument);
            return EXIT_USAGE;
        }
        value = words[++*at];
    }
    return store(options, option, value);
}

int options_parse(const struct command *command, int count, char **words,
                  struct options *options, bool *help)
{
    bool only_arguments = false;
    *options = (struct options){0};
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        int code;
        if (!only_arguments && (gcs_same(word, "--help") || gcs_same(word, "-h"))) {
            *help = true;
            return EXIT_DONE;
        }
        if (!only_arguments && gcs_same(word, "--"))
            only_arguments = true;
        else if (only_arguments || word[0] != '-' || word[1] == '\0') {
            if ((code = add_word(&options->arguments, word, "arguments")) != EXIT_DONE)
                return code;
        } else if ((code = parse_option(command, count, words, &i, options)) != EXIT_DONE) {
            return code;
        }
    }
    return parse_format(options);
}

void options_help(const struct command *command, struct gcs_text *text)
{
    struct gcs_grid grid;
    gcs_text_add(text, "gcsim %s %s\n%s\n\n", command->name, command->usage, command->about);
    gcs_grid_init(&grid, 2);
    for (size_t i = 0; i < OPTION_COUNT; i++) {
        const struct option *option = &table[i];
        if (!(option->commands & command->bit))
            continue;
        char letter[4] = {'-', option->letter, ',', '\0'};
        gcs_grid_add(&grid, "  %s --%s %s", option->letter ? letter : "   ", option->name,
                     option->argument ? option->argument : "");
        gcs_grid_add(&grid, "%s", option->help);
    }
    if (grid.count)
        gcs_grid_print(&grid, text);
    gcs_grid_fini(&grid);
    gcs_text_add(text, "\nExample: %s\n", command->example);
}

enum gcs_status options_whole(const char *value, const char *option, enum gcs_unit unit,
                              uint64_t otherwise, uint64_t *whole, struct gcs_error *error)
{
    const char *why;
    *whole = otherwise;
    if (value && !gcs_parse_whole(value, strlen(value), unit, whole, &why))
        return gcs_fail(error, GCS_INVALID, "--%s: '%s': %s", option, value, why);
    return GCS_OK;
}
