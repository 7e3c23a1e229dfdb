// Runs inside Chromium's page: notes each picture that a viewer decodes, to
// the last bit, and when it is shown. Pictures decoded from the same packets are the same; one
// that was decoded without its reference is like no other.
window.lullRecorder ??= (() => {
const recordings = [];

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit++)
		crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
	return crc;
});

/** CRC-32 of the picture's planes, as camera.py tells it. */
async function fingerprint(frame) {
	const bytes = new Uint8Array(frame.allocationSize());
	await frame.copyTo(bytes);
	let crc = 0xffffffff;
	for (const byte of bytes)
		crc = CRC_TABLE[(crc ^ byte) & 0xff] ^ (crc >>> 8);
	return (crc ^ 0xffffffff) >>> 0;
}

async function follow(reader, seen) {
	for (;;) {
		const { done, value: frame } = await reader.read();
		if (done) return;
		const { displayWidth: width, displayHeight: height } = frame;
		const at = performance.now();
		seen.push({ width, height, at, hash: await fingerprint(frame) });
		frame.close();
	}
}

return {
	start(video) {
		const [track] = video.srcObject.getVideoTracks();
		const { readable } = new MediaStreamTrackProcessor(
			{ track, maxBufferSize: 200 });
		const seen = [];
		follow(readable.getReader(), seen);
		return recordings.push(seen) - 1;
	},

	pictures: (number, from) => recordings[number].slice(from),
};
})();
