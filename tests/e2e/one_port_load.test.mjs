// Many viewers of several cameras on the one port: bench/swarm's.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { Process } from './lib/process.mjs';
import { udpSockets } from './lib/sockets.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const EACH = 40; // viewers of each stream
const CROWD = 300; // paused, of each stream
const SWARM = process.env.LULL_SWARM;
assert.ok(SWARM, 'LULL_SWARM says where bench/swarm has been built');

/** A swarm of viewers of one stream: what it says when it is over. */
async function swarm(lull, stream, ...options) {
	const its = new Process(SWARM, ['--json', '--url',
		`${lull.url}/api/webrtc?src=${stream}`, '--windows', '1', ...options]);
	const { code } = await its.wait(120_000);
	assert.equal(code, 0, its.text);
	return JSON.parse(its.lines.find((line) => line.startsWith('{')));
}

describe('three streams on one port', () => {
	const names = ['one', 'two', 'three'];
	const lull = useLulld({
		streams: Object.fromEntries(names.map((name) => [name, DEMO])),
	});

	it(`show each of ${EACH} viewers all there is`, async () => {
		const all = names.map((name) => swarm(lull, name,
			'--viewers', String(EACH), '--rate', '20', '--seconds', '5'));
		for (const its of await Promise.all(all)) {
			assert.equal(its.connected, EACH, its.first_error);
			assert.equal(its.lost_ever, 0);
			assert.equal(its.forged, 0);
			assert.ok(its.packets > 0);
		}
	});

	it(`keep ${3 * CROWD} paused, and show one more its picture`, async () => {
		const all = Promise.all(names.map((name) => swarm(lull, name,
			'--viewers', String(CROWD), '--paused', String(CROWD),
			'--rate', '30', '--seconds', '5')));
		await until('all are paused', async () => (await lull.sessions())
			.filter((s) => s.state === 'paused').length === 3 * CROWD,
		90_000);
		assert.ok(udpSockets(lull.process.pid, lull.mediaPort) >= 3 * CROWD);
		const viewer = await weriftView(lull, 'two');
		await plays(viewer);
		await viewer.close();
		for (const its of await all) {
			assert.equal(its.connected, CROWD, its.first_error);
			assert.equal(its.paused_packets, 0);
		}
	});
});
