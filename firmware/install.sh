#!/usr/bin/env bash
# Turns a Raspberry Pi, or any Debian 12 or 13, into the device. `firmware/install.sh --help` says how.
# Why it is as it is: docs/decisions.md, "The device".
set -euo pipefail
export LC_ALL=C.UTF-8 LANGUAGE= # what apt answers is read here, and it answers in the language of the machine
umask 022 # what is installed has to be readable for the device's users, whatever root's habits are

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly here
readonly program=/opt/edge-valgus releases=/opt/edge-valgus-releases
readonly config=/etc/edge-valgus/config.toml state=/var/lib/edge-valgus
readonly log=/var/log/edge-valgus-install.log
readonly camera_unit=edge-valgus.service page_unit=edge-valgus-web.service

# shellcheck source=firmware/lib/say.sh
. "$here/lib/say.sh"
# shellcheck source=firmware/lib/machine.sh
. "$here/lib/machine.sh"
# shellcheck source=firmware/lib/release.sh
. "$here/lib/release.sh"
# shellcheck source=firmware/lib/system.sh
. "$here/lib/system.sh"
# shellcheck source=firmware/lib/services.sh
. "$here/lib/services.sh"

usage() {
    cat <<'END'
Usage: sudo firmware/install.sh [OPTION…]

Makes this machine an edge-valgus, or brings one up to date. Run it from a checkout or an unpacked release. Running it again
is safe: what is right stays as it is. Settings and stored sets are never touched. When an upgrade does not work, the version
before it is put back by itself.

  --hostname NAME   call the machine so; with NAME = edge-valgus the page is at http://edge-valgus.local
  --wheel FILE      install this build of edge-valgus instead of building one from here
  --wheels DIR      take all Python packages from this folder, without a network; `pip download` or `pip wheel` fills it
  --no-model        do not fetch MoveNet (2.9 MB); without it the device does not watch people
  --pi              treat it as a Raspberry Pi although it does not look like one: for building an image

  --uninstall       remove the program; settings and stored sets stay
  --purge           with --uninstall: remove these too, for good; only a state_dir of your own stays, and is named
  --help            this

  sudo firmware/install.sh --hostname edge-valgus       the usual first time
  sudo firmware/install.sh                              from a newer checkout: upgrade
  sudo firmware/install.sh --uninstall --purge          as if it had never been here

It puts the program into /opt/edge-valgus (a link to a version in /opt/edge-valgus-releases, of which the last two are kept), its
command into /usr/local/bin, the settings into /etc/edge-valgus/config.toml, the sets and the model into /var/lib/edge-valgus, units into
/usr/local/lib/systemd/system, and what apt and pip say into /var/log/edge-valgus-install.log.
END
}

main() {
    local action=install purge="" hostname="" wheel="" wheels="" model=yes
    while [ $# -gt 0 ]; do
        case $1 in
            --hostname) has_value "$@" && hostname=$2 && shift ;;
            --wheel) has_value "$@" && wheel=$2 && shift ;;
            --wheels) has_value "$@" && wheels=$2 && shift ;;
            --no-model) model= ;;
            --pi) as_pi=yes ;;
            --uninstall) action=uninstall ;;
            --purge) purge=yes ;;
            -h | --help) usage && return ;;
            *) fail "unknown option $1; firmware/install.sh --help lists them" ;;
        esac
        shift
    done
    if [ -n "$purge" ] && [ "$action" != uninstall ]; then
        fail "--purge removes settings and stored sets, and goes with --uninstall only"
    fi
    check_root
    take_turn
    if [ "$action" = uninstall ]; then
        uninstall "$purge"
    else
        check_arguments "$hostname" "$wheel" "$wheels"
        install_device "$hostname" "$wheel" "$wheels" "$model"
    fi
}

install_device() { # install_device HOSTNAME WHEEL WHEELS MODEL
    local release before camera_before
    check_machine
    install_packages
    check_program_link
    before=$(readlink "$program" || true)
    camera_before=$(state_of "$camera_unit")
    make_release "$2" "$3" # sets made_release
    release=$made_release
    prove "$release"
    check_settings "$release" "$before"

    # What these leave behind does the release before no harm, and is right already when this runs again.
    make_users "$release"
    make_settings "$release"
    [ -z "$1" ] || name_machine "$1"
    [ -z "$4" ] || fetch_model "$release"
    # From here on another release runs. Whatever ends this early, the one before is put back, with its system files.
    came_from=$before
    unproved=$release
    switch_to "$release"
    if ! is_healthy "$release" "$camera_before"; then
        show_last_words
        go_back
        [ "$before" != "$release" ] || fail "$(basename "$release"), which is installed here already, does not work; the reason stands above"
        fail "$(basename "$release") did not work here$([ -z "$before" ] || printf '; %s runs again' "$(basename "$before")"). Settings and sets are as they were, the reason stands above"
    fi
    unproved=
    forget_old_releases "$release" "$before"
    tell "$release" "$before"
}

uninstall() { # uninstall PURGE
    local elsewhere
    take_out
    rm -rf "$releases"
    if [ -n "$1" ]; then
        elsewhere=$(other_state)
        rm -rf /etc/edge-valgus "$state" /run/edge-valgus
        remove_users
        say "removed, with its settings and the sets in $state"
        # Whatever else that folder holds is not ours to remove.
        [ -z "$elsewhere" ] || say "warning: the settings had state_dir = $elsewhere; what is there stays, remove it yourself"
    else
        say "removed; settings stay in /etc/edge-valgus, sets and model in $state (--uninstall --purge removes these too)"
    fi
    say "packages from apt stay: other programs may use them"
    rm -f "$log"
}

main "$@"
