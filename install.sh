#!/usr/bin/env bash
# Installs av1d from this source tree as a service: what the Debian package does, without a package.
# Installs what is missing to build it, builds, and may be run again after a `git pull`. An existing
# configuration is not touched.
#
#   ./install.sh [--prefix DIR] [--group GROUP] [--no-ffmpeg] [--start] [LIBRARY...]
#   ./install.sh [--prefix DIR] --uninstall [--purge]
#
#   LIBRARY          a directory with films: named in the new configuration
#   --prefix DIR     programs and pages go below DIR (default /usr/local); the configuration is always
#                    /etc/av1d/config.toml, the state /var/lib/av1d
#   --group GROUP    the service takes part in this group too: the one that owns the films
#   --start          start the service at once: it re-encodes, and REPLACES, what is in the libraries
#   --no-ffmpeg      don't install a private FFmpeg where the system's own is older than 8.0
#   --uninstall      remove what was installed; configuration, job files and user stay
#   --purge          with --uninstall: those too, and the private FFmpeg. Media is never touched
#
# Exit status: 0 well, 1 with --start: the service may not write into a library, or does not start,
# 64 usage, 66 no such library, 69 something can't be had, 70 the build failed, 77 neither root nor sudo.
set -euo pipefail

repo=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")" && pwd)
# shellcheck source=scripts/setup
. "$repo/scripts/setup"

prefix=/usr/local
group=
libraries=()
start=no
with_ffmpeg=yes
action=install
purge=no
while [ $# -gt 0 ]; do
    case $1 in
        --prefix | --group)
            [ $# -ge 2 ] || die 64 "$1 needs a word after it"
            if [ "$1" = --prefix ]; then prefix=${2%/}; else group=$2; fi
            shift
            ;;
        --no-ffmpeg) with_ffmpeg=no ;;
        --start) start=yes ;;
        --uninstall) action=uninstall ;;
        --purge) purge=yes ;;
        -h | --help) sed -n '2,21s/^# \{0,1\}//p' "$0"; exit 0 ;;
        -*) die 64 "unknown argument '$1' (try --help)" ;;
        *) libraries+=("$1") ;;
    esac
    shift
done
case $prefix in
    *[!A-Za-z0-9/._+-]* | */../* | */..) die 64 "'$prefix' has characters that a unit file can't hold plainly" ;;
    /?*) ;;
    *) die 64 "'$prefix' is not an absolute directory" ;;
esac
[ "$purge" = no ] || [ "$action" = uninstall ] || die 64 "--purge goes with --uninstall"
for library in "${libraries[@]}"; do
    [ -d "$library" ] || die 66 "'$library' is not a directory"
done
[ -z "$group" ] || getent group "$group" >/dev/null || die 64 "there is no group '$group'"

manifest=$prefix/share/av1d/install-manifest.txt
has_systemd() { [ -d /run/systemd/system ]; }

done_so_far=()
note() { done_so_far+=("$*"); }

# ---- Install -------------------------------------------------------------------------------------

refuse_package() {
    ! is_installed av1d ||
        die 69 "av1d is installed as a Debian package: upgrade that, or remove it first (apt remove av1d)"
}

build() {
    local log
    log=$(mktemp)
    say "building av1d (the first time takes a few minutes)"
    use_ccache
    if ! { cmake -S "$repo" -B "$repo/build/install" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
        -DAV1D_TESTS=OFF -DCMAKE_INSTALL_PREFIX="$prefix" &&
        cmake --build "$repo/build/install"; } >"$log" 2>&1 </dev/null; then
        tail -n 40 "$log" >&2
        rm -f "$log"
        die 70 "the build failed: see above"
    fi
    rm -f "$log"
}

