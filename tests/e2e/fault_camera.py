#!/usr/bin/python3
"""A camera for tests whose every fault is chosen: see OPTIONS.

    fault_camera.py --port 0 --fingerprints FILE

prints "ready rtsp://127.0.0.1:PORT/cam" and then each request that it gets.
The query of the URL says what is wrong with this camera, as in
rtsp://127.0.0.1:PORT/cam?audio=pcma&stall=2&at=6; without one nothing is.
It shows a clip of its own making, over and over. FILE gets the CRC-32 of the
planes of each picture of a clip, a line each, before that is first played.
"""

import argparse
import asyncio
import base64
import dataclasses
import hashlib
import math
import os
import random
import re
import signal
import socket
import struct
import sys
import time
import zlib

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst  # noqa: E402

OPTIONS = {
    # The pictures.
    "codec": "h264",  # h264 h265
    "fps": 25,
    "gop": 1.0,  # seconds from key frame to key frame
    "bframes": "",  # nonref: none is referred to; pyramid: some are
    "slices": 1,  # of each picture
    "cut": 0,  # bytes of a slice at most, so that their number varies
    "tell": False,  # prints the fingerprint of each picture that it sends
    "intra": False,  # periodic intra refresh: no key frame but the first
    "hevcinh264": False,  # H265, though the SDP says H264
    "noparams": False,  # no parameter sets, neither in SDP nor in band
    "sets": "",  # sdp band: parameter sets are in that alone
    "relay": False,  # PLAY begins where the clip is, with no key frame
    "pli": False,  # goes on with a key frame when it is asked for one
    "again": "",  # at a PLAY while it plays: key: does that; refuse: 455
    # Their packets.
    "marker": "",  # 0: on none; all: on the last of each NAL unit
    "stap": False,  # small NAL units share a packet: STAP-A, AP
    "tsslice": False,  # each slice of a picture has a time of its own
    "ext": False,  # a header extension
    "pad": False,  # padding
    "ssrc": False,  # at `at` SSRC, sequence and times begin anew
    # The sound: pcma pcmu g722 opus.
    "audio": "",
    # Times. `at`: seconds after PLAY; for jump stall odd and ssrc.
    "at": 4.0,
    "ts": "",  # const ms noise: the video's RTP time; jump wrap: both
    "by": 0.7,  # seconds that ts=jump leaps
    "av": "",  # video: ts=jump leaves the sound alone
    "sr": 5.0,  # seconds from sender report to sender report; 0: none
    "stall": 0.0,  # seconds without a packet, once; the times show the gap
    # The network, by UDP: of packets. And the only transport served.
    "dup": 0.0,
    "reorder": 0.0,  # come behind the next one
    "loss": 0.0,
    "losing": "",  # video audio: loss is of that track alone
    "only": "",  # udp tcp
    # RTSP.
    "auth": "",  # md5 sha256 both sha256first basic; USER and PASSWORD
    "status": 0,  # 404 453 500 and the like, as the answer to `to`
    "to": "DESCRIBE",
    "sdp": "",  # mp2t: MPEG-TS over RTP; unnamed: sound of an unknown kind
    # Bytes that are no RTSP. setup play: as the answer to that; stream:
    # between interleaved packets.
    "junk": "",
    "req": False,  # asks each second whether we are there; hangs up if not
    "ka": 0,  # seconds: hangs up when it was asked nothing for so long
    "noget": False,  # knows no GET_PARAMETER: then OPTIONS counts for `ka`
    "redirect": "",  # port host: to another one, as the answer to `to`
    "odd": 0.0,  # seconds of RTP with random payload
}
USER, PASSWORD, REALM = "admin", "right", "fault camera"

SIZE = (320, 180)
CLIP_S = 8.0  # at least, and whole groups of pictures
PACKET_S = 0.02  # of sound
MTU = 1400
JUNK = 2000  # bytes
JUNK_CHANCE = 0.05  # of an interleaved packet to have some before it
SLICE_TICKS = 90  # from slice to slice, for tsslice
# ONVIF's own (Streaming Specification, section 6.3), and what it says.
EXTENSION = struct.pack(">HH12x", 0xabac, 3)
PADDING = b"\0\0\3"
REASONS = {
    200: "OK", 302: "Found", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
    453: "Not Enough Bandwidth",
    455: "Method Not Valid in This State", 461: "Unsupported Transport",
    500: "Internal Server Error", 501: "Not Implemented",
}

