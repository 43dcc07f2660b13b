/* SPDX-License-Identifier: GPL-3.0-or-later */
/* gcsim: the commands, and the way to them. */
#include "cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

const char gcsim_about[] = "what gc settings do to a Python program, offline";
const char input_about[] = "INPUT is a workload (YAML, or the name of one that gcsim carries: "
                           "`gcsim list workloads`),\n"
                           "a trace (.gctrace text or .gctb), or - for stdin.";

static const struct command commands[] = {
    {"run", "INPUT", "one setting: what it does to pauses, latency and memory",
     "gcsim run web -m cpython-3.13 -t 5000 -o out/run", 1, command_run},
    {"sweep", "INPUT|STUDY.yaml", "thresholds x models x strategies x seeds, on all cores",
     "gcsim sweep web -t 300:100k:log12 -S default,collect-freeze -o out/sweep", 2,
     command_sweep},
    {"compare", "INPUT|STUDY.yaml", "settings side by side, paired by seed, with intervals",
     "gcsim compare web -S default,collect-freeze -o out/compare", 256, command_compare},
    {"explain", "INPUT", "why each collection ran or was refused, and what it cost",
     "gcsim explain web -m cpython-3.13 --last 12", 64, command_explain},
    {"trace", "make|check|info|print|pack INPUT", "make, check and convert traces",
     "gcsim trace make web -s phases.steady.duration=1s -o web.gctb", 4, command_trace},
    {"list", "models|strategies|keys|columns|workloads|studies|costs",
     "what there is to choose from", "gcsim list models", 8, command_list},
    {"docs", "man|bash|zsh|fish|all [PAGE]", "man pages and shell completions of this program",
     "gcsim docs bash", 128, command_docs},
};

enum { COMMAND_COUNT = sizeof commands / sizeof commands[0] };

const struct command *command_at(size_t index)
{
    return index < COMMAND_COUNT ? &commands[index] : NULL;
}

static void print_help(void)
{
    struct gcs_text text;
    struct gcs_grid grid;
    gcs_text_init(&text, NULL);
    gcs_grid_init(&grid, 3);
    gcs_text_add(&text,
                 "gcsim %s - %s\n\n"
                 "usage: gcsim COMMAND [OPTION...] [ARGUMENT...]\n\n",
                 gcs_version(), gcsim_about);
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        gcs_grid_add(&grid, "  %s", commands[i].name);
        gcs_grid_add(&grid, "%s", commands[i].usage);
        gcs_grid_add(&grid, "%s", commands[i].about);
    }
    gcs_grid_print(&grid, &text);
    gcs_grid_fini(&grid);
    gcs_text_add(&text, "\n%s\n\n`gcsim COMMAND --help` says more. To begin: gcsim sweep web\n",
                 input_about);
    print_out(&text);
    gcs_text_fini(&text);
}

static const struct command *find_command(const char *name)
{
    const char *names[COMMAND_COUNT];
    for (size_t i = 0; i < COMMAND_COUNT; i++) {
        if (gcs_same(commands[i].name, name))
            return &commands[i];
        names[i] = commands[i].name;
    }
    const char *nearest = gcs_nearest(name, names, COMMAND_COUNT);
    print_usage_error("unknown command '%s'%s%s%s", name, nearest ? " (did you mean '" : "",
                      nearest ? nearest : "", nearest ? "'?)" : ": see gcsim --help");
    return NULL;
}

/* What was printed is worth nothing if nobody could read it. */
static int end(int code)
{
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    print_usage_error("stdout: cannot be written: %s", strerror(errno));
    return code == EXIT_DONE ? EXIT_FAILED : code;
}

static int run_command(const struct command *command, int count, char **words)
{
    struct options options;
    bool help = false;
    int code = options_parse(command, count, words, &options, &help);
    if (help) {
        struct gcs_text text;
        gcs_text_init(&text, NULL);
        options_help(command, &text);
        print_out(&text);
        gcs_text_fini(&text);
        return EXIT_DONE;
    }
    return code == EXIT_DONE ? command->run(&options) : code;
}

int main(int count, char **words)
{
    gcs_init();
    if (count < 2) {
        print_usage_error("a command is expected: see gcsim --help");
        return EXIT_USAGE;
    }
    if (gcs_same(words[1], "--help") || gcs_same(words[1], "-h") ||
        gcs_same(words[1], "help")) {
        print_help();
        return end(EXIT_DONE);
    }
    if (gcs_same(words[1], "--version")) {
        printf("gcsim %s\n", gcs_version());
        return end(EXIT_DONE);
    }
    const struct command *command = find_command(words[1]);
    if (!command)
        return EXIT_USAGE;
    return end(run_command(command, count - 2, words + 2));
}
