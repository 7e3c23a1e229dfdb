// chromium.mjs CLIP RESUMES: how long a resume takes in a real browser, from
// the POST, sent by the page itself. One line of JSON.
import { Browser } from '../tests/e2e/lib/browser.mjs';
import { Lulld } from '../tests/e2e/lib/lulld.mjs';
import { plays } from '../tests/e2e/lib/viewers.mjs';

const GROUP_MS = 10_000;
const REST_MS = 500; // paused, and watched after a resume until SETTLED_MS
const SETTLED_MS = 2_500;

/** In the page. Chromium counts anew at most each 50 ms. */
async function measure({ key, id, rest, settled }) {
	const viewers = window.lullViewers;
	const control = (action) => fetch(`/api/webrtc/session/${action}`,
		{ method: 'POST', body: JSON.stringify({ session_id: id }) });
	const pass = (ms) => new Promise((done) => setTimeout(done, ms));
	const counters = async () => (await viewers.stats(key)).video;

	await control('pause');
	await pass(rest);
	const { framesDecoded } = await counters();
	const start = performance.now();
	const shown = new Promise((done) => viewers.video(key)
		.requestVideoFrameCallback((now) => done(now - start)));
	control('resume');
	while ((await counters()).framesDecoded === framesDecoded);
	const decoded = performance.now() - start;
	const result = { decoded, shown: await shown };
	await pass(start + rest - performance.now());
	const { freezeCount } = await counters();
	await pass(start + settled - performance.now());
	const after = await counters();
	return { ...result, freezes: after.freezeCount - freezeCount };
}

function percentiles(values) {
	const sorted = values.toSorted((a, b) => a - b);
	const at = (part) =>
		sorted[Math.min(sorted.length - 1, Math.floor(part * sorted.length))];
	return [at(0.5), at(0.95), sorted.at(-1)].map(Math.round);
}

const [clip, resumes] = process.argv.slice(2);
const lull = new Lulld({ streams: { cam: `file:${clip}` } });
const browser = new Browser();
await lull.start();
await browser.start();
const viewer = await browser.view(lull, 'cam');
await plays(viewer, 50);
const all = [];
for (let i = 0; i < Number(resumes); i++) {
	all.push(await viewer.page.evaluate(measure, {
		key: viewer.key, id: viewer.sessionId, rest: REST_MS,
		// Spread over the whole group of pictures.
		settled: SETTLED_MS + (GROUP_MS * i * 7 / resumes) % 1000,
	}));
}
console.log(JSON.stringify({
	chromium: browser.chromium.version(), resumes: all.length,
	decoded_ms: percentiles(all.map((one) => one.decoded)),
	shown_ms: percentiles(all.map((one) => one.shown)),
	freezes: all.reduce((n, one) => n + one.freezes, 0),
}));
await browser.stop();
await lull.stop();
