#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What finds and shrinks differences is itself put to the test: a judge that is made wrong has
to be found, on a short trace that repeats with the command that is printed, and only as long
as the judge is wrong.

    shrink_test.py GCSIM RANDOM_TRACE MODEL_RUN
"""
import glob
import os
import shlex
import subprocess
import sys
import tempfile

TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)

from judge import trace as traces  # noqa: E402

# What is made wrong, on which release, and what a trace that shows it cannot lack.
CASES = (("free-lists", "model-3.12.3", "kind=list"), ("stretches", "model-3.13.13", "\nu\n"),
         ("freeze", "model-3.9.25", "g freeze"))
MOST_EVENTS = 20
FEATURES = "lists,tuples,dicts,freeze,stretches,instdict,threshold,bursts,calls"


def check(condition, what):
    if not condition:
        sys.exit("shrink_test: " + what)


def run(command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    return done.returncode, done.stdout.decode()


def check_text_form(random_trace):
    """Reading and printing changes nothing but where types stand, and that only once."""
    for seed in range(1, 6):
        text = subprocess.check_output([random_trace, str(seed), "2000", "all"]).decode()
        trace = traces.parse(text)
        events = [line for line in text.split("\n") if line and line[0] not in "tg"]
        again = [line for line in trace.text().split("\n") if line and line[0] not in "tg"]
        check(events == again, "seed %d is not printed as it was read" % seed)
        check(traces.parse(trace.text()).text() == trace.text(), "printing is not stable")
        check(traces.settle(trace).text() == trace.text(), "a valid trace is settled")
        check(trace.length() == len([line for line in text.split("\n")[1:]
                                     if line and line[0] not in "to"]), "events are miscounted")


def check_case(programs, perturbation, judge, needed):
    gcsim, random_trace, model_run = programs
    with tempfile.TemporaryDirectory() as found:
        command = [sys.executable, os.path.join(TESTS, "fidelity.py"), "--gcsim", gcsim,
                   "--random-trace", random_trace, "--model-run", model_run, "--no-python",
                   "--judges", judge, "--features", FEATURES, "--seed", "1", "--traces", "8",
                   "--perturb", perturbation, "--found", found, "--shrink", "60"]
        status, said = run(command)
        check(status == 1 and "repeat" in said, "%s is not found:\n%s" % (perturbation, said))
        shrunk = [path for path in glob.glob(os.path.join(found, "*.gctrace"))
                  if not path.endswith("-long.gctrace")]
        check(shrunk, "nothing is kept")
        for path in shrunk:
            with open(path) as file:
                text = file.read()
            length = traces.parse(text).length()
            check(length <= MOST_EVENTS, "%s: still %d events:\n%s" % (perturbation, length,
                                                                       text))
            check(needed in text, "%s is not in\n%s" % (needed, text))
            with open(path[:-len(".gctrace")] + ".txt") as file:
                repeat = shlex.split(file.readline())
            status, said = run(repeat)
            check(status == 1 and "DIFFERS" in said, "does not repeat:\n%s" % said)
            right = repeat[:repeat.index("--perturb")]
            status, said = run(right)
            check(status == 0 and "equal" in said, "differs from the right judge:\n%s" % said)
            print("%-12s %-14s %d events" % (perturbation, judge, length))


def main():
    programs = [os.path.abspath(path) for path in sys.argv[1:4]]
    check(len(programs) == 3, "usage: shrink_test.py GCSIM RANDOM_TRACE MODEL_RUN")
    check_text_form(programs[1])
    for case in CASES:
        check_case(programs, *case)


if __name__ == "__main__":
    main()
