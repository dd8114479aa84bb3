# shellcheck shell=bash
# For the tests of this directory: saying what is checked, waiting for events, a bare Debian root
# booted with its own systemd (systemd-nspawn), and containers (podman), on machines whose own PID 1
# may be anything.

# skip REASON: what ctest counts as skipped.
skip() {
    echo "AV1D-SKIP: $*"
    exit 4
}

failures=0
# check WHAT COMMAND...: goes on after a failure; the end of the test tells.
check() {
    local what=$1 said
    shift
    if said=$("$@" 2>&1); then
        printf 'well    %4d s  %s\n' "$SECONDS" "$what"
    else
        printf 'FAILED  %4d s  %s\n' "$SECONDS" "$what"
        printf '%s\n' "$said" | tail -n 20 | sed 's/^/        /'
        failures=$((failures + 1))
    fi
}

# must WHAT COMMAND...: what follows makes no sense without it.
must() {
    local before=$failures
    check "$@"
    [ "$failures" = "$before" ] || finish
}

finish() {
    echo "$failures failures, $SECONDS s"
    [ "$failures" = 0 ]
    exit
}

# within SECONDS COMMAND...: asked five times a second.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$end" ]; then
            "$@"
            return
        fi
        sleep 0.2
    done
}

# What all of these tests share: scripts/setup has the lists of packages.
repo=$(cd "$(dirname "$(readlink -f "${BASH_SOURCE[0]}")")/../.." && pwd)
# shellcheck source=scripts/setup
. "$repo/scripts/setup"
work=$repo/build/packaging
ffmpeg=/usr/lib/av1d/ffmpeg
made=$work/made
mkdir -p "$made"

need_ffmpeg() {
    [ -x "$ffmpeg/bin/ffmpeg" ] || skip "needs FFmpeg >= 8 in $ffmpeg (packaging/ffmpeg/install.sh)"
}

need_root() { [ "$(id -u)" = 0 ] || skip "needs root"; }

need_programs() {
    local program
    for program in "$@"; do
        command -v "$program" >/dev/null || skip "needs the program $program (scripts/setup --packaging)"
    done
}

# bootstrap SUITE INTO PACKAGES: a directory, or a file that ends in .tar.
bootstrap() {
    local options status=0
    options=$(mktemp)
    apt_settings >"$options"
    mmdebstrap --quiet --variant=minbase --aptopt="$options" --include="$3" "$1" "$2" \
        "${AV1D_MIRROR:-$(debian_mirror)}" </dev/null || status=$?
    rm "$options"
    return "$status"
}

# make_root SUITE DIR PACKAGE...: a bare root, kept for the next run while the packages are the same.
make_root() {
    local suite=$1 directory=$2 packages
    shift 2
    packages=$(printf '%s\n' "$@" | sort -u | paste -sd,)
    [ "$(cat "$directory.packages" 2>/dev/null)" != "$packages" ] || return 0
    rm -rf --one-file-system "$directory" "$directory.packages"
    bootstrap "$suite" "$directory" "$packages" || return 1
    echo "$packages" >"$directory.packages"
}

# in_root ROOT VARIABLE=VALUE... COMMAND...: in a chroot with a mount namespace of its own. The source
# tree is /src, read-only; /made is $made, for what goes in and out; a compiler cache is kept.
in_root() {
    local root=$1
    shift
    mkdir -p "$root/src" "$root/made" "$work/ccache" "$root/root/.cache/ccache"
    # shellcheck disable=SC2016  # expanded there
    unshare --mount --pid --fork --kill-child bash -c '
        set -e
        root=$1 source=$2 made=$3 cache=$4
        shift 4
        mount --make-rprivate /
        mount -t proc proc "$root/proc"
        mount --rbind /dev "$root/dev"
        mount -t tmpfs tmpfs "$root/dev/shm"
        mount --bind "$source" "$root/src"
        mount -o remount,bind,ro "$root/src"
        mount --bind "$made" "$root/made"
        mount --bind "$cache" "$root/root/.cache/ccache"
        exec chroot "$root" /usr/bin/env -i HOME=/root LANG=C.UTF-8 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"' _ \
        "$root" "$repo" "$made" "$work/ccache" "$@" </dev/null
}

# ---- The box -------------------------------------------------------------------------------------
# One booted root for each test that runs. Writes go to an overlay in $box, so the root stays as it was made.

box=
box_cgroup() {
    # Where a machine with version 1 controllers has its version 2 tree.
    local tree=/sys/fs/cgroup/unified
    [ -e "$tree/cgroup.procs" ] || tree=/sys/fs/cgroup
    echo "$tree/av1d-test-$$"
}

box_leader() { head -n 1 "$(box_cgroup)/init/payload/init.scope/cgroup.procs" 2>/dev/null | grep .; }

