// Pause and resume as a receiver of each packet sees them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import {
	assertContiguous, assertForwards, drift, NAL,
} from './lib/packets.mjs';
import { pictureMoves, plays, silentFor3s } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

describe('a pause of some seconds', () => {
	const lull = useLulld();
	const cut = {};
	let viewer;

	before(async () => {
		viewer = await weriftView(lull, 'demo', { audio: true });
		await plays(viewer, 20);
		await lull.pause(viewer.sessionId);
		await silentFor3s(lull, viewer.sessionId);
		for (const kind of ['video', 'audio'])
			cut[kind] = viewer[kind].length;
		await lull.resume(viewer.sessionId);
		await plays(viewer, 45);
	});
	after(() => viewer.close());

	/** Seconds that a track's timestamps ran ahead over the pause. */
	function over(kind) {
		const packets = viewer[kind];
		assert.ok(packets.length > cut[kind]);
		return drift(packets.slice(0, cut[kind]),
			packets.slice(cut[kind]), kind);
	}

	for (const kind of ['video', 'audio']) {
		it(`rule 1: leaves ${kind} sequence numbers contiguous`, () => {
			assertContiguous(viewer[kind]);
		});

		it(`rule 2: moves ${kind} timestamps by wall clock`, () => {
			const packets = viewer[kind];
			assertForwards(packets);
			const ahead = over(kind);
			assert.ok(Math.abs(ahead) < 0.5, `${ahead} s ahead`);
			const gap = packets[cut[kind]].at - packets[cut[kind] - 1].at;
			assert.ok(gap > 3000, `paused for ${gap} ms`);
		});
	}

	it('rule 2: leaves sound and picture in step', () => {
		const apart = over('video') - over('audio');
		assert.ok(Math.abs(apart) < 0.2, `${apart} s apart`);
	});

	it('rule 6: begins and ends between pictures', () => {
		assert.equal(viewer.video[cut.video - 1].marker, true);
	});

	it('rule 3: ends with a key frame', () => {
		const { nals } = viewer.video[cut.video];
		assert.ok(nals.includes(NAL.SPS) || nals.includes(NAL.IDR), `${nals}`);
	});
});

describe('a resume long before the next key frame', () => {
	const lull = useLulld({
		streams: { rare: 'demo:?size=320x180&fps=15&gop=60' },
	});
	const browser = useBrowser();

	it('rule 4: shows a picture all the same', async () => {
		const viewer = await browser.view(lull, 'rare');
		await plays(viewer, 30);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.pause(id);
		await silentFor3s(lull, id);
		await lull.resume(id);
		await plays(viewer, 10);
		await pictureMoves(() => viewer.picture());
		const { video } = await viewer.stats();
		assert.equal(video.packetsLost, 0);
		await viewer.close();
	});

	it('as does a viewer who comes late', async () => {
		const first = await browser.view(lull, 'rare');
		await plays(first, 30);
		const late = await browser.view(lull, 'rare');
		await plays(late, 10);
		await first.close();
		await late.close();
	});
});

describe('two hundred pauses and resumes', () => {
	const lull = useLulld({ streams: { demo: DEMO } });
	const browser = useBrowser();

	async function toggle(id, times) {
		for (let i = 0; i < times; i++)
			for (const action of ['pause', 'resume']) {
				const { body } = await lull.control(action, id);
				assert.equal(body.success, true);
			}
	}

	it('leave a stream that any receiver follows', async () => {
		const viewer = await weriftView(lull);
		await plays(viewer, 5);
		await toggle(viewer.sessionId, 200);
		await plays(viewer, 30);
		assertContiguous(viewer.video);
		assertForwards(viewer.video);
		await viewer.close();
	});

	it('leave a picture that moves', async () => {
		const viewer = await browser.view(lull);
		await plays(viewer, 5);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await toggle(id, 200);
		await plays(viewer, 30);
		await pictureMoves(() => viewer.picture());
		await viewer.close();
	});

	it('at once, of one session, end as the last one said', async () => {
		const viewer = await weriftView(lull);
		await plays(viewer, 5);
		const id = viewer.sessionId;
		await Promise.all(Array.from({ length: 50 }, (_, i) =>
			lull.control(i % 2 ? 'resume' : 'pause', id)));
		await lull.pause(id);
		assert.equal((await lull.session(id)).paused, true);
		await silentFor3s(lull, id);
		await lull.resume(id);
		await plays(viewer);
		await until('it is live', async () =>
			(await lull.session(id)).state === 'live');
		await viewer.close();
	});
});
