// What the kernel says of the sockets of a process's network.
import { readFileSync } from 'node:fs';

const ESTABLISHED = '01';

/** proc(5), /proc/net/tcp: all of a protocol, of both families. */
function sockets(pid, protocol) {
	return [protocol, `${protocol}6`].flatMap((name) =>
		readFileSync(`/proc/${pid}/net/${name}`, 'utf8').trim().split('\n')
			.slice(1).map((line) => {
				const [, local, remote, state, queues] =
					line.trim().split(/\s+/);
				const port = (end) => parseInt(end.split(':')[1], 16);
				return {
					local: port(local), remote: port(remote), state,
					queued: parseInt(queues.split(':')[0], 16),
				};
			}));
}

/** How many UDP sockets there are on a port. */
export function udpSockets(pid, port) {
	return sockets(pid, 'udp').filter((s) => s.local === port).length;
}

/** How many connections a port has. */
export function connections(pid, port) {
	return sockets(pid, 'tcp').filter((s) =>
		s.local === port && s.state === ESTABLISHED).length;
}

/** Bytes that one port has for another, and that are not acknowledged. */
export function queued(pid, local, remote) {
	return sockets(pid, 'tcp').find((s) =>
		s.local === local && s.remote === remote)?.queued ?? 0;
}
