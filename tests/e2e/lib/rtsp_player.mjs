// A client of RTSP over TCP that counts what it gets: requests as text, and
// the interleaved packets (RFC 2326, section 10.12) in order.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { until } from './wait.mjs';

export class RtspPlayer {
	packets = []; // { channel, sequence, marker, type, nal }
	bytes = 0; // of all that came
	#rest = Buffer.alloc(0);
	#answers = [];
	#cseq = 0;
	#session = '';

	constructor(url) {
		this.url = url;
		const { hostname, port } = new URL(url.replace(/^rtsp/, 'http'));
		this.socket = connect(Number(port), hostname);
		this.socket.on('data', (data) => this.#take(data));
		this.socket.on('error', (error) => { this.error = error; });
		this.socket.on('close', () => { this.closed = true; });
	}

	#take(data) {
		this.bytes += data.length;
		this.#rest = Buffer.concat([this.#rest, data]);
		while (this.#rest.length > 0) {
			const n = this.#rest[0] === 0x24 ? this.#packet() : this.#answer();
			if (n === 0) return;
			this.#rest = this.#rest.subarray(n);
		}
	}

	#packet() {
		const p = this.#rest;
		if (p.length < 4 || p.length < 4 + p.readUInt16BE(2)) return 0;
		const rtp = p.subarray(4, 4 + p.readUInt16BE(2));
		this.packets.push({
			channel: p[1], type: rtp[1] & 0x7f, marker: rtp[1] >> 7,
			sequence: rtp.readUInt16BE(2), nal: rtp[12] & 0x1f,
		});
		return 4 + rtp.length;
	}

	#answer() {
		const end = this.#rest.indexOf('\r\n\r\n');
		if (end === -1) return 0;
		const head = this.#rest.subarray(0, end).toString();
		assert.match(head, /^RTSP\/1\.0 /);
		const length = Number(/^Content-Length: (\d+)$/m.exec(head)?.[1] ?? 0);
		if (this.#rest.length < end + 4 + length) return 0;
		this.#answers.push({
			status: Number(head.slice(9, 12)), head,
			body: this.#rest.subarray(end + 4, end + 4 + length).toString(),
		});
		return end + 4 + length;
	}

	async ask(method, url = this.url, headers = []) {
		const lines = [`${method} ${url} RTSP/1.0`, `CSeq: ${++this.#cseq}`,
			'User-Agent: player', ...this.#session, ...headers, '', ''];
		this.socket.write(lines.join('\r\n'));
		const answer = await until(`${method} is answered`,
			() => this.#answers.shift() ?? (this.closed && { status: 0 }));
		const session = /^Session: ([^;\r]*)/m.exec(answer.head)?.[1];
		if (session) this.#session = [`Session: ${session}`];
		return answer;
	}

	/** Plays all tracks, each on its own channels. */
	async play() {
		const { status, body } = await this.ask('DESCRIBE');
		assert.equal(status, 200);
		const tracks = body.match(/^a=control:trackID=\d/gm);
		for (let i = 0; i < tracks.length; i++)
			assert.equal((await this.ask('SETUP', `${this.url}/trackID=${i}`,
				[`Transport: RTP/AVP/TCP;unicast;interleaved=${2 * i}-${2 * i + 1}`]
			)).status, 200);
		assert.equal((await this.ask('PLAY')).status, 200);
		return body;
	}

	/** The packets of the picture, in order. */
	pictures() {
		return this.packets.filter(({ channel }) => channel === 0);
	}

	close() { this.socket.destroy(); }
}
