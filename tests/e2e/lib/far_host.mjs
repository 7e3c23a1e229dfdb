// Another host, behind a network that can be made a bad one (bad_link.py).
import { readlinkSync } from 'node:fs';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const SCRIPT = fileURLToPath(new URL('../bad_link.py', import.meta.url));
const NEAR = '10.30.0.1';

export class FarHost {
	address = '10.30.0.2';

	async start() {
		this.holder = new Process('unshare', ['--net', 'sleep', 'infinity']);
		const { pid } = this.holder;
		this.namespace = `/proc/${pid}/ns/net`;
		await until('it has a network of its own', () =>
			readlinkSync(this.namespace) !== readlinkSync('/proc/self/ns/net'));
		this.link = new Process('/usr/bin/python3',
			[SCRIPT, String(pid), NEAR, this.address]);
		await this.link.line(/^ready$/);
	}

	/** What runs a command there. */
	get under() { return ['nsenter', `--net=${this.namespace}`]; }

	/** Of TCP from that port: rate, queue, delay, loss; {}: none of it. */
	spoil(faults) {
		this.link.child.stdin.write(`${JSON.stringify(faults)}\n`);
	}

	async stop() {
		await this.link?.crash();
		await this.holder?.crash();
	}
}

export function useFarHost() {
	const host = new FarHost();
	before(() => host.start());
	after(() => host.stop());
	return host;
}
