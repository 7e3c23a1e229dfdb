/*
 * The picture on a stream's card. It is asked for while the card is seen and
 * the stream is watched anyway: a look at the list wakes no camera, and keeps
 * none awake. The person may ask for one picture of any other.
 */
import { frameUrl } from './api.js';

const WIDTH = 320;
const EVERY_MS = 10000;
const AT_ONCE = 4;	/* that all cards ask for */

let asked = 0;

export class Thumbnail {
	#card;
	#name;
	#due = 0;
	#loading = false;

	/* `card` is that of the template. */
	constructor(card, name) {
		this.#card = card;
		this.#name = name;
		this.#part('peek')
		    .addEventListener('click', () => this.#load());
	}

	/* Called every few seconds while the page is seen. */
	update(stream) {
		const watched = stream.state === 'live' && stream.viewers > 0;

		this.#card.classList.toggle('watched', watched);
		this.#part('peek').hidden = watched ||
		    stream.state === 'unsupported';
		if (watched && Date.now() >= this.#due && this.#isSeen() &&
		    asked < AT_ONCE)
			this.#load();
	}

	#part(name) {
		return this.#card.querySelector(`.${name}`);
	}

	#isSeen() {
		const { top, bottom } = this.#part('thumbnail')
		    .getBoundingClientRect();

		return bottom > 0 && top < innerHeight;
	}

	/* What is shown stays until the next one has come. */
	async #load() {
		const image = new Image();

		if (this.#loading)
			return;
		this.#show('asking');
		this.#loading = true;
		asked++;
		image.alt = '';
		image.src = frameUrl(this.#name, WIDTH, Date.now());
		try {
			await image.decode();
			this.#part('thumbnail').querySelector('img')
			    .replaceWith(image);
			this.#show('taken');
		} catch {
			this.#show('failed');
		}
		asked--;
		this.#loading = false;
		this.#due = Date.now() + EVERY_MS;
	}

	#show(what) {
		this.#card.dataset.thumbnail = what;
		this.#part('peek-word').textContent = what === 'asking' ?
		    'Taking a picture…' : what === 'failed' ?
		    'No picture came: try again' : 'Take a picture';
	}
}
