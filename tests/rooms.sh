#!/bin/sh
# The house rules that a compiler doesn't see: which room may include what, and in which one file
# dangerous system calls may stand. Run from the top of the source tree.
set -u
failed=0

# only_in PATTERN WHAT ALLOWED... : files under src and include that match, but for those allowed.
only_in() {
    pattern=$1
    what=$2
    shift 2
    for file in $(grep -rlE "$pattern" src include); do
        case " $* " in
            *" $file "*) ;;
            *) echo "rooms: $file: $what"; failed=1 ;;
        esac
    done
}

only_in '#include <nlohmann' 'reads JSON outside its files' src/core/json_fields.h src/core/ffprobe_json.h \
    src/core/heartbeat.cc src/core/requests.cc src/monitor/batch_json.cc
only_in '#include <toml' 'reads TOML outside config_kinds.h' src/core/config_kinds.h
only_in '#include <n?curses' 'draws outside view.cc' src/monitor/view.cc
only_in '\b(v?fork|execve?p?e?|posix_spawnp?)\(' 'starts a process' src/daemon/child.cc
only_in '(^|[^a-z_])(renameat2|linkat)\(' 'renames or links media' src/core/media_fs.cc
# Sidecars, job files and their temporaries are no media.
only_in '(^|[^a-z_.:])::?(rename|renameat|unlink|unlinkat|link)\(' 'renames or unlinks' \
    src/core/media_fs.cc src/core/small_file.cc src/core/sidecars.cc src/core/job_store.cc
if grep -rlE '#include (<boost/|<spdlog|<ncurses|<curses|"daemon/|"monitor/)' src/core include; then
    echo 'rooms: core knows too much (the files above)'
    failed=1
fi
if [ -d src/monitor ] && grep -rlE '"daemon/' src/monitor; then
    echo 'rooms: the monitor includes the daemon'
    failed=1
fi
for header in include/av1d/*.h; do
    if grep -hE '#include <' "$header" | grep -E '<[^>]*(/|[.]hpp)'; then
        echo "rooms: $header lets a third party's type across"
        failed=1
    fi
done
# The one list that can't be asked for when an image is built: the tree comes after the packages.
for package in $(bash -c '. scripts/setup; build_packages testing') dpkg-dev; do
    case $package in jq) continue ;; esac  # of scripts/quickstart
    grep -qwF -- "$package" packaging/docker/Dockerfile ||
        { echo "rooms: packaging/docker/Dockerfile lacks $package, which scripts/setup names"; failed=1; }
done
exit $failed
