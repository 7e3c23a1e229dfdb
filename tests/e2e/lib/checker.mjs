// A viewer that does no more than check, by UDP or by TCP (RFC 4571), and
// tells from where it is answered.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect } from 'node:net';
import { check, iceOf } from './checks.mjs';
import { within } from './wait.mjs';

const BINDING_SUCCESS = 0x0101; // RFC 8489, section 18.1
const HEADER = 20;

/** A check as the answer to that offer wants it. */
export function checkFor(offer, answer) {
	return check(`${iceOf(answer, 'ufrag')}:${iceOf(offer, 'ufrag')}`,
		iceOf(answer, 'pwd'));
}

/** It answers that check: it has the same transaction. */
function assertAnswers(request, data) {
	assert.equal(data.readUInt16BE(0), BINDING_SUCCESS);
	assert.deepEqual(data.subarray(4, HEADER), request.subarray(4, HEADER));
}

/** A socket that checks by UDP, from an `address` of this host's. */
export class UdpChecker {
	async open({ family = 4, address } = {}) {
		this.socket = createSocket(`udp${family}`);
		this.socket.bind(0, address);
		await once(this.socket, 'listening');
		return this;
	}

	/** Checks there: { address, port } of who answers. */
	async ask(request, { address, port }) {
		const answer = once(this.socket, 'message');
		this.socket.send(request, port, address);
		const [data, from] = await within('an answer to a check', answer);
		assertAnswers(request, data);
		return { address: from.address, port: from.port };
	}

	close() { this.socket.close(); }
}

/** One check by TCP: it is answered on the connection. */
export async function checkByTcp(request, { address, port }) {
	const socket = connect(port, address);
	await within(`a connection to ${address}`, once(socket, 'connect'));
	const length = Buffer.alloc(2);
	length.writeUInt16BE(request.length);
	socket.write(Buffer.concat([length, request]));
	const [data] = await within('an answer to a check', once(socket, 'data'));
	assert.equal(data.readUInt16BE(0), data.length - 2);
	assertAnswers(request, data.subarray(2));
	socket.destroy();
}
