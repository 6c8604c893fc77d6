# shellcheck shell=bash
# Making a release: a virtual environment beside the one that runs, with the system files that belong to it.
# Part of install.sh. Nothing here touches what runs.

readonly complete=share/edge-valgus/complete # written last: a release without it is rubbish of an interrupted attempt

check_program_link() {
    if [ -e "$program" ] && [ ! -L "$program" ]; then
        fail "$program is a folder of its own and not our link to a release; move it away (mv $program $program.old) and run this again"
    fi
}

make_release() { # make_release WHEEL WHEELS: sets made_release
    local wheel=$1 from=() name
    # An absolute folder, and as options that pip hands on to the environment it builds in.
    [ -z "$2" ] || from=(--no-index --find-links "$(cd "$2" && pwd)")
    if [ -z "$wheel" ]; then
        build_wheel "${from[@]}"
        wheel=$(compgen -G "$scratch/wheel/edge_valgus-*.whl") || fail "no wheel came of building; $log tells more"
    fi
    name=$(release_name "$wheel")
    made_release=$releases/$name
    if [ -f "$made_release/$complete" ]; then
        say "$name is here already"
        return
    fi
    rm -rf "$made_release"
    mkdir -p "$releases"
    unfinished=$made_release
    quietly "making $made_release" /usr/bin/python3 -m venv --system-site-packages "$made_release" ||
        fail "no virtual environment could be made; the lines above say why"
    quietly "installing $(basename "$wheel") and what it needs (minutes on a Pi)" \
        "${as_built[@]}" "$made_release/bin/python" -m pip install --no-cache-dir --disable-pip-version-check "${from[@]}" "$wheel" ||
        fail "pip could not install it; the lines above say why, $log all of it. Without a network here: --wheels DIR"
    keep_system_files "$made_release"
    touch "$made_release/$complete"
    unfinished=
}

build_wheel() { # build_wheel PIP-OPTION…
    local maker=$scratch/maker
    quietly "building edge-valgus from $(cd "$here/.." && pwd)" /usr/bin/python3 -m venv "$maker" ||
        fail "no virtual environment could be made; the lines above say why"
    "$maker/bin/python" -m pip wheel --no-deps --no-cache-dir --disable-pip-version-check "$@" \
        --wheel-dir "$scratch/wheel" "$here/.." >>"$log" 2>&1 </dev/null || {
        tail -n 15 "$log" | sed 's/^/    /' >&2
        fail "it could not be built; the lines above say why. With a ready build: --wheel FILE"
    }
}

release_name() { # release_name WHEEL: VERSION-HASH; the hash is of all that makes a release what it is
    local version hash
    version=$(basename "$1" | cut -d- -f2)
    hash=$({
        cat "$1"
        find "$here/../systemd" "$here/system" "$here/lib/page.py" -type f -exec sha256sum {} + | sed 's,  .*/,  ,' | sort
        /usr/bin/python3 -c 'import sys; print(sys.version_info[:2])'
    } | sha256sum | cut -c1-8)
    printf '%s-%s' "$version" "$hash"
}

keep_system_files() { # keep_system_files RELEASE: going back to it brings back its units too, and what knows its package
    local kept=$1/share/edge-valgus
    mkdir -p "$kept"
    cp -r "$here/../systemd" "$here/system" "$here/lib/page.py" "$kept/"
}

check_settings() { # check_settings RELEASE BEFORE
    local said
    [ -e "$config" ] || return 0
    said=$("$1/bin/edge-valgus" config check "$config" 2>&1) && return
    printf '%s\n' "$said" | sed 's/^edge-valgus: /    /' >&2
    if [ -n "$2" ] && "$program/bin/edge-valgus" config check "$config" >/dev/null 2>&1; then
        fail "$config is right for $(basename "$2") and not for $(basename "$1"); nothing was changed. Mend the lines above, then run this again"
    fi
    say "warning: $config is wrong; the device will run in safe mode, with fault lights, until the lines above are mended"
}

prove() { # prove RELEASE: it runs on this machine's processor, with this machine's libraries, and counts
    [ -f "$1/share/edge-valgus/proven" ] && return
    local said counted
    say "trying it: a drawn lifter squats before it"
    : >"$scratch/no-settings.toml"
    said=$(cd "$scratch" && env -u EDGE_VALGUS_MODEL_DIR EDGE_VALGUS_CONFIG="$scratch/no-settings.toml" \
        "$1/bin/edge-valgus" demo --reps 2 --headless --json --model edge-valgus-lifter-int8 2>>"$log") || said=
    counted=$(printf '%s' "$said" | sed -n 's/.*"counted": \([0-9]*\), "partial".*/\1/p')
    # One of the two will do: it is the machine that is on trial, not the judgement.
    if [ "${counted:-0}" -lt 1 ]; then
        tail -n 5 "$log" | sed 's/^/    /' >&2
        rm -rf "$1"
        fail "$(basename "$1") does not work on this machine: it counted nothing where a drawn lifter squats; nothing was changed"
    fi
    touch "$1/share/edge-valgus/proven"
}

forget_old_releases() { # forget_old_releases RELEASE BEFORE: the one before stays, to go back to by hand
    local each
    for each in "$releases"/*; do
        case $each in "$1" | "$2") continue ;; esac
        # Installed once more, RELEASE takes nobody's place, and the one before it is among the others.
        if [ "$1" = "$2" ] && [ -f "$each/$complete" ]; then continue; fi
        rm -rf "$each"
    done
}
