// A real TURN server. What it relays has addresses of its own on loopback.
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { Process } from './process.mjs';
import { temporaryFolder } from './temp.mjs';

export const RELAY_IP = '127.0.0.2';

const USERNAME = 'viewer';
const CREDENTIAL = 'sec"ret';

/** All addresses but that of the relay. */
const OTHERS = ['0.0.0.0-127.0.0.1', '127.0.0.3-255.255.255.255'];

async function freeUdpPort() {
	const socket = createSocket('udp4').bind(0, '127.0.0.1');
	await once(socket, 'listening');
	const { port } = socket.address();
	await once(socket.close(), 'close');
	return port;
}

export class Coturn {
	/**
	 * With `alone`, who is relayed reaches nobody but who is, too; `address`
	 * is where it listens, and `under` a command that runs it.
	 */
	constructor({ alone = false, address = '127.0.0.1', under = [] } = {}) {
		Object.assign(this, { alone, address, under });
	}

	async start() {
		this.port = await freeUdpPort();
		const [command, ...args] = [...this.under, 'turnserver',
			'-n', '--verbose', '--log-file=stdout', '--simple-log',
			'--no-cli', '--no-tls', '--no-dtls', '--no-rfc5780',
			`--listening-ip=${this.address}`, `--listening-port=${this.port}`,
			`--relay-ip=${RELAY_IP}`, '--allow-loopback-peers',
			'--lt-cred-mech', '--realm=lull',
			`--user=${USERNAME}:${CREDENTIAL}`,
			`--userdb=${join(temporaryFolder('turn'), 'db')}`,
			`--pidfile=${join(temporaryFolder('turn'), 'pid')}`,
			...(this.alone ? OTHERS.map((ip) => `--denied-peer-ip=${ip}`) : []),
		];
		this.process = new Process(command, args);
		await this.process.line(/UDP listener opened on/);
		await this.process.line(/TCP listener opened on/);
	}

	stop() { return this.process?.stop(); }

	/** One of W3C's RTCIceServer. */
	server(transport = 'udp') {
		return {
			urls: `turn:${this.address}:${this.port}?transport=${transport}`,
			username: USERNAME, credential: CREDENTIAL,
		};
	}

	/** How many allocations there are that have not been given back. */
	get allocations() {
		const named = (pattern) => new Set(this.process.lines
			.map((line) => pattern.exec(line)?.[1]).filter(Boolean));
		const made = named(/ session (\d+): new, /);
		const ended = named(/ session (\d+): refreshed, .*lifetime=0/);
		return [...made].filter((session) => !ended.has(session)).length;
	}
}

export function useCoturn(options) {
	const turn = new Coturn(options);
	before(() => turn.start());
	after(() => turn.stop());
	return turn;
}
