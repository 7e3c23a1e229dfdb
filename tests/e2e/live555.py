#!/usr/bin/python3
"""live555's proxy before the cameras of tests: its RTSP server, their pictures.

    live555.py --port 0 NAME=rtsp://127.0.0.1:PORT/cam...

prints "ready rtsp://127.0.0.1:PORT/NAME..." once it has heard from all of them
what they have, and ends on SIGTERM. It is a module of Python, liblivemedia,
which ./check installs.
"""

import argparse
import os
import signal
import socket
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(FOLDER, "..", "python_modules"))
import liblivemedia  # noqa: E402

DEADLINE_S = 20


def describes(url, port):
    try:
        with socket.create_connection(("127.0.0.1", port), 1) as server:
            server.settimeout(1)
            server.sendall(f"DESCRIBE {url} RTSP/1.0\r\nCSeq: 1\r\n\r\n"
                           .encode())
            return b"\r\nm=video" in server.recv(65536)
    except OSError:
        return False


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
    deadline = time.monotonic() + DEADLINE_S
    while not all(describes(url, port) for url in urls):
        if time.monotonic() > deadline:
            sys.exit("live555.py: it does not know what the cameras have")
        time.sleep(0.1)
    print("ready", *urls, flush=True)
    signal.sigwait([signal.SIGTERM])
    sys.stdout.flush()
    os._exit(0)  # its threads have no end


if __name__ == "__main__":
    main()
