# SPDX-License-Identifier: GPL-3.0-or-later
"""Execute text traces on real objects in CPython 2.7, a ledger each.

    python2.7 execute.py SOURCE BUILD_DIR < JOBS

A job is a line: trace, thresholds (T0,T1,T2) and the CSV to write, between tabs. Builds
judge27.c first, where it has not been built. Each job runs in a process of its own.
Exit status: 0, 1 if a job failed, 3 if the extension cannot be built.
"""
import gc
import os
import subprocess
import sys
import sysconfig
import traceback

KINDS = ["instance", "object", "atomic", "tuple", "list", "dict", "set", "weakref", "cell",
         "slice", "method", "cfunction", "container", "function", "iterator", "frame",
         "generator"]
HEADS = {"function": "def Traced():\n pass\n", "frame": "def Traced():\n pass\n",
         "generator": "def Traced():\n yield\n"}
KEYS = tuple(intern("s%08d" % i) for i in range(1000))
CALLBACKS = {"keep": 1, "drop": 2}


def build(source, directory):
    target = os.path.join(directory, "judge27.so")
    if os.path.exists(target) and os.path.getmtime(target) >= os.path.getmtime(source):
        return
    if not os.path.isdir(directory):
        os.makedirs(directory)
    include = sysconfig.get_path("include")
    subprocess.check_call(os.environ.get("CC", "cc").split() + [
        "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-fno-strict-aliasing", "-shared", "-fPIC",
        "-isystem", include, "-o", target, source])


def make_function(kind, slots):
    """A function with so many locals; of generators, one that is suspended, too."""
    scope = {}
    names = "".join(key + "=" for key in KEYS[:slots])
    exec HEADS[kind] + " " + (names + "0" if slots else "pass") in scope
    prototype = None
    for _ in range(2 if kind == "generator" else 0):  # the first one's frame is used again
        prototype = None
        prototype = scope["Traced"]()
        next(prototype)
    return scope["Traced"], prototype


def make_type(fields):
    """(kind, slots, class, finalizer, function, prototype) of a `t` line."""
    slots, kind, flags = int(fields[3]), "instance", fields[5:]
    for flag in flags:
        if flag.startswith("kind="):
            kind = flag[5:]
    if kind == "instance" and "dict" in flags:
        kind = "object"
    made, finalizer = None, 0
    if "finalizer=resurrect" in flags:
        finalizer = 2
    elif "finalizer" in flags or "legacy" in flags:
        finalizer = 1
    if kind in ("instance", "object"):
        names = list(KEYS[:slots]) if kind == "instance" else ["__dict__"]
        if "weakrefable" in flags:
            names.append("__weakref__")
        made = type("Traced", (object,), {"__slots__": names})
    function, prototype = make_function(kind, slots) if kind in HEADS else (None, None)
    return (KINDS.index(kind), slots, made, finalizer, function, prototype)


def make_event(fields, types):
    """(op, object, other, slot, targets, function, arguments), see judge27.c."""
    op = fields[0]
    if op == "a":
        head = fields[1:fields.index("=")] if "=" in fields else fields[1:]
        slots = int(head[3]) if len(head) > 3 else types[int(head[1])][1]
        targets = None
        if "=" in fields:
            targets = tuple(int(field) for field in fields[fields.index("=") + 1:])
        return (op, int(head[0]), int(head[1]), slots, targets, None, None)
    if op == "s":
        return (op, int(fields[1]), int(fields[3]), int(fields[2]), None, None, None)
    if op in "rd":
        return (op, int(fields[1]), 0, 0, None, None, None)
    if op == "k":
        callback = CALLBACKS[fields[3]] if len(fields) > 3 else 0
        return (op, int(fields[1]), int(fields[2]), callback, None, None, None)
    if op in "cg":
        name = {"c": "collect", "threshold": "set_threshold"}.get(
            op if op == "c" else fields[1], fields[-1])
        first = 1 if op == "c" else 2
        arguments = tuple(int(field) for field in fields[first:])
        return (op, 0, 0, 0, None, getattr(gc, name), arguments)
    return (op, 0, 0, 0, None, None, None)


def parse(path):
    types, events, objects = [], [], 0
    with open(path) as file:
        for line in file:
            fields = line.split()
            if not fields or fields[0][0] == "#" or fields[0] in ("gctrace", "o"):
                continue
            if fields[0] == "t":
                number = int(fields[1])
                types.extend([(2, 0, None, 0, None, None)] * (number + 1 - len(types)))
                types[number] = make_type(fields)
            else:
                events.append(make_event(fields, types))
                objects += fields[0] == "a"
    return types, events, objects


def run(trace, thresholds, output):
    import judge27
    types, events, objects = parse(trace)
    gc.collect()
    gc.set_debug(gc.DEBUG_STATS)
    judge27.run(types, events, objects, KEYS, thresholds, gc.collect, gc.enable, output)


def run_apart(trace, thresholds, output):
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1] == 0
    code = 1
    try:
        gc.disable()
        run(trace, tuple(int(field) for field in thresholds.split(",")), output)
        code = 0
    except BaseException:
        sys.__stdout__.write("%s:\n%s" % (trace, traceback.format_exc()))
        sys.__stdout__.flush()
    finally:
        os._exit(code)


def main():
    source, directory = sys.argv[1:]
    try:
        build(source, directory)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.stderr.write("%s\n" % error)
        return 3
    sys.path.insert(0, directory)
    good = True
    for line in sys.stdin:
        good = run_apart(*line.rstrip("\n").split("\t")) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
