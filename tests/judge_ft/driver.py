# SPDX-License-Identifier: GPL-3.0-or-later
"""Run traces on real objects in the free-threaded CPython that runs this file.

    python3.13t driver.py --build DIR < JOBS

A job is a line of three fields separated by tabs: a text trace, thresholds T0,T1,T2, and the
CSV to write. Each runs in a process of its own. Exit status: 0, 1 if a job failed (one line
each on stderr), 3 if the extension cannot be built.
"""
import importlib.machinery
import importlib.util
import os
import struct
import subprocess
import sys
import sysconfig

HERE = os.path.dirname(os.path.abspath(__file__))
KINDS = ("", "atomic", "tuple", "list", "dict", "set", "weakref", "cell", "slice", "method",
         "cfunction", "container", "function")
ACTIONS = ("enable", "disable", "freeze", "unfreeze", "threshold")
COLLECT = len(ACTIONS)
CALLBACKS = ("", "keep", "drop")
FINALIZERS = ("", "finalizer", "finalizer=resurrect")


def build(directory):
    target = os.path.join(directory, "gcsim_judge-%x.so" % sys.hexversion)
    source = os.path.join(HERE, "driver.c")
    if os.path.exists(target) and os.path.getmtime(target) >= os.path.getmtime(source):
        return target
    include = sysconfig.get_paths()["include"]
    os.makedirs(directory, exist_ok=True)
    command = os.environ.get("CC", "cc").split() + [
        "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-isystem", include,
        "-isystem", os.path.join(include, "internal"),
        "-isystem", os.path.join(include, "internal", "mimalloc"),
        "-o", target + ".new", source,
    ]
    done = subprocess.run(command, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(done.stderr.decode("utf-8", "replace"))
    os.rename(target + ".new", target)
    return target


def load(path):
    loader = importlib.machinery.ExtensionFileLoader("gcsim_judge", path)
    spec = importlib.util.spec_from_file_location("gcsim_judge", path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


class Trace:
    """What the extension wants: numbers, and a class for each type of instances."""

    def __init__(self, text):
        self.types = {}
        self.events = []
        self.targets = []
        self.calls = []
        self.objects = 0
        self.most_slots = 0
        self.standing = 0
        self.start = [0, 0, 0, 0]
        for line in text.splitlines()[1:]:
            if line and not line.startswith("#"):
                self.parse(line.split(" "))

    def parse(self, fields):
        op = fields[0]
        if op == "t":
            self.parse_type(fields)
        elif op == "o":
            self.parse_option(fields[1])
        elif op == "a":
            self.parse_allocation(fields)
        elif op == "s":
            self.event(op, int(fields[1]), other=int(fields[3]), slot=int(fields[2]))
        elif op == "k":
            callback = CALLBACKS.index(fields[3] if len(fields) > 3 else "")
            self.event(op, int(fields[1]), other=int(fields[2]), action=callback)
        elif op in ("c", "g"):
            action = COLLECT if op == "c" else ACTIONS.index(fields[1])
            arguments = fields[1:] if op == "c" else fields[2:]
            self.event(op, 0, first=len(self.calls), action=action)
            self.calls.append(tuple(int(value) for value in arguments))
        else:
            self.event(op, int(fields[1]) if op in ("r", "d") else 0)

    def event(self, op, named, other=0, slot=0, first=0, number=0, action=0):
        self.events.append((ord(op), named, other, slot, first, number, action))

    def parse_option(self, option):
        name, value = option.split("=")
        if name == "standing":
            self.standing = int(value)
        elif name == "start":
            self.start = [int(number) for number in value.split(",")][:4]
        elif name != "roots":
            raise ValueError("the judge cannot honour " + option)

    def parse_type(self, fields):
        flags = fields[5:]
        kind = [flag[5:] for flag in flags if flag.startswith("kind=")] or [""]
        finalizer = [flag for flag in flags if flag.startswith("finalizer")] or [""]
        self.most_slots = max(self.most_slots, int(fields[3]))
        self.types[int(fields[1])] = (
            KINDS.index(kind[0]), int(fields[3]), "dict" in flags, "weakrefable" in flags,
            FINALIZERS.index(finalizer[0]), "legacy" in flags)

    def parse_allocation(self, fields):
        self.objects = int(fields[1])
        head = fields[:fields.index("=")] if "=" in fields else fields
        targets = [int(target) for target in fields[len(head) + 1:]]
        slots = int(head[4]) if len(head) > 4 else self.types[int(head[2])][1]
        self.most_slots = max(self.most_slots, slots)
        self.event("a", self.objects, other=int(head[2]), slot=slots, first=len(self.targets),
                   number=len(targets))
        self.targets += targets

    def keys(self):
        # Zero-padded, because a class sorts its slots by name.
        return tuple(sys.intern("s%08d" % number) for number in range(self.most_slots))

    def classes(self, keys):
        made = []
        for number in range(max(self.types, default=-1) + 1):
            kind, slots, has_dict, weakrefable = self.types.get(number, (1, 0, 0, 0))[:4]
            names = [] if has_dict else list(keys[:slots])
            names += ["__dict__"] if has_dict else []
            names += ["__weakref__"] if weakrefable else []
            made.append(type("Traced", (), {"__slots__": names}) if kind == 0 else None)
        return tuple(made)

    def run(self, judge, thresholds):
        keys = self.keys()
        count = max(self.types, default=-1) + 1
        empty = (1, 0, 0, 0, 0, 0)
        types = b"".join(struct.pack("=6q", *self.types.get(n, empty)) for n in range(count))
        events = b"".join(struct.pack("=7q", *event) for event in self.events)
        targets = struct.pack("=%dq" % len(self.targets), *self.targets)
        return judge.run(types, events, targets, self.classes(keys), keys, tuple(self.calls),
                         codes(), {"__name__": "traced"}, thresholds, self.standing,
                         tuple(self.start), self.objects)


def codes():
    """The code of a function of a module, and that of a nested one."""
    def nested():
        pass
    return compile("def f(): pass", "traced", "exec").co_consts[0], nested.__code__


def run_apart(judge, trace, thresholds, output):
    """One job in a forked process; True if it went well."""
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            sys.stderr.write("%s: killed by signal %d\n" % (trace, os.WTERMSIG(status)))
        return status == 0
    code = 1
    try:
        with open(trace) as file:
            rows = Trace(file.read()).run(judge, thresholds)
        with open(output, "w") as file:
            file.write("event,generation,collected,uncollectable\n")
            file.writelines("%d,%d,%d,%d\n" % row for row in rows)
        code = 0
    except Exception as error:
        sys.stderr.write("%s: %r\n" % (trace, error))
    finally:
        sys.stderr.flush()
        os._exit(code)  # no clean-up: it would visit whatever the trace left


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "--build":
        sys.exit(__doc__)
    try:
        judge = load(build(sys.argv[2]))
    except (RuntimeError, ImportError, OSError) as error:
        sys.stderr.write("%s\n" % error)
        return 3
    good = True
    for line in sys.stdin.read().splitlines():
        trace, thresholds, output = line.split("\t")
        numbers = tuple(int(field) for field in thresholds.split(","))
        good = run_apart(judge, trace, numbers, output) and good
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
