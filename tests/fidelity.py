#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare gcsim with every CPython on this machine, collection by collection.

Random traces are executed on real objects by each interpreter found (sim/python/driver),
and simulated by gcsim with the model of the same release. Event, generation, collected and
uncollectable of every collection have to be equal.

    fidelity.py --gcsim BUILD/sim/gcsim --random-trace BUILD/tests/random_trace

Exit status: 0 all equal, or no interpreter to compare with; 1 differences; 2 usage.
Needs Python 3.6, its standard library and a C compiler (CC, default cc).
"""
import argparse
import concurrent.futures
import csv
import glob
import json
import os
import random
import shlex
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DRIVER = os.path.join(os.path.dirname(HERE), "sim", "python", "driver.py")
COLUMNS = ("event", "generation", "collected", "uncollectable")
THRESHOLDS = ("700,10,10", "97,3,2", "300,5,3", "10,2,2", "1,1,1", "2000,10,10", "0,10,10")
EVENTS = (500, 1000, 2000, 4000, 8000, 20000)
# A sixth of the traces has each of these, half of them each other feature.
RARE = ("freeze", "threshold", "legacy", "resurrect", "objects", "resolved")
SHOWN_DIFFERENCES = 5
# The newest series that the driver was built for; internal headers change without notice.
TRIED = (3, 15)

PROBE = """
import json, os, platform, sys, sysconfig
v = sys.version_info
print(json.dumps({
    "implementation": sys.implementation.name,
    "version": list(v[:3]),
    "level": v[3],
    "serial": v[4],
    "place": os.path.realpath(sys.base_prefix),
    "executable": sys.executable,
    "threaded": bool(sysconfig.get_config_var("Py_GIL_DISABLED")),
    "headers": os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")),
    "debug": hasattr(sys, "gettotalrefcount"),
}))
"""


class Interpreter:
    def __init__(self, facts, command):
        # A shim on the PATH would choose again by the current directory.
        self.path = facts["executable"]
        self.command = command or [self.path]
        self.facts = facts
        self.version = tuple(facts["version"])
        level = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(facts["level"], "")
        self.release = "%d.%d.%d" % self.version
        self.name = self.release + (level + str(facts["serial"]) if level else "")
        # The models know releases; a candidate is what it is a candidate of.
        self.model = "cpython-" + self.release

    def obstacle(self):
        """Why this one cannot be compared with, or None."""
        if self.facts["implementation"] != "cpython":
            return "not CPython"
        if self.version < (3, 6):
            return "older than 3.6"
        if self.facts["threaded"]:
            return "a free-threaded build"
        if self.facts["debug"]:
            return "a debug build"
        if (3, 14) <= self.version < (3, 14, 5):
            return "its collector is incremental"
        if not self.facts["headers"]:
            return "its C headers are not installed"
        return None


def probe(path, asked_for):
    """What an executable says of itself, or None if it is no Python that runs."""
    command = shlex.split(path) if asked_for else [path]
    try:
        output = subprocess.check_output(command + ["-I", "-c", PROBE],
                                         stderr=subprocess.DEVNULL, timeout=30)
        return Interpreter(json.loads(output.decode()), command if asked_for else None)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None


def candidate_paths():
    names = ["python3"] + ["python3.%d" % minor for minor in range(6, 16)]
    for name in names:
        for directory in os.environ.get("PATH", "").split(os.pathsep):
            path = os.path.join(directory or ".", name)
            if os.access(path, os.X_OK) and not os.path.isdir(path):
                yield path
    roots = [os.path.expanduser("~/.pyenv")]
    try:
        output = subprocess.check_output(["pyenv", "root"], stderr=subprocess.DEVNULL)
        roots.insert(0, output.decode().strip())
    except (OSError, subprocess.SubprocessError):
        pass
    for root in roots:
        for path in sorted(glob.glob(os.path.join(root, "versions", "*", "bin", "python3"))):
            yield path


def find_interpreters(only):
    """The interpreters to compare with; those that are left out are named with the reason."""
    found = {}
    for path in [only] if only else candidate_paths():
        interpreter = probe(path, bool(only))
        if interpreter:
            key = (interpreter.facts["place"], interpreter.name)
            found.setdefault(key, interpreter)
        elif only:
            sys.exit("fidelity: %s is no Python 3 that runs" % path)
    usable = []
    for interpreter in sorted(found.values(), key=lambda i: (i.version, i.path)):
        reason = interpreter.obstacle()
        if reason:
            print("skipped  %-10s %s: %s" % (interpreter.name, interpreter.path, reason))
        else:
            usable.append(interpreter)
    return usable


class Job:
    """One trace under one setting."""

    def __init__(self, trace, thresholds):
        self.trace = trace
        self.thresholds = thresholds


class Trace:
    def __init__(self, path, seed, events, features):
        self.path = path
        self.seed = seed
        self.events = events
        self.features = features

    def __str__(self):
        return "%d %d %s" % (self.seed, self.events, " ".join(self.features))


def make_traces(options, work):
    listed = subprocess.check_output([options.random_trace]).decode().split()
    features = options.features.split(",") if options.features else listed
    unknown = sorted(set(features) - set(listed))
    if unknown:
        sys.exit("fidelity: unknown features: " + ", ".join(unknown))
    jobs = []
    for index in range(options.traces):
        seed = options.seed + index
        source = random.Random(seed)
        chosen = [name for name in features
                  if source.random() < (1 / 6.0 if name in RARE else 0.5)]
        events = source.choice(EVENTS)
        path = os.path.join(work, "%d.gctrace" % seed)
        trace = Trace(path, seed, events, chosen)
        with open(path, "wb") as file:
            subprocess.check_call([options.random_trace, str(seed), str(events)] + chosen,
                                  stdout=file)
        for thresholds in source.sample(THRESHOLDS, options.settings):
            jobs.append(Job(trace, thresholds))
    return jobs


def read_rows(path):
    with open(path, newline="") as file:
        return [tuple(row[name] for name in COLUMNS) for row in csv.DictReader(file)]


def builds_driver(interpreter, work):
    """Whether the driver can be built; where it never was, its failure is no difference."""
    command = interpreter.command + ["-I", DRIVER, "--build", os.path.join(work, "build"),
               "--jobs", os.devnull]
    done = subprocess.Popen(command, stderr=subprocess.PIPE)
    errors = done.communicate()[1].decode("utf-8", "replace").strip()
    if done.returncode == 0:
        return True
    if interpreter.version[:2] <= TRIED:
        sys.exit("fidelity: %s: cannot build the driver\n%s" % (interpreter.path, errors))
    print("skipped  %-10s %s: the driver cannot be built for it yet"
          % (interpreter.name, interpreter.path))
    return False


def run_real(interpreter, jobs, work, name):
    """The ledgers of the real interpreter; None where it failed."""
    listing = os.path.join(work, name + ".jobs")
    outputs = [os.path.join(work, "%s.%d.csv" % (name, n)) for n in range(len(jobs))]
    with open(listing, "w") as file:
        for job, output in zip(jobs, outputs):
            file.write("%s\t%s\t%s\n" % (job.trace.path, job.thresholds, output))
    command = interpreter.command + ["-I", DRIVER, "--build", os.path.join(work, "build"),
               "--jobs", listing]
    done = subprocess.Popen(command, stderr=subprocess.PIPE)
    errors = done.communicate()[1].decode("utf-8", "replace").strip()
    ledgers = []
    for output in outputs:
        ledgers.append(read_rows(output) if os.path.exists(output) else None)
        if os.path.exists(output):
            os.remove(output)
    os.remove(listing)
    return ledgers, errors


def run_simulated(options, interpreter, job, directory):
    """gcsim's ledger, and what it said if it failed."""
    command = [options.gcsim, "run", job.trace.path, "-m", interpreter.model,
               "-t", job.thresholds, "-o", directory, "--force", "-q"]
    done = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    errors = done.communicate()[1].decode("utf-8", "replace").strip()
    if done.returncode != 0:
        return None, "exit status %d: %s" % (done.returncode, errors)
    return read_rows(os.path.join(directory, "collections.csv")), errors


