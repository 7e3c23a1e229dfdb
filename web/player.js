/*
 * A viewer of one stream: keeps a session alive on a <video> element,
 * knows in one word how it is, pauses and resumes it, and comes back by
 * itself when it breaks. Reusable: it touches nothing but that element and
 * `still`, a canvas over it for the last picture of a session that ended.
 *
 *	const player = new Player(video, 'cam', { paused: true });
 *	player.addEventListener('change', () => show(player.status));
 *	player.start();
 *
 * status.name is one of
 *	connecting	no picture yet
 *	live		frames arrive
 *	slow		live, but the link here carries only part of it
 *	paused		the broker sends nothing, by request
 *	lost		the broker has lost the camera; `reason`
 *	unsupported	the camera sends what browsers cannot play; `reason`
 *	reconnecting	no session; the next attempt is at `retryAt`
 *	ended		somebody had the session end; retry() begins anew
 *	missing		the broker knows no such stream
 *	unable		this browser has no WebRTC
 */
import { getStream, listSessions, setPaused } from './api.js';
import { Connection } from './connection.js';

const RETRY_FIRST_MS = 500;
const RETRY_MAX_MS = 15000;
const HEALTHY_MS = 10000;	/* connected that long: back-off starts anew */
const POLL_MS = 2000;
const STALL_MS = 4000;		/* no frame for that long is not live */

export class Player extends EventTarget {
	#video;
	#still;
	#request;
	#connection = null;
	#connected = false;
	#running = false;

	#word = 'connecting';	/* what the broker says of the session */
	#reason = '';
	#turn = 0;		/* counts the broker's words */
	#fault = null;		/* {name, reason} while there is no session */
	#interrupted = false;
	#change = null;		/* {paused}: asked for, not confirmed yet */
	#lastFrame = 0;		/* ms of performance.now(); 0: none yet */

	#retryMs = RETRY_FIRST_MS;
	#retryAt = 0;
	#retryTimer = null;
	#healthyTimer = null;
	#pollTimer = null;	/* set: the WebSocket is gone */
	#silent = false;	/* and HTTP is not answered either */
	#stallTimer = null;
	#last = '';

	constructor(video, src,
	    { viewerId = '', paused = false, still = null } = {}) {
		super();
		this.#video = video;
		this.#still = still;
		this.#request = { src, viewerId, paused };
	}

