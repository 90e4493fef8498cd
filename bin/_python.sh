# Sourced by the commands of this folder: find Python 3.11 or newer and hand over to the set-up, or say what to do.

hand_over() {
    # Started from nothing (cron, `env -i`, `su`), the path may be empty or lack what apt needs.
    PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/local/sbin:/usr/sbin:/sbin"
    export PATH
    # A second start is fast because the first one left its bytecode, whatever the shell around asks.
    unset PYTHONDONTWRITEBYTECODE
    here=$(CDPATH= cd -P -- "$(dirname -- "$0")" && pwd) || exit 1
    for candidate in python3 python3.13 python3.12 python3.11 /usr/bin/python3; do
        if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; then
            module=$1
            shift
            # -P: a file of the current folder must not pass for a module.
            PYTHONPATH="$here/../src" exec "$candidate" -P -m "intervalle.setup.$module" "$@"
        fi
    done
    if command -v python3 >/dev/null 2>&1; then
        echo "Échec : il faut Python 3.11 ou plus récent et cette machine a $(python3 --version 2>&1) : passez à Debian 12, Debian 13 ou Ubuntu 24.04, ou installez un Python plus récent, puis relancez." >&2
    else
        echo "Échec : Python est absent de cette machine : installez-le avec « sudo apt-get install python3 », puis relancez." >&2
    fi
    exit 1
}
