"""The access units of H265 that a viewer gets, by their RTP packets, and what
libwebrtc's receiver would have against them (RFC 7798, sections 4.4.1 to
4.4.3, without decoding order numbers)."""
import struct

VPS, SPS, PPS, AP, FU = 32, 33, 34, 48, 49
IRAP = range(16, 22)


def payload(packet):
    """Its payload, behind CSRCs and the extension (RFC 3550, section 5.1)."""
    at = 12 + 4 * (packet[0] & 15)
    if packet[0] & 16:
        at += 4 + 4 * struct.unpack_from(">H", packet, at + 2)[0]
    end = len(packet) - (packet[-1] if packet[0] & 32 else 0)
    return packet[at:end]


def kind(nal):
    return nal[0] >> 1 & 63


class H265Units:
    def __init__(self):
        self.done = []  # of all that have ended
        self.sequence = None
        self.begin()

    def begin(self):
        self.types, self.faults = [], []
        self.time, self.open = None, None  # `open`: the type of an FU

    def blame(self, fault):
        self.faults.append(fault)

    def take(self, packet):
        sequence, time = struct.unpack_from(">HI", packet, 2)
        if self.sequence not in (None, (sequence - 1) % 2**16):
            self.blame(f"a gap before {sequence}")
        self.sequence = sequence
        if self.time not in (None, time):
            self.blame("the unit before has no marker")
        self.time = time
        self.take_payload(payload(packet))
        if packet[1] & 0x80:
            self.end()

    def take_payload(self, data):
        if kind(data) == FU:
            self.take_fragment(data)
            return
        if self.open is not None:
            self.blame("a fragment has no end")
        nals = aggregated(data) if kind(data) == AP else [data]
        for nal in nals:
            if kind(nal) >= AP or len(nal) < 3 or nal[1] & 7 == 0:
                self.blame(f"no NAL unit: {nal[:4].hex()}")
            self.types.append(kind(nal))

    def take_fragment(self, data):
        start, end, number = data[2] & 128, data[2] & 64, data[2] & 63
        if start and end or len(data) < 4:
            self.blame("a fragment is a whole")
        if bool(start) != (self.open is None):
            self.blame("a fragment is missing")
        if start:
            self.types.append(number)
        elif self.open not in (None, number):
            self.blame("a fragment is of another type")
        self.open = None if end else number

    def end(self):
        if self.open is not None:
            self.blame("the marker is within a fragment")
        key = any(t in IRAP for t in self.types)
        if key and self.types[:3] != [VPS, SPS, PPS]:
            self.blame(f"a key frame lacks its sets: {self.types}")
        if not key and (VPS in self.types or SPS in self.types):
            self.blame(f"a set is no key frame's: {self.types}")
        if not self.done and not key:
            self.blame("it begins with no key frame")
        self.done.append({"types": self.types, "faults": self.faults})
        self.begin()


def aggregated(data):
    nals, at = [], 2
    while at < len(data):
        size = struct.unpack_from(">H", data, at)[0]
        nals.append(data[at + 2:at + 2 + size])
        at += 2 + size
    return nals
