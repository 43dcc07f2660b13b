#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Man pages and completions: they hold all that the program tells of itself, the formatters and
# shells found here take them without a word, and completing works.
# shellcheck disable=SC2016 # the dollars are bash's
. "$(dirname "$0")/common.sh"
found() {
    command -v "$1" >/dev/null 2>&1
}

expect 0 docs all -o share
commands=$("$GCSIM" --help | awk '/^usage:/ { seen = 1; next } seen && NF == 0 { blank++ }
    blank == 1 && NF { print $1 } blank == 2 { exit }')
[ "$(echo "$commands" | wc -w)" -ge 6 ] || differ "the commands: $commands"

# Every command has a page with each of its options; each option that --help tells is there.
for command in $commands; do
    page=share/man/man1/gcsim-$command.1
    [ -s "$page" ] || differ "no page: $page"
    expect 0 docs man "$command"
    same ../out "$page"
    grep -q "gcsim-$command" share/man/man1/gcsim.1 || [ "$command" ] || differ "gcsim.1: $command"
    "$GCSIM" "$command" --help >help
    grep -o '^  [- ][a-zA-Z ][ ,] --[a-z0-9-]*' help | grep -o -- '--.*' >options
    [ -s options ] || differ "$command has no options"
    while read -r option; do
        escaped=$(echo "$option" | sed 's/-/\\\\-/g')
        grep -q -- "$escaped" "$page" || differ "$page lacks $option"
        for file in share/bash-completion/completions/gcsim share/zsh/site-functions/_gcsim; do
            grep -q -- "$option\b" "$file" || differ "$file lacks $option"
        done
        grep -q "seen_subcommand_from $command'.* -l ${option#--} " \
            share/fish/vendor_completions.d/gcsim.fish || differ "fish: $command lacks $option"
    done <options
done
expect 0 docs man
same ../out share/man/man1/gcsim.1
expect 0 list columns --format csv
sed 1d ../out | cut -d, -f2 | sort -u >columns
while read -r column; do
    grep -q "^\.B $column\$" share/man/man1/gcsim.1 || differ "gcsim.1 lacks $column"
done <columns
sed -n 's/^| `\([^`]*\)` |.*/\1/p' "$SOURCE/docs/keys.md" >keys
[ -s keys ] || differ 'no keys in docs/keys.md'
while read -r key; do
    grep -qF -- "\\fB$key\\fR:" share/man/man5/gcsim-keys.5 || differ "gcsim-keys.5 lacks $key"
done <keys
LC_ALL=C grep -r "$(printf '[\200-\377]')" share/man && differ 'not ASCII'

# Formatters say nothing.
for page in share/man/man?/*; do
    if found groff; then
        groff -man -ww -z -Tutf8 "$page" >../said 2>&1
        [ -s ../said ] && differ "groff: $(head -n 3 ../said)"
    fi
    if found mandoc; then
        mandoc -T lint -W error "$page" >../said 2>&1 || differ "mandoc: $(head -n 3 ../said)"
    fi
done

# Nothing is overwritten unasked, and nothing unknown accepted.
expect 1 docs all -o share
expect 0 docs all -o share --force
refuse 2 "gcsim: docs: there is no page 'swep' (did you mean 'sweep'?)" docs man swep
refuse 2 "gcsim: docs: there is no page 'weather': gcsim, a command, or keys" docs man weather
refuse 2 'gcsim: docs: man [PAGE], bash, zsh, fish, or all -o DIRECTORY' docs
refuse 2 'gcsim: docs: man [PAGE], bash, zsh, fish, or all -o DIRECTORY' docs tcsh
refuse 2 'gcsim: docs: man [PAGE], bash, zsh, fish, or all -o DIRECTORY' docs bash run
refuse 2 'gcsim: docs: -o DIRECTORY is needed: what goes below share/' docs all

# What is installed is that.
build=$(dirname "$GCSIM")/..
if found cmake && [ -f "$build/cmake_install.cmake" ]; then
    cmake --install "$build" --prefix "$SCRATCH/installed" >../said 2>&1 ||
        differ "cmake --install: $(tail -n 3 ../said)"
    for folder in man/man1 man/man5 bash-completion zsh fish; do
        same_directories "share/$folder" "$SCRATCH/installed/share/$folder"
    done
    [ -x "$SCRATCH/installed/bin/gcsim" ] || differ 'gcsim is not installed'
fi

# press WORD...: what bash offers for the last word, one a line.
touch file.yaml
if found bash; then
    press() {
        bash --norc -c '
            source share/bash-completion/completions/gcsim
            COMP_WORDS=(gcsim "$@")
            COMP_CWORD=$#
            compopt() { :; }
            _gcsim
            printf "%s\n" "${COMPREPLY[@]}"' bash "$@" >../out 2>../err || differ "bash: $*"
        [ -s ../err ] && differ "bash: $*: $(cat ../err)"
    }
    # offers LINE: that line is among them.
    offers() {
        grep -qxF -- "$1" ../out || differ "no '$1' in: $(tr '\n' ' ' <../out)"
    }
    lacks() {
        grep -qxF -- "$1" ../out && differ "'$1' is offered"
    }
    press ''
    for command in $commands --help --version; do
        offers "$command"
    done
    press sw
    [ "$(cat ../out)" = sweep ] || differ "sw: $(cat ../out)"
    press run --
    for option in --model --threshold --strategy --force --help; do
        offers "$option"
    done
    lacks --detail
    press sweep --
    offers --detail
    press run ''
    offers web
    offers file.yaml
    press run file
    [ "$(cat ../out)" = file.yaml ] || differ "files: $(cat ../out)"
    press run web -m ''
    "$GCSIM" list models --format csv | sed 1d | cut -d, -f1 >names
    while read -r model; do
        offers "$model"
    done <names
    press run -m cpython-3.12,cpython-3.1
    offers cpython-3.12,cpython-3.13
    press run web --strategy ma
    offers manual
    press run --strategy = ma
    offers manual
    press run --cost = cpython-3.1
    offers cpython-3.12
    press run web --max pause_ns_p9
    offers pause_ns_p99=
    press run web --max = pause_ns_p9
    offers pause_ns_p99=
    press run web --max pause_ns_p99 = 1
    [ -n "$(cat ../out)" ] && differ "a value: $(cat ../out)"
    press run web --max pause_ns_p99 = 10ms --program-gc ig
    offers ignore
    press run web -s ra
    offers rate=
    press run web -s rate = 300 -s dur
    offers duration=
    press run -q -t 5 -m cpython-3.12 w
    offers web
    press run web ''
    lacks web
    press run web --jobs ''
    [ -n "$(cat ../out)" ] && differ "a number: $(cat ../out)"
    press run --columns model,gc_
    offers model,gc_ns
    press sweep three
    [ "$(cat ../out)" = three-kinds ] || differ "studies: $(cat ../out)"
    press trace ''
    offers info
    press trace info ''
    offers web
    press trace info web --table cl
    offers closers
    press list ''
    offers columns
    press list models --format ''
    offers json
    press docs z
    offers zsh
fi
if found zsh; then
    zsh -n share/zsh/site-functions/_gcsim || differ 'zsh -n'
fi
if found fish; then
    fish -n share/fish/vendor_completions.d/gcsim.fish || differ 'fish -n'
    # ask LINE WORD: fish offers the word for that line.
    ask() {
        HOME=$SCRATCH XDG_CONFIG_HOME=$SCRATCH fish --no-config -c '
            source share/fish/vendor_completions.d/gcsim.fish
            complete -C $argv[1]' "$1" 2>&1 | cut -f1 >../out
        grep -qxF -- "$2" ../out || differ "fish: '$1': no '$2' in $(tr '\n' ' ' <../out)"
    }
    ask 'gcsim ' sweep
    ask 'gcsim run --mod' --model
    ask 'gcsim run ' web
    ask 'gcsim run -m cpython-3.12,cpython-3.1' cpython-3.12,cpython-3.13
    ask 'gcsim run web --max pause_ns_p9' pause_ns_p99=
    ask 'gcsim run web -S man' manual
    ask 'gcsim trace ' info
    ask 'gcsim trace info ' web
    ask 'gcsim list ' columns
fi
finish