# Media


@dataclasses.dataclass
class Sound:
    payload_type: int
    rtpmap: str
    step: int  # RTP ticks of a packet
    source: str


def tone(rate, encoder):
    samples = round(rate * PACKET_S)
    return (f"audiotestsrc num-buffers={round(CLIP_S / PACKET_S)} wave=sine"
            f" freq=440 volume=0.3 samplesperbuffer={samples}"
            f" ! audio/x-raw,format=S16LE,rate={rate},channels=1 ! {encoder}")


SOUNDS = {
    "pcmu": Sound(0, "PCMU/8000", 160, tone(8000, "mulawenc")),
    "pcma": Sound(8, "PCMA/8000", 160, tone(8000, "alawenc")),
    # Its clock is 8000 by tradition (RFC 3551, section 4.5.2).
    "g722": Sound(9, "G722/8000", 160, tone(16000, "avenc_g722")),
    "opus": Sound(97, "opus/48000/2", 960,
                  tone(48000, "opusenc frame-size=20")),
}


def run_pipeline(text):
    """What each of its fakesinks got, by name: lists of (time, bytes)."""
    pipeline = Gst.parse_launch(text)
    got = {}

    def note(element, buffer, _pad):
        got.setdefault(element.get_name(), []).append(
            (buffer.pts, buffer.extract_dup(0, buffer.get_size())))

    for name in ("coded", "decoded"):
        element = pipeline.get_by_name(name)
        if element is not None:
            element.connect("handoff", note)
    pipeline.set_state(Gst.State.PLAYING)
    end = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.EOS | Gst.MessageType.ERROR)
    pipeline.set_state(Gst.State.NULL)
    if end.type == Gst.MessageType.ERROR:
        raise RuntimeError(f"{text}: {end.parse_error()}")
    return got


def sink(name):
    return (f"fakesink name={name} sync=false async=false"
            " signal-handoffs=true")


B_FRAMES = {
    "": ("bframes=0 tune=zerolatency", "", "constrained-baseline"),
    "nonref": ("bframes=2 b-adapt=false", ":b-pyramid=none", "main"),
    "pyramid": ("bframes=3 b-adapt=false b-pyramid=true",
                ":b-pyramid=strict", "main"),
}


def h264_encoder(o):
    frames, more, profile = B_FRAMES[o.bframes]
    slices = f"slice-max-size={o.cut}" if o.cut else f"slices={o.slices}"
    return (f"x264enc speed-preset=ultrafast threads=1 bitrate=500 {frames}"
            f" key-int-max={round(o.gop * o.fps)} intra-refresh={o.intra}"
            f" option-string=scenecut=0:{slices}{more}"
            f" ! video/x-h264,stream-format=byte-stream,profile={profile}")


# Those of H265 are in open groups: some follow the key frame that they precede.
H265_B_FRAMES = {
    "": "bframes=0",
    "nonref": "bframes=2:b-adapt=0:b-pyramid=0:open-gop=1",
    "pyramid": "bframes=3:b-adapt=0:b-pyramid=1",
}


def h265_encoder(o):
    keys = round(o.gop * o.fps)
    slices = f":slices={o.slices}:ctu=16:max-tu-size=16" if o.slices > 1 else ""
    return (f"x265enc speed-preset=ultrafast bitrate=500 key-int-max={keys}"
            f" option-string=log-level=none:rc-lookahead=5:scenecut=0"
            f":min-keyint={keys}:{H265_B_FRAMES[o.bframes]}{slices}"
            f" ! video/x-h265,stream-format=byte-stream")


