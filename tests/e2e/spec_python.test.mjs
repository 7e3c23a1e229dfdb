// The document's Python programs, as they stand.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
	BROKER, CAMERA, becomes, cabinViewers, leave, paused, useCabin,
} from './lib/cabin.mjs';
import { useMosquitto } from './lib/mosquitto.mjs';
import { Process, run } from './lib/process.mjs';
import { example, untried } from './lib/spec.mjs';

const PYTHON = '/usr/bin/python3';
const EXAMPLES = 'Python Examples';

const sessionControl = example('python', EXAMPLES, '1. Server-Controlled');
const viewerControl = example('python', EXAMPLES, '3. Basic Control');

async function python(text) {
	const { code, out } = await run(PYTHON, ['-c', text]);
	assert.equal(code, 0, out);
	return out;
}

describe('the document\'s Python programs', () => {
	const lull = useCabin();

	it('list, pause and resume sessions', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const out = await python(sessionControl);
		assert.match(out, /^Active sessions: 2$/m);
		for (const { sessionId } of viewers)
			assert.ok(out.includes(
				`Session ${sessionId.slice(0, 8)}... ` +
				`- Stream: ${CAMERA} - Paused: False`), out);
		assert.match(out, /^Paused 2 sessions for pk_cabin_camera$/m);
		assert.match(out, /^Resumed 2 sessions$/m);
		assert.deepEqual(await paused(lull, viewers), [false, false]);
		await leave(lull, viewers);
	});

	it('pause a viewer and resume all', async () => {
		const viewers = await cabinViewers(lull,
			'viewer_1234567890_abc123', 'other');
		const out = await python(viewerControl);
		assert.match(out, /^Paused 1 connections$/m);
		assert.match(out, /^Resumed 2 connections$/m);
		assert.deepEqual(await paused(lull, viewers), [false, false]);
		await leave(lull, viewers);
	});

	it('migrate from viewers to sessions', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const before = 'class Both(Go2RTCController, ' +
			'Go2RTCSessionController): pass\ncontroller = Both()\n';
		await python(sessionControl + viewerControl + before +
			example('python', 'Migration', 'Migration Example'));
		assert.deepEqual(await paused(lull, viewers), [true, true]);
		await leave(lull, viewers);
	});
});

describe('the document\'s MQTT programs in Python', () => {
	const lull = useCabin();
	const broker = useMosquitto(BROKER);

	/** One that runs for ever, until stop() is called. */
	async function start(text) {
		const program = new Process(PYTHON, ['-u', '-c', text]);
		await program.line(/^Connected to MQTT broker with result code 0/);
		await broker.subscribed('frigate/+/motion');
		return program;
	}

	it('resume on motion and pause after 30 s without', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const program = await start(sessionControl +
			example('python', EXAMPLES, '2. MQTT + Session-Based'));
		for (const { sessionId } of viewers) await lull.pause(sessionId);
		const motion = `frigate/${CAMERA}/motion`;
		await broker.publish(motion, { motion: true });
		for (const v of viewers) await becomes(lull, v, false);
		await broker.publish(motion, { motion: false });
		for (const v of viewers) await becomes(lull, v, true, 45_000);
		await broker.publish('frigate/events',
			{ type: 'new', after: { camera: CAMERA } });
		for (const v of viewers) await becomes(lull, v, false);
		await program.crash();
		await leave(lull, viewers);
	});

	it('pause and resume the viewer of a camera', async () => {
		const viewers = await cabinViewers(lull,
			`viewer_${CAMERA}`, 'other');
		const program = await start(
			example('python', EXAMPLES, '2. MQTT + Motion Detection'));
		const motion = `frigate/${CAMERA}/motion`;
		await broker.publish(motion, { motion: false });
		await becomes(lull, viewers[0], true);
		await broker.publish(motion, { motion: true });
		await becomes(lull, viewers[0], false);
		assert.deepEqual(await paused(lull, viewers), [false, false]);
		await program.crash();
		await leave(lull, viewers);
	});

	it('and all of them have been tried', () => {
		assert.deepEqual(untried('python'), []);
	});
});
