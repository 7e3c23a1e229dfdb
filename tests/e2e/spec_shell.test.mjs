// The document's shell commands, requests and answers, as they stand.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
	cabinViewers, leave, paused, useCabin,
} from './lib/cabin.mjs';
import { run } from './lib/process.mjs';
import { allExamples, example, untried } from './lib/spec.mjs';

/** Runs a block; curl's progress goes elsewhere. */
async function bash(text) {
	const { code, out } = await run('bash',
		['-c', 'eval "$1" 2>/dev/null', '-', text]);
	assert.equal(code, 0, out);
	return out;
}

/** Whether a value has the keys and types of an example of it. */
function sameShape(value, pattern, extra = []) {
	assert.equal(typeof value, typeof pattern);
	if (Array.isArray(pattern)) {
		assert.ok(Array.isArray(value) && value.length > 0);
		for (const item of value) sameShape(item, pattern[0], extra);
	} else if (typeof pattern === 'object') {
		assert.deepEqual(
			Object.keys(value).filter((k) => !extra.includes(k)).sort(),
			Object.keys(pattern).sort());
		for (const key of Object.keys(pattern))
			sameShape(value[key], pattern[key], extra);
	}
}

describe('the document\'s shell commands', () => {
	const lull = useCabin();

	it('list, refuse and pause sessions', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const out = await bash(example('bash', 'Testing Commands',
			'Session-Based Control'));
		const lines = out.split('\n');
		assert.ok(out.includes('"count": 2'), out);
		assert.equal(lines.filter((line) =>
			line.includes('"error":"Session not found"')).length, 2, out);
		for (const { sessionId } of viewers)
			assert.ok(out.includes(`Paused session: ${sessionId}`), out);
		assert.deepEqual(await paused(lull, viewers), [true, true]);
		await leave(lull, viewers);
	});

	it('pause and resume a viewer, and everybody', async () => {
		const viewers = await cabinViewers(lull,
			'viewer_1754917995033_u855qv63l', 'other');
		const out = await bash(example('bash', 'Testing Commands',
			'Viewer-Based Control'));
		assert.match(out, /"pk_cabin_camera": \{/);
		const answers = out.split(/(?=\{"action")|\n/)
			.filter((line) => line.startsWith('{"action"'))
			.map((line) => JSON.parse(line));
		assert.deepEqual(answers.map((a) =>
			[a.action, a.success,
				a.paused_connections ?? a.resumed_connections]),
		[['pause', true, 1], ['resume', true, 1], ['pause', true, 2]]);
		assert.deepEqual(await paused(lull, viewers), [true, true]);
		await leave(lull, viewers);
	});
});

describe('the document\'s requests', () => {
	const lull = useCabin();
	const statuses = {
		'/api/webrtc/pause': 200,
		'/api/webrtc/resume': 200,
		'/api/webrtc/sessions': 200,
		'/api/webrtc/session/pause': 404, // "required_session_id"
		'/api/webrtc/session/resume': 404,
	};

	for (const { heading, text } of allExamples('http'))
		it(`are answered as promised: ${heading}`, async () => {
			const [head, body] = text.split('\n\n');
			const [first, ...headers] = head.trim().split('\n');
			const [method, path] = first.split(' ');
			const answer = await lull.call(method, path, {
				body: body?.trim(),
				headers: Object.fromEntries(
					headers.map((h) => h.split(': '))),
			});
			assert.equal(answer.status, statuses[path]);
			assert.equal(answer.type, 'application/json');
		});
});

describe('the document\'s answers', () => {
	const lull = useCabin();
	const FORMAT = 'API Response Format';

	function answer(heading) {
		return JSON.parse(example('json', FORMAT, heading));
	}

	it('have the shape of ours', async () => {
		const viewers = await cabinViewers(
			lull, 'viewer_1234567890_abc123');
		const [{ sessionId }] = viewers;
		const list = await lull.call('GET', '/api/webrtc/sessions');
		sameShape(list.body, answer('Session List'),
			['client_ip', 'state', 'format_name', 'remote_addr']);
		const done = await lull.pause(sessionId);
		assert.deepEqual(done.body, {
			...answer('Session Control Success'), session_id: sessionId,
		});
		const pattern = answer('Success Response');
		const json = { action: 'pause', viewer_id: pattern.viewer_id };
		const some = await lull.call(
			'POST', '/api/webrtc/pause', { json });
		assert.deepEqual(some.body, pattern);
		await leave(lull, viewers);
		const none = await lull.call(
			'POST', '/api/webrtc/pause', { json });
		assert.deepEqual(none.body, answer('Error Response'));
		const gone = await lull.pause(sessionId);
		assert.deepEqual(gone.body, answer('Session Control Error'));
	});

	it('and all its commands have been tried', () => {
		for (const language of ['bash', 'http', 'json'])
			assert.deepEqual(untried(language), []);
	});
});
