#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Compares gcsim with every ledger here whose release it models: compare.sh GCSIM
set -eu
gcsim=$1
here=$(cd "$(dirname "$0")" && pwd)
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
equal=0 differ=0 left_out='' rows=0
for ledger in "$here"/*_cpython-*.csv.gz; do
    file=$(basename "$ledger" .csv.gz)
    name=${file%%_*} rest=${file#*_}
    release=${rest%%_*} thresholds=$(echo "${rest#*_}" | tr _ ,)
    zcat "$here/$name.gctrace.gz" >"$scratch/$name.gctrace"
    case $release in cpython-3.14.[0-4]) # the incremental ones saw no roots
        sed -i '1a o roots=native' "$scratch/$name.gctrace" ;;
    esac
    if ! "$gcsim" run "$scratch/$name.gctrace" -m "$release" -t "$thresholds" -o "$scratch/out" \
        --force -q 2>"$scratch/said"; then
        grep -q 'not modelled' "$scratch/said" || { cat "$scratch/said"; exit 1; }
        case " $left_out " in *" $release "*) ;; *) left_out="$left_out $release" ;; esac
        continue
    fi
    tail -n +2 "$scratch/out/collections.csv" | cut -d, -f2,4,9,10 >"$scratch/is"
    zcat "$ledger" >"$scratch/should"
    if cmp -s "$scratch/is" "$scratch/should"; then
        equal=$((equal + 1)) rows=$((rows + $(wc -l <"$scratch/should")))
    else
        differ=$((differ + 1))
        echo "$file differs:"
        diff "$scratch/should" "$scratch/is" | head -6
    fi
done
echo "oracle: $equal ledgers equal ($rows collections), $differ differ; not modelled:${left_out:- none}"
[ "$differ" = 0 ] && [ "$equal" -gt 0 ]
