#!/usr/bin/python3
"""A network between this host and another (the network namespace of a
process), with the faults that are asked for.

    bad_link.py PID NEAR FAR

gives this host the address NEAR and that one FAR, prints "ready", and carries
IPv4 packets between them until it is ended. Each line that comes in is a JSON
object and says anew what becomes of the TCP segments that FAR sends from the
port "port": "rate" is in bit/s, "queue" in seconds, "delay" in seconds, "loss"
from 0 to 1.
"""

import collections
import fcntl
import json
import os
import random
import selectors
import struct
import subprocess
import sys
import time

TUNSETIFF = 0x400454CA
IFF_TUN_NO_PI = 0x0001 | 0x1000
MTU = 1500
TCP = 6


def open_tun(name):
    fd = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(fd, TUNSETIFF,
                struct.pack("16sH", name.encode(), IFF_TUN_NO_PI))
    return fd


def set_up(name, address, within=()):
    for words in (["address", "add", address + "/24", "dev", name],
                  ["link", "set", name, "mtu", str(MTU), "up"],
                  ["link", "set", "lo", "up"]):
        subprocess.run([*within, "ip", *words], check=True)


class Way:
    """From FAR to NEAR: each packet leaves when its time has come."""

    def __init__(self, out):
        self.out = out
        self.waiting = collections.deque()  # (when, packet)
        self.free = 0.0  # when the last one has left
        self.random = random.Random(19700101)
        self.faults = {}

    def is_hit(self, packet):
        header = (packet[0] & 15) * 4
        return (packet[9] == TCP and self.faults and
                struct.unpack_from("!H", packet, header)[0] ==
                self.faults["port"])

    def take(self, packet):
        if not self.is_hit(packet):
            os.write(self.out, packet)
            return
        now = time.monotonic()
        wait = max(0.0, self.free - now)
        if (self.random.random() < self.faults.get("loss", 0) or
                wait > self.faults.get("queue", 0.3)):
            return
        if "rate" in self.faults:
            self.free = now + wait + len(packet) * 8 / self.faults["rate"]
        self.waiting.append((max(now, self.free) +
                             self.faults.get("delay", 0), packet))

    def turn(self):
        """Sends what is due; returns how long to wait, or None."""
        while self.waiting:
            wait = self.waiting[0][0] - time.monotonic()
            if wait > 0:
                return wait
            os.write(self.out, self.waiting.popleft()[1])
        return None


def read_packets(fd, take):
    try:
        while True:
            take(os.read(fd, 65536))
    except BlockingIOError:
        pass


def carry(near, far):
    down = Way(near)
    selector = selectors.DefaultSelector()
    selector.register(near, selectors.EVENT_READ,
                      lambda: read_packets(near, lambda p: os.write(far, p)))
    selector.register(far, selectors.EVENT_READ,
                      lambda: read_packets(far, down.take))

    def obey():
        line = sys.stdin.readline()
        if not line:
            sys.exit()
        down.faults = json.loads(line)

    selector.register(sys.stdin, selectors.EVENT_READ, obey)
    while True:
        for key, _ in selector.select(down.turn()):
            key.data()


def main():
    pid, near_address, far_address = sys.argv[1:]
    near, far = open_tun("near0"), open_tun("far0")
    subprocess.run(["ip", "link", "set", "far0", "netns", pid], check=True)
    set_up("near0", near_address)
    set_up("far0", far_address,
           ["nsenter", "--net=/proc/" + pid + "/ns/net"])
    print("ready", flush=True)
    carry(near, far)


main()
