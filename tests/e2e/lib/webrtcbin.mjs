// A viewer by GStreamer, in a process of its own (webrtcbin_viewer.py), that
// reports by transport-wide feedback and has no REMB.
import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const SCRIPT = fileURLToPath(
	new URL('webrtcbin_viewer.py', import.meta.url));

let serial = 0;

export class WebrtcbinViewer {
	constructor(lull, src, codec = 'H264') {
		this.lull = lull;
		this.viewerId = `webrtcbin_${++serial}`;
		this.path = '/api/webrtc?' + new URLSearchParams(
			{ src, viewer_id: this.viewerId });
		this.process = new Process('/usr/bin/python3', [SCRIPT, codec]);
		this.asked = {};
		lull.viewers.add(this);
	}

	#say(line) { this.process.child.stdin.write(`${line}\n`); }

	async open() {
		const offer = await this.process.line(/^{"type": "offer"/, 30_000);
		const answer = await this.lull.call('POST', this.path,
			{ json: JSON.parse(offer) });
		this.answer = answer;
		assert.equal(answer.status, 200, JSON.stringify(answer.body));
		this.sessionId = answer.body.session_id;
		this.sdp = answer.body.sdp;
		this.#say(JSON.stringify(answer.body));
		await this.process.line(/^{"opened"/);
		return this;
	}

	/** Its answers come in the order of the questions. */
	async #ask(question, key) {
		const number = this.asked[key] ?? 0;
		this.asked[key] = number + 1;
		this.#say(question);
		const line = await until(`${key} of webrtcbin`, () =>
			this.process.lines
				.filter((l) => l.startsWith(`{"${key}"`))[number]);
		return JSON.parse(line)[key];
	}

	frames() { return this.#ask('stats', 'frames'); }

	/** CRC-32 of the planes of each that was decoded. */
	pictures() { return this.#ask('pictures', 'pictures'); }

	/**
	 * Of each access unit that came: its NAL units' `types`, and the `faults`
	 * for which a browser would not decode it.
	 */
	units() { return this.#ask('units', 'units'); }

	async close() {
		this.lull.viewers.delete(this);
		this.#say('close');
		await this.process.line(/^{"closed"/);
		await this.process.wait();
	}
}

export function webrtcbinView(lull, src = 'demo', codec = 'H264') {
	return new WebrtcbinViewer(lull, src, codec).open();
}
