/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Man pages, from the tables of commands, options, files and keys. */
#include "docs.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

/* One character of UTF-8 as its number; *length: bytes. Our own text is well-formed. */
static unsigned character(const char *at, size_t *length)
{
    unsigned first = (unsigned char)*at;
    size_t count = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
    unsigned value = count == 1 ? first : first & (0x7fu >> count);
    for (size_t i = 1; i < count; i++)
        value = value << 6 | ((unsigned char)at[i] & 0x3f);
    *length = count;
    return value;
}

/* Words as roff has them: no control line, no escape, hyphens that can be copied. */
static void words(const char *string, struct gcs_text *text)
{
    bool begins = text->length == 0 || text->data[text->length - 1] == '\n';
    for (size_t length; *string; string += length) {
        unsigned value = character(string, &length);
        if (begins && (value == '.' || value == '\''))
            gcs_text_add(text, "\\&");
        if (value >= 0x80)
            gcs_text_add(text, "\\[u%04X]", value);
        else if (value == '\\')
            gcs_text_add(text, "\\e");
        else if (value == '-' || value == '`' || value == '^' || value == '~')
            gcs_text_add(text, value == '-'   ? "\\-"
                               : value == '`' ? "\\(ga"
                               : value == '^' ? "\\(ha"
                                              : "\\(ti");
        else if (value == '\'')
            gcs_text_add(text, "\\(aq");
        else
            gcs_text_add_bytes(text, string, 1);
        begins = value == '\n';
    }
}

/* "gcsim trace make web": set as it is typed. */
static void example(const char *line, struct gcs_text *text)
{
    gcs_text_add(text, ".RS 4\n.nf\n");
    words(line, text);
    gcs_text_add(text, "\n.fi\n.RE\n");
}

static void head(const char *page, unsigned section, const char *about, struct gcs_text *text)
{
    char title[64];
    size_t i = 0;
    for (; page[i] && i + 1 < sizeof title; i++)
        title[i] = (char)toupper((unsigned char)page[i]);
    title[i] = '\0';
    gcs_text_add(text,
                 ".\\\" Made by gcsim docs man. License: GPL 3 or later.\n"
                 ".TH %s %u \"\" \"gcsim %s\" \"gcsim\"\n.nh\n.ad l\n"
                 ".SH NAME\n",
                 title, section, gcs_version());
    words(page, text);
    gcs_text_add(text, " \\- ");
    words(about, text);
    gcs_text_add(text, "\n");
}

static void exit_status(struct gcs_text *text)
{
    static const char *const codes[][2] = {
        {"0", "It is done."},
        {"1", "It failed: a file cannot be written, memory does not suffice."},
        {"2", "Arguments or input are wrong; one line on stderr says where and what to do."},
        {"3", "It is done, and a figure is larger than --max allows."},
    };
    gcs_text_add(text, ".SH EXIT STATUS\n");
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
        gcs_text_add(text, ".TP\n.B %s\n", codes[i][0]);
        words(codes[i][1], text);
        gcs_text_add(text, "\n");
    }
}

static void see_also(const char *but, struct gcs_text *text)
{
    const char *page;
    gcs_text_add(text, ".SH SEE ALSO\n");
    for (size_t i = 0, shown = 0; (page = man_page_at(i)) != NULL; i++) {
        char name[64];
        if (gcs_same(page, but))
            continue;
        man_file_name(page, name);
        char *section = strrchr(name, '.');
        *section++ = '\0';
        gcs_text_add(text, "%s.BR ", shown++ ? ",\n" : "");
        words(name, text);
        gcs_text_add(text, " (%s)", section);
    }
    gcs_text_add(text, "\n");
}

static void print_options(const struct command *command, struct gcs_text *text)
{
    struct option_facts option;
    gcs_text_add(text, ".SH OPTIONS\n");
    for (size_t i = 0; option_at(i, &option); i++) {
        if (!(option.commands & command->bit))
            continue;
        gcs_text_add(text, ".TP\n");
        if (option.letter)
            gcs_text_add(text, "\\fB\\-%c\\fR, ", option.letter);
        gcs_text_add(text, "\\fB\\-\\-");
        words(option.name, text);
        gcs_text_add(text, "\\fR");
        if (option.argument) {
            gcs_text_add(text, " \\fI");
            words(option.argument, text);
            gcs_text_add(text, "\\fR");
        }
        gcs_text_add(text, "\n");
        words(option.help, text);
        gcs_text_add(text, "%s\n",
                     option.repeats && !strstr(option.help, "repeat") ? "; may repeat" : "");
    }
    gcs_text_add(text, ".TP\n\\fB\\-h\\fR, \\fB\\-\\-help\\fR\nthe same in short\n");
}

