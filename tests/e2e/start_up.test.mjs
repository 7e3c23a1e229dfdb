// Starting and ending lulld, when something is in the way too.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
	chmodSync, cpSync, existsSync, mkdirSync, readFileSync, readlinkSync, rmSync,
	statSync, symlinkSync, writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { LULLCTL, LULLD, Lulld } from './lib/lulld.mjs';
import { Process, children, run } from './lib/process.mjs';
import { freePort, temporaryFolder } from './lib/temp.mjs';
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

	it('for this host alone with a password that nothing asks for',
		async (t) => {
			const lull = await started(t, { config: {
				api: { username: 'admin', password: 'hunter2' } } });
			const warning =
				/lull\.yaml:\d+: nothing asks for api\.password yet/;
			assert.match(lull.process.text, warning);
			assert.doesNotMatch(lull.process.text, /hunter2/);
			for (const host of ['127.0.0.1', '[::1]'])
				assert.ok((await fetch(
					`http://${host}:${lull.port}/api`)).ok, host);
			// The namespace's own address, see private_network.sh.
			await assert.rejects(
				fetch(`http://192.168.1.100:${lull.port}/api`));
			const { code, out } =
				await run(LULLD, ['--check', '-c', lull.config]);
			assert.equal(code, 0, out);
			assert.match(out, warning);
			assert.match(out, /^listen localhost:\d+$/m);
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

	/** Stops a worker, and what it is asked waits. */
	async function halt(worker) {
		process.kill(worker, 'SIGSTOP');
		await until('it is stopped', () => /^State:\tT/m.test(
			readFileSync(`/proc/${worker}/status`, 'utf8')));
	}

	/** Asks, has lulld end once it has read that, and gives the answers. */
	async function askLast(lull, worker, requests) {
		const asked = Promise.all(requests.map(([method, path, body]) =>
			lull.call(method, path, { body })));
		asked.catch(() => {});
		await halt(await worker());
		for (let i = 0; i < 3; i++) await lull.call('GET', '/api');
		await lull.process.stop();
		return asked;
	}

	it('and ends with an answer to who waits for a worker to start',
		async (t) => {
			const lull = await started(t);
			const answers = await askLast(lull, () => lull.worker('demo'),
				Array.from({ length: 20 },
					() => ['POST', '/api/webrtc?src=demo', offer()]));
			for (const { status, body } of answers) {
				assert.equal(status, 503);
				// A worker may be up before it can be halted.
				assert.match(body.error, /^the (broker is stopped|stream's worker is gone)$/);
			}
		});

	it('and ends with an answer to who waits for a word of a worker',
		async (t) => {
			const lull = await started(t);
			const viewer = await weriftView(lull);
			await plays(viewer, 3);
			const worker = await lull.worker('demo');
			await halt(worker);
			const id = JSON.stringify({ session_id: viewer.sessionId });
			const answers = await askLast(lull, () => worker, [
				['POST', '/api/webrtc?src=demo', offer()],
				['GET', '/api/webrtc/sessions?verbose'],
				['POST', '/api/webrtc/session/pause', id],
				['POST', '/api/webrtc/pause', '{}'],
				['DELETE', `/api/webrtc/session/${viewer.sessionId}`],
			]);
			for (const { status, text } of answers)
				assert.equal(status, 503, text);
			await viewer.close();
		});

	it('with a word on what it is, serves, and where', async (t) => {
		const lull = await started(t);
		await lull.process.line(/ INF \[api\] no password is asked/);
		const lines = lull.process.lines.map((line) =>
			line.replace(/^\S+ /, ''));
		assert.match(lines[0], /^INF \[main\] lulld \d+\.\d+\.\d+$/);
		assert.equal(lines[1],
			`INF [config] path=${lull.config}, 1 stream`);
		const at = lines.indexOf(`INF [api] listen addr=:${lull.port}`);
		const open = lines.filter((line) => / open http/.test(line));
		assert.ok(lines.indexOf(open[0]) > at && at > 1, lines.join('\n'));
		// What scripts/private_network.sh gives this host.
		for (const host of ['localhost', '192.168.1.100', '10.20.0.1'])
			assert.ok(open.includes(
				`INF [api] open http://${host}:${lull.port}/`), open);
	});

	it('for this host alone without a word on passwords', async (t) => {
		const lull = await started(t, {
			config: { api: { listen: '127.0.0.1:0' } },
			yaml: '{api: {listen: "127.0.0.1:0"}}',
		});
		const line = await lull.process.line(/ open http/);
		const [, url] = /(http:.*)$/.exec(line);
		assert.equal((await fetch(`${url}api`)).status, 200);
		assert.doesNotMatch(lull.process.text, /password/);
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

describe('lulld finds its configuration', () => {
	const prefix = process.env.LULL_PREFIX;
	const empty = temporaryFolder('empty');
	const own = join(prefix, 'etc/lull/lull.yaml');
	const etc = 'mount -t tmpfs none /etc; mkdir /etc/lull;' +
		'echo "streams: {etc: \'demo:\'}" >/etc/lull/lull.yaml';

	/** What `--check` says where there is only this file, or none. */
	async function check(before = 'true', args = []) {
		const { code, out } = await run('unshare', ['--mount', 'sh', '-ec',
			`${before}; exec "$0" --check "$@"`, LULLD, ...args],
			{ cwd: empty });
		assert.equal(code, 0, out);
		return out;
	}

	it('in /etc, whatever it was installed for', async () => {
		const out = await check(etc);
		assert.match(out, /^config path=\/etc\/lull\/lull\.yaml$/m);
		assert.match(out, /^stream etc /m);
	});

	it('where it was installed for, first', async (t) => {
		mkdirSync(join(prefix, 'etc/lull'), { recursive: true });
		writeFileSync(own, "streams: {own: 'demo:'}\n");
		t.after(() => rmSync(join(prefix, 'etc'), { recursive: true }));
		const out = await check(etc);
		assert.ok(out.includes(`config path=${own}\n`), out);
		assert.match(out, /^stream own /m);
	});

	it('nowhere, and says so', async () => {
		const out = await check('mount -t tmpfs none /etc');
		assert.match(out, /^config \(none\)$/m);
		assert.match(out, /^viewers :8555$/m);
		assert.match(out, /^stream demo demo:$/m);
	});

	it('and tells where it looks', async () => {
		const { out } = await run(LULLD, ['--help']);
		for (const file of ['lull.yaml', 'go2rtc.yaml', own,
			'/etc/lull/lull.yaml'])
			assert.ok(out.includes(`  ${file}\n`), out);
	});

	it('and counts what is wrong with it', async () => {
		const out = await check('true', ['-c', '{streams: {a: "x:"}}']);
		assert.match(out, /^configuration ok, 3 warnings$/m);
	});
});

describe('./start', () => {
	/** The scripts, with a lullctl that knows where this lulld is. */
	function tree(lull) {
		const root = temporaryFolder('tree');
		const lullctl = join(root, 'build/inst/bin/lullctl');
		for (const name of ['start', 'scripts/build.sh'])
			cpSync(new URL(`../../${name}`, import.meta.url),
				join(root, name));
		mkdirSync(dirname(lullctl), { recursive: true });
		writeFileSync(lullctl,
			`#!/bin/sh\nexec ${LULLCTL} --rundir ${lull.rundir} "$@"\n`,
			{ mode: 0o755 });
		return root;
	}

	it('replaces no program of a lulld that runs', async (t) => {
		const root = tree(await started(t));
		for (const args of [[], ['--build']]) {
			const { code, out } = await run(join(root, 'start'), args);
			assert.equal(code, 1, out);
			assert.match(out, /^start: lulld runs: end it first/);
		}
	});
});

describe('lulld -d', () => {
	const rundir = join(folder, 'background');

	/** Its process, from the file that it holds. */
	const pid = () => Number(readFileSync(join(rundir, 'lulld.lock'), 'utf8'));

	async function end() {
		const ended = pid();
		process.kill(ended, 'SIGTERM');
		await until('it ends', () => !existsSync(`/proc/${ended}`));
	}

	it('is there when the command has ended, and leaves the terminal', async (t) => {
		const port = await freePort();
		// Ends only when nobody has its output, a pipe, any more.
		const { code, out } = await run('bash', ['-o', 'pipefail', '-c',
			'"$0" "$@" 2>&1 | cat', LULLD, '-d', '--rundir', rundir,
			'-c', `api.listen=127.0.0.1:${port}`]);
		assert.equal(code, 0, out);
		t.after(end);
		assert.ok(out.includes(`open http://127.0.0.1:${port}/`), out);
		assert.match(out, /the log ends here/);
		const answer = await fetch(`http://127.0.0.1:${port}/api`);
		assert.equal(answer.status, 200);
		for (const fd of [0, 1, 2])
			assert.equal(readlinkSync(`/proc/${pid()}/fd/${fd}`), '/dev/null');
		const taken = await refuses('-d', '--rundir', rundir);
		assert.ok(taken.includes(`(process ${pid()})`), taken);
	});

	it('fails where it can be seen', async (t) => {
		const other = await started(t);
		const { code, out } = await run(LULLD, ['-d', '--rundir',
			join(folder, 'failing'), '-c', `api.listen=:${other.port}`]);
		assert.equal(code, 1, out);
		assert.match(out, /Address already in use/);
		const bad = await run(LULLD, ['-d', '-c', '{api: {listen: 7}}']);
		assert.equal(bad.code, 1, bad.out);
		assert.match(bad.out, /api\.listen/);
	});

	it('does not start when it is interrupted', async (t) => {
		const fifo = join(folder, 'fifo.yaml');
		execFileSync('mkfifo', [fifo]);
		for (const signal of ['SIGINT', 'SIGTERM']) {
			const lulld = new Process(LULLD,
				['-d', '--rundir', rundir, '-c', fifo]);
			t.after(() => lulld.kill());
			const child = await until('it has gone to the background', () =>
				children(lulld.pid)[0]);
			t.after(() => existsSync(`/proc/${child}`) &&
				process.kill(child, 'SIGKILL'));
			lulld.kill(signal);
			const { code } = await lulld.wait();
			assert.equal(code, 1, lulld.text);
			assert.match(lulld.text, /ERR \[main\] lulld does not start: /);
			assert.ok(!existsSync(`/proc/${child}`), 'the child lives');
		}
	});

	it('goes on with its log if that is a file', async (t) => {
		const log = join(folder, 'lulld.log');
		const { code, out } = await run('sh', ['-c',
			`exec "$0" "$@" 2>>${log}`, LULLD, '-d', '--rundir', rundir,
			'-c', 'api.listen=127.0.0.1:0']);
		assert.equal(code, 0, out);
		assert.equal(out, '');
		await end();
		const text = readFileSync(log, 'utf8');
		assert.match(text, /exit with signal: Terminated/);
		assert.doesNotMatch(text, /the log ends here/);
	});
});
