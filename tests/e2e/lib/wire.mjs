// What really leaves the host: tshark on the loopback interface, where all
// traffic between a machine's own addresses passes.
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const FIELDS = ['frame.time_epoch', 'udp.dstport', 'udp.payload'];

/** RFC 7983, section 7: what a datagram is, by its first bytes. */
export function datagramKind(first, second) {
	if (first < 4) return 'stun';
	if (first >= 20 && first < 64) return 'dtls';
	if (first < 128 || first > 191) return 'other';
	return second >= 192 && second <= 223 ? 'rtcp' : 'rtp'; // RFC 5761, 4
}

function parse(line) {
	const [epoch, port, payload] = line.split('\t');
	const data = Buffer.from((payload ?? '').replaceAll(':', ''), 'hex');
	return {
		at: Number(epoch) * 1000,
		port: Number(port),
		kind: datagramKind(data[0], data[1]),
		sequence: data.length >= 12 ? data.readUInt16BE(2) : undefined,
	};
}

/** The port that a session's viewer receives at. */
export function viewerPort(session) {
	const port = /:(\d+)\b(?!.*:\d)/.exec(session.remote_addr ?? '')?.[1];
	if (!port) throw new Error(`no port: ${JSON.stringify(session)}`);
	return Number(port);
}

/** All datagrams to the viewers of these sessions, for some seconds. */
export class Capture {
	constructor(sessions, seconds) {
		const ports = sessions.map((s) => `udp dst port ${viewerPort(s)}`);
		this.process = new Process('tshark', [
			'-i', 'lo', '-n', '-l', '-Q', '-f', ports.join(' or '),
			'-a', `duration:${seconds}`, '-T', 'fields',
			...FIELDS.flatMap((field) => ['-e', field]),
		]);
	}

	get packets() {
		return this.process.lines.filter((l) => /^\d+\.\d+\t/.test(l)).map(parse);
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
