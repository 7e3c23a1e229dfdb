// A bad network between one viewer and the server: a relay for datagrams
// that loses, narrows, holds or shuffles them. The viewer's offer loses its
// candidates and the answer names the relay, so there is no way past it.
import { createSocket } from 'node:dgram';
import { networkInterfaces } from 'node:os';
import { changeCandidates, readCandidate, Way, withPort } from './way.mjs';
import { datagramKind } from './wire.mjs';

const QUEUE_MS = 200; // of a narrow link; what does not fit is lost
const MEDIA = ['rtp', 'rtcp'];

// Bytes that a socket holds while this process does something else. What the
// kernel gives takes a hundred packets: fewer than a group of pictures has.
const ROOM = 4 * 1024 * 1024;

/** Numbers in [0, 1) that are the same each time (xorshift32). */
function sequence(seed) {
	let state = seed;
	return () => {
		state ^= state << 13;
		state ^= state >>> 17;
		state ^= state << 5;
		return (state >>> 0) / 2 ** 32;
	};
}

function bound(socket, address = '0.0.0.0', port = 0) {
	return new Promise((done, fail) => {
		socket.once('error', fail);
		// One of a failed test must not keep the others waiting.
		socket.bind(port, address, () => {
			socket.setRecvBufferSize(ROOM);
			done(socket.unref());
		});
	});
}

/** Fields of an RTP header, which SRTP leaves readable (RFC 3550, 5.1). */
function header(data) {
	return {
		type: data[1] & 0x7f,
		marker: (data[1] & 0x80) !== 0,
		sequence: data.readUInt16BE(2),
		timestamp: data.readUInt32BE(4),
		ssrc: data.readUInt32BE(8),
	};
}

/** Whether it is one of lo's: some viewers have none there to answer from. */
function isLoopback(address) {
	return address.startsWith('127.') || Object.values(networkInterfaces())
		.flat().some((i) => i.internal && i.address === address);
}

/** Datagrams of which some come late, some twice, some both. */
class Shuffle {
	late = 0; // share, 0 to 1, that so many others overtake:
	places = 10; // at most
	twice = 0; // share
	moved = 0; // how many were late
	#held = [];

	constructor(random) {
		this.random = random;
	}

	pass(data, deliver) {
		if (this.random() < this.twice) this.#passOne(data, deliver);
		this.#passOne(data, deliver);
	}

	#passOne(data, deliver) {
		if (this.random() < this.late) {
			const places = 1 + Math.floor(this.random() * this.places);
			this.#held.push({ places, data });
			this.moved++;
			return;
		}
		deliver(data);
		for (const one of this.#held) one.places--;
		const due = this.#held.filter((one) => one.places <= 0);
		this.#held = this.#held.filter((one) => one.places > 0);
		for (const one of due) deliver(one.data);
	}
}

export class Link extends Way {
	loss = 0; // towards the viewer, 0 to 1
	lossUp = 0; // towards the server
	bitsPerSecond = Infinity; // towards the viewer
	drop = null; // (header) => true: this RTP packet is lost
	see = null; // (kind, up, data) => true: this datagram is lost
	down = new Shuffle(sequence(19_700_101)); // of RTP
	up = new Shuffle(sequence(20_000_101)); // of RTCP
	lost = 0;
	rtp = []; // headers of all RTP that came from the server
	bytes = 0; // of it

	#named = false; // the server, in this answer
	#free = 0; // when what is under way has left
	#random = sequence(20_220_713);

	async open() {
		this.front = await bound(createSocket('udp4'));
		this.front.on('message', (data, from) => {
			this.viewer = from;
			this.#up(data);
		});
		await this.#openBack();
		return this;
	}

	/** Where the server sees it come from. */
	get port() { return this.back.address().port; }

	/** A socket towards the server, of which `address` is the own one. */
	socket(address, port) {
		return bound(createSocket('udp4'), address, port);
	}

	async #openBack(address, port) {
		this.back = await this.socket(address, port);
		this.back.on('message', (data) => this.#down(data));
	}

	/**
	 * As a NAT that has forgotten the viewer: the server sees another port
	 * from now on, or another `address`, and what it sends to the old one
	 * reaches nobody; if that is to be kept, it does.
	 */
	async rebind({ address, keep = false } = {}) {
		const old = this.back;
		await this.#openBack(address);
		if (!keep) old.close();
	}

	/**
	 * What is sent to it is answered by ICMP: nobody is there. Returns what
	 * opens it again.
	 */
	shut() {
		const { port } = this.back.address();
		this.back.close();
		this.back = { send() {}, close() {} };
		return () => this.#openBack(undefined, port);
	}

	close() {
		super.close();
		this.front.close();
		this.back.close();
	}

	#isLost(kind, loss) {
		if (!MEDIA.includes(kind) || this.#random() >= loss)
			return false;
		this.lost++;
		return true;
	}

	#up(data) {
		const kind = datagramKind(data[0], data[1]);
		if (!this.server || this.see?.(kind, true, data) ||
			this.#isLost(kind, this.lossUp)) return;
		const send = (one) =>
			this.back.send(one, this.server.port, this.server.address);
		if (kind === 'rtcp') this.up.pass(data, send);
		else send(data);
	}

	#down(data) {
		const kind = datagramKind(data[0], data[1]);
		if (this.see?.(kind, false, data)) return;
		if (kind === 'rtp') {
			const packet = { ...header(data), at: performance.now() };
			this.rtp.push(packet);
			this.bytes += data.length;
			if (this.drop?.(packet)) {
				this.lost++;
				return;
			}
		}
		if (this.#isLost(kind, this.loss)) return;
		if (kind === 'rtp') this.down.pass(data, (one) => this.#pass(one));
		else this.#pass(data);
	}

	#pass(data) {
		const now = performance.now();
		const wait = Math.max(0, this.#free - now);
		if (wait > QUEUE_MS) {
			this.lost++;
			return;
		}
		this.#free = now + wait + data.length * 8000 / this.bitsPerSecond;
		if (wait === 0) this.#deliver(data);
		else setTimeout(() => this.#deliver(data), wait);
	}

	#deliver(data) {
		if (this.viewer)
			this.front.send(data, this.viewer.port, this.viewer.address);
	}

	offer(sdp) {
		return changeCandidates(sdp, () => []);
	}

	begin() {
		this.#named = false;
	}

	/** Keeps the server's first address that others can reach. */
	change(line) {
		const { transport, address, port, family } = readCandidate(line);
		if (this.#named || transport !== 'udp' || family !== 4 ||
			isLoopback(address))
			return [];
		this.#named = true;
		this.server = { address, port };
		return [withPort(line, this.front.address().port)];
	}
}
