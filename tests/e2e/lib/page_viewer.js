// Runs inside Chromium's page: viewers by plain RTCPeerConnection, over
// each door that the server has. Driven from browser.mjs.
(() => {
const viewers = [];

// Peer connections of the page's own, for a look at their counters.
const peers = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
	constructor(...options) {
		super(...options);
		peers.push(this);
	}
};

// The four body forms of POST /api/webrtc.
const forms = {
	raw: {
		ask: (sdp) => ({ body: new Blob([sdp]) }),
		sdp: (text) => text,
	},
	sdp: {
		ask: (sdp) => ({
			body: sdp,
			headers: { 'Content-Type': 'application/sdp' },
		}),
		sdp: (text) => text,
	},
	json: {
		ask: (sdp) => ({
			body: JSON.stringify({ type: 'offer', sdp }),
			headers: { 'Content-Type': 'application/json' },
		}),
		sdp: (text) => JSON.parse(text).sdp,
	},
	form: {
		ask: (sdp) => ({
			body: new URLSearchParams({ data: btoa(sdp) }),
		}),
		sdp: (text) => atob(text),
	},
};

function event(target, name, wanted = () => true) {
	return new Promise((done) => {
		const check = (e) => wanted(e) && done(e);
		target.addEventListener(name, check);
	});
}

async function until(target, name, wanted) {
	if (!wanted()) await event(target, name, wanted);
}

function newViewer({ audio, codec, rtc }) {
	const pc = new RTCPeerConnection(rtc);
	const video = document.createElement('video');
	const stream = new MediaStream();
	const viewer = { pc, video, messages: [], candidates: [] };
	video.autoplay = true;
	video.muted = !audio;
	video.srcObject = stream;
	pc.addEventListener('track', (e) => {
		stream.addTrack(e.track);
		video.play().catch(() => {});
	});
	pc.addEventListener('icecandidate', (e) =>
		viewer.candidates.push(e.candidate?.candidate ?? ''));
	const transceiver = pc.addTransceiver('video', { direction: 'recvonly' });
	if (codec)
		transceiver.setCodecPreferences(
			RTCRtpReceiver.getCapabilities('video').codecs
				.filter((c) => c.mimeType === codec));
	if (audio)
		pc.addTransceiver('audio', { direction: 'recvonly' });
	viewer.key = viewers.push(viewer) - 1;
	return viewer;
}

async function gather(viewer) {
	const { pc } = viewer;
	const complete = event(pc, 'icegatheringstatechange',
		() => pc.iceGatheringState === 'complete');
	viewer.offer = await pc.createOffer();
	await pc.setLocalDescription(viewer.offer);
	await complete;
}

async function openOverHttp(viewer, url, form) {
	const { ask, sdp } = forms[form];
	await gather(viewer);
	const response = await fetch(url, {
		method: 'POST', ...ask(viewer.pc.localDescription.sdp),
	});
	const text = await response.text();
	const result = {
		status: response.status,
		type: response.headers.get('content-type') ?? '',
		location: response.headers.get('location'),
		tag: response.headers.get('etag'),
		link: response.headers.get('link'),
		text,
	};
	if (response.ok) viewer.resource = new URL(result.location, url);
	if (response.ok)
		await viewer.pc.setRemoteDescription(
			{ type: 'answer', sdp: sdp(text) });
	return result;
}

// What the server says, by type; each may change the peer connection.
function onMessage(viewer, { type, value }) {
	const { pc } = viewer;
	if (type === 'webrtc/answer' || type === 'webrtc')
		return pc.setRemoteDescription(
			{ type: 'answer', sdp: value.sdp ?? value });
	if (type === 'webrtc/candidate' && value)
		return pc.addIceCandidate({ candidate: value, sdpMid: '0' });
	return undefined;
}

// ICE begins anew: all that is told of it is told to tell(candidate).
async function newOffer(viewer, tell) {
	const { pc } = viewer;
	pc.addEventListener('icecandidate', (e) =>
		tell(e.candidate?.candidate ?? ''));
	pc.restartIce();
	await pc.setLocalDescription();
}

async function restartOverSocket(viewer) {
	const { pc, version } = viewer;
	const send = (type, value) =>
		viewer.ws.send(JSON.stringify({ type, value }));
	const stable = event(pc, 'signalingstatechange',
		() => pc.signalingState === 'stable');
	await newOffer(viewer,
		(candidate) => send('webrtc/candidate', candidate));
	const { sdp } = pc.localDescription;
	if (version === 'ws1') send('webrtc/offer', sdp);
	else send('webrtc', { type: 'offer', sdp });
	await stable;
}

const lines = (sdp, start) =>
	sdp.split('\r\n').filter((line) => line.startsWith(start));

// RFC 9725, section 4.3.3: the answer is the old one with other credentials.
function answerOf(pc, fragment) {
	const credential = (name) => lines(fragment, `a=ice-${name}:`)[0];
	const candidates = lines(fragment, 'a=candidate:').join('\r\n');
	return pc.remoteDescription.sdp.split('\r\n')
		.filter((line) => !line.startsWith('a=candidate:'))
		.map((line) => line
			.replace(/^a=ice-ufrag:.*/, credential('ufrag'))
			.replace(/^a=ice-pwd:.*/, credential('pwd')))
		.join('\r\n')
		.replace(/a=mid:.*\r\n/, (mid) => `${mid}${candidates}\r\n`);
}

async function restartOverHttp(viewer) {
	const { pc } = viewer;
	const candidates = [];
	await newOffer(viewer, (candidate) => candidates.push(candidate));
	await until(pc, 'icegatheringstatechange',
		() => pc.iceGatheringState === 'complete');
	const { sdp } = pc.localDescription;
	const response = await fetch(viewer.resource, {
		method: 'PATCH',
		headers: {
			'Content-Type': 'application/trickle-ice-sdpfrag',
			'If-Match': '*',
		},
		body: [
			lines(sdp, 'a=ice-ufrag:')[0], lines(sdp, 'a=ice-pwd:')[0],
			'm=video 9 RTP/AVP 0', lines(sdp, 'a=mid:')[0],
			...lines(sdp, 'a=candidate:'), '',
		].join('\r\n'),
	});
	const fragment = await response.text();
	if (response.status !== 200)
		throw new Error(`${response.status}: ${fragment}`);
	await pc.setRemoteDescription(
		{ type: 'answer', sdp: answerOf(pc, fragment) });
	return { tag: response.headers.get('ETag'), fragment };
}

async function openOverSocket(viewer, url, version, early) {
	const ws = viewer.ws = new WebSocket(url);
	viewer.version = version;
	ws.addEventListener('message', (e) => {
		const message = JSON.parse(e.data);
		viewer.messages.push(message);
		viewer.chain = Promise.resolve(viewer.chain)
			.then(() => onMessage(viewer, message));
	});
	const send = (type, value) => ws.send(JSON.stringify({ type, value }));
	await event(ws, 'open');
	await gather(viewer);
	const offer = () => (version === 'ws1'
		? send('webrtc/offer', viewer.offer.sdp)
		: send('webrtc', { type: 'offer', sdp: viewer.offer.sdp }));
	const trickle = () => viewer.candidates.forEach(
		(candidate) => send('webrtc/candidate', candidate));
	for (const step of early ? [trickle, offer] : [offer, trickle]) step();
	return { status: 101 };
}

window.lullViewers = {
	async open({ form, url, early, audio = false, codec, rtc }) {
		const viewer = newViewer({ audio, codec, rtc });
		const result = form.startsWith('ws')
			? await openOverSocket(viewer, url, form, early)
			: await openOverHttp(viewer, url, form);
		return { key: viewer.key, ...result };
	},

	restart: (key) => (viewers[key].ws
		? restartOverSocket(viewers[key]) : restartOverHttp(viewers[key])),

	stats: (key) => window.lullViewers.count(
		viewers[key].pc, viewers[key].video),

	// Of the page's own player: the newest peer connection.
	pageStats: () => window.lullViewers.count(
		peers.at(-1), document.querySelector('video')),

	async count(pc, video) {
		const all = [...(await pc.getStats()).values()];
		const inbound = (kind) => {
			const report = all.find((r) =>
				r.type === 'inbound-rtp' && r.kind === kind);
			const codec = all.find((r) => r.id === report?.codecId);
			return { ...report, mimeType: codec?.mimeType };
		};
		return {
			connection: pc.connectionState,
			dtls: pc.getReceivers()[0]?.transport?.state,
			size: [video.videoWidth, video.videoHeight],
			video: inbound('video'),
			audio: inbound('audio'),
		};
	},

	// The candidates of both sides that it knows, and the pair it has chosen.
	async path(key) {
		const report = await viewers[key].pc.getStats();
		const all = [...report.values()];
		const { selectedCandidatePairId } =
			all.find((r) => r.type === 'transport') ?? {};
		const pair = report.get(selectedCandidatePairId);
		return {
			locals: all.filter((r) => r.type === 'local-candidate'),
			remotes: all.filter((r) => r.type === 'remote-candidate'),
			local: report.get(pair?.localCandidateId),
			remote: report.get(pair?.remoteCandidateId),
		};
	},

	video: (key) => viewers[key].video, // for other scripts in the page
	messages: (key) => viewers[key].messages,
	sdp: (key) => viewers[key].pc.localDescription.sdp,
	answer: (key) => viewers[key].pc.remoteDescription.sdp,
	close: (key) => viewers[key].pc.close(),
	closeSocket(key) {
		const closed = event(viewers[key].ws, 'close');
		viewers[key].ws.close();
		return closed.then(() => true);
	},

	// The picture as the user sees it, in 32 x 18 grey values.
	picture: (key) => window.lullViewers.look(viewers[key].video),
	look(video) {
		const canvas = document.createElement('canvas');
		[canvas.width, canvas.height] = [32, 18];
		const context = canvas.getContext('2d');
		context.drawImage(video, 0, 0, 32, 18);
		const { data } = context.getImageData(0, 0, 32, 18);
		return Array.from({ length: 32 * 18 }, (_, i) =>
			(data[4 * i] + data[4 * i + 1] + data[4 * i + 2]) / 3);
	},
};
})();
