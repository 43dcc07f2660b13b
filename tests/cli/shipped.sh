#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Every file under configs/ is valid as it stands, by its path and by its name.
. "$(dirname "$0")/common.sh"
count=0
for file in "$SOURCE"/configs/workloads/*.yaml; do
    name=$(basename "$file" .yaml)
    expect 0 trace make "$file" --max-events 20000 -o "$name.gctb" -q
    expect 0 trace check "$name.gctb" -q
    [ -s ../err ] && differ "$name: $(cat ../err)"
    expect 0 trace make "$name" --max-events 20000 -o again.gctb -q --force
    same again.gctb "$name.gctb"
    expect 0 trace make "$name" --max-events 20000 --seed 2 -o again.gctb -q --force
    expect 0 list workloads
    grep -q "^$name: " ../out || differ "list workloads lacks $name"
    count=$((count + 1))
done
[ $count -ge 3 ] || differ "only $count workloads"
for file in "$SOURCE"/configs/strategies/*.yaml; do
    name=$(basename "$file" .yaml)
    expect 0 run web.gctb -S "$file" -t 300 --format csv
    cp ../out ../by_path
    expect 0 run web.gctb -S "$name" -t 300 --format csv
    same ../out ../by_path
    grep -q ",$name," ../out || differ "$name is called otherwise"
    expect 0 list strategies
    grep -q "^$name: " ../out || differ "list strategies lacks $name"
done
for file in "$SOURCE"/configs/costs/*.yaml; do
    name=$(basename "$file" .yaml)
    expect 0 run web.gctb --cost "$file" -m "$name" -t 300 --format csv
    cp ../out ../by_path
    expect 0 run web.gctb --cost "$name" -m "$name" -t 300 --format csv
    same ../out ../by_path
    # It is its model's own, so leaving it out changes nothing.
    expect 0 run web.gctb -m "$name" -t 300 --format csv
    same ../out ../by_path
    expect 0 list costs
    grep -q "^$name " ../out || differ "list costs lacks $name"
done
# Studies, with a few events; they share their names with no workload.
for file in "$SOURCE"/configs/studies/*.yaml; do
    name=$(basename "$file" .yaml)
    expect 0 sweep "$file" --max-events 2000
    cp ../out ../by_path
    expect 0 sweep "$name" --max-events 2000
    same ../out ../by_path
    [ -f "$SOURCE/configs/workloads/$name.yaml" ] && differ "$name is a workload, too"
    expect 0 list studies
    grep -q "^$name: " ../out || differ "list studies lacks $name"
done
finish
