/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Completions for bash, zsh and fish: each is what the shell has for the same tables. */
#include "docs.h"

#include <string.h>

/* Calls with every option of a command. */
static void each_option(const struct command *command, struct gcs_text *text,
                        void (*print)(const struct command *command,
                                      const struct option_facts *option, struct gcs_text *text))
{
    struct option_facts option;
    for (size_t i = 0; option_at(i, &option); i++)
        if (option.commands & command->bit)
            print(command, &option, text);
}

static size_t argument_count(const struct command *command)
{
    size_t count = 1;
    for (const char *c = command->usage; *c; c++)
        count += *c == ' ';
    return count;
}

static void each_command(struct gcs_text *text,
                         void (*print)(const struct command *command, struct gcs_text *text))
{
    for (size_t i = 0; command_at(i); i++)
        print(command_at(i), text);
}

static void add_names(struct gcs_text *text)
{
    for (size_t i = 0; command_at(i); i++)
        gcs_text_add(text, "%s%s", i ? " " : "", command_at(i)->name);
}

/*
 * bash
 */
static const char bash_begin[] =
    "# Completion of gcsim for bash. Made by `gcsim docs bash`.\n"
    "_gcsim_words() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$word\"); }\n"
    "_gcsim_files() {\n"
    "    compopt -o filenames 2>/dev/null\n"
    "    mapfile -t -O \"${#COMPREPLY[@]}\" COMPREPLY < <(compgen -f -- \"$word\")\n"
    "}\n"
    "_gcsim_list() { # words with commas between\n"
    "    local before=''\n"
    "    [[ $word == *,* ]] && before=${word%,*},\n"
    "    mapfile -t COMPREPLY < <(compgen -P \"$before\" -W \"$1\" -- \"${word##*,}\")\n"
    "    compopt -o nospace 2>/dev/null\n"
    "}\n"
    "_gcsim_prefixes() { # words that a value follows\n"
    "    [[ $word == *=* ]] && return\n"
    "    mapfile -t COMPREPLY < <(compgen -S = -W \"$1\" -- \"$word\")\n"
    "    compopt -o nospace 2>/dev/null\n"
    "}\n"
    "_gcsim() {\n"
    "    local word=${COMP_WORDS[COMP_CWORD]} command=${COMP_WORDS[1]} option='' argument=0 "
    "at\n"
    "    local flags=, values=,\n"
    "    COMPREPLY=()\n";
static const char bash_middle[] =
    "    # --max=VALUE comes in three words.\n"
    "    [[ $word == = ]] && word=\n"
    "    for ((at = 2; at < COMP_CWORD; at++)); do\n"
    "        option=\n"
    "        if [[ ${COMP_WORDS[at]} == -?* ]]; then\n"
    "            [[ $values == *,${COMP_WORDS[at]},* ]] || continue\n"
    "            option=${COMP_WORDS[at]}\n"
    "            [[ ${COMP_WORDS[at + 1]} == = ]] && ((at + 1 < COMP_CWORD)) && ((at++))\n"
    "            ((++at < COMP_CWORD)) || break\n"
    "            option=\n"
    "            # KEY=VALUE: so does that.\n"
    "            if [[ ${COMP_WORDS[at + 1]} == = ]]; then\n"
    "                ((at + 2 < COMP_CWORD)) || return\n"
    "                ((at += 2))\n"
    "            fi\n"
    "        else\n"
    "            ((argument++))\n"
    "        fi\n"
    "    done\n"
    "    if [[ $word == -* && -z $option ]]; then\n"
    "        local all=$flags$values\n"
    "        _gcsim_words \"${all//,/ } -h --help\"\n"
    "        return\n"
    "    fi\n";

static void bash_offer(const struct offer *offer, struct gcs_text *text)
{
    static const char *const calls[] = {
        [OFFER_WORDS] = "_gcsim_words",
        [OFFER_WORDS_AND_FILES] = "_gcsim_words",
        [OFFER_LIST] = "_gcsim_list",
        [OFFER_PREFIXES] = "_gcsim_prefixes",
    };
    if (offer->words.length)
        gcs_text_add(text, "%s '%s'", calls[offer->kind], offer->words.data);
    if (offer->kind == OFFER_WORDS_AND_FILES)
        gcs_text_add(text, "; ");
    if (offer->kind == OFFER_FILES || offer->kind == OFFER_WORDS_AND_FILES)
        gcs_text_add(text, "_gcsim_files");
}

/* "-m,--model," */
static void bash_names(const struct option_facts *option, struct gcs_text *text)
{
    if (option->letter)
        gcs_text_add(text, "-%c,", option->letter);
    gcs_text_add(text, "--%s,", option->name);
}

static void bash_flag(const struct command *command, const struct option_facts *option,
                      struct gcs_text *text)
{
    (void)command;
    if (!option->argument)
        bash_names(option, text);
}

