#!/bin/sh
# Installs a private FFmpeg >= 8 from Debian testing beside the system's, for hosts whose own is
# older (Debian 12 has 5.1, Debian 13 has 7.1). Nothing of the system is touched: the packages are
# unpacked, not installed, into one directory, and two wrappers start the programs with the
# libraries that they were built for. av1d finds it there by itself.
#
#   install.sh [--prefix DIR]    install or repair (default /usr/lib/av1d/ffmpeg), about 300 MB
#   install.sh --remove          take it away again
set -eu

prefix=/usr/lib/av1d/ffmpeg
remove=no
suite=${AV1D_FFMPEG_SUITE:-testing}
while [ $# -gt 0 ]; do
    case $1 in
        --prefix) prefix=${2:?--prefix needs a directory}; shift 2 ;;
        --remove) remove=yes; shift ;;
        -h | --help) sed -n '2,8s/^# \{0,1\}//p' "$0"; exit 0 ;;
        *) echo "install.sh: unknown argument '$1' (try --help)" >&2; exit 64 ;;
    esac
done
case $prefix in
    /*/*) ;;
    *) echo "install.sh: '$prefix' is not an absolute directory below another one" >&2; exit 64 ;;
esac

if [ "$remove" = yes ]; then
    rm -rf "$prefix/root" "$prefix/root.new" "$prefix/bin"
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

if [ "$(id -u)" != 0 ]; then
    echo "install.sh: must be root to install into $prefix (try sudo)" >&2
    exit 77
fi
if ! command -v mmdebstrap >/dev/null; then
    apt-get update -q
    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends mmdebstrap
fi

# The mirror of this machine's own Debian sources, so that a proxy or a local mirror serves us too.
mirror=$(apt-get indextargets --format '$(ORIGIN) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk '$1 == "Debian" && $2 == "main" && $3 !~ /security/ { print $3; exit }')
mirror=${mirror:-http://deb.debian.org/debian}

multiarch=$(uname -m)-linux-gnu
case $(uname -m) in
    x86_64) loader=usr/lib64/ld-linux-x86-64.so.2 ;;
    aarch64) loader=usr/lib/ld-linux-aarch64.so.1 ;;
    *) echo "install.sh: no recipe for $(uname -m); install FFmpeg >= 8 and set ffmpeg_path" >&2; exit 69 ;;
esac

mkdir -p "$prefix/bin"
chmod 755 "$prefix" "$prefix/bin"
rm -rf "$prefix/root.new"
echo "unpacking FFmpeg from Debian $suite into $prefix/root (about a minute)"
mmdebstrap --quiet --variant=extract --include=ffmpeg \
    --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Check-Valid-Until "false"' \
    --aptopt='Acquire::Retries "3"' "$suite" "$prefix/root.new" "$mirror"
rm -rf "$prefix/root.new/usr/share/doc" "$prefix/root.new/usr/share/man" "$prefix/root.new/usr/share/locale" \
    "$prefix/root.new/var" "$prefix/root.new/dev"
chmod 755 "$prefix/root.new"
rm -rf "$prefix/root"
mv "$prefix/root.new" "$prefix/root"

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

works "$prefix/bin/ffmpeg" && works "$prefix/bin/ffprobe" || {
    echo "install.sh: the installed FFmpeg does not run or is older than 8.0:" >&2
    "$prefix/bin/ffmpeg" -version 2>&1 | head -n 3 >&2
    exit 69
}
echo "installed $("$prefix/bin/ffmpeg" -version | head -n 1)"
echo "remove it with: $0 --remove"
