// A viewer whose network changes under it: its NAT gives it another port, or
// it has another address. The picture comes back in the same session, and a
// paused one stays paused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { aiortcView } from './lib/aiortc.mjs';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { run } from './lib/process.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const OTHER = '10.20.0.9'; // of this host, while these tests run
const BINDING_REQUEST = 1;

/** Times of the viewer's checks, from where the server sees them come. */
function watchChecks(link) {
	const checks = [];
	link.see = (kind, up, data) => {
		if (kind === 'stun' && up && data.readUInt16BE() === BINDING_REQUEST)
			checks.push(performance.now());
		return false;
	};
	return checks;
}

/** The session says where the viewer is now; since when it has. */
async function follows(lull, link, id) {
	const { port } = link.back.address();
	const session = await until('the new address is known', async () => {
		const now = await lull.session(id);
		return now.remote_addr.endsWith(`:${port}`) && now;
	}, 20_000);
	return { session, at: performance.now() };
}

describe('a viewer whose NAT gives it another port', () => {
	const lull = useLulld();
	const browser = useBrowser();
	const kinds = {
		async Chromium(link) {
			const page = await link.page(browser, lull);
			const viewer = await browser.view(lull, 'demo', { page });
			viewer.sessionId =
				(await lull.viewer(viewer.viewerId)).session_id;
			return viewer;
		},
		werift: (link) => weriftView(link.through(lull)),
		aiortc: async (link) => aiortcView(await link.doorTo(lull)),
	};

	const change = async (what) => {
		const { code, text } = await run('ip',
			['address', what, `${OTHER}/32`, 'dev', 'cable0']);
		assert.equal(code, 0, text);
	};

	before(() => change('add'));
	after(() => change('del'));

	for (const [name, open] of Object.entries(kinds)) {
		it(`sees its picture again, and again: ${name}`, async () => {
			const link = await new Link().open();
			const viewer = await open(link);
			const id = viewer.sessionId;
			await plays(viewer);
			for (const address of [undefined, OTHER, undefined]) {
				const checks = watchChecks(link);
				await link.rebind({ address });
				const { session, at } = await follows(lull, link, id);
				if (address)
					assert.match(session.remote_addr, /^10\.20\.0\.9:/);
				// By its first check, once the old path has been silent
				// for two seconds.
				assert.ok(at - checks[0] < 5000,
					`followed ${at - checks[0]} ms after a check`);
				await plays(viewer, 5, 5000);
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
			// What it is sent at the new port: nothing but STUN and RTCP.
			await link.rebind();
			const { length: sent } = link.rtp;
			const { session } = await follows(lull, link, id);
			assert.equal(session.state, 'paused');
			assert.equal(link.rtp.length, sent, 'RTP to a paused viewer');
			await lull.resume(id);
			await plays(viewer, 20, 5000);
			await viewer.close();
			link.close();
		});
	}
});

describe('a viewer that chooses another way, while both work', () => {
	// Its key frames are so far apart that a second one is a replay.
	const camera = useCamera('--gop', '60');
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();

	it('is followed, and misses nothing', async () => {
		const link = await new Link().open();
		const page = await link.page(browser, lull);
		const viewer = await browser.view(lull, 'cam', { page });
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await plays(viewer, 30);
		await link.rebind({ keep: true });
		await follows(lull, link, id);
		await plays(viewer, 30);
		const { video } = await viewer.stats();
		assert.equal(video.keyFramesDecoded, 1);
		assert.equal(video.packetsLost, 0);
		await viewer.close();
		link.close();
	});
});
