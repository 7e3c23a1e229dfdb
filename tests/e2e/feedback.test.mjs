// What viewers say about what they were sent, and what is done about it:
// NACK (RFC 4585, 6.2.1), PLI (6.3.1), receiver reports.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useCamera } from './lib/camera.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertDecodable, pictures, repaired } from './lib/packets.mjs';
import { plays, silentFor3s, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { webrtcbinView } from './lib/webrtcbin.mjs';
import { weriftView } from './lib/werift.mjs';

const RARE = ['--gop', '10', '--fps', '25'];

function useRareCamera() {
	const camera = useCamera(...RARE);
	return useLulld(() => ({
		streams: { cam: camera.url() },
		// What a receiver in this process can take.
		config: { gop: { rate: 8_000_000 } },
	}));
}

/** How often each of these sequence numbers has come. */
function arrivals(viewer, numbers) {
	return numbers.map((n) =>
		viewer.video.filter((p) => p.sequence === n).length);
}

function sequences(packets) {
	return packets.map((p) => p.sequence);
}

/** Says that they are missing until they have come again. */
async function comeAgain(viewer, numbers) {
	const before = arrivals(viewer, numbers);
	await until('what is asked for is sent again', async () => {
		await viewer.nack(...numbers);
		return arrivals(viewer, numbers).every((n, i) => n > before[i]);
	});
}

function missesPackets(lull, its, rtx) {
	it('is sent the same bytes again', async () => {
		const viewer = its();
		const wanted = viewer.video.slice(-10);
		await comeAgain(viewer, sequences(wanted));
		for (const packet of wanted) {
			const same = viewer.video.filter(
				(p) => p.sequence === packet.sequence);
			for (const one of same)
				assert.deepEqual({ ...one, at: 0 }, { ...packet, at: 0 });
		}
		assert.equal(viewer.sources().length, rtx ? 2 : 1);
	});

	it('rule 7: is sent nothing from before a pause', async () => {
		const viewer = its();
		const old = sequences(viewer.video.slice(-20));
		await lull.pause(viewer.sessionId);
		const before = arrivals(viewer, old);
		await Promise.all([
			silentFor3s(lull, viewer.sessionId),
			viewer.nack(...old),
		]);
		const cut = viewer.video.length;
		await lull.resume(viewer.sessionId);
		await plays(viewer, 10);
		await viewer.nack(...old);
		await comeAgain(viewer,
			sequences(viewer.video.slice(cut, cut + 5)));
		assert.deepEqual(arrivals(viewer, old), before);
	});

	it('rule 7: is sent again what was replayed', async () => {
		const viewer = its();
		await lull.pause(viewer.sessionId);
		// What was under way still comes, and is not sent again.
		await silentFor3s(lull, viewer.sessionId);
		const cut = viewer.video.length;
		await lull.resume(viewer.sessionId);
		await plays(viewer, 5);
		await comeAgain(viewer,
			sequences(viewer.video.slice(cut, cut + 20)));
	});

	it('is not sent what it asks for out of nowhere', async () => {
		const viewer = its();
		const { sequence } = viewer.video.at(-1);
		const never = [1, 2, 3].map((n) => (sequence + 20_000 * n) & 0xffff);
		await viewer.nack(...never);
		await comeAgain(viewer, sequences(viewer.video.slice(-3)));
		assert.deepEqual(arrivals(viewer, never), [0, 0, 0]);
		await plays(viewer);
	});
}

for (const rtx of [false, true])
	describe(`a viewer who misses packets, ${rtx ? 'with' : 'without'} RTX`,
		() => {
			const lull = useRareCamera();
			let viewer;

			before(async () => {
				viewer = await weriftView(lull, 'cam', { rtx });
				await plays(viewer, 30);
			});
			after(() => viewer.close());

			missesPackets(lull, () => viewer, rtx);
		});

describe('a link that loses some packets', () => {
	const lull = useRareCamera();
	let link;

	before(async () => { link = await new Link().open(); });
	after(() => link.close());

	it('shows each of them in the end, to a viewer without RTX', async () => {
		const watch = await weriftView(lull, 'cam');
		await plays(watch, 5);
		const viewer = await weriftView(link.through(lull), 'cam');
		await plays(viewer, 10);
		const dropped = new Set();
		link.drop = ({ sequence }) => sequence % 9 === 0 &&
			!dropped.has(sequence) && Boolean(dropped.add(sequence));
		await plays(viewer, 50);
		link.drop = null;
		await until('every lost one has come', () => dropped.size > 5 &&
			arrivals(viewer, [...dropped]).every((n) => n > 0));
		assertDecodable(await repaired(viewer), await repaired(watch));
		for (const one of [viewer, watch]) await one.close();
	});
});

describe('a viewer who asks for a picture', () => {
	const lull = useRareCamera();
	let watch, viewer;

	before(async () => {
		watch = await weriftView(lull, 'cam');
		await plays(watch, 5);
		viewer = await weriftView(lull, 'cam');
		await plays(viewer, 30);
	});
	after(async () => {
		for (const one of [viewer, watch]) await one.close();
	});

	const keys = (one) => pictures(one.video).filter((p) => p.key).length;

	it('rule 5: has one from the cache', async () => {
		const [its, cameras] = [keys(viewer), keys(watch)];
		await until('a key frame for the viewer alone', async () => {
			await viewer.pli();
			return keys(viewer) - its > keys(watch) - cameras;
		});
		await plays(viewer, 30);
	});

	it('rule 9: has few for fifty requests in a second', async () => {
		const [its, cameras] = [keys(viewer), keys(watch)];
		const start = performance.now();
		for (let i = 0; i < 25; i++) {
			await viewer.pli();
			await plays(watch, 1);
			await viewer.pli();
		}
		const mine = keys(viewer) - its - (keys(watch) - cameras);
		const seconds = (performance.now() - start) / 1000;
		// At once, and then after 1, 2, 4 s each.
		const allowed = 1 + Math.floor(Math.log2(seconds + 1));
		assert.ok(mine <= allowed,
			`${mine} key frames of its own in ${seconds} s`);
		await plays(viewer, 30);
	});

	it('gets a stream that any receiver follows', async () => {
		assertDecodable(await repaired(viewer), await repaired(watch));
	});

	it('leaves the other viewer alone', async () => {
		const video = await repaired(watch);
		assertDecodable(video, video);
	});
});

describe('GET /api/webrtc/sessions?verbose', () => {
	const lull = useRareCamera();
	let viewer;

	before(async () => {
		viewer = await weriftView(lull, 'cam');
		await plays(viewer, 20);
	});
	after(() => viewer.close());

	it('counts what a viewer was sent', async () => {
		await lull.pause(viewer.sessionId);
		const stats = await verbose(lull, viewer.sessionId);
		await until('all of it has come', () =>
			viewer.video.length === stats.packets_sent);
		assert.equal(stats.bytes_sent,
			viewer.video.reduce((n, p) => n + p.bytes, 0));
		assert.equal(stats.retransmitted, 0);
		await lull.resume(viewer.sessionId);
	});

	it('has what the viewer reports', async () => {
		const stats = await until('a report', async () => {
			const now = await verbose(lull, viewer.sessionId);
			return now.fraction_lost !== null &&
				now.round_trip_ms !== null && now;
		});
		assert.equal(stats.fraction_lost, 0);
		assert.equal(stats.packets_lost, 0);
		assert.ok(stats.jitter_ms >= 0 && stats.jitter_ms < 10_000);
		assert.ok(stats.round_trip_ms >= 0 && stats.round_trip_ms < 10_000);
	});

	it('counts what the viewer asks for', async () => {
		const before = await verbose(lull, viewer.sessionId);
		await comeAgain(viewer, sequences(viewer.video.slice(-3)));
		await viewer.pli();
		await until('they are counted', async () => {
			const now = await verbose(lull, viewer.sessionId);
			return now.pli > before.pli && now.nack > before.nack &&
				now.retransmitted >= before.retransmitted + 3;
		});
	});

	it('is not there unless asked for', async () => {
		const session = await lull.session(viewer.sessionId);
		assert.ok(!('packets_sent' in session));
	});
});

describe('a viewer with transport-wide feedback instead of REMB', () => {
	const camera = useCamera('--gop', '1', '--fps', '25', '--bitrate', '800');
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	let link, viewer;

	before(async () => {
		link = await new Link().open();
		viewer = await webrtcbinView(link.through(lull), 'cam');
		await plays(viewer, 50);
	});
	after(async () => {
		await viewer.close();
		link.close();
	});

	it('has that agreed on', () => {
		assert.match(viewer.sdp, /a=rtcp-fb:96 transport-cc\r\n/);
		assert.match(viewer.sdp, /a=extmap:3 .*transport-wide-cc/);
		assert.doesNotMatch(viewer.sdp, /goog-remb|abs-send-time/);
	});

	it('is live while its link only loses packets', async () => {
		const { length } = link.rtp;
		const states = new Set();
		link.loss = 0.25;
		await until('ten seconds of the stream are sent', async () => {
			states.add((await lull.session(viewer.sessionId)).state);
			return link.rtp.length > length + 1000;
		}, 60_000);
		link.loss = 0;
		assert.deepEqual([...states], ['live']);
	});

	// By losses alone it would not be: they are less than two fifths.
	it('is slow when its link carries two thirds of the stream', async () => {
		const { bytes, rtp: { length } } = link;
		const began = performance.now();
		await until('the rate of the stream is known',
			() => link.rtp.length > length + 300);
		link.bitsPerSecond = 0.67 * (link.bytes - bytes) * 8000 /
			(performance.now() - began);
		await lull.reaches(viewer.sessionId, 'slow', 30_000);
	});

	it('is live again when its link is wide again', async () => {
		link.bitsPerSecond = Infinity;
		await lull.reaches(viewer.sessionId, 'live', 60_000);
		await plays(viewer, 50);
	});
});