# box_boot ROOT DIRECTORY NSPAWN_OPTION...
box_boot() {
    local root=$1
    box=$2
    shift 2
    mkdir -p "$box/upper" "$box/work" "$box/merged"
    # In a mount namespace of its own, where systemd-nspawn sees nothing but a unified hierarchy.
    # shellcheck disable=SC2016  # expanded there
    setsid unshare --mount bash -c '
        set -e
        root=$1 box=$2 group=$3
        shift 3
        mount --make-rprivate /
        umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mkdir -p /run/systemd/nspawn
        mount -t tmpfs tmpfs /run/systemd/nspawn
        mkdir -p "/sys/fs/cgroup/$group/init"
        echo $$ >"/sys/fs/cgroup/$group/init/cgroup.procs"
        mount -t overlay overlay -o "lowerdir=$root,upperdir=$box/upper,workdir=$box/work" "$box/merged"
        exec systemd-nspawn --quiet -D "$box/merged" --machine="$group" --boot --register=no \
            --keep-unit --console=read-only --private-network "$@"' _ \
        "$root" "$box" "av1d-test-$$" "$@" </dev/null >"$box/console" 2>&1 &
    box_nspawn=$!
    within 60 box_is_up || { tail -n 20 "$box/console"; return 1; }
}

box_is_up() {
    kill -0 "$box_nspawn" 2>/dev/null || return 1
    case $(box_run systemctl is-system-running 2>/dev/null) in running | degraded) ;; *) return 1 ;; esac
}

# box_run COMMAND...: as root inside.
box_run() {
    local leader
    leader=$(box_leader) || { echo "the box is not running"; return 1; }
    mkdir -p "$(box_cgroup)/exec"
    (
        echo "$BASHPID" >"$(box_cgroup)/exec/cgroup.procs" 2>/dev/null || true
        exec nsenter -t "$leader" -m -u -i -n -p -C -r -w -- /usr/bin/env -i TERM=dumb LANG=C.UTF-8 \
            PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "$@"
    )
}

box_end() {
    [ -n "$box" ] || return 0
    echo 1 >"$(box_cgroup)/cgroup.kill" 2>/dev/null || true
    wait "$box_nspawn" 2>/dev/null || true
    find "$(box_cgroup)" -depth -type d -exec rmdir {} + 2>/dev/null || true
    rm -rf --one-file-system "$box"
    box=
}

# ---- Containers ----------------------------------------------------------------------------------
# podman in a mount namespace of its own with a unified cgroup tree, and with storage of its own that
# is kept, so that layers which are made once are there for the next run.

pods=
# pods_up DIRECTORY: where the storage lies.
pods_up() {
    pods=$1
    mkdir -p "$pods"
    cat >"$pods/containers.conf" <<'SETTINGS'
[containers]
pids_limit = 0
default_ulimits = []
log_driver = "k8s-file"
netns = "none"
[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
runtime = "runc"
SETTINGS
    printf '[storage]\ndriver = "overlay"\ngraphroot = "%s"\nrunroot = "%s"\n' "$pods/storage" "$pods/run" \
        >"$pods/storage.conf"
    echo 'unqualified-search-registries = ["docker.io"]' >"$pods/registries.conf"
    setsid unshare --mount bash -c '
        set -e
        mount --make-rprivate /
        umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        mount -t tmpfs tmpfs /run/lock
        echo ready >"$1/ready"
        exec sleep infinity' _ "$pods" </dev/null >"$pods/console" 2>&1 &
    pods_holder=$!
    within 10 test -e "$pods/ready" || { cat "$pods/console"; return 1; }
    rm "$pods/ready"
    # What a run that was killed has left.
    pods_run podman rm -af -t 1 >/dev/null 2>&1 || true
    pods_run podman volume rm -af >/dev/null 2>&1 || true
}

# pods_run COMMAND...: podman or buildah there.
pods_run() {
    nsenter -t "$pods_holder" -m --wd="$PWD" -- env CONTAINERS_CONF="$pods/containers.conf" \
        CONTAINERS_STORAGE_CONF="$pods/storage.conf" CONTAINERS_REGISTRIES_CONF="$pods/registries.conf" \
        "$@"
}

# pods_base SUITE: debian:SUITE-slim, made here instead of loaded from a registry.
pods_base() {
    local tar=$pods/base-$1.tar image=docker.io/library/debian:$1-slim
    ! pods_run podman image exists "$image" || return 0
    [ -s "$tar" ] || bootstrap "$1" "$tar" ca-certificates || return
    pods_run podman import --change 'CMD ["bash"]' "$tar" "$image"
}

pods_end() {
    [ -n "$pods" ] || return 0
    pods_run podman rm -af -t 1 >/dev/null 2>&1 || true
    pods_run podman volume rm -af >/dev/null 2>&1 || true
    kill "$pods_holder" 2>/dev/null
    wait "$pods_holder" 2>/dev/null || true
    pods=
}
