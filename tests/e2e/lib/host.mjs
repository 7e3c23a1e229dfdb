// Another host on a cable: a network namespace of its own, for what runs under
// it. Ends with the test.
import assert from 'node:assert/strict';
import { readlinkSync } from 'node:fs';
import { Process, run } from './process.mjs';
import { until } from './wait.mjs';

let serial = 0;

async function command(words) {
	const { code, out } = await run(words[0], words.slice(1));
	assert.equal(code, 0, `${words.join(' ')}: ${out}`);
}

/** `ip` with these words, on this host. */
export function ip(words) {
	return command(['ip', ...words.split(' ')]);
}

export class Host {
	async start() {
		this.process = new Process('unshare', ['--net', 'sleep', 'infinity']);
		const { pid } = this.process;
		await until('the other host is there', () =>
			readlinkSync(`/proc/${pid}/ns/net`) !==
			readlinkSync('/proc/self/ns/net') &&
			readlinkSync(`/proc/${pid}/exe`).endsWith('sleep'));
		this.under = ['nsenter', `--net=/proc/${pid}/ns/net`, '--'];
		await this.ip('link set lo up');
		return this;
	}

	/** `ip` with these words, on that host. */
	ip(words) {
		return command([...this.under, 'ip', ...words.split(' ')]);
	}

	/** Joins it to this host by a cable with these addresses at its ends. */
	async cable(here, there) {
		const name = `to${++serial}`;
		await ip(`link add ${name} type veth peer name eth0 ` +
			`netns ${this.process.pid}`);
		for (const address of here) await ip(assign(address, name));
		for (const address of there)
			await this.ip(assign(address, 'eth0'));
		await ip(`link set ${name} up`);
		await this.ip('link set eth0 up');
		this.device = name;
	}

	stop() {
		return this.process.crash();
	}
}

function assign(address, device) {
	return `address add ${address} dev ${device}` +
		(address.includes(':') ? ' nodad' : '');
}
