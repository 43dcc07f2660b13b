#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The paradoxes of CPython's collector: gcsim's figures beside those of real interpreters.

    paradoxes.py --gcsim BUILD/sim/gcsim [PYTHON...]     runs all, prints the table
    paradoxes.py --gcsim BUILD/sim/gcsim --check FILE    and compares docs/paradoxes.md with it

Each PYTHON is a command ("python3.14", "ssh host python3.13"); without any, the newest release
of each series from 3.7 on that is found. What is run is programs.py beside this file. --check
takes the releases that the table was recorded with, whether they are here or not: gcsim must
give the recorded figures, and each interpreter that is here must, too.

Exit status: 0 all the same, 1 differences, 2 usage.
"""
import argparse
import concurrent.futures
import csv
import gzip
import json
import os
import shlex
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAMS = os.path.join(HERE, "programs.py")
ORACLE = os.path.join(os.path.dirname(HERE), "oracle")
sys.path.insert(0, os.path.dirname(HERE))
import fidelity  # noqa: E402  who finds interpreters

RECORDED = ("3.7.16", "3.8.18", "3.9.18", "3.10.13", "3.11.7", "3.12.1", "3.13.0", "3.14.8",
            "3.15.0")
EVENTS_OF_GROWTH = 3  # events for each object in grow()'s trace

# Title, and the runs that show it: thresholds, program, arguments, what is printed.
PARADOXES = [
    ("The first full collection comes at 93,233 net allocations, not at 700 x 10 x 10", [
        ("700,10,10", "keep_all", (93232,), ("middle", "full")),
        ("700,10,10", "keep_all", (93233,), ("middle", "full"))]),
    ("On a growing heap full collections come at a ratio of 1.25", [
        ("100,5,3", "grow", (120000,), ("full", "fulls"))]),
    ("gc.freeze() makes full collections more frequent", [
        ("100,5,3", "batches", (200, 0), ("full",)),
        ("100,5,3", "batches", (200, 1), ("full",))]),
    ("gc.collect(0) after each request starves the automatic collections", [
        ("2000,10,10", "requests", (500, 0), ("young", "middle", "left")),
        ("2000,10,10", "requests", (500, 1), ("young", "middle", "left"))]),
    ("Objects that die by reference count still force full collections", [
        ("100,5,3", "passing", (60,), ("full", "collected"))]),
    ("A ring buffer never triggers anything", [
        ("700,10,10", "ring", (200000,), ("young", "middle", "full"))]),
    ("Islands of 1 MiB pile up: objects are counted, not bytes", [
        ("100,10,10", "islands", (400,), ("young", "collected", "peak_mib"))]),
    ("3.12 collects less at the very triggers of 3.11", [
        ("100,5,3", "every_second", (30000,), ("young", "middle", "full", "collected"))]),
    ("100,000 lists are collected fewer times than 100,000 instances", [
        ("700,10,10", "lists", (100000,), ("young", "middle", "full")),
        ("700,10,10", "cycles", (100000,), ("young", "middle", "full"))]),
]
INCREMENTAL = "The incremental collectors of 3.14.0 and 3.14.4 hold several times the garbage"
INCREMENTAL_TRACE, INCREMENTAL_THRESHOLDS = "plain0", "97,3,2"
# Counted on native builds under a debugger: a loop of 200,000 self-cycles, each dropped, in an
# interpreter with 5,072 live objects of its own. (increments, collected)
LOOP, LOOP_LIVE = 200000, 5072
LOOP_RECORDED = {"3.14.0": (98, 197918), "3.14.4": (43, 198008)}


class Python:
    def __init__(self, command):
        self.command = command
        facts = json.loads(subprocess.check_output(
            command + ["-I", "-c", fidelity.PROBE], stderr=subprocess.DEVNULL, timeout=30))
        self.version = tuple(facts["version"])
        self.release = "%d.%d.%d" % self.version
        self.usable = (facts["implementation"] == "cpython" and not facts["threaded"] and
                       not facts["debug"] and self.version >= (3, 7) and
                       not (3, 14) <= self.version < (3, 14, 5))

    def run(self, program, arguments):
        with open(PROGRAMS) as source:
            command = self.command + ["-I", "-", program] + list(map(str, arguments))
            return json.loads(subprocess.check_output(command, stdin=source))


def find_pythons(commands):
    """Those named; or the newest of each series."""
    if commands:
        return [Python(shlex.split(command)) for command in commands]
    newest = {}
    for path in fidelity.candidate_paths():
        try:
            python = Python([path])
        except (OSError, ValueError, subprocess.SubprocessError):
            continue
        series = python.version[:2]
        if python.usable and (series not in newest or newest[series].version < python.version):
            newest[series] = python
    return [newest[series] for series in sorted(newest)]


class Gcsim:
    """What gcsim makes of a trace, for each release."""

    def __init__(self, path, work):
        self.path = os.path.abspath(path)
        self.work = work
        self.known = {}

    def trace(self, program, arguments):
        name = "_".join([program] + list(map(str, arguments)))
        path = os.path.join(self.work, name + ".gctrace")
        if not os.path.exists(path):
            with open(path, "w") as file:
                subprocess.check_call([sys.executable, "-I", PROGRAMS, "--trace", program] +
                                      list(map(str, arguments)), stdout=file)
        return path

    def replay(self, trace, thresholds, release):
        """The summary's row and the collections' rows."""
        directory = os.path.join(self.work, "out-%s-%s" % (os.path.basename(trace), release))
        subprocess.check_call([self.path, "run", trace, "-m", "cpython-" + release, "-t",
                               thresholds, "-o", directory, "-q", "--force"],
                              stderr=subprocess.DEVNULL)
        with open(os.path.join(directory, "summary.csv"), newline="") as file:
            summary = next(csv.DictReader(file))
        with open(os.path.join(directory, "collections.csv"), newline="") as file:
            return summary, list(csv.DictReader(file))

    def run(self, thresholds, program, arguments, release):
        summary, rows = self.replay(self.trace(program, arguments), thresholds, release)
        figures = {"young": int(summary["collections_gen0"]),
                   "middle": int(summary["collections_gen1"]),
                   "full": int(summary["collections_gen2"]),
                   "collected": int(summary["collected"])}
        if program == "grow":
            figures["fulls"] = [int(row["event"]) // EVENTS_OF_GROWTH + 1
                                for row in rows if row["generation"] == "2"]
        if program == "requests":
            figures["left"] = int(rows[-1]["collected"])
        if program == "islands":
            figures["peak_mib"] = int(summary["peak_bytes"]) >> 20
        return figures


NAMES = {"left": "garbage left", "peak_mib": "MiB at most", "fulls": "full ones at"}


def in_words(figures, shown):
    """"121 young, 11 middle, 0 full"."""
    words = []
    for name in shown:
        if name == "fulls":
            words.append("at " + " ".join("{:,}".format(at) for at in figures[name]))
        else:
            words.append("{:,} {}".format(figures[name], NAMES.get(name, name)))
    return ", ".join(words)


def series(releases):
    """"3.7 to 3.11" of consecutive releases."""
    minors = [release.rsplit(".", 1)[0] for release in releases]
    return minors[0] if len(minors) == 1 else "%s to %s" % (minors[0], minors[-1])


def groups(releases, said):
    """Runs of releases of which the same is said: [(releases, said)]."""
    result = []
    for release in releases:
        if result and result[-1][1] == said[release]:
            result[-1][0].append(release)
        else:
            result.append(([release], said[release]))
    return result


class Table:
    """The rows: title, run, versions, gcsim's figures, the real ones, whether all are equal."""

    def __init__(self):
        self.rows = []

    def add(self, *row):
        self.rows.append(row)

    def differences(self):
        return sum(row[5] == "DIFFERS" for row in self.rows)

    def print(self):
        title = None
        for row in self.rows:
            if row[0] != title:
                title = row[0]
                print("\n" + title)
            if row[3] == row[4]:
                print("  %-22s %-12s %s: %s" % (row[1], row[2], row[3], row[5]))
            else:
                print("  %-22s %-12s gcsim %s; real %s: %s" % row[1:])

    def markdown(self):
        yield "| paradox | run | CPython | gcsim | real interpreter | same |"
        yield "|---|---|---|---|---|---|"
        title = None
        for row in self.rows:
            number = row[0] if row[0] != title else ""
            title = row[0]
            yield "| %s | `%s` | %s | %s | %s | %s |" % ((number,) + row[1:])


