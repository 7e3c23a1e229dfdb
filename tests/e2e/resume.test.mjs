// A picture at once: the camera's key frames are ten seconds apart, and
// who resumes or joins between two of them does not wait for the next.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera, useDecodedCamera } from './lib/camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import {
	assertContiguous, assertDecodable, drift, NAL, pictures, repaired,
} from './lib/packets.mjs';
import { assertClean, recordedView } from './lib/recorder.mjs';
import { pausedView, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const FPS = 25;
const GENTLE = 8_000_000; // bit/s that a receiver in this process can take
const RARE = ['--mount', 'cam', '--mount', 'slices:slices=4',
	'--gop', '10', '--fps', String(FPS)];

function keyFrames(viewer) {
	return pictures(viewer.video).filter((p) => p.key).length;
}

/** The camera's key frame was that many pictures ago, as `watch` saw. */
async function midGroup(watch, ago = FPS) {
	await until('a key frame was a while ago', () => {
		const since = pictures(watch.video).reverse()
			.findIndex((p) => p.key);
		return since >= ago && since <= 4 * FPS;
	}, 15_000);
}

/** Runs act(), in which the camera makes no key frame. */
async function betweenKeyFrames(watch, act) {
	await midGroup(watch);
	const before = keyFrames(watch);
	const result = await act();
	assert.equal(keyFrames(watch), before,
		'the camera made a key frame meanwhile');
	return result;
}

function useRareCamera(config) {
	const camera = useCamera(...RARE);
	return useLulld(() => ({
		config,
		streams: {
			cam: camera.url({ mount: 'cam' }),
			slices: camera.url({ mount: 'slices' }),
		},
	}));
}

for (const src of ['cam', 'slices'])
	describe(`a resume between key frames, packet by packet: ${src}`, () => {
		const lull = useRareCamera({ gop: { rate: GENTLE } });
		let watch, viewer, cut;
		let watched, sent; // the packets of each

		before(async () => {
			watch = await weriftView(lull, src);
			await plays(watch, 5);
			({ viewer, cut } = await pausedView(lull, src, 20));
			await betweenKeyFrames(watch, async () => {
				await lull.resume(viewer.sessionId);
				await plays(viewer, 1, 4000);
			});
			await plays(viewer, 3 * FPS);
			sent = await repaired(viewer);
			watched = await repaired(watch);
		});
		after(async () => {
			await viewer.close();
			await watch.close();
		});

		it('rule 3: begins with parameter sets and a whole key ' +
			'frame', () => {
			const [first] = pictures(sent.slice(cut));
			const slices = src === 'slices' ? 4 : 1;
			assert.deepEqual(first.nals, [NAL.SPS, NAL.PPS,
				...Array(slices).fill(NAL.IDR)]);
			assert.ok(first.packets.at(-1).marker);
		});

		it('rule 4: goes on with every picture since, up to live',
			() => {
				const all = assertDecodable(sent, watched);
				const old = pictures(sent.slice(0, cut)).length;
				const replayed = all.slice(old).map((p) => p.content);
				const whole = pictures(watched).map((p) => p.content);
				const start = whole.lastIndexOf(replayed[0]);
				const common = Math.min(
					replayed.length, whole.length - start);
				assert.ok(common >= 3 * FPS);
				assert.deepEqual(replayed.slice(0, common),
					whole.slice(start, start + common));
			});

		it('rule 6: cuts only between pictures', () => {
			assert.equal(sent[cut - 1].marker, true);
			assert.deepEqual(sent[cut].nals.slice(0, 1), [NAL.SPS]);
		});

		it('rule 1: has contiguous sequence numbers', () => {
			assertContiguous(sent);
		});

		it('rule 2: is on the wall clock again after the replay',
			() => {
				const ahead = drift(sent.slice(0, cut), sent.slice(-FPS));
				assert.ok(Math.abs(ahead) < 0.3, `${ahead} s ahead`);
			});
	});

describe('a resume between key frames, in Chromium', () => {
	const camera = useDecodedCamera('--gop', '10', '--fps', String(FPS));
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();
	let watch, viewer, asked;

	before(async () => {
		watch = await weriftView(lull, 'cam');
		await plays(watch, 10);
		viewer = await recordedView(browser, lull, 'cam');
		await plays(viewer, 20);
	});
	after(() => watch.close());

	it('rule 4: has a picture without the camera\'s help', async () => {
		await lull.pause(viewer.sessionId);
		await betweenKeyFrames(watch, async () => {
			// While paused it asks by itself, every few seconds.
			asked = (await viewer.stats()).video.pliCount;
			await lull.resume(viewer.sessionId);
			await plays(viewer, 1, 4000);
		});
		await plays(viewer, 3 * FPS);
	});

	it('rule 5: shows no smear', async () => {
		await assertClean(viewer, camera);
	});

	it('rule 2: does not freeze afterwards', async () => {
		const { video: before } = await viewer.stats();
		await plays(viewer, 3 * FPS);
		const { video: after } = await viewer.stats();
		assert.equal(after.freezeCount, before.freezeCount);
		assert.equal(after.framesDropped, before.framesDropped);
	});

	it('asks for no picture', async () => {
		const { video } = await viewer.stats();
		assert.equal(video.pliCount, asked);
	});
});

describe('a viewer who joins between key frames', () => {
	const lull = useRareCamera();
	const browser = useBrowser();
	let watch;

	before(async () => {
		watch = await weriftView(lull, 'cam');
		await plays(watch, 5);
	});
	after(() => watch.close());

	it('has a picture at once: Chromium', async () => {
		const viewer = await betweenKeyFrames(watch, async () => {
			const one = await browser.view(lull, 'cam');
			await plays(one, 1, 5000);
			return one;
		});
		await plays(viewer, 2 * FPS);
		const { video } = await viewer.stats();
		assert.equal(video.keyFramesDecoded, 1);
		await viewer.close();
	});

	it('has a picture at once: werift', async () => {
		const viewer = await betweenKeyFrames(watch, async () => {
			const one = await weriftView(lull, 'cam');
			await plays(one, 1, 5000);
			return one;
		});
		await plays(viewer, 2 * FPS);
		assertDecodable(await repaired(viewer), await repaired(watch));
		await viewer.close();
	});
});

describe('a replay', () => {
	const RATE = 4_000_000;
	const camera = useCamera('--gop', '10', '--fps', String(FPS));
	const lull = useLulld(() => ({
		streams: { cam: camera.url() },
		config: { gop: { rate: RATE } },
	}));

	it('rule 8: keeps to the rate that is set', async () => {
		const watch = await weriftView(lull, 'cam');
		await midGroup(watch, 3 * FPS);
		const viewer = await weriftView(lull, 'cam',
			{ query: { paused: 'true' } });
		await lull.reaches(viewer.sessionId, 'paused');
		const start = performance.now();
		await lull.resume(viewer.sessionId);
		await plays(viewer, 4 * FPS);
		const all = assertDecodable(
			await repaired(viewer), await repaired(watch));
		const [key] = all;
		let bits = 0;
		for (const { packets, at } of all) {
			bits += packets.reduce((n, p) => n + p.bytes * 8, 0);
			const size = key.packets.reduce((n, p) => n + p.bytes * 8, 0);
			const budget = size * 2 + RATE * (at - start) / 1000;
			assert.ok(bits < budget, `${bits} bits, ${budget} allowed`);
		}
		for (const one of [viewer, watch]) await one.close();
	});
});

describe('many who resume at once', () => {
	const camera = useCamera(
		'--gop', '20', '--fps', String(FPS), '--audio', 'opus');
	const lull = useLulld(() => ({
		streams: { cam: camera.url() },
		// What they share of it is less than the camera sends.
		config: { gop: { rate: 100_000 } },
	}));

	it('rule 8: all catch up, and hear', async () => {
		const watch = await weriftView(lull, 'cam');
		const many = [];
		for (let i = 0; i < 12; i++)
			many.push(await weriftView(lull, 'cam',
				{ audio: true, query: { paused: 'true' } }));
		for (const { sessionId } of many)
			await lull.reaches(sessionId, 'paused');
		await plays(watch, 3 * FPS); // of the first group, that is
		const { body } = await lull.call('POST', '/api/webrtc/resume',
			{ json: { action: 'resume' } });
		assert.equal(body.success, true);
		for (const viewer of many)
			await until(`${viewer.viewerId} hears`,
				() => viewer.audio.length > 50, 30_000);
		for (const viewer of [watch, ...many]) await viewer.close();
	});
});

for (const gop of [{ max_ms: 1000 }, { max_bytes: 65_536 }])
	describe('a camera whose key frames are further apart than the cache: ' +
		Object.keys(gop), () => {
		const camera = useCamera('--gop', '5', '--fps', String(FPS));
		const lull = useLulld(() => ({
			streams: { cam: camera.url() }, config: { gop },
		}));

		it('rule 8: is shown as a key frame, then from the next one on',
			async () => {
				const watch = await weriftView(lull, 'cam');
				await midGroup(watch, 2 * FPS);
				const viewer = await weriftView(lull, 'cam');
				await plays(viewer, 2 * FPS);
				const all = assertDecodable(
					await repaired(viewer), await repaired(watch));
				assert.ok(all[0].key && all[1].key && !all[2].key,
					all.slice(0, 3).map((p) => p.nals).join(';'));
				for (const one of [viewer, watch]) await one.close();
			});
	});
