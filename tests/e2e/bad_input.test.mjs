// Whatever comes in, the demo goes on, and nothing is left of a failure.
import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { DEMO, useLulld } from './lib/lulld.mjs';
import {
	candidate, offer, postOffer, resource,
} from './lib/offers.mjs';
import { descriptors } from './lib/process.mjs';
import { RawSocket, frame } from './lib/raw_socket.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const TEXT = 1; // RFC 6455, 5.2: the opcode

/** A lulld with one viewer, who must not notice any of the tests. */
function useWatchedLulld() {
	const lull = useLulld();
	let viewer;
	before(async () => {
		viewer = await weriftView(lull);
		await plays(viewer);
	});
	afterEach(async () => {
		await until('only the viewer is in the list', async () =>
			(await lull.sessions()).every(
				(s) => s.session_id === viewer.sessionId));
		await plays(viewer, 3);
	});
	after(() => viewer.close());
	return lull;
}

const good = offer();
const OFFERS = {
	'nothing': '',
	'no SDP': 'hello',
	'zeros': '\0'.repeat(100),
	'half of one': good.slice(0, good.length / 2),
	'no version': good.replace('v=0\r\n', ''),
	'no media': good.slice(0, good.indexOf('m=')),
	'no ufrag': good.replace(/a=ice-ufrag.*\r\n/, ''),
	'no fingerprint': good.replace(/a=fingerprint.*\r\n/, ''),
	'a fingerprint that is none': good.replace(/sha-256 .*/, 'sha-256 zz'),
	'an rtpmap without a slash': good.replace('H264/90000', 'H264'),
	'a huge payload type': good.replaceAll('96', '99999999999999999999'),
	'a ufrag of 10 kB': good.replace(
		/a=ice-ufrag:.*/, `a=ice-ufrag:${'x'.repeat(10_000)}`),
	'a thousand media': good.slice(0, good.indexOf('m=')) +
		good.slice(good.indexOf('m=')).repeat(300),
};

describe('a bad offer', () => {
	const lull = useWatchedLulld();

	for (const [name, sdp] of Object.entries(OFFERS))
		it(`is refused with the reason: ${name}`, async () => {
			const answer = await postOffer(lull, sdp);
			assert.ok([400, 413, 422].includes(answer.status),
				`${answer.status} ${answer.text}`);
			assert.equal(answer.body.status, answer.status);
			assert.ok(answer.body.error.length > 5);
		});

	for (const form of ['application/json',
		'application/x-www-form-urlencoded'])
		it(`is refused in the form ${form}`, async () => {
			for (const body of ['', '{', '{"sdp":5}', '{"type":"answer",' +
				'"sdp":"v=0"}', 'data', 'data=%%%', 'data=dj0w', '[]'])
				assert.equal((await lull.call('POST',
					'/api/webrtc?src=demo',
					{ body, headers: { 'Content-Type': form } },
				)).status, 400, body);
		});

	it('without H264 says what it has', async () => {
		const answer = await postOffer(lull, offer(
			{ codecs: [['VP8/90000'], ['VP9/90000']] }));
		assert.ok(answer.status >= 400 && answer.status < 500);
		assert.match(answer.body.error, /H264/);
		assert.match(answer.body.error, /VP8/);
	});

	it('of an unknown stream is a 404', async () => {
		for (const [src, status] of Object.entries(
			{ 'nowhere': 404, '../demo': 404, 'demo\0': 400, '': 400 })) {
			const answer = await postOffer(lull, good, src);
			assert.equal(answer.status, status, src);
			assert.ok(answer.body.error);
		}
		const none = await lull.call('POST', '/api/webrtc', { body: good });
		assert.equal(none.status, 400);
	});

	for (const [size, lines] of Object.entries(
		{ '70 kB': 14_000, '500 kB': 100_000 }))
		it(`that is too large is a 413: ${size}`, async () => {
			const answer = await postOffer(lull,
				good + 'a=x\r\n'.repeat(lines));
			assert.equal(answer.status, 413, answer.text);
		});
});

describe('bad offers to a camera that nobody watches', () => {
	const lull = useLulld({ streams: { held: { url: DEMO, linger: 1 } } });
	const refuse = async () => {
		for (const sdp of Object.values(OFFERS)) {
			const { status } = await postOffer(lull, sdp, 'held');
			assert.ok(status >= 400 && status < 500, `${status}`);
		}
	};
	const idle = () => until('its worker ends', () =>
		Object.keys(lull.workers()).length === 0, 20_000);

	it('rule 17: leave no session, no camera and no descriptor',
		async () => {
			const broker = lull.process.pid;
			await refuse();
			await idle();
			const before = descriptors(broker);
			for (let i = 0; i < 10; i++) await refuse();
			assert.deepEqual(await lull.sessions(), []);
			await idle();
			assert.equal((await lull.producer('held')).state, 'idle');
			await until('the broker returns its descriptors', () =>
				descriptors(broker) <= before + 2);
			const viewer = await weriftView(lull, 'held');
			await plays(viewer, 5);
			const worker = await lull.worker('held');
			const used = descriptors(worker);
			for (let i = 0; i < 10; i++) await refuse();
			await until('the worker returns its descriptors', () =>
				descriptors(worker) <= used + 2);
			assert.equal((await lull.sessions()).length, 1);
			await viewer.close();
			await idle();
		});
});

