# SPDX-License-Identifier: GPL-3.0-or-later
"""The CPythons of this machine, and what their collectors do with a trace.

They are found on the PATH and under pyenv; any other is given as a command, which may be a
prefix: `chroot DIR python3.14` runs there, with files handed in below DIR/tmp.
"""
import glob
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile

from judge.ledgers import Failure, Refusal, read_ledger

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DRIVER = os.path.join(os.path.dirname(TESTS), "sim", "python")
# The newest series that the driver was built for; internal headers change without notice.
TRIED = (3, 15)
# What the driver says of a trace that is right and that it, or its interpreter, cannot run.
REFUSALS = ("has no such function", "the driver cannot", "than the driver can",
            "out of the driver's reach", "the driver makes no")
# A job takes milliseconds; this is for one that hangs.
SECONDS = 120

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
    def __init__(self, facts, prefix=(), root=""):
        # A shim on the PATH would choose again by the current directory.
        self.path = facts["executable"]
        self.command = list(prefix) + [self.path]
        self.root = root
        self.facts = facts
        self.version = tuple(facts["version"])
        level = {"alpha": "a", "beta": "b", "candidate": "rc"}.get(facts["level"], "")
        self.release = "%d.%d.%d" % self.version
        self.name = self.release + (level + str(facts["serial"]) if level else "")
        # The models know releases; a candidate is what it is a candidate of.
        self.model = "cpython-" + self.release
        self.work = None
        self.driver = os.path.join(DRIVER, "driver.py")

    def __str__(self):
        return " ".join(self.command)

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

    def inside(self, path):
        """A path as the interpreter sees it."""
        return path[len(self.root):]

    def settle(self, work):
        """Where its files go; a root of its own gets the driver too."""
        self.work = work
        if self.root:
            self.work = tempfile.mkdtemp(prefix="gcsim-fidelity-",
                                         dir=os.path.join(self.root, "tmp"))
            shutil.copytree(DRIVER, os.path.join(self.work, "driver"))
            self.driver = self.inside(os.path.join(self.work, "driver", "driver.py"))

    def leave(self):
        if self.root and self.work:
            shutil.rmtree(self.work, ignore_errors=True)

    def drive(self, listing):
        """Runs the driver over a list of jobs: exit status, and what it said."""
        command = self.command + ["-I", self.driver, "--build",
                                  self.inside(os.path.join(self.work, "build")),
                                  "--jobs", listing]
        try:
            done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                  timeout=SECONDS)
        except subprocess.TimeoutExpired:
            return -1, "still running after %d s" % SECONDS
        return done.returncode, done.stderr.decode("utf-8", "replace").strip()

    def builds_driver(self):
        """Whether the driver can be built; where it never was, its failure is no difference."""
        status, errors = self.drive(os.devnull)
        if status == 0:
            return True
        if self.version[:2] <= TRIED:
            sys.exit("fidelity: %s: cannot build the driver\n%s" % (self, errors))
        print("skipped  %-10s %s: the driver cannot be built for it yet" % (self.name, self))
        return False

    def ledgers(self, jobs):
        """What the interpreter's collector does in each job, all in one process of its own."""
        stems = [os.path.join(self.work, "%s.%d" % (self.name, job.number)) for job in jobs]
        listing = stems[0] + ".jobs"
        traces = [self.bring(job.judged_path(), stem) for job, stem in zip(jobs, stems)]
        with open(listing, "w") as file:
            for job, trace, stem in zip(jobs, traces, stems):
                file.write("%s\t%s\t%s\n" % (self.inside(trace), job.judged_thresholds(),
                                             self.inside(stem + ".csv")))
        errors = self.drive(self.inside(listing))[1].split("\n")
        os.remove(listing)
        return [self.take_ledger(job, trace, stem, errors)
                for job, trace, stem in zip(jobs, traces, stems)]

    def bring(self, trace, stem):
        """Where the interpreter can read the trace."""
        return shutil.copy(trace, stem + ".gctrace") if self.root else trace

    def take_ledger(self, job, trace, stem, errors):
        if self.root:
            os.remove(trace)
        if os.path.exists(stem + ".csv"):
            ledger = read_ledger(stem + ".csv")
            os.remove(stem + ".csv")
            return ledger
        # One line begins with the trace's name; a crash of everything says something else.
        begin = self.inside(trace) + ": "
        said = ([line[len(begin):] for line in errors if line.startswith(begin)] or errors)[-1]
        if any(word in said for word in REFUSALS) or are_uncountable(said, job):
            return Refusal(said)
        return Failure(said)


def are_uncountable(said, job):
    """Under a negative threshold every allocation collects, and a coroutine up to 3.10 takes
    two: the driver, which looks behind each call only, cannot tell such runs apart."""
    if "two collections where one" not in said:
        return False
    with open(job.judged_path()) as file:
        return any(line.startswith("g threshold ") and "-" in line for line in file)


def probe(command):
    """What a path or a command in words says of itself, or None if it is no Python that runs."""
    command = [command] if isinstance(command, str) else command
    try:
        output = subprocess.check_output(command + ["-I", "-c", PROBE],
                                         stderr=subprocess.DEVNULL, timeout=30)
        root = command[1].rstrip("/") if len(command) > 2 and command[0] == "chroot" else ""
        return Interpreter(json.loads(output.decode()), command[:-1], root)
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


def find_interpreters(only=None, obstacle=Interpreter.obstacle, also=()):
    """The interpreters to compare with, of those found and also given, or the only one; those
    that are left out are named with the reason."""
    found = {}
    for command in [only] if only else also or ():
        interpreter = probe(shlex.split(command))
        if not interpreter:
            sys.exit("fidelity: %s is no Python 3 that runs" % command)
        found[(interpreter.root, interpreter.facts["place"], interpreter.name)] = interpreter
    for path in [] if only else candidate_paths():
        interpreter = probe(path)
        if interpreter:
            found.setdefault(("", interpreter.facts["place"], interpreter.name), interpreter)
    usable = []
    for interpreter in sorted(found.values(), key=lambda i: (i.version, i.path)):
        reason = obstacle(interpreter)
        if reason:
            print("skipped  %-10s %s: %s" % (interpreter.name, interpreter, reason))
        else:
            usable.append(interpreter)
    return usable
