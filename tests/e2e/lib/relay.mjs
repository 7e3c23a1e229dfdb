// Relays to a server, as a router that forwards a port has them: to the server
// each viewer comes from a socket of the relay's.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

const ANY = '0.0.0.0';

/** Connections to `target`: { address, port }, which may come later. */
export class TcpRelay {
	opened = 0; // until now
	port = null; // of the last one, where the server sees it come from
	#pairs = new Set();

	constructor(target) {
		this.target = target;
	}

	async open(address = ANY, port = 0) {
		this.front = createServer((near) => this.#relay(near));
		this.front.unref();
		this.front.listen(port, address);
		await once(this.front, 'listening');
		return this;
	}

	get address() { return this.front.address(); }

	/** How many there are now. */
	get connections() { return this.#pairs.size; }

	#relay(near) {
		const far = connect(this.target.port, this.target.address, () => {
			this.opened++;
			this.port = far.localPort;
		});
		const pair = [near, far];
		this.#pairs.add(pair);
		pair.forEach((socket, i) => {
			const other = pair[1 - i];
			socket.setNoDelay(true);
			socket.pipe(other);
			socket.on('error', () => {});
			socket.on('close', () => {
				this.#pairs.delete(pair);
				other.destroy();
			});
		});
	}

	/** Ends all connections, on both sides, by a reset. */
	cut() {
		for (const pair of this.#pairs)
			for (const socket of pair) socket.resetAndDestroy();
	}

	close() {
		this.front.close();
		this.cut();
	}
}

export class UdpRelay {
	passed = 0; // datagrams to viewers
	#backs = new Map(); // by the viewer's address

	constructor(target) {
		this.target = target;
	}

	async open(address = ANY, port = 0) {
		this.front = createSocket('udp4');
		this.front.unref();
		this.front.on('message', (data, from) => this.#back(from)
			.send(data, this.target.port, this.target.address));
		this.front.bind(port, address);
		await once(this.front, 'listening');
		return this;
	}

	get address() { return this.front.address(); }

	#back({ address, port }) {
		const key = `${address}:${port}`;
		if (!this.#backs.has(key)) {
			const back = createSocket('udp4').unref();
			back.on('message', (data) => {
				this.passed++;
				this.front.send(data, port, address);
			});
			this.#backs.set(key, back);
		}
		return this.#backs.get(key);
	}

	close() {
		this.front.close();
		for (const back of this.#backs.values()) back.close();
	}
}
