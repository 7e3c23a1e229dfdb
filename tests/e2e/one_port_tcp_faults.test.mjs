// Viewers by TCP on the one port, when the connection, the network or a
// stranger does what it should not.
import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { useFarHost } from './lib/far_host.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import {
	assertDecodable, longestGap, pictures, repaired, step,
} from './lib/packets.mjs';
import { descriptors } from './lib/process.mjs';
import { RawSocket } from './lib/raw_socket.mjs';
import { connections, queued } from './lib/sockets.mjs';
import { FramedLink, framed } from './lib/framed_link.mjs';
import { plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

const sanitized = process.env.LULL_SANITIZE === 'yes';

const FPS = 15; // of DEMO

/** A viewer by a connection of its own, that plays. */
async function tcpView(lull, { drips = false, src } = {}) {
	const link = await new FramedLink().open();
	link.drips = drips;
	const viewer = await weriftView(link.through(lull), src);
	await plays(viewer);
	return { link, viewer };
}

/** Ends the connection after a packet that is not its picture's last. */
function breakInPicture(link) {
	link.see = (kind, up, data) => {
		if (kind === 'rtp' && !up && !(data[1] & 0x80)) {
			link.see = null;
			link.reset();
		}
		return false;
	};
}

async function leave({ link, viewer }) {
	await viewer.close();
	link.close();
}

describe('a connection to the one port', () => {
	const lull = useLulld();

	it('is a viewer\'s though its first frame comes byte by byte',
		async () => {
			const one = await tcpView(lull, { drips: true });
			assert.equal(one.link.back.opened, 1);
			await leave(one);
		});

	const badFrames = {
		'HTTP': Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
		'TLS': Buffer.from([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3]),
		'a frame of no bytes': Buffer.from([0, 0]),
		'a frame of 65535 bytes': Buffer.from([0xff, 0xff]),
		'a frame that is no check': framed(Buffer.alloc(100, 0x80)),
		'a check of nobody': framed(Buffer.alloc(20)),
	};
	for (const [name, bytes] of Object.entries(badFrames))
		it(`is closed at once: ${name}`, async () => {
			const raw = await RawSocket.open(lull.mediaPort);
			raw.write(bytes);
			await until('it is closed', () => raw.closed, 3000);
			assert.equal(raw.received.length, 0);
		});

	it('is closed if nothing comes, and no later if bytes drip', async () => {
		const silent = await RawSocket.open(lull.mediaPort);
		const slow = await RawSocket.open(lull.mediaPort);
		const begin = performance.now();
		slow.write(Buffer.from([0, 100]));
		await until('both are closed', () => {
			if (!slow.closed) slow.write(Buffer.of(0));
			return silent.closed && slow.closed;
		}, 8000);
		assert.ok(performance.now() - begin > 3000, 'it may take a while');
	});

	it('is opened by a viewer though 200 others are idle', async () => {
		const idle = descriptors(lull.process.pid);
		const viewer = await tcpView(lull);
		const crowd = [];
		for (let i = 0; i < 200; i++)
			crowd.push(await RawSocket.open(lull.mediaPort));
		const late = await tcpView(lull);
		assert.ok(descriptors(lull.process.pid) <= idle + 220);
		await plays(viewer.viewer);
		await until('the others are closed',
			() => crowd.every((raw) => raw.closed));
		await until('lulld has as many descriptors as before', () =>
			descriptors(lull.process.pid) <= idle + 2);
		await plays(late.viewer);
		for (const one of [viewer, late]) await leave(one);
	});

	it('breaks in mid-picture: the viewer comes by another one', async () => {
		const other = await weriftView(lull);
		await plays(other);
		const one = await tcpView(lull);
		for (let i = 0; i < 3; i++) {
			const { opened } = one.link.back;
			breakInPicture(one.link);
			await until('it has come by another connection',
				() => one.link.back.opened > opened);
			await plays(one.viewer, FPS);
		}
		await until('there is one connection',
			() => connections(lull.process.pid, lull.mediaPort) === 1);
		assert.equal((await lull.session(one.viewer.sessionId)).state, 'live');
		assert.ok(longestGap(other.video) < 1000);
		await leave(one);
		await other.close();
	});
});

/** TCP's receive buffers of this network: least, usual, most. */
const RECEIVE = '/proc/sys/net/ipv4/tcp_rmem';

describe('a viewer that stops reading for ten seconds', () => {
	const before_ = readFileSync(RECEIVE, 'ascii');
	// More than what may wait comes in that time.
	const lull = useLulld({
		streams: { big: 'demo:?size=640x360&fps=15&gop=2' },
	});
	let one, watch;

	const rss = async () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(
		`/proc/${await lull.worker('big')}/status`, 'utf8'))[1]);

	before(async () => {
		writeFileSync(RECEIVE, '4096 32768 32768');
		watch = await weriftView(lull, 'big');
		await plays(watch, FPS);
		one = await tcpView(lull, { src: 'big' });
	});
	after(async () => {
		writeFileSync(RECEIVE, before_);
		await leave(one);
		await watch.close();
	});

	it('is said to be slow, and its queue stays short', async () => {
		const { link, viewer } = one;
		const memory = await rss();
		const stopped = performance.now();
		let most = 0;
		link.stopReading();
		const states = new Set();
		await until('ten seconds are over', async () => {
			states.add((await lull.session(viewer.sessionId)).state);
			most = Math.max(most, queued(lull.process.pid, lull.mediaPort,
				link.port));
			return performance.now() - stopped > 10_000;
		}, 15_000);
		assert.deepEqual([...states], ['live', 'slow']);
		assert.ok(most < 600_000, `${most} bytes wait`);
		const more = await rss() - memory;
		if (!sanitized) // which keeps what is freed for a while
			assert.ok(more < 4096, `the worker has grown by ${more} KB`);
	});

	it('then begins with a key frame, and is live again', async () => {
		const { link, viewer } = one;
		link.readOn();
		await plays(viewer, 4 * FPS);
		await lull.reaches(viewer.sessionId, 'live');
		const all = assertDecodable(
			await repaired(viewer), await repaired(watch));
		const late = all.findIndex((picture, i) => i > 0 &&
			(picture.timestamp - all[i - 1].timestamp | 0) > 5 * 90_000);
		assert.ok(late > 0, 'pictures were left out');
		assert.ok(all[late].key, 'the first one after that is a key frame');
		assert.equal((await verbose(lull, viewer.sessionId)).state, 'live');
	});
});

