# SPDX-License-Identifier: GPL-3.0-or-later
"""Small programs on which CPython's cyclic collector surprises, each written twice: as what a
real interpreter executes, and as the trace that gcsim reads. Line for line they do the same.

    python3.X -I programs.py NAME ARGUMENT...        runs it in this interpreter, prints JSON
    python3.X -I programs.py --trace NAME ARGUMENT... prints the trace

CPython 3.7 to 3.15. A run starts with what the interpreter itself holds frozen, every count
and long-lived figure at 0 and free lists empty: as a trace does. Lists that keep objects are
made before, so what they hold is held by roots. So are ranges: up to 3.8 range(n) makes a tuple
of its arguments. (Nor does begin() take *thresholds: that tuple would lie in the free list afterwards.
list() takes no list off the free list, and bytes(n) makes such a tuple on
every version; [] does and b"" * n does not.)
"""
import gc
import json
import sys

before = None


class Node:
    __slots__ = ("ref",)


class Island:
    __slots__ = ("ref", "load")


def stats():
    now = gc.get_stats()
    return [one["collections"] for one in now] + [sum(one["collected"] for one in now)]


def begin(threshold0, threshold1, threshold2):
    global before
    gc.disable()
    gc.set_threshold(threshold0, threshold1, threshold2)
    gc.collect()
    before = stats()
    gc.freeze()
    gc.collect()
    gc.enable()


def end():
    gc.disable()  # nothing was allocated for the call
    after = stats()
    figures = dict(zip(("young", "middle", "full", "collected"),
                       (a - b for a, b in zip(after, before))))
    figures["full"] -= 1  # begin's own
    return figures


class Trace:
    """A trace as it is written. Objects are their numbers."""

    def __init__(self, *options):
        self.lines = ["gctrace 1"] + ["o " + option for option in options]
        self.types = {}
        self.count = 0
        self.add_type("Node", "1 -")
        self.add_type("Island", "2 -")
        self.add_type("list", "0 - kind=list")
        self.add_type("tuple", "3 - kind=tuple")
        # What a mebibyte of bytes takes.
        self.add_type("bytes", "0 1048609 kind=atomic")

    def add_type(self, name, rest):
        self.types[name] = len(self.types)
        self.lines.append("t %d %s %s" % (self.types[name], name, rest))

    def line(self, *words):
        self.lines.append(" ".join(map(str, words)))

    def new(self, name, *rest):
        self.count += 1
        self.line("a", self.count, self.types[name], *rest)
        return self.count

    def drop(self, old):
        """One root less, if there was something: a name or a list's place was given anew."""
        if old:
            self.line("d", old)


# --- the programs, and their twins ------------------------------------------------------------


def keep_all(n):
    """n objects, all kept."""
    keep, numbers = [None] * n, range(n)
    begin(700, 10, 10)
    for i in numbers:
        keep[i] = Node()
    return end()


def keep_all_trace(n):
    trace = Trace()
    for _ in range(n):
        trace.new("Node")
    return trace


def grow(n):
    """n objects, all kept; after each the counts are read, to see when a full pass ran."""
    keep, numbers = [None] * n, range(n)
    fulls = [0] * 100
    found = last = 0
    get_count = gc.get_count
    begin(100, 5, 3)
    for i in numbers:
        keep[i] = Node()
        count0, count1, count2 = get_count()
        if count2 < last:
            fulls[found] = i + 1
            found += 1
        last = count2
    return dict(end(), fulls=fulls[:found])


def grow_trace(n):
    trace = Trace()
    for _ in range(n):
        trace.new("Node")
        trace.drop(trace.new("tuple"))  # what get_count() returns
    return trace


def batches(count, frozen):
    """20,000 objects made at start, then batches of 500 that live four batches long."""
    start = [None] * 20000
    place = [None] * 2000
    numbers, turns = range(20000), range(count)
    quarters = [range(first, first + 500) for first in (0, 500, 1000, 1500)]
    freeze, collect = gc.freeze, gc.collect
    begin(100, 5, 3)
    for i in numbers:
        start[i] = Node()
    collect(2)
    if frozen:
        freeze()
    collect(2)
    for turn in turns:
        for i in quarters[turn % 4]:
            place[i] = None
        for i in quarters[turn % 4]:
            place[i] = Node()
    return end()


def batches_trace(count, frozen):
    trace = Trace()
    place = [0] * 2000
    for _ in range(20000):
        trace.new("Node")
    trace.line("c", 2)
    if frozen:
        trace.line("g", "freeze")
    trace.line("c", 2)
    for turn in range(count):
        first = turn % 4 * 500
        for i in range(first, first + 500):
            trace.drop(place[i])
        for i in range(first, first + 500):
            place[i] = trace.new("Node")
    return trace


