# SPDX-License-Identifier: GPL-3.0-or-later
"""Random combinations of valid traces that are valid again: what the generator of single
traces does not reach by itself."""
from judge.trace import Birth, Event, Trace

# Kinds that a program may make empty, as many as it likes.
PLAIN_KINDS = ("", "list", "dict", "set", "cell", "container", "tuple")
CALLS = ("c 0", "c 0", "c 1", "c 2", "g enable", "g enable", "g disable", "g freeze",
         "g unfreeze", "g threshold 0", "g threshold 1 1 1", "g threshold 2 0",
         "g threshold -1 -1 -1", "g threshold 30 2 2", "g threshold 700 10 10")


def gaps(trace):
    """The places where an event may be put in: behind what was there before."""
    return range(trace.prologue(), len(trace.events) + 1)


def put_in(trace, pieces):
    """The trace with runs of events before the events of these indices."""
    events = []
    for index, event in enumerate(trace.events + [None]):
        for piece in pieces.get(index, ()):
            events += piece
        events.append(event)
    return trace.having(events[:-1])


def put_at_random(trace, pieces, source):
    places = {}
    for piece in pieces:
        places.setdefault(source.choice(gaps(trace)), []).append(piece)
    return put_in(trace, places)


def event_of(line):
    op, _, rest = line.partition(" ")
    return Event(op, (), tuple(rest.split(" ")))


def calls(trace, source):
    """The program calls the collector all the time, and sets thresholds of every sort."""
    count = 1 + len(trace.events) // source.choice((10, 40, 150))
    chosen = [[event_of(source.choice(CALLS))] for _ in range(count)]
    return put_at_random(trace, chosen, source)


def burst(trace, source, first):
    """Many objects at once: let go one by one from either end, as rings, or kept."""
    plain = [number for number, kind in sorted(trace.types.items())
             if kind.kind in PLAIN_KINDS and "legacy" not in kind.flags]
    size = source.choice((3, 12, 40, 100, 300, 1000))
    mixed = source.random() < 0.3
    number = source.choice(plain)
    births, rings = [], []
    for name in range(first, first + size):
        number = source.choice(plain) if mixed else number
        kind = trace.types[number]
        births.append(Birth(name, number, 0, kind.slots, ()))
        if kind.slots and kind.kind not in ("set", "tuple"):
            rings.append(Event("s", (name, name), (str(source.randrange(kind.slots)),)))
    ends = [Event("d", (birth.object,)) for birth in births]
    if source.random() < 0.5:
        ends.reverse()
    way = source.randrange(4)
    if way == 0:
        return births + ends
    if way == 1:
        return births + rings + ends
    if way == 2:  # one after the other, by way of the free lists
        return [event for pair in zip(births, (Event("d", (birth.object,)) for birth in births))
                for event in pair]
    return births + ends[:size // 2]


def bursts(trace, source):
    names = [event.object for event in trace.births()]
    first = max(names, default=0) + 1
    pieces = []
    for _ in range(source.randint(1, 6)):
        pieces.append(burst(trace, source, first))
        first += 1000
    return put_at_random(trace, pieces, source)


def stretches(trace, source):
    """Stretches that no collection interrupts, long and short ones, one upon the other."""
    free = trace.having([event for event in trace.events if event.op not in "uv"])
    count = 2 * source.choice((1, 3, 20))
    places = sorted(source.sample(gaps(free), min(count, len(gaps(free)) // 2 * 2)))
    return put_in(free, {place: [[Event("uv"[n % 2])]] for n, place in enumerate(places)})


def shifted(event, objects, types):
    """The same event of a program whose objects and types have other numbers."""
    if event.op != "a":
        if event.op in "be":
            return Event(event.op, (), ("%d" % (int(event.rest[0]) + objects),)
                         + event.rest[1:])
        return Event(event.op, [name + objects if name else 0 for name in event.objects],
                     event.rest)
    other = event.copy()
    other.object += objects
    other.type += types
    other.targets = tuple(target + objects if target else 0 for target in event.targets)
    other.referent = event.referent + objects if event.referent else 0
    return other


def interleave(trace, other, source):
    """Two programs that take turns, with nothing in common but the collector; the options are
    those of the first."""
    objects = max([event.object for event in trace.births()], default=0)
    objects = max([objects] + [int(event.rest[0]) for event in trace.events
                               if event.op == "b"])
    types = max(trace.types, default=-1) + 1
    begun = trace.prologue()
    both = Trace(trace.options, trace.types, trace.events[:begun], trace.standing)
    for number, kind in other.types.items():
        both.types[number + types] = kind
    left = trace.events[begun:]
    right = [shifted(event, objects, types) for event in other.events if event.op not in "uv"]
    turn = source.choice((1, 10, 100, 1000))
    while left or right:
        chosen = left if right == [] or (left and source.random() < 0.5) else right
        count = source.randint(1, turn)
        both.events += chosen[:count]
        del chosen[:count]
    return both
