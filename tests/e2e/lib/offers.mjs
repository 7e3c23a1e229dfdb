// Offers made by hand: viewers that never connect, and bad ones.
import { randomBytes } from 'node:crypto';

const H264 = ['H264/90000',
	'packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1'];

const FINGERPRINT = Array.from({ length: 32 }, (_, i) =>
	i.toString(16).padStart(2, '0').toUpperCase()).join(':');

function word(length) {
	return randomBytes(length).toString('hex').slice(0, length);
}

/** One bundled video section that wants these codecs. */
export function offer({ codecs = [H264], lines = [] } = {}) {
	const types = codecs.map((_, i) => 96 + i);
	return [
		'v=0', 'o=- 1 1 IN IP4 127.0.0.1', 's=-', 't=0 0',
		'a=group:BUNDLE 0',
		`m=video 9 UDP/TLS/RTP/SAVPF ${types.join(' ')}`,
		'c=IN IP4 0.0.0.0', 'a=mid:0', 'a=recvonly', 'a=rtcp-mux',
		`a=ice-ufrag:${word(8)}`, `a=ice-pwd:${word(24)}`,
		`a=fingerprint:sha-256 ${FINGERPRINT}`, 'a=setup:actpass',
		...codecs.flatMap(([name, parameters], i) => [
			`a=rtpmap:${types[i]} ${name}`,
			...(parameters ? [`a=fmtp:${types[i]} ${parameters}`] : []),
		]),
		...lines, '',
	].join('\r\n');
}

export function candidate(number) {
	return `candidate:${number} 1 udp ${2_000_000 + number} ` +
		`10.20.${number >> 8}.${number & 255} ${1024 + number} typ host`;
}

/** Posts an SDP as WHEP does. */
export function postOffer(lull, sdp, src = 'demo') {
	return lull.call('POST', `/api/webrtc?src=${encodeURIComponent(src)}`, {
		body: sdp, headers: { 'Content-Type': 'application/sdp' },
	});
}

/** The path of the session that a 201 names. */
export function resource(lull, answer) {
	return new URL(answer.headers.get('location'),
		`${lull.url}/api/webrtc`).pathname;
}
