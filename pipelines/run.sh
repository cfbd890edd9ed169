#!/usr/bin/env bash
# The main job: sets everything up, then cleans and reads. With no folder: a page it makes itself.
#   bash pipelines/run.sh [FOLDER ...]
set -euo pipefail
for index in $(seq 1 $#); do # folders are named from where the caller stands
    folder=$(realpath -- "$1"); shift; set -- "$@" "$folder"
done
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"
setup '[measure]'
exec .venv/bin/docclean demo -o out/demo "$@"
