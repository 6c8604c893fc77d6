# shellcheck shell=bash
# Switching to a release, and whether it works. Part of install.sh.

readonly page_patience_s=45    # a Pi 3 takes 10 s from a cold card
readonly camera_patience_s=100 # the unit's TimeoutStartSec, and a little

page() { # page RELEASE QUESTION: see page.py
    local asks=$1/share/edge-valgus/page.py
    # Of releases that were made before they had their own; ours fits the package of those.
    [ -f "$asks" ] || asks=$here/lib/page.py
    "$1/bin/python" -I "$asks" "$2"
}

state_of() { systemctl show --property ActiveState --value "$1" 2>/dev/null || echo unknown; }

switch_to() { # switch_to RELEASE
    changed=
    local was
    was=$(readlink "$program" || true)
    install_system_files "$1"
    if [ "$was" != "$1" ]; then
        # A link is replaced in one step: there is always a whole program at that place.
        ln -sfn "$1" "$program.new"
        mv -T "$program.new" "$program"
    fi
    systemctl enable "$camera_unit" "$page_unit" >>"$log" 2>&1 || fail "the units could not be enabled; $log says why"
    is_running || return 0
    if [ "$was" = "$1" ] && [ -z "$changed" ] && [ "$(state_of "$page_unit")" = active ]; then
        say "$(basename "$1") runs already, and nothing has changed"
        # Starts the camera's process only if somebody stopped it.
        systemctl start --no-block "$camera_unit" "$page_unit"
        return
    fi
    say "starting $(basename "$1")"
    # Stopped first and waited for, so that whoever is found running afterwards is the new one.
    systemctl stop "$camera_unit" "$page_unit" || true
    systemctl start --no-block "$camera_unit" "$page_unit"
}

is_healthy() { # is_healthy RELEASE CAMERA-BEFORE
    is_running || return 0
    # Twice: one that comes up and falls over is not up.
    { within "$page_patience_s" page_is_up "$1" && sleep 3 && page_is_up "$1"; } || {
        say "the page did not come up and stay within $page_patience_s s"
        return 1
    }
    # Without a camera its process cannot get ready, whatever the release: only one that was ready has to be so again.
    [ "$2" = active ] || return 0
    within "$camera_patience_s" is_active "$camera_unit" || {
        say "the camera's process, which was ready before, did not get ready within $camera_patience_s s"
        return 1
    }
}

page_is_up() { is_active "$page_unit" && page "$1" answers; }

is_active() { [ "$(state_of "$1")" = active ]; }

within() { # within SECONDS COMMAND…: until it succeeds
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 1
    done
}

unproved="" # the release that was switched to and has not been seen to work yet
came_from=""

go_back() { # to the release before, or to none
    # Nothing interrupts this. Should it end early all the same, clear_up does it over again: what is unproved is so until the end.
    hold_out
    if [ "$came_from" != "$unproved" ]; then
        if [ -d "$came_from" ]; then
            say "putting $(basename "$came_from") back"
            switch_to "$came_from"
            is_healthy "$came_from" inactive || say "warning: it does not answer either; see: journalctl -u $page_unit"
        else
            say "taking it out again"
            take_out
        fi
        rm -rf "$unproved"
    fi
    unproved=
}

show_last_words() {
    journalctl --no-pager --output cat -n 5 -u "$page_unit" 2>/dev/null | sed 's/^/    page: /' >&2 || true
    journalctl --no-pager --output cat -n 5 -u "$camera_unit" 2>/dev/null | sed 's/^/    camera: /' >&2 || true
}

take_out() { # the program and all that makes it start; settings, sets and releases stay
    if is_running; then systemctl stop "$camera_unit" "$page_unit" >>"$log" 2>&1 || true; fi
    systemctl disable "$camera_unit" "$page_unit" >>"$log" 2>&1 || true
    remove_system_files
    if [ -L "$program" ]; then rm "$program"; fi
}

tell() { # tell RELEASE BEFORE: what a person does next
    say "$(basename "$1") is installed$([ -z "$2" ] || [ "$2" = "$1" ] || printf ', in place of %s' "$(basename "$2")")"
    if ! is_running; then
        say "it starts with the machine"
        return
    fi
    say "the page: $(page "$1" address)"
    if is_active "$camera_unit"; then
        say "the camera's process is ready and watches"
    elif [ -n "$must_restart" ]; then
        say "restart the machine now, so that camera and lights are found: sudo reboot"
    elif ! has_model; then
        say "it waits for MoveNet before it watches people; the page says how to fetch it"
    else
        say "the camera's process is not ready yet; the page says why, and so does: sudo edge-valgus doctor"
    fi
}