describe('what is not UTF-8', () => {
	const lull = useWatchedLulld();
	const odd = (text) => Buffer.from(text.replace('s=-', 's=\xff'), 'latin1');
	const post = (type, body, query = 'src=demo') =>
		lull.call('POST', `/api/webrtc?${query}`,
			{ body, headers: { 'Content-Type': type } });
	const doors = {
		'application/sdp': odd(good),
		'text/plain': odd(good),
		'application/json': odd(JSON.stringify({ type: 'offer', sdp: good })),
		'application/x-www-form-urlencoded': new URLSearchParams(
			{ data: odd(good).toString('base64') }).toString(),
	};

	for (const [type, body] of Object.entries(doors))
		it(`is refused at once as an offer: ${type}`, async () => {
			const answer = await post(type, body);
			assert.equal(answer.status, 400, answer.text);
			assert.match(answer.body.error, /UTF-8|sdp/i);
		});

	it('is refused at once in an address', async () => {
		for (const query of ['src=demo%ff', 'src=demo&viewer_id=%ff',
			'src=demo&%ff=1'])
			assert.equal((await post('application/sdp', good, query)).status,
				400, query);
		assert.equal((await lull.call('GET', '/%ff')).status, 400);
		assert.equal((await lull.call('GET', '/api/ws?src=%ff')).status, 400);
	});

	it('is refused at once as what is to be paused', async () => {
		for (const path of ['session/pause', 'pause'])
			assert.equal((await lull.call('POST', `/api/webrtc/${path}`,
				{ body: Buffer.from('{"viewer_id":"\xff"}', 'latin1') },
			)).status, 400, path);
	});

	it('is no matter in a header', async () => {
		const raw = await RawSocket.open(lull.port);
		raw.write(Buffer.from('GET /api HTTP/1.1\r\nHost: localhost\r\n' +
			'User-Agent: \xff\r\nX-Forwarded-For: \xff\r\n' +
			'Connection: close\r\n\r\n', 'latin1'));
		await until('the answer', () => raw.closed);
		assert.match(raw.text, /^HTTP\/1\.1 200 /);
	});

	// 15 fragments of 64 candidates once took all that may wait for a
	// worker, and every viewer that came was refused for ten seconds.
	it('does not keep viewers out as candidates', async () => {
		const candidates = Array.from({ length: 64 }, (_, i) =>
			`a=${candidate(i)} \xff`).join('\r\n');
		const flood = [];
		for (let i = 0; i < 15; i++) {
			const answer = await postOffer(lull, offer());
			assert.equal(answer.status, 201, answer.text);
			flood.push(resource(lull, answer));
		}
		const refused = flood.map((path) => lull.call('PATCH', path, {
			body: Buffer.from(candidates, 'latin1'),
			headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
		}));
		for (const { status } of await Promise.all(refused))
			assert.equal(status, 400);
		const honest = await postOffer(lull, offer());
		assert.equal(honest.status, 201, honest.text);
		for (const path of [...flood, resource(lull, honest)])
			assert.equal((await lull.call('DELETE', path)).status, 200);
	});

	it('closes a WebSocket', async () => {
		const raw = await RawSocket.webSocket(lull.port, '/api/ws?src=demo');
		raw.write(frame(TEXT, Buffer.from('{"type":"webrtc/offer",' +
			'"value":"v=0\xff"}', 'latin1')));
		assert.equal(await raw.closeCode(), 1007);
		await until('closed', () => raw.closed);
	});
});

describe('a thousand candidates', () => {
	const lull = useWatchedLulld();
	const thousand = Array.from({ length: 1000 }, (_, i) =>
		`a=${candidate(i)}`);

	it('in an offer do no harm', async () => {
		const answer = await postOffer(lull, offer({ lines: thousand }));
		assert.ok([201, 400].includes(answer.status), answer.text);
		if (answer.status === 201)
			await lull.call('DELETE', resource(lull, answer));
	});

	it('in a fragment do no harm', async () => {
		const answer = await postOffer(lull, offer());
		assert.equal(answer.status, 201);
		const path = resource(lull, answer);
		for (const body of [thousand.join('\r\n'), 'a=candidate:\r\n',
			'a=candidate:x y z\r\n', 'garbage', '\0']) {
			const { status } = await lull.call('PATCH', path, {
				body, headers: {
					'Content-Type': 'application/trickle-ice-sdpfrag',
				},
			});
			assert.ok(status === 204 || (status >= 400 && status < 500),
				`${status}`);
		}
		await lull.call('DELETE', path);
	});
});

