// A viewer in JavaScript that sees each RTP packet: header and payload,
// after another implementation's SRTP. It decodes nothing.
import {
	GenericNack, RTCPeerConnection, RTCRtpCodecParameters,
	RtcpTransportLayerFeedback,
} from 'werift';
import { stunServer } from './stun.mjs';

const FEEDBACK = [
	{ type: 'nack' }, { type: 'nack', parameter: 'pli' },
	{ type: 'ccm', parameter: 'fir' },
];

/** New ones each time: a connection writes into them. */
function codecs(rtx) {
	const h264 = new RTCRtpCodecParameters({
		mimeType: 'video/H264',
		clockRate: 90000,
		rtcpFeedback: FEEDBACK,
		parameters: 'level-asymmetry-allowed=1;packetization-mode=1;' +
			'profile-level-id=42e01f',
	});
	const opus = new RTCRtpCodecParameters({
		mimeType: 'audio/opus', clockRate: 48000, channels: 2,
	});
	const repair = new RTCRtpCodecParameters({
		mimeType: 'video/rtx', clockRate: 90000,
	});
	return { video: rtx ? [h264, repair] : [h264], audio: [opus] };
}

let serial = 0;

/** RFC 6184, 5.2: the type of the NAL unit that a payload starts with. */
export function nalTypes(payload) {
	const type = payload[0] & 0x1f;
	if (type === 24) { // STAP-A
		const types = [];
		for (let at = 1; at + 2 < payload.length;
			at += 2 + payload.readUInt16BE(at))
			types.push(payload[at + 2] & 0x1f);
		return types;
	}
	if (type === 28) // FU-A: only its first fragment starts a unit
		return payload[1] & 0x80 ? [payload[1] & 0x1f] : [];
	return [type];
}

/** FNV-1a: tells packets of one stream apart. */
function digest(payload) {
	let hash = 0x811c9dc5;
	for (const byte of payload)
		hash = Math.imul(hash ^ byte, 0x01000193);
	return hash >>> 0;
}

export class WeriftViewer {
	video = []; // the packets, in order of arrival
	audio = [];

	constructor(lull, src, query = {}) {
		this.lull = lull;
		this.viewerId = query.viewer_id ?? `werift_${++serial}`;
		this.path = '/api/webrtc?' + new URLSearchParams(
			{ src, ...query, viewer_id: this.viewerId });
		lull.viewers.add(this);
	}

	async #connect(rtx, config) {
		this.pc = new RTCPeerConnection({
			codecs: codecs(rtx), iceServers: [{ urls: await stunServer() }],
			bundlePolicy: 'max-bundle', // else it forgets a socket
			...config,
		});
		this.pc.onTrack.subscribe((track) => {
			const packets = track.kind === 'video'
				? this.video : this.audio;
			track.onReceiveRtp.subscribe((rtp) => packets.push({
				sequence: rtp.header.sequenceNumber,
				timestamp: rtp.header.timestamp,
				ssrc: rtp.header.ssrc,
				marker: rtp.header.marker,
				bytes: rtp.payload.length,
				digest: digest(rtp.payload),
				nals: track.kind === 'video'
					? nalTypes(rtp.payload) : [],
				at: performance.now(),
			}));
		});
	}

	/**
	 * `change` makes the offer that is sent of the one that is meant;
	 * `config` is more for the connection.
	 */
	async open({
		audio = false, rtx = false, change = (sdp) => sdp, config = {},
	} = {}) {
		await this.#connect(rtx, config);
		const { pc } = this;
		pc.addTransceiver('video', { direction: 'recvonly' });
		if (audio) pc.addTransceiver('audio', { direction: 'recvonly' });
		await pc.setLocalDescription(await pc.createOffer());
		const { type, sdp } = pc.localDescription;
		const answer = await this.lull.call('POST', this.path,
			{ json: { type, sdp: change(sdp) } });
		this.status = answer.status;
		this.answer = answer;
		if (answer.status !== 200) return this;
		this.sessionId = answer.body.session_id;
		await pc.setRemoteDescription(answer.body);
		return this;
	}

	/** Says that these packets have not come (RFC 4585, 6.2.1). */
	nack(...lost) {
		const { receiver } = this.pc.getTransceivers()[0];
		return receiver.dtlsTransport.sendRtcp([
			new RtcpTransportLayerFeedback({
				feedback: new GenericNack({
					senderSsrc: receiver.rtcpSsrc,
					mediaSourceSsrc: this.video[0].ssrc,
					lost,
				}),
			}),
		]);
	}

	/** Says that the picture is broken (RFC 4585, 6.3.1). */
	pli() {
		const { receiver } = this.pc.getTransceivers()[0];
		return receiver.sendRtcpPLI(this.video[0].ssrc);
	}

	/** SSRCs that RTP came from; what came as RTX is in `video` unpacked. */
	sources() {
		return this.pc.getTransceivers().flatMap(({ receiver }) =>
			Object.keys(receiver.remoteStreams).map(Number));
	}

	frames() { return this.video.filter((p) => p.marker).length; }
	packets() { return this.video.length; }
	/** By HTTP: this implementation leaves without a word. */
	async close() {
		this.lull.viewers.delete(this);
		if (this.sessionId)
			await this.lull.call('DELETE',
				`/api/webrtc/session/${this.sessionId}`).catch(() => {});
		await this.pc.close();
	}
}

export function weriftView(lull, src = 'demo', { query, ...options } = {}) {
	return new WeriftViewer(lull, src, query).open(options);
}
