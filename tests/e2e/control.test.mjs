// The pause/resume API: who it meets and what it answers.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { useLulld } from './lib/lulld.mjs';
import { offer } from './lib/offers.mjs';
import { RawSocket } from './lib/raw_socket.mjs';
import { pausesOnTheWire, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

/** Two viewers of one id and one of another, all of them playing. */
async function three(lull) {
	const viewers = [];
	for (const viewer_id of ['pair', 'pair', 'single'])
		viewers.push(await weriftView(lull, 'demo',
			{ query: { viewer_id } }));
	for (const viewer of viewers) await plays(viewer, 5);
	return viewers;
}

async function closeAll(lull, viewers) {
	for (const viewer of viewers) await viewer.close();
	for (const viewer of viewers) await lull.forgets(viewer.sessionId);
}

describe('GET /api/webrtc/sessions', () => {
	const lull = useLulld();

	it('is an empty list at first', async () => {
		const { status, type, body } =
			await lull.call('GET', '/api/webrtc/sessions');
		assert.equal(status, 200);
		assert.equal(type, 'application/json');
		assert.deepEqual(body, { sessions: [], count: 0 });
	});

	it('has the fields of the contract, and no others unknown', async () => {
		const viewers = await three(lull);
		const { body } = await lull.call('GET', '/api/webrtc/sessions');
		assert.equal(body.count, 3);
		assert.deepEqual(Object.keys(body).sort(), ['count', 'sessions']);
		const [first] = body.sessions;
		assert.deepEqual(Object.keys(first).sort(), [
			'client_ip', 'connection_id', 'format_name', 'mode', 'paused',
			'remote_addr', 'session_id', 'state', 'stream_source',
			'viewer_id',
		]);
		assert.match(first.session_id, /^[0-9a-f]{32}$/);
		assert.equal(first.stream_source, 'demo');
		assert.equal(first.viewer_id, 'pair');
		assert.equal(first.mode, 'passive consumer');
		assert.equal(first.paused, false);
		assert.equal(first.client_ip, '127.0.0.1');
		const ids = body.sessions.map((s) => s.connection_id);
		assert.deepEqual(ids, [...ids].sort((a, b) => a - b));
		assert.ok(ids.every((n) => Number.isInteger(n) && n > 0));
		assert.equal(new Set(ids).size, 3);
		await closeAll(lull, viewers);
	});

	it('has a head of its own', async () => {
		const viewer = await weriftView(lull);
		for (const path of ['/api/webrtc/sessions', '/api/streams']) {
			const { text } = await lull.call('GET', path);
			const raw = await RawSocket.open(lull.port);
			for (const asked of [`HEAD ${path}`, 'GET /none'])
				raw.write(`${asked} HTTP/1.1\r\n` +
					`Host: 127.0.0.1:${lull.port}\r\n\r\n`);
			await until('both answers', () => raw.text.endsWith('}\n'));
			raw.end();
			assert.ok(text.includes(viewer.sessionId), text);
			assert.ok(!raw.text.includes(viewer.sessionId), raw.text);
			const [head, next] = raw.text.split('\r\n\r\n');
			assert.match(head, /^HTTP\/1\.1 200 /);
			assert.match(head, /^Content-Type: application\/json\r$/m);
			assert.match(head, /^Content-Length: \d{3,}\r?$/m);
			assert.match(next, /^HTTP\/1\.1 404 /);
		}
		await closeAll(lull, [viewer]);
	});

	it('shows the viewers of a stream in /api/streams too', async () => {
		const viewer = await weriftView(lull);
		const { demo } = await lull.streams();
		assert.equal(demo.producers.length, 1);
		assert.equal(demo.consumers.length, 1);
		await plays(viewer);
		const producer = await lull.producer('demo');
		assert.equal(producer.state, 'live');
		assert.equal(producer.video, 'h264');
		assert.deepEqual([producer.width, producer.height], [320, 180]);
		await closeAll(lull, [viewer]);
	});
});

describe('POST /api/webrtc/session/*', () => {
	const lull = useLulld();

	it('pauses and resumes one session, and only that', async () => {
		const viewers = await three(lull);
		const [paused, ...others] = viewers.map((v) => v.sessionId);
		const answer = await pausesOnTheWire(
			lull, paused, () => lull.pause(paused), others);
		assert.equal(answer.status, 200);
		assert.deepEqual(answer.body,
			{ action: 'pause', success: true, session_id: paused });
		assert.deepEqual(
			(await lull.sessions()).map((s) => [s.paused, s.state]),
			[[true, 'paused'], [false, 'live'], [false, 'live']]);
		const resumed = await lull.resume(paused);
		assert.deepEqual(resumed.body,
			{ action: 'resume', success: true, session_id: paused });
		await plays(viewers[0]);
		await closeAll(lull, viewers);
	});

	it('does the same again without harm', async () => {
		const viewer = await weriftView(lull);
		await plays(viewer);
		for (const action of ['pause', 'pause', 'resume', 'resume']) {
			const { status, body } =
				await lull.control(action, viewer.sessionId);
			assert.equal(status, 200);
			assert.equal(body.success, true);
			const session = await lull.session(viewer.sessionId);
			assert.equal(session.paused, action === 'pause');
		}
		await plays(viewer);
		await closeAll(lull, [viewer]);
	});

	it('takes its body whatever the Content-Type says', async () => {
		const viewer = await weriftView(lull);
		for (const type of ['text/plain', 'application/octet-stream',
			'application/x-www-form-urlencoded']) {
			const { status } = await lull.call('POST',
				'/api/webrtc/session/pause', {
					body: JSON.stringify(
						{ session_id: viewer.sessionId }),
					headers: { 'Content-Type': type },
				});
			assert.equal(status, 200, type);
		}
		assert.equal((await lull.session(viewer.sessionId)).paused, true);
		await closeAll(lull, [viewer]);
	});
});

describe('POST /api/webrtc/pause and resume', () => {
	const lull = useLulld();

	function ask(action, body) {
		return lull.call('POST', `/api/webrtc/${action}`, { json: body });
	}

	async function pausedOnes() {
		return (await lull.sessions()).filter((s) => s.paused)
			.map((s) => s.viewer_id);
	}

	it('act on every session of a viewer id', async () => {
		const viewers = await three(lull);
		const pause = await ask('pause',
			{ action: 'pause', viewer_id: 'pair' });
		assert.equal(pause.status, 200);
		assert.deepEqual(pause.body, {
			action: 'pause', success: true, paused_connections: 2,
			viewer_id: 'pair',
		});
		assert.deepEqual(await pausedOnes(), ['pair', 'pair']);
		const again = await ask('pause',
			{ action: 'pause', viewer_id: 'pair' });
		assert.equal(again.body.paused_connections, 2);
		const resume = await ask('resume',
			{ action: 'resume', viewer_id: 'pair' });
		assert.deepEqual(resume.body, {
			action: 'resume', success: true, resumed_connections: 2,
			viewer_id: 'pair',
		});
		assert.deepEqual(await pausedOnes(), []);
		await closeAll(lull, viewers);
	});

	it('act on everybody without a viewer id', async () => {
		const viewers = await three(lull);
		const pause = await ask('pause', { action: 'pause' });
		assert.deepEqual(pause.body, {
			action: 'pause', success: true, paused_connections: 3,
			viewer_id: '',
		});
		assert.equal((await pausedOnes()).length, 3);
		const resume = await ask('resume',
			{ action: 'resume', viewer_id: '' });
		assert.equal(resume.body.resumed_connections, 3);
		for (const viewer of viewers) await plays(viewer);
		await closeAll(lull, viewers);
	});

	it('say with 200 that nobody was met', async () => {
		const some = await ask('pause',
			{ action: 'pause', viewer_id: 'viewer_1234567890_abc123' });
		assert.equal(some.status, 200);
		assert.deepEqual(some.body, {
			action: 'pause',
			success: false,
			paused_connections: 0,
			viewer_id: 'viewer_1234567890_abc123',
			message: 'No active consumer connections found for viewer: ' +
				'viewer_1234567890_abc123',
		});
		const all = await ask('resume', { action: 'resume' });
		assert.deepEqual(all.body, {
			action: 'resume',
			success: false,
			resumed_connections: 0,
			viewer_id: '',
			message: 'No active consumer connections found',
		});
	});
});

describe('the log says who had it done', () => {
	const lull = useLulld({ config: { log: { level: 'debug' } } });
	let ws, id;

	/** A line of the log that ends so. */
	const says = (text) => lull.process.line({
		test: (line) => line.endsWith(text),
		toString: () => text,
	});

	before(async () => {
		ws = new WebSocket(
			`${lull.url.replace('http', 'ws')}/api/ws?src=demo&viewer_id=me`);
		await new Promise((opened) => ws.on('open', opened));
		ws.send(JSON.stringify({ type: 'webrtc/offer', value: offer() }));
		id = (await lull.viewer('me')).session_id;
	});
	after(() => ws.close());

	it('over HTTP', async () => {
		await lull.pause(id);
		await says(` INF [session] ${id.slice(0, 8)} on demo paused by ` +
			'127.0.0.1 over HTTP');
		await says(' DBG [api] POST /api/webrtc/session/pause from ' +
			'127.0.0.1: 200');
	});

	it('over its WebSocket', async () => {
		ws.send(JSON.stringify({ type: 'webrtc/resume' }));
		await says(` ${id.slice(0, 8)} on demo resumed by 127.0.0.1 over ` +
			'its WebSocket');
	});

	it('over the control socket, in one line for many', async () => {
		await lull.lullctl('pause', '--viewer', 'me');
		await says(' 1 session of viewer `me` paused by root over the ' +
			'control socket');
		await lull.lullctl('close', id);
		await says(` INF [session] ${id.slice(0, 8)} on demo ended: closed ` +
			'on request by root over the control socket');
	});
});
