# SPDX-License-Identifier: GPL-3.0-or-later
"""A text trace as a list of events that may be taken out, put in and mixed.

Objects keep the names they were read with; printing numbers them anew, so that any selection
of events can be printed. Whether what is printed is a valid trace is for `gcsim trace check`
to say; settle() mends what a selection usually breaks.
"""


class Type:
    def __init__(self, name, slots, size, flags):
        self.name = name
        self.slots = slots
        self.size = size
        self.flags = flags

    @property
    def kind(self):
        for flag in self.flags:
            if flag.startswith("kind="):
                return flag[len("kind="):]
        return ""


class Event:
    """One line but an allocation: its first letter, the objects it names, the rest."""

    __slots__ = ("op", "objects", "rest")

    def __init__(self, op, objects=(), rest=()):
        self.op = op
        self.objects = tuple(objects)
        self.rest = tuple(rest)


class Birth:
    """An allocation, and with a weak reference the `k` line behind it."""

    __slots__ = ("object", "type", "extra", "slots", "targets", "referent", "callback")
    op = "a"

    def __init__(self, name, type_number, extra, slots, targets):
        self.object = name
        self.type = type_number
        self.extra = extra
        self.slots = slots
        self.targets = tuple(targets)
        self.referent = 0
        self.callback = ""

    def copy(self):
        other = Birth(self.object, self.type, self.extra, self.slots, self.targets)
        other.referent = self.referent
        other.callback = self.callback
        return other


# How many fields of a line, behind its letter, are objects; of `s` the last one too.
OBJECTS = {"r": 1, "d": 1, "z": 1, "s": 1}


class Trace:
    def __init__(self, options=(), types=None, events=(), standing=()):
        self.options = list(options)  # but `o standing`, which follows from:
        self.types = dict(types or {})
        self.events = list(events)
        self.standing = frozenset(standing)  # the objects that were there before

    def having(self, events):
        """The same trace with other events."""
        return Trace(self.options, self.types, events, self.standing)

    def prologue(self):
        """How many events at the beginning make what was there before."""
        return sum(1 for event in self.births() if event.object in self.standing)

    def births(self):
        return [event for event in self.events if event.op == "a"]

    def length(self):
        """In events as the format counts them."""
        return sum(2 if event.op == "a" and event.referent else 1 for event in self.events)

    def until(self, number):
        """The events up to and with the one of this number."""
        at = 0
        for index, event in enumerate(self.events):
            at += 2 if event.op == "a" and event.referent else 1
            if at > number:
                return self.having(self.events[:index + 1])
        return self

    def lines(self):
        """(line, index of its event or None), in order."""
        number = {0: "0"}
        yield "gctrace 1", None
        standing = ["o standing=%d" % self.prologue()] * bool(self.prologue())
        for option in sorted(self.options + standing, key=option_order):
            yield option, None
        used = set(event.type for event in self.births())
        for name in sorted(used):
            kind = self.types[name]
            yield " ".join(["t", str(name), kind.name, str(kind.slots), kind.size]
                           + kind.flags), None
        for index, event in enumerate(self.events):
            if event.op == "a":
                number[event.object] = str(len(number))
                yield self.birth_line(event, number), index
                if event.referent:
                    yield " ".join(["k", number[event.object], number.get(event.referent, "?")]
                                   + [event.callback] * bool(event.callback)), index
            elif event.op == "s":
                source, target = event.objects
                yield "s %s %s %s" % (number.get(source, "?"), event.rest[0],
                                      number.get(target, "?")), index
            else:
                yield " ".join([event.op] + [number.get(one, "?") for one in event.objects]
                               + list(event.rest)), index

    def birth_line(self, event, number):
        fields = ["a", number[event.object], str(event.type)]
        if event.slots != self.types[event.type].slots:
            fields += [str(event.extra), str(event.slots)]
        elif event.extra:
            fields.append(str(event.extra))
        if any(event.targets):
            fields.append("=")
            fields += [number.get(target, "?") for target in event.targets]
        return " ".join(fields)

    def text(self):
        return "".join(line + "\n" for line, _ in self.lines())


OPTIONS = ("objects", "freelists", "standing", "start", "roots")


