// The sockets of a process, and those of its whole network, as the kernel
// lists them: proc(5), /proc/net/tcp.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const FILES = ['udp', 'udp6', 'tcp', 'tcp6'];
const ESTABLISHED = '01'; // include/net/tcp_states.h
const LISTEN = '0A';

function inodes(pid) {
	const folder = `/proc/${pid}/fd`;
	const links = readdirSync(folder).map((fd) => {
		try {
			return readlinkSync(`${folder}/${fd}`);
		} catch {
			return ''; // closed meanwhile
		}
	});
	return new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1])
		.filter(Boolean));
}

/** What follows the colon, in hexadecimal digits: of ADDRESS:PORT the port. */
function second(text) {
	return parseInt(text.split(':')[1], 16);
}

function readSocket(file, line) {
	const [, local, remote, state, queues, , , , , inode] =
		line.trim().split(/\s+/);
	return {
		protocol: file.slice(0, 3),
		local: second(local),
		remote: second(remote),
		listens: state === LISTEN,
		connected: state === ESTABLISHED,
		unsent: parseInt(queues, 16),
		queue: second(queues),
		inode,
	};
}

/**
 * UDP and TCP sockets, of all processes that share this one's network:
 * { protocol, local, remote, listens, connected, unsent, queue }: both ports,
 * of which the remote one is 0 for a socket that is not connected, and how many
 * bytes are not acknowledged, and not read.
 */
function networkSockets(pid) {
	return FILES.flatMap((file) =>
		readFileSync(`/proc/${pid}/net/${file}`, 'utf8').trim().split('\n')
			.slice(1).map((line) => readSocket(file, line)));
}

/** Those of the process itself. */
export function socketsOf(pid) {
	const own = inodes(pid);
	return networkSockets(pid).filter((s) => own.has(s.inode));
}

/** How many UDP sockets of the network there are on a port. */
export function udpSockets(pid, port) {
	return networkSockets(pid).filter((s) =>
		s.protocol === 'udp' && s.local === port).length;
}

/** How many connections a port of the network has. */
export function connections(pid, port) {
	return networkSockets(pid).filter((s) =>
		s.protocol === 'tcp' && s.local === port && s.connected).length;
}

/** Bytes that one TCP port has for another, and that are not acknowledged. */
export function queued(pid, local, remote) {
	return networkSockets(pid).find((s) => s.protocol === 'tcp' &&
		s.local === local && s.remote === remote)?.unsent ?? 0;
}
