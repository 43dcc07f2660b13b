# SPDX-License-Identifier: GPL-3.0-or-later
"""What a CPython's objects really take: run inside the interpreter that is asked.

blocks.py and arenas.py hand this text to each interpreter (python -I -c TEXT TASK …); answers
are JSON on stdout. pymalloc's own books come from sys._debugmallocstats(), malloc's from
glibc's mallinfo.
"""
import ctypes
import gc
import json
import os
import re
import sys
import tempfile
import types
import weakref

OBJECTS = 1000
MOST_NAMES = 48


class Mallinfo(ctypes.Structure):
    """glibc's figures; mallinfo2 has them in size_t (2.33), mallinfo in int."""
    names = ("arena ordblks smblks hblks hblkhd usmblks fsmblks uordblks fordblks "
             "keepcost").split()


def malloc_bytes(library=ctypes.CDLL(None)):
    """Bytes that malloc has handed out, its own eight a block and roundings included."""
    wide = getattr(library, "mallinfo2", None)
    kind = type("Result", (Mallinfo,), {
        "_fields_": [(name, ctypes.c_size_t if wide else ctypes.c_int)
                     for name in Mallinfo.names]})
    function = wide or library.mallinfo
    function.restype = kind
    figures = function()
    return figures.uordblks + figures.hblkhd


def malloc_stats(file):
    """pymalloc's report goes to the C library's stderr; here into a file."""
    saved = os.dup(2)
    os.dup2(file.fileno(), 2)
    try:
        sys._debugmallocstats()
    finally:
        os.dup2(saved, 2)
        os.close(saved)


def read_stats(file):
    """{class size: blocks in use}, and the arenas allocated now."""
    file.seek(0)
    text = file.read().decode("ascii", "replace")
    used = {}
    for line in text.splitlines():
        row = re.match(r"\s*\d+\s+(\d+)\s+\d+\s+(\d+)\s+\d+\s*$", line)
        if row:
            used[int(row.group(1))] = int(row.group(2))
    arenas = re.search(r"arenas allocated current\s*=\s*([\d,]+)", text)
    return used, int(arenas.group(1).replace(",", ""))


WHOLE = list(range(1000))
NAMES = [sys.intern("a%02d" % n) for n in range(MOST_NAMES)]


def class_with(slots, weakrefable):
    names = NAMES[:slots] + (["__weakref__"] if weakrefable else [])
    return type("Slotted", (), {"__slots__": names})


def class_with_dict(attributes, weakrefable):
    lines = ["class Open%s:" % ("" if weakrefable else "(Bare)"), "    def __init__(self):",
             "        pass"]
    lines += ["        self.%s = None" % name for name in NAMES[:attributes]]
    space = {"Bare": type("Bare", (), {"__slots__": ("__dict__",)})}
    if not weakrefable: # a subclass without __slots__ gets its own __weakref__
        lines.insert(1, "    __slots__ = ()")
    exec("\n".join(lines), space)
    return space["Open"]


def dict_of(names):
    made = {}
    for name in names:
        made[name] = None
    return made


def set_of(names):
    made = set()
    for name in names:
        made.add(name)
    return made


def cell_of(value):
    return (lambda: value).__closure__[0]


def nothing(*_):
    pass


def code_of(text, slots):
    """The function `f` of a text with @ for so many parameters, and as many arguments."""
    space = {"frame_of": sys._getframe}
    exec(text.replace("@", ", ".join(NAMES[:slots])), space)
    return space["f"], [None] * slots


def appended(count):
    made = []
    for _ in range(count):
        made.append(None)
    return made


def set_later(instance, names):
    for name in names:
        setattr(instance, name, None)
    return instance


def touched(instance):
    instance.__dict__
    return instance


def function_of(code, space):
    return types.FunctionType(code, space)


class WithMethod:
    def method(self):
        pass


def maker_of_instance(slots, flags):
    if "dict" not in flags:
        return class_with(slots, "weakrefable" in flags)
    if "set later" in flags:
        plain = class_with_dict(0, True)
        return lambda: set_later(plain(), NAMES[:slots])
    full = class_with_dict(slots, "weakrefable" in flags)
    return (lambda: touched(full())) if "touched" in flags else full


