// Viewers and workers that die, and what must not be left of them.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { aiortcView } from './lib/aiortc.mjs';
import { Browser, useBrowser } from './lib/browser.mjs';
import { Link } from './lib/link.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { offer, postOffer, resource } from './lib/offers.mjs';
import { descriptors } from './lib/process.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { webrtcbinView } from './lib/webrtcbin.mjs';
import { weriftView } from './lib/werift.mjs';

const sanitized = process.env.LULL_SANITIZE === 'yes';

describe('a viewer that is killed', () => {
	const lull = useLulld();

	for (const state of ['live', 'paused'])
		it(`rule 10: is gone from the list soon: ${state}`, async () => {
			const doomed = await new Browser({ killable: true }).start();
			const viewer = await doomed.view(lull);
			await plays(viewer);
			const { session_id: id } = await lull.viewer(viewer.viewerId);
			if (state === 'paused') await lull.pause(id);
			await lull.reaches(id, state);
			await doomed.kill();
			await lull.forgets(id, 20_000);
			await doomed.stop();
		});

	it('is gone even if it never connected', async () => {
		const { status } = await postOffer(lull, offer());
		assert.equal(status, 201);
		const [{ session_id: id }] = await lull.sessions();
		await lull.forgets(id, 40_000);
	});
});

describe('a viewer that stays, paused and silent', () => {
	const lull = useLulld();
	const browser = useBrowser();

	/** Longer than the silence that ends one: a dead one is dropped. */
	async function outlast() {
		const { length } = await lull.sessions();
		const { status } = await postOffer(lull, offer());
		assert.equal(status, 201);
		await until('the other one is dropped', async () =>
			(await lull.sessions()).length <= length, 40_000);
	}

	it('rule 10: is kept', async () => {
		const viewer = await browser.view(lull);
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.pause(id);
		await outlast();
		assert.equal((await lull.session(id)).state, 'paused');
		await lull.resume(id);
		await plays(viewer);
		await viewer.close();
	});

	it('is kept, though it neither checks nor reports', async () => {
		const link = await new Link().open();
		const viewer = await webrtcbinView(link.through(lull));
		const { sessionId: id } = viewer;
		await plays(viewer);
		await lull.pause(id);
		const sent = new Set(); // by it, first bytes
		link.see = (kind, up, data) => {
			if (up && kind !== 'rtcp') sent.add(data.readUInt16BE());
			return up && kind === 'rtcp';
		};
		await outlast();
		assert.equal((await lull.session(id)).state, 'paused');
		assert.ok(!sent.has(0x0001), 'no Binding request');
		assert.ok(sent.has(0x0101), 'answers to ours');
		link.see = null;
		await lull.resume(id);
		await plays(viewer);
		await viewer.close();
		link.close();
	});
});

describe('a viewer that closes', () => {
	const lull = useLulld();
	const browser = useBrowser();
	const kinds = {
		Chromium: () => browser.view(lull),
		aiortc: () => aiortcView(lull),
	};

	for (const [name, view] of Object.entries(kinds))
		it(`is gone at once: ${name}`, async () => {
			const viewer = await view();
			await plays(viewer, 3);
			const { session_id: id } = await lull.viewer(viewer.viewerId);
			await viewer.close();
			await lull.forgets(id, 3000);
		});

	it('leaves no worker behind once nobody watches', async () => {
		await until('the worker ends', () =>
			Object.keys(lull.workers()).length === 0, 20_000);
		const producer = await lull.producer('demo');
		assert.equal(producer.state, 'idle');
	});
});

describe('a worker that is killed', () => {
	const lull = useLulld({ streams: { one: DEMO, two: DEMO } });
	const browser = useBrowser();

	it('takes only its own viewers, and the page returns', async () => {
		const page = await browser.page(lull, '/#src=one');
		const says = (word) => until(`the page says ${word}`, async () =>
			word.test(await page.getByTestId('state').textContent()),
		30_000);
		await says(/^live$/i);
		const before = await page.getByTestId('session-id').textContent();
		const other = await weriftView(lull, 'two');
		await plays(other);
		process.kill(await lull.worker('one'), 'SIGKILL');
		await lull.forgets(before);
		await plays(other, 30);
		assert.ok(await lull.session(other.sessionId));
		const after = await until('the page has a new session', async () => {
			const id = await page.getByTestId('session-id').textContent();
			return /^[0-9a-f]{32}$/.test(id) && id !== before && id;
		}, 30_000);
		await says(/^live$/i);
		await lull.reaches(after, 'live');
		await other.close();
		await page.close();
	});

	it('is replaced for the next viewer', async () => {
		const first = await weriftView(lull, 'one');
		await plays(first);
		process.kill(await lull.worker('one'), 'SIGKILL');
		await lull.forgets(first.sessionId);
		// 503 until it runs again: half a second for the first time.
		const second = await until('a viewer is taken', async () => {
			const viewer = await weriftView(lull, 'one');
			if (viewer.status === 200) return viewer;
			assert.equal(viewer.status, 503, viewer.answer.text);
			return viewer.close();
		});
		await plays(second, 10, 20_000);
		await first.close();
		await second.close();
	});
});

