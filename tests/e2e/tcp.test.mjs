// Viewers whose UDP is blocked: the picture comes by TCP (RFC 6544), on the
// port that all viewers share.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { Host } from './lib/host.mjs';
import { useLulld } from './lib/lulld.mjs';
import { socketsOf } from './lib/sockets.mjs';
import { pausesOnTheWire, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { Only, candidatesOf } from './lib/way.mjs';
import { webrtcbinView } from './lib/webrtcbin.mjs';

const FPS = 25;
const RARE = ['--gop', '10', '--fps', String(FPS)];

const byTcp = () => new Only((c) => c.transport === 'tcp' && c.family === 4);

/** The TCP connections of viewers that its worker has. */
function connections(lull) {
	return Object.values(lull.workers()).flatMap(socketsOf)
		.filter((s) => s.protocol === 'tcp' && s.local === lull.mediaPort);
}

const views = {
	async Chromium(lull, browser, way, src) {
		const viewer = await browser.view(lull, src,
			{ page: await way.page(browser, lull) });
		viewer.sessionId = (await lull.viewer(viewer.viewerId)).session_id;
		return viewer;
	},
	webrtcbin: (lull, _, way, src) => webrtcbinView(way.through(lull), src),
};

describe('a viewer by TCP alone', () => {
	const camera = useCamera(...RARE);
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();

	for (const [name, view] of Object.entries(views))
		it(`plays, pauses and has a picture at once: ${name}`, async () => {
			const viewer = await view(lull, browser, byTcp(), 'cam');
			await plays(viewer, 2 * FPS);
			const { sessionId: id } = viewer;
			const session = await lull.session(id);
			assert.equal(session.state, 'live');
			const ports = connections(lull).map((s) => s.remote);
			assert.ok(ports.includes(
				Number(session.remote_addr.split(':').at(-1))));
			await pausesOnTheWire(lull, id, () => lull.pause(id));
			await lull.resume(id);
			// Long before the camera's next key frame.
			await plays(viewer, 1, 1500);
			await plays(viewer, 2 * FPS);
			await viewer.close();
		});

	it('knows the server by the addresses it was told', async () => {
		const viewer = await views.Chromium(lull, browser, byTcp(), 'cam');
		await plays(viewer);
		const { local, remote, remotes } = await viewer.path();
		assert.equal(local.protocol, 'tcp');
		assert.equal(remote.protocol, 'tcp');
		assert.equal(remote.port, lull.mediaPort);
		for (const one of remotes)
			assert.equal(one.candidateType, 'host', JSON.stringify(one));
		await viewer.close();
	});

	it('begins each resume with a key frame of the cache', async () => {
		const viewer = await views.Chromium(lull, browser, byTcp(), 'cam');
		await plays(viewer, FPS);
		const keys = async () => (await viewer.stats()).video.keyFramesDecoded;
		for (let i = 0; i < 3; i++) {
			await lull.pause(viewer.sessionId);
			const before = await keys();
			await lull.resume(viewer.sessionId);
			// A picture of before the pause may still be on its way.
			await until(`the key frame of resume ${i}`,
				async () => await keys() > before, 1500);
			await plays(viewer, FPS);
		}
		await viewer.close();
	});

	it('leaves no connection when it goes', async () => {
		const viewer = await views.Chromium(lull, browser, byTcp(), 'cam');
		await plays(viewer);
		assert.ok(connections(lull).length > 0);
		await lull.call('DELETE', `/api/webrtc/session/${viewer.sessionId}`);
		await until('its connections end',
			() => connections(lull).length === 0);
		await viewer.close();
	});
});

describe('a viewer by TCP over IPv6', () => {
	const host = new Host();
	const lull = useLulld(async () => {
		await host.start();
		await host.cable(['fd00:30::1/64'], ['fd00:30::2/64']);
		return { under: host.under, host: '[fd00:30::2]' };
	});
	const browser = useBrowser();

	after(() => host.stop());

	it('plays', async () => {
		const way = new Only((c) => c.transport === 'tcp' && c.family === 6);
		const viewer = await views.Chromium(lull, browser, way, 'demo');
		await plays(viewer);
		const { remote } = await viewer.path();
		assert.equal(remote.protocol, 'tcp');
		assert.equal(remote.address.replace(/[[\]]/g, ''), 'fd00:30::2');
		await viewer.close();
	});
});

describe('with TCP alone', () => {
	const lull = useLulld({ transport: 'tcp' });
	const browser = useBrowser();

	it('UDP is offered from a port of the viewer\'s own', async () => {
		const viewer = await browser.view(lull);
		await plays(viewer);
		for (const c of candidatesOf(await viewer.answer()))
			assert.equal(c.port === lull.mediaPort, c.transport === 'tcp',
				JSON.stringify(c));
		assert.equal((await viewer.path()).remote.protocol, 'udp');
		await viewer.close();
	});

	it('a viewer plays by TCP', async () => {
		const viewer = await views.Chromium(lull, browser, byTcp(), 'demo');
		await plays(viewer);
		assert.equal((await viewer.path()).remote.port, lull.mediaPort);
		await viewer.close();
	});
});
