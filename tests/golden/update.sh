#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Rewrites the golden files: sh tests/golden/update.sh GCSIM
#
# How to review: `git diff --stat tests/golden` first. Every file that changed must be explained
# by the change at hand, and the commit message says how. A new column changes all files of one
# name and only adds at the end of lines: `git diff --word-diff`. A change of prices moves pauses
# and times (pause_ns, time_ns, gc_ns) and nothing else. Anything in collections.csv before
# pause_ns (where a collection falls, what it examines and finds) is the fidelity to CPython:
# that may only change with a reason found in CPython's source, or to a real interpreter's figures.
if [ $# -ne 1 ]; then
    echo "usage: $0 GCSIM" >&2
    exit 2
fi
sh "$(dirname "$0")/golden.sh" "$1" --update
