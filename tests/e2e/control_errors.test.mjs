// What the pause/resume API refuses, and that a refusal has no effect.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { useLulld } from './lib/lulld.mjs';
import { plays } from './lib/viewers.mjs';
import { weriftView } from './lib/werift.mjs';

const CONTROLS = [
	'/api/webrtc/session/pause', '/api/webrtc/session/resume',
	'/api/webrtc/pause', '/api/webrtc/resume',
];

const MALFORMED = {
	'nothing': '',
	'no JSON': 'pause',
	'half of it': '{"action": "pause"',
	'an array': '[]',
	'a string': '"pause"',
	'null': 'null',
	'a viewer_id that is a number': '{"action":"pause","viewer_id":5}',
	'a viewer_id that is an array': '{"viewer_id":[]}',
	'a session_id that is a number': '{"session_id":5,"viewer_id":7}',
	'not UTF-8': Buffer.from('{"viewer_id":"\xff"}', 'latin1'),
	'something behind it': '{"action":"pause"} {}',
	'a deep nest': '['.repeat(100_000),
};

function assertError(answer, status, pattern = /./) {
	assert.equal(answer.status, status, answer.text);
	assert.equal(answer.type, 'application/json');
	assert.deepEqual(Object.keys(answer.body).sort(), ['error', 'status']);
	assert.equal(answer.body.status, status);
	assert.match(answer.body.error, pattern);
}

/** One live viewer, whom nothing here may pause. */
function useBystander(lull) {
	const one = {};
	before(async () => {
		one.viewer = await weriftView(lull);
		await plays(one.viewer, 5);
	});
	after(() => one.viewer.close());
	one.unmoved = async () => {
		const session = await lull.session(one.viewer.sessionId);
		assert.equal(session.paused, false);
		await plays(one.viewer, 3);
	};
	return one;
}

describe('a body that is wrong', () => {
	const lull = useLulld();
	const bystander = useBystander(lull);

	for (const [name, body] of Object.entries(MALFORMED))
		it(`rule 15: is a 400 and pauses nobody: ${name}`, async () => {
			for (const path of CONTROLS)
				assertError(await lull.call('POST', path, { body }), 400);
			await bystander.unmoved();
		});

	it('is a 400 without a session_id', async () => {
		for (const path of CONTROLS.slice(0, 2))
			for (const json of [{}, { session_id: '' },
				{ viewer_id: 'x' }])
				assertError(await lull.call('POST', path, { json }),
					400, /^session_id is required/);
		await bystander.unmoved();
	});

	it('is a 404 with a session that is not there', async () => {
		const spec = 'a1b2c3d4e5f6789012345678901234567890abcd';
		for (const path of CONTROLS.slice(0, 2))
			for (const id of [spec, spec.slice(0, 32), 'x', '../..',
				'%00', 'é'.repeat(1000)]) {
				const answer = await lull.call('POST', path,
					{ json: { session_id: id } });
				assert.deepEqual(answer.body,
					{ error: 'Session not found', status: 404 });
				assert.equal(answer.status, 404);
			}
		await bystander.unmoved();
	});

	it('is a 413 when it is too large', async () => {
		const body = `{"x":"${'x'.repeat(300 * 1024)}"}`;
		for (const path of CONTROLS)
			assertError(await lull.call('POST', path, { body }), 413);
		await bystander.unmoved();
	});
});

describe('a method that is wrong', () => {
	const lull = useLulld();
	const bystander = useBystander(lull);

	for (const method of ['GET', 'PUT', 'PATCH', 'DELETE'])
		it(`rule 15: is a 405 with Allow: ${method}`, async () => {
			for (const path of CONTROLS) {
				const answer = await lull.call(method, path);
				assertError(answer, 405);
				assert.match(answer.headers.get('allow'), /\bPOST\b/);
			}
			await bystander.unmoved();
		});

	it('is a 405 for the list and the offer too', async () => {
		const list = await lull.call('POST', '/api/webrtc/sessions');
		assertError(list, 405);
		assert.match(list.headers.get('allow'), /\bGET\b/);
		const offer = await lull.call('GET', '/api/webrtc?src=demo');
		assertError(offer, 405);
		assert.match(offer.headers.get('allow'), /\bPOST\b/);
	});

	it('rule 15: does nothing as OPTIONS', async () => {
		for (const path of [...CONTROLS, '/api/webrtc?src=demo']) {
			const answer = await lull.call('OPTIONS', path, {
				headers: {
					'Origin': 'http://elsewhere.example',
					'Access-Control-Request-Method': 'POST',
				},
			});
			assert.ok(answer.status < 300 || answer.status === 403,
				`${path}: ${answer.status}`);
			assert.equal(
				answer.headers.get('access-control-allow-origin'), null);
		}
		await bystander.unmoved();
	});

	it('is a 404 on a path that is not there', async () => {
		for (const path of ['/api/webrtc/nothing', '/api/nothing',
			'/nothing.html', '/../../etc/passwd', '/%2e%2e/lull.yaml'])
			assert.equal((await lull.call('GET', path)).status, 404, path);
	});
});

describe('a page of another origin', () => {
	const lull = useLulld();
	const bystander = useBystander(lull);
	const foreign = ['http://elsewhere.example', 'null',
		'http://127.0.0.1.elsewhere.example', 'http://127.0.0.1:8080',
		'https://localhost:1'];

	function from(origin) {
		return { headers: { Origin: origin } };
	}

	it('may not pause', async () => {
		for (const origin of foreign)
			for (const path of CONTROLS)
				assertError(await lull.call('POST', path,
					{ json: { action: 'pause' }, ...from(origin) }), 403);
		await bystander.unmoved();
	});

	it('may not end a session', async () => {
		const path = `/api/webrtc/session/${bystander.viewer.sessionId}`;
		for (const origin of foreign)
			assertError(
				await lull.call('DELETE', path, from(origin)), 403);
		await bystander.unmoved();
	});

	it('may not view', async () => {
		for (const origin of foreign)
			assertError(await lull.call('POST', '/api/webrtc?src=demo',
				{ body: 'v=0\r\n', ...from(origin) }), 403);
		assert.equal((await lull.sessions()).length, 1);
	});

	it('may not open a WebSocket', async () => {
		for (const origin of foreign) {
			const ws = new WebSocket(
				`${lull.url.replace('http', 'ws')}/api/ws?src=demo`,
				{ origin });
			const status = await new Promise((done) => {
				ws.on('unexpected-response',
					(_, response) => done(response.statusCode));
				ws.on('open', () => done(101));
				ws.on('error', () => {});
			});
			ws.terminate();
			assert.equal(status, 403, origin);
		}
	});

	it('is none when it is the server\'s own', async () => {
		const answer = await lull.call('POST', '/api/webrtc/pause', {
			json: { action: 'pause', viewer_id: 'nobody' },
			...from(lull.url),
		});
		assert.equal(answer.status, 200);
	});
});

describe('api.origin: "*"', () => {
	const lull = useLulld({ config: { api: { origin: '*' } } });

	it('lets any page in', async () => {
		const answer = await lull.call('POST', '/api/webrtc/pause', {
			json: { action: 'pause' },
			headers: { Origin: 'http://elsewhere.example' },
		});
		assert.equal(answer.status, 200);
		assert.equal(
			answer.headers.get('access-control-allow-origin'), '*');
	});
});
