"""A viewer by aiortc: decodes what it receives.

Reads the viewer's address as its argument, answers each line on stdin
("stats", "close") with one line of JSON.
"""
import asyncio
import json
import sys
import urllib.request

from aiortc import RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError


def post(url, offer):
    body = json.dumps({"type": offer.type, "sdp": offer.sdp}).encode()
    request = urllib.request.Request(
        url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


async def count_frames(track, counters):
    try:
        while True:
            frame = await track.recv()
            counters["frames"] += 1
            counters["size"] = [frame.width, frame.height]
    except MediaStreamError:
        pass


async def lines():
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode().strip()


def say(**what):
    print(json.dumps(what), flush=True)


async def main(url):
    counters = {"frames": 0, "size": None}
    tasks = []
    pc = RTCPeerConnection()
    pc.addTransceiver("video", direction="recvonly")
    pc.on("track", lambda track: tasks.append(
        asyncio.ensure_future(count_frames(track, counters))))
    await pc.setLocalDescription(await pc.createOffer())
    loop = asyncio.get_running_loop()
    answer = await loop.run_in_executor(
        None, post, url, pc.localDescription)
    await pc.setRemoteDescription(
        RTCSessionDescription(answer["sdp"], answer["type"]))
    say(opened=answer["session_id"])
    async for command in lines():
        if command == "close":
            break
        say(connection=pc.connectionState, **counters)
    await pc.close()
    say(closed=True)


asyncio.run(main(sys.argv[1]))