@dataclasses.dataclass
class Syntax:
    """How NAL units are told apart and cut to pieces: for H264 RFC 6184,
    section 5.8 (FU-A); for H265 RFC 7798, section 4.4.3 (FU)."""
    encoder: object
    decoder: str
    header: int  # bytes
    shift: int  # of the type in the first
    mask: int
    keys: range
    extra: range  # parameter sets, which we add, SEI and delimiters
    params: tuple
    fragment: int
    aggregate: bytes  # the header of a packet of several
    rtpmap: str
    modes: tuple  # of a=fmtp

    def kind(self, nal):
        return nal[0] >> self.shift & self.mask

    def ends_nal(self, payload):
        """Is it a NAL unit, or the last fragment of one?"""
        return (self.kind(payload) != self.fragment
                or payload[self.header] & 0x40 != 0)

    def sprop(self, params):
        """As parameters of a=fmtp."""
        coded = [base64.b64encode(p).decode() for p in params]
        if self is H264:
            return ["sprop-parameter-sets=" + ",".join(coded)]
        names = dict(zip(self.params, ("vps", "sps", "pps")))
        return [f"sprop-{names[self.kind(p)]}={text}"
                for p, text in zip(params, coded)]

    def pieces(self, nal):
        if len(nal) <= MTU:
            return [nal]
        kept = nal[0] & ~(self.mask << self.shift)
        start = (bytes([kept | self.fragment << self.shift])
                 + nal[1:self.header])
        cuts = range(self.header, len(nal), MTU)
        return [start + bytes([self.kind(nal) | (i == cuts[0]) << 7
                               | (i == cuts[-1]) << 6]) + nal[i:i + MTU]
                for i in cuts]


H264 = Syntax(h264_encoder, "avdec_h264", 1, 0, 31, range(5, 6),
              range(6, 32), (7, 8), 28, b"\x78", "H264/90000",
              ("packetization-mode=1",))
H265 = Syntax(h265_encoder, "avdec_h265", 2, 1, 63, range(16, 22),
              range(32, 64), (32, 33, 34), 49, b"\x60\x01", "H265/90000",
              ("profile-id=1",))


