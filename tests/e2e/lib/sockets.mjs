// The sockets that a process has open, as the kernel lists them.
import { readFileSync, readdirSync, readlinkSync } from 'node:fs';

const FILES = ['udp', 'udp6', 'tcp', 'tcp6'];
const LISTEN = '0A'; // include/net/tcp_states.h

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

/** ADDRESS:PORT in hexadecimal digits: the port. */
function port(text) {
	return parseInt(text.split(':')[1], 16);
}

/**
 * Its UDP and TCP sockets: { protocol, local, remote, listens, queue }: both
 * ports, of which the remote one is 0 for a socket that is not connected,
 * whether it listens, and how many bytes it has not read.
 */
export function socketsOf(pid) {
	const own = inodes(pid);
	return FILES.flatMap((file) => {
		const lines = readFileSync(`/proc/${pid}/net/${file}`, 'utf8')
			.trim().split('\n').slice(1);
		return lines.map((line) => line.trim().split(/\s+/))
			.filter((words) => own.has(words[9]))
			.map((words) => ({
				protocol: file.slice(0, 3),
				local: port(words[1]),
				remote: port(words[2]),
				listens: words[3] === LISTEN,
				queue: parseInt(words[4].split(':')[1], 16),
			}));
	});
}
