#!/bin/sh
# A study with GNU parallel, on this machine or, with --sshlogin, on many that share a folder.
#
#   sh parallel.sh scenarios/random-ties.yaml 100000 study 8
#
# If it was stopped, the same command continues it. Parts of another study in the
# folder are refused.
set -eu
scenario=$1 replications=$2 study=$3 parts=$4
mkdir -p "$study"
parallel --halt soon,fail=1 \
    stayput run "$scenario" --replications "$replications" --jobs 1 \
    --shard "{}/$parts" --out "$study/part-{}" --resume -f csv '>' /dev/null ::: $(seq "$parts")
# Merges only the parts of this run; an earlier run may have left more parts. The result has the
# same bytes as what `stayput run SCENARIO --replications N --out WHOLE` writes.
stayput merge $(seq -f "$study/part-%.0f" "$parts") --out "$study/whole"
