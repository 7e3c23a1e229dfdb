// Several cameras and viewers of every make at once: what is done to one
// is not felt by the others.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { aiortcView } from './lib/aiortc.mjs';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { pausesOnTheWire, plays } from './lib/viewers.mjs';
import { weriftView } from './lib/werift.mjs';

describe('two cameras and five viewers', () => {
	const camera = useCamera();
	const lull = useLulld(() => ({
		streams: { rtsp: camera.url(), demo: DEMO },
	}));
	const browser = useBrowser();
	const viewers = {};

	before(async () => {
		Object.assign(viewers, {
			'Chromium by HTTP': await browser.view(lull, 'rtsp'),
			'Chromium by WebSocket':
				await browser.view(lull, 'demo', { form: 'ws1' }),
			'aiortc': await aiortcView(lull, 'rtsp'),
			'werift': await weriftView(lull, 'rtsp'),
			'another werift': await weriftView(lull, 'demo'),
		});
		for (const viewer of Object.values(viewers)) {
			const session = await lull.viewer(viewer.viewerId);
			viewer.sessionId ??= session.session_id;
		}
	});

	it('all play', async () => {
		for (const viewer of Object.values(viewers)) await plays(viewer);
		const sessions = await lull.sessions();
		assert.deepEqual(
			sessions.map((s) => s.stream_source).sort(),
			['demo', 'demo', 'rtsp', 'rtsp', 'rtsp']);
		assert.ok(sessions.every((s) => s.state === 'live'));
	});

	for (const name of ['Chromium by HTTP', 'Chromium by WebSocket',
		'aiortc', 'werift'])
		it(`one is paused, the others go on: ${name}`, async () => {
			const { [name]: one, ...rest } = viewers;
			const others = Object.values(rest);
			await pausesOnTheWire(lull, one.sessionId,
				() => lull.pause(one.sessionId),
				others.map((other) => other.sessionId));
			for (const other of others) await plays(other);
			assert.deepEqual(
				(await lull.sessions()).filter((s) => s.paused)
					.map((s) => s.session_id), [one.sessionId]);
			await lull.resume(one.sessionId);
			await plays(one);
		});

	it('all are paused, and all resumed', async () => {
		const everybody = (action) => lull.call('POST',
			`/api/webrtc/${action}`, { json: { action } });
		const pause = await everybody('pause');
		assert.equal(pause.body.paused_connections, 5);
		assert.ok((await lull.sessions()).every(
			(s) => s.paused && s.state === 'paused'));
		const resume = await everybody('resume');
		assert.equal(resume.body.resumed_connections, 5);
		for (const viewer of Object.values(viewers)) await plays(viewer);
	});
});
