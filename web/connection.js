/*
 * One attempt at one WebRTC session: a WebSocket to ask with and a peer
 * connection that the media comes over. The WebSocket may go at any time
 * after the answer; the session lives as long as the peer connection.
 * What comes of it is told to the handler:
 *	session(id)		the broker's name for the session
 *	track(event)		as RTCPeerConnection's
 *	connected()		media can flow
 *	interrupted(yes)	nothing comes from the broker at the moment
 *	state(word, reason)	what the broker says of the session
 *	signalLost()		no more state(): ask by HTTP
 *	failed(Failure)		the end; the last call
 */
import { endSession, socketUrl } from './api.js';

/* Longest time from the first step to connected(). */
const SETUP_MS = 15000;
/* Nothing has come for that long: its ICE begins anew, */
const RESTART_AFTER_MS = 3000;
/* and has so long to find another way. */
const RESTART_MS = 8000;
/* From the media's end to the WebSocket's word on it. */
const WORD_MS = 1000;

/* `kind`: "signal" no broker, "refused" its answer, "media" no way for the
 * packets, "ended" it was there and went, "closed" somebody had it end. */
export class Failure extends Error {
	constructor(kind, message) {
		super(message);
		this.kind = kind;
	}
}

export class Connection {
	stream = new MediaStream();	/* the handler's, to fill and show */
	#handler;
	#pc = new RTCPeerConnection();
	#ws;
	#deadline;
	#wordTimer = null;	/* set: the media has ended */
	#restartTimer = null;
	#restarting = false;	/* its ICE began anew, and has no way yet */
	#sessionId = '';
	#answered = false;
	#candidates = [];	/* the broker's, until its answer is set */
	#over = false;

