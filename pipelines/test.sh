#!/usr/bin/env bash
# The tests: sets everything up, torch included, then runs the fast suite, the linters and the types.
#   bash pipelines/test.sh [pytest options]
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/setup/setup.sh"
setup '[train,dev]'
.venv/bin/ruff check docclean tests pipelines
.venv/bin/ruff format --check docclean tests pipelines
.venv/bin/lint-imports --no-cache
.venv/bin/mypy
# two processes of one thread each, Tesseract's too: threads of both would wait for the same cores
export OMP_NUM_THREADS=1 OMP_THREAD_LIMIT=1
exec .venv/bin/python -m pytest -n auto --dist loadfile "$@"