def maker_of(case):
    """A function that makes one object of the case: (kind, slots, flags)."""
    kind, slots, flags = case
    members = [None] * slots
    receiver = WithMethod()
    if kind == "instance":
        return maker_of_instance(slots, flags)
    if kind in ("generator", "coroutine", "frame"):
        function, arguments = code_of({
            "generator": "def f(@):\n    yield",
            "coroutine": "async def f(@):\n    pass",
            "frame": "def f(@):\n    return frame_of()"}[kind], slots)
        function.__defaults__ = tuple(arguments)
        return function # called by nobody else: its frame would be held too
    return {
        "atomic": lambda: slots + float(sys.maxsize),
        "tuple": lambda: tuple(members),
        "list": lambda: appended(slots) if "appended" in flags else members[:],
        "dict": lambda: dict_of((WHOLE if "whole keys" in flags else NAMES)[:slots]),
        "set": lambda: set_of(WHOLE[:slots]),
        "function": lambda: function_of(nothing.__code__, globals()),
        "cell": lambda: cell_of(None),
        "method": lambda: receiver.method,
        "cfunction": lambda: members.append,
        "slice": lambda: slice(None, None, None),
        "iterator": lambda: iter(members),
        "weakref": lambda: weakref.ref(receiver, nothing),
    }[kind]


def bytes_of(case, first, second):
    """Bytes that each object takes, by pymalloc's classes and by malloc.

    A first thousand empties the free lists and lets a class find its shared keys; the second
    is measured.
    """
    make = maker_of(case)
    warm, kept = [None] * OBJECTS, [None] * OBJECTS
    for index in range(OBJECTS):
        warm[index] = make()
    for file in (first, second):
        file.seek(0)
        file.truncate()
    malloc_stats(first)
    before = malloc_bytes()
    for index in range(OBJECTS):
        kept[index] = make()
    after = malloc_bytes()
    malloc_stats(second)
    small_before, small_after = read_stats(first)[0], read_stats(second)[0]
    if case[0] == "coroutine":
        for one in warm + kept:
            one.close()
    blocks = {}
    for size, used in small_after.items():
        blocks[size] = (used - small_before.get(size, 0)) / OBJECTS
    return {"blocks": {size: round(used, 2) for size, used in blocks.items()
                       if abs(used) > 0.1},
            "large": round((after - before) / OBJECTS)}


def blocks():
    gc.disable()
    answers = []
    with tempfile.TemporaryFile() as first, tempfile.TemporaryFile() as second:
        for case in json.loads(sys.argv[2]):
            answers.append(bytes_of(case, first, second))
    print(json.dumps(answers))


def random_numbers(seed):
    """The same ones in every Python, and in arenas.py."""
    state = seed
    while True:
        state = (state * 1103515245 + 12345) % (1 << 31)
        yield state >> 8


def arenas_now(file):
    file.seek(0)
    file.truncate()
    malloc_stats(file)
    return read_stats(file)[1]


def spike(count, keep):
    """As many objects of 64 bytes; then all go but every so many-th (0: none stays)."""
    make = class_with(4, False)
    kept = [None] * count
    for index in range(count):
        kept[index] = make()
    yield
    for index in range(count):
        if not keep or index % keep:
            kept[index] = None
    yield


def churn(places, steps, seed):
    """Objects of five sizes replace each other at random places, then nine in ten go, then
    objects of one size come."""
    makers = [class_with(slots, False) for slots in (1, 4, 8, 13, 40)]
    numbers = random_numbers(seed)
    kept = [None] * places
    for _ in range(steps):
        place = next(numbers) % places
        kept[place] = makers[next(numbers) % len(makers)]()
    yield
    for place in range(places):
        if next(numbers) % 10:
            kept[place] = None
    yield
    make = class_with(22, False)
    for place in range(places // 2):
        if not kept[place]:
            kept[place] = make()
    yield


def arenas():
    """Arenas held at first and after each phase of an experiment."""
    gc.disable()
    name, arguments = json.loads(sys.argv[2])
    with tempfile.TemporaryFile() as file:
        held = [arenas_now(file)]
        for _ in {"spike": spike, "churn": churn}[name](*arguments):
            held.append(arenas_now(file))
    print(json.dumps(held))


if __name__ == "__main__":
    {"blocks": blocks, "arenas": arenas}[sys.argv[1]]()
