// No picture before the handshake is over: nobody could read it, and a
// replay that is lost so is lost whole.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import {
	assertContiguous, assertDecodable, repaired,
} from './lib/packets.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const FPS = 25;
const HANDSHAKE = 22; // RFC 5246, 6.2.1
const RECORD_HEADER = 13; // RFC 6347, 4.1: type, version, epoch, number, length

/** The handshake message that is encrypted, its last: Finished. */
function saysFinished(data) {
	for (let at = 0; at + RECORD_HEADER <= data.length;
		at += RECORD_HEADER + data.readUInt16BE(at + 11))
		if (data[at] === HANDSHAKE && data.readUInt16BE(at + 3) > 0)
			return true;
	return false;
}

/** A link that knows how far the handshake is. */
class WatchedLink extends Link {
	holds = false; // what the viewer says of the handshake
	held = 0;
	early = 0; // RTP packets before its end
	finished = new Set(); // who has said so: up, down
	losesLast = false; // the server's, once

	see = (kind, up, data) => {
		if (kind === 'rtp' && this.finished.size < 2) this.early++;
		if (kind !== 'dtls') return false;
		const from = up ? 'up' : 'down';
		this.client ??= from;
		if (up && this.holds) return Boolean(++this.held);
		if (!saysFinished(data)) return false;
		this.finished.add(from);
		const lost = this.losesLast && !up;
		if (lost) this.losesLast = false;
		return lost;
	};
}

const passive = (sdp) => sdp.replaceAll('a=setup:actpass', 'a=setup:passive');

describe('a viewer between two key frames', () => {
	const camera = useCamera('--gop', '10', '--fps', String(FPS));
	const lull = useLulld(() => ({
		streams: { cam: camera.url() },
		// What a receiver in this process can take.
		config: { gop: { rate: 8_000_000 } },
	}));
	const browser = useBrowser();
	let watch;

	before(async () => {
		watch = await weriftView(lull, 'cam');
		await plays(watch, 3 * FPS);
	});
	after(() => watch.close());

	const chromium = async (link) => browser.view(lull, 'cam',
		{ page: await link.page(browser, lull) });
	const views = {
		'a client of DTLS': (link) => weriftView(link.through(lull), 'cam'),
		'a server of DTLS': (link) => weriftView(link.through(lull), 'cam',
			{ change: passive }),
		'Chromium': chromium,
	};

	for (const [name, view] of Object.entries(views))
		it('rule 8: has none before DTLS is up when it joins: ' + name,
			async () => {
				const link = await new WatchedLink().open();
				const viewer = await view(link);
				await plays(viewer, 2 * FPS);
				assert.deepEqual([...link.finished].sort(), ['down', 'up']);
				assert.equal(link.early, 0);
				assert.equal(link.client,
					name === 'a server of DTLS' ? 'down' : 'up');
				await viewer.close();
				link.close();
			});

	it('has a picture though the last word of DTLS is lost', async () => {
		const link = await new WatchedLink().open();
		link.losesLast = true;
		const viewer = await chromium(link);
		await plays(viewer, 2 * FPS);
		assert.equal(link.losesLast, false);
		assert.equal((await viewer.stats()).video.freezeCount, 0);
		await viewer.close();
		link.close();
	});

	for (const paused of [false, true])
		it('rule 8: has none while DTLS takes long, then all of it: ' +
			(paused ? 'resumed meanwhile' : 'live'), async () => {
			const link = await new WatchedLink().open();
			link.holds = true;
			const viewer = await weriftView(link.through(lull), 'cam',
				{ query: { paused } });
			await until('it says something', () => link.held > 0);
			if (paused) {
				const { body } = await lull.resume(viewer.sessionId);
				assert.equal(body.success, true);
			}
			await plays(watch, FPS);
			const session = await lull.session(viewer.sessionId);
			assert.equal(session.state, 'connecting');
			assert.equal(link.rtp.length, 0);
			link.holds = false;
			await plays(viewer, 2 * FPS);
			assert.equal(link.early, 0);
			const video = await repaired(viewer);
			assert.equal(video[0].sequence, link.rtp[0].sequence);
			assertContiguous(video);
			assertDecodable(video, await repaired(watch));
			await viewer.close();
			link.close();
		});
});
