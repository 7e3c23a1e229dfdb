#!/usr/bin/python3
"""A camera for tests: a real RTSP server (gst-rtsp-server) with test pictures.

    camera.py --port 0 --mount cam:audio=opus --mount old:codec=mjpeg,fps=10

prints one line, "ready rtsp://127.0.0.1:PORT/cam rtsp://127.0.0.1:PORT/old",
once it serves, and ends on SIGTERM. What a mount does not say comes from the
options of the same name.
"""

import argparse
import faulthandler
import itertools
import shlex
import signal
import sys
import zlib

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstRtsp", "1.0")
gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gio, GLib, Gst, GstRtsp, GstRtspServer  # noqa: E402

MOUNT_OPTIONS = {
    "codec": "h264",  # h264 h265 mjpeg theora
    "b_frames": 0,
    "b_pyramid": 0,  # 1: B-frames refer to one another
    "slices": 1,  # of each picture
    "config": -1,  # parameter sets: -1 before each slice of a key frame;
    #                0 before its first alone
    "fps": 25,
    "gop": 2.0,  # seconds
    "size": "640x360",
    "bitrate": 800,  # kbit/s
    "profile": "baseline",  # constrained-baseline baseline main high
    "pattern": "smpte",  # smpte and its like scroll; ball; colour (all of it)
    "audio": "none",  # opus pcmu pcma g722 aac latm l16 g726 mp2
}
AUDIO_ENCODERS = {
    "opus": "opusenc frame-size=20 ! rtpopuspay name=pay1 pt=97",
    "pcmu": "audioresample ! audio/x-raw,rate=8000 ! mulawenc"
            " ! rtppcmupay name=pay1 pt=0",
    "pcma": "audioresample ! audio/x-raw,rate=8000 ! alawenc"
            " ! rtppcmapay name=pay1 pt=8",
    "g722": "audioresample ! audio/x-raw,rate=16000 ! avenc_g722"
            " ! rtpg722pay name=pay1 pt=9",
    "aac": "avenc_aac ! rtpmp4gpay name=pay1 pt=97",
    "latm": "avenc_aac ! rtpmp4apay name=pay1 pt=97",
    "l16": "rtpL16pay name=pay1 pt=97",
    "g726": "audioresample ! audio/x-raw,rate=8000 ! avenc_g726 bitrate=32000"
            " ! rtpg726pay force-aal2=false name=pay1 pt=97",
    "mp2": "avenc_mp2 ! mpegaudioparse ! rtpmpapay name=pay1 pt=14",
}
# What else x264 has to use to be of a profile.
PROFILE_OPTIONS = {"main": ":cabac=1", "high": ":cabac=1:8x8dct=1"}
# One each 200 ms: what the picture shows tells when it was made.
COLOURS = (0xFFFF0000, 0xFF00FF00, 0xFF0000FF, 0xFFFFFF00, 0xFF00FFFF,
           0xFFFF00FF)
COLOUR_MS = 200
# What a decoder that misses nothing shows: see --fingerprints.
REFERENCE = (" ! tee name=coded coded. ! queue ! avdec_h264 max-threads=1"
             " ! video/x-raw,format=I420 ! fakesink name=reference"
             " sync=false async=false coded. ! queue")


def encoder(opts):
    """The part of the pipeline behind the raw picture."""
    keys = max(1, round(opts["gop"] * opts["fps"]))
    if opts["codec"] == "mjpeg":
        return "jpegenc ! rtpjpegpay name=pay0 pt=26"
    if opts["codec"] == "theora":
        return "theoraenc ! rtptheorapay name=pay0 pt=96"
    if opts["codec"] == "h265":
        return (f"x265enc tune=zerolatency speed-preset=ultrafast"
                f" key-int-max={keys} bitrate={opts['bitrate']}"
                f" ! rtph265pay name=pay0 pt=96 config-interval=-1")
    if opts["b_frames"]:
        delay = (f"bframes={opts['b_frames']} b-adapt=false"
                 f" b-pyramid={bool(opts['b_pyramid'])}")
        profile = "main"
    else:
        delay, profile = "tune=zerolatency", opts["profile"]
    return (f"x264enc speed-preset=ultrafast threads=1 {delay}"
            f" key-int-max={keys} bitrate={opts['bitrate']}"
            f" option-string=slices={opts['slices']}"
            f"{PROFILE_OPTIONS.get(profile, '')}"
            f" ! video/x-h264,profile={profile} {REFERENCE if opts['fingerprints'] else ''}"
            f" ! rtph264pay name=pay0 pt=96 config-interval={opts['config']}")


def pipeline(opts):
    width, height = opts["size"].split("x")
    pattern = {
        "ball": "pattern=ball",
        "colour": "pattern=solid-color",
    }.get(opts["pattern"], f"pattern={opts['pattern']} horizontal-speed=4")
    video = (f"videotestsrc name=picture is-live=true {pattern} ! video/x-raw,format=I420,"
             f"width={width},height={height},framerate={opts['fps']}/1"
             f" ! {encoder(opts)}")
    if opts["audio"] == "none":
        return f"( {video} )"
    return (f"( {video} audiotestsrc name=sound is-live=true wave=sine freq=440"
            f" volume=0.3 ! audio/x-raw,rate=48000,channels=1"
            f" ! audioconvert ! {AUDIO_ENCODERS[opts['audio']]} )")


