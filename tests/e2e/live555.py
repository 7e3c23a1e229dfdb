#!/usr/bin/python3
"""live555's proxy before the cameras of tests: its RTSP server, their pictures.

    live555.py --port 0 NAME=rtsp://127.0.0.1:PORT/cam...

prints "ready rtsp://127.0.0.1:PORT/NAME..." once it asks the cameras what they
have, and ends on SIGTERM. It is a module of Python, liblivemedia, which ./check
installs.
"""

import argparse
import os
import signal
import socket
import sys

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(FOLDER, "..", "python_modules"))
import liblivemedia  # noqa: E402


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("camera", nargs="+", metavar="NAME=URL")
    args = parser.parse_args()
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    port = args.port or free_port()
    proxy = liblivemedia.ProxyServer("127.0.0.1", port)
    urls = []
    for camera in args.camera:
        name, _, url = camera.partition("=")
        proxy.addURI(url, name, "", "")
        urls.append(f"rtsp://127.0.0.1:{port}/{name}")
    proxy.start()
    print("ready", *urls, flush=True)
    signal.sigwait([signal.SIGTERM])
    sys.stdout.flush()
    os._exit(0)  # its threads have no end


if __name__ == "__main__":
    main()