class Clip:
    """Its NAL units, picture by picture, and what a decoder makes of it."""

    def __init__(self, o):
        groups = -(-CLIP_S // o.gop)
        self.syntax = (H265 if o.hevcinh264 or o.codec == "h265" else H264)
        got = run_pipeline(
            f"videotestsrc pattern=smpte horizontal-speed=4"
            f" num-buffers={round(groups * o.gop * o.fps)}"
            f" ! video/x-raw,format=I420,width={SIZE[0]},height={SIZE[1]},"
            f"framerate={o.fps}/1 ! {self.syntax.encoder(o)} ! tee name=both"
            f" both. ! queue ! {sink('coded')} both. ! queue"
            f" ! {self.syntax.decoder} max-threads=1"
            f" ! video/x-raw,format=I420 ! {sink('decoded')}")
        begin = got["coded"][0][0]
        self.times = [(pts - begin) / 1e9 for pts, _ in got["coded"]]
        self.pictures = [zlib.crc32(data) for _, data in got["decoded"]]
        nals = [split(data) for _, data in got["coded"]]
        kind, syntax = self.syntax.kind, self.syntax
        self.params = [n for n in nals[0] if kind(n) in syntax.params]
        self.units = [[n for n in unit if kind(n) not in syntax.extra]
                      for unit in nals]

    def is_key(self, index):
        return (index == 0 or
                self.syntax.kind(self.units[index][0]) in self.syntax.keys)

    def payloads(self, index, o):
        nals = self.units[index]
        if self.is_key(index) and not o.noparams and o.sets != "sdp":
            nals = self.params + nals
        if o.stap:
            nals = aggregated(nals, self.syntax.aggregate)
        return [piece for n in nals for piece in self.syntax.pieces(n)]


def aggregated(nals, header):
    """H264's STAP-A of those that fit (RFC 6184, section 5.7.1), or H265's AP
    (RFC 7798, section 4.4.2)."""
    groups = [[]]
    for nal in nals:
        if sum(len(n) + 2 for n in [*groups[-1], nal]) >= MTU:
            groups.append([])
        groups[-1].append(nal)
    return [group[0] if len(group) == 1 else header + b"".join(
        struct.pack(">H", len(n)) + n for n in group)
        for group in groups if group]


def split(annexb):
    return [n.rstrip(b"\0") for n in annexb.split(b"\0\0\1")[1:]]


class Library:
    """Clips and sounds, each made once."""

    def __init__(self, path):
        self.notes = open(path, "a", encoding="ascii") if path else None
        self.lock = asyncio.Lock()
        self.clips, self.sounds = {}, {}

    async def clip(self, o):
        key = (o.codec, o.fps, o.gop, o.bframes, o.slices, o.cut, o.intra,
               o.hevcinh264)
        async with self.lock:
            if key not in self.clips:
                clip = self.clips[key] = await asyncio.to_thread(Clip, o)
                if self.notes:
                    print(*clip.pictures, sep="\n", file=self.notes,
                          flush=True)
        return self.clips[key]

    async def sound(self, name):
        async with self.lock:
            if name not in self.sounds:
                got = await asyncio.to_thread(
                    run_pipeline, f"{SOUNDS[name].source} ! {sink('coded')}")
                self.sounds[name] = [data for _, data in got["coded"]]
        return self.sounds[name]


# Tracks


def leap(o, t):
    return o.by if o.ts == "jump" and t >= o.at else 0.0


# The video's RTP ticks at `t` seconds, from its first.
VIDEO_CLOCKS = {
    "const": lambda t: 0,
    "ms": lambda t: round(t * 1000),
    "noise": lambda t: random.getrandbits(32),
}


class Track:
    def __init__(self, o, name, rate, payload_type):
        self.o, self.name, self.rate = o, name, rate
        self.payload_type = payload_type
        self.next = 0  # unit
        self.sender = None
        self.begin()

    def begin(self):
        self.sequence = random.getrandbits(15)
        self.ssrc = random.getrandbits(32)
        # Five seconds before it turns over, or far from that.
        self.base = (2**32 - self.rate * 5 if self.o.ts == "wrap"
                     else random.getrandbits(31))
        self.sent = self.octets = 0
        self.report_due = 0.0
        self.restarts = self.o.ssrc

    def restart(self):
        print("restart", self.name, flush=True)
        self.begin()
        self.restarts = False

    def leap(self, t):
        stays = self.o.av == "video" and self.name != "video"
        return 0.0 if stays else leap(self.o, t)

    def rtp_time(self, t):
        if self.name == "video" and self.o.ts in VIDEO_CLOCKS:
            ticks = VIDEO_CLOCKS[self.o.ts](t)
        else:
            ticks = round((t + self.leap(t)) * self.rate)
        return (self.base + ticks) % 2**32

    def packet(self, payload, marker, stamp):
        first = 0x80 | self.o.pad << 5 | self.o.ext << 4
        data = struct.pack(">BBHII", first, marker << 7 | self.payload_type,
                           self.sequence, stamp, self.ssrc)
        data += EXTENSION * self.o.ext + payload + PADDING * self.o.pad
        self.sequence = (self.sequence + 1) % 2**16
        self.sent += 1
        self.octets += len(payload)
        return data

    def packets(self, payloads, stamp):
        """A unit's."""
        return [self.packet(payload, False, stamp) for payload in payloads]

    def report(self, begin, t):
        """A sender report without blocks (RFC 3550, section 6.4.1), of `t`
        seconds after `begin`, not of when it is sent: that may be late. What
        leaps is the camera's clock, so that its own time does as well."""
        ntp = begin + t + self.leap(t) + 2208988800
        return struct.pack(
            ">BBHIIIIII", 0x80, 200, 6, self.ssrc, int(ntp),
            int(ntp % 1 * 2**32), self.rtp_time(t), self.sent,
            self.octets % 2**32)


class VideoTrack(Track):
    def __init__(self, o, clip, first):
        super().__init__(o, "video", 90000, 33 if o.sdp == "mp2t" else 96)
        self.clip, self.first = clip, first

    def due(self):
        return self.next / self.o.fps

    def media(self):
        """The time of the next unit and its payloads."""
        index = self.index()
        reordered = self.clip.times[index] - index / self.o.fps
        if self.o.tell:
            print("sends", self.clip.pictures[index], time.time(), flush=True)
        return self.due() + reordered, self.clip.payloads(index, self.o)

    def index(self):
        """In the clip, of the next unit."""
        return (self.first + self.next) % len(self.clip.units)

    def jump(self):
        """To the clip's next key frame."""
        while not self.clip.is_key(self.index()):
            self.first += 1

    def packets(self, payloads, stamp):
        result = []
        for left, payload in zip(range(len(payloads))[::-1], payloads):
            ends = self.clip.syntax.ends_nal(payload)
            marker = {"0": False, "all": ends}.get(self.o.marker, left == 0)
            result.append(self.packet(payload, marker, stamp))
            if self.o.tsslice and ends:
                stamp = (stamp + SLICE_TICKS) % 2**32
        return result

    def sdp(self):
        if self.o.sdp == "mp2t":
            return ["m=video 0 RTP/AVP 33"]
        syntax = H264 if self.o.hevcinh264 else self.clip.syntax
        silent = self.o.noparams or self.o.sets == "band"
        sprop = [] if silent else syntax.sprop(self.clip.params)
        return ["m=video 0 RTP/AVP 96", f"a=rtpmap:96 {syntax.rtpmap}",
                "a=fmtp:96 " + ";".join([*syntax.modes, *sprop])]


class SoundTrack(Track):
    def __init__(self, o, packets):
        kind = self.kind = SOUNDS[o.audio]
        super().__init__(o, "audio", round(kind.step / PACKET_S),
                         kind.payload_type)
        self.sound = packets

    def due(self):
        return self.next * PACKET_S

    def media(self):
        return self.due(), [self.sound[self.next % len(self.sound)]]

    def sdp(self):
        number = self.payload_type
        return [f"m=audio 0 RTP/AVP {number}",
                f"a=rtpmap:{number} {self.kind.rtpmap}"]


class SilentTrack(Track):
    """Announced without its codec, and never sent."""

    def due(self):
        return math.inf

    def sdp(self):
        return [f"m=audio 0 RTP/AVP {self.payload_type}"]


class Sender:
    """Takes the packets of a track to where its SETUP wanted them."""

    def __init__(self, o, writer, transport, track):
        self.o, self.writer = o, writer
        self.loss = o.loss if o.losing in ("", track.name) else 0.0
        self.chance = random.Random(1)
        self.held = None  # for reorder
        self.sockets = []
        if "TCP" in transport:
            self.channels = [int(n) for n in re.search(
                r"interleaved=(\d+)-(\d+)", transport).groups()]
            self.answer = ("RTP/AVP/TCP;unicast;interleaved="
                           + "-".join(map(str, self.channels)))
            return
        ports = [int(n) for n in re.search(
            r"client_port=(\d+)-(\d+)", transport).groups()]
        peer = writer.get_extra_info("peername")[0]
        self.peers = [(peer, port) for port in ports]
        self.sockets = port_pair()
        mine = "-".join(str(s.getsockname()[1]) for s in self.sockets)
        self.answer = (f"RTP/AVP;unicast;client_port={ports[0]}-{ports[1]}"
                       f";server_port={mine}")

    def send(self, packet, rtcp=False):
        if not self.sockets:
            if (self.o.junk == "stream"
                    and self.chance.random() < JUNK_CHANCE):
                self.writer.write(self.chance.randbytes(
                    self.chance.randint(1, JUNK)))
            self.writer.write(struct.pack(
                ">cBH", b"$", self.channels[rtcp], len(packet)) + packet)
        elif rtcp:
            self.sockets[rtcp].sendto(packet, self.peers[rtcp])
        elif self.chance.random() >= self.loss:
            self.send_rtp(packet)

    def send_rtp(self, packet):
        if self.held is None and self.chance.random() < self.o.reorder:
            self.held = packet
            return
        twice = self.chance.random() < self.o.dup
        for one in filter(None, [packet, packet * twice, self.held]):
            self.sockets[0].sendto(one, self.peers[0])
        self.held = None

    def hear(self, loop, take):
        """take(packet) for each of RTCP that comes by UDP."""
        def on_readable():
            take(self.sockets[1].recv(2048))

        if self.sockets:
            loop.add_reader(self.sockets[1], on_readable)

    def close(self, loop):
        for one in self.sockets:
            loop.remove_reader(one)
            one.close()


def port_pair():
    """An even UDP port and the next one (RFC 3550, section 11)."""
    while True:
        pair = [socket.socket(type=socket.SOCK_DGRAM) for _ in range(2)]
        pair[0].bind(("127.0.0.1", 0))
        port = pair[0].getsockname()[1]
        try:
            if port % 2 == 0:
                pair[1].bind(("127.0.0.1", port + 1))
                return pair
        except OSError:
            pass
        for one in pair:
            one.close()


# Passwords (RFC 7616)

HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}
CHALLENGES = {
    "basic": ("Basic",),
    "md5": ("MD5",),
    "sha256": ("SHA-256",),
    "both": ("MD5", "SHA-256"),
    "sha256first": ("SHA-256", "MD5"),
}


