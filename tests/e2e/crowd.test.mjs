// Strangers who hold connections, more than there are descriptors.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { descriptors } from './lib/process.mjs';
import { RawSocket } from './lib/raw_socket.mjs';
import { until } from './lib/wait.mjs';

const LIMIT = 160; // of open files
const CROWD = 170;

describe('a crowd of idle connections', () => {
	const lull = useLulld({
		limit: LIMIT,
		streams: { kept: { url: DEMO, preload: true } },
	});
	const crowd = [];

	before(async () => {
		await lull.worker('kept');
		for (let i = 0; i < CROWD; i++) {
			const raw = await RawSocket.open(lull.port);
			raw.write(i % 2 === 0 ? 'GET /api HTTP/1.1\r\n' : [
				'GET /api/ws?src=kept HTTP/1.1', 'Host: localhost',
				'Upgrade: websocket', 'Connection: Upgrade',
				'Sec-WebSocket-Version: 13',
				'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', '', '',
			].join('\r\n'));
			crowd.push(raw);
		}
		await until('no more are taken', () =>
			/too many/i.test(lull.process.text));
	});

	after(() => {
		for (const raw of crowd) raw.end();
	});

	it('does not lock its owner out', async () => {
		for (let i = 0; i < 3; i++) {
			const { code, out } = await lull.lullctl('streams');
			assert.equal(code, 0, out);
		}
		assert.ok(descriptors(lull.process.pid) < LIMIT - 50);
	});

	it('does not keep a worker from being started', async () => {
		const worker = await lull.worker('kept');
		process.kill(worker, 'SIGKILL');
		await until('another one runs', () => {
			const { kept } = lull.workers();
			return kept && kept !== worker;
		}, 20_000);
		await until('and shows the camera', async () =>
			/kept +live/.test((await lull.lullctl('streams')).out));
	});

	it('is said once, not each time', () => {
		assert.equal(lull.process.text.match(/too many/gi).length, 1);
	});

	it('is forgotten when it leaves', async () => {
		for (const raw of crowd.splice(0)) raw.end();
		assert.equal((await lull.call('GET', '/api')).status, 200);
	});
});
