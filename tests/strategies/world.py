# SPDX-License-Identifier: GPL-3.0-or-later
"""A program, the gc module and the clock, as small as they can be and apart from gcsim.

Objects are of one kind: an instance with one reference, which is empty or to itself. So an object
that the program drops dies at once, and a cycle that it drops is garbage until it is collected. That
makes CPython's collector a matter of counting.
"""
YOUNG_NS, FULL_NS = 1_000_000, 20_000_000   # what a collection takes, whatever it finds

COST = """cost: flat
fixed_young_ns: %d
fixed_full_ns: %d
candidate: [[1, 0]]
reference: [[1, 0]]
collected: [[1, 0]]
finalizer: [[1, 0]]
""" % (YOUNG_NS, FULL_NS)

HEAD = ["gctrace 1", "t 0 Node 1 -"]


class Gc:
    """CPython's gc module, up to 3.11 (`deferred` false) or from 3.12 on."""

    def __init__(self, world, thresholds, deferred):
        self.world = world
        self.threshold = list(thresholds)
        self.deferred = deferred
        self.enabled = True
        self.count = [0, 0, 0]
        self.generation = [[], [], []]    # numbers of objects, of those that died too
        self.permanent = []
        self.long_lived_total = self.long_lived_pending = 0
        self.scheduled = False

    # What programs call
    def enable(self):
        self.enabled = True

    def disable(self):
        self.enabled = False

    def get_count(self):
        return tuple(self.count)

    def get_threshold(self):
        return tuple(self.threshold)

    def set_threshold(self, *thresholds):
        self.threshold[:len(thresholds)] = thresholds

    def freeze(self):
        for generation in self.generation:
            self.permanent += generation
            generation.clear()
        self.count = [0, 0, 0]

    def unfreeze(self):
        self.generation[2] += self.permanent
        self.permanent = []

    def collect(self, generation=2, cause="strategy"):
        world = self.world
        row = [world.event, world.clock, generation, cause, 0]
        if generation < 2:
            self.count[generation + 1] += 1
        for young in range(generation + 1):
            self.count[young] = 0
        examined = [number for young in range(generation + 1)
                    for number in self.generation[young] if number in world.alive]
        survivors = [number for number in examined if number not in world.garbage]
        for young in range(generation + 1):
            self.generation[young] = []
        self.generation[min(generation + 1, 2)] += survivors
        if generation == 1:
            self.long_lived_pending += len(survivors)
        if generation == 2:
            self.long_lived_total, self.long_lived_pending = len(survivors), 0
        for number in examined:
            if number in world.garbage:
                world.alive.remove(number)
                world.garbage.remove(number)
                row[4] += 1
        world.clock += FULL_NS if generation == 2 else YOUNG_NS
        world.rows.append(tuple(row))

    # What the interpreter does
    def allocated(self, number):
        self.count[0] += 1
        over = self.count[0] > self.threshold[0] and self.threshold[0] != 0 and self.enabled
        if over and not self.deferred:
            self.collect_what_is_due()
        self.scheduled |= over
        self.generation[0].append(number)

    def freed(self):
        self.count[0] = max(0, self.count[0] - 1)

    def check(self):
        if self.deferred and self.scheduled and self.enabled:
            self.collect_what_is_due()
        self.scheduled = False

    def collect_what_is_due(self):
        for generation in (2, 1, 0):
            if self.count[generation] <= self.threshold[generation]:
                continue
            if generation == 2 and self.long_lived_pending < self.long_lived_total // 4:
                continue
            self.collect(generation, "threshold")
            return


class Program:
    """The moments at which a program can act, and its clocks."""

    def __init__(self, world):
        self.world = world
        self.marks = []           # (label, function)
        self.requests = []
        self.allocations = []
        self.idles = []
        self.ticks = []           # [due, period, function]

    def at_mark(self, label, function):
        self.marks.append((label, function))

    def after_each_request(self, function):
        self.requests.append(function)

    def after_each_allocation(self, function):
        self.allocations.append(function)

    def when_idle(self, function):
        self.idles.append(function)

    def each_tick(self, period, function):
        self.ticks.append([period, period, function])

    def now(self):
        return self.world.clock

    def processor_time(self):
        return self.world.clock - self.world.idle_ns


