"""A viewer by GStreamer's webrtcbin, which reports to the server by
transport-wide feedback.

    webrtcbin_viewer.py H264|H265

Says its offer as a line of JSON, reads the answer as one, and then answers
each line on stdin ("stats", "pictures", "units", "close") with another.
H265 is decoded, and its packets are held to what browsers want of them.
"""
import json
import sys
import threading
import zlib

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # noqa: E402

from h265_units import H265Units  # noqa: E402

TRANSPORT_CC = ("http://www.ietf.org/id/"
                "draft-holmer-rmcat-transport-wide-cc-extensions-01")
VIDEO = ("application/x-rtp,media=video,encoding-name={name},clock-rate=90000,"
         "payload=96,{fmtp},rtcp-fb-transport-cc=(boolean)true,"
         f"extmap-3=(string){TRANSPORT_CC}")
FMTP = {
    "H264": "packetization-mode=(string)1,profile-level-id=(string)42e01f",
    "H265": "profile-id=(string)1,tier-flag=(string)0,level-id=(string)93,"
            "tx-mode=(string)SRST",
}
DECODER = "rtph265depay ! avdec_h265 max-threads=1 ! video/x-raw,format=I420"


def say(**what):
    print(json.dumps(what), flush=True)


class Viewer:
    def __init__(self, codec):
        self.codec = codec
        self.frames = 0
        self.pictures = []
        self.units = H265Units()
        self.loop = GLib.MainLoop()
        self.pipeline = Gst.Pipeline()
        self.webrtc = Gst.ElementFactory.make("webrtcbin")
        self.webrtc.set_property("bundle-policy", "max-bundle")
        self.pipeline.add(self.webrtc)
        self.webrtc.connect("pad-added", self.on_pad)
        self.pipeline.set_state(Gst.State.PLAYING)
        self.webrtc.emit("add-transceiver",
                         GstWebRTC.WebRTCRTPTransceiverDirection.RECVONLY,
                         Gst.Caps.from_string(VIDEO.format(
                             name=codec, fmtp=FMTP[codec])))

    def make_sink(self):
        if self.codec == "H264":
            return Gst.ElementFactory.make("fakesink")
        sink = Gst.parse_bin_from_description(
            f"queue ! {DECODER} ! fakesink name=decoded sync=false"
            " async=false signal-handoffs=true", True)
        sink.get_by_name("decoded").connect("handoff", self.on_picture)
        return sink

    def on_picture(self, _sink, buffer, _pad):
        data = buffer.extract_dup(0, buffer.get_size())
        self.pictures.append(zlib.crc32(data))

    def on_pad(self, _, pad):
        sink = self.make_sink()
        if self.codec == "H264":
            sink.set_property("sync", False)
        self.pipeline.add(sink)
        sink.sync_state_with_parent()
        target = sink.get_static_pad("sink")
        target.add_probe(Gst.PadProbeType.BUFFER, self.on_packet)
        pad.link(target)

    def on_packet(self, _, info):
        buffer = info.get_buffer()
        # The marker (RFC 3550, 5.1) ends a picture.
        if buffer.extract_dup(1, 1)[0] & 0x80:
            self.frames += 1
        if self.codec == "H265":
            self.units.take(buffer.extract_dup(0, buffer.get_size()))
        return Gst.PadProbeReturn.OK

    # What a promise tells lives as long as the promise: kept in members.

    def offer(self):
        self.promise = Gst.Promise.new()
        self.webrtc.emit("create-offer", None, self.promise)
        self.promise.wait()
        self.reply = self.promise.get_reply()
        self.local = self.reply.get_value("offer")
        self.describe("set-local-description", self.local)
        return self.local.sdp.as_text()

    def answer(self, text):
        _, message = GstSdp.SDPMessage.new_from_text(text)
        self.remote = GstWebRTC.WebRTCSessionDescription.new(
            GstWebRTC.WebRTCSDPType.ANSWER, message)
        self.describe("set-remote-description", self.remote)

    def describe(self, signal, description):
        promise = Gst.Promise.new()
        self.webrtc.emit(signal, description, promise)
        promise.wait()

    def serve(self):
        say(type="offer", sdp=self.offer())
        self.answer(json.loads(sys.stdin.readline())["sdp"])
        say(opened=True)
        for line in sys.stdin:
            if line.strip() == "close":
                break
            if line.strip() == "pictures":
                say(pictures=self.pictures)
            elif line.strip() == "units":
                say(units=self.units.done)
            else:
                say(frames=self.frames)
        self.pipeline.set_state(Gst.State.NULL)
        say(closed=True)
        self.loop.quit()


Gst.init(None)
viewer = Viewer(sys.argv[1])
threading.Thread(target=viewer.serve, daemon=True).start()
viewer.loop.run()
