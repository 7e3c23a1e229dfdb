// Cameras that do not keep to the rules, as real ones do not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { FPS, RIGHT, useFaultCamera } from './lib/fault_camera.mjs';
import { heard, hearsAll, listens } from './lib/listener.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertClean, recordedView, watches } from './lib/recorder.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

/** Each a stream of the camera with that name and these faults. */
function streams(camera, cases) {
	return Object.fromEntries(Object.entries(cases).map(
		([name, faults]) => [name, camera.url({ faults })]));
}

const HICCUP_S = 1; // in ten, of a busy machine: it may not look at more

describe('a camera without a fault', () => {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: streams(camera, {
			silent: '', pcma: 'audio=pcma', opus: 'audio=opus',
		}),
	}));
	const browser = useBrowser();

	it('is seen as it is', async () => {
		const viewer = await recordedView(browser, lull, 'silent');
		const { shown, frozen } = await watches(viewer, 2, 8);
		assert.ok(shown > 0.95 * 8 * FPS, `${shown} pictures`);
		assert.ok(frozen < HICCUP_S, `${frozen} s frozen`);
		await assertClean(viewer, camera);
		await viewer.close();
	});

	for (const codec of ['pcma', 'opus'])
		it(`is heard as it is: ${codec}`, async () => {
			const viewer = await browser.view(lull, codec, { audio: true });
			await hearsAll(viewer, 10);
			await viewer.close();
		});
});

describe('a camera on a network that sends packets twice', () => {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: {
			cam: camera.url({
				faults: 'dup=0.05', options: '#transport=udp',
			}),
		},
	}));
	const browser = useBrowser();

	it('is seen without a smear', async () => {
		const viewer = await recordedView(browser, lull, 'cam');
		const { shown } = await watches(viewer, 0, 8);
		await assertClean(viewer, camera);
		assert.ok(shown > 0.95 * 8 * FPS, `${shown} pictures`);
		await viewer.close();
	});
});

describe('a camera on a network that loses packets', () => {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: Object.fromEntries(['audio', 'video'].map((track) => [
			track, camera.url({
				faults: `audio=pcma&loss=0.05&losing=${track}`,
				options: '#transport=udp',
			}),
		])),
	}));
	const browser = useBrowser();

	it('is seen as it is, if they are of its sound', async () => {
		const viewer = await recordedView(browser, lull, 'audio');
		const { shown, frozen } = await watches(viewer, 2, 8);
		assert.ok(shown > 0.95 * 8 * FPS, `${shown} pictures`);
		assert.ok(frozen < HICCUP_S, `${frozen} s frozen`);
		await assertClean(viewer, camera);
		await viewer.close();
	});

	it('is seen without a smear, if they are of its pictures', async () => {
		const viewer = await recordedView(browser, lull, 'video');
		const { shown } = await watches(viewer, 2, 8);
		assert.ok(shown < 0.95 * 8 * FPS, `${shown} pictures: none lost`);
		await assertClean(viewer, camera);
		await viewer.close();
	});
});

describe('a camera whose clock', () => {
	const cases = {
		'stands still': 'ts=const',
		'counts milliseconds': 'ts=ms',
		'is noise': 'ts=noise',
	};
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: {
			...streams(camera, cases),
			leaps: camera.url({ faults: 'ts=jump&by=0.7&at=4' }),
		},
	}));
	const browser = useBrowser();

	for (const name of Object.keys(cases))
		it(`${name} is seen without a freeze`, async () => {
			const viewer = await recordedView(browser, lull, name);
			const { shown, frozen } = await watches(viewer, 4, 10);
			assert.ok(shown > 0.95 * 10 * FPS && frozen < HICCUP_S,
				`${shown} pictures, ${frozen} s frozen`);
			await viewer.close();
		});

	it('leaps is seen without a freeze', async () => {
		const viewer = await recordedView(browser, lull, 'leaps');
		const { gap } = await watches(viewer, 1, 7);
		assert.ok(gap < 0.3, `${gap} s without a picture`);
		await viewer.close();
	});
});

describe('a camera that sends nothing for two seconds', () => {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: streams(camera, { cam: 'audio=pcma&stall=2&at=4' }),
	}));
	const browser = useBrowser();

	it('is heard as it is from then on', async () => {
		const viewer = await browser.view(lull, 'cam', { audio: true });
		await plays(viewer);
		await until('no packet for half a second', async () => {
			const before = await heard(viewer);
			const after = await listens(viewer, before, 0.5);
			return after.packets === before.packets;
		}, 20_000);
		await hearsAll(viewer, 10);
		await viewer.close();
	});
});

