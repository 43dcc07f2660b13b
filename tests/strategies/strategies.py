#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Do the strategies that gcsim carries do what their users' programs do?

    strategies.py --gcsim BUILD/sim/gcsim SOURCE_DIR

sources.py says in Python what each program does; world.py runs that in a collector that only counts;
gcsim runs configs/strategies/. Each collection must fall on the same event, at the same time, in the
same generation, for the same cause, and find as many objects; the index must give the same sums.
Strategies whose thresholds are far off are asked for their first collections, worked out by hand.

Exit status: 0 all the same, 1 differences, 2 usage.
"""
import argparse
import csv
import os
import random
import subprocess
import sys
import tempfile

import sources
import world

MODELS = (("cpython-3.11", False), ("cpython-3.13", True))


class Time(int):
    """Nanoseconds, written with their unit."""

    def __str__(self):
        return "%dns" % self


def ms(count):
    return Time(count * sources.MILLISECOND)



# Strategy, parameters given, and thresholds: those of the setting.
PLAYED = [
    ("default", {}, (40, 3, 2)),
    ("default", {}, (700, 10, 10)),
    ("disable", {}, (40, 3, 2)),
    ("threshold-zero", {}, (40, 3, 2)),
    ("mypy", {}, (40, 3, 2)),
    ("x3", {}, (40, 3, 2)),
    ("x3", {"factor": 0.5}, (41, 3, 5)),
    ("close", {}, (40, 3, 2)),
    ("close", {"threshold0": 30}, (40, 1, 1)),
    ("freeze", {}, (40, 3, 2)),
    ("freeze", {"mark": "fork"}, (40, 3, 2)),
    ("collect-freeze", {}, (40, 3, 2)),
    ("freeze-each-fork", {}, (40, 3, 2)),
    ("refreeze-tick", {}, (40, 3, 2)),
    ("refreeze-tick", {"every": 9}, (40, 3, 2)),
    ("manual", {}, (40, 3, 2)),
    ("manual", {"every": 7, "generation": 0}, (40, 3, 2)),
    ("manual", {"every": 1000, "unit": "allocations"}, (40, 3, 2)),
    ("manual-full", {}, (40, 3, 2)),
    ("manual-full", {"every": 100}, (40, 3, 2)),
    ("timed", {}, (40, 3, 2)),
    ("timed", {"tick": ms(70), "young": ms(900), "full": ms(12000)}, (100, 5, 1)),
    ("budget-5", {}, (40, 3, 2)),
    ("budget-5", {"percent": 40, "tick": ms(250)}, (700, 10, 10)),
    ("renpy", {}, (40, 3, 2)),
    ("renpy", {"count0": 49, "count1": 4, "count2": 3}, (40, 3, 2)),
    ("renpy", {"threshold0": 60, "count0": 49}, (40, 3, 2)),
    ("idle", {}, (40, 3, 2)),
    ("idle", {"middle": 3, "full": 12}, (40, 3, 2)),
    ("freeze-idle", {}, (40, 3, 2)),
    ("request-end", {}, (40, 3, 2)),
    ("request-end", {"generation": 1}, (700, 10, 10)),
    ("gen2-off", {}, (40, 3, 2)),
    ("gen2-off", {"until": "fork"}, (10, 1, 1)),
    ("promote", {}, (40, 3, 2)),
    ("third-party-enable", {"after": 5000}, (40, 3, 2)),
    ("third-party-enable", {"after": 100, "unit": "requests"}, (700, 10, 10)),
]


def young(distance, times, first=0):
    """Automatic collections of generation 0 at each `distance`th object; objects are events."""
    return [(first + distance * n - 1, 0, "threshold") for n in range(1, times + 1)]


# Strategy, lines of the trace, and the event, generation and cause of all collections at thresholds
# 700, 10, 10 in 3.13, where objects only come. The first collection follows object threshold0 + 1,
# whose event is threshold0, and once 11 or 51 young ones have come it is generation 1's turn.
WORKED_OUT = [
    ("default", world.make_kept(8412), young(701, 11) + [(12 * 701 - 1, 1, "threshold")]),
    ("mypy", world.make_kept(1_000_005), young(200_001, 5)),
    ("atom-20k", world.make_kept(1_040_052),
     young(20_001, 51) + [(52 * 20_001 - 1, 1, "threshold")]),
    ("inmanta-1m", world.make_kept(2_000_002), young(1_000_001, 2)),
    ("inmanta-5m", world.make_kept(5_000_001), young(5_000_001, 1)),
    # 600 objects, then the mark at event 600; the counts begin anew.
    ("close", world.make_kept(100_602, mark_at=600),
     [(600, 2, "strategy")] + young(50_001, 2, first=601)),
    ("gen2-off", world.make_kept(93_934, mark_at=93_233),
     # In the 11th round generation 2 would be due at object 93,233; with it off generation 1 is not
     # due either, so it is generation 0 that is collected. After the mark, at event 93,233:
     [(701 * n - 1, 1 if n % 12 == 0 else 0, "threshold") for n in range(1, 134)] +
     [(93_934, 2, "threshold")]),
    # The library comes with object 100,000, when far more than 700 wait.
    ("third-party-enable", world.make_kept(100_701), [(100_000, 0, "threshold")]),
    ("disable", world.make_kept(100_701), []),
    ("threshold-zero", world.make_kept(100_701), []),
]

# What a strategy leaves behind, as its source complains: more of this column than the other.
COMPLAINTS = [
    ("freeze-each-fork", "end_garbage_objects", "default"),
    ("third-party-enable:after=5000", "collections_gen0", "threshold-zero"),
    ("freeze", "collections_gen2", "default"),
]


class Runner:
    def __init__(self, gcsim, directory):
        self.gcsim, self.directory = gcsim, directory
        self.cost = os.path.join(directory, "flat.yaml")
        with open(self.cost, "w", encoding="ascii") as file:
            file.write(world.COST)

    def write(self, name, lines):
        path = os.path.join(self.directory, name)
        with open(path, "w", encoding="ascii") as file:
            file.write("\n".join(world.HEAD + lines) + "\n")
        return path

    def call(self, words, refusal=None):
        """What gcsim says; None if it refuses for that reason."""
        done = subprocess.run([self.gcsim] + words, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, check=False)
        if done.returncode == 1 and refusal and refusal in done.stderr.decode():
            return None
        if done.returncode:
            sys.exit("gcsim %s: %s" % (" ".join(words), done.stderr.decode()))
        return done.stdout.decode()

    def summary(self, words, engine):
        """None: the engine does not cover the setting."""
        said = self.call(words + ["--engine", engine, "--format", "csv"], "does not cover")
        if said is None:
            return None
        row = next(csv.DictReader(said.splitlines()))
        return {name: value for name, value in row.items() if name != "engine"}

    def collections(self, words):
        output = os.path.join(self.directory, "output")
        self.call(words + ["-q", "--force", "-o", output])
        with open(os.path.join(output, "collections.csv"), newline="", encoding="ascii") as file:
            return [(int(row["event"]), int(row["time_ns"]), int(row["generation"]),
                     row["cause"], int(row["collected"])) for row in csv.DictReader(file)]


def setting(path, strategy, parameters, thresholds, model, cost):
    given = ",".join("%s=%s" % pair for pair in parameters.items())
    return ["run", path, "-S", strategy + (":" + given if given else ""), "-m", model, "-t",
            ",".join(map(str, thresholds)), "--cost", cost]


def tell(what, expected, found):
    """Returns whether they are the same; if not, says where."""
    if expected == found:
        return True
    at = next((i for i, (a, b) in enumerate(zip(expected, found)) if a != b),
              min(len(expected), len(found)))
    print("%s: collection %d of %d and %d: expected %s, found %s" % (
        what, at, len(expected), len(found), expected[at:at + 1], found[at:at + 1]))
    return False


def play(runner, lines, path):
    """Returns how many settings were compared and how many differ, and what was seen."""
    count = covered = different = 0
    seen = set()
    for strategy, parameters, thresholds in PLAYED:
        source = getattr(sources, strategy.replace("-", "_"))
        for model, deferred in MODELS:
            expected = world.World(source, parameters, thresholds, deferred).play(lines).rows
            words = setting(path, strategy, parameters, thresholds, model, runner.cost)
            what = " ".join(words[3:8])
            count += 1
            different += not tell(what, expected, runner.collections(words))
            seen |= {(strategy, generation, cause) for _, _, generation, cause, _ in expected}
            priced = runner.summary(words, "index")
            if priced and priced != runner.summary(words, "replay"):
                print("%s: the index says otherwise" % what)
                different += 1
            covered += priced is not None
    if covered < 0.9 * count:
        print("the index covers only %d of %d settings" % (covered, count))
        different += 1
    return count, different, seen


def work_out(runner):
    different = 0
    for strategy, lines, expected in WORKED_OUT:
        path = runner.write("kept.gctrace", lines)
        words = setting(path, strategy, {}, (700, 10, 10), "cpython-3.13", runner.cost)
        found = [(event, generation, cause)
                 for event, _, generation, cause, _ in runner.collections(words)]
        different += not tell(strategy, expected, found)
    return len(WORKED_OUT), different


def complain(runner, path):
    different = 0
    for strategy, column, other in COMPLAINTS:
        more, less = (int(runner.summary(setting(path, name, {}, (40, 3, 2), "cpython-3.13",
                                                 runner.cost), "replay")[column])
                      for name in (strategy, other))
        if more <= less:
            print("%s: %s %d, with %s %d" % (strategy, column, more, other, less))
            different += 1
    return len(COMPLAINTS), different


# What the traces must have made each strategy do, so that nothing passes by doing nothing.
ACTIONS = [
    ("collect-freeze", 2), ("close", 2), ("manual", 0), ("manual", 1), ("manual-full", 2),
    ("timed", 0), ("timed", 1), ("timed", 2), ("budget-5", 2), ("renpy", 0), ("renpy", 1),
    ("renpy", 2), ("idle", 0), ("idle", 1), ("idle", 2), ("request-end", 0), ("request-end", 1),
]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("source", metavar="SOURCE_DIR")
    options = parser.parse_args()
    shipped = {name[:-len(".yaml")] for name in
               os.listdir(os.path.join(options.source, "configs", "strategies"))}
    tested = {row[0] for row in PLAYED} | {row[0] for row in WORKED_OUT}
    with tempfile.TemporaryDirectory(prefix="gcsim-strategies-") as directory:
        runner = Runner(os.path.abspath(options.gcsim), directory)
        lines = world.make_service(random.Random(20))
        service = runner.write("service.gctrace", lines)
        count, different, seen = play(runner, lines, service)
        for more, wrong in (work_out(runner), complain(runner, service)):
            count += more
            different += wrong
    idle = [action for action in ACTIONS if action + ("strategy",) not in seen]
    for action in idle:
        print("%s never collected generation %d" % action)
    for name in sorted(shipped - tested):
        print("%s is not tested" % name)
    print("%d strategies in %d settings, %d differ" % (len(tested), count, different))
    return 1 if different or idle or shipped - tested else 0


if __name__ == "__main__":
    sys.exit(main())