def turn_colours(source):
    colours = itertools.cycle(COLOURS)

    def turn():
        source.set_property("foreground-color", next(colours))
        return GLib.SOURCE_CONTINUE

    turn()
    return GLib.timeout_add(COLOUR_MS, turn)


def note_fingerprints(sink, path):
    """A line for each picture: the CRC-32 of its planes."""
    def note(_sink, buffer, _pad):
        data = buffer.extract_dup(0, buffer.get_size())
        print(zlib.crc32(data), file=notes, flush=True)

    notes = open(path, "a", encoding="ascii")
    sink.connect("handoff", note)
    sink.set_property("signal-handoffs", True)


def deny_seeking(element):
    """A camera cannot be wound back; GStreamer's sources say that they can.
    Then the PLAY of a second client, by another transport, has the server
    flush what the first one sees, and it may abort over that."""
    def answer(_pad, info):
        return (Gst.PadProbeReturn.DROP
                if info.get_query().type == Gst.QueryType.SEEKING
                else Gst.PadProbeReturn.OK)

    element.get_static_pad("src").add_probe(
        Gst.PadProbeType.QUERY_UPSTREAM, answer)


def on_media(_factory, media, opts):
    picture, sound, reference = map(media.get_element().get_by_name,
                                    ("picture", "sound", "reference"))
    deny_seeking(picture)
    if sound is not None:
        deny_seeking(sound)
    if reference is not None:
        note_fingerprints(reference, opts["fingerprints"])
    if opts["pattern"] == "colour":
        timer = turn_colours(picture)
        media.connect("unprepared", lambda *_: GLib.source_remove(timer))


def add_mount(server, path, opts, role):
    factory = GstRtspServer.RTSPMediaFactory()
    factory.set_launch(pipeline(opts))
    factory.set_shared(not opts["alone"])
    factory.set_latency(0)
    factory.connect("media-configure", on_media, opts)
    if role is not None:
        factory.add_role_from_structure(Gst.Structure.new_from_string(
            f"{role},media.factory.access=(boolean)true,"
            f"media.factory.construct=(boolean)true"))
    server.get_mount_points().add_factory(f"/{path}", factory)


def add_auth(server, args):
    """Returns the role that mounts are to let in."""
    if args.user is None and args.tls is None:
        return None
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken()
    token.set_string("media.factory.role", "viewer")
    if args.user is None:
        auth.set_default_token(token)
    elif args.auth == "digest":
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.DIGEST)
        auth.add_digest(args.user, args.password, token)
    else:
        auth.set_supported_methods(GstRtsp.RTSPAuthMethod.BASIC)
        auth.add_basic(auth.make_basic(args.user, args.password), token)
    if args.tls is not None:
        auth.set_tls_certificate(Gio.TlsCertificate.new_from_file(args.tls))
    server.set_auth(auth)
    return "viewer"


def parse_mount(text, args):
    """NAME or NAME:key=value,key=value"""
    name, _, rest = text.partition(":")
    opts = {key: getattr(args, key) for key in MOUNT_OPTIONS}
    opts["alone"] = args.alone
    opts["fingerprints"] = args.fingerprints
    for pair in filter(None, rest.split(",")):
        key, _, value = pair.partition("=")
        key = key.replace("-", "_")
        if key not in MOUNT_OPTIONS:
            sys.exit(f"camera.py: no such mount option: {key}")
        opts[key] = type(MOUNT_OPTIONS[key])(value)
    return name, opts


def parse_args():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--mount", action="append", metavar="NAME[:OPTS]",
                        help="again for more; cam if there is none")
    parser.add_argument("--user")
    parser.add_argument("--password", default="")
    parser.add_argument("--auth", choices=("basic", "digest"),
                        default="digest")
    parser.add_argument("--tls", metavar="PEM",
                        help="certificate and key: serve rtsps://")
    parser.add_argument("--alone", action="store_true",
                        help="a pipeline, so a key frame, for each client")
    parser.add_argument("--fingerprints", metavar="FILE",
                        help="gets a line for each picture that a decoder"
                        " at the camera shows: the CRC-32 of its planes")
    for key, default in MOUNT_OPTIONS.items():
        parser.add_argument("--" + key.replace("_", "-"), type=type(default),
                            default=default)
    return parser.parse_args()


def main():
    faulthandler.enable()
    args = parse_args()
    Gst.init(None)
    server = GstRtspServer.RTSPServer()
    server.set_address("127.0.0.1")
    server.set_service(str(args.port))
    role = add_auth(server, args)
    mounts = [parse_mount(m, args) for m in args.mount or ["cam"]]
    for name, opts in mounts:
        add_mount(server, name, opts, role)
    if server.attach(None) == 0:
        sys.exit(f"camera.py: cannot listen on port {args.port}")
    scheme = "rtsps" if args.tls else "rtsp"
    urls = [f"{scheme}://127.0.0.1:{server.get_bound_port()}/{name}"
            for name, _ in mounts]
    loop = GLib.MainLoop()
    for number in (signal.SIGTERM, signal.SIGINT):
        GLib.unix_signal_add(GLib.PRIORITY_DEFAULT, number, loop.quit)
    print("ready", *map(shlex.quote, urls), flush=True)
    loop.run()


if __name__ == "__main__":
    main()
