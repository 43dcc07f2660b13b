#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compare the bytes that gcsim gives an object with what every CPython here really takes.

A thousand objects of each kind and number of slots are made in each interpreter found
(memory_inside.py), and the blocks that pymalloc and malloc handed out for them are counted.
gcsim says its figure as a trace of one object each, with a collection behind every one, whose
row in collections.csv holds the heap's bytes.

    blocks.py --gcsim BUILD/sim/gcsim

Exit status: 0 all equal, or no interpreter to compare with; 1 differences; 2 usage.
"""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

import fidelity

HERE = os.path.dirname(os.path.abspath(__file__))
INSIDE = os.path.join(HERE, "memory_inside.py")

SOME = (0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 11, 12, 16, 18, 19, 20, 21, 22, 30, 31, 42, 43, 46)
CASES = [("instance", slots, flags)
         for flags in ((), ("weakrefable",)) for slots in SOME]
CASES += [("instance", slots, flags)
          for flags in (("dict",), ("dict", "weakrefable")) for slots in range(41)]
CASES += [(kind, slots, ()) for kind in ("list", "dict", "set") for slots in SOME]
CASES += [("tuple", slots, ()) for slots in SOME if slots]
CASES += [("set", slots, ()) for slots in (76, 77, 84, 85, 306, 307)]
CASES += [(kind, slots, ()) for kind in ("generator", "coroutine", "frame")
          for slots in range(1, 6)]
CASES += [("frame", 0, ())]
CASES += [(kind, 0, ()) for kind in ("atomic", "function", "cell", "method", "cfunction",
                                     "slice", "iterator", "weakref")]

# What a trace cannot tell, or does not: what the interpreter does, the case, and the first and
# last minor version in which the bytes are others therefore.
DEVIATIONS = (
    ("a list that grew by append has room to spare", ("list", 9, ("appended",)), 6, 99),
    ("entries whose keys are no strings keep the hash", ("dict", 3, ("whole keys",)), 11, 99),
    ("30 attributes fit only if the class's code tells of them",
     ("instance", 30, ("dict", "weakrefable", "set later")), 14, 99),
    ("an instance whose __dict__ was asked for has one",
     ("instance", 3, ("dict", "weakrefable", "touched")), 11, 99),
)
# Large blocks are counted by malloc, with whatever else it was asked for meanwhile: a few KB,
# seen from a thousand objects.
NOISE = 12


def obstacle(interpreter):
    """Why this one's memory cannot be compared with, or None."""
    if interpreter.facts["implementation"] != "cpython":
        return "not CPython"
    if interpreter.version < (3, 6):
        return "older than 3.6"
    if interpreter.facts["threaded"]:
        return "a free-threaded build: its memory is mimalloc's"
    if interpreter.facts["debug"]:
        return "a debug build"
    return None


def ask(interpreter, task, *arguments):
    """The interpreter's answer to one of memory_inside.py's questions, or None."""
    with open(INSIDE) as file:
        source = file.read()
    command = [interpreter.path, "-I", "-c", source, task] + [json.dumps(a) for a in arguments]
    environment = {name: value for name, value in os.environ.items()
                   if not name.startswith(("PYTHON", "MALLOC_"))}
    done = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            env=environment)
    output, errors = done.communicate()
    if done.returncode == 0:
        return json.loads(output.decode())
    said = errors.decode("utf-8", "replace").strip().splitlines()
    print("skipped  %-10s %s: %s" % (interpreter.name, interpreter.path,
                                     said[-1] if said else "it failed"))
    return None


def trace_of(cases):
    """One rooted object of each case, each behind the full collection that shows its bytes."""
    lines = ["gctrace 1"]
    for number, (kind, slots, flags) in enumerate(cases):
        words = ["t", str(number), kind, str(slots), "-"]
        if kind != "instance":
            words.append("kind=" + kind)
        words += [flag for flag in flags if flag in ("dict", "weakrefable")]
        lines += [" ".join(words), "a %d %d" % (number + 1, number), "c 2"]
    return "\n".join(lines) + "\n"


def simulate(gcsim, model, cases, directory):
    """Bytes of each case."""
    trace = os.path.join(directory, "sizes.gctrace")
    with open(trace, "w") as file:
        file.write(trace_of(cases))
    subprocess.check_call([gcsim, "run", trace, "-m", model, "-t", "0", "-q", "-o", directory,
                           "--force"], stdout=subprocess.DEVNULL)
    with open(os.path.join(directory, "collections.csv"), newline="") as file:
        heap = [0] + [int(row["heap_bytes"]) for row in csv.DictReader(file)]
    return [after - before for before, after in zip(heap, heap[1:])]


def differs(answer, simulated):
    large = answer["large"] if answer["large"] > 500 else 0
    small = sum(int(size) * round(used) for size, used in answer["blocks"].items())
    return abs(small + large - simulated) > (NOISE if large else 0)


def show(case):
    return "%s of %d%s" % (case[0], case[1], "".join(", " + flag for flag in case[2]))


def tell(about, answer, simulated):
    return "  %s: %d bytes simulated; really %s and %d of malloc's" % (
        about, simulated, " + ".join("%g * %s" % (used, size)
                                     for size, used in answer["blocks"].items()),
        answer["large"])


def compare(interpreter, real, simulated):
    """Tells the differences; how many."""
    differences = [tell(show(case), answer, figure)
                   for case, answer, figure in zip(CASES, real, simulated)
                   if differs(answer, figure)]
    for (about, _, first, last), answer, figure in zip(DEVIATIONS, real[len(CASES):],
                                                       simulated[len(CASES):]):
        if differs(answer, figure) != (first <= interpreter.version[1] <= last):
            differences.append(tell(about, answer, figure) + ": the table says otherwise")
    print("%-8s %-10s %d kinds of objects, %d differ"
          % ("DIFFERS" if differences else "equal", interpreter.name, len(CASES),
             len(differences)))
    for line in differences:
        print(line)
    return len(differences)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--python", metavar="PATH", help="only this interpreter")
    options = parser.parse_args()
    cases = CASES + [case for _, case, _, _ in DEVIATIONS]
    checked = differences = 0
    with tempfile.TemporaryDirectory(prefix="gcsim-blocks-") as directory:
        for interpreter in fidelity.find_interpreters(options.python, obstacle):
            real = ask(interpreter, "blocks", cases)
            if real is None:
                continue
            checked += 1
            simulated = simulate(options.gcsim, interpreter.model, cases, directory)
            differences += compare(interpreter, real, simulated)
    if not checked:
        print("blocks: NOT CHECKED, no CPython found on this machine")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
