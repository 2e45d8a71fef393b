#!/bin/sh
# A study as a Slurm job array, one task for each part, and a job that puts them together:
#
#   id=$(sbatch --parsable --array=1-8 slurm.sh scenarios/random-ties.yaml 100000 study)
#   sbatch --dependency="afterok:$id" --kill-on-invalid-dep=yes --wrap 'stayput merge study/part-* --out study/whole'
#
# With `--kill-on-invalid-dep`, the second job ends if a part fails; without it, it waits for ever.
# The replications so far can be seen at any time: stayput merge --partial study/part-*
#
# The result, study/whole, has the same bytes as the result of this command on one machine:
#
#   stayput run scenarios/random-ties.yaml --replications 100000 --out study/whole
#
# A task that was interrupted, killed or requeued continues where it stopped. To run one again:
#
#   PARTS=8 sbatch --array=3 slurm.sh scenarios/random-ties.yaml 100000 study
#
# Parts of an earlier study in the same folder are refused, not mixed: `--resume` names what
# differs. Use a new folder for a changed scenario.
#SBATCH --job-name=stayput
#SBATCH --cpus-per-task=2
#SBATCH --requeue
#SBATCH --signal=INT@60
#SBATCH --output=stayput-%A-%a.log
set -eu
scenario=$1 replications=$2 study=$3
mkdir -p "$study"
# Tasks are numbered from 1, without a gap.
exec stayput run "$scenario" --replications "$replications" --jobs "${SLURM_CPUS_PER_TASK:-1}" \
    --shard "$SLURM_ARRAY_TASK_ID/${PARTS:-$SLURM_ARRAY_TASK_COUNT}" \
    --out "$study/part-$SLURM_ARRAY_TASK_ID" --resume
