#!/bin/sh
# A study as a Slurm job array, one task for each part, and a job that puts them together:
#
#   id=$(sbatch --parsable --array=1-8 slurm.sh scenarios/who-goes.yaml 100000 study)
#   sbatch --dependency="afterok:$id" --wrap 'stayput merge study/part-* --out study/whole'
#
# What comes of it, study/whole, is byte for byte what this would write on one machine:
#
#   stayput run scenarios/who-goes.yaml --replications 100000 --out study/whole
#
# A task that was interrupted or lost is run again alone: sbatch --array=3 --export=ALL,PARTS=8 …
#SBATCH --job-name=stayput
#SBATCH --cpus-per-task=2
#SBATCH --output=stayput-%A-%a.log
set -eu
scenario=$1 replications=$2 study=$3
mkdir -p "$study"
# Tasks are numbered from 1, without a gap.
exec stayput run "$scenario" --replications "$replications" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    --shard "$SLURM_ARRAY_TASK_ID/${PARTS:-$SLURM_ARRAY_TASK_COUNT}" \
    --out "$study/part-$SLURM_ARRAY_TASK_ID"
