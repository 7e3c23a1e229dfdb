// What is done often, for long or at a bad moment, and who must not
// notice it.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { aiortcView } from './lib/aiortc.mjs';
import { useBrowser } from './lib/browser.mjs';
import { useCamera, useDecodedCamera } from './lib/camera.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import {
	assertContiguous, assertDecodable, assertForwards, drift, NAL,
	pictures, repaired, span,
} from './lib/packets.mjs';
import { RawSocket } from './lib/raw_socket.mjs';
import { assertClean, recordedView } from './lib/recorder.mjs';
import { pausedView, plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';
import { Capture, viewerPort } from './lib/wire.mjs';

const sanitized = process.env.LULL_SANITIZE === 'yes';

function kilobytes(pid) {
	const status = readFileSync(`/proc/${pid}/status`, 'utf8');
	return Number(/VmRSS:\s+(\d+)/.exec(status)[1]);
}

/** Requests of one connection, the next sent before the last is answered. */
class Toggler {
	static async open(lull, id) {
		const toggler = new Toggler();
		toggler.raw = await RawSocket.open(lull.port);
		const body = JSON.stringify({ session_id: id });
		toggler.pair = ['pause', 'resume'].map((action) => [
			`POST /api/webrtc/session/${action} HTTP/1.1`,
			'Host: localhost', 'Content-Type: application/json',
			`Content-Length: ${body.length}`, '', body,
		].join('\r\n')).join('');
		return toggler;
	}

	/** So many pauses and resumes; all are answered with success. */
	async toggle(times) {
		for (let left = times; left > 0; left -= 100) {
			const pairs = Math.min(left, 100) / 2;
			this.raw.received = Buffer.alloc(0);
			this.raw.write(this.pair.repeat(pairs));
			await until(`${pairs} pairs are answered`, () =>
				this.count(/"success":\s*true/g) === 2 * pairs, 20_000);
			assert.equal(this.count(/^HTTP\/1\.1 200 /gm), 2 * pairs);
		}
	}

	count(pattern) {
		return this.raw.text.match(pattern)?.length ?? 0;
	}

	end() { this.raw.end(); }
}

/**
 * Every packet took the next number, also those that this process was too
 * busy to receive: the numbers went as far as the server counted packets.
 */
async function sentContiguously(lull, viewer) {
	await lull.pause(viewer.sessionId);
	const stats = await verbose(lull, viewer.sessionId);
	const sent = stats.packets_sent - stats.retransmitted;
	await until(`${sent} packets took ${sent} numbers`, () =>
		span(viewer.video) === sent);
	await lull.resume(viewer.sessionId);
}

describe('ten thousand pauses and resumes', () => {
	const lull = useLulld({ streams: { demo: DEMO } });
	const browser = useBrowser();

	it('rule 9: leave a viewer that plays and a worker that has ' +
		'not grown', async () => {
		const watch = await weriftView(lull);
		await plays(watch, 3);
		const viewer = await weriftView(lull);
		const page = await browser.view(lull);
		for (const one of [viewer, page]) await plays(one, 5);
		const { session_id: id } = await lull.viewer(page.viewerId);
		const togglers = [await Toggler.open(lull, viewer.sessionId),
			await Toggler.open(lull, id)];
		for (const toggler of togglers) await toggler.toggle(2000);
		const worker = await lull.worker('demo');
		const before = kilobytes(worker);
		await Promise.all(togglers.map((one) => one.toggle(8000)));
		for (const toggler of togglers) toggler.end();
		for (const one of [viewer, page]) await plays(one, 30);
		if (!sanitized) // which keeps what is freed for a while
			await until('the worker has not grown', () => {
				const grown = kilobytes(worker) - before;
				if (grown < 4096) return true;
				throw new Error(`${grown} KB more`);
			});
		await sentContiguously(lull, viewer);
		assertContiguous(await repaired(watch));
		for (const one of [viewer, page, watch]) await one.close();
	});
});

describe('a sequence number that wraps around', () => {
	const camera = useCamera('--fps', '25', '--gop', '1', '--pattern', 'snow',
		'--size', '640x360', '--bitrate', '16000');
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));

	it('rule 1: does so across a pause', async () => {
		const viewer = await weriftView(lull, 'cam');
		await plays(viewer, 10);
		await until('the numbers are nearly used up', () =>
			viewer.video.at(-1).sequence > 62_000, 120_000);
		await lull.pause(viewer.sessionId);
		const cut = viewer.video.length;
		const before = viewer.video.at(-1).sequence;
		assert.ok(before > 62_000, 'paused in time');
		await lull.resume(viewer.sessionId);
		await until('they begin anew', () =>
			viewer.video.slice(cut).some((p) => p.sequence < 1000), 30_000);
		await plays(viewer, 30);
		await sentContiguously(lull, viewer);
		await viewer.close();
	});
});

