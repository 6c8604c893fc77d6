# shellcheck shell=bash
# Talking, stopping, and clearing up. Part of install.sh.

# Nobody there to read it any more is no reason to stop half-way.
say() { printf 'edge-valgus: %s\n' "$*" || true; }

fail() {
    printf 'edge-valgus: %s\n' "$*" >&2
    failed=yes
    exit 1
}

has_value() { # has_value OPTION [VALUE]…
    [ $# -ge 2 ] && [ -n "$2" ] || fail "$1 needs a value; firmware/install.sh --help tells which"
}

# What apt and pip say goes to the log; the person gets one line, and the end of the log if it went wrong.
quietly() { # quietly WHAT COMMAND…
    local what=$1
    shift
    say "$what"
    if ! "$@" >>"$log" 2>&1 </dev/null; then
        tail -n 15 "$log" | sed 's/^/    /' >&2
        return 1
    fi
}

scratch="" unfinished="" failed=""

hold_out() { trap '' INT TERM HUP PIPE; } # from here to the end, against Ctrl-C and a terminal that goes away

clear_up() {
    local status=$?
    hold_out
    trap - EXIT
    set +e
    if [ -n "$unproved" ]; then go_back; fi
    [ -z "$scratch" ] || rm -rf "$scratch"
    [ -z "$unfinished" ] || rm -rf "$unfinished"
    if [ "$status" -ne 0 ] && [ -z "$failed" ]; then
        printf 'edge-valgus: stopped before its end (status %s); %s tells more. Running it again is safe\n' "$status" "$log" >&2
    fi
    exit "$status"
}

take_turn() {
    # Two at once would each take the other's unfinished release for rubbish.
    exec 9>/run/edge-valgus-install.lock
    flock -n 9 || fail "another installation is running here; wait for its end"
    trap clear_up EXIT
    trap 'hold_out; exit 130' INT
    trap 'hold_out; exit 143' TERM HUP
    scratch=$(mktemp -d /var/tmp/edge-valgus-install.XXXXXX)
    mkdir -p "$(dirname "$log")"
    printf '\n=== %s\n' "$(date)" >>"$log"
}