static void bash_value(const struct command *command, const struct option_facts *option,
                       struct gcs_text *text)
{
    (void)command;
    if (option->argument)
        bash_names(option, text);
}

static void bash_options(const struct command *command, struct gcs_text *text)
{
    gcs_text_add(text, "    %s)\n        flags+=", command->name);
    each_option(command, text, bash_flag);
    gcs_text_add(text, "\n        values+=");
    each_option(command, text, bash_value);
    gcs_text_add(text, "\n        ;;\n");
}

static void bash_option(const struct command *command, const struct option_facts *option,
                        struct gcs_text *text)
{
    struct offer offer = offer_of_option(option->argument);
    if (offer.kind != OFFER_NOTHING) {
        gcs_text_add(text, "    %s.", command->name);
        if (option->letter)
            gcs_text_add(text, "-%c | %s.", option->letter, command->name);
        gcs_text_add(text, "--%s) ", option->name);
        bash_offer(&offer, text);
        gcs_text_add(text, " ;;\n");
    }
    offer_fini(&offer);
}

static void bash_cases(const struct command *command, struct gcs_text *text)
{
    each_option(command, text, bash_option);
    for (size_t i = 0; i < argument_count(command); i++) {
        struct offer offer = offer_of_argument(command, i);
        if (offer.kind != OFFER_NOTHING) {
            gcs_text_add(text, "    %s.%zu) ", command->name, i);
            bash_offer(&offer, text);
            gcs_text_add(text, " ;;\n");
        }
        offer_fini(&offer);
    }
}

void print_bash(struct gcs_text *text)
{
    gcs_text_add(text, "%s    if ((COMP_CWORD == 1)); then\n        _gcsim_words '",
                 bash_begin);
    add_names(text);
    gcs_text_add(text, " --help --version'\n        return\n    fi\n    case $command in\n");
    each_command(text, bash_options);
    gcs_text_add(text, "    esac\n%s    case $command.${option:-$argument} in\n", bash_middle);
    each_command(text, bash_cases);
    gcs_text_add(text, "    esac\n}\ncomplete -F _gcsim gcsim\n");
}

/*
 * zsh
 */
/* Within single quotes, and within a spec where colons and brackets mean something. */
static void zsh_text(const char *string, struct gcs_text *text)
{
    for (; *string; string++)
        if (*string == '\'')
            gcs_text_add(text, "'\\''");
        else if (strchr(":[]\\", *string))
            gcs_text_add(text, "\\%c", *string);
        else
            gcs_text_add_bytes(text, string, 1);
}

static void zsh_offer(const struct offer *offer, struct gcs_text *text)
{
    const char *words = offer->words.length ? offer->words.data : "";
    switch (offer->kind) {
    case OFFER_NOTHING:
        gcs_text_add(text, " ");
        break;
    case OFFER_FILES:
        gcs_text_add(text, "_files");
        break;
    case OFFER_WORDS:
        gcs_text_add(text, "(%s)", words);
        break;
    case OFFER_WORDS_AND_FILES:
        gcs_text_add(text, "{ compadd - %s; _files }", words);
        break;
    case OFFER_LIST:
        gcs_text_add(text, "{ compset -P \"*,\"; compadd -q -S , - %s }", words);
        break;
    case OFFER_PREFIXES:
        gcs_text_add(text, "{ compset -P \"*=\" || compadd -S = - %s }", words);
        break;
    }
}

static void zsh_option(const struct command *command, const struct option_facts *option,
                       struct gcs_text *text)
{
    const char *value = option->argument ? "=" : "", *near = option->argument ? "+" : "";
    struct offer offer = offer_of_option(option->argument);
    (void)command;
    gcs_text_add(text, " \\\n            ");
    if (option->repeats)
        gcs_text_add(text, "'*'");
    else if (option->letter)
        gcs_text_add(text, "'(-%c --%s)'", option->letter, option->name);
    if (option->letter)
        gcs_text_add(text, "{-%c%s,--%s%s}'[", option->letter, near, option->name, value);
    else
        gcs_text_add(text, "'--%s%s[", option->name, value);
    zsh_text(option->help, text);
    gcs_text_add(text, "]");
    if (option->argument) {
        gcs_text_add(text, ":");
        zsh_text(option->argument, text);
        gcs_text_add(text, ":");
        zsh_offer(&offer, text);
    }
    gcs_text_add(text, "'");
    offer_fini(&offer);
}

static void zsh_name(const struct command *command, struct gcs_text *text)
{
    gcs_text_add(text, "        '%s:", command->name);
    zsh_text(command->about, text);
    gcs_text_add(text, "'\n");
}

