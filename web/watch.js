/* The page of one stream: a Player, what it says, and its controls. */
import { curlLine, getStream } from './api.js';
import { Player } from './player.js';
import { PLAYER_STATES, codecName, describeRate, sentence }
    from './words.js';

const RATE_MS = 1000;
const NO_ID = '·'.repeat(32);	/* keeps the place of a session id */
const COPIED_MS = 1600;
const NOTE_MS = 10000;		/* how long an error stays */
const BUSY_MS = 300;		/* what takes longer is shown to be under way */
const QUIET_MS = 2500;		/* full screen: controls fade after that */

export class WatchPage {
	#root;
	#name;
	#player;
	#tickTimer = null;
	#quietTimer = null;
	#noteTimer = null;
	#busyTimer = null;
	#bytes = 0;
	#bytesAt = 0;
	#known = false;		/* the stream's facts are on the page */
	#asked = null;		/* paused or not, by the last press here */
	#shown = '';		/* the state that is on the page */

	/* `root` is emptied and filled. `options` are the Player's. */
	constructor(root, name, options) {
		this.#root = document.getElementById('watch-page').content
		    .cloneNode(true).firstElementChild;
		root.replaceChildren(this.#root);
		this.#name = name;
		this.#part('h1').textContent = name;
		this.#video.muted = true;
		this.#player = new Player(this.#video, name, {
			...options, still: this.#part('canvas'),
		});
		this.#listen();
	}

	start() {
		document.addEventListener('keydown', this.#onKey);
		this.#part('h1').focus();
		this.#player.start();
		this.#render();
		this.#describe();
		this.#tickTimer = setInterval(() => this.#tick(), RATE_MS);
	}

	stop() {
		document.removeEventListener('keydown', this.#onKey);
		clearInterval(this.#tickTimer);
		clearTimeout(this.#quietTimer);
		clearTimeout(this.#noteTimer);
		clearTimeout(this.#busyTimer);
		this.#player.stop();
	}

	#part(selector) {
		return this.#root.querySelector(selector);
	}

	get #video() {
		return this.#part('video');
	}

	#listen() {
		const on = (selector, action) =>
		    this.#part(selector).addEventListener('click', action);

		this.#player.addEventListener('change', () => this.#render());
		on('.pause', () => this.#control('pause'));
		on('.resume', () => this.#control('resume'));
		on('.retry', () => this.#player.retry());
		on('.unmute', () => this.#toggleSound());
		on('.fullscreen', () => this.#toggleFullscreen());
		for (const button of this.#root.querySelectorAll('.copy'))
			button.addEventListener('click', () => copy(button,
			    this.#part(button.dataset.from).textContent));
		this.#video.addEventListener('volumechange', () =>
		    this.#renderSound());
		on('.stage', ({ target }) => this.#onStage(target));
		this.#part('.screen').addEventListener('pointermove', () =>
		    this.#wake());
		this.#part('.screen').addEventListener('fullscreenchange',
		    () => this.#renderFullscreen());
	}

	/* Wherever the focus is: a click leaves it on a button, full screen
	 * and a button that goes leave it nowhere. But a button has Space and
	 * Enter for itself. */
	#onKey = (event) => {
		const action = {
			' ': () => this.#toggle(), 'k': () => this.#toggle(),
			'm': () => this.#toggleSound(),
			'f': () => this.#toggleFullscreen(),
		}[event.key.toLowerCase()];

		if (!action || event.ctrlKey || event.metaKey ||
		    event.altKey || event.repeat ||
		    (event.key === ' ' && event.target.closest('button')))
			return;
		event.preventDefault();
		action();
	};

	/* The dimmed picture is what people press to go on. */
	#onStage(target) {
		if (this.#player.status.name === 'paused' &&
		    !target.closest('button, .notes'))
			this.#control('resume');
	}

	#toggle() {
		this.#control(this.#player.status.paused ? 'resume' : 'pause');
	}

	async #control(action) {
		this.#note('');
		this.#asked = action === 'pause';
		try {
			await this.#player[action]();
		} catch (error) {
			if (this.#player.status.paused === this.#asked)
				return;
			this.#note(`Could not ${action}: ${error.message}. ` +
			    (error.status === 0 ? 'See that lulld runs, ' +
			    'then try again.' : 'Try again.'));
		}
	}

	#note(text) {
		this.#part('.notice').textContent = text;
		clearTimeout(this.#noteTimer);
		if (text !== '')
			this.#noteTimer = setTimeout(() => this.#note(''),
			    NOTE_MS);
	}

	#toggleSound() {
		if (this.#player.status.hasAudio)
			this.#video.muted = !this.#video.muted;
		this.#renderSound();
	}

	#toggleFullscreen() {
		const screen = this.#part('.screen');

		if (document.fullscreenElement)
			document.exitFullscreen();
		else if (screen.requestFullscreen)
			screen.requestFullscreen().catch(() => {});
		else	/* iPhone: the video alone */
			this.#video.webkitEnterFullscreen?.();
	}

	#wake() {
		const { classList } = this.#part('.screen');

		classList.remove('quiet');
		clearTimeout(this.#quietTimer);
		this.#quietTimer = setTimeout(() => classList.add('quiet'),
		    QUIET_MS);
	}

	/* What is shown. */

	#render() {
		const status = this.#player.status;
		const state = PLAYER_STATES[status.name] ??
		    PLAYER_STATES.connecting;

		this.#root.dataset.state = status.name;
		this.#part('.word').textContent = state.word;
		if (state.title !== '') {
			this.#part('.overlay-title').textContent = state.title;
			this.#part('.overlay-text').textContent =
			    state.text(status).trim();
		}
		this.#announce(sentence(state.word) + state.text(status));
		this.#renderButtons(status);
		this.#renderSession(status.sessionId);
		this.#renderSound();
		this.#renderRetry();
		this.#part('.silent').hidden = !status.brokerSilent;
		/* It could not be done at first, and now it is. */
		if (!status.busy && status.paused === this.#asked)
			this.#note('');
		if (status.name !== this.#shown &&
		    !/live|slow/.test(status.name))
			this.#restartRate();
		this.#shown = status.name;
		if (status.name === 'live' && !this.#known)
			this.#describe();
	}

	#announce(text) {
		const announcer = this.#part('.announcer');

		if (announcer.textContent !== text)
			announcer.textContent = text;
	}

	#renderButtons({ paused, sessionId, busy }) {
		const pause = this.#part('.pause');
		const resume = this.#part('.resume');
		const focused = document.activeElement;

		pause.hidden = paused;
		resume.hidden = !paused;
		this.#renderBusy(busy);
		for (const button of [pause, resume]) {
			button.ariaDisabled = String(sessionId === '');
			button.ariaBusy = String(busy);
		}
		if (focused === pause && paused)
			resume.focus();
		if (focused === resume && !paused)
			pause.focus();
	}

	/* A broker that answers does so before anybody wonders. */
	#renderBusy(busy) {
		if (busy && this.#busyTimer === null)
			this.#busyTimer = setTimeout(() =>
			    this.#showBusy(true), BUSY_MS);
		if (busy || this.#busyTimer === null)
			return;
		clearTimeout(this.#busyTimer);
		this.#busyTimer = null;
		this.#showBusy(false);
	}

	#showBusy(busy) {
		this.#root.classList.toggle('busy', busy);
		this.#part('.pause span').textContent =
		    busy ? 'Pausing…' : 'Pause';
		this.#part('.resume span').textContent =
		    busy ? 'Resuming…' : 'Resume';
	}

	#renderSession(id) {
		this.#part('.session').classList.toggle('none', id === '');
		this.#part('.session-id').textContent = id || NO_ID;
		this.#part('.curl-pause').textContent =
		    curlLine(id || NO_ID, true);
		this.#part('.curl-resume').textContent =
		    curlLine(id || NO_ID, false);
		for (const button of this.#root.querySelectorAll('.copy'))
			button.ariaDisabled = String(id === '');
	}

	#renderSound() {
		const button = this.#part('.unmute');
		const { muted } = this.#video;

		button.hidden = !this.#player.status.hasAudio;
		button.querySelector('span').textContent =
		    muted ? 'Unmute' : 'Mute';
		button.querySelector('use').setAttribute('href',
		    muted ? '#icon-muted' : '#icon-sound');
	}

	#renderFullscreen() {
		const full = document.fullscreenElement !== null;
		const button = this.#part('.fullscreen');

		button.querySelector('span').textContent =
		    full ? 'Exit full screen' : 'Full screen';
		button.querySelector('use').setAttribute('href',
		    full ? '#icon-shrink' : '#icon-expand');
		this.#wake();
	}

	#renderRetry() {
		const { name, retryAt } = this.#player.status;
		const away = retryAt - Date.now();
		const waits = /reconnecting|missing|unsupported/.test(name) &&
		    retryAt > 0;

		this.#part('.retry').hidden = !waits && name !== 'ended';
		this.#part('.retry').textContent =
		    name === 'ended' ? 'Watch again' : 'Try now';
		this.#part('.countdown').textContent = !waits ? '' :
		    `Next attempt in ${Math.max(1, Math.ceil(away / 1000))} s`;
	}

	async #tick() {
		const shown = this.#shown;
		const { bytes, by } = await this.#player.received();
		const now = performance.now();
		const rate = Math.max(0, bytes - this.#bytes) * 8000 /
		    (now - this.#bytesAt);

		this.#renderRetry();
		if (shown === this.#shown)
			this.#renderRate(rate, by);
		this.#bytes = bytes;
		this.#bytesAt = now;
	}

	/* What came while it was live does not count any more. */
	async #restartRate() {
		this.#renderRate(0, '');
		({ bytes: this.#bytes } = await this.#player.received());
		this.#bytesAt = performance.now();
	}

	#renderRate(rate, by) {
		this.#part('.rate').textContent = describeRate(rate);
		this.#part('.by').textContent =
		    by === '' ? '–' : by.toUpperCase();
		this.#root.classList.toggle('flowing', rate >= 1);
	}

	/* Codecs and size; the stage takes the picture's shape before there
	 * is a picture, and keeps it. */
	async #describe() {
		const stream = await getStream(this.#name).catch(() => null);

		if (stream === null || stream.video === '')
			return;
		this.#known = true;
		this.#part('.picture').textContent = codecName(stream.video) +
		    (stream.width ? `, ${stream.width} × ${stream.height}` :
		    '');
		this.#part('.sound').textContent =
		    stream.audio ? codecName(stream.audio) : 'none';
		if (stream.width && this.#video.videoWidth === 0)
			this.#part('.stage').style.setProperty('--shape',
			    `${stream.width} / ${stream.height}`);
	}
}

async function copy(button, text) {
	const label = button.querySelector('span');

	if (button.ariaDisabled === 'true')
		return;
	label.textContent = await write(text) ? 'Copied' : 'Select it';
	button.classList.add('done');
	setTimeout(() => {
		label.textContent = 'Copy';
		button.classList.remove('done');
	}, COPIED_MS);
}

/* navigator.clipboard is there on HTTPS and localhost only. */
async function write(text) {
	try {
		await navigator.clipboard.writeText(text);
		return true;
	} catch {
		return writeBySelection(text);
	}
}

function writeBySelection(text) {
	const focused = document.activeElement;
	const area = document.createElement('textarea');

	area.value = text;
	area.className = 'unseen';
	document.body.append(area);
	area.select();
	const done = document.execCommand('copy');
	area.remove();
	focused?.focus();
	return done;
}