	constructor(request, handler) {
		this.#handler = handler;
		this.#openPeer();
		this.#openSocket(socketUrl(request));
		this.#deadline = setTimeout(() => this.#fail(this.#answered ?
		    this.#noMedia() :
		    new Failure('signal', 'the broker does not answer')),
		    SETUP_MS);
	}

	get sessionId() {
		return this.#sessionId;
	}

	/* True when the broker agreed to send sound. */
	get hasAudio() {
		const audio = this.#pc.getTransceivers().find((t) =>
		    t.receiver.track.kind === 'audio');

		return audio?.currentDirection === 'recvonly';
	}

	/* Media bytes received so far, and by what: "udp", "tcp" or "". */
	async received() {
		const stats = this.#over ? new Map() :
		    await this.#pc.getStats();
		let bytes = 0, pair;

		for (const report of stats.values()) {
			if (report.type === 'inbound-rtp')
				bytes += report.bytesReceived ?? 0;
			if (report.selected)	/* Firefox */
				pair = report;
			if (report.selectedCandidatePairId)
				pair = stats.get(
				    report.selectedCandidatePairId);
		}
		const own = stats.get(pair?.localCandidateId);
		return { bytes, by: own?.relayProtocol ?? own?.protocol ?? '' };
	}

	/* Ends the session too; one without a name yet ends with its
	 * WebSocket. No call to the handler follows. */
	close() {
		if (this.#over)
			return;
		this.#finish();
		if (this.#sessionId === '')
			this.#pc.close();
		else	/* in this order: its goodbye would end the session */
			endSession(this.#sessionId).then(() =>
			    this.#pc.close());
	}

	#openPeer() {
		const pc = this.#pc;

		pc.addTransceiver('video', { direction: 'recvonly' });
		pc.addTransceiver('audio', { direction: 'recvonly' });
		pc.ontrack = (event) => this.#handler.track(event);
		pc.onicecandidate = ({ candidate }) => {
			if (candidate?.candidate !== '')
				this.#send('webrtc/candidate',
				    candidate?.candidate ?? '');
		};
		pc.onconnectionstatechange = () =>
		    this.#onPeerState(pc.connectionState);
	}

	#onPeerState(state) {
		if (state === 'failed' && this.#wordTimer === null &&
		    (this.#restarting || !this.#restart())) {
			this.#failWithoutWay();
			return;
		}
		if (state === 'connected')
			this.#onConnected();
		if (state === 'disconnected' && !this.#restarting) {
			clearTimeout(this.#restartTimer);
			this.#restartTimer = setTimeout(() => this.#restart(),
			    RESTART_AFTER_MS);
		}
		if (this.#deadline === null)
			this.#handler.interrupted(state !== 'connected');
	}

	#onConnected() {
		clearTimeout(this.#restartTimer);
		this.#restarting = false;
		if (this.#deadline === null)
			return;
		clearTimeout(this.#deadline);
		this.#deadline = null;
		this.#handler.connected();
	}

	#failWithoutWay() {
		this.#fail(this.#deadline !== null ? this.#noMedia() :
		    new Failure('ended', 'no media packets get through'));
	}

	/* The network may be another one now: the same session looks for a way
	 * anew. False if there is none, or nobody to ask. */
	#restart() {
		clearTimeout(this.#restartTimer);
		if (this.#deadline !== null ||
		    this.#ws.readyState !== WebSocket.OPEN)
			return false;
		this.#restarting = true;
		this.#restartTimer = setTimeout(() => this.#failWithoutWay(),
		    RESTART_MS);
		this.#pc.restartIce();
		this.#offer().catch((error) =>
		    this.#fail(new Failure('ended', error.message)));
		return true;
	}

	/* Where the broker's answer says that media comes from. */
	#noMedia() {
		const lines = this.#pc.remoteDescription?.sdp.matchAll(
		    /^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+) /gm) ?? [];
		const found = [...lines].map((line) => line.slice(1));
		const list = (i) => [...new Set(found.map((f) => f[i]))];

		if (found.length === 0)
			return new Failure('media',
			    'no media packets get through');
		return new Failure('media', 'no packet gets through to ' +
		    `${list(1).join(' or ')}, port ${list(2).join(', ')}, ` +
		    `by ${list(0).map((by) => by.toUpperCase()).join(' or ')}` +
		    ': a firewall ' +
		    'may be in between, or a router that does not forward ' +
		    'the port');
	}

	#openSocket(url) {
		const ws = new WebSocket(url);

		this.#ws = ws;
		ws.onmessage = ({ data }) => this.#onMessage(data);
		ws.onclose = () => {
			if (this.#wordTimer !== null)
				this.#failWithoutWord();
			else if (this.#answered)
				this.#handler.signalLost();
			else
				this.#fail(new Failure('signal',
				    'the broker does not answer'));
		};
	}

	/* The broker's first message. */
	#onIceServers(iceServers) {
		this.#pc.setConfiguration({
			...this.#pc.getConfiguration(), iceServers,
		});
		this.#offer().catch((error) =>
		    this.#fail(new Failure('refused', error.message)));
	}

	async #offer() {
		await this.#pc.setLocalDescription();
		if (this.#over)
			return;
		this.#send('webrtc', {
			type: 'offer',
			sdp: this.#pc.localDescription.sdp,
		});
	}

	#send(type, value) {
		if (this.#ws.readyState === WebSocket.OPEN)
			this.#ws.send(JSON.stringify({ type, value }));
	}

	static #messages = {
		'webrtc/ice_servers': (self, value) =>
		    self.#onIceServers(value),
		'webrtc': (self, value) => self.#onAnswer(value),
		'webrtc/candidate': (self, value) => self.#onCandidate(value),
		'webrtc/state': (self, value) => self.#onState(value),
		'error': (self, value) => self.#onError(value),
	};

	#onMessage(data) {
		let message;

		try {
			message = JSON.parse(data);
		} catch {
			return;
		}
		if (Object.hasOwn(Connection.#messages, message.type))
			Connection.#messages[message.type](this,
			    message.value ?? {});
	}

	async #onAnswer({ sdp, session_id }) {
		const first = !this.#answered;
		const other = !first && session_id !== this.#sessionId;

		this.#answered = true;
		this.#name(session_id);
		if (other) {
			this.#fail(new Failure('ended',
			    'the broker began another session'));
			return;
		}
		try {
			await this.#pc.setRemoteDescription({
				type: 'answer', sdp,
			});
		} catch (error) {
			this.#fail(new Failure('refused', error.message));
			return;
		}
		if (this.#over || !first)
			return;
		this.#watchTransport();
		for (const candidate of this.#candidates.splice(0))
			this.#add(candidate);
	}

	/* A broker that says goodbye shows here at once; connectionState
	 * takes seconds. Why it does comes by the WebSocket. */
	#watchTransport() {
		const transport = this.#pc.getReceivers()[0]?.transport;

		transport?.addEventListener('statechange', () => {
			if (/closed|failed/.test(transport.state))
				this.#awaitWord();
		});
	}

	#awaitWord() {
		if (this.#over || this.#wordTimer !== null)
			return;
		if (this.#ws.readyState !== WebSocket.OPEN)
			this.#failWithoutWord();
		else
			this.#wordTimer = setTimeout(() =>
			    this.#failWithoutWord(), WORD_MS);
	}

	#failWithoutWord() {
		this.#fail(new Failure('ended',
		    'the broker ended the connection'));
	}

	#onCandidate(candidate) {
		if (this.#pc.remoteDescription)
			this.#add(candidate);
		else
			this.#candidates.push(candidate);
	}

	#add(candidate) {
		this.#pc.addIceCandidate({ candidate, sdpMLineIndex: 0 })
		    .catch(() => {});	/* one of a kind unknown here */
	}

	#onState({ session_id, state, reason, requested }) {
		this.#name(session_id);
		if (state === 'closed') {
			this.#sessionId = '';	/* nothing left to end */
			this.#fail(new Failure(requested ? 'closed' : 'ended',
			    reason || 'the broker ended the session'));
			return;
		}
		this.#handler.state(state, reason || '');
	}

	#onError(value) {
		if (!this.#answered || this.#restarting)
			this.#fail(new Failure(
			    this.#answered ? 'ended' : 'refused',
			    String(value).replace(/^webrtc(\/offer)?: /, '')));
	}

	#name(sessionId) {
		if (!sessionId || this.#sessionId === sessionId)
			return;
		this.#sessionId = sessionId;
		this.#handler.session(sessionId);
	}

	#fail(failure) {
		if (this.#over)
			return;
		this.close();
		this.#handler.failed(failure);
	}

	#finish() {
		this.#over = true;
		clearTimeout(this.#deadline);
		clearTimeout(this.#wordTimer);
		clearTimeout(this.#restartTimer);
		this.#pc.ontrack = null;
		this.#pc.onicecandidate = null;
		this.#pc.onconnectionstatechange = null;
		this.#ws.onmessage = null;
		this.#ws.onclose = null;
		this.#ws.close();
	}
}