static void zsh_command(const struct command *command, struct gcs_text *text)
{
    gcs_text_add(text,
                 "    %s)\n        _arguments -s -S \\\n"
                 "            '(- *)'{-h,--help}'[options and an example]'",
                 command->name);
    each_option(command, text, zsh_option);
    for (size_t i = 0; i < argument_count(command); i++) {
        struct offer offer = offer_of_argument(command, i);
        gcs_text_add(text, " \\\n            '%zu:argument:", i + 1);
        zsh_offer(&offer, text);
        gcs_text_add(text, "'");
        offer_fini(&offer);
    }
    gcs_text_add(text, "\n        ;;\n");
}

void print_zsh(struct gcs_text *text)
{
    gcs_text_add(text,
                 "#compdef gcsim\n# Completion of gcsim for zsh. Made by `gcsim docs zsh`.\n"
                 "_gcsim() {\n    local curcontext=$curcontext state line\n"
                 "    local -a commands\n    commands=(\n");
    each_command(text, zsh_name);
    gcs_text_add(text, "    )\n    _arguments -C '(- *)'{-h,--help}'[commands]' "
                       "'(- *)--version[its version]' \\\n        '1:command:->command' "
                       "'*::argument:->argument'\n    case $state in\n    command)\n"
                       "        _describe command commands\n        return\n        ;;\n"
                       "    argument) ;;\n    *) return ;;\n    esac\n"
                       "    case $words[1] in\n");
    each_command(text, zsh_command);
    gcs_text_add(text, "    esac\n}\n"
                       "if [[ $funcstack[1] == _gcsim ]]; then\n    _gcsim \"$@\"\nelse\n"
                       "    compdef _gcsim gcsim\nfi\n");
}

/*
 * fish
 */
static void fish_text(const char *string, struct gcs_text *text)
{
    gcs_text_add(text, "'");
    for (; *string; string++)
        gcs_text_add(text, *string == '\'' || *string == '\\' ? "\\%c" : "%c", *string);
    gcs_text_add(text, "'");
}

/* What follows -a, and whether files are fine, too. */
static void fish_offer(const struct offer *offer, struct gcs_text *text)
{
    const char *words = offer->words.length ? offer->words.data : "";
    switch (offer->kind) {
    case OFFER_NOTHING:
        gcs_text_add(text, " -x");
        break;
    case OFFER_FILES:
        gcs_text_add(text, " -r -F");
        break;
    case OFFER_WORDS:
        gcs_text_add(text, " -x -a '%s'", words);
        break;
    case OFFER_WORDS_AND_FILES:
        gcs_text_add(text, " -r -F -a '%s'", words);
        break;
    case OFFER_LIST:
        gcs_text_add(text, " -x -a '(__fish_append , %s)'", words);
        break;
    case OFFER_PREFIXES:
        gcs_text_add(text, " -x -a '(printf \"%%s=\\n\" %s)'", words);
        break;
    }
}

static void fish_option(const struct command *command, const struct option_facts *option,
                        struct gcs_text *text)
{
    struct offer offer = offer_of_option(option->argument);
    gcs_text_add(text, "complete -c gcsim -n '__fish_seen_subcommand_from %s'", command->name);
    if (option->letter)
        gcs_text_add(text, " -s %c", option->letter);
    gcs_text_add(text, " -l %s", option->name);
    if (option->argument)
        fish_offer(&offer, text);
    gcs_text_add(text, " -d ");
    fish_text(option->help, text);
    gcs_text_add(text, "\n");
    offer_fini(&offer);
}

static void fish_command(const struct command *command, struct gcs_text *text)
{
    gcs_text_add(text, "\ncomplete -c gcsim -n __fish_use_subcommand -a %s -d ", command->name);
    fish_text(command->about, text);
    gcs_text_add(text, "\n");
    for (size_t i = 0; i < argument_count(command); i++) {
        struct offer offer = offer_of_argument(command, i);
        if (offer.words.length)
            gcs_text_add(text,
                         "complete -c gcsim -n '__fish_seen_subcommand_from %s; and "
                         "__gcsim_argument %zu'%s -a '%s'\n",
                         command->name, i, offer.kind == OFFER_WORDS_AND_FILES ? " -F" : "",
                         offer.words.data);
        offer_fini(&offer);
    }
    each_option(command, text, fish_option);
}

void print_fish(struct gcs_text *text)
{
    gcs_text_add(text,
                 "# Completion of gcsim for fish. Made by `gcsim docs fish`.\n"
                 "function __gcsim_argument -d 'So many arguments stand behind the command'\n"
                 "    set -l words (commandline -opc | string match -v -- '-*')\n"
                 "    test (math (count $words) - 2) -eq $argv[1]\nend\n"
                 "complete -c gcsim -f\n"
                 "complete -c gcsim -n __fish_use_subcommand -l version -d 'its version'\n"
                 "complete -c gcsim -s h -l help -d 'options and an example'\n");
    each_command(text, fish_command);
}
