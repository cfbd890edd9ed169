#!/usr/bin/env bash
#SBATCH --job-name=docclean
#SBATCH --cpus-per-task=2
#SBATCH --mem=2G
#SBATCH --time=04:00:00
#SBATCH --requeue
#SBATCH --signal=B:INT@120
# One shard of a folder for each task of an array. Arguments are those of docclean clean:
#   sbatch --array=1-8 slurm-array.sh /data/scans -o /data/cleaned
# One shard again, of as many as before:
#   SHARDS=8 sbatch --array=3 slurm-array.sh /data/scans -o /data/cleaned
# Two minutes before the time is up, files in hand are finished (exit status 130); the same call
# goes on. DOCCLEAN names the command where it is not on the path.
set -euo pipefail
n=${SHARDS:-${SLURM_ARRAY_TASK_COUNT:?run it with sbatch --array=1-8}}
i=$SLURM_ARRAY_TASK_ID
if [ "$i" -lt 1 ] || [ "$i" -gt "$n" ]; then
    echo "there is no shard $i of $n: arrays go from 1; for some of them again, set SHARDS" >&2
    exit 1
fi
# threads of both processes would wait for the same cores
exec "${DOCCLEAN:-docclean}" clean "$@" --shard "$i/$n" \
    --jobs "${SLURM_CPUS_PER_TASK:-1}" --threads 1
