// A viewer whose ICE begins anew (RFC 8445, section 9; RFC 9725, 4.3.3): its
// session, its picture and its pause go on.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { useBrowser } from './lib/browser.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { TcpLink } from './lib/tcp_link.mjs';
import { freePort } from './lib/temp.mjs';
import { plays, silentFor3s, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const CLIENT = fileURLToPath(import.meta.resolve('@binbat/whip-whep/whep.js'));

/** The session of a viewer that has gone on at another address. */
async function movesFrom(lull, id, before) {
	return until('the viewer has another address', async () => {
		const session = await lull.session(id);
		return session.remote_addr !== before && session;
	}, 15_000);
}

async function ends(lull, viewer, id) {
	await viewer.close();
	await until('its session ends', async () =>
		!(await lull.sessions()).some((s) => s.session_id === id));
}

describe('a viewer that restarts its ICE', () => {
	const lull = useLulld();
	const browser = useBrowser();

	for (const form of ['ws1', 'ws2', 'sdp', 'json']) {
		it(`has the same session and its picture: ${form}`, async () => {
			const viewer = await browser.view(lull, 'demo', { form });
			await plays(viewer, 30);
			const { session_id: id, remote_addr: first } =
				await lull.viewer(viewer.viewerId);
			const { video: before } = await viewer.stats();
			let at = first;
			for (let i = 1; i <= 3; i++) {
				const { tag } = (await viewer.restart()) ?? {};
				if (tag) assert.equal(tag, `"${i}"`);
				({ remote_addr: at } = await movesFrom(lull, id, at));
				await plays(viewer, 30);
			}
			// A machine that is busy shows a picture late, too.
			const { video: after } = await viewer.stats();
			const frozen = after.totalFreezesDuration -
				before.totalFreezesDuration;
			assert.ok(frozen < 1, `frozen for ${frozen} s`);
			assert.equal(after.packetsLost, 0);
			assert.deepEqual((await lull.sessions()).map((s) =>
				[s.session_id, s.state]), [[id, 'live']]);
			if (form === 'ws2')
				assert.deepEqual((await viewer.messages())
					.filter(({ type }) => type === 'webrtc')
					.map(({ value }) => value.session_id), [id, id, id, id]);
			await ends(lull, viewer, id);
		});

		it(`stays paused, and is resumed at once: ${form}`, async () => {
			const viewer = await browser.view(lull, 'demo', { form });
			await plays(viewer);
			const { session_id: id, remote_addr: at } =
				await lull.viewer(viewer.viewerId);
			await lull.pause(id);
			const { packets_sent: sent } = await verbose(lull, id);
			await viewer.restart();
			assert.equal((await movesFrom(lull, id, at)).state, 'paused');
			await silentFor3s(lull, id);
			assert.equal((await verbose(lull, id)).packets_sent, sent);
			await lull.resume(id);
			await plays(viewer, 20, 5000);
			await ends(lull, viewer, id);
		});
	}

	// By its new name or, as Chromium sometimes goes on by the connection of
	// before, by the old one: test_ice_restart tells them apart.
	it('is followed when it moves after that', async () => {
		const link = await new Link().open();
		const page = await link.page(browser, lull);
		const viewer = await browser.view(lull, 'demo', { page });
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await viewer.restart();
		await plays(viewer);
		await link.rebind();
		await until('the new address is known', async () =>
			(await lull.session(id)).remote_addr
				.endsWith(`:${link.port}`), 20_000);
		await plays(viewer, 20, 5000);
		await viewer.close();
		link.close();
	});
});

describe('a viewer by TCP that restarts its ICE', () => {
	const lull = useLulld();
	const browser = useBrowser();

	/** By a connection that is new each time. */
	async function view(link) {
		const page = await link.page(browser, lull);
		const viewer = await browser.view(lull, 'demo', { page });
		await plays(viewer);
		return { viewer, session: await lull.viewer(viewer.viewerId) };
	}

	it('has its picture by another connection each time', async () => {
		const link = await new TcpLink().open();
		const { viewer, session } = await view(link);
		const { video: before } = await viewer.stats();
		let { session_id: id, remote_addr: at } = session;
		for (let i = 0; i < 3; i++) {
			await viewer.restart();
			({ remote_addr: at } = await movesFrom(lull, id, at));
			assert.ok(at.endsWith(`:${link.port}`), at);
			await plays(viewer, 30);
		}
		const { video: after } = await viewer.stats();
		const frozen = after.totalFreezesDuration -
			before.totalFreezesDuration;
		assert.ok(frozen < 1, `frozen for ${frozen} s`);
		assert.equal(after.packetsLost, 0);
		assert.equal((await lull.session(id)).state, 'live');
		await ends(lull, viewer, id);
		link.close();
	});

	it('stays paused, and is resumed at once', async () => {
		const link = await new TcpLink().open();
		const { viewer, session } = await view(link);
		const { session_id: id, remote_addr: at } = session;
		await lull.pause(id);
		const { packets_sent: sent } = await verbose(lull, id);
		await viewer.restart();
		assert.equal((await movesFrom(lull, id, at)).state, 'paused');
		await silentFor3s(lull, id);
		assert.equal((await verbose(lull, id)).packets_sent, sent);
		await lull.resume(id);
		await plays(viewer, 20, 5000);
		await ends(lull, viewer, id);
		link.close();
	});
});

describe('a socket that offers another RTCPeerConnection', () => {
	const lull = useLulld();
	const browser = useBrowser();

	it('has another session in place of the one before', async () => {
		const page = await browser.page(lull);
		const ids = await page.evaluate(async (url) => {
			const ws = new WebSocket(url);
			const ids = [];
			await new Promise((done) => { ws.onopen = done; });
			for (let i = 0; i < 2; i++) {
				const pc = new RTCPeerConnection();
				pc.addTransceiver('video', { direction: 'recvonly' });
				await pc.setLocalDescription();
				const answer = new Promise((done) => {
					ws.onmessage = ({ data }) => {
						const { type, value } = JSON.parse(data);
						if (type === 'webrtc') done(value);
					};
				});
				ws.send(JSON.stringify({
					type: 'webrtc',
					value: { type: 'offer', sdp: pc.localDescription.sdp },
				}));
				ids.push((await answer).session_id);
			}
			return ids;
		}, `${lull.url.replace('http', 'ws')}/api/ws?src=demo`);
		assert.notEqual(ids[0], ids[1]);
		await until('the first is closed', async () =>
			(await lull.sessions()).map((s) => s.session_id)
				.join() === ids[1]);
	});
});

describe('our own page', () => {
	const lull = useLulld();
	const browser = useBrowser();

	it('restarts its ICE when nothing gets through', async () => {
		const link = await new Link().open();
		const page = await link.socketPage(browser, lull, '/#src=demo');
		const frames = async () => (await page.evaluate(
			() => window.lullViewers.pageStats())).video.framesDecoded ?? 0;
		const player = { viewerId: 'the page', frames };
		await plays(player);
		const [{ session_id: id }] = await lull.sessions();
		assert.equal(link.offers, 1);
		link.see = () => true;
		await until('the page offers again', () => link.offers === 2, 14_000);
		link.see = null;
		await plays(player, 20);
		assert.equal(link.offers, 2);
		assert.deepEqual((await lull.sessions()).map((s) => s.session_id),
			[id]);
		await page.close();
		link.close();
	});
});

// It takes an answer of one candidate only.
describe("whip-whep's client", () => {
	const browser = useBrowser();
	const lull = useLulld(async () => ({
		config: { webrtc: { listen: `127.0.0.1:${await freePort()}/udp` } },
	}));

	it('restarts its ICE by a PATCH', async () => {
		const page = await browser.page(lull);
		await page.route('**/whep.js', (route) => route.fulfill({
			contentType: 'text/javascript',
			body: readFileSync(CLIENT, 'utf8'),
		}));
		const state = await page.evaluate(async (url) => {
			const { WHEPClient } = await import('/whep.js');
			const pc = new RTCPeerConnection();
			const connected = () => new Promise((done) => {
				pc.onconnectionstatechange = () =>
					pc.connectionState === 'connected' && done();
			});
			pc.addTransceiver('video', { direction: 'recvonly' });
			const client = new WHEPClient();
			const first = connected();
			await client.view(pc, url);
			await first;
			window.packets = async () => [...(await pc.getStats()).values()]
				.find((r) => r.type === 'inbound-rtp').packetsReceived;
			await client.restart();
			return { signaling: pc.signalingState, tag: client.etag };
		}, `${lull.url}/api/webrtc?src=demo`);
		assert.deepEqual(state, { signaling: 'stable', tag: '"1"' });
		const [{ session_id: id, remote_addr: at }] = await lull.sessions();
		await movesFrom(lull, id, at);
		const packets = () => page.evaluate(() => window.packets());
		const before = await packets();
		await until('media comes', async () => await packets() > before + 30);
	});
});
