// A viewer whose network changes under it: its NAT gives it another port.
// The picture comes back in the same session, and a paused one stays paused.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

/** The server sends to the viewer's new port, which it says as well. */
async function follows(lull, link, id, port) {
	const from = performance.now();
	const session = await until('the new port is known', async () => {
		const now = await lull.session(id);
		return now.remote_addr.endsWith(`:${port}`) && now;
	});
	assert.equal(link.back.address().port, port);
	return { session, ms: performance.now() - from };
}

describe('a viewer whose NAT gives it another port', () => {
	const lull = useLulld();
	const browser = useBrowser();
	const kinds = {
		async chromium(link) {
			const page = await link.page(browser, lull);
			const viewer = await browser.view(lull, 'demo', { page });
			viewer.sessionId =
				(await lull.viewer(viewer.viewerId)).session_id;
			return viewer;
		},
		werift: (link) => weriftView(link.through(lull)),
	};

	for (const [name, open] of Object.entries(kinds)) {
		it(`sees its picture again, and again: ${name}`, async (t) => {
			const link = await new Link().open();
			const viewer = await open(link);
			const id = viewer.sessionId;
			await plays(viewer);
			for (let i = 0; i < 3; i++) {
				const { ms } = await follows(lull, link, id,
					await link.rebind());
				t.diagnostic(`followed after ${Math.round(ms)} ms`);
				await plays(viewer, 20);
			}
			assert.equal((await lull.session(id)).state, 'live');
			await viewer.close();
			link.close();
		});

		it(`stays paused, and is resumed at once: ${name}`, async () => {
			const link = await new Link().open();
			const viewer = await open(link);
			const id = viewer.sessionId;
			await plays(viewer);
			await lull.pause(id);
			const sent = link.rtp.length;
			const { session } = await follows(lull, link, id,
				await link.rebind());
			assert.equal(session.state, 'paused');
			assert.equal(link.rtp.length, sent, 'RTP to a paused viewer');
			await lull.resume(id);
			await plays(viewer, 20, 5000);
			await viewer.close();
			link.close();
		});
	}
});
