// The rules of pausing, as lulld(8) states them.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera, useDecodedCamera } from './lib/camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import { pictures, repaired } from './lib/packets.mjs';
import { plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';
import { Capture } from './lib/wire.mjs';

const FPS = 25;

function all(lull, action, viewerId) {
	return lull.call('POST', `/api/webrtc/${action}`,
		{ json: { action, viewer_id: viewerId } });
}

describe('of a pause for all, of a viewer id and of a session', () => {
	const lull = useLulld();
	const viewers = [];

	before(async () => {
		for (const viewer_id of ['pair', 'pair', 'single'])
			viewers.push(await weriftView(lull, 'demo',
				{ query: { viewer_id } }));
		for (const viewer of viewers) await plays(viewer, 5);
	});
	after(async () => {
		for (const viewer of viewers) await viewer.close();
	});

	/** One letter each: who is paused, by the list and by what is sent. */
	async function paused() {
		const ids = viewers.map((v) => v.sessionId);
		const listed = await Promise.all(ids.map((id) => lull.session(id)));
		const sent = () => Promise.all(ids.map(
			async (id) => (await verbose(lull, id)).packets_sent));
		const start = await sent();
		for (const [i, viewer] of viewers.entries())
			if (!listed[i].paused) await plays(viewer, 5);
		const end = await sent();
		return listed.map((session, i) => {
			assert.equal(session.state, session.paused ? 'paused' : 'live');
			assert.equal(end[i] === start[i], session.paused);
			return session.paused ? 'P' : '-';
		}).join('');
	}

	const session = (action, i) => lull.control(action, viewers[i].sessionId);
	const steps = [
		['all are paused', () => all(lull, 'pause'), 'PPP'],
		['one session is resumed', () => session('resume', 0), '-PP'],
		['its viewer id is paused', () => all(lull, 'pause', 'pair'), 'PPP'],
		['a viewer id is resumed', () => all(lull, 'resume', 'pair'), '--P'],
		['one session is paused', () => session('pause', 0), 'P-P'],
		['all are paused again', () => all(lull, 'pause'), 'PPP'],
		['the other is resumed', () => all(lull, 'resume', 'single'), 'PP-'],
		['all are resumed', () => all(lull, 'resume'), '---'],
	];

	it('rule 12: the last call wins, whichever way it came', async () => {
		for (const [name, call, expected] of steps) {
			assert.equal((await call()).body.success, true, name);
			assert.equal(await paused(), expected, name);
		}
	});

	it('rule 12: who joins later is not met, but by paused=true',
		async () => {
			await all(lull, 'pause');
			for (const query of [{}, { paused: true }]) {
				const viewer = await weriftView(lull, 'demo', { query });
				viewers.push(viewer);
				await until('it is connected', async () =>
					['live', 'paused'].includes(
						(await lull.session(viewer.sessionId)).state));
			}
			assert.equal(await paused(), 'PPP-P');
			await all(lull, 'resume');
			assert.equal(await paused(), '-----');
		});
});

describe('of what is said twice', () => {
	const camera = useCamera('--gop', '10', '--fps', String(FPS));
	const lull = useLulld(() => ({
		streams: { cam: camera.url() },
		// What a receiver in this process can take.
		config: { gop: { rate: 8_000_000 } },
	}));

	it('rule 9: each picture since is shown once', async () => {
		const viewer = await weriftView(lull, 'cam');
		await plays(viewer, 3 * FPS);
		await repaired(viewer);
		for (const action of ['pause', 'pause', 'resume', 'resume'])
			assert.equal((await lull.control(action, viewer.sessionId))
				.body.success, true);
		await plays(viewer, 1);
		await lull.resume(viewer.sessionId);
		await plays(viewer, 2 * FPS);
		await lull.resume(viewer.sessionId);
		await plays(viewer, FPS);
		const shown = pictures(await repaired(viewer));
		const first = shown.findIndex((p, i) => i > 0 && p.key);
		const since = shown.slice(first).map((p) => p.content);
		assert.ok(since.length > 3 * FPS, `${since.length} pictures`);
		assert.equal(new Set(since).size, since.length);
		await viewer.close();
	});
});

describe('of a camera all of whose viewers are paused', () => {
	const camera = useDecodedCamera('--gop', '4', '--fps', String(FPS));
	const lull = useLulld(() => ({
		streams: { cam: { url: camera.url(), linger: 1 } },
		config: { gop: { rate: 8_000_000 } },
	}));

	it('rule 14: it goes on, so that each is resumed at once',
		async () => {
			const viewers = [await weriftView(lull, 'cam'),
				await weriftView(lull, 'cam')];
			for (const viewer of viewers) await plays(viewer, FPS);
			const worker = await lull.worker('cam');
			await all(lull, 'pause');
			const cuts = viewers.map((v) => v.video.length);
			const made = camera.fingerprints().size;
			await until('two key frames come and go', () =>
				camera.fingerprints().size > made + 9 * FPS, 30_000);
			assert.equal((await lull.producer('cam')).state, 'live');
			assert.equal(await lull.worker('cam'), worker);
			await all(lull, 'resume');
			for (const [i, viewer] of viewers.entries()) {
				await plays(viewer, FPS);
				const old = pictures(viewer.video.slice(0, cuts[i]));
				const [first] = pictures(viewer.video.slice(cuts[i]));
				assert.ok(first.key);
				assert.ok(!old.some((p) => p.content === first.content));
			}
			await all(lull, 'pause');
			for (const viewer of viewers) await viewer.close();
			await until('it is closed after the last one', () =>
				Object.keys(lull.workers()).length === 0, 20_000);
		});
});

describe('of the doors', () => {
	const FORMS = ['raw', 'sdp', 'json', 'form', 'ws1', 'ws2'];
	const lull = useLulld();
	const browser = useBrowser();

	it('rule 16: who came by any is listed and can be paused',
		async () => {
			const page = await browser.page(lull);
			const viewers = [];
			for (const form of FORMS)
				viewers.push(await browser.view(lull, 'demo',
					{ form, page, query: { viewer_id: form } }));
			for (const viewer of viewers) await plays(viewer, 3);
			const sessions = await lull.sessions();
			assert.deepEqual(sessions.map((s) => s.viewer_id), FORMS);
			const { demo } = await lull.streams();
			assert.deepEqual(demo.consumers.map((c) => c.session_id),
				sessions.map((s) => s.session_id));
			for (const { session_id: id } of sessions)
				assert.equal((await lull.pause(id)).body.success, true);
			const capture = await new Capture(sessions, 3).end();
			for (const session of sessions)
				assert.deepEqual(capture.rtp(session), [], session.viewer_id);
			for (const { session_id: id } of sessions)
				assert.equal((await lull.resume(id)).body.success, true);
			for (const viewer of viewers) await plays(viewer, 3);
		});
});

describe('of what the viewer\'s page is told', () => {
	const camera = useCamera();
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();

	for (const form of ['ws1', 'ws2'])
		it(`rule 18: paused, resumed, lost and back: ${form}`,
			async () => {
				const viewer = await browser.view(lull, 'cam',
					{ form, query: { state: 'true' } });
				await plays(viewer);
				const { session_id: id } =
					await lull.viewer(viewer.viewerId);
				const told = async () => (await viewer.messages())
					.filter((m) => m.type === 'webrtc/state' &&
						m.value.session_id === id)
					.map((m) => m.value);
				const says = (state, deadlineMs) =>
					until(`the page is told ${state}`, async () =>
						(await told()).at(-1)?.state === state, deadlineMs);
				await says('live');
				await lull.pause(id);
				await says('paused');
				await lull.resume(id);
				await says('live');
				await camera.kill();
				await says('lost');
				assert.ok((await told()).at(-1).reason, 'and why');
				await lull.pause(id);
				await says('paused');
				await lull.resume(id);
				await until('the page is told that it has no picture',
					async () => ['lost', 'connecting'].includes(
						(await told()).at(-1).state));
				await camera.start();
				await says('live', 45_000);
				await plays(viewer, 10);
				await viewer.close();
				await lull.forgets(id);
			});
});