/* Which INPUT it takes, and what numbers look like. */
static void input(struct gcs_text *text)
{
    gcs_text_add(text, ".PP\n");
    words(input_about, text);
    gcs_text_add(text, "\n.PP\nNumbers take k, M and G, bytes KiB, MiB and GiB, times ns, us, "
                       "ms and s.\n");
}

/* More than one line, of commands that want it. */
static const char *const details[][2] = {
    {"run", "One model, one strategy, one place in each threshold. The summary goes to stdout; "
            "with -o, every file that is described in gcsim(1) goes to a directory, "
            "effective.yaml too, from which the same run comes again."},
    {"sweep", "Every model with every strategy at every threshold, for each seed. The program "
              "is analysed once and a setting is then priced in milliseconds, exactly; what "
              "that does not cover is simulated event by event, and the column engine says "
              "so. What nothing else beats is marked, and lines to paste end the table: "
              "for the least GC time and for the shortest longest pause."},
    {"compare",
     "The first setting is the baseline. Every setting sees the same traces, one a "
     "seed; of each figure the table shows median and maximum over the seeds, and "
     "the mean difference to the baseline with 95 % intervals, by Student's t and by "
     "the studentised bootstrap, and whether it is better or worse. All up to the mark "
     "startup-done, or to --warmup, is left out. Figures that mean little are marked, with "
     "what to do. With -o, the files of run and comparison.csv are written."},
    {"explain", "Each collection with its reason, cost and yield; alike ones in one line; what "
                "was refused, and what waits for which generation at the end."},
    {"trace", "make writes the trace of a workload. check finds what is wrong with one, line "
              "(or block) and event. info tells how a program's objects live and die: how "
              "many of which type end how, how long they live, which cycles keep the "
              "collector busy and which references close them, how types grow. print writes "
              "the text form, pack either form, by the name of the file."},
    {"list", "Read off the tables that the program itself uses; as rows with --format."},
    {"docs", "man prints a page: gcsim's own, a command's, or keys, which tells every key of "
             "the YAML files. bash, zsh and fish print a completion for that shell. all "
             "writes everything to where it belongs below DIRECTORY/share, with -o "
             "DIRECTORY/share."},
};

static void describe(const struct command *command, struct gcs_text *text)
{
    for (size_t i = 0; i < sizeof details / sizeof details[0]; i++)
        if (gcs_same(details[i][0], command->name)) {
            words(details[i][1], text);
            gcs_text_add(text, "\n");
            return;
        }
    words(command->about, text);
    gcs_text_add(text, ".\n");
}

static void print_command(const struct command *command, struct gcs_text *text)
{
    char name[64];
    snprintf(name, sizeof name, "gcsim-%s", command->name);
    head(name, 1, command->about, text);
    gcs_text_add(text, ".SH SYNOPSIS\n.B gcsim ");
    words(command->name, text);
    gcs_text_add(text, "\n.RI [ OPTION ...]\n");
    words(command->usage, text);
    gcs_text_add(text, "\n.SH DESCRIPTION\n");
    describe(command, text);
    if (strstr(command->usage, "INPUT"))
        input(text);
    print_options(command, text);
    gcs_text_add(text, ".SH EXAMPLE\n");
    example(command->example, text);
    exit_status(text);
    see_also(command->name, text);
}

/* Every file that gcsim writes, and every column in it. */
static void print_files(struct gcs_text *text)
{
    const struct gcs_file *file;
    gcs_text_add(text, ".SH FILES\n");
    for (size_t f = 0; (file = gcs_file_at(f)) != NULL; f++) {
        gcs_text_add(text, ".SS ");
        words(file->name, text);
        gcs_text_add(text, "\n");
        words(file->help, text);
        gcs_text_add(text, ".\n");
        for (size_t i = 0; i < file->count; i++) {
            gcs_text_add(text, ".TP\n.B ");
            words(file->columns[i].name, text);
            gcs_text_add(text, "\n");
            words(file->columns[i].help, text);
            if (*file->columns[i].unit) {
                gcs_text_add(text, " (");
                words(file->columns[i].unit, text);
                gcs_text_add(text, ")");
            }
            gcs_text_add(text, "\n");
        }
    }
}