def option_order(line):
    """Options stand in the order of the format, and those that are new to us behind."""
    name = line.split(" ")[1].split("=")[0]
    return OPTIONS.index(name) if name in OPTIONS else len(OPTIONS)


def parse_type(words):
    return int(words[1]), Type(words[2], int(words[3]), words[4], words[5:])


def parse_birth(words, types):
    targets = []
    if "=" in words:
        at = words.index("=")
        targets = [int(word) for word in words[at + 1:]]
        words = words[:at]
    kind = int(words[2])
    extra = int(words[3]) if len(words) > 3 else 0
    slots = int(words[4]) if len(words) > 4 else types[kind].slots
    return Birth(int(words[1]), kind, extra, slots, targets)


def parse(text):
    """A valid text trace."""
    trace = Trace()
    standing = 0
    for line in text.split("\n")[1:]:
        if not line or line.startswith("#"):
            continue
        words = line.split(" ")
        op = words[0]
        if op == "o" and words[1].startswith("standing="):
            standing = int(words[1][len("standing="):])
        elif op == "o":
            trace.options.append(line)
        elif op == "t":
            number, kind = parse_type(words)
            trace.types[number] = kind
        elif op == "a":
            trace.events.append(parse_birth(words, trace.types))
        elif op == "k":
            trace.events[-1].referent = int(words[2])
            trace.events[-1].callback = words[3] if len(words) > 3 else ""
        elif op == "s":
            trace.events.append(Event("s", (int(words[1]), int(words[3])), (words[2],)))
        else:
            named = OBJECTS.get(op, 0)
            trace.events.append(Event(op, [int(word) for word in words[1:1 + named]],
                                      words[1 + named:]))
    trace.standing = frozenset(event.object for event in trace.births()[:standing])
    return trace


class Settler:
    """One walk over the events of a selection that drops what can stand there no longer."""

    def __init__(self):
        self.roots = {}
        self.stretch = None  # the place of its `u` among the kept events
        self.requests = set()
        self.kept = []

    def take(self, event):
        if event.op == "a":
            self.take_birth(event)
        elif event.op == "s":
            source, target = event.objects
            if source in self.roots:
                self.kept.append(event if target in self.roots or not target
                                 else Event("s", (source, 0), event.rest))
        elif event.op in OBJECTS:
            self.take_root(event)
        elif event.op in "uv":
            self.take_stretch(event)
        elif event.op in "be":
            self.take_request(event)
        else:
            self.kept.append(event)

    def take_birth(self, event):
        if event.referent and event.referent not in self.roots:
            return
        if any(target and target not in self.roots for target in event.targets):
            event = event.copy()
            event.targets = tuple(target if target in self.roots else 0
                                  for target in event.targets)
        self.roots[event.object] = 1
        self.kept.append(event)

    def take_root(self, event):
        name = event.objects[0]
        if name not in self.roots or (event.op == "d" and self.roots[name] < 1):
            return
        self.roots[name] += {"r": 1, "d": -1}.get(event.op, 0)
        self.kept.append(event)

    def take_stretch(self, event):
        if (event.op == "u") == (self.stretch is None):
            self.stretch = len(self.kept) if event.op == "u" else None
            self.kept.append(event)

    def take_request(self, event):
        if event.op == "b":
            self.requests.add(event.rest[0])
        elif event.rest[0] not in self.requests:
            return
        else:
            self.requests.remove(event.rest[0])
        self.kept.append(event)

    def finish(self):
        if self.stretch is not None:
            self.kept.append(Event("v"))
        return self.kept


def settle(trace):
    """The trace without what names objects that it no longer has, and with all that is begun
    ended as it must be."""
    settler = Settler()
    for event in trace.events:
        settler.take(event)
    return trace.having(settler.finish())


def forget(trace, index, name):
    """The trace that does not name an object any more from an event on."""
    events = trace.events[:index]
    for event in trace.events[index:]:
        if event.op == "a" and name in event.targets:
            event = event.copy()
            event.targets = tuple(0 if target == name else target for target in event.targets)
        elif event.op == "s" and event.objects[1] == name != event.objects[0]:
            event = Event("s", (event.objects[0], 0), event.rest)
        elif event.op != "a" and name in event.objects:
            continue
        elif event.op == "a" and name in (event.object, event.referent):
            continue
        events.append(event)
    return trace.having(events)
