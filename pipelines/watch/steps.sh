#!/bin/sh
# What the Containerfile does, step by step, so that the very steps can be run without an engine.
#   steps.sh system "eng deu"      Debian packages, and the user that docclean runs as
#   steps.sh build SOURCE TARGET   docclean in a virtual environment of its own
#   steps.sh run [watch|serve] ... what the container runs: the watched folder, or the page
#   steps.sh healthy STATUS        whether the watcher's heartbeat is younger than two minutes;
#                                  without a status file, whether the page's service answers
set -eu

languages() { # the package of each language: chi_sim is tesseract-ocr-chi-sim
    for name in $1; do echo "tesseract-ocr-$(echo "$name" | tr _ -)"; done
}

case ${1-} in
system)
    apt-get update -qq
    # shellcheck disable=SC2046
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        tesseract-ocr $(languages "${2-eng}") </dev/null
    rm -rf /var/lib/apt/lists/*
    id docclean >/dev/null 2>&1 || useradd --system --uid 10001 --no-create-home docclean
    mkdir -p /inbox /outbox
    chown docclean /inbox /outbox
    ;;
build)
    python3 -m venv "$3"
    "$3/bin/pip" install --quiet --no-cache-dir "$2[serve]"
    ;;
run)
    shift
    case ${1-} in
    serve) # its documents lie in memory, in /tmp; who may come in, DOCCLEAN_TOKEN or --no-token says
        shift
        exec docclean serve --host 0.0.0.0 --room 1G "$@"
        ;;
    watch) shift ;;
    esac
    exec docclean watch /inbox /outbox --status /tmp/status.json "$@"
    ;;
healthy)
    exec python3 - "$2" <<'PYTHON'
import json, os, sys, time, urllib.request
if not os.path.exists(sys.argv[1]):
    print(urllib.request.urlopen("http://127.0.0.1:8765/healthz", timeout=10).read().decode())
    sys.exit(0)
told = json.load(open(sys.argv[1]))
late = time.time() - told["heartbeat"]
print(f"heartbeat {late:.0f} s ago, {told['done']} done, {told['failed']} failed {told['paused']}")
sys.exit(late > 120)
PYTHON
    ;;
*)
    sed -n '2,7s/^# \{0,1\}//p' "$0" >&2
    exit 1
    ;;
esac
