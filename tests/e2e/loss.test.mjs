// Chromium behind a bad network: what is lost is repaired, what does not
// fit is left out whole, and nothing is smeared.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useDecodedCamera } from './lib/camera.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertClean, recordedView } from './lib/recorder.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const FPS = 25;

/** Pictures that the server has sent, whether they came or not. */
function sent(link) {
	return new Set(link.rtp.map((p) => p.timestamp)).size;
}

/** What was sent for the first time: not by the SSRC of RTX. */
function media(link, from = 0) {
	const [{ ssrc }] = link.rtp;
	return link.rtp.slice(from).filter((p) => p.ssrc === ssrc);
}

/** One viewer by a link of its own, and one who has no trouble. */
function useViewers(camera) {
	const setting = {};
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();

	before(async () => {
		setting.link = await new Link().open();
		setting.reference = await browser.view(lull, 'cam');
		await plays(setting.reference, 10);
		const page = await setting.link.page(browser, lull);
		setting.viewer = await recordedView(browser, lull, 'cam', { page });
		await plays(setting.viewer, 2 * FPS);
	});
	after(() => setting.link.close());
	return Object.assign(setting, { lull, camera });
}

for (const [percent, wanted] of [[5, 0.99], [20, 0.95]])
	describe(`a link that loses ${percent} % of the packets, both ways`, () => {
		const setting = useViewers(
			useDecodedCamera('--gop', '2', '--fps', String(FPS)));
		const states = new Set();

		it(`shows ${wanted * 100} % of the pictures in 20 s`, async () => {
			const { link, lull, viewer } = setting;
			const [sentBefore, shownBefore] =
				[sent(link), await viewer.frames()];
			link.loss = link.lossUp = percent / 100;
			await until('500 pictures are sent', async () => {
				states.add((await lull.session(viewer.sessionId)).state);
				return sent(link) >= sentBefore + 20 * FPS;
			}, 60_000);
			link.loss = link.lossUp = 0;
			// Those that wait for a packet to be sent again come yet.
			await plays(viewer, 2 * FPS);
			const shown = await viewer.frames() - shownBefore;
			const all = sent(link) - sentBefore;
			assert.ok(link.lost > percent, `${link.lost} packets lost`);
			assert.ok(shown >= wanted * all, `${shown} of ${all} pictures`);
		});

		it('is not taken for a full link', () => {
			assert.deepEqual([...states], ['live']);
		});

		it('has what is lost sent again, as RTX', async () => {
			const { video } = await setting.viewer.stats();
			assert.ok(video.nackCount > 0);
			assert.ok(video.retransmittedPacketsReceived > 0);
			const ssrcs = new Set(setting.link.rtp.map((p) => p.ssrc));
			assert.equal(ssrcs.size, 2);
		});

		it('smears nothing', () =>
			assertClean(setting.viewer, setting.camera));
	});

describe('a link that carries three tenths of the stream', () => {
	const setting = useViewers(
		useDecodedCamera('--gop', '1', '--fps', String(FPS), '--bitrate', '800'));

	let rate, spent; // bit/s: of the whole stream, while it was slow

	it('is said to be slow', async () => {
		const { link, lull, viewer } = setting;
		const { bytes, rtp: { length } } = link;
		const began = performance.now();
		await until('the rate of the stream is known',
			() => link.rtp.length > length + 300);
		rate = (link.bytes - bytes) * 8000 / (performance.now() - began);
		link.bitsPerSecond = 0.3 * rate;
		await lull.reaches(viewer.sessionId, 'slow', 30_000);
	});

	it('is sent a part of the groups of pictures, whole', async () => {
		const { link, viewer } = setting;
		const before = await viewer.frames();
		const { bytes, rtp: { length: from } } = link;
		const began = performance.now();
		await until('groups are left out', () => {
			const packets = media(link, from);
			return packets.filter((p, i) => i > 0 &&
				p.at - packets[i - 1].at > 800).length >= 3;
		}, 40_000);
		assert.ok(await viewer.frames() > before, 'some are shown');
		spent = (link.bytes - bytes) * 8000 / (performance.now() - began);
	});

	it('is not filled up with what is sent again', () => {
		assert.ok(spent < rate, `${spent} bit/s, of a stream of ${rate}`);
	});

	it('shows nothing smeared', () =>
		assertClean(setting.viewer, setting.camera));

	it('is live again, in full, when the link is wide again', async () => {
		const { link, lull, viewer, reference } = setting;
		link.bitsPerSecond = Infinity;
		await lull.reaches(viewer.sessionId, 'live', 90_000);
		const [mine, others] = [await viewer.frames(),
			await reference.frames()];
		await plays(viewer, 4 * FPS);
		const share = (await viewer.frames() - mine) /
			(await reference.frames() - others);
		assert.ok(share > 0.9, `${share} of what the other viewer sees`);
		await assertClean(setting.viewer, setting.camera);
	});

	it('has contiguous sequence numbers all the while', () => {
		const numbers = media(setting.link).map((p) => p.sequence);
		numbers.forEach((n, i) => i && assert.equal(
			n, (numbers[i - 1] + 1) & 0xffff, `packet ${i}`));
	});
});
