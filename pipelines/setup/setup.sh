#!/usr/bin/env bash
# Set-up shared by run.sh and test.sh: Debian packages, a virtual environment in .venv, docclean in it.
#   source pipelines/setup/setup.sh; setup EXTRAS
# EXTRAS is '' or a list such as '[train,dev]'. Everything it cannot install it says in one line.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

say() { printf 'docclean set-up: %s\n' "$*" >&2; }
stop() { say "$*"; rm -f "${log:-}"; exit 3; }

root_do() {
    if [ "$(id -u)" -eq 0 ]; then "$@"
    elif command -v sudo >/dev/null; then sudo "$@"
    else return 1
    fi
}

listed_packages() { # use: '' for what is needed, or 'test', 'optional'
    awk -v use="$1" '!/^#/ && NF && $2 == use { print $1 }' "$here/packages.txt"
}

missing_of() {
    local name
    for name in "$@"; do
        dpkg-query -W -f '${db:Status-Status}\n' "$name" 2>/dev/null | grep -qx installed || echo "$name"
    done
}

install_packages() { # packages...
    [ $# -eq 0 ] && return 0
    if [ $# -le 12 ]; then say "installing $# Debian packages: $*"; else say "installing $# Debian packages"; fi
    root_do env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" \
        </dev/null >"$log" 2>&1
}

install_fonts() { # and word lists, for the pages that are set here; without them there are fewer faces
    local lacking name failed=0
    # shellcheck disable=SC2046
    lacking=$(missing_of $(listed_packages optional))
    [ -z "$lacking" ] && return 0
    root_do apt-get update -qq >"$log" 2>&1 || true
    # shellcheck disable=SC2086
    install_packages $lacking && return 0
    if root_do true; then
        for name in $lacking; do install_packages "$name" 2>/dev/null || failed=$((failed + 1)); done
    else
        failed=all
    fi
    [ "$failed" = 0 ] || say "fonts and word lists not installed: $failed; pages are set in what there is"
}

setup() {
    local extras=$1 python='' candidate lacking
    cd "$here/../.." || exit 3
    log=$(mktemp)
    if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then
        # shellcheck disable=SC2046
        lacking=$(missing_of $(listed_packages ''))
        # shellcheck disable=SC2046
        if [[ $extras == *dev* ]]; then lacking="$lacking $(missing_of $(listed_packages test))"; fi
        if ! command -v python3.11 >/dev/null && ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            lacking="$lacking python3"
        fi
        if ! python3 -c 'import venv, ensurepip' 2>/dev/null; then lacking="$lacking python3-venv"; fi
        if [ -n "${lacking// /}" ]; then
            root_do apt-get update -qq >"$log" 2>&1 || say "could not refresh the package list (no root, or no network)"
            # shellcheck disable=SC2086
            if ! install_packages $lacking; then
                say "apt-get could not install all of them at once; trying one by one"
                for candidate in $lacking; do
                    install_packages "$candidate" && continue
                    tail -n 2 "$log" >&2
                    say "could not install $candidate; as root: apt-get install $candidate"
                done
            fi
        fi
        if [[ $extras == *train* ]]; then install_fonts; fi
    else
        say "not a Debian machine: install tesseract (with English) and fontconfig yourself"
    fi
    for candidate in python3 python3.14 python3.13 python3.12 python3.11; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then python=$candidate; break; fi
    done
    [ -n "$python" ] || stop "no Python of 3.11 or newer found; install one and run this again"
    command -v tesseract >/dev/null || stop "the program tesseract is missing and could not be installed; as root: apt-get install tesseract-ocr"
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then # none, or one that was half made
        rm -rf .venv
        "$python" -m venv .venv || stop "could not make a virtual environment; as root: apt-get install python3-venv"
    fi
    if ! stamp_is_current "$extras"; then
        say "installing docclean$extras into .venv (the first time takes a few minutes)"
        .venv/bin/python -m pip install --quiet --disable-pip-version-check -e ".$extras" >"$log" 2>&1 \
            || { tail -5 "$log" >&2; stop "pip could not install docclean$extras; the lines above say why"; }
        sha256sum pyproject.toml >".venv/docclean${extras//[^a-z]/-}.stamp"
    fi
    rm -f "$log"
}

stamp_is_current() {
    sha256sum --check --status ".venv/docclean${1//[^a-z]/-}.stamp" 2>/dev/null && [ -x .venv/bin/docclean ]
}
