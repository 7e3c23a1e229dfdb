// flood.mjs PORT SECONDS RATE DATAGRAM...: sends these datagrams, in hex, in
// turn to a port of this host, so many a second, from many addresses.
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { scheduler } from 'node:timers/promises';

const SOURCES = 400;
const TURN_MS = 10;

const [port, seconds, rate] = process.argv.slice(2, 5).map(Number);
const datagrams = process.argv.slice(5).map((hex) => Buffer.from(hex, 'hex'));
const sockets = [];
for (let i = 0; i < SOURCES; i++) {
	const socket = createSocket('udp4');
	socket.bind(0, `127.${1 + (i >> 7)}.${i & 127}.1`);
	await once(socket, 'listening');
	socket.on('message', () => { answers++; });
	sockets.push(socket);
}

let sent = 0;
let answers = 0;
const begin = performance.now();
const end = begin + seconds * 1000;
for (let now = begin; now < end; now = performance.now()) {
	for (const due = (now - begin) * rate / 1000; sent < due; sent++)
		sockets[sent % SOURCES].send(
			datagrams[Math.floor(sent / SOURCES) % datagrams.length],
			port, '127.0.0.1');
	await scheduler.wait(TURN_MS);
}
console.log(`sent ${sent} answers ${answers}`);
process.exit();
