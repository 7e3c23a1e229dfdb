// A child process whose output is kept line by line. It dies with the test
// that started it, however that ends.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { createInterface } from 'node:readline';
import { Hopeless, until, within } from './wait.mjs';

const running = new Set();
process.on('exit', () => {
	for (const child of running) child.kill('SIGKILL');
});

export class Process {
	lines = [];
	exit = null; // { code, signal } once it has ended

	constructor(command, args = [], { orphan = 'KILL', ...options } = {}) {
		this.name = basename(command);
		this.child = spawn(
			'setpriv', ['--pdeathsig', orphan, command, ...args], options);
		running.add(this.child);
		// A child of a failed test must not keep the others waiting.
		for (const handle of [this.child, ...this.child.stdio])
			handle?.unref?.();
		this.gone = new Promise((done) =>
			this.child.on('exit', (code, signal) => {
				running.delete(this.child);
				this.exit = { code, signal };
				done(this.exit);
			}));
		this.ended = Promise.all([
			this.#keep(this.child.stdout),
			this.#keep(this.child.stderr),
			this.gone,
		]).then(() => {
			this.over = true;
			return this.exit;
		});
		this.child.on('error', (error) => this.lines.push(String(error)));
		this.child.stdin?.on('error', () => {}); // it may have gone already
	}

	#keep(stream) {
		if (!stream) return undefined;
		const reader = createInterface({ input: stream });
		reader.on('line', (line) => this.lines.push(line));
		return new Promise((done) => reader.on('close', done));
	}

	get pid() { return this.child.pid; }
	get text() { return this.lines.join('\n'); }

	/** The first line that matches, printed already or soon. */
	line(pattern, deadlineMs = 15_000) {
		return until(`${this.name} prints ${pattern}`, () => {
			const found = this.lines.find((line) => pattern.test(line));
			if (!found && this.over) throw new Hopeless(
				`${this.name} ended (${JSON.stringify(this.exit)}) without ` +
				`${pattern}:\n${this.text}`);
			return found;
		}, deadlineMs);
	}

	kill(signal = 'SIGKILL') { this.child.kill(signal); }

	/** How it ended, once all that writes for it has ended too. */
	wait(deadlineMs = 15_000) {
		return within(`${this.name} ends`, this.ended, deadlineMs);
	}

	/** Ends it as a crash would, whatever its children do. */
	crash() {
		this.kill('SIGKILL');
		return within(`${this.name} is killed`, this.gone);
	}

	async stop(signal = 'SIGTERM', deadlineMs = 15_000) {
		if (!this.exit) this.kill(signal);
		try {
			return await this.wait(deadlineMs);
		} catch (error) {
			this.kill('SIGKILL');
			throw new Error(`${error.message}\n${this.text}`);
		}
	}
}

/** How many a process has open. */
export function descriptors(pid) {
	return readdirSync(`/proc/${pid}/fd`).length;
}

/** The process ids of those that it has started. */
export function children(pid) {
	return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
		.split(' ').filter(Boolean).map(Number);
}

/** Runs to its end: { code, signal, out } with both outputs in `out`. */
export async function run(command, args = [], options = {}) {
	const { deadlineMs = 30_000, input = '', ...rest } = options;
	const child = new Process(command, args, rest);
	child.child.stdin.end(input);
	const exit = await child.wait(deadlineMs).finally(() => child.kill());
	return { ...exit, out: child.text };
}