def stand_for(python, releases):
    """The release among these that the interpreter belongs to: its own, or its series'."""
    same = [one for one in releases if one.rsplit(".", 1)[0] == "%d.%d" % python.version[:2]]
    return python.release if python.release in releases else same[0]


def compare(gcsim, pythons, releases, pool, table):
    """Every run: by gcsim for all releases, by the interpreters there are."""
    jobs = []
    for title, runs in PARADOXES:
        for thresholds, program, arguments, shown in runs:
            gcsim.trace(program, arguments)
            simulated = {release: pool.submit(gcsim.run, thresholds, program, arguments, release)
                         for release in releases}
            real = {stand_for(python, releases): pool.submit(python.run, program, arguments)
                    for python in pythons}
            jobs.append((title, program, arguments, shown, simulated, real))
    for title, program, arguments, shown, simulated, real in jobs:
        said = {}
        for release in releases:
            ours = simulated[release].result()
            # A release that is not here was recorded: it must be as gcsim says, see --check.
            theirs = real[release].result() if release in real else ours
            said[release] = (in_words(ours, shown), in_words(theirs, shown),
                             "same" if ours == theirs else "DIFFERS")
        name = " ".join([program] + list(map(str, arguments)))
        for members, words in groups(releases, said):
            table.add(title, name, series(members), *words)


