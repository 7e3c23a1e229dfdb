// Viewers that can be reached through a relay (TURN) alone, and lulld with a
// relay of its own.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { RELAY_IP, useCoturn } from './lib/coturn.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import {
	pausesOnTheWire, plays, silentFor3s, verbose,
} from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { changeCandidates, readCandidate } from './lib/way.mjs';
import { Capture } from './lib/wire.mjs';

/** A viewer whose every packet goes through the relay. */
async function relayedView(browser, lull, turn, form) {
	const viewer = await browser.view(lull, 'demo', {
		form,
		rtc: { iceServers: [turn.server()], iceTransportPolicy: 'relay' },
	});
	viewer.session = await lull.viewer(viewer.viewerId);
	return viewer;
}

/** It plays, is paused by the wire's witness, and resumed. */
async function playsAndPauses(lull, viewer) {
	const { session_id: id } = viewer.session;
	await plays(viewer);
	const { remote_addr: remote } = await lull.reaches(id, 'live');
	assert.ok(remote.startsWith(`${RELAY_IP}:`), remote);
	const { body } = await pausesOnTheWire(lull, id, () => lull.pause(id));
	assert.equal(body.success, true);
	await lull.resume(id);
	await plays(viewer, 20, 5000);
}

describe('a viewer behind a relay', () => {
	const turn = useCoturn();
	const lull = useLulld();
	const browser = useBrowser();

	for (const form of ['sdp', 'ws2']) {
		it(`reaches the one port: ${form}`, async () => {
			const viewer = await relayedView(browser, lull, turn, form);
			await playsAndPauses(lull, viewer);
			const { local, remote } = await viewer.path();
			assert.equal(local.candidateType, 'relay');
			assert.equal(remote.port, lull.mediaPort);
			await viewer.close();
		});
	}
});

for (const transport of ['udp', 'tcp']) {
	describe(`a relay of lulld's own, by ${transport}`, () => {
		const turn = useCoturn({ alone: true });
		const lull = useLulld(() => ({
			config: { webrtc: { ice_servers: [turn.server(transport)] } },
		}));
		const browser = useBrowser();

		it('is the way to a viewer that nobody else reaches', async () => {
			const viewer = await relayedView(browser, lull, turn, 'ws2');
			await playsAndPauses(lull, viewer);
			const { local, remote } = await viewer.path();
			assert.equal(local.candidateType, 'relay');
			assert.equal(remote.address, RELAY_IP);
			await viewer.close();
		});

		it('keeps a viewer that is paused for long', async () => {
			const viewer = await relayedView(browser, lull, turn, 'ws2');
			const { session_id: id } = viewer.session;
			await plays(viewer);
			await lull.pause(id);
			// Longer than a viewer may be silent.
			const session = await lull.session(id);
			const capture = await new Capture([session], 20).end();
			assert.deepEqual(capture.rtp(session), []);
			assert.equal((await lull.session(id)).state, 'paused');
			await lull.resume(id);
			await plays(viewer, 20, 5000);
			await viewer.close();
		});

		it('is told when a viewer has gone', async () => {
			const viewer = await relayedView(browser, lull, turn, 'ws2');
			await plays(viewer);
			assert.ok(turn.allocations >= 2);
			await lull.call('DELETE',
				`/api/webrtc/session/${viewer.session.session_id}`);
			await until('the relay keeps the viewer\'s own alone',
				() => turn.allocations === 1);
			await viewer.close();
		});
	});
}

/** All but what goes by a relay goes by this link. */
class DirectLink extends Link {
	offer(sdp) {
		return changeCandidates(sdp, (line) =>
			(isRelay(line) ? [line] : []));
	}

	change(line) { return isRelay(line) ? [line] : super.change(line); }
}

function isRelay(line) {
	return readCandidate(line).type === 'relay';
}

describe('a viewer whose direct way is cut', () => {
	const turn = useCoturn({ alone: true });
	const lull = useLulld(() => ({
		config: { webrtc: { ice_servers: [turn.server()] } },
	}));
	const browser = useBrowser();
	let link, viewer, id;

	/** It plays by the direct way, and knows the other one. */
	beforeEach(async () => {
		link = await new DirectLink().open();
		const page = await link.socketPage(browser, lull, '/api');
		viewer = await browser.view(lull, 'demo', {
			form: 'ws2', page, rtc: { iceServers: [turn.server()] },
		});
		await plays(viewer);
		await until('it knows the relay', async () =>
			(await viewer.path()).remotes.some(
				(c) => c.candidateType === 'relay'));
		({ session_id: id } = await lull.viewer(viewer.viewerId));
		await goesBy(`:${link.port}`);
	});
	afterEach(async () => {
		await viewer.close();
		link.close();
	});

	function goesBy(address) {
		return until(`the viewer is at ${address}`, async () => {
			const session = await lull.session(id);
			return session.remote_addr.includes(address) && session;
		}, 20_000);
	}

	it('has its picture by a relay of lulld\'s own', async () => {
		link.see = () => true;
		const { state } = await goesBy(`${RELAY_IP}:`);
		assert.equal(state, 'live');
		await plays(viewer, 20, 5000);
		const { local, remote } = await viewer.path();
		assert.equal(local.candidateType, 'relay');
		assert.equal(remote.address, RELAY_IP);
	});

	it('stays paused, and is resumed at once', async () => {
		await lull.pause(id);
		const { packets_sent: sent } = await verbose(lull, id);
		link.see = () => true;
		assert.equal((await goesBy(`${RELAY_IP}:`)).state, 'paused');
		await silentFor3s(lull, id);
		assert.equal((await verbose(lull, id)).packets_sent, sent);
		await lull.resume(id);
		await plays(viewer, 20, 5000);
	});
});

describe('the servers that lulld tells of', () => {
	const turn = useCoturn();
	const lull = useLulld(() => ({
		config: { webrtc: { ice_servers: [turn.server()] } },
	}));
	const browser = useBrowser();

	it('reach a WHEP client, by OPTIONS and with its answer', async () => {
		const { urls } = turn.server();
		const link = `<${urls}>; rel="ice-server"; ` +
			'username="viewer"; credential="sec\\"ret"; ' +
			'credential-type="password"';
		const before = await lull.call('OPTIONS', '/api/webrtc');
		assert.equal(before.headers.get('link'), link);
		const viewer = await browser.view(lull, 'demo', { form: 'sdp' });
		assert.equal(viewer.status, 201);
		assert.equal(viewer.link, link);
		await viewer.close();
	});

	it('are used by the page', async () => {
		const page = await browser.page(lull);
		await page.addInitScript(() => {
			const Plain = window.RTCPeerConnection;
			window.RTCPeerConnection = class extends Plain {
				constructor() { super({ iceTransportPolicy: 'relay' }); }
			};
		});
		await page.goto(`${lull.url}/#src=demo&viewer_id=desk`);
		await until('the page plays', async () => (await page.evaluate(
			() => window.lullViewers.pageStats())).video.framesDecoded > 10,
		15_000);
		const session = await lull.viewer('desk');
		assert.ok(session.remote_addr.startsWith(`${RELAY_IP}:`),
			session.remote_addr);
		await page.close();
	});
});
