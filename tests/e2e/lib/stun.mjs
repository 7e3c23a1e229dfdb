// A STUN server (RFC 8489) for viewers that gather no host candidates
// without one: says to each where it asks from.
import { createSocket } from 'node:dgram';

const BINDING_SUCCESS = 0x0101;
const XOR_MAPPED_ADDRESS = 0x0020;
const COOKIE = 0x2112a442;

/** An answer to a binding request from address:port (IPv4). */
function answer(request, { address, port }) {
	const response = Buffer.alloc(32);
	response.writeUInt16BE(BINDING_SUCCESS, 0);
	response.writeUInt16BE(12, 2);
	request.copy(response, 4, 4, 20);
	response.writeUInt16BE(XOR_MAPPED_ADDRESS, 20);
	response.writeUInt16BE(8, 22);
	response.writeUInt8(1, 25);
	response.writeUInt16BE(port ^ (COOKIE >>> 16), 26);
	const bytes = Buffer.from(address.split('.').map(Number));
	response.writeUInt32BE((bytes.readUInt32BE() ^ COOKIE) >>> 0, 28);
	return response;
}

/**
 * A server of one's own. `asked` has who asked, `says` the address that it
 * gives instead of theirs, and while `silent` is true it answers nobody.
 */
export async function openStunServer(options = {}) {
	const socket = createSocket('udp4');
	const server = { asked: [], close: () => socket.close(), ...options };
	socket.on('message', (request, from) => {
		server.asked.push(from);
		if (server.silent) return;
		socket.send(answer(request,
			{ address: server.says ?? from.address, port: from.port }),
		from.port, from.address);
	});
	await new Promise((done) => socket.bind(0, () => done(socket.unref())));
	server.url = `stun:127.0.0.1:${socket.address().port}`;
	return server;
}

let server;

/** Its URL; one for all of a process, which it does not keep alive. */
export async function stunServer() {
	server ??= openStunServer();
	return (await server).url;
}