	start() {
		if (this.#running)
			return;
		this.#running = true;
		this.#watchFrames();
		this.#stallTimer = setInterval(() => this.#update(), 1000);
		window.addEventListener('online', this.#onChance);
		document.addEventListener('visibilitychange', this.#onChance);
		this.#connect();
	}

	/* Ends the session, and this player. */
	stop() {
		if (!this.#running)
			return;
		this.#running = false;
		clearInterval(this.#stallTimer);
		window.removeEventListener('online', this.#onChance);
		document.removeEventListener('visibilitychange',
		    this.#onChance);
		this.#disconnect();
	}

	/* These reject with an ApiError that says why not. */
	pause() {
		return this.#setPaused(true);
	}

	resume() {
		return this.#setPaused(false);
	}

	/* Does not wait for retryAt. */
	retry() {
		if (!this.#running || this.#connection !== null)
			return;
		if (this.#fault?.name === 'ended')
			this.#fault = null;
		this.#connect();
	}

	get status() {
		const name = this.#name();

		return {
			name,
			reason: this.#fault?.reason ?? this.#reason,
			retryAt: this.#retryAt,
			sessionId: this.#connection?.sessionId ?? '',
			paused: this.#request.paused,
			hasAudio: this.#connection?.hasAudio ?? false,
			busy: this.#change !== null,
			brokerSilent: this.#silent,
		};
	}

	received() {
		return this.#connection?.received() ??
		    Promise.resolve({ bytes: 0, by: '' });
	}

	#name() {
		if (this.#fault !== null)
			return this.#fault.name;
		if (this.#interrupted)
			return 'reconnecting';
		if (this.#word !== 'live')
			return this.#word;
		if (this.#framesArrive())
			return 'live';
		return this.#silent ? 'reconnecting' : 'connecting';
	}

	#framesArrive() {
		return this.#lastFrame !== 0 && (document.hidden ||
		    performance.now() - this.#lastFrame < STALL_MS);
	}

	#update() {
		const now = JSON.stringify(this.status);

		if (now === this.#last || !this.#running)
			return;
		this.#last = now;
		this.dispatchEvent(new Event('change'));
	}

	/* The session. */

	#connect() {
		clearTimeout(this.#retryTimer);
		this.#retryAt = 0;
		if (typeof RTCPeerConnection === 'undefined') {
			this.#fault = { name: 'unable', reason: '' };
			this.#update();
			return;
		}
		this.#word = 'connecting';
		this.#reason = '';
		this.#lastFrame = 0;
		this.#connection = new Connection(this.#request, {
			session: () => this.#update(),
			track: (event) => this.#onTrack(event),
			connected: () => this.#onConnected(),
			interrupted: (yes) => {
				this.#interrupted = yes;
				this.#update();
			},
			state: (word, reason) => this.#onState(word, reason),
			signalLost: () => this.#pollLater(0),
			failed: (failure) => this.#onFailed(failure),
		});
		this.#update();
	}

	#disconnect() {
		this.#turn++;
		clearTimeout(this.#retryTimer);
		clearTimeout(this.#healthyTimer);
		clearTimeout(this.#pollTimer);
		this.#pollTimer = null;
		this.#silent = false;
		this.#interrupted = false;
		this.#connected = false;
		this.#keepPicture();
		this.#connection?.close();
		this.#connection = null;
	}

	#onConnected() {
		this.#connected = true;
		this.#fault = null;
		this.#healthyTimer = setTimeout(() => {
			this.#retryMs = RETRY_FIRST_MS;
		}, HEALTHY_MS);
		this.#update();
	}

	async #onFailed(failure) {
		this.#disconnect();
		if (failure.kind === 'closed') {	/* not to come back */
			this.#fault = { name: 'ended', reason: '' };
			this.#update();
			return;
		}
		this.#fault = { name: 'reconnecting', reason: failure.message };
		this.#retryLater();
		this.#update();
		if (failure.kind === 'refused' || failure.kind === 'signal')
			await this.#explain(this.#fault, failure.kind);
	}

	/* What a WebSocket cannot say, HTTP can. */
	async #explain(fault, kind) {
		const stream = await this.#askStream();

		if (this.#fault !== fault || stream === undefined)
			return;
		if (stream === null)
			fault.name = 'missing';
		else if (stream.state === 'unsupported')
			Object.assign(fault, {
				name: stream.state, reason: stream.error,
			});
		else if (kind === 'signal')
			fault.reason = 'the broker is there, but its ' +
			    'WebSocket api/ws does not open; a proxy in ' +
			    'between has to let it through';
		this.#update();
	}

	#retryLater() {
		const ms = this.#retryMs * (0.8 + Math.random() * 0.4);

		this.#retryMs = Math.min(this.#retryMs * 2, RETRY_MAX_MS);
		this.#retryAt = Date.now() + ms;
		this.#retryTimer = setTimeout(() => this.#connect(), ms);
	}

	/* The network, or somebody who looks, is back. */
	#onChance = () => {
		if (document.hidden)
			return;
		if (this.#lastFrame !== 0)
			this.#lastFrame = performance.now();
		this.#play();
		if (this.#fault !== null && this.#fault.name !== 'ended')
			this.retry();
	};

	/* What the broker says. */

	async #onState(word, reason) {
		const turn = ++this.#turn;

		if (!reason && (word === 'lost' || word === 'unsupported')) {
			const stream = await this.#askStream();

			if (this.#turn !== turn) /* there is a later word */
				return;
			reason = stream?.error ?? '';
		}
		if (word === 'live' && this.#word !== 'live')
			this.#lastFrame = 0;
		/* A session that connects may be paused or not. */
		if (word !== 'connecting')
			this.#believe(word === 'paused');
		this.#word = word;
		this.#reason = reason;
		this.#update();
	}

	/* It may be said before a request for it is answered. */
	#believe(paused) {
		this.#request.paused = paused;
		if (this.#change?.paused === paused)
			this.#change = null;
	}

	/* undefined when the broker does not answer. */
	#askStream() {
		return getStream(this.#request.src).catch(() => undefined);
	}

	async #setPaused(paused) {
		const id = this.#connection?.sessionId;

		if (!id || this.#change !== null)
			return;
		const change = this.#change = { paused };

		this.#update();
		try {
			await setPaused(id, paused);
			if (this.#change === change)
				this.#request.paused = paused;
			if (this.#pollTimer !== null)
				this.#pollLater(0);
		} finally {
			if (this.#change === change)
				this.#change = null;
			this.#update();
		}
	}

	/* Without its WebSocket a session goes on, but says nothing. */
	#pollLater(ms) {
		clearTimeout(this.#pollTimer);
		this.#pollTimer = setTimeout(() => this.#poll(), ms);
	}

	async #poll() {
		const connection = this.#connection;
		const sessions = await listSessions().catch(() => null);

		if (this.#connection !== connection || connection === null)
			return;
		this.#silent = sessions === null;
		const session = sessions?.find((s) =>
		    s.session_id === connection.sessionId);
		if (sessions !== null && session === undefined) {
			this.#onFailed({
				kind: 'ended',
				message: 'the broker ended the session',
			});
			return;
		}
		if (session !== undefined)
			await this.#onState(session.state ??
			    (session.paused ? 'paused' : 'live'), '');
		this.#update();
		if (this.#connection === connection)
			this.#pollLater(POLL_MS);
	}

	/* The picture. */

	#onTrack({ track }) {
		const { stream } = this.#connection;

		stream.addTrack(track);
		if (this.#video.srcObject === stream)
			return;
		this.#video.srcObject = stream;
		this.#play();
	}

	#play() {
		this.#video.play().catch((error) => {
			if (error.name !== 'NotAllowedError')
				return;
			/* Sound needs a gesture first; the picture does not. */
			this.#video.muted = true;
			this.#video.play().catch(() => {});
		});
	}

	#watchFrames() {
		const video = this.#video;
		const next = () => {
			if (!this.#running)
				return;
			if (video.requestVideoFrameCallback)
				video.requestVideoFrameCallback(onFrame);
			else
				video.addEventListener('timeupdate', onFrame,
				    { once: true });
		};
		const onFrame = () => {
			/* Else it is the black one at a session's end. */
			if (this.#connected)
				this.#onFrame();
			next();
		};

		next();
	}

	/* A <video> goes black with its session. */
	#keepPicture() {
		const { videoWidth, videoHeight } = this.#video;

		if (this.#still === null || this.#lastFrame === 0)
			return;
		this.#still.width = videoWidth;
		this.#still.height = videoHeight;
		this.#still.getContext('2d').drawImage(this.#video, 0, 0);
		this.#still.hidden = false;
	}

	#onFrame() {
		const stale = !this.#framesArrive();

		if (this.#still !== null)
			this.#still.hidden = true;

		this.#lastFrame = performance.now();
		if (stale)
			this.#update();
	}
}
