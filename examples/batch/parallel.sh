#!/bin/sh
# A study with GNU parallel, on this machine or, with --sshlogin, on many that share a folder.
#
#   sh parallel.sh scenarios/who-goes.yaml 100000 study 8
set -eu
scenario=$1 replications=$2 study=$3 parts=$4
mkdir -p "$study"
parallel --halt soon,fail=1 \
    stayput run "$scenario" --replications "$replications" --jobs 1 \
    --shard "{}/$parts" --out "$study/part-{}" -f csv '>' /dev/null ::: $(seq "$parts")
# Byte for byte what `stayput run SCENARIO --replications N --out WHOLE` writes.
stayput merge "$study"/part-* --out "$study/whole"