class Tally:
    def __init__(self):
        self.runs = 0
        self.collections = 0
        self.collected = 0
        self.generations = [0, 0, 0]
        self.differences = []

    def add(self, other):
        self.runs += other.runs
        self.collections += other.collections
        self.collected += other.collected
        self.generations = [a + b for a, b in zip(self.generations, other.generations)]
        self.differences += other.differences


def first_difference(real, simulated):
    for index in range(max(len(real), len(simulated))):
        ours = simulated[index] if index < len(simulated) else None
        theirs = real[index] if index < len(real) else None
        if ours != theirs:
            return "row %d of %d/%d (%s)\n    real      %s\n    simulated %s" % (
                index, len(real), len(simulated), ",".join(COLUMNS),
                ",".join(theirs) if theirs else "-", ",".join(ours) if ours else "-")
    return None


def compare(options, interpreter, jobs, work, name):
    """One share of the work: the same jobs in both, in a process each."""
    tally = Tally()
    ledgers, errors = run_real(interpreter, jobs, work, name)
    directory = os.path.join(work, name + ".out")
    for job, real in zip(jobs, ledgers):
        tally.runs += 1
        if real is None:
            tally.differences.append((job, "the interpreter did not run it: " + errors))
            continue
        simulated, said = run_simulated(options, interpreter, job, directory)
        tally.collections += len(real)
        tally.collected += sum(int(row[2]) for row in real)
        for row in real:
            tally.generations[int(row[1])] += 1
        difference = said if simulated is None else first_difference(real, simulated)
        if difference:
            tally.differences.append((job, difference))
    shutil.rmtree(directory, ignore_errors=True)
    return tally


