# shellcheck shell=bash
# What this machine is, whether it will do, and what it needs from apt. Part of install.sh.

as_pi=""
as_built=() # before a command: run it as the architecture that the programs here are built for
readonly needed_kb=700000 # a release is about 360 MB, and pip unpacks beside it

check_root() {
    [ "$(id -u)" -eq 0 ] || fail "needs to be root, this is $(id -un); run it with sudo"
}

check_arguments() { # check_arguments HOSTNAME WHEEL WHEELS
    if [ -n "$1" ] && ! [[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$ ]]; then
        fail "--hostname $1: a name has letters a to z, digits and inner hyphens, 63 at most; edge-valgus is a good one"
    fi
    if [ -n "$2" ]; then
        [ -f "$2" ] || fail "--wheel $2: there is no such file"
        case $(basename "$2") in
            edge_valgus-*-py3-none-any.whl) ;;
            *) fail "--wheel $2: not a build of edge-valgus; its name would be edge_valgus-VERSION-py3-none-any.whl" ;;
        esac
    elif [ ! -f "$here/../pyproject.toml" ]; then
        fail "$here/..: no pyproject.toml, so nothing to build from; run it from a checkout, or give --wheel FILE"
    fi
    if [ -n "$3" ] && ! compgen -G "$3/*.whl" >/dev/null; then
        fail "--wheels $3: no such folder, or no wheel in it"
    fi
}

is_pi() {
    [ -n "$as_pi" ] || grep -qs 'Raspberry Pi' /proc/device-tree/model || grep -qs '^Model.*Raspberry Pi' /proc/cpuinfo
}

# In an image that is being built, systemd does not run: then everything is put in place, and nothing started.
is_running() { [ -d /run/systemd/system ]; }

check_machine() {
    check_system
    check_architecture
    local free_kb
    free_kb=$(df --output=avail -k /opt | tail -n 1)
    [ "$free_kb" -ge "$needed_kb" ] ||
        fail "/opt has $((free_kb / 1000)) MB free and $((needed_kb / 1000)) MB are needed; free some, or take a larger card"
    command -v systemctl >/dev/null || fail "systemd is not installed here; the device needs it"
}

check_system() {
    local name codename
    [ -r /etc/os-release ] || fail "/etc/os-release: cannot be read, so this is no Debian; use Raspberry Pi OS (64-bit)"
    # shellcheck source=/dev/null
    name=$(. /etc/os-release && printf '%s' "${PRETTY_NAME:-unknown}")
    # shellcheck source=/dev/null
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    case $codename in
        bookworm | trixie) ;;
        *) fail "this is $name; it runs on Raspberry Pi OS or Debian, bookworm (12) or trixie (13): flash one of these" ;;
    esac
}

# 32-bit: docs/decisions.md, "What exists for which machine".
check_architecture() {
    local architecture machine python
    architecture=$(dpkg --print-architecture)
    machine=$(uname -m)
    python=$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || echo none)
    case $architecture in
        arm64 | amd64) ;;
        armhf)
            [ "$machine" != armv6l ] ||
                fail "this Pi ($machine) is too old: no runtime for the network exists for it; take a Pi 3, 4, 5 or Zero 2"
            [ "$python" = 3.11 ] ||
                fail "this is a 32-bit system with Python $python, for which no runtime of the network exists; flash the 64-bit Raspberry Pi OS"
            say "warning: this is a 32-bit system; it works, slower and with the older runtime. Better flash the 64-bit one"
            as_built=(linux32)
            ;;
        *) fail "this is a system for $architecture; there are packages for arm64 (64-bit Raspberry Pi OS) and amd64 only" ;;
    esac
}

install_packages() {
    local package wanted=() absent=()
    for package in python3 python3-venv avahi-daemon ca-certificates python3-picamera2 python3-lgpio; do
        is_installed "$package" || wanted+=("$package")
    done
    if [ "${#wanted[@]}" -gt 0 ]; then
        # One source that does not answer must not stop it: what is needed may be known, or even here, already.
        quietly "asking apt for ${wanted[*]}" apt-get update -q || say "warning: apt could not look for news; trying with what it knows"
        local there=()
        for package in "${wanted[@]}"; do
            if is_offered "$package"; then
                there+=("$package")
            else
                absent+=("$package")
            fi
        done
        for package in "${absent[@]}"; do
            case $package in
                python3-picamera2 | python3-lgpio) ;;
                *) fail "apt has no $package; check the network and /etc/apt, then: apt-get update" ;;
            esac
        done
        if [ "${#there[@]}" -gt 0 ]; then
            # Recommended packages of the camera's are a desktop.
            quietly "installing ${there[*]}" env DEBIAN_FRONTEND=noninteractive \
                apt-get install -q -y --no-install-recommends "${there[@]}" ||
                fail "apt could not install ${there[*]}; the lines above say why, $log all of it"
        fi
    fi
    if [ "${#absent[@]}" -gt 0 ]; then
        say "warning: this system has no ${absent[*]}: without them no camera and no lights. They come with Raspberry Pi OS"
    fi
}

is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }

is_offered() { # is_offered PACKAGE: apt knows a version of it
    local candidate
    candidate=$(apt-cache policy "$1" 2>/dev/null | sed -n 's/^  Candidate: //p')
    [ -n "$candidate" ] && [ "$candidate" != '(none)' ]
}

name_machine() { # name_machine NAME
    [ "$(cat /etc/hostname 2>/dev/null)" != "$1" ] || return 0
    say "calling this machine $1"
    printf '%s\n' "$1" >/etc/hostname
    if grep -q '^127\.0\.1\.1[[:space:]]' /etc/hosts 2>/dev/null; then
        sed -i "s/^127\.0\.1\.1[[:space:]].*/127.0.1.1\t$1/" /etc/hosts
    else
        printf '127.0.1.1\t%s\n' "$1" >>/etc/hosts
    fi
    if is_running; then
        hostname "$1" 2>/dev/null || printf '%s' "$1" >/proc/sys/kernel/hostname ||
            say "warning: the name holds from the next start on"
        systemctl try-restart avahi-daemon.service || true
    fi
}
