// Each picture that a viewer in Chromium decodes, to the last bit.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { until } from './wait.mjs';

const FREEZE_S = 0.19; // a picture of 25 a second, and 150 ms more

const SCRIPT = readFileSync(
	new URL('page_recorder.js', import.meta.url), 'utf8');

export class Recording {
	pictures = []; // { width, height, at (ms), hash } as far as known

	constructor(viewer) {
		this.viewer = viewer;
	}

	async start() {
		const { page, key } = this.viewer;
		await page.evaluate(SCRIPT);
		this.number = await page.evaluate((viewerKey) =>
			window.lullRecorder.start(window.lullViewers.video(viewerKey)),
		key);
		return this;
	}

	/** All pictures until now. */
	async update() {
		const more = await this.viewer.page.evaluate(
			([number, from]) => window.lullRecorder.pictures(number, from),
			[this.number, this.pictures.length]);
		this.pictures.push(...more);
		return this.pictures;
	}
}

/** A viewer with a `recording` of all that it decodes, from the first. */
export async function recordedView(browser, lull, src, options = {}) {
	const query = { ...options.query, paused: 'true' };
	const viewer = await browser.view(lull, src, { ...options, query });
	const { session_id: id } = await lull.viewer(viewer.viewerId);
	await lull.reaches(id, 'paused');
	viewer.sessionId = id;
	viewer.recording = await new Recording(viewer).start();
	await lull.resume(id);
	return viewer;
}

/**
 * Of so many seconds that begin `fromS` after the first picture: how many
 * pictures were `shown`, the seconds for which it was `frozen`, as Chromium
 * would count them, and the longest `gap` between two pictures.
 */
export async function watches(viewer, fromS, seconds) {
	const all = await until(`${seconds} s of pictures`, async () => {
		const pictures = await viewer.recording.update();
		const ms = (pictures.at(-1)?.at ?? 0) - (pictures[0]?.at ?? 0);
		return ms >= (fromS + seconds) * 1000 && pictures;
	}, (fromS + seconds + 15) * 1000);
	const begin = all[0].at + fromS * 1000;
	const times = all.map((picture) => picture.at)
		.filter((at) => at >= begin && at < begin + seconds * 1000);
	const gaps = times.slice(1).map((at, i) => (at - times[i]) / 1000);
	return {
		shown: times.length,
		frozen: gaps.filter((gap) => gap > FREEZE_S)
			.reduce((sum, gap) => sum + gap, 0),
		gap: Math.max(...gaps),
	};
}

/** Not a smear: each of a viewer's pictures is one that the camera made. */
export async function assertClean(viewer, camera) {
	const pictures = [...await viewer.recording.update()];
	assert.ok(pictures.length > 0, 'there are pictures to look at');
	await until('every picture is one of the camera\'s', () => {
		const made = camera.fingerprints();
		const odd = pictures.flatMap((p, i) => (made.has(p.hash) ? [] : [i]));
		if (odd.length === 0) return true;
		throw new Error(`${odd.length} of ${pictures.length} are not: ` +
			`${odd.slice(0, 10)}`);
	}, 5000);
}