install_files() {
    local had_config=no
    [ ! -e /etc/av1d/config.toml ] || had_config=yes
    as_root cmake --install "$repo/build/install" --strip >/dev/null
    # The owner's configuration is not ours to remove.
    grep -v '^/etc/' "$repo/build/install/install_manifest.txt" | as_root tee "$manifest" >/dev/null
    note "programs, pages and unit below $prefix ($(wc -l <"$manifest") files, listed in $manifest)"
    if [ "$had_config" = yes ]; then
        note "/etc/av1d/config.toml was there and is yours"
    elif [ ${#libraries[@]} -gt 0 ]; then
        note "/etc/av1d/config.toml, with your libraries"
    else
        note "/etc/av1d/config.toml, with the example libraries /media/movies and /media/tv"
    fi
}

# The same words as the package's postinst.
make_user() {
    if ! getent passwd av1d >/dev/null; then
        as_root adduser --system --group --quiet --home /var/lib/av1d --no-create-home av1d
        note "the system user and group av1d"
    fi
    local directory
    for directory in /var/lib/av1d /var/lib/av1d/jobs /var/lib/av1d/temp; do
        [ -d "$directory" ] || as_root install -d -o av1d -g av1d -m 0755 "$directory"
    done
}

setup_private_ffmpeg() {
    if [ "$with_ffmpeg" = yes ] && [ -z "$(find_ffmpeg)" ]; then
        setup_ffmpeg
        note "FFmpeg >= 8 in $(find_ffmpeg)"
    fi
}

enable_service() {
    if ! command -v systemctl >/dev/null; then
        note "no systemd here: start it by your own means, as the user av1d"
        return 0
    fi
    if has_systemd; then as_root systemctl daemon-reload; fi
    if ! systemctl is-enabled --quiet av1d.service 2>/dev/null; then
        # By its path: systemd looks below /usr/local by itself, and is told of any other prefix.
        as_root systemctl enable --quiet "$prefix/lib/systemd/system/av1d.service"
        note "the service is enabled: it starts with the machine"
    fi
}

# Fails where permissions or the configuration are in the way.
allow_libraries() {
    command -v systemctl >/dev/null || return 0
    say "letting the service write into the libraries of /etc/av1d/config.toml"
    if ! as_root env PATH="$prefix/bin:$PATH" "$prefix/sbin/av1d-allow-libraries" \
        ${group:+--group "$group"} "${libraries[@]}"; then
        note "av1d-allow-libraries has found a problem, see above: run it again when that is mended"
        return 1
    fi
}

# What the daemon itself says of ffmpeg: a dry run over an empty library, with the configured paths.
check_ffmpeg() {
    local try status=0
    try=$(mktemp -d)
    mkdir "$try/empty"
    {
        "$prefix/bin/av1d" --config /etc/av1d/config.toml --check-config 2>/dev/null | grep -E '^ff(mpeg|probe)_path = ' || true
        echo "library_roots = [\"$try/empty\"]"
    } >"$try/config.toml"
    "$prefix/bin/av1d" --config "$try/config.toml" --dry-run >"$try/answer" 2>&1 || status=$?
    if [ "$status" = 0 ]; then
        note "ffmpeg is as av1d needs it"
    else
        note "NOT READY: $(tail -n 1 "$try/answer")"
    fi
    rm -r "$try"
    return "$status"
}

restart_service() {
    if has_systemd && systemctl is-active --quiet av1d.service; then
        as_root systemctl restart av1d.service
        note "the running service was restarted; encodes in progress begin again"
    fi
}

start_service() {
    if ! has_systemd; then
        note "NOT STARTED: no systemd runs here; start av1d by your own means, as the user av1d"
        return 1
    elif ! as_root systemctl start av1d.service; then
        note "NOT STARTED: journalctl -u av1d -n 20 says why"
        return 1
    fi
    note "the service runs"
}

print_next() {
    printf '%s\n' "" "Next:"
    [ ${#libraries[@]} -gt 0 ] || cat <<NAME
    Name your libraries:           sudoedit /etc/av1d/config.toml; av1d --check-config
    Let the service write there:   sudo av1d-allow-libraries
NAME
    [ "$start" = yes ] || cat <<START
    See what it would do:          av1d --dry-run
    Start it:                      sudo systemctl start av1d
START
    cat <<WATCH
    Watch it:                      av1top; systemctl status av1d; journalctl -u av1d -f
Remove it again with: ./install.sh --uninstall
WATCH
}

install_all() {
    refuse_package
    may_be_root "av1d"
    local packages
    mapfile -t packages < <(packages_to_build)
    setup_packages "${packages[@]}" adduser
    build
    local ffmpeg=0 allowed=0
    install_files
    make_user
    setup_private_ffmpeg
    check_ffmpeg || ffmpeg=$?
    enable_service
    allow_libraries || allowed=$?
    if [ "$ffmpeg" = 0 ]; then
        restart_service
        if [ "$start" = yes ] && [ "$allowed" = 0 ]; then start_service || allowed=$?; fi
    fi
    printf '%s\n' "" "Done:"
    printf '    %s\n' "${done_so_far[@]}"
    print_next
    [ "$ffmpeg" = 0 ] || return "$ffmpeg"
    [ "$start" = no ] || return "$allowed"
}

# ---- Uninstall -----------------------------------------------------------------------------------

stop_service() {
    command -v systemctl >/dev/null || return 0
    if has_systemd; then as_root systemctl stop av1d.service 2>/dev/null || true; fi
    as_root systemctl disable --quiet av1d.service 2>/dev/null || true
}

# The directories between the prefix and what the manifest names, the deepest first; in the system's
# own hierarchy only those that are named after av1d.
installed_directories() {
    local directory
    while read -r directory; do
        while directory=${directory%/*} && [ "$directory" != "${prefix%/*}" ]; do
            case $prefix:$directory in
                /usr:*/av1d | /usr/local:*/av1d) echo "$directory" ;;
                /usr:* | /usr/local:*) ;;
                *) echo "$directory" ;;
            esac
        done
    done <"$manifest" | sort -ru
}

# Only what the manifest names, and directories of ours that are empty then.
remove_files() {
    local directories
    mapfile -t directories < <(installed_directories)
    as_root xargs -d '\n' -a "$manifest" rm -f -- "$manifest"
    as_root rmdir --ignore-fail-on-non-empty "${directories[@]}"
    note "what the manifest named below $prefix is removed"
}

uninstall_all() {
    may_be_root "the removal of av1d"
    if [ -e "$manifest" ]; then
        stop_service
        remove_files
    else
        note "no installation of this script below $prefix"
    fi
    if [ "$purge" = yes ]; then
        refuse_package
        as_root rm -f /etc/av1d/config.toml
        as_root sh "$repo/packaging/deb/postrm" purge
        note "configuration, job files, drop-ins, private FFmpeg and user are removed"
    else
        note "kept: /etc/av1d, /var/lib/av1d, the user av1d (--purge removes them)"
    fi
    if has_systemd; then as_root systemctl daemon-reload; fi
    printf '%s\n' "Done:"
    printf '    %s\n' "${done_so_far[@]}"
}

"${action}_all"
