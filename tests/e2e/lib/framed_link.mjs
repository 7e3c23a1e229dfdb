// A link whose side towards the server is a TCP connection (RFC 6544, RFC
// 4571), so that viewers that speak UDP alone come to it by TCP. What the
// connection does, a test can see and disturb.
import { EventEmitter } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setImmediate } from 'node:timers/promises';
import { Link } from './link.mjs';

/** A packet with its length before it (RFC 4571, 2). */
export function framed(data) {
	const length = Buffer.alloc(2);
	length.writeUInt16BE(data.length);
	return Buffer.concat([length, data]);
}

/** As a socket for datagrams: connects when something is to be sent. */
class FramedSocket extends EventEmitter {
	opened = 0; // connections, one after the other
	#in = Buffer.alloc(0);
	#written = Promise.resolve();

	constructor(link) {
		super();
		this.link = link;
	}

	send(data, port, address) {
		if (!this.tcp) this.#connect(port, address);
		const { tcp } = this;
		const frame = framed(data);
		const drips = this.link.drips && this.first;
		this.first = false;
		this.#written = this.#written.then(() =>
			(drips ? this.#drip(tcp, frame) : tcp.write(frame)));
	}

	#connect(port, address) {
		const tcp = connect({ port, host: address, noDelay: true });
		this.tcp = tcp.unref();
		this.opened++;
		this.first = true;
		this.#in = Buffer.alloc(0);
		tcp.on('data', (data) => this.#take(data));
		tcp.on('error', () => {}); // 'close' follows
		tcp.on('close', () => {
			if (this.tcp === tcp) this.tcp = null;
		});
	}

	/** Each byte is a segment of its own. */
	async #drip(tcp, frame) {
		for (const byte of frame) {
			tcp.write(Buffer.of(byte));
			await setImmediate();
		}
	}

	#take(data) {
		this.#in = Buffer.concat([this.#in, data]);
		let at = 0;
		while (this.#in.length - at >= 2) {
			const end = at + 2 + this.#in.readUInt16BE(at);
			if (end > this.#in.length) break;
			this.emit('message', this.#in.subarray(at + 2, end));
			at = end;
		}
		this.#in = this.#in.subarray(at);
	}

	address() { return this.tcp.address(); }

	close() { this.tcp?.destroy(); }
}

/** An address of this host by which viewers in it reach it. */
function ownAddress() {
	return Object.values(networkInterfaces()).flat().find((i) =>
		i.family === 'IPv4' && !i.internal).address;
}

export class FramedLink extends Link {
	drips = false; // a connection's first frame, byte by byte

	socket() { return new FramedSocket(this); }

	/** Instead of the server's address for TCP stands the link's for UDP. */
	answer(sdp) {
		return sdp.split('\r\n').flatMap((line) => {
			if (!line.startsWith('a=candidate:')) return [line];
			const [name, component, transport, priority, address, port] =
				line.split(' ');
			if (this.server || transport !== 'tcp' || address.includes(':'))
				return [];
			this.server = { address, port: Number(port) };
			return [[name, component, 'udp', priority, ownAddress(),
				this.front.address().port, 'typ', 'host'].join(' ')];
		}).join('\r\n');
	}

	/** The port of the connection that there is. */
	get port() { return this.back.tcp?.localPort; }

	/** Reads no more, or again: the server's queue fills. */
	stopReading() { this.back.tcp.pause(); }
	readOn() { this.back.tcp.resume(); }

	/** Ends the connection at once (RST); what is sent next opens another. */
	reset() {
		const { tcp } = this.back;
		this.back.tcp = null;
		tcp.resetAndDestroy();
	}
}