static void print_program(struct gcs_text *text)
{
    const struct command *command;
    head("gcsim", 1, gcsim_about, text);
    gcs_text_add(text, ".SH SYNOPSIS\n.B gcsim\n.I COMMAND\n.RI [ OPTION ...]\n"
                       ".RI [ ARGUMENT ...]\n.SH DESCRIPTION\n");
    words("A description of a program, or a trace of one, drives a simulated CPython heap and "
          "cyclic garbage collector, under as many settings as one likes: models of CPython "
          "versions, thresholds, strategies. What they do to pauses, latency, CPU time and "
          "memory comes out as tables for people, CSV and JSON.",
          text);
    gcs_text_add(text, "\n");
    input(text);
    gcs_text_add(text, ".SH COMMANDS\n");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        gcs_text_add(text, ".TP\n\\fB");
        words(command->name, text);
        gcs_text_add(text, "\\fR ");
        words(command->usage, text);
        gcs_text_add(text, "\n");
        words(command->about, text);
        gcs_text_add(text, "\n");
    }
    gcs_text_add(text, ".SH EXAMPLES\n");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        example(command->example, text);
    print_files(text);
    exit_status(text);
    see_also("gcsim", text);
}

static void print_key(const struct gcs_key *key, struct gcs_text *text)
{
    struct gcs_text bounds;
    gcs_text_init(&bounds, NULL);
    gcs_key_print_bounds(key, &bounds);
    gcs_text_add(text, ".TP\n\\fB");
    words(key->path, text);
    gcs_text_add(text, "\\fR: \\fI");
    words(gcs_key_type_name(key->type), text);
    gcs_text_add(text, "\\fR");
    if (bounds.length) {
        gcs_text_add(text, " ");
        words(bounds.data, text);
    }
    gcs_text_add(text, "\n");
    words(key->help, text);
    for (const char *choice = key->choices; choice && *choice;) {
        char word[64];
        size_t length = strcspn(choice, "|");
        snprintf(word, sizeof word, "%.*s", (int)length, choice);
        gcs_text_add(text, "%s", choice == key->choices ? "; one of " : ", ");
        words(word, text);
        choice += length + (choice[length] == '|');
    }
    if (key->fallback && *key->fallback && !strchr(key->fallback, '\n')) {
        gcs_text_add(text, " (default: ");
        words(key->fallback, text);
        gcs_text_add(text, ")");
    }
    gcs_text_add(text, "\n");
    gcs_text_fini(&bounds);
}

static void print_keys(struct gcs_text *text)
{
    head("gcsim-keys", 5, "keys of gcsim's YAML files", text);
    gcs_text_add(text, ".SH DESCRIPTION\n");
    words("The first key of a file is its kind. * stands for a name of one's own, [] for a "
          "place in a list, from 0. -s PATH=VALUE overrides any key, and any number can be an "
          "axis of a sweep. In a workload a number may be $key: what that key at its top "
          "holds.",
          text);
    gcs_text_add(text, "\n");
    for (unsigned document = 0; document < GCS_DOCUMENT_COUNT; document++) {
        gcs_text_add(text, ".SH ");
        words(gcs_document_name((enum gcs_document)document), text);
        gcs_text_add(text, "\n");
        for (size_t i = 0; i < gcs_key_count(); i++)
            if (gcs_key_at(i)->document == document)
                print_key(gcs_key_at(i), text);
    }
    see_also("keys", text);
}

const char *man_page_at(size_t index)
{
    size_t commands = 0;
    while (command_at(commands))
        commands++;
    if (index == 0)
        return "gcsim";
    if (index <= commands)
        return command_at(index - 1)->name;
    return index == commands + 1 ? "keys" : NULL;
}

void man_file_name(const char *page, char name[64])
{
    bool program = gcs_same(page, "gcsim");
    snprintf(name, 64, "gcsim%s%s.%d", program ? "" : "-", program ? "" : page,
             gcs_same(page, "keys") ? 5 : 1);
}

bool print_man(const char *page, struct gcs_text *text)
{
    const struct command *command;
    if (gcs_same(page, "gcsim")) {
        print_program(text);
        return true;
    }
    if (gcs_same(page, "keys")) {
        print_keys(text);
        return true;
    }
    for (size_t i = 0; (command = command_at(i)) != NULL; i++)
        if (gcs_same(command->name, page)) {
            print_command(command, text);
            return true;
        }
    return false;
}
