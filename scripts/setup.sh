# Sourced by the other scripts: `set_up DIRECTORY EXTRAS` makes a virtual environment with the project and those extras in it.
# Works as root or not, from any working directory, on a bare Debian or Ubuntu with Python 3.11 or newer.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '== %s\n' "$*" >&2; }

find_python() {
    local candidate
    for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3; do
        if [ -n "$candidate" ] && command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

install_packages() {
    local as_root=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null 2>&1 || ! sudo -n true 2>/dev/null; then
            say "these Debian packages are needed, and only root may install them: $*"
            say "run: apt-get install $*"
            return 1
        fi
        as_root=(sudo -n)
    fi
    say "installing Debian packages: $*"
    "${as_root[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install -y -qq --no-install-recommends "$@" >&2
}

set_up() {
    local environment=$1 extras=$2 python stamp wanted
    if ! python=$(find_python); then
        install_packages python3 python3-venv
        python=$(find_python) || { say "found no Python 3.11 or newer, and Debian gave none"; return 1; }
    fi
    stamp=$environment/.set-up
    wanted=$(cat "$root/pyproject.toml" "$root/constraints.txt" | sha256sum)" $extras $root"
    if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$wanted" ]; then
        return
    fi
    if [ ! -x "$environment/bin/python" ]; then
        say "making a virtual environment in ${environment#"$root"/}"
        if ! "$python" -c 'import ensurepip' 2>/dev/null; then
            install_packages python3-venv
        fi
        "$python" -m venv "$environment"
    fi
    say "installing the project and what it needs (a few minutes the first time)"
    "$environment/bin/python" -m pip install --quiet --disable-pip-version-check \
        --constraint "$root/constraints.txt" --editable "$root[$extras]"
    printf '%s' "$wanted" >"$stamp"
}

set_up_browser() {
    # The pages are tested in Debian's Chromium; without it those tests are skipped, and say so.
    if command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
        command -v google-chrome >/dev/null 2>&1; then
        return
    fi
    install_packages chromium || say "going on without a browser; the tests of the pages will be skipped"
}
