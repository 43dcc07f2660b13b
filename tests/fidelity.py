#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare gcsim with judges, collection by collection, on random traces.

The judges are every CPython on this machine, which executes the trace on real objects
(sim/python), and the reference model (tests/model.h), a release of it at a time. Whatever
columns of a collection a judge knows have to equal those of gcsim's collections.csv. A trace
on which they do not is shrunk to a short one that shows it.

    fidelity.py --gcsim BUILD/sim/gcsim --random-trace BUILD/tests/random_trace
                --model-run BUILD/tests/model_run --minutes 60

Each trace has a seed of its own, counted up from --seed: `--seed N --traces 1` makes trace N
and its settings again, on any machine (where nothing else is said of features and settings).

Exit status: 0 all equal, or no judge to compare with; 1 differences; 2 usage.
Needs Python 3.6 and its standard library; for interpreters a C compiler (CC, default cc).
"""
import argparse
import concurrent.futures
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

from judge import combine
from judge.interpreters import (PROBE, Interpreter, candidate_paths,  # noqa: F401  for others
                                find_interpreters, probe)
from judge.jobs import PERTURBATIONS, Gcsim, Job, Reference, compare
from judge.ledgers import Failure
from judge.shrink import Shrinker
from judge.tables import Tally, print_features, write_csv
from judge.trace import parse

THRESHOLDS = ((700, 10, 10), (97, 3, 2), (300, 5, 3), (10, 2, 2), (1, 1, 1), (2000, 10, 10),
              (0, 10, 10))
SMALL = (0, 1, 2)
EVENTS = (300, 500, 1000, 2000, 4000, 8000, 20000)
# Traces with more events are not collected more often than every so many allocations.
LONG_TRACE = 3000
LONG_THRESHOLD = 50
# A sixth of the traces has each of these, half of them each other feature.
RARE = ("freeze", "threshold", "legacy", "resurrect", "standing", "start", "objects", "resolved")
# Of two programs in one trace the second has the first one's options, and so no such feature;
# with `objects` neither may have what hides objects.
OPTIONAL = ("standing", "start", "resolved")
# How often what is combined here is in a trace.
COMBINED = {"calls": 0.15, "bursts": 0.25, "more-stretches": 0.15, "two-programs": 0.2}
# What the reference model is asked to be: the ends of what each model covers.
REFERENCES = ("3.6.15", "3.7.17", "3.8.20", "3.9.25", "3.10.20", "3.11.15", "3.12.2", "3.12.3",
              "3.13.13", "3.14.5", "3.14.8", "3.15.0")
TRACES_AT_ONCE = 16
SHRUNK_FOR_EACH = 3
SHRINK_SECONDS = 300
STATUS_SECONDS = 300


class Trace:
    """A random trace in its file, and what it was made of."""

    def __init__(self, path, seed, events, features):
        self.path = path
        self.seed = seed
        self.events = events
        self.features = features


# ------------------------------------------------------------------------------------ making


class Maker:
    """Makes traces and settings from seeds, in the same way on every machine."""

    def __init__(self, options, gcsim, work):
        self.options = options
        self.gcsim = gcsim
        self.work = work
        self.listed = subprocess.check_output([options.random_trace]).decode().split()
        chosen = options.features.split(",") if options.features else []
        unknown = sorted(set(chosen) - set(self.listed) - set(COMBINED))
        if unknown:
            sys.stderr.write("fidelity: unknown features: %s\n" % ", ".join(unknown))
            sys.exit(2)
        self.offered = chosen or self.listed + list(COMBINED)
        self.modelled = None

    def generate(self, seed, events, features):
        command = [self.options.random_trace, str(seed), str(events)] + features
        return subprocess.check_output(command).decode()

    def find_modelled(self, reference):
        """The features that the reference model covers: it says so itself."""
        path = os.path.join(self.work, "feature.gctrace")
        self.modelled = []
        for name in [name for name in self.listed if name in self.offered]:
            with open(path, "w") as file:
                file.write(self.generate(1, 2000, [name]))
            if not hasattr(reference.ledger(Job(path, (700, 10, 10))), "said"):
                self.modelled.append(name)
        os.remove(path)

    def choose_features(self, source, among):
        return [name for name in self.listed if name in among
                and source.random() < (1 / 6.0 if name in RARE else 0.5)]

    def make_trace(self, seed, among):
        source = random.Random(seed)
        features = self.choose_features(source, among)
        events = source.choice(EVENTS)
        trace = parse(self.generate(seed, events, features))
        combined = [name for name in sorted(COMBINED)
                    if name in self.offered and source.random() < COMBINED[name]]
        if "two-programs" in combined:
            others = [name for name in self.choose_features(source, among)
                      if name not in OPTIONAL + ("objects",)]
            others += ["objects"] * ("objects" in features)
            features = [name for name in self.listed if name in features or name in others]
            other = self.generate(source.randrange(1 << 32), source.choice(EVENTS[:4]), others)
            trace = combine.interleave(trace, parse(other), source)
        if "bursts" in combined:
            trace = combine.bursts(trace, source)
        if "more-stretches" in combined:
            trace = combine.stretches(trace, source)
        if "calls" in combined:
            trace = combine.calls(trace, source)
        path = os.path.join(self.work, "%d%s.gctrace"
                            % (seed, "" if among is self.offered else "m"))
        with open(path, "w") as file:
            file.write(trace.text())
        complaint = self.gcsim.complaint(path)
        if complaint:
            sys.exit("fidelity: seed %d made an invalid trace: %s" % (seed, complaint))
        return Trace(path, seed, trace.length(), features + combined)

    def make_thresholds(self, source, events):
        if source.random() < 0.5:
            chosen = source.choice(THRESHOLDS)
        else:
            chosen = (source.choice(SMALL) if source.random() < 0.4
                      else int(3 ** source.uniform(0, 7.5)),
                      source.choice(SMALL) if source.random() < 0.3 else source.randint(1, 20),
                      source.choice(SMALL) if source.random() < 0.3 else source.randint(1, 20))
        if events > LONG_TRACE and chosen[0] != 0:
            chosen = (max(chosen[0], LONG_THRESHOLD),) + chosen[1:]
        return chosen

    def make_jobs(self, seed, among):
        """The jobs of one trace, and what belongs to a job: features of its own."""
        trace = self.make_trace(seed, among)
        source = random.Random("settings of %d" % seed)
        jobs = []
        for _ in range(self.options.settings):
            jobs.append(Job(trace.path, self.make_thresholds(source, trace.events),
                            source.random() < 0.15, self.options.perturb, trace))
        return jobs


def features_of(job):
    return job.trace.features + ["calls-ignored"] * job.ignore_calls


# --------------------------------------------------------------------------------- comparing


class Bench:
    """The judges, what they were asked, and what differed."""

    def __init__(self, options, gcsim, judges, work):
        self.options = options
        self.gcsim = gcsim
        self.judges = judges
        self.work = work
        self.tallies = {judge: Tally(judge) for judge in judges}
        self.shrunk = {judge: 0 for judge in judges}
        self.pool = concurrent.futures.ThreadPoolExecutor(options.jobs)

    def compare(self, jobs, modelled_jobs):
        pending = []
        for judge in self.judges:
            mine = modelled_jobs if isinstance(judge, Reference) else jobs
            for share in (mine[0::2], mine[1::2]):
                if share:
                    pending.append((judge, share, self.pool.submit(compare, self.gcsim, judge,
                                                                   share)))
        for judge, share, future in pending:
            for job, (judged, difference) in zip(share, future.result()):
                self.tallies[judge].add(job.trace.seed, features_of(job), judged, difference)
                if difference:
                    self.report(judge, job, difference)
        for job in jobs + modelled_jobs:
            job.remove_judged()

    def report(self, judge, job, difference):
        """Prints a difference; the first few of each judge are shrunk."""
        self.shrunk[judge] += 1
        if self.shrunk[judge] > SHRUNK_FOR_EACH:
            return
        print("DIFFERS  %s, trace of seed %d, %d events (%s), %s"
              % (judge.name, job.trace.seed, job.trace.events, " ".join(features_of(job)),
                 " ".join(job.setting())))
        print(indented(difference.text))
        self.keep(judge, job, difference)
        sys.stdout.flush()

    def keep(self, judge, job, difference):
        """Writes the trace, the short one, and how to see the difference again."""
        os.makedirs(self.options.found, exist_ok=True)
        stem = os.path.join(self.options.found, "%s-%d" % (judge.name, job.trace.seed))
        shutil.copy(job.path, stem + "-long.gctrace")
        shrinker = Shrinker(self.gcsim, judge, job, self.work, self.options.shrink)
        best = shrinker.run() if self.options.shrink else None
        thresholds = best.thresholds if best else job.thresholds
        if best:
            with open(stem + ".gctrace", "w") as file:
                file.write(best.trace.text())
        again = Job(stem + (".gctrace" if best else "-long.gctrace"), thresholds,
                    job.ignore_calls, job.perturbation)
        command = self.repeat(judge, again)
        with open(stem + ".txt", "w") as file:
            file.write("%s\n\n%s\n" % (command, (best.difference if best else difference).text))
        if best:
            print("shrunk   to %d events, thresholds %s, after %d candidates"
                  % (best.trace.length(), ",".join("%d" % t for t in thresholds),
                     shrinker.tried))
            print(indented(best.difference.text))
        print("kept     %s\nrepeat   %s" % (again.path, command))

    def repeat(self, judge, job):
        words = [sys.executable, os.path.abspath(__file__), "--gcsim", self.options.gcsim,
                 "--trace", job.path, "--threshold=" + job.judged_thresholds(),
                 "--judges", judge.name]
        if isinstance(judge, Reference):
            words += ["--model-run", self.options.model_run, "--no-python"]
        elif isinstance(judge, Interpreter) and judge.root:
            words += ["--python", str(judge)]
        words += ["--ignore-calls"] * job.ignore_calls
        words += ["--perturb", job.perturbation] if job.perturbation else []
        return " ".join(shlex.quote(word) for word in words)

    def differences(self):
        return sum(tally.total().differences for tally in self.tallies.values())

    def traces(self):
        """How many; the judges' traces and the reference model's are two sorts."""
        kinds = {}
        for judge, tally in self.tallies.items():
            kinds.setdefault(isinstance(judge, Reference), set()).update(tally.total().traces)
        return sum(len(traces) for traces in kinds.values())

    def print_status(self, started):
        print("%6.1f min: %d traces, %d collections compared, %d differences"
              % ((time.monotonic() - started) / 60, self.traces(),
                 sum(tally.total().collections for tally in self.tallies.values()),
                 self.differences()))
        sys.stdout.flush()

    def print_results(self):
        tallies = [self.tallies[judge] for judge in self.judges]
        print("")
        for tally in tallies:
            tally.print()
        columns = sorted(set((tally.columns) for tally in tallies if tally.columns))
        for names in columns:
            print("columns  %s: %s" % (", ".join(tally.judge.name for tally in tallies
                                                 if tally.columns == names), " ".join(names)))
        for kind in sorted(set(type(judge) for judge in self.judges), key=str):
            print_features([tally for tally in tallies if isinstance(tally.judge, kind)])
        if self.options.table:
            write_csv(self.options.table, tallies)


def indented(text):
    return "\n".join("    " + line for line in text.split("\n"))


def fuzz(options, bench, maker):
    """Random traces until enough are done, or the time is."""
    started = time.monotonic()
    told = started
    until = started + options.minutes * 60 if options.minutes else None
    seed = options.seed
    end = None if until else options.seed + options.traces
    models = any(isinstance(judge, Reference) for judge in bench.judges)
    others = any(not isinstance(judge, Reference) for judge in bench.judges)
    while (until and time.monotonic() < until) or (end is not None and seed < end):
        count = min(TRACES_AT_ONCE, end - seed) if end is not None else TRACES_AT_ONCE
        jobs, modelled = [], []
        for number in range(seed, seed + count):
            if others:
                jobs += maker.make_jobs(number, maker.offered)
            if models:
                modelled += maker.make_jobs(number, maker.modelled)
        bench.compare(jobs, modelled)
        for path in set(job.path for job in jobs + modelled):
            if not options.work:
                os.remove(path)
        seed += count
        if time.monotonic() - told > STATUS_SECONDS:
            told = time.monotonic()
            bench.print_status(started)
    bench.print_status(started)
    bench.print_results()
    return 1 if bench.differences() else 0


def compare_one(options, bench):
    """One given trace: prints what differs."""
    thresholds = tuple(int(value) for value in options.threshold.split(","))
    status = 0
    for judge in bench.judges:
        job = Job(os.path.abspath(options.trace), thresholds, options.ignore_calls,
                  options.perturb)
        judged, difference = compare(bench.gcsim, judge, [job])[0]
        job.remove_judged()
        if hasattr(judged, "said") and not isinstance(judged, Failure):
            print("left out %s: %s" % (judge.name, judged.said))
        elif difference:
            status = 1
            print("DIFFERS  %s\n%s" % (judge.name, indented(difference.text)))
        else:
            print("equal    %s, %d collections" % (judge.name, len(judged.rows)))
    return status


# ------------------------------------------------------------------------------ command line


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--random-trace", metavar="PATH")
    parser.add_argument("--model-run", metavar="PATH", help="the reference model judges too")
    parser.add_argument("--python", action="append", metavar="COMMAND",
                        help="an interpreter beside those found; 'chroot DIR python3.14' too")
    parser.add_argument("--no-python", action="store_true", help="look for no interpreters")
    parser.add_argument("--judges", metavar="NAME,...", help="only these (3.12.1, model-3.8.20)")
    parser.add_argument("--traces", type=int, default=200, metavar="N")
    parser.add_argument("--minutes", type=float, metavar="M",
                        default=float(os.environ.get("GCSIM_FUZZ_MINUTES") or 0),
                        help="as many as take so long ($GCSIM_FUZZ_MINUTES)")
    parser.add_argument("--settings", type=int, default=2, metavar="N",
                        help="thresholds for each trace (default 2)")
    parser.add_argument("--features", metavar="NAME,...", help="only these")
    parser.add_argument("--seed", type=int, metavar="N", help="of the first trace (1; with --minutes a random one)")
    parser.add_argument("--shrink", type=float, default=SHRINK_SECONDS, metavar="SECONDS",
                        help="for each difference at most (default %d; 0: never)"
                             % SHRINK_SECONDS)
    parser.add_argument("--found", default="found", metavar="DIR",
                        help="where traces that differ go (default found)")
    parser.add_argument("--table", metavar="FILE", help="the results as CSV")
    parser.add_argument("--work", metavar="DIR", help="keep everything there")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    parser.add_argument("--trace", metavar="FILE", help="compare this one and no others")
    parser.add_argument("--threshold", default="700,10,10", metavar="T0,T1,T2", help="for it")
    parser.add_argument("--ignore-calls", action="store_true", help="for it")
    parser.add_argument("--perturb", choices=sorted(PERTURBATIONS),
                        help="make the judges wrong, to see that it is found")
    options = parser.parse_args()
    if not options.trace and not options.random_trace:
        parser.error("--random-trace or --trace is needed")
    for name in ("gcsim", "random_trace", "model_run"):
        path = getattr(options, name)
        if path and not (os.path.isfile(path) and os.access(path, os.X_OK)):
            parser.error("cannot execute " + path)
        setattr(options, name, path and os.path.abspath(path))
    if options.settings < 1:
        parser.error("--settings: 1 or more")
    if options.seed is None:
        options.seed = random.SystemRandom().randrange(1 << 40) if options.minutes else 1
    options.found = os.path.abspath(options.found)
    return options


def find_judges(options, work):
    judges = []
    for interpreter in [] if options.no_python else find_interpreters(also=options.python):
        if options.judges and interpreter.name not in options.judges.split(","):
            continue
        interpreter.settle(work)
        if interpreter.builds_driver():
            judges.append(interpreter)
    if options.model_run:
        judges += [Reference(options.model_run, release, work) for release in REFERENCES]
    if options.judges:
        judges = [judge for judge in judges if judge.name in options.judges.split(",")]
    for judge in judges:
        if isinstance(judge, Interpreter):
            print("found    %-14s %s" % (judge.name, judge))
    references = [judge.release for judge in judges if isinstance(judge, Reference)]
    if references:
        print("found    the reference model, as " + ", ".join(references))
    if not any(isinstance(judge, Interpreter) for judge in judges) and not options.no_python:
        print("NOT CHECKED against any interpreter: no CPython with C headers found")
    return judges


def main():
    options = parse_arguments()
    if options.work:
        os.makedirs(options.work, exist_ok=True)
    work = os.path.abspath(options.work or tempfile.mkdtemp(prefix="gcsim-fidelity-"))
    gcsim = Gcsim(options.gcsim, work)
    judges = []
    try:
        judges = find_judges(options, work)
        if not judges:
            print("fidelity: NOT CHECKED, there is no judge here")
            return 0
        bench = Bench(options, gcsim, judges, work)
        if options.trace:
            return compare_one(options, bench)
        print("seed     %d" % options.seed)
        sys.stdout.flush()
        maker = Maker(options, gcsim, work)
        for judge in judges:
            if isinstance(judge, Reference) and maker.modelled is None:
                maker.find_modelled(judge)
        return fuzz(options, bench, maker)
    finally:
        for judge in judges:
            if isinstance(judge, Interpreter):
                judge.leave()
        if not options.work:
            shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
