// All viewers of all cameras come by one port of the server, which gives each
// a socket of its own on it: of UDP here, for TCP see tcp.test.mjs.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { aiortcView } from './lib/aiortc.mjs';
import { useBrowser } from './lib/browser.mjs';
import { UdpChecker, checkFor } from './lib/checker.mjs';
import { ip } from './lib/host.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { offer, postOffer } from './lib/offers.mjs';
import { socketsOf } from './lib/sockets.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { Only, candidatesOf } from './lib/way.mjs';
import { webrtcbinView } from './lib/webrtcbin.mjs';
import { weriftView } from './lib/werift.mjs';

const OWN = '10.20.0.1'; // of this host
const VIEWERS = 8; // that only check
const CHECKS = 20; // of each

/** The UDP sockets of a lulld and of all its workers. */
function udpSockets(lull) {
	return [lull.process.pid, ...Object.values(lull.workers())]
		.flatMap(socketsOf).filter((s) => s.protocol === 'udp');
}

describe('viewers of four kinds and two cameras', () => {
	const lull = useLulld({ streams: { demo: DEMO, other: DEMO } });
	const viewers = [];
	after(async () => {
		for (const viewer of viewers) await viewer.close();
	});
	const browser = useBrowser();

	it('all play', async () => {
		viewers.push(await browser.view(lull), await browser.view(lull, 'other'),
			await aiortcView(lull), await weriftView(lull, 'other'),
			await webrtcbinView(lull));
		for (const viewer of viewers) await plays(viewer);
	});

	it('share one port', () => {
		const sockets = udpSockets(lull);
		assert.ok(sockets.filter((s) => s.remote !== 0).length >=
			viewers.length);
		assert.deepEqual([...new Set(sockets.map((s) => s.local))],
			[lull.mediaPort]);
	});

	it('are known by the addresses that they come from', async () => {
		const remotes = udpSockets(lull).map((s) => s.remote);
		for (const { remote_addr: address } of await lull.sessions())
			assert.ok(remotes.includes(Number(address.split(':').at(-1))),
				address);
	});

	it('send nothing to lulld once they are connected', async (t) => {
		const { pid } = lull.process;
		t.after(() => process.kill(pid, 'SIGCONT'));
		process.kill(pid, 'SIGSTOP'); // what comes would stay unread
		// Longer than it takes each of them to check again, and to report.
		for (const viewer of viewers) await plays(viewer, 45);
		const unread = socketsOf(pid).filter((s) =>
			s.protocol === 'udp' && s.queue > 0);
		assert.deepEqual(unread, []);
	});
});

describe('a viewer that checks', () => {
	const lull = useLulld();

	it('is read by lulld once', async () => {
		const at = { address: OWN, port: lull.mediaPort };
		for (let i = 0; i < VIEWERS; i++) {
			const text = offer();
			const answer = await postOffer(lull, text);
			const checker = await new UdpChecker().open({ address: OWN });
			for (let n = 0; n < CHECKS; n++)
				assert.deepEqual(await checker.ask(
					checkFor(text, answer.text), at), at);
			checker.close();
		}
		const { body } = await lull.call('GET', '/api');
		const { udp, tcp } = body.viewer_port;
		assert.deepEqual(udp, { opened: VIEWERS, more: 0, dropped: 0 });
		assert.deepEqual(tcp, { opened: 0, dropped: 0 });
	});
});

describe('a viewer of each family', () => {
	const lull = useLulld();
	const browser = useBrowser();
	const V6 = 'fd00:20::1';

	before(async () => {
		await ip(`address add ${V6}/64 dev cable0 nodad`);
		await ip('-6 route add default via fd00:20::2');
	});
	after(() => ip(`address del ${V6}/64 dev cable0`));

	const ways = {
		'IPv4': (c) => c.family === 4,
		'IPv6': (c) => c.family === 6,
		'both': () => true,
	};
	for (const [name, wanted] of Object.entries(ways))
		it(`plays, as it was told: ${name}`, async () => {
			const udp = new Only((c) => c.transport === 'udp' && wanted(c));
			const viewer = await browser.view(lull, 'demo',
				{ page: await udp.page(browser, lull) });
			await plays(viewer);
			const { remote, remotes } = await viewer.path();
			assert.equal(remote.protocol, 'udp');
			assert.equal(remote.port, lull.mediaPort);
			assert.ok(wanted({ family: remote.address.includes(':') ? 6 : 4 }));
			for (const one of remotes)
				assert.equal(one.candidateType, 'host', JSON.stringify(one));
			await viewer.close();
		});
});

describe('with UDP alone', () => {
	const lull = useLulld({ transport: 'udp' });
	const browser = useBrowser();

	it('a viewer plays, and is offered no TCP', async () => {
		const viewer = await browser.view(lull);
		await plays(viewer);
		const offered = candidatesOf(await viewer.answer());
		assert.ok(offered.length > 0);
		for (const { transport, port } of offered) {
			assert.equal(transport, 'udp');
			assert.equal(port, lull.mediaPort);
		}
		await viewer.close();
	});

	it('lulld takes no connections', () => {
		const listening = socketsOf(lull.process.pid).filter((s) =>
			s.protocol === 'tcp' && s.listens && s.local === lull.mediaPort);
		assert.deepEqual(listening, []);
	});
});

describe('a viewer that is ICE-lite', () => {
	const lull = useLulld();

	it('is checked, from a port of its own', async () => {
		const viewer = await weriftView(lull, 'demo',
			{ config: { iceLite: true } });
		const { sdp } = viewer.answer.body;
		assert.doesNotMatch(sdp, /^a=ice-lite/m);
		await plays(viewer);
		const ports = new Set(udpSockets(lull).map((s) => s.local));
		assert.ok(ports.has(lull.mediaPort));
		assert.equal(ports.size, 2);
		await viewer.close();
		await until('its port is given back', () =>
			udpSockets(lull).every((s) => s.local === lull.mediaPort));
	});
});
