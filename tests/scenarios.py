#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Scenarios with published numbers, simulated: configs/studies/, published beside simulated.

Each scenario is a study that `gcsim sweep` runs as it stands; the figures are read from the CSV
files that it writes. A row says how far it is to agree: `same`, exactly; `near`, within the factor
given; `else`, that it does not, for a reason which docs/scenarios.md gives.
"""
import argparse
import collections
import csv
import os
import subprocess
import sys
import tempfile

STUDIES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "configs", "studies")


class Study:
    """What a study wrote: trials in order, each with its collections."""

    def __init__(self, gcsim, name, work):
        folder = os.path.join(work, name)
        path = os.path.join(STUDIES, name + ".yaml")
        subprocess.run([gcsim, "sweep", path, "--detail", "-q", "-o", folder], check=True,
                       stdout=subprocess.DEVNULL)
        self.trials = self.read(folder, "summary.csv")
        self.ledgers = collections.defaultdict(list)
        for row in self.read(folder, "collections.csv"):
            self.ledgers[row["trial"]].append(row)
        self.requests = collections.defaultdict(dict)
        for row in self.read(folder, "requests.csv"):
            self.requests[row["trial"]][float(row["percentile"])] = float(row["request_ns"])

    @staticmethod
    def read(folder, name):
        with open(os.path.join(folder, name), newline="") as file:
            return list(csv.DictReader(file))

    def trial(self, **wanted):
        found = [trial for trial in self.trials
                 if all(trial[key] == value for key, value in wanted.items())]
        if len(found) != 1:
            sys.exit("scenarios: %d trials with %s" % (len(found), wanted))
        return found[0]

    def ledger(self, trial, generation=None, behind_ns=0):
        return [row for row in self.ledgers[trial["trial"]]
                if generation in (None, int(row["generation"]))
                and int(row["time_ns"]) >= behind_ns]


def passes(trial):
    return [int(trial["collections_gen%d" % generation]) for generation in range(3)]


def mean(values):
    values = list(values)
    return sum(values) / len(values) if values else float("nan")


def found_share(ledger):
    return sum(int(row["collected"]) for row in ledger) / sum(
        int(row["candidates"]) for row in ledger)


class Table:
    """Rows: scenario, figure, published, simulated, and how they agree."""

    def __init__(self):
        self.rows = []
        self.failures = 0

    def add(self, scenario, figure, published, simulated, rule, good):
        self.failures += not good
        self.rows.append((scenario, figure, published, simulated,
                          rule if good else "NOT " + rule))

    def same(self, scenario, figure, published, simulated):
        text = "{}".format
        self.add(scenario, figure, text(published), text(simulated), "same",
                 published == simulated)

    def near(self, scenario, figure, published, simulated, factor, form="{:,.0f}"):
        good = published / factor <= simulated <= published * factor
        self.add(scenario, figure, form.format(published), form.format(simulated),
                 "within x%g" % factor, good)

    def differs(self, scenario, figure, published, simulated):
        self.add(scenario, figure, published, simulated, "else", True)

    def lines(self, markdown):
        heads = ("scenario", "figure", "published", "simulated", "agrees")
        if markdown:
            yield "| " + " | ".join(heads) + " |"
            yield "|" + "---|" * len(heads)
        width = [max(len(row[i]) for row in self.rows + [heads]) for i in range(len(heads))]
        rows = self.rows if markdown else [heads] + self.rows
        last = None
        for row in rows:
            row = ("" if row[0] == last else row[0],) + row[1:]
            last = row[0] or last
            yield ("| " + " | ".join(row) + " |" if markdown else
                   "  ".join(cell.ljust(width[i]) for i, cell in enumerate(row)).rstrip())


def growing_heap(study, table):
    ledger = study.ledger(study.trials[0], 2)
    live = [int(row["live_objects"]) for row in ledger]
    published = [93232, 186464, 279696, 372928, 474572]
    for index, at in enumerate(published):
        table.near("growing-heap (3.11)", "live objects at full pass %d" % (index + 1), at,
                   live[index], 1.0001)
    table.near("", "live objects at the last full pass", 3744728, live[-1], 1.02)
    table.near("", "ratio of the last two", 1.254, live[-1] / live[-2], 1.04, "{:.3f}")


def leak(study, table):
    ledger = study.ledger(study.trials[0], 2)
    per_object = [float(row["pause_ns"]) / int(row["candidates"]) for row in ledger[4:]]
    table.near("a leak, from the same study", "ns an object, a full pass of 1.9M against 3.7M", 1,
               per_object[-1] / per_object[-4], 1.35, "{:.2f}")
    table.differs("", "a pass over 74.8 million objects",
                  "41 s", "{:.0f} s at the last one's rate".format(per_object[-1] * 74.8e6 / 1e9))


def kept_lists(study, table):
    for version, published in (("3.11", [2606, 236, 11]), ("3.13", [911, 82, 6])):
        trial = study.trial(model="cpython-" + version)
        table.same("kept-lists (%s)" % version, "passes by generation", published, passes(trial))


def peters_queue(study, table):
    trial = study.trials[0]
    table.same("peters-queue (3.13)", "passes by generation", [136, 12, 1], passes(trial))
    table.near("", "nodes uncollected at most", 23011, int(trial["peak_objects"]), 1.001)
    table.near("", "MB at most", 231, int(trial["peak_bytes"]) / 1e6, 1.02)


def linked_lists(study, table):
    for version, published in (("3.11", [6491, 590, 53]), ("3.13", [2275, 206, 18])):
        trial = study.trial(model="cpython-" + version)
        table.same("linked-lists-5000 (%s)" % version, "passes by generation", published,
                   passes(trial))
    table.differs("", "MB at most on 3.11, the interpreter's own included", "23",
                  "{:.1f}".format(int(study.trial(model="cpython-3.11")["peak_bytes"]) / 1e6))


def static_heap_bursts(study, table):
    plain, frozen = (study.trial(strategy=name) for name in ("default", "collect-freeze"))
    name = "static-heap-bursts (3.11)"
    table.near(name, "full passes", 34, passes(plain)[2], 1.2)
    table.near("", "full passes, frozen", 83, passes(frozen)[2], 1.2)
    longest = [max(float(row["pause_ns"]) / 1e6 for row in study.ledger(trial, None, 6.5e9))
               for trial in (plain, frozen)]
    table.near("", "longest pause, ms", 113, longest[0], 1.5, "{:.0f}")
    table.near("", "longest pause once frozen, ms", 10, longest[1], 1.6, "{:.1f}")
    spent = [sum(float(row["pause_ns"]) / 1e9 for row in study.ledger(trial, None, 6.5e9))
             for trial in (plain, frozen)]
    table.near("", "the collector's time, s", 3.6, spent[0], 1.5, "{:.2f}")
    table.near("", "the collector's time once frozen, s", 0.7, spent[1], 1.9, "{:.2f}")


def web_thresholds(study, table):
    low, high = (study.trial(threshold0=value) for value in ("500", "5000"))
    young = [study.ledger(trial, 0, 3e9) for trial in (low, high)]
    name = "web-thresholds (gh-100403)"
    table.near(name, "young passes, 500 : 5000", 16797 / 1039, len(young[0]) / len(young[1]), 1.5,
               "{:.1f}")
    table.differs("", "full passes, 500 and 5000", "109, 12",
                  "{}, {}".format(passes(low)[2], passes(high)[2]))
    sizes = [mean(int(row["candidates"]) for row in ledger) for ledger in young]
    table.near("", "objects of a young pass, 500", 736, sizes[0], 1.5)
    table.near("", "objects of a young pass, 5000", 5701, sizes[1], 2)
    shares = [100 * found_share(ledger) for ledger in young]
    middle = [study.ledger(trial, 1, 3e9) for trial in (low, high)]
    table.near("", "middle passes, 500 : 5000", 1526 / 94, len(middle[0]) / len(middle[1]), 1.5,
               "{:.1f}")
    for threshold0, published, ledger in ((500, 4832, middle[0]), (5000, 34436, middle[1])):
        table.near("", "objects of a middle pass, %d" % threshold0, published,
                   mean(int(row["candidates"]) for row in ledger), 2)
    table.near("", "% of them trash, 500", 21, 100 * found_share(middle[0]), 2.5, "{:.1f}")
    full = study.ledger(low, 2, 3e9)
    table.near("", "objects of a full pass, 500", 213383,
               mean(int(row["candidates"]) for row in full), 1.5)
    table.differs("", "ns an object in it", "323", "{:.0f}".format(
        mean(float(row["pause_ns"]) / int(row["candidates"]) for row in full)))
    table.near("", "% of young objects trash, 500", 5, shares[0], 2.5, "{:.1f}")
    table.near("", "% of young objects trash, 5000", 31, shares[1], 1.5, "{:.1f}")


def growing_compiler(study, table):
    def total(threshold0, threshold1="100"):
        return float(study.trial(threshold0=threshold0, threshold1=threshold1)["total_ns"])
    plain = total("700", "10")

    def saved(*thresholds):
        return 100 * (1 - total(*thresholds) / plain)
    table.near("growing-compiler (inmanta)", "% of time saved by 200k,100,100", 14,
               saved("200000"), 1.5, "{:.1f}")
    table.near("", "% of time saved by 1M,100,100", 21, saved("1000000"), 1.5, "{:.1f}")
    mypy = saved("200000", "30")
    table.add("growing-compiler (mypy)", "% of time saved by 200k,30,30", "10 to 27",
              "{:.1f}".format(mypy), "within", 10 <= mypy <= 27)
    memory = {value: int(study.trial(threshold0=value, threshold1=more)["peak_bytes"])
              for value, more in (("700", "10"), ("200000", "100"), ("1000000", "100"),
                                  ("5000000", "100"))}
    for name, value, published in (("200k", "200000", "1.0"), ("1M", "1000000", "6.7"),
                                   ("5M", "5000000", "41.9")):
        table.differs("growing-compiler (inmanta)", "%% more memory with %s,100,100" % name, published,
                      "{:.1f}".format(100 * (memory[value] / memory["700"] - 1)))


def llm_freeze(study, table):
    plain, frozen = (study.trial(strategy=name) for name in ("default", "collect-freeze"))
    full = study.ledger(plain, 2, 12e9)
    name = "llm-freeze (3.12)"
    table.same(name, "objects that full passes free", 0,
               sum(int(row["collected"]) for row in full))
    table.differs("", "a full pass, s", "0.3 to 1",
                  "{:.2f}".format(max(float(row["pause_ns"]) for row in full) / 1e9))
    table.add("", "longest pause once frozen, ms", "20", "{:.1f}".format(
        max(float(row["pause_ns"]) for row in study.ledger(frozen, None, 12e9)) / 1e6),
              "at most", max(float(row["pause_ns"]) for row in study.ledger(frozen, None, 12e9))
              <= 20e6)
    medians = [float(trial["request_ns_p50"]) for trial in (plain, frozen)]
    tails = [float(trial["request_ns_p99"]) for trial in (plain, frozen)]
    table.near("", "median latency, frozen : not", 1, medians[1] / medians[0], 1.03, "{:.2f}")
    table.near("", "p99, not frozen : frozen", 4, tails[0] / tails[1], 2.5, "{:.1f}")


def full_cache(study, table):
    plain, raised, off = (study.trial(strategy=name)
                          for name in ("default", "x3:factor=1000", "disable"))
    full = [row for row in study.ledger(plain, 2) if int(row["time_ns"]) > 6e9][1:]
    spent = sum(int(row["pause_ns"]) for row in study.ledger(plain)
                if int(full[0]["time_ns"]) <= int(row["time_ns"]) < int(full[-1]["time_ns"]))
    served = (int(full[-1]["time_ns"]) - int(full[0]["time_ns"]) - spent) / 25e6
    table.near("full-cache (2.7)", "requests from one full pass to the next (fitted)", 445,
               served / (len(full) - 1), 1.01)
    between = [int(later["event"]) - int(row["event"]) for row, later in zip(full, full[1:])]
    table.same("", "distances between them, longest : shortest", "1.00",
               "{:.2f}".format(max(between) / min(between)))
    table.near("", "usual request, ms", 15, float(plain["request_ns_p50"]) / 1e6, 1.05, "{:.1f}")
    slow = max(float(row["pause_ns"]) / int(row["candidates"]) for row in full)
    table.near("", "a full pass over 10 million objects, at this rate, s", 4.5, slow * 1e7 / 1e9, 3,
               "{:.1f}")
    table.add("", "full passes, thresholds x 1,000", "next to none", str(passes(raised)[2]), "as said",
              passes(raised)[2] == 0)
    table.near("", "slowest request without a collector, ms", 15,
               float(off["request_ns_max"]) / 1e6, 1.01, "{:.1f}")


SCENARIOS = (("growing-heap", (growing_heap, leak)), ("kept-lists", (kept_lists,)),
             ("peters-queue", (peters_queue,)), ("linked-lists-5000", (linked_lists,)),
             ("static-heap-bursts", (static_heap_bursts,)),
             ("web-thresholds", (web_thresholds,)), ("growing-compiler", (growing_compiler,)),
             ("llm-freeze", (llm_freeze,)), ("full-cache", (full_cache,)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--gcsim", required=True, metavar="PATH")
    parser.add_argument("--markdown", action="store_true", help="the table as in docs/scenarios.md")
    parser.add_argument("scenario", nargs="*", metavar="SCENARIO",
                        help="only these, by the names of their studies")
    options = parser.parse_args()
    unknown = set(options.scenario) - {name for name, _ in SCENARIOS}
    if unknown:
        sys.exit("scenarios: no such scenario: %s (there are %s)" % (
            ", ".join(sorted(unknown)), ", ".join(name for name, _ in SCENARIOS)))
    gcsim = os.path.abspath(options.gcsim)
    table = Table()
    with tempfile.TemporaryDirectory(prefix="gcsim-scenarios-") as work:
        for name, tell in SCENARIOS:
            if options.scenario and name not in options.scenario:
                continue
            print("%s ..." % name, file=sys.stderr)
            study = Study(gcsim, name, work)
            for one in tell:
                one(study, table)
    print("\n".join(table.lines(options.markdown)))
    if not options.markdown:
        print("\n%d figures do not agree as they should" % table.failures if table.failures
              else "\nall agree as they should")
    return 1 if table.failures else 0


if __name__ == "__main__":
    sys.exit(main())
