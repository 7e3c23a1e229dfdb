// A viewer whose network changes under it: its NAT gives it another port, it
// has another address, or its connection is cut. The picture comes back in the
// same session, and a paused one stays paused.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { aiortcView } from './lib/aiortc.mjs';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { descriptors, run } from './lib/process.mjs';
import { TcpLink } from './lib/tcp_link.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { AnyWay } from './lib/way.mjs';
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
	const session = await until('the new address is known', async () => {
		const now = await lull.session(id);
		return now.remote_addr.endsWith(`:${link.port}`) && now;
	}, 20_000);
	return { session, at: performance.now() };
}

function useViewers(config) {
	const lull = useLulld({ config });
	const browser = useBrowser();
	return { lull, kinds: {
		async Chromium(link) {
			const page = await link.page(browser, lull);
			const viewer = await browser.view(lull, 'demo', { page });
			viewer.sessionId =
				(await lull.viewer(viewer.viewerId)).session_id;
			return viewer;
		},
		werift: (link) => weriftView(link.through(lull)),
		aiortc: async (link) => aiortcView(await link.doorTo(lull)),
	} };
}

/** To ports, and addresses, that are new each time: it is followed there. */
async function movesTo(addresses, lull, link, viewer) {
	const id = viewer.sessionId;
	for (const address of addresses) {
		const checks = watchChecks(link);
		await link.rebind({ address });
		const { session, at } = await follows(lull, link, id);
		if (address)
			assert.match(session.remote_addr, /^10\.20\.0\.9:/);
		// By its first check, once the old path has been silent for two
		// seconds.
		assert.ok(at - checks[0] < 5000,
			`followed ${at - checks[0]} ms after a check`);
		if (session.paused) continue;
		await plays(viewer, 5, 5000);
	}
}

const change = async (what) => {
	const { code, out } = await run('ip',
		['address', what, `${OTHER}/32`, 'dev', 'cable0']);
	assert.equal(code, 0, out);
};

describe('a viewer whose NAT gives it another port', () => {
	const { lull, kinds } = useViewers();
	const FIVE = [undefined, OTHER, undefined, OTHER, undefined];

	before(() => change('add'));
	after(() => change('del'));

	for (const [name, open] of Object.entries(kinds)) {
		it(`sees its picture again, and again: ${name}`, async () => {
			const link = await new Link().open();
			const viewer = await open(link);
			await plays(viewer);
			await movesTo(FIVE, lull, link, viewer);
			const { state } = await lull.session(viewer.sessionId);
			assert.equal(state, 'live');
			await viewer.close();
			link.close();
		});

		it(`stays paused, and is resumed at once: ${name}`, async () => {
			const link = await new Link().open();
			const viewer = await open(link);
			const id = viewer.sessionId;
			await plays(viewer);
			await lull.pause(id);
			await until('what was under way has come', async () => {
				const { length } = link.rtp;
				await lull.session(id);
				return link.rtp.length === length;
			});
			const { length: sent } = link.rtp;
			// What it is sent at the new ports: nothing but STUN and RTCP.
			await movesTo(FIVE, lull, link, viewer);
			assert.equal((await lull.session(id)).state, 'paused');
			assert.equal(link.rtp.length, sent, 'RTP to a paused viewer');
			await lull.resume(id);
			await plays(viewer, 20, 5000);
			await viewer.close();
			link.close();
		});
	}

	it('keeps no socket for where it was, paused or not', async () => {
		const links = await Promise.all(
			[1, 2].map(() => new Link().open()));
		const viewers = await Promise.all(
			links.map((link) => kinds.werift(link)));
		for (const viewer of viewers) await plays(viewer);
		await lull.pause(viewers[0].sessionId);
		const worker = await lull.worker('demo');
		const had = descriptors(worker);
		await Promise.all(links.map((link, i) =>
			movesTo(FIVE, lull, link, viewers[i])));
		await until('the worker has as many descriptors as before',
			() => descriptors(worker) <= had, 45_000);
		await lull.resume(viewers[0].sessionId);
		for (const viewer of viewers) await plays(viewer, 5, 5000);
		for (const one of [...viewers, ...links]) await one.close();
	});
});

describe('a viewer that has a port of its own, and whose NAT moves it', () => {
	const { lull, kinds } = useViewers({ webrtc: { ports: '22100-22119' } });

	before(() => change('add'));
	after(() => change('del'));

	for (const [name, open] of Object.entries(kinds))
		it(`sees its picture again, paused or not: ${name}`, async () => {
			const link = await new Link().open();
			const viewer = await open(link);
			const id = viewer.sessionId;
			assert.notEqual(link.server.port, lull.mediaPort);
			await plays(viewer);
			await movesTo([undefined, OTHER], lull, link, viewer);
			await lull.pause(id);
			await movesTo([undefined], lull, link, viewer);
			await lull.resume(id);
			await plays(viewer, 20, 5000);
			await viewer.close();
			link.close();
		});
});

describe('a viewer whose connection is cut', () => {
	const { lull, kinds } = useViewers();

	it('sees its picture again by another: Chromium', async () => {
		const link = await new TcpLink().open();
		const viewer = await kinds.Chromium(link);
		await plays(viewer);
		for (let i = 0; i < 2; i++) {
			const { opened } = link;
			link.cut();
			await until('it comes again', () => link.opened > opened);
			await follows(lull, link, viewer.sessionId);
			await plays(viewer, 5, 5000);
			// Of two cuts within five seconds Chromium gives up.
			await plays(viewer, 90);
		}
		await viewer.close();
		link.close();
	});

	it('stays paused, and is resumed at once: Chromium', async () => {
		const link = await new TcpLink().open();
		const viewer = await kinds.Chromium(link);
		await plays(viewer);
		const { sessionId: id } = viewer;
		await lull.pause(id);
		link.cut();
		await follows(lull, link, id);
		assert.equal((await lull.session(id)).state, 'paused');
		await lull.resume(id);
		await plays(viewer, 20, 5000);
		await viewer.close();
		link.close();
	});

	it('sees its picture again by UDP, if that works now: Chromium',
		async () => {
			const udp = await new Link().open();
			const tcp = await new TcpLink().open();
			udp.see = () => true; // blocked
			const viewer = await kinds.Chromium(new AnyWay(udp, tcp));
			await plays(viewer);
			await follows(lull, tcp, viewer.sessionId);
			udp.see = null;
			tcp.close();
			await follows(lull, udp, viewer.sessionId);
			await plays(viewer, 5, 5000);
			await viewer.close();
			udp.close();
		});

	it('is dropped, if it cannot come again: Chromium', async () => {
		const link = await new TcpLink().open();
		const viewer = await kinds.Chromium(link);
		await plays(viewer);
		link.close();
		await lull.forgets(viewer.sessionId, 20_000);
		await viewer.close();
	});
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
