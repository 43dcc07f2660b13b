# SPDX-License-Identifier: GPL-3.0-or-later
"""One trace under one setting; gcsim and the reference model, who both take such jobs."""
import itertools
import os
import shutil
import subprocess

from judge.ledgers import Difference, Failure, Refusal, first_difference, read_ledger

# A run takes milliseconds; this is for one that hangs.
SECONDS = 120


def without_calls(text):
    """What a program that never calls the collector's module would do, event by event."""
    return "".join("m no-call\n" if line[:2] in ("c ", "g ") else line
                   for line in text.splitlines(True))


# Ways to make the judge wrong, by which the tool itself is tested: see --perturb.
PERTURBATIONS = {
    # As if there were no free list for lists.
    "free-lists": lambda text: text.replace(" kind=list\n", " kind=container\n"),
    # As if callbacks did nothing.
    "callbacks": lambda text: text.replace(" drop\n", " keep\n"),
    # As if gc.freeze() did nothing.
    "freeze": lambda text: text.replace("g freeze\n", "m no-freeze\n"),
    # As if a resurrection were none.
    "resurrection": lambda text: text.replace(" finalizer=resurrect\n", " finalizer\n"),
    # As if the stretches were not there.
    "stretches": lambda text: text.replace("\nu\n", "\nm no-u\n").replace("\nv\n",
                                                                          "\nm no-v\n"),
}


class Job:
    numbers = itertools.count()

    def __init__(self, path, thresholds, ignore_calls=False, perturbation=None, trace=None):
        self.number = next(Job.numbers)
        self.path = path
        self.thresholds = tuple(thresholds)
        self.ignore_calls = ignore_calls
        self.perturbation = perturbation
        self.trace = trace  # where it comes from

    def setting(self):
        """As gcsim's command line has it."""
        words = ["-t", ",".join(str(value) for value in self.thresholds)]
        return words + ["--program-gc", "ignore"] * self.ignore_calls

    def judged_thresholds(self):
        return ",".join(str(value) for value in self.thresholds)

    def judged_path(self):
        """The trace that the judge gets: it knows no settings but thresholds."""
        if not self.ignore_calls and not self.perturbation:
            return self.path
        judged = self.path[:-len(".gctrace")] + (".%d.judged.gctrace" % self.number)
        if not os.path.exists(judged):
            with open(self.path) as file:
                text = file.read()
            if self.ignore_calls:
                text = without_calls(text)
            if self.perturbation:
                text = PERTURBATIONS[self.perturbation](text)
            with open(judged + ".new", "w") as file:
                file.write(text)
            os.rename(judged + ".new", judged)
        return judged

    def remove_judged(self):
        path = self.judged_path()
        if path != self.path:
            os.remove(path)


def run(command):
    """Exit status and what it said; a run without end has none."""
    try:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return -1, "still running after %d s" % SECONDS
    return done.returncode, done.stderr.decode("utf-8", "replace").strip()


class Gcsim:
    def __init__(self, path, work):
        self.path = path
        self.work = work

    def complaint(self, trace):
        """What is wrong with a trace, '' if nothing is."""
        status, said = run([self.path, "trace", "check", trace, "-q"])
        return said or "exit status %d" % status if status else ""

    def ledger(self, job, model):
        directory = os.path.join(self.work, "out-%d-%s" % (job.number, model))
        status, said = run([self.path, "run", job.path, "-m", model, "--engine", "replay", "-o",
                            directory, "--force", "-q", "--paranoid"] + job.setting())
        try:
            if status:
                return Failure("gcsim: exit status %d: %s" % (status, said.split("\n")[-1]))
            return read_ledger(os.path.join(directory, "collections.csv"))
        finally:
            shutil.rmtree(directory, ignore_errors=True)


class Reference:
    """The reference model (tests/model.h), one release of it."""

    # What it says of a trace that is right and that it does not cover.
    refusals = ("does not know", "does not have")

    def __init__(self, path, release, work):
        self.path = path
        self.release = release
        self.model = "cpython-" + release
        self.name = "model-" + release
        self.work = work

    def ledgers(self, jobs):
        return [self.ledger(job) for job in jobs]

    def ledger(self, job):
        path = os.path.join(self.work, "%s.%d.csv" % (self.name, job.number))
        with open(path, "w") as file:
            try:
                done = subprocess.run([self.path, job.judged_path(), self.release,
                                       job.judged_thresholds()], stdout=file,
                                      stderr=subprocess.PIPE, timeout=SECONDS)
            except subprocess.TimeoutExpired:
                return Failure("still running after %d s" % SECONDS)
        try:
            if done.returncode == 0:
                return read_ledger(path)
            said = done.stderr.decode("utf-8", "replace").strip().split("\n")[-1]
            return (Refusal if any(word in said for word in self.refusals) else Failure)(said)
        finally:
            os.remove(path)


def compare(gcsim, judge, jobs):
    """(judged ledger or Refusal or Failure, Difference or None) for each job."""
    results = []
    for job, judged in zip(jobs, judge.ledgers(jobs)):
        if isinstance(judged, Refusal):
            results.append((judged, None))
            continue
        simulated = gcsim.ledger(job, judge.model)
        for side in (judged, simulated):
            if isinstance(side, Failure):
                results.append((side, Difference(None, side.said, "failure")))
                break
        else:
            results.append((judged, first_difference(judged, simulated)))
    return results
