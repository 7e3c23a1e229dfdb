// Viewers by every door, with Chromium's own RTCPeerConnection.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useLulld } from './lib/lulld.mjs';
import { pictureMoves, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const ID = /^[0-9a-f]{32}$/;

const FORMS = {
	raw: { status: 200, format: 'webrtc/post' },
	sdp: { status: 201, type: 'application/sdp', format: 'webrtc/whep' },
	json: { status: 200, type: 'application/json', format: 'webrtc/json' },
	form: {
		status: 200, type: 'application/x-www-form-urlencoded',
		format: 'webrtc/form',
	},
};

describe('POST /api/webrtc', () => {
	const lull = useLulld();
	const browser = useBrowser();

	for (const [form, expected] of Object.entries(FORMS)) {
		it(`plays an offer in the form ${form}`, async () => {
			const viewer = await browser.view(lull, 'demo', { form });
			assert.equal(viewer.status, expected.status, viewer.text);
			if (expected.type)
				assert.equal(viewer.type.split(';')[0], expected.type);
			const session = await lull.viewer(viewer.viewerId);
			assert.match(session.session_id, ID);
			assert.equal(session.format_name, expected.format);
			await plays(viewer);
			await pictureMoves(() => viewer.picture());
			await viewer.close();
			await lull.forgets(session.session_id);
		});
	}

	it('names the session in the JSON answer', async () => {
		const viewer = await browser.view(lull, 'demo', { form: 'json' });
		const answer = JSON.parse(viewer.text);
		assert.equal(answer.type, 'answer');
		const session = await lull.viewer(viewer.viewerId);
		assert.equal(answer.session_id, session.session_id);
		await viewer.close();
	});

	it('starts a session paused with paused=true', async () => {
		const viewer = await browser.view(lull, 'demo',
			{ query: { paused: 'true' } });
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		const session = await lull.reaches(id, 'paused');
		assert.equal(session.paused, true);
		assert.equal(await viewer.packets(), 0);
		await lull.resume(id);
		await plays(viewer);
		await viewer.close();
	});

	it('plays sound', async () => {
		const viewer = await browser.view(lull, 'demo', { audio: true });
		await plays(viewer);
		// Later than the pictures: those that it missed come at once.
		const audio = await until('sound', async () => {
			const { audio: heard } = await viewer.stats();
			return heard.packetsReceived > 10 && heard;
		});
		assert.equal(audio.mimeType, 'audio/opus');
		await viewer.close();
	});
});

describe('the resource of a session', () => {
	const lull = useLulld();
	const browser = useBrowser();

	async function open() {
		const viewer = await browser.view(lull, 'demo', { form: 'sdp' });
		assert.equal(viewer.status, 201, viewer.text);
		const url = new URL(viewer.location, `${lull.url}/api/webrtc`);
		viewer.resource = url.pathname + url.search;
		return viewer;
	}

	it('is the Location of a 201', async () => {
		const viewer = await open();
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		assert.equal(viewer.resource, `/api/webrtc/session/${id}`);
		await viewer.close();
	});

	it('takes candidates with PATCH', async () => {
		const viewer = await open();
		const sdp = await viewer.sdp();
		const line = (name) =>
			new RegExp(`^a=${name}:.*$`, 'm').exec(sdp)[0];
		const fragment = [
			line('ice-ufrag'), line('ice-pwd'),
			'm=video 9 UDP/TLS/RTP/SAVPF 96', 'a=mid:0',
			'a=candidate:1 1 udp 2113937151 10.20.0.1 9 typ host',
			'a=end-of-candidates', '',
		].join('\r\n');
		const answer = await lull.call('PATCH', viewer.resource, {
			body: fragment,
			headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
		});
		assert.equal(answer.status, 204, answer.text);
		assert.equal(answer.text, '');
		await plays(viewer);
		await viewer.close();
	});

	it('ends with DELETE, and then is gone', async () => {
		const viewer = await open();
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await plays(viewer);
		const first = await lull.call('DELETE', viewer.resource);
		assert.equal(first.status, 200, first.text);
		await lull.forgets(id, 2000);
		const second = await lull.call('DELETE', viewer.resource);
		assert.equal(second.status, 404);
		const patch = await lull.call('PATCH', viewer.resource, {
			body: 'a=end-of-candidates\r\n',
			headers: { 'Content-Type': 'application/trickle-ice-sdpfrag' },
		});
		assert.equal(patch.status, 404);
	});
});

describe('GET /api/ws', () => {
	const lull = useLulld();
	const browser = useBrowser();

	for (const form of ['ws1', 'ws2'])
		for (const early of [false, true])
			it(`plays over ${form}, candidates ` +
				(early ? 'before the offer' : 'after the offer'),
			async () => {
				const viewer = await browser.view(lull, 'demo',
					{ form, early });
				await plays(viewer);
				const session = await lull.viewer(viewer.viewerId);
				assert.equal(session.format_name, 'webrtc');
				await viewer.close();
				await lull.forgets(session.session_id);
			});

	it('names the session in v1 by a message', async () => {
		const viewer = await browser.view(lull, 'demo', { form: 'ws1' });
		const { value } = await viewer.message('webrtc/session');
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		assert.equal(value, id);
		await viewer.close();
	});

	it('names the session in v2 in the answer only', async () => {
		const viewer = await browser.view(lull, 'demo', { form: 'ws2' });
		const { value } = await viewer.message('webrtc');
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		assert.equal(value.type, 'answer');
		assert.equal(value.session_id, id);
		await plays(viewer);
		const types = new Set((await viewer.messages()).map((m) => m.type));
		types.delete('webrtc');
		types.delete('webrtc/candidate');
		assert.deepEqual([...types], []);
		await viewer.close();
	});

	it('starts paused with paused=true', async () => {
		const viewer = await browser.view(lull, 'demo',
			{ form: 'ws1', query: { paused: 'true' } });
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.reaches(id, 'paused');
		assert.equal(await viewer.packets(), 0);
		await lull.resume(id);
		await plays(viewer);
		await viewer.close();
	});

	it('may close without ending the session', async () => {
		const viewer = await browser.view(lull, 'demo', { form: 'ws2' });
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await viewer.closeSocket();
		await plays(viewer, 30);
		assert.equal((await lull.pause(id)).body.success, true);
		await lull.resume(id);
		await plays(viewer);
		await viewer.close();
	});

	it('tells of states when asked with state=true', async () => {
		const viewer = await browser.view(lull, 'demo',
			{ form: 'ws2', query: { state: 'true' } });
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.pause(id);
		await lull.resume(id);
		await plays(viewer);
		const states = (await viewer.messages())
			.filter((m) => m.type === 'webrtc/state');
		assert.ok(states.every((m) => m.value.session_id === id));
		const words = states.map((m) => m.value.state);
		assert.ok(words.join(' ').endsWith('live paused live'),
			words.join(' '));
		await viewer.close();
	});
});