class World:
    """Plays a trace: `rows` are its collections as (event, time, generation, cause, collected)."""

    def __init__(self, source, parameters, thresholds, deferred):
        self.event = self.clock = self.idle_ns = 0
        self.alive, self.garbage, self.cyclic = set(), set(), set()
        self.requests = self.waits = 0
        self.rows = []
        self.gc = Gc(self, thresholds, deferred)
        self.program = Program(self)
        source(self.gc, self.program, **parameters)

    def play(self, lines):
        for self.event, line in enumerate(lines):
            words = line.split()
            done = getattr(self, "do_" + words[0])(*words[1:])
            self.gc.check()
            for function, argument in done or ():
                function(*argument)
            self.tick(self.clock)
        return self

    def tick(self, until):
        """Timers that are due by `until`, in their order of time."""
        while self.program.ticks and min(self.program.ticks, key=lambda t: t[0])[0] <= until:
            timer = min(self.program.ticks, key=lambda t: t[0])
            if self.clock < timer[0]:
                self.idle_ns += timer[0] - self.clock
                self.clock = timer[0]
            timer[2]()
            timer[0] = self.clock - self.clock % timer[1] + timer[1]

    def wait(self, until):
        self.waits += 1
        for function in self.program.idles:
            function(self.waits)
        if self.clock < until:
            self.tick(until - 1)
        if self.clock < until:
            self.idle_ns += until - self.clock
            self.clock = until

    def do_a(self, number, _):
        self.alive.add(int(number))
        self.gc.allocated(int(number))
        return [(function, (int(number),)) for function in self.program.allocations]

    def do_s(self, source, _, target):
        assert source == target
        self.cyclic.add(int(source))

    def do_d(self, number):
        if int(number) in self.cyclic:
            self.garbage.add(int(number))
        else:
            self.alive.remove(int(number))
            self.gc.freed()

    def do_w(self, ns):
        self.clock += int(ns)

    def do_i(self, ns):
        self.wait(self.clock + int(ns))

    def do_b(self, _, arrival):
        if self.clock < int(arrival):
            self.wait(int(arrival))

    def do_e(self, _):
        self.requests += 1
        return [(function, (self.requests,)) for function in self.program.requests]

    def do_m(self, label):
        return [(function, ()) for name, function in self.program.marks if name == label]


def make_service(random, startup=3000, requests=320, allocations=60, apart=350_000_000):
    """A start that leaves objects and some garbage; requests that come at random, `apart` ns in the
    mean, whose objects die with them, some requests later, or as cycles; a fork now and then."""
    lines, count, later = [], 0, []

    def allocate(cyclic):
        nonlocal count
        count += 1
        lines.append("a %d 0" % count)
        if cyclic:
            lines.append("s %d 0 %d" % (count, count))
        return count
    for i in range(startup):
        number = allocate(random.random() < 0.1)
        if random.random() < 0.3:
            lines.append("d %d" % number)
        if i % 100 == 0:
            lines.append("w 1000000")
    lines += ["m startup-done", "i 1000000000"]
    arrival = 2 * 10**9
    for request in range(1, requests + 1):
        arrival += int(random.expovariate(1 / apart))
        lines.append("b %d %d" % (request, arrival))
        mine = []
        for _ in range(int(random.gauss(allocations, allocations / 4))):
            number = allocate(random.random() < 0.3)
            what = random.random()
            if what < 0.4:
                lines.append("d %d" % number)
            elif what < 0.7:
                mine.append(number)
            elif what < 0.9:
                later.append(number)
            lines.append("w %d" % random.randrange(10**6))
        lines += ["d %d" % number for number in mine]
        lines.append("e %d" % request)
        if request % 7 == 0:
            lines.append("m fork")
        while len(later) > 300:
            lines.append("d %d" % later.pop(random.randrange(len(later))))
    return lines


def make_kept(count, mark_at=None):
    """Objects that all stay; a mark after `mark_at` of them."""
    lines = ["a %d 0" % number for number in range(1, count + 1)]
    if mark_at is not None:
        lines.insert(mark_at, "m startup-done")
    return lines
