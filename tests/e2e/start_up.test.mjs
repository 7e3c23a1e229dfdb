// Starting and ending lulld, when something is in the way too.
import assert from 'node:assert/strict';
import {
	chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync,
	writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { LULLD, Lulld } from './lib/lulld.mjs';
import { run } from './lib/process.mjs';
import { temporaryFolder } from './lib/temp.mjs';
import { offer } from './lib/offers.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const folder = temporaryFolder('startup');

/** Runs lulld, which is to refuse: what it said. */
async function refuses(...args) {
	const { code, out } = await run(LULLD,
		['--rundir', join(folder, 'run'), ...args]);
	assert.notEqual(code, 0, out);
	assert.notEqual(code, null, out);
	return out;
}

function configuration(name, text) {
	const path = join(folder, name);
	writeFileSync(path, text);
	return path;
}

describe('lulld does not start, and says why', () => {
	const running = new Lulld();
	after(() => running.stop());

	it('with a file that is not there', async () => {
		const path = join(folder, 'missing.yaml');
		const out = await refuses('-c', path);
		assert.ok(out.includes(path), out);
		assert.match(out, /No such file/);
	});

	it('with YAML that is none', async () => {
		const path = configuration('broken.yaml',
			'streams:\n  cam: "rtsp://x\n  other: [\n');
		assert.match(await refuses('-c', path), /broken\.yaml:\d+: /);
	});

	it('with a value of the wrong type', async () => {
		const path = configuration('wrong.yaml',
			'api:\n  listen: [1, 2]\n');
		assert.match(await refuses('-c', path), /wrong\.yaml:2: /);
	});

	it('when the address is in use', async () => {
		await running.start();
		const path = configuration('taken.yaml',
			`api:\n  listen: "127.0.0.1:${running.port}"\n`);
		const out = await refuses('-c', path);
		assert.ok(out.includes(String(running.port)), out);
		assert.match(out, /Address already in use/);
	});

	it('in the folder of one that runs', async () => {
		const { code, out } = await run(LULLD, ['--rundir', running.rundir,
			'-c', '{api: {listen: "127.0.0.1:0"}}']);
		assert.notEqual(code, 0, out);
		assert.ok(out.includes(running.rundir), out);
		const viewer = await weriftView(running);
		await plays(viewer, 3);
		await viewer.close();
	});

	it('in a folder that others may write to, or a link', async () => {
		const args = ['-c', '{api: {listen: "127.0.0.1:0"}}', '--rundir'];
		const open = join(folder, 'open');
		mkdirSync(open);
		chmodSync(open, 0o770);
		assert.match(await refuses(...args, open), /open: others may write/);
		symlinkSync(folder, join(folder, 'link'));
		assert.match(await refuses(...args, join(folder, 'link')),
			/link: it is no folder/);
	});

	it('with an option that it does not have', async () => {
		assert.match(await refuses('--nonsense'), /usage/i);
	});
});

/** One that ends with its test, as it should. */
function started(t, options) {
	const lull = new Lulld(options);
	t.after(() => lull.stop());
	return lull.start();
}

describe('lulld starts', () => {
	it('with keys that it does not know, and says so', async (t) => {
		const lull = await started(t, {
			config: { ffmpeg: { bin: 'x' }, api: { username: 'x' } },
		});
		assert.match(lull.process.text, /lull\.yaml:\d+: .*ffmpeg/);
	});

	it('after one that was killed, in its folder', async (t) => {
		const lull = await started(t);
		const viewer = await weriftView(lull);
		await plays(viewer, 3);
		const worker = await lull.worker('demo');
		await lull.process.crash();
		lull.spawn();
		await lull.process.line(/ INF \[api\] listen addr=/);
		await until('the orphaned worker ends', () =>
			!existsSync(`/proc/${worker}`), 20_000);
		await viewer.close();
		const next = await weriftView(lull);
		assert.equal(next.status, 200, next.answer.text);
		await plays(next);
		await next.close();
	});

	it('with sockets for its user alone', async (t) => {
		const lull = await started(t);
		const viewer = await weriftView(lull);
		const mode = (...path) =>
			statSync(join(lull.rundir, ...path)).mode & 0o777;
		assert.equal(mode('lulld.sock'), 0o600);
		assert.equal(mode('workers'), 0o700);
		assert.equal(mode('workers', 'demo.ipc'), 0o600);
		await viewer.close();
	});

	it('with workers that see little of its environment', async (t) => {
		process.env.CAMERA_PASSWORD = 'secret';
		t.after(() => delete process.env.CAMERA_PASSWORD);
		const lull = await started(t);
		const viewer = await weriftView(lull);
		const worker = await lull.worker('demo');
		const environment = readFileSync(`/proc/${worker}/environ`, 'utf8');
		assert.match(environment, /(^|\0)PATH=/);
		assert.doesNotMatch(environment, /CAMERA_PASSWORD/);
		await viewer.close();
	});

	it('and ends with its workers and sockets', async (t) => {
		const lull = await started(t);
		const viewer = await weriftView(lull);
		await plays(viewer, 3);
		const worker = await lull.worker('demo');
		await lull.stop();
		assert.ok(!existsSync(`/proc/${worker}`), 'the worker lives');
		assert.ok(!existsSync(join(lull.rundir, 'lulld.sock')));
		await viewer.close();
	});

	it('and ends with a word to every WebSocket', async (t) => {
		const lull = await started(t);
		const [idle, viewer] = [1, 2].map(() => {
			const ws = new WebSocket(
				`${lull.url.replace('http', 'ws')}/api/ws?src=demo&state=true`);
			ws.said = [];
			ws.on('message', (data) => ws.said.push(JSON.parse(data)));
			ws.on('close', (code) => { ws.code = code; });
			return ws;
		});
		await until('open', () =>
			[idle, viewer].every((ws) => ws.readyState === WebSocket.OPEN));
		viewer.send(JSON.stringify(
			{ type: 'webrtc/offer', value: offer() }));
		await until('an answer', () =>
			viewer.said.some((m) => m.type === 'webrtc/state'));
		await lull.stop();
		for (const ws of [idle, viewer]) {
			await until('closed', () => ws.readyState === WebSocket.CLOSED);
			assert.equal(ws.code, 1001);
		}
		assert.equal(viewer.said.at(-1).value.state, 'closed');
	});

	it('by a configuration on the command line', async (t) => {
		const lull = await started(t, {
			args: ['-c', 'streams.second=rtsp://127.0.0.1/x',
				'-c', '{log: {level: debug}}'],
		});
		assert.deepEqual(Object.keys(await lull.streams()).sort(),
			['demo', 'second']);
	});
});
