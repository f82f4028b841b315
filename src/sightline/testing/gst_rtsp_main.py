"""The RTSP server itself, run by `rtsp_server.py` as a program of the system's Python.

Only that Python has the bindings of GStreamer, so nothing of Sightline is imported here. What to serve comes
as one line of JSON on standard input: {"port": 0, "user": "", "password": "", "mounts": {PATH: LAUNCH LINE}}.
It prints "listening PORT", and ends when its standard input is closed: no server outlives its test.

With `--check` it says what is missing, one name a line, and ends.
"""

import json
import sys
from typing import Any

ELEMENTS = ("filesrc", "qtdemux", "h264parse", "rtph264pay", "videotestsrc", "x264enc")
HANGUP = 16  # GLib.IOCondition.HUP


def bindings() -> tuple[Any, Any, Any]:
    """GLib, Gst and GstRtspServer."""
    import gi  # type: ignore[import-not-found,import-untyped,unused-ignore]

    gi.require_version("Gst", "1.0")
    gi.require_version("GstRtspServer", "1.0")
    from gi.repository import (  # type: ignore[import-not-found,import-untyped,unused-ignore]
        GLib,
        Gst,
        GstRtspServer,
    )

    Gst.init(None)
    return GLib, Gst, GstRtspServer


def missing() -> list[str]:
    """What this machine lacks to serve a camera."""
    try:
        _, gst, _ = bindings()
    except (ImportError, ValueError) as error:
        return [str(error)]
    return [f"the GStreamer element {name}" for name in ELEMENTS if not gst.ElementFactory.find(name)]


def factory_for(server: Any, launch: str, *, shared: bool, protected: bool) -> Any:
    """One mount point; a protected one opens for the role "viewer" only."""
    factory = server.RTSPMediaFactory()
    factory.set_launch(launch)
    factory.set_shared(shared)
    if protected:
        permissions = server.RTSPPermissions()
        for what in ("media.factory.access", "media.factory.construct"):
            permissions.add_permission_for_role("viewer", what, True)
        factory.set_permissions(permissions)
    return factory


def require_password(rtsp: Any, server: Any, user: str, password: str) -> None:
    """Have clients log in, by the digest or the basic method."""
    token = rtsp.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth = rtsp.RTSPAuth()
    auth.add_basic(rtsp.RTSPAuth.make_basic(user, password), token)
    auth.add_digest(user, password, token)
    server.set_auth(auth)


def main() -> int:
    if sys.argv[1:] == ["--check"]:
        sys.stdout.write("".join(f"{name}\n" for name in missing()))
        return 0
    wanted = json.loads(sys.stdin.readline())
    glib, _, rtsp = bindings()
    server = rtsp.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(wanted["port"]))
    if wanted["user"]:
        require_password(rtsp, server, wanted["user"], wanted["password"])
    for path, launch in wanted["mounts"].items():
        factory = factory_for(rtsp, launch, shared="videotestsrc" in launch, protected=bool(wanted["user"]))
        server.get_mount_points().add_factory(path, factory)
    if not server.attach(None):
        sys.stderr.write("the port is taken\n")
        return 1
    loop = glib.MainLoop()
    glib.io_add_watch(
        sys.stdin.fileno(), glib.PRIORITY_DEFAULT, glib.IOCondition(HANGUP), lambda *_: loop.quit()
    )
    sys.stdout.write(f"listening {server.get_bound_port()}\n")
    sys.stdout.flush()
    loop.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