def challenge(kind, nonce):
    if kind == "Basic":
        return f'Basic realm="{REALM}"'
    return f'Digest realm="{REALM}", nonce="{nonce}", algorithm={kind}'


def is_let_in(kinds, nonce, method, authorization):
    scheme, _, rest = authorization.partition(" ")
    if scheme == "Basic" and "Basic" in kinds:
        return base64.b64decode(rest).decode() == f"{USER}:{PASSWORD}"
    given = {key: quoted or plain for key, quoted, plain in re.findall(
        r'(\w+)=(?:"([^"]*)"|([^\s,]+))', rest)}
    kind = given.get("algorithm", "MD5")
    if scheme != "Digest" or kind not in kinds:
        return False

    def digest(*parts):
        return HASHES[kind](":".join(parts).encode()).hexdigest()

    return given.get("response") == digest(
        digest(USER, REALM, PASSWORD), nonce,
        digest(method, given.get("uri", "")))


# RTSP (RFC 2326)


def parse_options(url):
    """The query of a URL; ValueError: it has what we do not know."""
    values = {}
    query = url.partition("?")[2].partition("/")[0]
    for pair in filter(None, query.split("&")):
        key, _, value = pair.partition("=")
        if key not in OPTIONS:
            raise ValueError(f"there is no {key}")
        kind = type(OPTIONS[key])
        values[key] = value != "0" if kind is bool else kind(value)
    return argparse.Namespace(**{**OPTIONS, **values})


