# shellcheck shell=bash
# Users, settings, units and the other system files. Part of install.sh.

readonly units=/usr/local/lib/systemd/system
readonly avahi_file=/etc/avahi/services/edge-valgus.service
readonly journald_file=/etc/systemd/journald.conf.d/edge-valgus.conf
readonly watchdog_file=/etc/systemd/system.conf.d/edge-valgus.conf
readonly boot=/boot/firmware
readonly command_link=/usr/local/bin/edge-valgus
readonly include='include edge-valgus.txt'
readonly added=$'\n[all]\n'$include$'\n' # to the end of config.txt

make_users() { # make_users RELEASE
    local kept=$1/share/edge-valgus/systemd
    put "$kept/edge-valgus.sysusers" /usr/local/lib/sysusers.d/edge-valgus.conf
    put "$kept/edge-valgus.tmpfiles" /usr/local/lib/tmpfiles.d/edge-valgus.conf
    systemd-sysusers /usr/local/lib/sysusers.d/edge-valgus.conf >>"$log" 2>&1 || fail "the users could not be made; $log says why"
    systemd-tmpfiles --create /usr/local/lib/tmpfiles.d/edge-valgus.conf >>"$log" 2>&1 ||
        fail "the folders could not be made; $log says why"
}

remove_users() {
    local name
    for name in edge-valgus edge-valgus-web; do
        if getent passwd "$name" >/dev/null; then userdel "$name" >>"$log" 2>&1 || true; fi
        if getent group "$name" >/dev/null; then groupdel "$name" >>"$log" 2>&1 || true; fi
    done
}

make_settings() { # make_settings RELEASE
    [ ! -e "$config" ] || return 0
    say "writing $config"
    "$1/bin/edge-valgus" config default >"$scratch/config.toml"
    # So that the address needs no number. While an image is built, it is another machine whose ports one could ask about.
    if ! is_running || is_free 80; then
        sed -i 's/^#port = 8080$/port = 80/' "$scratch/config.toml"
    else
        say "port 80 is in use here, so the page will be on port 8080"
    fi
    "$1/bin/edge-valgus" config check "$scratch/config.toml" >/dev/null
    put "$scratch/config.toml" "$config"
}

other_state() { # the settings' folder for the sets, if it is another than ours; nothing of the program may be left to ask
    [ -f "$config" ] || return 0
    sed -n "s/^[[:space:]]*state_dir[[:space:]]*=[[:space:]]*[\"']\([^\"']*\)[\"'].*/\1/p" "$config" | grep -vxF "$state" || true
}

is_free() { ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

fetch_model() { # fetch_model RELEASE
    say "fetching MoveNet, unless it is here"
    # As the user that will read it. A damaged file is fetched again, a right one left alone.
    if ! as_device "$1/bin/edge-valgus" models fetch movenet-lightning-int8 >>"$log" 2>&1; then
        tail -n 1 "$log" | sed 's/^/    /' >&2
        say "warning: MoveNet could not be fetched, and without it the device does not watch people; later: sudo -u edge-valgus edge-valgus models fetch"
    fi
}

as_device() { (cd "$state" && umask 027 && runuser -u edge-valgus -- env -u EDGE_VALGUS_MODEL_DIR "$@" </dev/null); }

has_model() { as_device "$program/bin/edge-valgus" models verify movenet-lightning-int8 >/dev/null 2>&1; }

install_system_files() { # install_system_files RELEASE
    local kept=$1/share/edge-valgus address
    make_users "$1"
    put "$kept/systemd/$camera_unit" "$units/$camera_unit"
    put "$kept/systemd/$page_unit" "$units/$page_unit"
    if [ -d /etc/avahi ]; then
        address=$(page "$1" port)
        sed "s/@PORT@/$address/" "$kept/system/avahi.service" >"$scratch/avahi.service"
        put "$scratch/avahi.service" "$avahi_file"
    fi
    put "$kept/system/journald.conf" "$journald_file"
    link_command
    if is_pi; then
        put "$kept/system/watchdog.conf" "$watchdog_file"
        [ ! -f "$boot/config.txt" ] || include_boot_settings "$kept/system/config.txt"
    fi
    if is_running; then
        [ -z "$changed" ] || systemctl daemon-reload
        case $changed in *"$journald_file"*) systemctl try-restart systemd-journald.service || true ;; esac
    fi
}

# So that `edge-valgus doctor` is found where a person logs in.
link_command() {
    [ "$(readlink "$command_link" || true)" != "$program/bin/edge-valgus" ] || return 0
    if [ -e "$command_link" ] || [ -L "$command_link" ]; then
        say "warning: $command_link is not ours and stays; the command here is $program/bin/edge-valgus"
        return
    fi
    mkdir -p "$(dirname "$command_link")"
    ln -s "$program/bin/edge-valgus" "$command_link"
}

include_boot_settings() { # include_boot_settings FRAGMENT
    put "$1" "$boot/edge-valgus.txt"
    grep -qxF "$include" "$boot/config.txt" && return
    say "adding \"$include\" to $boot/config.txt"
    # In a section for all models, whatever the file ends in. Whole or not at all: a Pi does not start from half of one.
    { cat "$boot/config.txt" && printf '%s' "$added"; } >"$boot/config.txt.new"
    replace "$boot/config.txt"
    must_restart=yes
}

remove_system_files() {
    rm -f "$units/$camera_unit" "$units/$page_unit" "$avahi_file" "$journald_file" "$watchdog_file" \
        /usr/local/lib/sysusers.d/edge-valgus.conf /usr/local/lib/tmpfiles.d/edge-valgus.conf
    if [ "$(readlink "$command_link" || true)" = "$program/bin/edge-valgus" ]; then rm "$command_link"; fi
    exclude_boot_settings
    if is_running; then systemctl daemon-reload; fi
}

exclude_boot_settings() {
    local text
    if grep -qsxF "$include" "$boot/config.txt"; then
        text=$(cat "$boot/config.txt" && printf .) # the dot keeps the last line's end
        text=${text%.}
        if [ "${text%"$added"}" != "$text" ]; then
            printf '%s' "${text%"$added"}" >"$boot/config.txt.new"
        else
            # Somebody went on below, perhaps counting on the [all].
            grep -vxF "$include" "$boot/config.txt" >"$boot/config.txt.new" || true # 1: nothing else was in it
        fi
        replace "$boot/config.txt"
    fi
    rm -f "$boot/edge-valgus.txt"
}

changed="" must_restart=""

put() { # put FILE PLACE: copy it there, readable for all, if it is another one; notes what has changed
    cmp -s "$1" "$2" && return
    mkdir -p "$(dirname "$2")"
    cp "$1" "$2.new"
    chmod 0644 "$2.new"
    replace "$2"
    changed="$changed $2"
}

replace() { # replace FILE: FILE.new takes its place, and is on the disk before: FAT has no journal, and power may fail at any moment
    sync "$1.new"
    mv "$1.new" "$1"
    sync -f "$(dirname "$1")"
}
