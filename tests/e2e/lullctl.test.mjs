// lullctl against a running lulld.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { join } from 'node:path';
import { LULLCTL, DEMO, useLulld } from './lib/lulld.mjs';
import { run } from './lib/process.mjs';
import { temporaryFolder } from './lib/temp.mjs';
import { pausesOnTheWire, plays } from './lib/viewers.mjs';
import { weriftView } from './lib/werift.mjs';

const DONE = 0, USAGE = 2, UNREACHABLE = 3, NO_MATCH = 4;

describe('lullctl', () => {
	const lull = useLulld({ streams: { demo: DEMO, idle: DEMO } });
	const viewers = [];

	before(async () => {
		for (const viewer_id of ['ann', 'ann', 'bob'])
			viewers.push(await weriftView(lull, 'demo',
				{ query: { viewer_id } }));
		for (const viewer of viewers) await plays(viewer, 3);
	});
	after(async () => {
		for (const viewer of viewers) await viewer.close();
	});

	/** Its output, after it has ended with this status. */
	async function ctl(status, ...args) {
		const { code, out } = await lull.lullctl(...args);
		assert.equal(code, status, `lullctl ${args.join(' ')}: ${out}`);
		return out;
	}

	async function json(status, ...args) {
		return JSON.parse(await ctl(status, '-j', ...args));
	}

	async function pausedViewers() {
		return (await lull.sessions()).filter((s) => s.paused)
			.map((s) => s.viewer_id);
	}

	it('lists sessions', async () => {
		const out = await ctl(DONE, 'sessions');
		const lines = out.split('\n');
		assert.match(lines[0], /^ID\s+STREAM\s+VIEWER\s+CLIENT\s+STATE/);
		assert.equal(lines.length, 4);
		for (const { sessionId } of viewers)
			assert.ok(out.includes(sessionId.slice(0, 8)), out);
		assert.match(out, /demo +bob +127\.0\.0\.1 +live/);
		assert.deepEqual(await json(DONE, 'sessions'),
			(await lull.call('GET', '/api/webrtc/sessions')).body);
	});

	it('lists streams', async () => {
		const out = await ctl(DONE, 'streams');
		assert.match(out, /^NAME\s+STATE/);
		assert.match(out, /^demo +live +h264 320x180 +opus +3 +demo:/m);
		assert.match(out, /^idle +idle/m);
		assert.deepEqual(Object.keys(await json(DONE, 'streams')).sort(),
			['demo', 'idle']);
	});

	it('pauses and resumes a session', async () => {
		const [first, ...others] = viewers.map((v) => v.sessionId);
		const out = await pausesOnTheWire(lull, first,
			() => ctl(DONE, 'pause', first), others);
		assert.ok(out.includes(first), out);
		assert.equal((await lull.session(first)).paused, true);
		await ctl(DONE, 'resume', first.slice(0, 12));
		assert.equal((await lull.session(first)).paused, false);
		await plays(viewers[0]);
	});

	it('pauses and resumes a viewer', async () => {
		const answer = await json(DONE, 'pause', '--viewer', 'ann');
		assert.equal(answer.paused_connections, 2);
		assert.deepEqual(await pausedViewers(), ['ann', 'ann']);
		await ctl(DONE, 'resume', '--viewer', 'ann');
		assert.deepEqual(await pausedViewers(), []);
	});

	it('pauses and resumes a stream', async () => {
		const answer = await json(DONE, 'pause', '--stream', 'demo');
		assert.equal(answer.paused_connections, 3);
		assert.equal((await pausedViewers()).length, 3);
		await ctl(DONE, 'resume', '--stream', 'demo');
		assert.deepEqual(await pausedViewers(), []);
	});

	it('pauses and resumes everybody', async () => {
		await ctl(DONE, 'pause', '--all');
		assert.equal((await pausedViewers()).length, 3);
		await ctl(DONE, 'resume', '--all');
		for (const viewer of viewers) await plays(viewer);
	});

	it('says that nothing matched, with 4', async () => {
		for (const args of [['pause', 'f'.repeat(32)],
			['resume', 'ffffffff'], ['close', '0'.repeat(32)],
			['pause', '--viewer', 'nobody'],
			['pause', '--stream', 'nowhere'],
			['pause', '--stream', 'idle']])
			await ctl(NO_MATCH, ...args);
		assert.deepEqual(await pausedViewers(), []);
	});

	it('says that the command line is wrong, with 2', async () => {
		for (const args of [['nonsense'], ['pause'],
			['pause', '--viewer', ''], ['pause', ''], ['close'],
			['pause', '--all', '--viewer', 'ann'], ['--nonsense']])
			assert.match(await ctl(USAGE, ...args), /usage|lullctl:/);
		assert.deepEqual(await pausedViewers(), []);
	});

	it('says that there is no broker, with 3', async () => {
		const none = join(temporaryFolder('nobody'), 'lulld.sock');
		const { code, out } = await run(LULLCTL, ['-s', none, 'sessions']);
		assert.equal(code, UNREACHABLE);
		assert.ok(out.includes(none), out);
	});

	it('tells both versions', async () => {
		const { broker, lullctl } = await json(DONE, 'version');
		assert.ok(broker.version);
		assert.match(lullctl, /^\d+\.\d+\.\d+$/);
		assert.match(await ctl(DONE, 'version'), /^lullctl .*\nlulld /);
		assert.match(await ctl(DONE, 'help'), /resume/);
	});

	it('closes a session', async () => {
		const { sessionId } = viewers.at(-1);
		await ctl(DONE, 'close', sessionId);
		await lull.forgets(sessionId, 2000);
		await ctl(NO_MATCH, 'close', sessionId);
		assert.equal((await lull.sessions()).length, 2);
	});
});
