#!/usr/bin/python3
"""VLC as a camera for tests: its RTSP server, with a film that is made here.

    vlc.py --port 0 --fingerprints FILE

prints "ready rtsp://127.0.0.1:PORT/cam" once it was told to play, and ends on
SIGTERM. FILE has a line for each picture of the film: the CRC-32 of its planes.
It is libvlc that plays, since the program VLC refuses to be run by root.
"""

import argparse
import ctypes
import os
import signal
import socket
import sys
import tempfile
import zlib

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

FPS = 15
SECONDS = 120
DEADLINE_S = 30
FILM = (f"videotestsrc num-buffers={FPS * SECONDS} horizontal-speed=4"
        f" ! video/x-raw,format=I420,width=320,height=180,framerate={FPS}/1"
        f" ! x264enc speed-preset=ultrafast threads=1 tune=zerolatency"
        f" key-int-max={FPS} ! video/x-h264,profile=baseline"
        f" ! tee name=coded ! queue ! matroskamux name=film"
        f" ! filesink name=file coded. ! queue ! avdec_h264 max-threads=1"
        f" ! video/x-raw,format=I420 ! fakesink name=reference sync=false"
        f" audiotestsrc num-buffers={SECONDS * 50} samplesperbuffer=960"
        f" wave=sine ! audio/x-raw,rate=48000,channels=2 ! opusenc ! film.")


def make_film(path, fingerprints):
    def note(_sink, buffer, _pad):
        data = buffer.extract_dup(0, buffer.get_size())
        print(zlib.crc32(data), file=notes)

    pipeline = Gst.parse_launch(FILM)
    pipeline.get_by_name("file").set_property("location", path)
    reference = pipeline.get_by_name("reference")
    reference.connect("handoff", note)
    reference.set_property("signal-handoffs", True)
    with open(fingerprints, "w", encoding="ascii") as notes:
        pipeline.set_state(Gst.State.PLAYING)
        message = pipeline.get_bus().timed_pop_filtered(
            DEADLINE_S * Gst.SECOND,
            Gst.MessageType.EOS | Gst.MessageType.ERROR)
        pipeline.set_state(Gst.State.NULL)
    if message is None or message.type != Gst.MessageType.EOS:
        sys.exit(f"vlc.py: no film: {message and message.parse_error()}")


def play(path, port):
    """VLC's own threads do it from then on."""
    vlc = ctypes.CDLL("libvlc.so.5")
    for name in ("libvlc_new", "libvlc_media_new_path",
                 "libvlc_media_player_new_from_media"):
        getattr(vlc, name).restype = ctypes.c_void_p
    args = (ctypes.c_char_p * 2)(b"vlc", b"--quiet")
    it = ctypes.c_void_p(vlc.libvlc_new(len(args), args))
    media = ctypes.c_void_p(vlc.libvlc_media_new_path(it, path.encode()))
    for option in (f":sout=#rtp{{sdp=rtsp://127.0.0.1:{port}/cam}}",
                   ":sout-keep", ":input-repeat=65535"):
        vlc.libvlc_media_add_option(media, option.encode())
    player = ctypes.c_void_p(vlc.libvlc_media_player_new_from_media(media))
    if vlc.libvlc_media_player_play(player) != 0:
        sys.exit("vlc.py: VLC does not play")


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--fingerprints", metavar="FILE", default=os.devnull)
    args = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    port = args.port or free_port()
    Gst.init(None)
    with tempfile.TemporaryDirectory() as folder:
        film = os.path.join(folder, "film.mkv")
        make_film(film, args.fingerprints)
        play(film, port)
        print(f"ready rtsp://127.0.0.1:{port}/cam", flush=True)
        signal.sigwait([signal.SIGTERM])


if __name__ == "__main__":
    main()