describe('a camera that comes back as another', () => {
	const camera = useDecodedCamera('--gop', '10', '--fps', '25');
	const lull = useLulld(() => ({
		streams: { cam: camera.url() },
		// What a receiver in this process can take.
		config: { gop: { rate: 8_000_000 } },
	}));
	const browser = useBrowser();
	const live = {}, held = {};
	let cut;

	before(async () => {
		live.werift = await weriftView(lull, 'cam');
		for (const one of [live, held])
			one.page = await recordedView(browser, lull, 'cam');
		for (const viewer of [live.werift, live.page, held.page])
			await plays(viewer, 10);
		({ viewer: held.werift, cut } = await pausedView(lull, 'cam', 10));
		held.ids = [held.werift.sessionId, held.page.sessionId];
		await lull.pause(held.page.sessionId);
		await camera.kill();
		await until('the loss is noticed', async () =>
			(await lull.producer('cam')).state === 'lost');
		camera.args = ['--gop', '10', '--fps', '25', '--size', '480x272',
			'--profile', 'main'];
		await camera.start();
		for (const viewer of [live.werift, live.page])
			await plays(viewer, 50, 45_000);
		for (const one of held.ids) await lull.resume(one);
		for (const viewer of [held.werift, held.page])
			await plays(viewer, 50);
	});
	after(async () => {
		for (const one of [live, held]) await one.werift?.close();
	});

	it('rule 13: is resumed with the new parameter sets', async () => {
		const mine = await repaired(held.werift);
		const watch = await repaired(live.werift);
		const resumed = assertDecodable(mine.slice(cut), watch);
		const last = pictures(watch).filter((p) => p.key).at(-1);
		assert.deepEqual(resumed[0].nals.slice(0, 2), [NAL.SPS, NAL.PPS]);
		assert.equal(resumed[0].content, last.content);
	});

	for (const [name, who] of Object.entries({ live, held })) {
		it(`rule 13: goes on for who was ${name}`, async () => {
			const video = await repaired(who.werift);
			assertContiguous(video);
			assertForwards(video);
			const ahead = drift(video.slice(0, 100), video.slice(-100));
			assert.ok(Math.abs(ahead) < 0.5, `${ahead} s ahead`);
		});

		it(`shows the new size to who was ${name}`, async () => {
			const { size } = await who.page.stats();
			assert.deepEqual(size, [480, 272]);
		});
	}

	for (const [name, who] of Object.entries({ live, held }))
		it(`smears nothing for who was ${name}`, () =>
			assertClean(who.page, camera));
});

describe('a viewer that stops reading', () => {
	const lull = useLulld();
	const browser = useBrowser();

	it('is not felt by the others, and is ended', async () => {
		const stopped = await aiortcView(lull);
		await plays(stopped, 5);
		const other = await weriftView(lull);
		const page = await browser.view(lull);
		for (const one of [other, page]) await plays(one);
		stopped.process.kill('SIGSTOP');
		try {
			await lull.forgets(stopped.sessionId, 40_000);
		} finally {
			stopped.process.kill('SIGKILL');
		}
		assert.ok(other.frames() > 100);
		const video = await repaired(other);
		assertContiguous(video);
		assertDecodable(video, video);
		assert.equal((await page.stats()).video.packetsLost, 0);
		for (const one of [other, page]) {
			await plays(one);
			await one.close();
		}
	});
});

describe('a paused viewer', () => {
	const lull = useLulld();
	let viewer;

	before(async () => {
		viewer = await aiortcView(lull);
		await plays(viewer, 30);
	});

	it('rule 11: is sent no media and no reports', async () => {
		const session = await lull.session(viewer.sessionId);
		const capture = new Capture([session], 8);
		await capture.sees(session);
		await until('a report on the wire', () =>
			capture.packets.some((p) => p.kind === 'rtcp'));
		await lull.pause(viewer.sessionId);
		const done = Date.now();
		const before = await verbose(lull, viewer.sessionId);
		await capture.end();
		const after = await verbose(lull, viewer.sessionId);
		const later = capture.packets.filter((p) =>
			p.port === viewerPort(session) && p.at > done);
		assert.deepEqual(
			later.filter((p) => p.kind !== 'stun').map((p) => p.kind), []);
		assert.ok(capture.ended - done > 2500, 'watched for some seconds');
		for (const counter of ['packets_sent', 'bytes_sent'])
			assert.equal(after[counter], before[counter]);
	});

	it('rule 10: is ended when it has died', async () => {
		assert.equal((await lull.session(viewer.sessionId)).paused, true);
		viewer.process.kill('SIGKILL');
		await lull.forgets(viewer.sessionId, 30_000);
	});
});
