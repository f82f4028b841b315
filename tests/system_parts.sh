#!/bin/sh
# Parts of the system that tests use and pip cannot bring: GStreamer's RTSP server, a message broker,
# PostgreSQL, a browser.
# Installed where that is allowed (root on a Debian-like system); elsewhere the tests that need them are skipped
# and say why. The browser is large, so it comes last and by itself: without it the others are there all the same.
small="python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
 gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly mosquitto postgresql"
large="chromium"
log=/tmp/sightline-system-parts.log

missing_of() {
    for package in "$@"; do
        dpkg -s "$package" >/dev/null 2>&1 || printf ' %s' "$package"
    done
}

bring() {
    seconds=$1
    shift
    [ $# = 0 ] && return
    timeout "$seconds" apt-get -q install -y --no-install-recommends "$@" >>"$log" 2>&1 ||
        echo "Could not be installed (see $log), some tests will be skipped: $*"
}

missing_small=$(missing_of $small)
missing_large=$(missing_of $large)
[ -z "$missing_small$missing_large" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed, some tests will be skipped:$missing_small$missing_large"
    exit 0
fi
echo "Installing for the tests:$missing_small$missing_large"
export DEBIAN_FRONTEND=noninteractive
if ! timeout 60 apt-get -q update >"$log" 2>&1; then
    echo "The lists of packages could not be fetched (see $log); some tests will be skipped"
    exit 0
fi
bring 240 $missing_small
bring 480 $missing_large
exit 0
