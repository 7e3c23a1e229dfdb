// A viewer's connectivity checks (RFC 8489, RFC 8445), made by hand.
import { createHmac, randomBytes } from 'node:crypto';

const BINDING_REQUEST = 0x0001;
const COOKIE = 0x2112a442;
const USERNAME = 0x0006;
const MESSAGE_INTEGRITY = 0x0008;
const PRIORITY = 0x0024;
const USE_CANDIDATE = 0x0025;
const FINGERPRINT = 0x8028;
const ICE_CONTROLLING = 0x802a;
const FINGERPRINT_XOR = 0x5354554e;

/** zlib's, which older versions of Node do not show. */
function crc32(data) {
	let crc = 0xffffffff;
	for (const byte of data) {
		crc ^= byte;
		for (let bit = 0; bit < 8; bit++)
			crc = crc & 1 ? 0xedb88320 ^ (crc >>> 1) : crc >>> 1;
	}
	return (crc ^ 0xffffffff) >>> 0;
}

function attribute(type, value) {
	const head = Buffer.alloc(4);
	head.writeUInt16BE(type, 0);
	head.writeUInt16BE(value.length, 2);
	return Buffer.concat([head, value, Buffer.alloc(-value.length & 3)]);
}

/** The message so far, whose length counts `more` bytes that follow. */
function counting(message, more) {
	message.writeUInt16BE(message.length - 20 + more, 2);
	return message;
}

/** A check that nominates; `name` is SERVER_UFRAG:VIEWER_UFRAG. */
export function check(name, password) {
	const header = Buffer.alloc(8);
	header.writeUInt16BE(BINDING_REQUEST, 0);
	header.writeUInt32BE(COOKIE, 4);
	let message = Buffer.concat([
		header, randomBytes(12), attribute(USERNAME, Buffer.from(name)),
		attribute(PRIORITY, Buffer.of(0x6e, 0, 0x1e, 0xff)),
		attribute(ICE_CONTROLLING, randomBytes(8)),
		attribute(USE_CANDIDATE, Buffer.alloc(0)),
	]);
	const mac = createHmac('sha1', password)
		.update(counting(message, 24)).digest();
	message = Buffer.concat([message, attribute(MESSAGE_INTEGRITY, mac)]);
	const crc = Buffer.alloc(4);
	crc.writeUInt32BE((crc32(counting(message, 8)) ^ FINGERPRINT_XOR) >>> 0);
	return Buffer.concat([message, attribute(FINGERPRINT, crc)]);
}

/** An attribute of an answer's ICE: 'ufrag', 'pwd'. */
export function iceOf(sdp, what) {
	return new RegExp(`^a=ice-${what}:(\\S+)`, 'm').exec(sdp)[1];
}
