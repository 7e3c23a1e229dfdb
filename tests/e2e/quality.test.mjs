// A link that is too slow for the camera's main stream: its viewer is shown
// the sub-stream, and the main one again when the link carries that.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { useFarHost } from './lib/far_host.mjs';
import { FramedLink } from './lib/framed_link.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { longestGap } from './lib/packets.mjs';
import { recordedView } from './lib/recorder.mjs';
import { plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const MAIN = 640;
const SUB = 320;
const NARROW = 600_000; // bit/s: more than the sub-stream, less than main

describe('a viewer whose link does not carry the main stream', () => {
	const camera = useCamera('--fps', '25', '--gop', '2', '--audio', 'opus',
		'--mount', 'main:size=640x360,bitrate=2000,pattern=snow',
		'--mount', 'sub:size=320x180,bitrate=200');
	const lull = useLulld(() => ({ streams: {
		cam: [camera.url({ mount: 'main' }), camera.url({ mount: 'sub' })],
	} }));
	const browser = useBrowser();
	let link, viewer, other, heard;

	before(async () => {
		link = await new Link().open();
		other = await browser.view(lull, 'cam');
		viewer = await recordedView(browser, lull, 'cam',
			{ page: await link.page(browser, lull), audio: true });
	});
	after(() => link.close());

	const source = async (id) => (await verbose(lull, id)).source;
	const widths = async () =>
		(await viewer.recording.update()).map((p) => p.width);

	/** The last picture is so wide, by then. */
	async function shows(width, deadlineMs) {
		await until(`a picture that is ${width} wide`,
			async () => (await widths()).at(-1) === width, deadlineMs);
	}

	it('is shown that while the link is wide', async () => {
		await plays(viewer, 100);
		assert.deepEqual([...new Set(await widths())], [MAIN]);
		assert.equal(await source(viewer.sessionId), 0);
	});

	it('is shown the sub-stream five seconds after it is slow', async () => {
		link.bitsPerSecond = NARROW;
		await lull.reaches(viewer.sessionId, 'slow', 20_000);
		await shows(SUB, 5000);
		heard = (await viewer.stats()).audio;
		assert.equal(await source(viewer.sessionId), 1);
	});

	it('sees it without a freeze', async () => {
		await plays(viewer, 10 * 25, 15_000);
		const all = await viewer.recording.update();
		const begin = all.findIndex((p) => p.width === SUB);
		const gaps = all.slice(begin + 1)
			.map((p, i) => p.at - all[begin + i].at);
		assert.ok(Math.max(...gaps) < 2000, `${Math.max(...gaps)} ms`);
		assert.deepEqual([...new Set(all.slice(begin).map((p) => p.width))],
			[SUB]);
		await lull.reaches(viewer.sessionId, 'live');
	});

	it('is shown the main stream again when the link is wide', async () => {
		link.bitsPerSecond = Infinity;
		await shows(MAIN, 40_000);
		assert.equal(await source(viewer.sessionId), 0);
		await plays(viewer, 10 * 25, 15_000);
		assert.equal((await widths()).at(-1), MAIN);
	});

	it('hears the sound all the while', async () => {
		const { audio } = await viewer.stats();
		const [made, all] = ['concealedSamples', 'totalSamplesReceived']
			.map((name) => audio[name] - heard[name]);
		assert.ok(all > 20 * 48_000, `${all} samples`);
		assert.ok(made < 0.02 * all, `${made} of ${all} are made up`);
	});

	it('moves nobody else', async () => {
		const { session_id: id } = await lull.viewer(other.viewerId);
		assert.equal(await source(id), 0);
		assert.deepEqual((await other.stats()).size, [MAIN, 360]);
	});
});

describe('a viewer whose connection does not carry the main stream', () => {
	const far = useFarHost();
	const lull = useLulld(() => ({
		host: far.address, under: far.under,
		streams: { cam: ['demo:?size=640x360&fps=15&gop=1',
			'demo:?size=160x90&fps=15&gop=1'] },
	}));
	let link, viewer;

	before(async () => {
		link = await new FramedLink().open();
		viewer = await weriftView(link.through(lull), 'cam');
		await plays(viewer, 75);
	});
	after(async () => {
		await viewer.close();
		link.close();
	});

	/** Waits until it is shown that source. */
	const isShown = (source, deadlineMs) => until(`source ${source}`,
		async () => (await verbose(lull, viewer.sessionId)).source === source,
		deadlineMs);

	it('is shown the sub-stream, without a freeze', async () => {
		const now = viewer.video.at(-1).at;
		const bits = viewer.video.filter((p) => p.at > now - 4000)
			.reduce((sum, p) => sum + (p.bytes + 50) * 8, 0);
		far.spoil({ port: lull.mediaPort, rate: 0.4 * bits / 4 });
		await isShown(1, 15_000);
		await plays(viewer, 15);
		const { length } = viewer.video;
		await plays(viewer, 150, 15_000);
		const gap = longestGap(viewer.video.slice(length));
		assert.ok(gap < 2000, `${gap} ms`);
	});

	it('is shown the main stream again', async () => {
		far.spoil({});
		await isShown(0, 40_000);
		await plays(viewer, 150, 15_000);
		await isShown(0);
	});
});