REQUEST = "4711"  # the number of each request of the camera


class Connection:
    def __init__(self, camera, moved, reader, writer):
        self.library, self.born = camera.library, camera.born
        self.camera, self.moved = camera, moved
        self.reader, self.writer = reader, writer
        self.nonce = os.urandom(8).hex()
        self.o = None
        self.tracks = []
        self.playing = []  # tasks, from PLAY on
        self.asked = time.monotonic()
        self.answered = asyncio.Event()

    async def serve(self):
        try:
            while (request := await self.read_request()) is not None:
                await self.answer(*request)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.stop()
            for track in self.tracks:
                if track.sender:
                    track.sender.close(asyncio.get_running_loop())
            self.writer.close()

    def stop(self):
        for task in self.playing:
            task.cancel()

    async def read_request(self):
        """(method, URL, headers); takes what comes before it."""
        while first := await self.reader.read(1):
            if first == b"$":
                head = await self.reader.readexactly(3)
                channel, length = struct.unpack(">BH", head)
                packet = await self.reader.readexactly(length)
                for track in self.tracks:
                    if track.sender and channel == track.sender.channels[1]:
                        self.take_rtcp(track, packet)
                continue
            line, headers = await self.read_head(first)
            if line.startswith("RTSP/"):
                self.take_answer(line, headers)
                continue
            method, url, _ = line.split(" ")
            print(method, url, "authorized" if "authorization" in headers
                  else "plain", flush=True)
            return method, url, headers
        return None

    async def read_head(self, first):
        """The first line and the headers, and reads the body."""
        text = (first + await self.reader.readuntil(b"\r\n\r\n")).decode()
        lines = text.strip().split("\r\n")
        headers = {key.lower(): value.strip() for key, _, value in
                   (line.partition(":") for line in lines[1:])}
        await self.reader.readexactly(int(headers.get("content-length", 0)))
        return lines[0], headers

    def take_answer(self, line, headers):
        print("answered", line, flush=True)
        if line.startswith("RTSP/1.0 200 ") and headers.get("cseq") == REQUEST:
            self.answered.set()

    def take_rtcp(self, track, packet):
        """Looks for a PLI (RFC 4585, section 6.3.1)."""
        while len(packet) >= 4:
            first, kind, words = struct.unpack(">BBH", packet[:4])
            if kind == 206 and first & 31 == 1:
                print("PLI", track.name, flush=True)
                if self.o.pli:
                    track.jump()
            packet = packet[4 + 4 * words:]

    def reply(self, headers, code, *lines, body=""):
        head = [f"RTSP/1.0 {code} {REASONS.get(code, 'So it is')}",
                f"CSeq: {headers.get('cseq', 0)}", *lines]
        if body:
            head.append(f"Content-Length: {len(body)}")
        self.writer.write(("\r\n".join(head) + "\r\n\r\n" + body).encode())

    async def answer(self, method, url, headers):
        try:
            self.o = self.o or parse_options(url)
        except ValueError as error:
            print(f"{url}: {error}", file=sys.stderr, flush=True)
            self.reply(headers, 400)
            return
        kinds = CHALLENGES[self.o.auth] if self.o.auth else ()
        if method != "OPTIONS" and kinds and not is_let_in(
                kinds, self.nonce, method, headers.get("authorization", "")):
            self.reply(headers, 401, *(
                f"WWW-Authenticate: {challenge(kind, self.nonce)}"
                for kind in kinds))
        elif self.o.redirect and method == self.o.to and not self.moved:
            self.reply(headers, 302, f"Location: {self.elsewhere(url)}")
        elif self.o.noget and method == "GET_PARAMETER":
            self.reply(headers, 501)
        elif self.o.status and method == self.o.to:
            self.reply(headers, self.o.status)
        elif self.o.junk == method.lower():
            self.writer.write(random.randbytes(JUNK))
        elif method in METHODS:
            await METHODS[method](self, url, headers)
        else:
            self.reply(headers, 501)

    def elsewhere(self, url):
        host = "127.0.0.2" if self.o.redirect == "host" else "127.0.0.1"
        return re.sub(r"//[^/]*", f"//{host}:{self.camera.other_port}", url,
                      count=1)

    async def options(self, _url, headers):
        known = ", ".join(name for name in METHODS if not (
            self.o.noget and name == "GET_PARAMETER"))
        self.reply(headers, 200, f"Public: {known}")
        if self.o.noget:
            self.asked = time.monotonic()

    async def describe(self, url, headers):
        clip = await self.library.clip(self.o)
        first = (round((time.monotonic() - self.born) * self.o.fps)
                 if self.o.relay else 0)
        self.tracks = [VideoTrack(self.o, clip, first)]
        if self.o.audio:
            self.tracks.append(SoundTrack(
                self.o, await self.library.sound(self.o.audio)))
        if self.o.sdp == "unnamed":
            self.tracks.append(SilentTrack(self.o, "audio", 8000, 99))
        lines = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=fault camera",
                 "c=IN IP4 0.0.0.0", "t=0 0", "a=control:*"]
        for number, track in enumerate(self.tracks):
            lines += [*track.sdp(), f"a=control:track{number}"]
        self.reply(headers, 200, "Content-Type: application/sdp",
                   f"Content-Base: {url}/", body="\r\n".join(lines) + "\r\n")

    async def setup(self, url, headers):
        transport = headers.get("transport", "")
        number = int(re.search(r"track(\d)$", url)[1])
        wanted = "tcp" if "TCP" in transport else "udp"
        if self.o.only not in ("", wanted) or number >= len(self.tracks):
            self.reply(headers, 461)
            return
        track = self.tracks[number]
        sender = track.sender = Sender(self.o, self.writer, transport, track)
        self.reply(headers, 200, f"Session: 1234;timeout={self.o.ka or 60}",
                   f"Transport: {sender.answer}")
        sender.hear(asyncio.get_running_loop(),
                    lambda packet: self.take_rtcp(track, packet))
        self.asked = time.monotonic()

    async def play(self, url, headers):
        if self.playing and self.o.again == "refuse":
            self.reply(headers, 455)
            return
        base = url.rstrip("/")
        info = ",".join(
            f"url={base}/track{n};seq={t.sequence};rtptime={t.rtp_time(0)}"
            for n, t in enumerate(self.tracks) if t.sender)
        self.reply(headers, 200, "Session: 1234", "Range: npt=now-",
                   f"RTP-Info: {info}")
        if self.playing:
            if self.o.again:
                self.tracks[0].jump()
            return
        work = [self.send_all()]
        if self.o.req:
            work.append(self.ask(url))
        if self.o.ka:
            work.append(self.wait_to_be_asked())
        self.playing = [asyncio.create_task(one) for one in work]

    async def get_parameter(self, _url, headers):
        self.reply(headers, 200, "Session: 1234")
        self.asked = time.monotonic()

    async def teardown(self, _url, headers):
        self.reply(headers, 200, "Session: 1234")
        self.stop()

    async def ask(self, url):
        """Asks whether there is anybody, until nobody answers."""
        while True:
            await asyncio.sleep(1)
            self.answered.clear()
            self.writer.write((f"GET_PARAMETER {url} RTSP/1.0\r\n"
                               f"CSeq: {REQUEST}\r\nSession: 1234\r\n\r\n"
                               ).encode())
            try:
                await asyncio.wait_for(self.answered.wait(), 1)
            except asyncio.TimeoutError:
                self.hang_up("it is not answered")
                return

    async def wait_to_be_asked(self):
        while (left := self.asked + self.o.ka - time.monotonic()) > 0:
            await asyncio.sleep(left)
        self.hang_up("it is asked nothing")

    def hang_up(self, why):
        print(f"hangs up: {why}", flush=True)
        self.writer.close()

    async def send_all(self):
        begin, begin_wall = time.monotonic(), time.time()
        tracks = [track for track in self.tracks if track.sender]
        gap = 0.0
        while tracks:
            track = min(tracks, key=lambda t: t.due())
            if track.due() >= self.o.at:
                gap = self.o.stall
            wait = begin + track.due() + gap - time.monotonic()
            if wait > 0:
                await asyncio.sleep(wait)
            self.send_unit(track, begin_wall, gap)
            await self.writer.drain()

    def send_unit(self, track, begin, gap):
        now = track.due() + gap
        if track.restarts and now >= self.o.at:
            track.restart()
        t, payloads = track.media()
        track.next += 1
        if self.o.sr and now >= track.report_due:
            track.report_due = now + self.o.sr
            track.sender.send(track.report(begin, now), rtcp=True)
        odd = self.o.at <= now < self.o.at + self.o.odd
        stamp = track.rtp_time(t + gap)
        if odd:
            payloads = [random.randbytes(len(one)) for one in payloads]
        for packet in track.packets(payloads, stamp):
            track.sender.send(packet)


METHODS = {
    "OPTIONS": Connection.options,
    "DESCRIBE": Connection.describe,
    "SETUP": Connection.setup,
    "PLAY": Connection.play,
    "GET_PARAMETER": Connection.get_parameter,
    "TEARDOWN": Connection.teardown,
}


async def run(args):
    library = Library(args.fingerprints)
    await library.clip(parse_options(""))
    camera = argparse.Namespace(library=library, born=time.monotonic())

    async def listen(port, moved):
        server = await asyncio.start_server(
            lambda r, w: Connection(camera, moved, r, w).serve(),
            "127.0.0.1", port)
        return server, server.sockets[0].getsockname()[1]

    server, port = await listen(args.port, False)
    other, camera.other_port = await listen(0, True)
    print(f"ready rtsp://127.0.0.1:{port}/cam", flush=True)
    over = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, over.set)
    await over.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--fingerprints", metavar="FILE")
    try:
        os.nice(-10)  # a real one is not kept waiting by what runs here
    except PermissionError:
        pass
    Gst.init(None)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