async function timed(asked) {
	const begun = performance.now();
	const answer = await asked;
	return { answer, ms: performance.now() - begun };
}

describe('a worker that is stopped', () => {
	const lull = useLulld({ streams: { one: DEMO, two: DEMO } });

	it('holds up no answer, and is replaced soon', async () => {
		const lost = await weriftView(lull, 'one');
		const kept = await weriftView(lull, 'two');
		await plays(lost);
		await plays(kept);
		process.kill(await lull.worker('one'), 'SIGSTOP');
		const [list, pause] = await Promise.all([
			timed(lull.call('GET', '/api/webrtc/sessions?verbose')),
			timed(lull.call('POST', '/api/webrtc/pause', { json: {} })),
		]);
		assert.ok(list.ms < 3000, `the list took ${list.ms} ms`);
		assert.deepEqual(list.answer.body.unanswered, ['one']);
		assert.equal(list.answer.body.count, 2);
		for (const session of list.answer.body.sessions)
			assert.equal('packets_sent' in session,
				session.session_id === kept.sessionId);

		assert.ok(pause.ms < 5000, `the pause took ${pause.ms} ms`);
		assert.equal(pause.answer.status, 200);
		assert.equal(pause.answer.body.success, false);
		assert.equal(pause.answer.body.paused_connections, 1);
		assert.match(pause.answer.body.message, /^Not all connections: /);
		assert.equal((await lull.session(kept.sessionId)).state, 'paused');

		await lull.process.line(/worker one .* does not answer: killed/,
			8000);
		await lull.forgets(lost.sessionId);
		const again = await until('a viewer is taken', async () => {
			const viewer = await weriftView(lull, 'one');
			return viewer.status === 200 ? viewer : viewer.close();
		});
		await plays(again);
		assert.equal((await lull.resume(kept.sessionId)).status, 200);
		await plays(kept);
		for (const viewer of [lost, again, kept]) await viewer.close();
	});

	it('goes on if it was for a moment', async () => {
		const viewer = await weriftView(lull, 'two');
		await plays(viewer);
		const worker = await lull.worker('two');
		process.kill(worker, 'SIGSTOP');
		const list = await lull.call('GET', '/api/webrtc/sessions?verbose');
		assert.deepEqual(list.body.unanswered, ['two']);
		process.kill(worker, 'SIGCONT');
		await plays(viewer);
		assert.equal(await lull.worker('two'), worker);
		await viewer.close();
	});
});

describe('several workers that are stopped', () => {
	const stopped = ['one', 'two', 'three', 'four'];
	const lull = useLulld({ streams: Object.fromEntries(
		[...stopped, 'well'].map((name) => [name, DEMO])) });
	const MANY = 60; // more than are written at once

	it('hold up a long list no longer than one does', async () => {
		for (const name of [...stopped, 'well'])
			for (const { status } of await Promise.all(Array.from(
				{ length: MANY }, () => postOffer(lull, offer(), name))))
				assert.equal(status, 201);
		for (const name of stopped)
			process.kill(await lull.worker(name), 'SIGSTOP');
		const { answer, ms } = await timed(
			lull.call('GET', '/api/webrtc/sessions?verbose'));
		assert.ok(ms < 3000, `the list took ${ms} ms`);
		assert.deepEqual(answer.body.unanswered.sort(),
			[...stopped].sort());
		assert.equal(answer.body.count, MANY * 5);
		for (const session of answer.body.sessions)
			assert.equal('packets_sent' in session,
				session.stream_source === 'well');
	});
});

/** Descriptors and resident kilobytes of a process. */
function usage(pid) {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return {
		descriptors: descriptors(pid),
		kilobytes: Number(/VmRSS:\s+(\d+)/.exec(status)[1]),
	};
}

describe('two hundred sessions, opened and closed', () => {
	const lull = useLulld();

	async function openAndClose(times) {
		for (let i = 0; i < times; i += 20) {
			const answers = await Promise.all(Array.from({ length: 20 },
				() => postOffer(lull, offer())));
			for (const answer of answers)
				assert.equal(answer.status, 201, answer.text);
			for (const answer of answers)
				await lull.call('DELETE', resource(lull, answer));
		}
		const viewer = await weriftView(lull);
		await plays(viewer, 3);
		await viewer.close();
		await lull.forgets(viewer.sessionId);
	}

	it('leave no descriptor and no memory', async () => {
		const keeper = await weriftView(lull);
		await plays(keeper);
		await openAndClose(60);
		const pids = {
			worker: await lull.worker('demo'), broker: lull.process.pid,
		};
		const before = Object.fromEntries(Object.entries(pids)
			.map(([name, pid]) => [name, usage(pid)]));
		await openAndClose(200);
		for (const [name, pid] of Object.entries(pids)) {
			await until(`${name} returns its descriptors`, () =>
				usage(pid).descriptors <= before[name].descriptors + 2);
			const grown = usage(pid).kilobytes - before[name].kilobytes;
			if (!sanitized) // which keeps what is freed for a while
				assert.ok(grown < 4096, `${name}: ${grown} KB more`);
		}
		assert.equal((await lull.sessions()).length, 1);
		await plays(keeper);
		await keeper.close();
	});
});
