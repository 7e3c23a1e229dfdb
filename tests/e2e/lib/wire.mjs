// What really leaves the host: tshark on the loopback interface, where all
// traffic between a machine's own addresses passes.
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const FIELDS = ['frame.time_epoch', 'udp.dstport', 'udp.payload',
	'tcp.dstport', 'tcp.payload'];
const MAX_FRAME = 1500; // none of a viewer's is longer

/** RFC 7983, section 7: what a datagram is, by its first bytes. */
export function datagramKind(first, second) {
	if (first < 4) return 'stun';
	if (first >= 20 && first < 64) return 'dtls';
	if (first < 128 || first > 191) return 'other';
	return second >= 192 && second <= 223 ? 'rtcp' : 'rtp'; // RFC 5761, 4
}

/**
 * One direction of a connection, cut into frames (RFC 4571). A capture may
 * begin within one: until the bytes make sense they are of the kind `rtp`,
 * since nobody can say that they are none.
 */
export class Frames {
	#rest = Buffer.alloc(0);

	take(segment) {
		const kinds = [];
		let data = Buffer.concat([this.#rest, segment]);
		while (data.length >= 4) {
			const length = data.readUInt16BE();
			const kind = datagramKind(data[2], data[3]);
			if (length === 0 || length > MAX_FRAME || kind === 'other') {
				kinds.push({ kind: 'rtp' });
				data = Buffer.alloc(0);
			} else if (data.length < 2 + length) {
				break;
			} else {
				kinds.push(describe(data.subarray(2, 2 + length)));
				data = data.subarray(2 + length);
			}
		}
		this.#rest = data;
		return kinds;
	}
}

function describe(data) {
	return {
		kind: datagramKind(data[0], data[1]),
		sequence: data.length >= 12 ? data.readUInt16BE(2) : undefined,
	};
}

function bytes(payload) {
	return Buffer.from((payload ?? '').replaceAll(':', ''), 'hex');
}

/** What was captured, in order: a datagram or a frame each. */
function parse(lines) {
	const connections = new Map(); // by the port that they lead to
	return lines.flatMap((line) => {
		const [epoch, udp, datagram, tcp, segment] = line.split('\t');
		const at = Number(epoch) * 1000;
		const port = Number(udp || tcp);
		if (udp) return [{ at, port, ...describe(bytes(datagram)) }];
		if (!connections.has(port)) connections.set(port, new Frames());
		return connections.get(port).take(bytes(segment))
			.map((frame) => ({ at, port, ...frame }));
	});
}

/** The port that a session's viewer receives at. */
export function viewerPort(session) {
	const port = /:(\d+)\b(?!.*:\d)/.exec(session.remote_addr ?? '')?.[1];
	if (!port) throw new Error(`no port: ${JSON.stringify(session)}`);
	return Number(port);
}

/** All that goes to the viewers of these sessions, for some seconds. */
export class Capture {
	constructor(sessions, seconds) {
		const ports = sessions.map((s) => `dst port ${viewerPort(s)}`);
		this.process = new Process('tshark', [
			'-i', 'lo', '-n', '-l', '-Q', '-f', ports.join(' or '),
			'-a', `duration:${seconds}`, '-T', 'fields',
			...FIELDS.flatMap((field) => ['-e', field]),
		]);
	}

	get packets() {
		return parse(this.process.lines
			.filter((l) => /^\d+\.\d+\t/.test(l)));
	}

	rtp(session, { from = 0, to = Infinity } = {}) {
		const port = viewerPort(session);
		return this.packets.filter((p) =>
			p.kind === 'rtp' && p.port === port && p.at > from && p.at <= to);
	}

	/** Media is seen to flow: the capture works. */
	async sees(session) {
		await until('RTP on the wire',
			() => this.rtp(session).length > 5, 15_000);
		return this;
	}

	async end() {
		const { code } = await this.process.wait(30_000);
		this.ended = Date.now();
		if (code !== 0) throw new Error(`tshark: ${this.process.text}`);
		return this;
	}
}
