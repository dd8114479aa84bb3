#!/bin/sh
# Installs a private FFmpeg >= 8 from Debian testing beside the system's, for hosts whose own is
# older (Debian 12 has 5.1, Debian 13 has 7.1). Nothing of the system is touched: the packages are
# unpacked, not installed, into one directory, and two wrappers start the programs with the
# libraries that they were built for. av1d finds it there by itself.
#
#   install.sh [--prefix DIR]             install or repair (default /usr/lib/av1d/ffmpeg), 300 MB
#   install.sh [--prefix DIR] --remove    take it away again
#
# AV1D_MIRROR names the Debian mirror to load from, where apt's own sources name none.
set -eu

prefix=/usr/lib/av1d/ffmpeg
remove=no
suite=${AV1D_FFMPEG_SUITE:-testing}

die() {
    status=$1
    shift
    echo "install.sh: $*" >&2
    exit "$status"
}

while [ $# -gt 0 ]; do
    case $1 in
        --prefix)
            [ $# -ge 2 ] || die 64 "--prefix needs a directory"
            prefix=${2%/}
            shift 2
            ;;
        --remove) remove=yes; shift ;;
        -h | --help) sed -n '2,10s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) die 64 "unknown argument '$1' (try --help)" ;;
    esac
done
case $prefix in
    *[!A-Za-z0-9/._+-]* | */../* | */..) die 64 "'$prefix' has characters that the wrappers can't hold" ;;
    /*/*) ;;
    *) die 64 "'$prefix' is not an absolute directory below another one" ;;
esac

may_write() {
    [ "$(id -u)" = 0 ] || die 77 "must be root to change $prefix (try sudo)"
}

if [ "$remove" = yes ]; then
    [ -e "$prefix/root" ] || [ -e "$prefix/bin" ] || { echo "no private FFmpeg in $prefix"; exit 0; }
    may_write
    rm -rf "$prefix/root" "$prefix/root.new" "$prefix/root.old" \
        "${prefix:?}/bin"
    rmdir "$prefix" 2>/dev/null || true
    echo "removed the private FFmpeg from $prefix"
    exit 0
fi

# works EXE: it starts, and it is release 8 or later.
works() {
    [ -x "$1" ] || return 1
    major=$("$1" -version 2>/dev/null | sed -n '1s/^ff[a-z]* version n\{0,1\}\([0-9]*\)\..*/\1/p')
    [ "${major:-0}" -ge 8 ]
}
if works "$prefix/bin/ffmpeg" && works "$prefix/bin/ffprobe"; then
    echo "private FFmpeg is there: $("$prefix/bin/ffmpeg" -version | head -n 1)"
    exit 0
fi

multiarch=$(uname -m)-linux-gnu
case $(uname -m) in
    x86_64) loader=usr/lib64/ld-linux-x86-64.so.2 ;;
    aarch64) loader=usr/lib/ld-linux-aarch64.so.1 ;;
    *) die 69 "no recipe for $(uname -m); install FFmpeg >= 8 and set ffmpeg_path" ;;
esac
may_write
command -v apt-get >/dev/null || die 69 "this is not Debian; install FFmpeg >= 8 and set ffmpeg_path"

updated=no
update_once() {
    [ "$updated" = no ] || return 0
    updated=yes
    apt-get update -q -o Acquire::Retries=3 >&2
}

if ! command -v mmdebstrap >/dev/null; then
    update_once || die 69 "apt-get update failed: see above"
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mmdebstrap >&2 ||
        die 69 "cannot install mmdebstrap: see above"
fi

# The mirror of this machine's own Debian sources, so that a proxy or a local mirror serves us too.
# A list of mirrors (cloud images have one) is read for its first.
find_mirror() {
    # shellcheck disable=SC2016  # the placeholders are apt's
    uri=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
        awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ { print $3; exit }')
    case $uri in
        mirror+file:*)
            list=${uri#mirror+file:}
            awk '!/^#/ && NF { print $1; exit }' "/${list##/}" 2>/dev/null || true
            ;;
        *) echo "$uri" ;;
    esac
}
mirror=${AV1D_MIRROR:-$(find_mirror)}
if [ -z "$mirror" ]; then
    # The origin of a source is only known once its index was loaded.
    update_once || true
    mirror=$(find_mirror)
fi
[ -n "$mirror" ] ||
    die 69 "apt's sources name no Debian mirror; say AV1D_MIRROR=URL of one and run this again"

mkdir -p "$prefix/bin"
chmod 755 "$prefix" "$prefix/bin"
rm -rf "$prefix/root.new" "$prefix/root.old"
options=$(mktemp)
trap 'rm -rf "$options" "$prefix/root.new"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# apt's settings of this machine for the way to a mirror (proxies), then our own.
apt-config dump | grep -E '^Acquire::https?::' > "$options" || true
cat >> "$options" <<'OPTIONS'
APT::Install-Recommends "false";
Acquire::Check-Valid-Until "false";
Acquire::Retries "3";
OPTIONS

echo "unpacking FFmpeg from Debian $suite into $prefix/root (about a minute)"
mmdebstrap --quiet --variant=extract --include=ffmpeg --aptopt="$options" \
    "$suite" "$prefix/root.new" "$mirror" </dev/null ||
    die 69 "cannot unpack FFmpeg from Debian $suite (mirror $mirror): see above"
rm -rf "$prefix/root.new/usr/share/doc" "$prefix/root.new/usr/share/man" \
    "$prefix/root.new/usr/share/locale" "$prefix/root.new/var" "$prefix/root.new/dev"
chmod 755 "$prefix/root.new"
[ ! -e "$prefix/root" ] || mv "$prefix/root" "$prefix/root.old"
mv "$prefix/root.new" "$prefix/root"
rm -rf "$prefix/root.old"

libs=$prefix/root/usr/lib/$multiarch
for program in ffmpeg ffprobe; do
    cat > "$prefix/bin/$program.new" <<WRAPPER
#!/bin/sh
exec '$prefix/root/$loader' --library-path '$libs:$libs/pulseaudio:$libs/blas:$libs/lapack' \\
    --argv0 '$program' '$prefix/root/usr/bin/$program' "\$@"
WRAPPER
    chmod 755 "$prefix/bin/$program.new"
    mv "$prefix/bin/$program.new" "$prefix/bin/$program"
done

if ! works "$prefix/bin/ffmpeg" || ! works "$prefix/bin/ffprobe"; then
    "$prefix/bin/ffmpeg" -version 2>&1 | head -n 3 >&2
    die 69 "the installed FFmpeg does not run or is older than 8.0: see above"
fi
echo "installed $("$prefix/bin/ffmpeg" -version | head -n 1)"
echo "remove it with: $0 --remove"
