// webrtc.candidates and webrtc.filters: where viewers are told to come.
import assert from 'node:assert/strict';
import { networkInterfaces } from 'node:os';
import { after, before, describe, it } from 'node:test';
import { useLulld } from './lib/lulld.mjs';
import { offer, postOffer } from './lib/offers.mjs';
import { UdpRelay } from './lib/relay.mjs';
import { openStunServer } from './lib/stun.mjs';
import { until } from './lib/wait.mjs';
import { plays } from './lib/viewers.mjs';
import { weriftView } from './lib/werift.mjs';

const PUBLIC = '203.0.113.7';

/** What an answer offers: "udp 192.0.2.1 8555" and so on, in its order. */
function candidates(answer) {
	assert.equal(answer.status, 201, answer.text);
	return Array.from(
		answer.text.matchAll(/^a=candidate:\S+ 1 (\S+) \d+ (\S+) (\d+) /gm),
		([, transport, ip, port]) => `${transport} ${ip} ${port}`);
}

async function offered(lull) {
	return candidates(await postOffer(lull, offer()));
}

/** Those that are not of the host's own port. */
async function announced(lull) {
	return (await offered(lull)).filter(
		(c) => !c.endsWith(` ${lull.mediaPort}`));
}

const webrtc = (keys) => ({ config: { webrtc: keys } });

describe('addresses that lead to the port', () => {
	const lull = useLulld(webrtc({
		candidates: ['198.51.100.7:1001', '[2001:db8::7]:1002/udp',
			'198.51.100.8:1003/tcp', 'stun:stun.example.org:3478',
			'localhost:1004/udp', 'nobody.invalid:1005'],
	}));

	it('are told to viewers, behind our own', async () => {
		const all = await offered(lull);
		const own = all.filter((c) => c.endsWith(` ${lull.mediaPort}`));
		assert.ok(own.length > 1);
		assert.deepEqual(all.slice(own.length, own.length + 4), [
			'udp 198.51.100.7 1001', 'tcp 198.51.100.7 1001',
			'udp 2001:db8::7 1002', 'tcp 198.51.100.8 1003',
		]);
	});

	it('may be names', () => until('localhost is looked up', async () =>
		(await announced(lull)).includes('udp 127.0.0.1 1004')));

	it('that are none are reported, with their place', () =>
		lull.process.line(/ WRN \[config\] .*lull\.yaml:\d+: webrtc\.candidates: `stun:stun\.example\.org:3478` .* belongs into webrtc\.ice_servers/));
});

describe('the public address', () => {
	let stun;
	before(async () => { stun = await openStunServer({ says: PUBLIC }); });
	after(() => stun.close());
	const lull = useLulld(() => webrtc({
		candidates: ['stun:18555'], ice_servers: [{ urls: stun.url }],
	}));

	it('is that which a STUN server sees', () =>
		until('the public address is told', async () => {
			const all = await announced(lull);
			return all.includes(`udp ${PUBLIC} 18555`) &&
				all.includes(`tcp ${PUBLIC} 18555`);
		}));

	it('was asked for from the port itself', () =>
		assert.ok(stun.asked.some((a) => a.port === lull.mediaPort)));
});

describe('a STUN server that answers late', () => {
	let stun;
	before(async () => {
		stun = await openStunServer({ says: PUBLIC, silent: true });
	});
	after(() => stun.close());
	const lull = useLulld(() => webrtc({
		candidates: ['stun:18555'], ice_servers: [{ urls: stun.url }],
	}));
	// Viewers' own sockets ask it, too.
	const fromPort = () => stun.asked.filter(
		(a) => a.port === lull.mediaPort).length;

	it('holds up no viewer', async () => {
		const viewer = await weriftView(lull);
		await plays(viewer);
		assert.ok(!viewer.answer.body.sdp.includes(PUBLIC));
		await viewer.close();
	});

	it('is heard by the worker that runs', async () => {
		const worker = await lull.worker('demo');
		stun.silent = false;
		await until('the public address is told', async () =>
			(await announced(lull)).includes(`udp ${PUBLIC} 18555`));
		assert.equal(await lull.worker('demo'), worker);
		assert.ok(fromPort() > 1);
	});

	it('is not asked any more', async () => {
		const before = fromPort();
		const viewer = await weriftView(lull);
		await plays(viewer, 40);
		assert.equal(fromPort(), before);
		await viewer.close();
	});
});

describe('a port that a router forwards', () => {
	const router = new UdpRelay({ address: '127.0.0.1' });
	before(() => router.open());
	after(() => router.close());
	const lull = useLulld(() => webrtc({
		candidates: [`127.0.0.1:${router.address.port}`],
		filters: { candidates: [] },
	}));

	it('is all that is offered, and viewers come by it', async () => {
		router.target.port = lull.mediaPort;
		const { port } = router.address;
		assert.deepEqual(await offered(lull), [
			`udp 127.0.0.1 ${port}`, `tcp 127.0.0.1 ${port}`]);
		const viewer = await weriftView(lull);
		await plays(viewer, 20);
		assert.ok(router.passed > 20);
		await viewer.close();
	});
});

/** Only addresses of that interface, which has more than 127.0.0.1 here. */
function assertOfLoopback(all) {
	const its = networkInterfaces().lo.map((a) => a.address);
	assert.ok(all.length > 0);
	for (const c of all) assert.ok(its.includes(c.split(' ')[1]), c);
}

describe('filters', () => {
	describe('of networks', () => {
		const lull = useLulld(webrtc({
			candidates: ['198.51.100.7:1001'],
			filters: { networks: ['tcp4'] },
		}));

		it('hold for all that is offered', async () => {
			const all = await offered(lull);
			assert.ok(all.length >= 2);
			assert.ok(all.every((c) => /^tcp \d+\./.test(c)), all);
			assert.ok(all.includes('tcp 198.51.100.7 1001'));
		});
	});

	describe('of addresses', () => {
		const lull = useLulld(webrtc({
			filters: { ips: ['127.0.0.1'], loopback: true },
		}));

		it('leave those that are named', async () =>
			assert.deepEqual(await offered(lull), [
				`udp 127.0.0.1 ${lull.mediaPort}`,
				`tcp 127.0.0.1 ${lull.mediaPort}`]));
	});

	describe('of interfaces', () => {
		const lull = useLulld(webrtc({
			filters: { interfaces: ['lo'] },
		}));

		it('leave theirs, and viewers come to them', async () => {
			assertOfLoopback(await offered(lull));
			const viewer = await weriftView(lull);
			await plays(viewer);
			await viewer.close();
		});
	});

	describe('of sockets of their own', () => {
		const lull = useLulld(webrtc({
			listen: '',
			filters: { interfaces: ['lo'], udp_ports: [23_000, 23_009] },
		}));

		it('hold for addresses and ports', async () => {
			const all = await offered(lull);
			assertOfLoopback(all);
			assert.ok(all.every((c) => /^udp \S+ 2300\d$/i.test(c)), all);
		});
	});

	describe('that leave nothing', () => {
		const lull = useLulld(webrtc({ filters: { candidates: [] } }));

		it('are a 503 that says so', async () => {
			const answer = await postOffer(lull, offer());
			assert.equal(answer.status, 503);
			assert.match(answer.body.error, /webrtc\.filters/);
		});
	});
});