def compare_incremental(gcsim, table):
    """Against recorded ledgers, and a recorded loop. No such interpreter is easily had."""
    trace = os.path.join(gcsim.work, "oracle.gctrace")
    with gzip.open(os.path.join(ORACLE, INCREMENTAL_TRACE + ".gctrace.gz"), "rt") as packed:
        lines = packed.read().split("\n", 1)
    with open(trace, "w") as file:  # roots were held by C code there
        file.write(lines[0] + "\no roots=native\n" + lines[1])
    for release in ("3.13.0", "3.14.0", "3.14.4"):
        summary, rows = gcsim.replay(trace, INCREMENTAL_THRESHOLDS, release)
        held = "%s KiB of garbage at most" % (int(summary["peak_garbage_bytes"]) >> 10)
        ours = "{:,} collections, {:,} collected".format(
            len(rows), sum(int(row["collected"]) for row in rows))
        ledger = os.path.join(ORACLE, "%s_cpython-%s_%s.csv.gz" % (
            INCREMENTAL_TRACE, release, INCREMENTAL_THRESHOLDS.replace(",", "_")))
        theirs, same = "not recorded", "-"
        if os.path.exists(ledger):
            with gzip.open(ledger, "rt") as file:
                recorded = [line.strip().split(",") for line in file]
            theirs = "{:,} collections, {:,} collected".format(
                len(recorded), sum(int(row[2]) for row in recorded))
            same = "same" if theirs == ours else "DIFFERS"
        table.add(INCREMENTAL, "oracle/" + INCREMENTAL_TRACE, release, ours + ", " + held,
                  theirs, same)
    loop = gcsim.trace("cycles", (LOOP, LOOP_LIVE))
    for release, (increments, collected) in sorted(LOOP_RECORDED.items()):
        summary, rows = gcsim.replay(loop, "2000,10", release)
        table.add(INCREMENTAL, "cycles %d" % LOOP, release,
                  "{:,} increments, {:,} collected, {:,} KiB of garbage at most".format(
                      len(rows), int(summary["collected"]),
                      int(summary["peak_garbage_bytes"]) >> 10),
                  "{:,} increments, {:,} collected".format(increments, collected), "near")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--check", metavar="FILE", help="docs/paradoxes.md")
    parser.add_argument("--markdown", action="store_true", help="the table as in FILE")
    parser.add_argument("python", nargs="*", metavar="PYTHON")
    return parser.parse_args()


def main():
    options = parse_arguments()
    pythons = find_pythons(options.python)
    for python in pythons:
        if not python.usable:
            sys.exit("paradoxes: %s: an ordinary CPython from 3.7 on is needed, but none of "
                     "3.14.0 to 3.14.4" % " ".join(python.command))
    releases = [python.release for python in pythons]
    if options.check:
        releases = list(RECORDED)
        pythons = [python for python in pythons
                   if "%d.%d" % python.version[:2] in (one.rsplit(".", 1)[0] for one in RECORDED)]
    elif not pythons:
        sys.exit("paradoxes: no CPython from 3.7 on was found: name one")
    table = Table()
    with tempfile.TemporaryDirectory(prefix="gcsim-paradoxes-") as work:
        gcsim = Gcsim(options.gcsim, work)
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            compare(gcsim, pythons, releases, pool, table)
        compare_incremental(gcsim, table)
    if options.markdown:
        print("\n".join(table.markdown()))
    else:
        print("gcsim beside CPython " + ", ".join(python.release for python in pythons))
        table.print()
    missing = 0
    if options.check:
        with open(options.check) as file:
            stands = set(file.read().splitlines())
        for line in table.markdown():
            if line not in stands:
                missing += 1
                print("%s lacks: %s" % (options.check, line))
    print("\n%d figures differ" % table.differences() if table.differences()
          else "\nall the same")
    return 1 if table.differences() or missing else 0


if __name__ == "__main__":
    sys.exit(main())
