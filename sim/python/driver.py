# SPDX-License-Identifier: GPL-3.0-or-later
"""Build the driver extension for the interpreter that runs this file, and run jobs with it.

    python3.X driver.py --build DIR --jobs FILE
    python3.X driver.py --build DIR [--time] TRACE T0,T1,T2

FILE (or `-`) holds one job a line, fields separated by tabs: the trace's path, the
thresholds as T0,T1,T2, and the path of the CSV to write. Without --jobs the one CSV goes to
stdout. With --time no CSV comes, but one line: the processor seconds of the events alone, not
of reading them, and how many collections ran. Each job runs in a process of its own, forked
from this one, because a trace may leave objects behind that a later job would see. Needs
only the standard library.

Exit status: 0, or 1 if a job failed (one line on stderr each), or 3 if the extension cannot
be built for this interpreter.
"""
import argparse
import glob
import os
import subprocess
import sys
import sysconfig
import traceback

COLUMNS = "event,generation,collected,uncollectable"


def build(folder, directory):
    """Compile the extension into directory, unless a newer one is there."""
    sources = sorted(glob.glob(os.path.join(folder, "*.c")))
    newest = max(map(os.path.getmtime, sources + glob.glob(os.path.join(folder, "*.h"))))
    tag = sys.implementation.cache_tag + "-" + "%x" % sys.hexversion
    target = os.path.join(directory, "gcsim_driver-" + tag + ".so")
    if os.path.exists(target) and os.path.getmtime(target) >= newest:
        return target
    include = sysconfig.get_paths()["include"]
    if not os.path.exists(os.path.join(include, "Python.h")):
        raise RuntimeError("no headers in " + include)
    os.makedirs(directory, exist_ok=True)
    scratch = target + ".%d" % os.getpid()
    # -isystem: the internal headers are not free of warnings.
    command = os.environ.get("CC", "cc").split() + [
        "-std=gnu17", "-D_GNU_SOURCE", "-O2", "-shared", "-fPIC", "-fvisibility=hidden",
        "-isystem", include, "-o", scratch,
    ] + sources
    done = subprocess.Popen(command, stderr=subprocess.PIPE)
    errors = done.communicate()[1].decode("utf-8", "replace")
    if done.returncode != 0:
        raise RuntimeError("cannot compile %s:\n%s" % (folder, errors))
    os.rename(scratch, target)
    return target


def load(path):
    """Import the extension from its file, whatever that is called."""
    import importlib.machinery
    import importlib.util

    loader = importlib.machinery.ExtensionFileLoader("gcsim_driver", path)
    spec = importlib.util.spec_from_file_location("gcsim_driver", path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


def run(driver, trace, thresholds, timed):
    """One job in this very process; returns the ledger as CSV text, or the line of --time."""
    with open(trace, "rb") as file:
        text = file.read()
    if b"\0" in text:
        raise ValueError("not a text trace")
    if timed:
        return "%.6f %d\n" % driver.time(text, thresholds)
    rows = driver.run(text, thresholds)
    return "".join([COLUMNS + "\n"] + ["%d,%d,%d,%d\n" % row for row in rows])


def run_apart(driver, trace, thresholds, output, timed=False):
    """One job in a forked process; True if it went well."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        status = os.waitpid(child, 0)[1]
        if os.WIFSIGNALED(status):
            sys.stderr.write("%s: the interpreter died of signal %d\n"
                             % (trace, os.WTERMSIG(status)))
        return status == 0
    code = 1
    try:
        text = run(driver, trace, thresholds, timed)
        if output == "-":
            sys.stdout.write(text)
            sys.stdout.flush()
        else:
            with open(output, "w") as file:
                file.write(text)
        code = 0
    except (ValueError, RuntimeError, OSError) as error:
        sys.stderr.write("%s: %s\n" % (trace, error))
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        # No clean-up: it would visit whatever the trace left.
        os._exit(code)


def parse_thresholds(text):
    values = tuple(int(field) for field in text.split(","))
    if len(values) != 3:
        raise argparse.ArgumentTypeError("three thresholds expected: T0,T1,T2")
    return values


def read_jobs(path):
    file = sys.stdin if path == "-" else open(path)
    with file:
        for line in file:
            trace, thresholds, output = line.rstrip("\n").split("\t")
            yield trace, parse_thresholds(thresholds), output


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    parser = argparse.ArgumentParser(description="run gcsim traces in this interpreter")
    parser.add_argument("--source", default=os.path.join(here, "driver"), metavar="DIR",
                        help="the extension's sources")
    parser.add_argument("--build", required=True, metavar="DIR")
    parser.add_argument("--jobs", metavar="FILE")
    parser.add_argument("--time", action="store_true", help="print how long the events take")
    parser.add_argument("trace", nargs="?")
    parser.add_argument("thresholds", nargs="?", type=parse_thresholds)
    arguments = parser.parse_args()
    try:
        driver = load(build(arguments.source, arguments.build))
    except (RuntimeError, ImportError, OSError) as error:
        sys.stderr.write("%s\n" % error)
        return 3
    if arguments.jobs:
        jobs = list(read_jobs(arguments.jobs))
    elif arguments.trace and arguments.thresholds:
        jobs = [(arguments.trace, arguments.thresholds, "-")]
    else:
        parser.error("a trace and its thresholds, or --jobs, expected")
    results = [run_apart(driver, *job, timed=arguments.time) for job in jobs]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
