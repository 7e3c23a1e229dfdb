/* The list of streams, which keeps itself up to date while visible. */
import { configPath, describeStream, listStreams } from './api.js';
import { Thumbnail } from './thumbnail.js';
import {
	STREAM_STATES, describeFault, describeMedia, describeViewers, sentence,
} from './words.js';

const POLL_MS = 2000;

/* Where nothing is known of the media yet. */
const IDLE_FACTS = {
	idle: 'Starts when somebody watches.',
	connecting: 'Waiting for the camera.',
};

export class StreamList {
	#root;
	#cards = new Map();	/* name -> element */
	#thumbnails = new Map();	/* likewise */
	#timer = null;
	#running = false;
	#polling = false;
	#focus = null;		/* a name */
	#named = false;		/* the configuration file is */

	/* `root` is emptied and filled. */
	constructor(root) {
		this.#root = document.getElementById('list-page').content
		    .cloneNode(true).firstElementChild;
		root.replaceChildren(this.#root);
	}

	start() {
		this.#running = true;
		document.addEventListener('visibilitychange', this.#onVisible);
		this.#poll();
	}

	stop() {
		this.#running = false;
		clearTimeout(this.#timer);
		document.removeEventListener('visibilitychange',
		    this.#onVisible);
	}

	/* After the next answer, where the user was before. */
	focusLater(name) {
		this.#focus = name;
	}

	#onVisible = () => {
		clearTimeout(this.#timer);
		if (!document.hidden)
			this.#poll();
	};

	#part(name) {
		return this.#root.querySelector(`.${name}`);
	}

	async #poll() {
		if (this.#polling)
			return;
		this.#polling = true;
		try {
			const streams = await listStreams();

			if (this.#running)
				this.#show(streams);
			this.#complain(null);
		} catch (error) {
			this.#complain(error);
		}
		this.#polling = false;
		clearTimeout(this.#timer);
		if (this.#running && !document.hidden)
			this.#timer = setTimeout(() => this.#poll(), POLL_MS);
	}

	#complain(error) {
		this.#part('banner').hidden = error === null;
		this.#part('cards').classList.toggle('stale', error !== null);
		if (error === null)
			return;
		this.#part('banner-text').textContent =
		    sentence(error.message) + (error.status === 0 ?
		    'See that lulld runs. This page tries again every two ' +
		    'seconds.' : 'Its log says more.');
	}

	#show(streams) {
		const names = Object.keys(streams).sort((a, b) =>
		    a.localeCompare(b, undefined, { numeric: true }));
		const list = this.#part('cards');

		for (const [name, card] of this.#cards)
			if (!Object.hasOwn(streams, name)) {
				card.remove();
				this.#cards.delete(name);
				this.#thumbnails.delete(name);
			}
		names.forEach((name, i) => {
			const card = this.#card(name);
			const stream = describeStream(name, streams[name]);

			fillCard(card, stream);
			if (list.children[i] !== card)
				list.insertBefore(card, list.children[i]);
			this.#thumbnails.get(name).update(stream);
		});
		this.#part('empty').hidden = names.length > 0;
		if (names.length === 0)
			this.#nameConfig();
		this.#restoreFocus();
	}

	/* The file that is to be edited, where there is one. It stays the
	 * same, so it is asked for until there is an answer. */
	async #nameConfig() {
		if (this.#named)
			return;
		this.#named = true;
		try {
			const path = await configPath();

			if (path)
				setText(this.#root, '.config', path);
		} catch {
			this.#named = false;
		}
	}

	#card(name) {
		if (!this.#cards.has(name)) {
			const card = makeCard(name);

			this.#cards.set(name, card);
			this.#thumbnails.set(name, new Thumbnail(card, name));
		}
		return this.#cards.get(name);
	}

	#restoreFocus() {
		const card = this.#cards.get(this.#focus);

		this.#focus = null;
		card?.querySelector('a').focus();
	}
}

function makeCard(name) {
	const card = document.getElementById('card').content
	    .cloneNode(true).firstElementChild;

	card.dataset.stream = name;
	card.querySelector('a').href =
	    `#${new URLSearchParams({ src: name })}`;
	card.querySelector('.card-name').textContent = name;
	return card;
}

/* Writes what changed only: nothing is announced or redrawn for nothing. */
function fillCard(card, stream) {
	card.dataset.state = stream.state;
	card.classList.toggle('flowing', stream.state === 'live' &&
	    stream.viewers > stream.paused);
	card.classList.toggle('faulty', stream.error !== '');
	setText(card, '.word', STREAM_STATES[stream.state] ?? stream.state);
	setText(card, '.facts', describeFault(stream) ||
	    describeMedia(stream) || IDLE_FACTS[stream.state] || '');
	setText(card, '.note', sentence(stream.note).trim());
	setText(card, '.viewers', describeViewers(stream));
}

function setText(root, selector, text) {
	const element = root.querySelector(selector);

	if (element.textContent !== text)
		element.textContent = text;
}
