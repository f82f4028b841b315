#!/bin/sh
# Parts of the system that tests use and pip cannot bring: GStreamer's RTSP server. Installed where that is
# allowed (root on a Debian-like system); elsewhere the tests that need them are skipped and say why.
packages="python3-gi gir1.2-gst-rtsp-server-1.0 gstreamer1.0-plugins-base gstreamer1.0-plugins-good
 gstreamer1.0-plugins-bad gstreamer1.0-plugins-ugly"
missing=""
for package in $packages; do
    dpkg -s "$package" >/dev/null 2>&1 || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo "Not installed, some tests will be skipped:$missing"
    exit 0
fi
echo "Installing for the tests:$missing"
export DEBIAN_FRONTEND=noninteractive
{ timeout 60 apt-get -q update && timeout 240 apt-get -q install -y --no-install-recommends $missing; } \
    >/tmp/sightline-system-parts.log 2>&1 ||
    echo "They could not be installed (see /tmp/sightline-system-parts.log); some tests will be skipped"
exit 0
