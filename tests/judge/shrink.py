# SPDX-License-Identifier: GPL-3.0-or-later
"""Delta debugging: from a trace on which two sides differ to a short one on which they do.

A candidate counts if `gcsim trace check` finds it valid and the sides differ on it, in the
same way (other rows, or a failure). Many are tried in one go, because an interpreter takes
longer to start than to run a short trace.
"""
import os
import re
import time

from judge.jobs import Job, compare
from judge.trace import Event, Type, forget, parse, settle

AT_ONCE = 8
# So often a candidate loses what makes it invalid before it is given up.
MOST_REPAIRS = 20
FIXED_SLOTS = ("slice", "method", "cfunction", "cell", "iterator")
LOW_THRESHOLDS = ((0, 10, 10), (1, 10, 10), (1, 1, 1), (2, 2, 2), (5, 2, 2), (10, 10, 10),
                  (30, 3, 3), (100, 10, 10), (300, 10, 10))


class Shrunk:
    """A trace, its thresholds, and the difference there."""

    def __init__(self, trace, thresholds, difference):
        self.trace = trace
        self.thresholds = thresholds
        self.difference = difference

    def size(self):
        return self.trace.length(), sum(abs(value) for value in self.thresholds)


class Shrinker:
    def __init__(self, gcsim, judge, job, directory, seconds):
        self.gcsim = gcsim
        self.judge = judge
        self.job = job
        self.path = os.path.join(directory, "candidate-%s-%d.%%d.gctrace"
                                 % (judge.name, job.number))
        self.until = time.monotonic() + seconds
        self.best = None
        self.tried = 0
        self.kind = None

    # ------------------------------------------------------------------------ candidates

    def repair(self, trace, path):
        """Writes the trace without the events that are wrong in it; None: beyond that."""
        trace = settle(trace)
        for _ in range(MOST_REPAIRS):
            lines = list(trace.lines())
            with open(path, "w") as file:
                file.write("".join(line + "\n" for line, _ in lines))
            complaint = self.gcsim.complaint(path)
            if not complaint:
                return trace
            found = re.match(r":(\d+):", complaint[len(path):])
            at = int(found.group(1)) - 1 if found and complaint.startswith(path) else len(lines)
            if at >= len(lines) or lines[at][1] is None:
                return None
            trace = settle(self.without_fault(trace, lines[at][1], complaint))
        return None

    @staticmethod
    def without_fault(trace, index, complaint):
        """An object that may not be named there is not named from there on; any other event
        goes by itself."""
        named = re.search(r"object (\d+)", complaint)
        births = trace.births()
        if named and 0 < int(named.group(1)) <= len(births):
            mended = forget(trace, index, births[int(named.group(1)) - 1].object)
            if mended.events != trace.events:
                return mended
        return trace.having(trace.events[:index] + trace.events[index + 1:])

    def differences(self, candidates):
        """For each (trace, thresholds) a Shrunk, or None if the sides do not differ on it."""
        jobs = []
        for number, (trace, thresholds) in enumerate(candidates):
            path = self.path % number
            trace = self.repair(trace, path)
            jobs.append(trace and Job(path, thresholds, self.job.ignore_calls,
                                      self.job.perturbation, trace))
        valid = [job for job in jobs if job]
        self.tried += len(valid)
        found = {}
        for job, (_, difference) in zip(valid, compare(self.gcsim, self.judge, valid)
                                        if valid else ()):
            job.remove_judged()
            if difference and self.kind in (None, difference.kind):
                found[job] = Shrunk(job.trace, job.thresholds, difference)
        for number in range(len(candidates)):
            if os.path.exists(self.path % number):
                os.remove(self.path % number)
        return [found.get(job) for job in jobs]

    def first_of(self, candidates):
        """The index of the first candidate that still differs and is no larger, or None; it
        is the best from now on."""
        for index, shrunk in enumerate(self.differences(candidates)):
            if shrunk and shrunk.size() <= self.best.size():
                self.best = shrunk
                return index
        return None

    def time_is_up(self):
        return time.monotonic() > self.until

    # ---------------------------------------------------------------------------- passes

    def cut(self):
        """Nothing behind the first difference matters."""
        event = self.best.difference.event
        if event is not None:
            self.first_of([(self.best.trace.until(event), self.best.thresholds)])

    def lower_thresholds(self):
        """Collections sooner: the lowest thresholds under which the sides differ; best after
        which the least of the trace is needed."""
        now = self.best.thresholds
        candidates = [low for low in LOW_THRESHOLDS if sum(low) < sum(abs(t) for t in now)]
        shrunk = self.differences([(self.best.trace, low) for low in candidates])
        better = [one for one in shrunk if one]
        if better:
            self.best = min(better, key=lambda one: (one.difference.event or 0, one.size()))
            self.cut()

    def call_instead(self):
        """Collections that the program asks for, where there were automatic ones: then no
        allocation is needed only to be counted."""
        if self.job.ignore_calls:
            return
        ledger = self.judge.ledgers([self.written()])[0]
        if not hasattr(ledger, "rows"):
            return
        calls = {int(event): generation
                 for event, generation in ledger.select(("event", "generation"))}
        events, at = [], 0
        for event in self.best.trace.events:
            events.append(event)
            at += 2 if event.op == "a" and event.referent else 1
            if at - 1 in calls and event.op != "c":
                events.append(Event("c", (), (calls[at - 1],)))
        for shrunk in self.differences([(self.best.trace.having(events), (0, 10, 10))]):
            if shrunk:
                self.best = shrunk
                self.cut()

    def written(self):
        path = self.path % 0
        with open(path, "w") as file:
            file.write(self.best.trace.text())
        return Job(path, self.best.thresholds, self.job.ignore_calls, self.job.perturbation)

    def drop_kinds(self):
        """Options, and all events of a letter at once, the least important first."""
        for option in self.best.trace.options + ["standing"] * bool(self.best.trace.standing):
            trace = self.best.trace.having(self.best.trace.events)
            trace.options = [one for one in trace.options if one != option]
            trace.standing = frozenset() if option == "standing" else trace.standing
            self.first_of([(trace, self.best.thresholds)])
        for letters in ("wimbez", "uv", "g", "c", "k"):
            kept = [event for event in self.best.trace.events if event.op not in letters
                    and not (letters == "k" and event.op == "a" and event.referent)]
            if len(kept) < len(self.best.trace.events):
                self.first_of([(self.best.trace.having(kept), self.best.thresholds)])

    def reduce(self, select, length):
        """Tries to do without runs of items, from half of all down to single ones. length()
        tells how many items there are, select(first, last) gives the trace without some."""
        size = max(1, length() // 2)
        while not self.time_is_up():
            at = 0
            while at < length() and not self.time_is_up():
                starts = range(at, length(), size)[:AT_ONCE]
                before = length()
                hit = self.first_of([(select(start, start + size), self.best.thresholds)
                                     for start in starts])
                if hit is None:
                    at = starts[-1] + size
                else:
                    at = starts[hit] if length() < before else starts[hit] + size
            if size == 1:
                return
            size //= 2

    def reduce_objects(self):
        def without(first, last):
            names = set(event.object for event in self.best.trace.births()[first:last])
            return self.best.trace.having(
                [event for event in self.best.trace.events
                 if not (event.op == "a" and event.object in names)])
        self.reduce(without, lambda: len(self.best.trace.births()))

    def reduce_events(self):
        def without(first, last):
            events = self.best.trace.events
            return self.best.trace.having(events[:first] + events[last:])
        self.reduce(without, lambda: len(self.best.trace.events))

    def simplify(self):
        """Fewer references at birth, fewer slots, no payloads and sizes."""
        self.first_of([(without_bytes(self.best.trace), self.best.thresholds)])
        self.first_of([(with_few_slots(self.best.trace), self.best.thresholds)])
        for index in range(len(self.best.trace.events)):
            event = self.best.trace.events[index]
            if event.op != "a" or self.time_is_up():
                continue
            for slot in [n for n, target in enumerate(event.targets) if target]:
                other = self.best.trace.events[index].copy()
                other.targets = other.targets[:slot] + (0,) + other.targets[slot + 1:]
                events = list(self.best.trace.events)
                events[index] = other
                self.first_of([(self.best.trace.having(events), self.best.thresholds)])

    def lower_each(self):
        """Each threshold by itself, as low as it goes."""
        for place in range(3):
            for value in (0, 1, 2, 5, 10):
                lower = list(self.best.thresholds)
                if lower[place] <= value:
                    break
                lower[place] = value
                if self.first_of([(self.best.trace, tuple(lower))]) is not None:
                    break

    def run(self):
        """The shortest found; None if the sides do not differ in the first place."""
        with open(self.job.path) as file:
            trace = parse(file.read())
        self.best = self.differences([(trace, self.job.thresholds)])[0]
        if not self.best:
            return None
        self.kind = self.best.difference.kind
        self.cut()
        self.lower_thresholds()
        self.drop_kinds()
        self.reduce_objects()
        self.call_instead()
        size = None
        while size != self.best.size() and not self.time_is_up():
            size = self.best.size()
            self.lower_thresholds()
            self.drop_kinds()
            self.reduce_objects()
            self.reduce_events()
            self.simplify()
            self.lower_each()
            self.cut()
        return self.best


def without_bytes(trace):
    """No payloads, and no sizes of types."""
    events = []
    for event in trace.events:
        if event.op == "a" and event.extra:
            event = event.copy()
            event.extra = 0
        events.append(event)
    other = trace.having(events)
    other.types = {number: Type(kind.name, kind.slots, "-", kind.flags)
                   for number, kind in trace.types.items()}
    return other


def with_few_slots(trace):
    """Types that are only as large as their objects need."""
    births = trace.births()
    used = {event.type: 0 for event in births}
    kinds = {event.object: event.type for event in births}
    fixed = set(event.type for event in births if event.slots != trace.types[event.type].slots
                or trace.types[event.type].kind in FIXED_SLOTS)
    for event in births:
        last = max([slot + 1 for slot, target in enumerate(event.targets) if target], default=0)
        used[event.type] = max(used[event.type], last)
    for event in trace.events:
        if event.op == "s":
            kind = kinds[event.objects[0]]
            used[kind] = max(used[kind], int(event.rest[0]) + 1)
    other = trace.having([])
    other.types = dict(trace.types)
    for number, slots in used.items():
        kind = trace.types[number]
        if number not in fixed:
            slots = max(slots, 1) if kind.kind == "tuple" else slots
            other.types[number] = Type(kind.name, slots, kind.size, kind.flags)
    for event in trace.events:
        if event.op == "a" and event.type not in fixed:
            event = event.copy()
            event.slots = other.types[event.type].slots
            event.targets = event.targets[:event.slots]
        other.events.append(event)
    return other