/** Streams of one camera, all called at once: { name: its url() }. */
function preloaded(camera, streams) {
	return {
		streams: Object.fromEntries(Object.entries(streams).map(
			([name, address]) => [name, camera.url(address)])),
		config: { preload: Object.fromEntries(
			Object.keys(streams).map((name) => [name, 'video'])) },
	};
}

describe('a camera that does one transport only', () => {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: {
			udp: camera.url({ faults: 'only=udp' }),
			asked: camera.url(
				{ faults: 'only=udp', options: '#transport=udp' }),
			tcp: camera.url(
				{ faults: 'only=tcp', options: '#transport=udp' }),
		},
	}));
	const browser = useBrowser();

	const notes = {
		udp: 'over UDP: the camera does not do TCP',
		tcp: 'over TCP: the camera does not do UDP',
		asked: '',
	};

	for (const [name, note] of Object.entries(notes))
		it(`plays, whatever was asked for: ${name}`, async () => {
			const viewer = await recordedView(browser, lull, name);
			await plays(viewer, 50);
			assert.equal((await lull.producer(name)).error ?? '', note);
			await assertClean(viewer, camera);
			await viewer.close();
		});
});

describe('what is wrong with a camera', () => {
	const camera = useFaultCamera();
	const credentials = RIGHT;
	const cases = {
		wrong: { faults: 'auth=md5', credentials: 'admin:wrong',
			state: 'lost', error: /^401 Unauthorized: check user and/ },
		none: { faults: 'auth=basic', state: 'lost',
			error: /^401 Unauthorized: the camera wants a user and/ },
		busy: { faults: 'status=453&to=SETUP', state: 'lost',
			error: /^453 Not Enough Bandwidth: .* as many viewers as/ },
		neither: { faults: 'only=multicast', state: 'lost',
			error: /^461 .* the camera does neither TCP nor UDP/ },
		ill: { faults: 'status=500', state: 'lost',
			error: /the camera fails \(500 at DESCRIBE\)/ },
		junk_setup: { faults: 'junk=setup', state: 'lost',
			error: /what the camera answers to SETUP is no RTSP/ },
		junk_play: { faults: 'junk=play', state: 'lost',
			error: /what the camera answers to PLAY is no RTSP/ },
		mp2t: { faults: 'sdp=mp2t', state: 'unsupported',
			error: /^MPEG-TS over RTP cannot play: set the camera to/ },
		no_sets: { faults: 'noparams=1', state: 'lost',
			error: /^the camera sends no parameter sets/ },
		h265: { faults: 'hevcinh264=1', state: 'unsupported',
			error: /^the camera announces H264 and sends H265/ },
		sound: { faults: 'sdp=unnamed', state: 'live',
			error: /^no sound: audio of an unknown kind cannot play, set/ },
	};
	const lull = useLulld(() => preloaded(camera, cases));

	for (const [name, { state, error }] of Object.entries(cases))
		it(`is said in words: ${name}`, async () => {
			const producer = await until('it is told', async () => {
				const p = await lull.producer(name);
				return p.state === state && p;
			});
			assert.match(producer.error, error);
			assert.ok(!producer.error.includes('right'));
		});
});

describe('a camera whose key frames are far apart', () => {
	// In its first group of pictures PLAY begins with no key frame.
	const camera = useFaultCamera();
	const lull = useLulld(() => preloaded(
		camera, { cam: { faults: 'relay=1&gop=36' } }));

	it('is waited for on the connection that it has', async () => {
		const state = (wanted, seconds) => until(`it is ${wanted}`,
			async () => {
				const producer = await lull.producer('cam');
				return producer.state === wanted && producer;
			}, seconds * 1000);
		const { error } = await state('lost', 45);
		assert.match(error, /^no key frame for 30 s, waiting for one: set/);
		await state('live', 15);
		assert.equal(camera.asked(/^PLAY /), 1);
	});
});

describe('a password', () => {
	const camera = useFaultCamera();
	const kinds = ['basic', 'md5', 'sha256', 'both', 'sha256first'];
	const lull = useLulld(() => preloaded(camera, Object.fromEntries(
		kinds.map((kind) => [kind,
			{ faults: `auth=${kind}`, credentials: RIGHT }]))));

	for (const kind of kinds)
		it(`is taken by a camera that asks for ${kind}`, () =>
			until('it plays', async () =>
				(await lull.producer(kind)).state === 'live'));
});