describe('a session takes', () => {
	const lull = useWatchedLulld();
	const patch = async (path, ...candidates) => (await lull.call('PATCH',
		path, {
			body: candidates.map((c) => `a=${c}`).join('\r\n'),
			headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
		})).status;

	it('64 candidates of up to 512 bytes', async () => {
		const answer = await postOffer(lull, offer());
		const path = resource(lull, answer);
		const long = candidate(0).padEnd(513, 'x');
		assert.equal(await patch(path, long), 400);
		for (let i = 0; i < 64; i++)
			assert.equal(await patch(path, candidate(i)), 204);
		assert.equal(await patch(path, candidate(64)), 400);
		await lull.call('DELETE', path);
	});
});

describe('a WebSocket', () => {
	const lull = useWatchedLulld();
	const open = (path = '/api/ws?src=demo') =>
		RawSocket.webSocket(lull.port, path);

	/** The server's messages to these of ours. */
	async function talk(path, ...messages) {
		const ws = new WebSocket(`${lull.url.replace('http', 'ws')}${path}`);
		const said = [];
		ws.on('message', (data) => said.push(JSON.parse(data)));
		ws.on('error', () => {});
		await until('open', () => ws.readyState === WebSocket.OPEN);
		for (const message of messages)
			ws.send(typeof message === 'string'
				? message : JSON.stringify(message));
		return { ws, said };
	}

	for (const [type, value] of [['webrtc/offer', good],
		['webrtc', { type: 'offer', sdp: good }]])
		it(`says that the stream is unknown: ${type}`, async () => {
			const { ws, said } =
				await talk('/api/ws?src=nowhere', { type, value });
			await until('an error', () => said.length);
			assert.equal(said[0].type, 'error');
			assert.ok(said[0].value.startsWith(`${type}: `), said[0].value);
			ws.terminate();
		});

	it('says that an offer is bad, and takes a good one', async () => {
		const { ws, said } = await talk('/api/ws?src=demo',
			{ type: 'webrtc/offer', value: 'v=0' });
		await until('an error', () =>
			said.some((m) => m.type === 'error'));
		ws.send(JSON.stringify(
			{ type: 'webrtc/offer', value: offer() }));
		await until('an answer', () =>
			said.some((m) => m.type === 'webrtc/answer'));
		const { value: id } = await until('the session', () =>
			said.find((m) => m.type === 'webrtc/session'));
		ws.terminate();
		await lull.call('DELETE', `/api/webrtc/session/${id}`);
	});

	it('ignores what it does not know', async () => {
		const { ws, said } = await talk('/api/ws?src=demo',
			{ type: 'mystery', value: 1 }, { type: 'webrtc/candidate' },
			{ type: 'webrtc/candidate', value: '' }, {},
			...Array.from({ length: 1000 }, (_, i) => (
				{ type: 'webrtc/candidate', value: candidate(i) })),
			{ type: 'webrtc/offer', value: 'v=0' });
		await until('an answer', () => said.length > 0);
		ws.terminate();
	});

	it('is closed for what is no JSON', async () => {
		for (const text of ['hello', '[', '5'])  {
			const { ws } = await talk('/api/ws?src=demo', text);
			await until('closed', () => ws.readyState === WebSocket.CLOSED);
		}
	});

	it('may break off within a frame', async () => {
		const whole = frame(TEXT, '{"type":"webrtc/offer","value":"v=0"}');
		for (let cut = 1; cut < whole.length; cut += 7) {
			const raw = await open();
			raw.write(whole.subarray(0, cut));
			raw.end();
		}
	});

	it('is closed for a frame without a mask', async () => {
		const raw = await open();
		raw.write(Buffer.from([0x81, 2, 0x7b, 0x7d]));
		assert.equal(await raw.closeCode(), 1002);
		await until('closed', () => raw.closed);
	});

	it('is closed for a message that is too large', async () => {
		const raw = await open();
		raw.write(frame(TEXT, 'x'.repeat(100), 300_000));
		assert.equal(await raw.closeCode(), 1009);
		await until('closed', () => raw.closed);
	});

	it('is refused without its headers', async () => {
		const { status } = await lull.call('GET', '/api/ws?src=demo');
		assert.ok(status === 400 || status === 426, `${status}`);
	});
});

describe('HTTP that is none', () => {
	const lull = useWatchedLulld();

	for (const [name, bytes] of Object.entries({
		'garbage': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n',
		'half a request': 'POST /api/webrtc/pause HTTP/1.1\r\n' +
			'Host: localhost\r\nContent-Length: 100\r\n\r\n{"action":"pause"}',
		'a line of 1 MB': `GET /${'x'.repeat(1_000_000)}`,
		'a length that is none': 'POST /api/webrtc/pause HTTP/1.1\r\n' +
			'Host: localhost\r\nContent-Length: -5\r\n\r\n{}',
		'a length too large': 'POST /api/webrtc/pause HTTP/1.1\r\n' +
			'Host: localhost\r\nContent-Length: 99999999999999\r\n\r\n{}',
	}))
		it(`does no harm: ${name}`, async () => {
			const raw = await RawSocket.open(lull.port);
			raw.write(Buffer.from(bytes, 'latin1'));
			raw.socket.end();
			await until('the connection ends', () => raw.closed);
			assert.ok(!/^HTTP\/1.1 2/.test(raw.text), raw.text);
		});
});