def suits(interpreter, job):
    """gc.freeze came with 3.7; the driver reaches the free lists from 3.10 on."""
    features = job.trace.features
    return ((interpreter.version >= (3, 7) or "freeze" not in features) and
            (interpreter.version >= (3, 10) or "resolved" not in features))


def share(jobs, parts):
    return [jobs[n::parts] for n in range(parts) if jobs[n::parts]]


def compare_all(options, interpreters, jobs, work):
    """Everything, two processes at a time; interpreter -> tally."""
    results = {}
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        pending = []
        for interpreter in interpreters:
            suitable = [job for job in jobs if suits(interpreter, job)]
            for number, part in enumerate(share(suitable, 4)):
                name = "%s-%d-%d" % (interpreter.name, id(interpreter), number)
                pending.append((interpreter, pool.submit(compare, options, interpreter, part,
                                                         work, name)))
        for interpreter, future in pending:
            results.setdefault(interpreter, Tally()).add(future.result())
    return results


def report(options, interpreters, results):
    """Prints one line for each interpreter and the first differences; how many there are."""
    total = 0
    for interpreter in interpreters:
        tally = results[interpreter]
        total += len(tally.differences)
        print("%-8s %-10s %d runs, %d collections (%d/%d/%d by generation, %d objects), "
              "%d runs differ"
              % ("equal" if not tally.differences else "DIFFERS", interpreter.name, tally.runs,
                 tally.collections, tally.generations[0], tally.generations[1],
                 tally.generations[2], tally.collected, len(tally.differences)))
        tally.differences.sort(key=lambda entry: entry[0].trace.events)
        for job, what in tally.differences[:SHOWN_DIFFERENCES]:
            print("  trace %s (random_trace %s), thresholds %s\n    %s" %
                  (job.trace.path, job.trace, job.thresholds, what))
    return total


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--random-trace", required=True, metavar="PATH")
    parser.add_argument("--traces", type=int, default=200, metavar="N")
    parser.add_argument("--settings", type=int, default=2, metavar="N",
                        help="threshold triples for each trace (default 2)")
    parser.add_argument("--features", metavar="NAME,...", help="only these (random_trace)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--python", metavar="COMMAND",
                        help="only this interpreter; `chroot DIR python3` will do if it sees "
                             "this folder and --work under the same names")
    parser.add_argument("--work", metavar="DIR", help="keep everything there")
    parser.add_argument("--jobs", type=int, default=2, metavar="N")
    options = parser.parse_args()
    for path in (options.gcsim, options.random_trace):
        if not os.path.isfile(path) or not os.access(path, os.X_OK):
            parser.error("cannot execute " + path)
    if not 1 <= options.settings <= len(THRESHOLDS):
        parser.error("--settings: 1 to %d" % len(THRESHOLDS))
    options.gcsim = os.path.abspath(options.gcsim)
    options.random_trace = os.path.abspath(options.random_trace)
    return options


def main():
    options = parse_arguments()
    found = find_interpreters(options.python)
    if options.work:
        os.makedirs(options.work, exist_ok=True)
    work = os.path.abspath(options.work or tempfile.mkdtemp(prefix="gcsim-fidelity-"))
    interpreters = [one for one in found if builds_driver(one, work)]
    for interpreter in interpreters:
        print("found    %-10s %s" % (interpreter.name, interpreter.path))
    sys.stdout.flush()
    if not interpreters:
        print("fidelity: NOT CHECKED, no CPython with C headers found on this machine")
        if not options.work:
            shutil.rmtree(work, ignore_errors=True)
        return 0
    differences = 1
    try:
        jobs = make_traces(options, work)
        results = compare_all(options, interpreters, jobs, work)
        differences = report(options, interpreters, results)
    finally:
        if not options.work and differences == 0:
            shutil.rmtree(work, ignore_errors=True)
        elif not options.work:
            print("fidelity: the traces are in " + work)
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
