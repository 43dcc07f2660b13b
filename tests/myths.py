#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Run every command of a page (docs/myths.md, questions.md, memory.md), and compare what it says with what
stands there.

    myths.py --gcsim BUILD/sim/gcsim PAGE [--python python3.14=COMMAND]... [--update]

A command is a line "$ ..." in a block of ```console; lines that begin with "> " continue it,
and what follows up to the next is its output. A name at the start of a block's commands such as
python3.13 is that interpreter as found on this machine; where it is not, the command is skipped.
All commands share one new directory. --update writes what was said into the page.

Exit status: 0 all the same, 1 differences, 2 usage.
"""
import argparse
import os
import re
import stat
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import fidelity  # noqa: E402  who finds interpreters

PYTHON = re.compile(r"\bpython3\.\d+t?\b")
SECONDS = 300


class Command:
    def __init__(self, line):
        self.line = line    # of the page, where it begins
        self.text = ""      # for the shell
        self.said = []      # as it stands there
        self.source = []    # its own lines, as they stand there


def read_page(lines):
    """The page as pieces: a line of text, or a Command."""
    pieces, inside = [], False
    for number, line in enumerate(lines, 1):
        if line.startswith("```"):
            inside = line == "```console"
            pieces.append(line)
        elif not inside:
            pieces.append(line)
        elif line.startswith("$ "):
            pieces.append(Command(number))
            pieces[-1].text = line[2:]
            pieces[-1].source = [line]
        elif not isinstance(pieces[-1], Command):
            sys.exit("myths: line %d: output without a command" % number)
        elif line.startswith("> ") and not pieces[-1].said:
            pieces[-1].text += "\n" + line[2:]
            pieces[-1].source.append(line)
        else:
            pieces[-1].said.append(line)
    return pieces


def find_pythons(named):
    """python3.13 -> command."""
    found = {}
    for path in fidelity.candidate_paths():
        interpreter = fidelity.probe(path)
        if not interpreter or interpreter.facts["implementation"] != "cpython":
            continue
        name = "python%d.%d%s" % (interpreter.version[:2] +
                                  ("t" if interpreter.facts["threaded"] else "",))
        found[name] = "'%s'" % interpreter.path
    for pair in named:
        name, equals, command = pair.partition("=")
        if not equals or not PYTHON.fullmatch(name):
            sys.exit("myths: --python %s: NAME=COMMAND is expected, as python3.14=..." % pair)
        found[name] = command
    return found


def make_path(directory, gcsim, pythons):
    """A directory for PATH with just these names."""
    os.mkdir(directory)
    programs = dict(pythons, gcsim="'%s'" % os.path.abspath(gcsim))
    for name, command in programs.items():
        path = os.path.join(directory, name)
        with open(path, "w") as file:
            file.write('#!/bin/sh\nexec %s "$@"\n' % command)
        os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)


def run(command, directory, path):
    environment = dict(os.environ, PATH=path + os.pathsep + os.environ["PATH"], LC_ALL="C")
    done = subprocess.run(["sh", "-c", command.text], cwd=directory, env=environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=SECONDS)
    return done.stdout.decode("utf-8", "replace").splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--python", action="append", default=[], metavar="NAME=COMMAND")
    parser.add_argument("--update", action="store_true")
    parser.add_argument("page")
    options = parser.parse_args()
    with open(options.page, encoding="utf-8") as file:
        pieces = read_page(file.read().splitlines())
    pythons = find_pythons(options.python)
    same = differ = skipped = 0
    with tempfile.TemporaryDirectory(prefix="gcsim-myths-") as scratch:
        path = os.path.join(scratch, "path")
        make_path(path, options.gcsim, pythons)
        work = os.path.join(scratch, "work")
        os.mkdir(work)
        for command in (piece for piece in pieces if isinstance(piece, Command)):
            missing = [name for name in PYTHON.findall(command.text) if name not in pythons]
            if missing:
                skipped += 1
                print("%s:%d: skipped: no %s here" % (options.page, command.line, missing[0]))
                continue
            said = run(command, work, path)
            if said == command.said:
                same += 1
                continue
            differ += 1
            print("%s:%d: %s\n  says:\n    %s\n  and should say:\n    %s" % (
                options.page, command.line, command.text, "\n    ".join(said),
                "\n    ".join(command.said)))
            command.said = said
    if options.update:
        with open(options.page, "w", encoding="utf-8") as file:
            for piece in pieces:
                lines = piece.source + piece.said if isinstance(piece, Command) else [piece]
                file.write("".join(line + "\n" for line in lines))
    print("%d commands say what stands there, %d differ, %d skipped" % (same, differ, skipped))
    return 1 if differ and not options.update else 0


if __name__ == "__main__":
    sys.exit(main())
