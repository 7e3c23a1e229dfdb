// Bytes to a TCP port as they are, and what comes back.
import { connect } from 'node:net';
import { until } from './wait.mjs';

export class RawSocket {
	received = Buffer.alloc(0);
	closed = false;

	static async open(port) {
		const raw = new RawSocket();
		raw.socket = connect(port, '127.0.0.1');
		raw.socket.on('data', (data) => {
			raw.received = Buffer.concat([raw.received, data]);
		});
		raw.socket.on('close', () => { raw.closed = true; });
		raw.socket.on('error', () => {});
		await until('connected', () => !raw.socket.connecting);
		return raw;
	}

	/** One whose HTTP request for a WebSocket has been accepted. */
	static async webSocket(port, path) {
		const raw = await RawSocket.open(port);
		raw.write([
			`GET ${path} HTTP/1.1`, `Host: 127.0.0.1:${port}`,
			'Upgrade: websocket', 'Connection: Upgrade',
			'Sec-WebSocket-Version: 13',
			'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', '',
		].join('\r\n'));
		await until('101', () => raw.text.startsWith('HTTP/1.1 101 '));
		await until('the end of the headers',
			() => raw.text.includes('\r\n\r\n'));
		raw.received = raw.received.subarray(
			raw.text.indexOf('\r\n\r\n') + 4);
		return raw;
	}

	get text() { return this.received.toString('latin1'); }

	write(data) { this.socket.write(data); }

	end() { this.socket.destroy(); }

	/** The code of the close frame that came (RFC 6455, 5.5.1). */
	async closeCode() {
		await until('a close frame', () => this.received[0] === 0x88 &&
			this.received.length >= 4);
		return this.received.readUInt16BE(2);
	}
}

/** A client's frame: masked, with an all-zero key (RFC 6455, 5.2). */
export function frame(opcode, payload, length = payload.length) {
	const head = length < 126
		? Buffer.from([0x80 | opcode, 0x80 | length])
		: Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | 127]),
			Buffer.alloc(4), uint32(length)]);
	return Buffer.concat([head, Buffer.alloc(4), Buffer.from(payload)]);
}

function uint32(value) {
	const buffer = Buffer.alloc(4);
	buffer.writeUInt32BE(value);
	return buffer;
}