describe('a viewer by TCP whose link', () => {
	const far = useFarHost();
	const lull = useLulld(() => ({
		host: far.address, under: far.under,
		streams: { big: 'demo:?size=640x360&fps=15&gop=1' },
	}));
	let one, watch;

	before(async () => {
		watch = await weriftView(lull, 'big');
		await plays(watch, FPS);
		one = await tcpView(lull, { src: 'big' });
	});
	after(async () => {
		await leave(one);
		await watch.close();
	});

	/** Its pictures, of which none lacks its reference. */
	const clean = async () => assertDecodable(
		await repaired(one.viewer), await repaired(watch));

	/** How late each picture came, in ms, beside the other viewer's. */
	function delays(packets) {
		const made = new Map(pictures(watch.video).map(
			(picture) => [picture.content, picture.at]));
		return pictures(packets).filter((p) => made.has(p.content))
			.map((p) => p.at - made.get(p.content));
	}

	/** In bit/s, of the whole stream. */
	function rate(packets) {
		const bytes = packets.reduce((sum, p) => sum + p.bytes + 50, 0);
		return bytes * 8000 / (packets.at(-1).at - packets[0].at);
	}

	it('loses 1 % and takes 50 ms: sees all of it', async () => {
		const { viewer } = one;
		far.spoil({ port: lull.mediaPort, loss: 0.01, delay: 0.05 });
		const { length } = viewer.video;
		await plays(viewer, 15 * FPS, 40_000);
		const seen = viewer.video.slice(length);
		const late = Math.max(...delays(seen));
		assert.ok(late < 1000, `${late} ms late`);
		const all = await clean();
		const from = all.findIndex((p) => p.at > seen[0].at);
		all.slice(from + 1).forEach((picture, i) => assert.ok(
			step(all[from + i], picture) < 45_000, 'none is left out'));
		assert.equal((await lull.session(viewer.sessionId)).state, 'live');
		far.spoil({});
	});

	it('carries three tenths: sees whole groups, none too late', async () => {
		const { viewer } = one;
		const { length } = viewer.video;
		const now = watch.video.at(-1).at;
		const stream = rate(
			watch.video.filter((p) => p.at > now - 10_000));
		far.spoil({ port: lull.mediaPort, rate: 0.3 * stream });
		await lull.reaches(viewer.sessionId, 'slow', 20_000);
		await plays(viewer, 6 * FPS, 60_000);
		const late = delays(viewer.video.slice(length));
		// A key frame alone takes most of a second on this link.
		assert.ok(Math.max(...late) < 2000,
			`${Math.max(...late)} ms late of ${stream} bit/s`);
		await clean();
	});

	it('carries all again: is live again', async () => {
		const { viewer } = one;
		far.spoil({});
		await lull.reaches(viewer.sessionId, 'live', 20_000);
		const { length } = viewer.video;
		await plays(viewer, 4 * FPS);
		assert.ok(Math.max(...delays(viewer.video.slice(length))) < 500);
		await clean();
	});
});
