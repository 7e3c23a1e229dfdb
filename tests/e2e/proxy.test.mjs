// Viewers that come through a proxy on this host.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useLulld } from './lib/lulld.mjs';
import { offer, resource } from './lib/offers.mjs';

describe('a viewer on this host', () => {
	const lull = useLulld();

	/** The answer to an offer that came with these headers. */
	async function answerTo(headers) {
		const answer = await lull.call('POST', '/api/webrtc?src=demo', {
			body: offer(),
			headers: { 'Content-Type': 'application/sdp', ...headers },
		});
		assert.equal(answer.status, 201, answer.text);
		await lull.call('DELETE', resource(lull, answer));
		return answer.text;
	}

	const loopback = /^a=candidate:.* 127\.0\.0\.1 /m;

	it('is offered 127.0.0.1', async () => {
		assert.match(await answerTo({}), loopback);
	});

	it('is not, when a proxy brings it from elsewhere', async () => {
		assert.doesNotMatch(
			await answerTo({ 'X-Forwarded-For': '192.0.2.7' }), loopback);
	});
});
