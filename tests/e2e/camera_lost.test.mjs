// A camera that goes away and comes back.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import { pictureMoves, plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

describe('a camera that is killed and started again', () => {
	const camera = useCamera('--mount', 'cam:audio=opus');
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();

	/** The camera is away until the returned function is called. */
	async function away(id, state) {
		await camera.kill();
		await until('the loss is reported', async () =>
			(await lull.producer('cam')).state === 'lost');
		assert.ok((await lull.producer('cam')).error);
		await lull.reaches(id, state);
		return () => camera.start();
	}

	it('rule 18: comes back by itself on the same connection', async () => {
		const viewer = await browser.view(lull, 'cam', {
			form: 'ws2', audio: true, query: { state: 'true' },
		});
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		const back = await away(id, 'lost');
		await back();
		await plays(viewer, 20, 45_000);
		await pictureMoves(() => viewer.picture());
		await lull.reaches(id, 'live');
		const { connection } = await viewer.stats();
		assert.equal(connection, 'connected');
		const words = (await viewer.messages())
			.filter((m) => m.type === 'webrtc/state')
			.map((m) => m.value.state).join(' ');
		assert.match(words, /live lost (\w+ )*live$/);
		await viewer.close();
		await lull.forgets(id);
	});

	it('rule 13: stays paused meanwhile, and resumes with the new', async () => {
		const viewer = await browser.view(lull, 'cam');
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.pause(id);
		const { packets_sent: sent } = await verbose(lull, id);
		const back = await away(id, 'paused');
		await back();
		await until('the camera is back', async () =>
			(await lull.producer('cam')).state === 'live', 45_000);
		assert.equal((await verbose(lull, id)).packets_sent, sent);
		await lull.resume(id);
		await plays(viewer, 20);
		await viewer.close();
		await lull.forgets(id);
	});

	it('rule 18: shows on the page as lost, then as live', async () => {
		const page = await browser.page(lull, '/#src=cam');
		const says = (word, deadlineMs) =>
			until(`the page says ${word}`, async () =>
				word.test(await page.getByTestId('state').textContent()),
			deadlineMs);
		await says(/^live$/i, 15_000);
		const id = await page.getByTestId('session-id').textContent();
		const back = await away(id, 'lost');
		await says(/lost/i);
		await back();
		await says(/^live$/i, 45_000);
		assert.equal(
			await page.getByTestId('session-id').textContent(), id);
		await page.close();
	});
});

describe('a camera that had been live', () => {
	const camera = useCamera();
	const lull = useLulld(() => ({
		streams: { cam: camera.url() },
		config: { log: { level: 'debug' } },
	}));
	const browser = useBrowser();

	/** For how long it waited between its attempts until now, ms. */
	const waits = () => lull.process.lines.flatMap((line) => {
		const [, ms] = /trying again in (\d+) ms/.exec(line) ?? [];
		return ms ? [Number(ms)] : [];
	});

	it('is soon seen when it is back', async () => {
		const viewer = await browser.view(lull, 'cam');
		await plays(viewer);
		await camera.kill();
		await until('it has been tried for a while', () =>
			waits().length >= 7, 30_000);
		assert.ok(waits().every((ms) => ms >= 500 && ms <= 1500),
			`${waits()}`);
		await camera.start();
		await plays(viewer, 10, 4000);
		await viewer.close();
	});
});
