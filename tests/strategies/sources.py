# SPDX-License-Identifier: GPL-3.0-or-later
"""What programs do about the collector, as Python that runs in them.

Each function is one file of configs/strategies/, written down anew from what its users' programs do:
with the gc module's functions, and at moments of the program (see world.py: Program). It must not
read the YAML.
"""
SECOND = 10**9
MILLISECOND = 10**6


def default(gc, program):
    pass


def disable(gc, program):
    gc.disable()


def threshold_zero(gc, program):
    gc.set_threshold(0)


def mypy(gc, program):
    gc.set_threshold(200_000, 30, 30)


def atom_20k(gc, program):
    gc.set_threshold(20_000, 50, 50)


def inmanta_1m(gc, program):
    gc.set_threshold(1_000_000, 100, 100)


def inmanta_5m(gc, program):
    gc.set_threshold(5_000_000, 100, 100)


def x3(gc, program, factor=3):
    gc.set_threshold(*[int(factor * threshold) for threshold in gc.get_threshold()])


def close(gc, program, mark="startup-done", threshold0=50_000):
    def ready():
        gc.collect(2)
        gc.freeze()
        _, threshold1, threshold2 = gc.get_threshold()
        gc.set_threshold(threshold0, 2 * threshold1, 2 * threshold2)
    program.at_mark(mark, ready)


def freeze(gc, program, mark="startup-done"):
    program.at_mark(mark, gc.freeze)


def collect_freeze(gc, program, mark="startup-done"):
    def ready():
        gc.collect()
        gc.freeze()
    program.at_mark(mark, ready)


def freeze_each_fork(gc, program, mark="fork"):
    def fork():
        gc.freeze()     # os.register_at_fork(before=…
        gc.unfreeze()   # … after_in_parent=…)
    program.at_mark(mark, fork)


def refreeze_tick(gc, program, every=1):
    threshold0, threshold1, _ = gc.get_threshold()
    gc.set_threshold(threshold0, threshold1, 1 << 30)

    def step(number):
        if number % every == 0:
            gc.freeze()
    program.after_each_request(step)


def manual(gc, program, every=50, unit="requests", generation=1):
    gc.disable()

    def step(number):
        if number % every == 0:
            gc.collect(generation)
    if unit == "requests":
        program.after_each_request(step)
    else:
        program.after_each_allocation(step)


def manual_full(gc, program, every=5000):
    def step(number):
        if number == 1:
            gc.collect()
            gc.freeze()
            gc.disable()
        if number % every == 0:
            gc.collect()
    program.after_each_request(step)


def timed(gc, program, tick=100 * MILLISECOND, young=1 * SECOND, middle=10 * SECOND,
          full=30 * SECOND):
    gc.disable()
    at_least = (young, middle, full)
    last = [None, None, None]

    def look():
        now, counts, thresholds = program.now(), gc.get_count(), gc.get_threshold()
        due = [counts[g] > thresholds[g] and (last[g] is None or now - last[g] > at_least[g])
               for g in range(3)]
        for generation in (2, 1, 0):
            if due[generation]:
                gc.collect(generation)
                last[generation] = program.now()
    program.each_tick(tick, look)


def budget_5(gc, program, tick=100 * MILLISECOND, percent=5):
    last = {"took": 0, "at": 0}

    def look():
        elapsed = program.processor_time() - last["at"]
        if last["took"] == 0 or last["took"] * 100 < elapsed * percent:
            began = program.processor_time()
            gc.collect()
            last["at"] = program.processor_time()
            last["took"] = last["at"] - began
    program.each_tick(tick, look)


def renpy(gc, program, threshold0=25_000, count0=2499, count1=9, count2=9):
    gc.set_threshold(threshold0, 10, 10)

    def nothing_moves(_):
        counts = gc.get_count()
        if counts[0] <= count0:
            return
        if counts[2] > count2:
            gc.collect(2)
        elif counts[1] > count1:
            gc.collect(1)
        else:
            gc.collect(0)
    program.when_idle(nothing_moves)


def idle(gc, program, middle=10, full=200):
    gc.disable()

    def wait(number):
        if number % full == 0:
            gc.collect(2)
        if number % middle == 0:
            gc.collect(1)
        gc.collect(0)
    program.when_idle(wait)


def freeze_idle(gc, program, mark="startup-done", generation=1):
    gc.disable()

    def ready():
        gc.collect()
        gc.freeze()
    program.at_mark(mark, ready)
    program.when_idle(lambda number: gc.collect(generation))


def request_end(gc, program, generation=0):
    program.after_each_request(lambda number: gc.collect(generation))


def gen2_off(gc, program, until="startup-done"):
    before = gc.get_threshold()
    gc.set_threshold(before[0], before[1], 1 << 30)
    program.at_mark(until, lambda: gc.set_threshold(*before))


def promote(gc, program, loaded="startup-done"):
    gc.disable()

    def done():
        gc.freeze()
        gc.unfreeze()
        gc.enable()
    program.at_mark(loaded, done)


def third_party_enable(gc, program, after=100_000, unit="allocations"):
    gc.disable()

    def load(number):
        if number == after:
            gc.enable()
    if unit == "requests":
        program.after_each_request(load)
    else:
        program.after_each_allocation(load)
