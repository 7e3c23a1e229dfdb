// Other people's RTSP servers.
import assert from 'node:assert/strict';
import { before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useDecodedCamera } from './lib/camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertClean, recordedView, watches } from './lib/recorder.mjs';
import {
	NO_LIVE555, useLive555, usePerlServer, useVlc,
} from './lib/rtsp_servers.mjs';
import { pictureMoves, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const PICTURES = 60; // of each viewer, at 15 a second

/** The picture is live, moves and has no smear, and the sound is heard. */
async function isSeen({ lull, browser, camera }, name, { audio = true } = {}) {
	const viewer = await recordedView(browser, lull, name, { audio });
	await plays(viewer, PICTURES);
	await pictureMoves(() => viewer.picture());
	await assertClean(viewer, camera);
	if (audio)
		await until('sound', async () =>
			(await viewer.stats()).audio.totalAudioEnergy > 0);
	const producer = await lull.producer(name);
	assert.equal(producer.state, 'live');
	await viewer.close();
	return producer;
}

describe('VLC', () => {
	const camera = useVlc();
	const lull = useLulld(() => ({
		streams: {
			tcp: camera.url(),
			udp: camera.url({ options: '#transport=udp' }),
		},
	}));
	const browser = useBrowser();

	it('is seen and heard', async () => {
		const { error } = await isSeen({ lull, browser, camera }, 'udp');
		assert.equal(error, '');
	});

	it('does no TCP, which is said: it comes by UDP', async () => {
		const { error } = await isSeen({ lull, browser, camera }, 'tcp');
		assert.equal(error, 'over UDP: the camera does not do TCP');
	});
});

describe('RTSP::Server, of Perl', () => {
	const camera = useDecodedCamera('--mount', 'cam:audio=pcma');
	const server = usePerlServer(camera);
	const lull = useLulld(() => ({
		streams: {
			tcp: server.url(),
			udp: server.url({ options: '#transport=udp' }),
		},
	}));
	const browser = useBrowser();

	it('is seen and heard', async () => {
		const { error } = await isSeen({ lull, browser, camera }, 'udp');
		assert.equal(error, '');
	});

	it('does not know what TCP is, and comes by UDP', async () => {
		const { error } = await isSeen({ lull, browser, camera }, 'tcp');
		assert.equal(error, 'over UDP: the camera does not do TCP');
	});
});

/** Of the pictures that a viewer is shown, the last three seconds are clean. */
async function settles(viewer, camera) {
	await until('three seconds are clean', async () => {
		const last = (await viewer.recording.update()).slice(-45);
		const made = camera.fingerprints();
		return last.length === 45 && last.every(({ hash }) => made.has(hash));
	}, 60_000);
}

const SILENCE_S = 65; // live555's patience with a client

describe('live555', { skip: NO_LIVE555 }, () => {
	const mounts = ['pcma', 'opus'];
	const transports = ['tcp', 'udp', 'http'];
	const camera = useDecodedCamera(
		...mounts.flatMap((audio) => ['--mount', `${audio}:audio=${audio}`]));
	const proxy = useLive555(camera, mounts);
	const lull = useLulld(() => ({
		streams: Object.fromEntries(mounts.flatMap((mount) =>
			['first', ...transports].map((name) => [`${mount}_${name}`,
				proxy.url({ mount, options:
					`#transport=${name === 'first' ? 'http' : name}` })]))),
	}));
	const browser = useBrowser();
	const first = [];

	// For its first client the proxy begins to hear the camera, and loses
	// packets of that, whichever program the client is.
	before(async () => {
		for (const mount of mounts) {
			const viewer = await recordedView(browser, lull, `${mount}_first`);
			first.push(viewer);
			await settles(viewer, camera);
		}
	});

	for (const mount of mounts)
		for (const transport of transports)
			it(`is seen and heard: ${mount} over ${transport}`, async () => {
				const { error } = await isSeen({ lull, browser, camera },
					`${mount}_${transport}`);
				assert.equal(error, '');
			});

	it(`hears of us over http, or ends it after ${SILENCE_S} s`, async () => {
		for (const viewer of first)
			await watches(viewer, 0, SILENCE_S + 10);
		assert.deepEqual(lull.process.lines.filter(
			(line) => /_first\] lost/.test(line)), []);
	});
});
