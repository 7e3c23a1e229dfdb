// What goes wrong around the one port: processes that are killed, floods of
// what is no viewer's, others who want the port. Whoever watches sees it not.
import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { useBrowser } from './lib/browser.mjs';
import { check, iceOf } from './lib/checks.mjs';
import { Link } from './lib/link.mjs';
import { DEMO, LULLD, Lulld, useLulld } from './lib/lulld.mjs';
import { longestGap } from './lib/packets.mjs';
import { Process, descriptors, run } from './lib/process.mjs';
import { udpSockets } from './lib/sockets.mjs';
import { FramedLink } from './lib/framed_link.mjs';
import { freePort, temporaryFolder } from './lib/temp.mjs';
import { plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const FPS = 15; // of DEMO
const FREEZE_MS = 1000; // this process may be busy for less
const FLOOD = fileURLToPath(new URL('lib/flood.mjs', import.meta.url));

/** What a viewer was sent, since it played: nothing is lost, nothing late. */
function assertSmooth(packets, name) {
	packets.forEach(({ sequence }, i) => i && assert.equal(sequence,
		(packets[i - 1].sequence + 1) & 0xffff, `${name}: packet ${i}`));
	const gap = longestGap(packets);
	assert.ok(gap < FREEZE_MS, `${name}: nothing came for ${gap} ms`);
}

/** A viewer by UDP, one behind a NAT and one by TCP. */
async function threeViewers(lull) {
	const nat = await new Link().open();
	const tcp = await new FramedLink().open();
	return {
		links: [nat, tcp],
		viewers: {
			'by UDP': await weriftView(lull),
			'behind a NAT': await weriftView(nat.through(lull)),
			'by TCP': await weriftView(tcp.through(lull)),
		},
	};
}

describe('a lulld that is killed', () => {
	const lull = useLulld();
	let links, viewers;

	before(async () => {
		({ links, viewers } = await threeViewers(lull));
		for (const viewer of Object.values(viewers)) await plays(viewer);
	});
	after(async () => {
		for (const viewer of Object.values(viewers)) await viewer.pc.close();
		for (const link of links) link.close();
	});

	it('is missed by no viewer', async () => {
		const start = Object.values(viewers).map((v) => v.video.length);
		await lull.process.crash();
		await Promise.all(Object.values(viewers).map(
			(viewer) => plays(viewer, 6 * FPS)));
		Object.entries(viewers).forEach(([name, { video }], i) =>
			assertSmooth(video.slice(start[i]), name));
	});

	it('has a successor who takes the port at once', async () => {
		lull.viewers.clear(); // it knows none of them
		lull.spawn();
		await lull.listens();
		await lull.process.line(/ INF \[webrtc\] listen addr=/);
		for (const link of [await new Link().open(),
			await new FramedLink().open()]) {
			const viewer = await weriftView(link.through(lull));
			await plays(viewer);
			await viewer.close();
			link.close();
		}
	});
});

describe('a worker that is killed', () => {
	const names = ['one', 'two', 'three'];
	const lull = useLulld({
		streams: Object.fromEntries(names.map((name) =>
			[name, { url: DEMO, preload: true }])),
	});
	const viewers = {};
	let before_; // descriptors of lulld

	const view = async (name) => {
		viewers[name] = await weriftView(lull, name);
		await plays(viewers[name]);
	};

	before(async () => {
		for (const name of names) await view(name);
		before_ = descriptors(lull.process.pid);
	});
	after(async () => {
		for (const viewer of Object.values(viewers)) await viewer.close();
	});

	it('is missed by no viewer of the others', async () => {
		const doors = lull.doors();
		assert.equal(doors.length, 3);
		const start = names.map((name) => viewers[name].video.length);
		const worker = await lull.worker('one');
		process.kill(worker, 'SIGKILL');
		await until('another one runs', () =>
			![undefined, worker].includes(lull.workers().one), 20_000);
		await Promise.all(['two', 'three'].map(
			(name) => plays(viewers[name], 4 * FPS)));
		names.slice(1).forEach((name, i) => assertSmooth(
			viewers[name].video.slice(start[i + 1]), name));
	});

	it('leaves neither a door nor a descriptor', async () => {
		await viewers.one.close();
		await until('its successor has a door', async () => {
			await lull.worker('one');
			return lull.doors().length >= 3;
		});
		await view('one');
		await until('there is a door for each worker',
			() => lull.doors().length === 3);
		await until('lulld has as many descriptors as before', () =>
			descriptors(lull.process.pid) <= before_);
	});

	it('leaves none however often it is killed', async () => {
		for (let i = 0; i < 3; i++) {
			const worker = await lull.worker('two');
			await viewers.two.close();
			process.kill(worker, 'SIGKILL');
			await until('another one runs', () =>
				![undefined, worker].includes(lull.workers().two), 20_000);
			await view('two');
		}
		assert.equal(lull.doors().length, 3);
		await until('lulld has as many descriptors as before', () =>
			descriptors(lull.process.pid) <= before_);
	});
});

describe('a flood of what is no viewer\'s', () => {
	const SECONDS = 4;
	const RATE = 4000; // datagrams a second
	const lull = useLulld();
	const browser = useBrowser();
	const floods = {
		'checks with a wrong password': ({ ufrag }) =>
			[check(`${ufrag}:x`, 'a password that is not ours')],
		'checks of viewers that this worker has not got': ({ ufrag }) =>
			[check(`${ufrag.slice(0, 4)}aaaaaaaa:x`, 'x')],
		'checks of a worker that is not there': () =>
			[check('ZZZZaaaaaaaa:x', 'x')],
		'checks of no worker of ours': () =>
			[check('abc:x', 'x'), check('../..:x', 'x'), check('x', 'x')],
		'what is no check': () => [
			Buffer.from('GET / HTTP/1.1\r\n\r\n'), Buffer.alloc(1),
			Buffer.alloc(1400, 0x80), Buffer.from([0x16, 0xfe, 0xff]),
			Buffer.alloc(20), check('a:b', 'c').subarray(0, 30),
		],
	};
	let link, viewer, pids, ice;

	before(async () => {
		link = await new Link().open();
		link.see = (kind, up, data) => {
			if (kind === 'stun' && up && data.readUInt16BE() === 1)
				link.firstCheck ??= Buffer.from(data);
			return false;
		};
		const page = await link.page(browser, lull);
		viewer = await browser.view(lull, 'demo', { page });
		await plays(viewer, 2 * FPS);
		ice = { ufrag: iceOf(await viewer.answer(), 'ufrag') };
		viewer.sessionId = (await lull.viewer(viewer.viewerId)).session_id;
		pids = { lulld: lull.process.pid, worker: await lull.worker('demo') };
	});
	after(() => link.close());

	const use = () => ({
		lulld: descriptors(pids.lulld), worker: descriptors(pids.worker),
		sockets: udpSockets(pids.lulld, lull.mediaPort),
	});

	/** The flood: how many descriptors there were at most. */
	async function flood(datagrams) {
		const flooder = new Process(process.execPath, [FLOOD,
			String(lull.mediaPort), String(SECONDS), String(RATE),
			...datagrams.map((d) => d.toString('hex'))]);
		const most = use();
		await until('the flood is over', () => {
			for (const [name, n] of Object.entries(use()))
				most[name] = Math.max(most[name], n);
			return flooder.exit;
		}, (SECONDS + 15) * 1000);
		assert.match(flooder.text, /^sent \d{4,}/);
		return { most, text: flooder.text };
	}

	/** What the viewer sees meanwhile; it is checked that it misses nothing. */
	async function seesItsPicture(act) {
		const { video: first } = await viewer.stats();
		const { length } = link.rtp;
		const result = await act();
		await plays(viewer, FPS);
		const { video: last } = await viewer.stats();
		assertSmooth(link.rtp.slice(length), 'what the server sends');
		assert.equal(last.packetsLost, first.packetsLost);
		assert.equal(last.nackCount, first.nackCount);
		assert.equal((await verbose(lull, viewer.sessionId)).state, 'live');
		return result;
	}

	for (const [name, make] of Object.entries(floods))
		it(`is not seen by a viewer, and leaves nothing: ${name}`,
			async () => {
				const idle = use();
				const { most, text } =
					await seesItsPicture(() => flood(make(ice)));
				assert.match(text, / answers 0$/m);
				// One may be on its way from one to the other.
				assert.ok(most.lulld <= idle.lulld + 2,
					`lulld: ${idle.lulld}, then ${most.lulld}`);
				assert.ok(most.worker <= idle.worker + 2,
					`worker: ${idle.worker}, then ${most.worker}`);
				await until('there are as many sockets as before', () =>
					use().sockets <= idle.sockets &&
					use().worker <= idle.worker);
			});

	it('is a few flows at most: the viewer\'s own check, repeated', async () => {
		const idle = use();
		const { most } =
			await seesItsPicture(() => flood([link.firstCheck]));
		assert.ok(most.worker <= idle.worker + 8,
			`worker: ${idle.worker}, then ${most.worker}`);
		assert.match((await lull.session(viewer.sessionId)).remote_addr,
			new RegExp(`:${link.port}$`));
	});

	it('does not keep another viewer from coming', async () => {
		const flooder = new Process(process.execPath, [FLOOD,
			String(lull.mediaPort), '60', String(RATE / 4),
			...floods['checks with a wrong password'](ice)
				.map((d) => d.toString('hex'))]);
		const other = await weriftView(lull);
		await plays(other);
		await other.close();
		await flooder.crash();
	});
});

describe('a port that is taken', () => {
	const first = new Lulld();
	const folder = temporaryFolder('port');

	before(() => first.start());
	after(() => first.stop());

	/** What another lulld says that is to use this port. */
	async function refusal(port) {
		const { code, out } = await run(LULLD, [
			'--rundir', join(folder, `run${port}`), '-c', JSON.stringify({
				streams: { demo: DEMO },
				api: { listen: `127.0.0.1:${await freePort()}` },
				webrtc: { listen: `:${port}` },
			})]);
		assert.equal(code, 1, out);
		return out;
	}

	it('by another lulld: the second one says so and ends', async () => {
		const out = await refusal(first.mediaPort);
		assert.match(out, new RegExp('ERR \\[webrtc\\] cannot listen on ' +
			`.*:${first.mediaPort}.* for viewers: .*Address already in use`));
		assert.match(out, /another program has this port.*webrtc\.listen/);
		const viewer = await weriftView(first);
		await plays(viewer, 3);
		await viewer.close();
	});

	it('by another program\'s TCP: lulld says so', async () => {
		const server = createServer().listen(0, '0.0.0.0');
		await once(server, 'listening');
		const { port } = server.address();
		assert.match(await refusal(port), /Address already in use/);
		server.close();
	});

	it('by another program\'s UDP: lulld says so', async () => {
		const socket = createSocket('udp4').bind(0);
		await once(socket, 'listening');
		const { port } = socket.address();
		assert.match(await refusal(port), /Address already in use/);
		socket.close();
	});

	// In a namespace of users, as without root, there is no other one.
	const alone = !/ 4294967295$/m.test(
		readFileSync('/proc/self/uid_map', 'ascii'));

	it('by lulld: no other user can share it', { skip: alone }, async () => {
		for (const option of ['SO_REUSEPORT', 'SO_REUSEADDR']) {
			const { code, out } = await run('setpriv', [
				'--reuid=65534', '--clear-groups', '/usr/bin/python3', '-c',
				'import socket as s; u = s.socket(s.AF_INET, s.SOCK_DGRAM);' +
				`u.setsockopt(s.SOL_SOCKET, s.${option}, 1);` +
				`u.bind(("0.0.0.0", ${first.mediaPort}))`]);
			assert.notEqual(code, 0);
			assert.match(out, /Address already in use/);
		}
	});
});

describe('a viewer whose port is shut for a while', () => {
	const lull = useLulld();

	it('sees its picture again in the same session', async () => {
		const link = await new Link().open();
		const viewer = await weriftView(link.through(lull));
		await plays(viewer);
		const states = new Set();
		const shut = performance.now();
		const reopen = link.shut();
		// What is sent to it is answered with ICMP: nobody is there.
		await until('1.5 s have passed', async () => {
			states.add((await lull.session(viewer.sessionId))?.state);
			return performance.now() - shut > 1500;
		});
		await reopen();
		await plays(viewer, 2 * FPS, 5000);
		assert.deepEqual([...states], ['live']);
		assert.equal((await lull.session(viewer.sessionId)).state, 'live');
		await viewer.close();
		link.close();
	});
});
