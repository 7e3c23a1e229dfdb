// More viewers than UDP ports, and ports that other programs hold.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { describe, it } from 'node:test';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { offer, postOffer, resource } from './lib/offers.mjs';
import { assertContiguous, repaired } from './lib/packets.mjs';
import { plays } from './lib/viewers.mjs';
import { weriftView } from './lib/werift.mjs';

// Below what the kernel gives to those that do not care.
const FIRST = 22_000;
const PORTS = 20;
const ASKED = 40;

const cameras = () => ({
	streams: { one: DEMO, two: DEMO },
	config: { webrtc: { ports: `${FIRST}-${FIRST + PORTS - 1}` } },
});

/** So many at once, to both cameras in turn: their answers. */
function ask(lull, n) {
	return Promise.all(Array.from({ length: n }, (_, i) =>
		postOffer(lull, offer(), i % 2 ? 'one' : 'two')));
}

const taken = (answers) => answers.filter((a) => a.status === 201);
const refused = (answers) => answers.filter((a) => a.status !== 201);

/** The only UDP port that an answer's candidates name. */
function port(answer) {
	const ports = new Set(Array.from(
		answer.text.matchAll(/^a=candidate:\S+ \d+ UDP \d+ \S+ (\d+) /gmi),
		(match) => Number(match[1])));
	assert.equal(ports.size, 1, answer.text);
	return [...ports][0];
}

/** Holds ports of the range on all addresses, as another program may. */
async function hold(t, ports) {
	const sockets = ports.map(() => createSocket('udp4'));
	const close = () => sockets.splice(0).forEach((s) => s.close());
	t.after(close);
	await Promise.all(sockets.map((socket, i) => {
		socket.bind(ports[i]);
		return once(socket, 'listening');
	}));
	return close;
}

describe('more viewers than ports', () => {
	const lull = useLulld(cameras);
	let answers;

	it('as many as there are ports are taken, one each', async () => {
		const viewer = await weriftView(lull, 'one');
		await plays(viewer);
		answers = await ask(lull, ASKED - 1);
		assert.equal(taken(answers).length, PORTS - 1);
		const ports = taken(answers).map(port);
		assert.equal(new Set(ports).size, PORTS - 1);
		assert.ok(ports.every((p) => p >= FIRST && p < FIRST + PORTS));
		await plays(viewer);
		assertContiguous(await repaired(viewer));
		await viewer.close();
	});

	it('the others are told why, and when to come again', () => {
		assert.equal(refused(answers).length, ASKED - PORTS);
		for (const { status, body, headers } of refused(answers)) {
			assert.equal(status, 503);
			assert.match(body.error,
				/^all 20 UDP ports of webrtc\.ports \(22000-22019\) are in use: widen it/);
			assert.match(headers.get('retry-after'), /^[1-9]\d*$/);
		}
		const said = lull.process.lines.filter((line) =>
			/WRN \[session\] all 20 UDP ports/.test(line));
		assert.equal(said.length, 1);
	});

	it('by the broker, whatever the workers do', async (t) => {
		assert.equal(taken(await ask(lull, 2)).length, 1); // its own was freed
		const pids = Object.values(lull.workers());
		t.after(() => pids.forEach((pid) => process.kill(pid, 'SIGCONT')));
		for (const pid of pids) process.kill(pid, 'SIGSTOP');
		for (const { body } of refused(await ask(lull, 2)))
			assert.match(body.error, /^all 20 UDP ports/);
	});

	it('who leaves makes room for another', async () => {
		const [one] = taken(answers);
		const { status } = await lull.call('DELETE', resource(lull, one));
		assert.equal(status, 200);
		const next = await postOffer(lull, offer(), 'two');
		assert.equal(next.status, 201);
		assert.equal(port(next), port(one));
	});
});

describe('ports that another program holds', () => {
	const lull = useLulld(cameras);
	const held = Array.from({ length: 15 }, (_, i) => FIRST + i);

	it('are passed over, and taken when they are free', async (t) => {
		const release = await hold(t, held);
		const viewer = await weriftView(lull, 'one');
		await plays(viewer);
		const some = await ask(lull, PORTS);
		const free = PORTS - held.length - 1;
		assert.equal(taken(some).length, free);
		assert.ok(taken(some).map(port).every((p) => !held.includes(p)));
		for (const { status, body } of refused(some)) {
			assert.equal(status, 503);
			assert.match(body.error, /^(other programs hold|all 20) /);
		}
		assert.match((await postOffer(lull, offer(), 'one')).body.error,
			/^other programs hold the UDP ports of webrtc\.ports \(15 tried/);
		await plays(viewer);
		release();
		assert.equal(taken(await ask(lull, PORTS)).length, held.length);
	});
});
