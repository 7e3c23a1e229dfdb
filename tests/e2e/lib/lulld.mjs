// An installed lulld with a configuration, a port and sockets of its own.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
	mkdirSync, readFileSync, readdirSync, writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { after, before } from 'node:test';
import { Process, children, run } from './process.mjs';
import { freePort, temporaryFolder } from './temp.mjs';
import { until } from './wait.mjs';

const prefix = process.env.LULL_PREFIX;
assert.ok(prefix, 'LULL_PREFIX says where lull is installed');

export const LULLD = join(prefix, 'sbin/lulld');
export const LULLCTL = join(prefix, 'bin/lullctl');

/** A picture small enough for many viewers on a small machine. */
export const DEMO = 'demo:?size=320x180&fps=15&gop=2';

/** Where each one's log is kept, for whoever looks into a failure. */
const logs = process.env.LULL_LOGS ?? temporaryFolder('logs');
mkdirSync(logs, { recursive: true });
let serial = 0;

function keepLog(text) {
	const test = basename(process.argv[1], '.test.mjs');
	writeFileSync(join(logs, `${test}-${++serial}.log`), `${text}\n`);
}

const SANITIZER = /AddressSanitizer|LeakSanitizer|runtime error:/;

export class Lulld {
	/**
	 * streams: {name: url}; config: more of the YAML's tree; yaml: its text
	 * instead; args: after -c FILE; port, folder: chosen if not given;
	 * limit: of open files; under: a command that runs it; host: the
	 * address by which it is reached; transport: of its media port, if it
	 * has one alone.
	 */
	constructor(options = {}) {
		this.options = options;
		this.viewers = new Set(); // that outlive a failed test
	}

	async start() {
		const o = this.options;
		this.folder ??= o.folder ?? temporaryFolder('lulld');
		this.rundir = join(this.folder, 'run');
		this.config = join(this.folder, 'lull.yaml');
		this.port ??= o.port ?? await freePort();
		this.mediaPort ??= await freePort(); // of all its viewers
		this.url = `http://${o.host ?? '127.0.0.1'}:${this.port}`;
		writeFileSync(this.config, o.yaml ?? this.#yaml());
		this.spawn();
		await this.listens();
		return this;
	}

	listens() {
		return this.process.line(/ INF \[api\] listen addr=/);
	}

	#yaml() {
		const o = this.options;
		return JSON.stringify({
			streams: o.streams ?? { demo: DEMO },
			...o.config,
			api: { listen: `:${this.port}`, ...o.config?.api },
			webrtc: this.#webrtc(),
		}, null, 2);
	}

	/** With a range of ports alone each viewer has a port of its own. */
	#webrtc() {
		const { config: { webrtc } = {}, transport } = this.options;
		const listen = `:${this.mediaPort}` +
			(transport ? `/${transport}` : '');
		return webrtc?.ports && webrtc.listen === undefined ? webrtc
			: { listen, ...webrtc };
	}

	spawn(options = {}) {
		this.stopped = false;
		const command = [LULLD, '--rundir', this.rundir, '-c', this.config,
			...(this.options.args ?? [])];
		if (this.options.limit)
			command.unshift('prlimit', `--nofile=${this.options.limit}`);
		command.unshift(...(this.options.under ?? []));
		this.process = new Process(command[0], command.slice(1),
			{ orphan: 'TERM', ...options });
	}

	/** Ends it as a user would; whatever it leaked or tripped on shows. */
	async stop() {
		if (!this.process || this.stopped) return;
		this.stopped = true;
		for (const viewer of this.viewers)
			await viewer.close().catch(() => {});
		const { code, signal } = await this.process.stop()
			.catch((error) => {
				keepLog(this.process.text);
				throw error;
			});
		const log = this.process.text;
		keepLog(log);
		assert.ok(!SANITIZER.test(log), `a sanitizer reports:\n${log}`);
		assert.equal(code, 0, `lulld ended with ${code ?? signal}:\n${log}`);
	}

	/** One request: { status, type, headers, text, body (parsed JSON) }. */
	async call(method, path, { json, ...rest } = {}) {
		const init = { method, redirect: 'manual', ...rest };
		if (json !== undefined) {
			init.body = JSON.stringify(json);
			init.headers = { 'Content-Type': 'application/json', ...rest.headers };
		}
		const response = await fetch(this.url + path, init);
		const text = await response.text();
		const type = (response.headers.get('content-type') ?? '').split(';')[0];
		return {
			status: response.status,
			headers: response.headers,
			type,
			text,
			body: type === 'application/json' ? JSON.parse(text) : undefined,
		};
	}

	async sessions() {
		return (await this.call('GET', '/api/webrtc/sessions')).body.sessions;
	}

	async session(id) {
		return (await this.sessions()).find((s) => s.session_id === id);
	}

	async streams() {
		return (await this.call('GET', '/api/streams')).body;
	}

	async producer(stream) {
		return (await this.streams())[stream].producers[0];
	}

	/** The session of a viewer id, once it is listed. */
	viewer(viewerId) {
		return until(`viewer ${viewerId} is listed`, async () =>
			(await this.sessions()).find((s) => s.viewer_id === viewerId));
	}

	/** The session in that state, which it has or will soon have. */
	async reaches(id, state, deadlineMs) {
		return until(`session ${id} is ${state}`, async () => {
			const session = await this.session(id);
			return session?.state === state && session;
		}, deadlineMs);
	}

	/** The session is listed no more. */
	async forgets(id, deadlineMs) {
		await until(`session ${id} is gone`,
			async () => !(await this.session(id)), deadlineMs);
	}

	/** pause or resume of one session by the recommended endpoint. */
	control(action, id) {
		return this.call('POST', `/api/webrtc/session/${action}`,
			{ json: { session_id: id } });
	}

	pause(id) { return this.control('pause', id); }
	resume(id) { return this.control('resume', id); }

	/** Process ids of the workers: { stream: pid }. */
	workers() {
		return Object.fromEntries(children(this.process.pid).map((child) => {
			const command = readFileSync(`/proc/${child}/cmdline`, 'utf8');
			return [/([^/]*)\.ipc/.exec(command)?.[1], child];
		}));
	}

	worker(stream) {
		return until(`worker of ${stream} runs`, () => this.workers()[stream]);
	}

	/** Process ids of lull-media, for a stream whose worker runs. */
	helpers(stream) {
		return children(this.workers()[stream]);
	}

	/** Where its workers take over what comes to the one port. */
	doors() {
		return readdirSync(join(this.rundir, 'workers'))
			.filter((name) => name.endsWith('.door')).sort();
	}

	/** Takes all places for coding video, when they are free. */
	async holdVideoSlots() {
		const places = Math.max(2, 2 * availableParallelism() - 2);
		const holders = Array.from({ length: places }, (_, n) =>
			spawn('flock', [join(this.rundir, 'workers', `video-${n}.slot`),
				'sh', '-c', 'echo held; exec cat']));
		await Promise.all(holders.map(({ stdout }) => once(stdout, 'data')));
		return { release: () => holders.forEach(({ stdin }) => stdin.end()) };
	}

	lullctl(...args) {
		return run(LULLCTL, ['--rundir', this.rundir, ...args]);
	}
}

/** One lulld for a describe(); options may be a function, asked late. */
export function useLulld(options) {
	const lull = new Lulld();
	before(async () => {
		lull.options = (typeof options === 'function' ?
			await options() : options) ?? {};
		await lull.start();
	});
	after(() => lull.stop());
	return lull;
}
