// Another host, behind a network that can be made a bad one (bad_link.py).
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Host } from './host.mjs';
import { Process } from './process.mjs';

const SCRIPT = fileURLToPath(new URL('../bad_link.py', import.meta.url));
const NEAR = '10.30.0.1';

export class FarHost extends Host {
	address = '10.30.0.2';

	async start() {
		await super.start();
		this.link = new Process('/usr/bin/python3',
			[SCRIPT, String(this.process.pid), NEAR, this.address]);
		await this.link.line(/^ready$/);
		return this;
	}

	/** Of TCP from that port: rate, queue, delay, loss; {}: none of it. */
	spoil(faults) {
		this.link.child.stdin.write(`${JSON.stringify(faults)}\n`);
	}

	async stop() {
		await this.link?.crash();
		await super.stop();
	}
}

export function useFarHost() {
	const host = new FarHost();
	before(() => host.start());
	after(() => host.stop());
	return host;
}