def requests(count, ask):
    """Requests of 300 self-cycles; 50 of them are held until the next request."""
    keep, places, turns = [None] * 50, range(300), range(count)
    collect = gc.collect
    begin(2000, 10, 10)
    for _ in turns:
        for i in places:
            node = Node()
            node.ref = node
            if i < 50:
                keep[i] = node
        if ask:
            collect(0)
    left = collect(2)
    return dict(end(), left=left)


def requests_trace(count, ask):
    trace = Trace()
    keep = [0] * 50
    node = 0
    for _ in range(count):
        for i in range(300):
            old, node = node, trace.new("Node")
            trace.drop(old)
            trace.line("s", node, 0, node)
            if i < 50:
                trace.line("r", node)
                trace.drop(keep[i])
                keep[i] = node
        if ask:
            trace.line("c", 0)
    trace.line("c", 2)
    return trace


def passing(count):
    """10,000 objects for good; then batches of 2,500 that reference counting alone frees."""
    start = [None] * 10000
    place = [None] * 2500
    numbers, places, turns = range(10000), range(2500), range(count)
    collect = gc.collect
    begin(100, 5, 3)
    for i in numbers:
        start[i] = Node()
    collect(2)
    for _ in turns:
        for i in places:
            place[i] = Node()
        for i in places:
            place[i] = None
    return end()


def passing_trace(count):
    trace = Trace()
    for _ in range(10000):
        trace.new("Node")
    trace.line("c", 2)
    for _ in range(count):
        batch = [trace.new("Node") for _ in range(2500)]
        for node in batch:
            trace.drop(node)
    return trace


def ring(n):
    """n objects, one after the other, in a ring buffer of 500 places."""
    place, numbers = [None] * 500, range(n)
    begin(700, 10, 10)
    for i in numbers:
        place[i % 500] = Node()
    return end()


def ring_trace(n):
    trace = Trace()
    place = [0] * 500
    for i in range(n):
        old, place[i % 500] = place[i % 500], trace.new("Node")
        trace.drop(old)
    return trace


def islands(n):
    """n self-cycles, each with a megabyte, each dropped for the next."""
    import tracemalloc
    numbers, zero, mebibyte = range(n), bytes(1), 1 << 20
    tracemalloc.start()
    begin(100, 10, 10)
    for _ in numbers:
        node = Island()
        node.ref = node
        node.load = zero * mebibyte
    peak = tracemalloc.get_traced_memory()[1] // mebibyte
    figures = dict(end(), peak_mib=peak)
    tracemalloc.stop()
    return figures


def islands_trace(n):
    trace = Trace()
    node = 0
    for _ in range(n):
        old, node = node, trace.new("Island")
        trace.drop(old)
        trace.line("s", node, 0, node)
        load = trace.new("bytes")
        trace.line("s", node, 1, load)
        trace.drop(load)
    return trace


def every_second(n):
    """n self-cycles, every second one kept."""
    keep, numbers = [None] * n, range(n)
    begin(100, 5, 3)
    for i in numbers:
        node = Node()
        node.ref = node
        if i % 2 == 0:
            keep[i] = node
    return end()


def every_second_trace(n):
    trace = Trace()
    node = 0
    for i in range(n):
        old, node = node, trace.new("Node")
        trace.drop(old)
        trace.line("s", node, 0, node)
        if i % 2 == 0:
            trace.line("r", node)
    return trace


def lists(n):
    """n lists that hold themselves, each dropped for the next."""
    numbers = range(n)
    begin(700, 10, 10)
    for _ in numbers:
        one = []
        one.append(one)
    return end()


def lists_trace(n):
    trace = Trace()
    one = 0
    for _ in range(n):
        trace.line("u")  # from 3.12 the check comes with the jump back, not after []
        old, one = one, trace.new("list", 0, 1)
        trace.drop(old)
        trace.line("s", one, 0, one)
        trace.line("v")
    return trace


def cycles(n):
    """n instances that hold themselves, each dropped for the next."""
    numbers = range(n)
    begin(700, 10, 10)
    for _ in numbers:
        one = Node()
        one.ref = one
    return end()


def cycles_trace(n, live=0):
    trace = Trace("standing=%d" % live) if live else Trace()
    for _ in range(live):
        trace.new("Node")
    one = 0
    for _ in range(n):
        old, one = one, trace.new("Node")
        trace.drop(old)
        trace.line("s", one, 0, one)
    return trace


def main(words):
    if words[0] == "--trace":
        trace = globals()[words[1] + "_trace"](*map(int, words[2:]))
        print("\n".join(trace.lines))
        return
    program, arguments = globals()[words[0]], list(map(int, words[1:]))
    program(*arguments)  # once for the interpreter's own caches
    print(json.dumps(program(*arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
