#!/usr/bin/python3
"""A real RTSP server (GStreamer's) that plays H.264 or H.265 files on many mounts without re-encoding, for tests and measurements.

  serve.py --file clip.mp4 --count 8 [--port 8554] [--user u --password p] [--codec h265] [--tls cert-and-key.pem]
  rtsp://127.0.0.1:PORT/cam1 … /camN

Packages: gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-base gstreamer1.0-plugins-good gstreamer1.0-plugins-bad.
Run it with Debian's own /usr/bin/python3. Listens on loopback only; port 0 takes a free one. A mount plays its file from the
start for its first viewer, shares it with later ones, and ends it at the file's end. Further mounts: /audio has no video.

Prints `ready PORT` once it listens. Commands on standard input, one a line, each answered with `ok` or `unknown`:
  stall N    mount N stops sending but keeps its connections
  resume N   it goes on
  drop N     its connections are closed
  quit
"""
import argparse
import sys
import threading

import gi

gi.require_version("Gio", "2.0")
gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

AUDIO_ONLY = "( audiotestsrc is-live=true ! alawenc ! rtppcmapay name=pay0 pt=8 )"


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--file", required=True, action="append", help="repeat it to spread several clips over the mounts")
    parser.add_argument("--count", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--codec", choices=["h264", "h265"], default="h264")
    parser.add_argument("--tls", help="rtsps: a PEM file with certificate and key")
    return parser.parse_args()


def require_login(server, user, password):
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.add_digest(user, password, token)
    auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
    server.set_auth(auth)


def encrypt(server, pem):
    auth = GstRtspServer.RTSPAuth()
    auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(pem))
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    auth.set_default_token(token)
    server.set_auth(auth)


def mount(server, path, launch, protected, on_media):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(launch)
    factory.set_shared(True)
    factory.set_protocols(GstRtsp.RTSPLowerTrans.TCP | GstRtsp.RTSPLowerTrans.UDP)
    if protected:
        permissions = GstRtspServer.RTSPPermissions()
        permissions.add_permission_for_role("viewer", "media.factory.access", True)
        permissions.add_permission_for_role("viewer", "media.factory.construct", True)
        factory.set_permissions(permissions)
    factory.connect("media-configure", lambda _factory, media: on_media(media))
    server.get_mount_points().add_factory(path, factory)


def set_stalled(media, stalled):
    media.get_element().get_by_name("valve").set_property("drop", stalled)


def drop(server, media):
    """Closes the connections of those who look at this media, without a goodbye."""

    def looks_on(client):
        for session in client.session_filter(lambda *_: GstRtspServer.RTSPFilterResult.REF):
            if any(one.get_media() == media for one in session.filter(lambda *_: GstRtspServer.RTSPFilterResult.REF)):
                return True
        return False

    def judge(_server, client):
        return GstRtspServer.RTSPFilterResult.REMOVE if looks_on(client) else GstRtspServer.RTSPFilterResult.KEEP

    server.client_filter(judge)


def main():
    options = arguments()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(options.port))
    if options.user:
        require_login(server, options.user, options.password)
    if options.tls:
        encrypt(server, options.tls)
    playing = {}
    for number in range(1, options.count + 1):
        file = options.file[(number - 1) % len(options.file)]
        launch = f'( filesrc location="{file}" ! qtdemux ! {options.codec}parse ! valve name=valve ! rtp{options.codec}pay name=pay0 pt=96 config-interval=-1 )'
        mount(server, f"/cam{number}", launch, options.user or options.tls, lambda media, number=number: playing.__setitem__(number, media))
    mount(server, "/audio", AUDIO_ONLY, options.user or options.tls, lambda media: None)
    if not server.attach(None):
        sys.exit(f"cannot listen on 127.0.0.1:{options.port}")
    loop = GLib.MainLoop()

    def act(line):
        word, *rest = line.split() or [""]
        media = playing.get(int(rest[0])) if rest else None
        if word == "quit":
            loop.quit()
        elif word == "stall" and media:
            set_stalled(media, True)
        elif word == "resume" and media:
            set_stalled(media, False)
        elif word == "drop" and media:
            drop(server, media)
        else:
            print("unknown", flush=True)
            return False
        print("ok", flush=True)
        return False

    def read_commands():
        for line in sys.stdin:
            GLib.idle_add(act, line)
        GLib.idle_add(loop.quit)

    threading.Thread(target=read_commands, daemon=True).start()
    print(f"ready {server.get_bound_port()}", flush=True)
    loop.run()


if __name__ == "__main__":
    main()
