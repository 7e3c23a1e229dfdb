// Cameras of H265, seen by a viewer that takes it as it is. Chromium without
// hardware for it does not.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { FPS, useFaultCamera } from './lib/fault_camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { webrtcbinView } from './lib/webrtcbin.mjs';

const KEY = /^32 33 34 (1[6-9]|2[01])( |$)/;

/** Waits for so many more pictures that are decoded; returns all. */
async function decodes(viewer, more) {
	const before = (await viewer.pictures()).length;
	return until(`${more} pictures`, async () => {
		const pictures = await viewer.pictures();
		return pictures.length >= before + more && pictures;
	}, 30_000);
}

/** The types of the NAL units of each access unit, of which none has a fault. */
async function faultless(viewer) {
	const units = await viewer.units();
	assert.ok(units.length > 0, 'there are units');
	assert.deepEqual(units.flatMap((unit) => unit.faults), []);
	return units.map((unit) => unit.types.join(' '));
}

function assertMade(pictures, camera) {
	const made = camera.fingerprints();
	const odd = pictures.filter((hash) => !made.has(hash));
	assert.equal(odd.length, 0,
		`${odd.length} of ${pictures.length} pictures are not the camera's`);
}

describe('a camera of H265', () => {
	const cases = {
		plain: 'codec=h265',
		slices: 'codec=h265&slices=4',
		aggregates: 'codec=h265&stap=1',
		'no marker': 'codec=h265&marker=0',
		'a marker on each NAL unit': 'codec=h265&marker=all&slices=4',
		'sets in band alone': 'codec=h265&sets=band',
		'sets in SDP alone': 'codec=h265&sets=sdp',
	};
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: {
			...Object.fromEntries(Object.entries(cases).map(
				([name, faults]) => [name, camera.url({ faults })])),
			groups: camera.url({ faults: 'codec=h265&bframes=nonref' }),
			pyramid: camera.url({ faults: 'codec=h265&bframes=pyramid' }),
			udp: camera.url({
				faults: 'codec=h265&loss=0.02&pli=1',
				options: '#transport=udp',
			}),
		},
	}));
	const browser = useBrowser();

	for (const name of Object.keys(cases))
		it(`is seen to the last bit: ${name}`, async () => {
			const viewer = await webrtcbinView(lull, name, 'H265');
			assertMade(await decodes(viewer, 2 * FPS), camera);
			assert.match((await faultless(viewer))[0], KEY);
			await viewer.close();
		});

	it('is seen again with a whole key frame after a pause', async () => {
		const viewer = await webrtcbinView(lull, 'plain', 'H265');
		await decodes(viewer, FPS);
		await lull.pause(viewer.sessionId);
		await lull.reaches(viewer.sessionId, 'paused');
		const paused = (await faultless(viewer)).length;
		await lull.resume(viewer.sessionId);
		assertMade(await decodes(viewer, FPS), camera);
		assert.match((await faultless(viewer))[paused], KEY);
		await viewer.close();
	});

	it('is seen without the B-frames that none refers to', async () => {
		const viewer = await webrtcbinView(lull, 'groups', 'H265');
		assertMade(await decodes(viewer, 2 * FPS), camera);
		await faultless(viewer);
		const { error } = await until('it is said', async () => {
			const producer = await lull.producer('groups');
			return producer.error && producer;
		});
		const [, shown, all] =
			/B-frames left out: (\d+) of (\d+) pictures/.exec(error);
		assert.ok(all >= 2.5 * shown && all <= 3.5 * shown, error);
		await viewer.close();
	});

	it('is made H264 of, where B-frames refer to others', async () => {
		const viewer = await browser.view(lull, 'pyramid');
		await plays(viewer, 2 * FPS);
		assert.equal(lull.helpers('pyramid').length, 1);
		assert.equal((await lull.producer('pyramid')).state, 'live');
		await viewer.close();
	});

	it('is seen without a smear where packets are lost', async () => {
		const viewer = await webrtcbinView(lull, 'udp', 'H265');
		assertMade(await decodes(viewer, 4 * FPS), camera);
		await faultless(viewer);
		assert.equal((await lull.producer('udp')).state, 'live');
		await viewer.close();
	});

	it('is made H264 of, for who cannot play it', async () => {
		const viewer = await browser.view(lull, 'plain');
		await plays(viewer, 2 * FPS);
		assert.equal(lull.helpers('plain').length, 1);
		assert.equal((await lull.producer('plain')).state, 'live');
		await viewer.close();
	});
});

describe('an RTSP server of H265', () => {
	const camera = useCamera('--mount', 'cam:codec=h265');
	const lull = useLulld(() => ({
		streams: {
			tcp: camera.url(),
			udp: camera.url({ options: '#transport=udp' }),
		},
	}));

	for (const name of ['tcp', 'udp'])
		it(`is seen over ${name}`, async () => {
			const viewer = await webrtcbinView(lull, name, 'H265');
			await decodes(viewer, 30);
			assert.match((await faultless(viewer))[0], KEY);
			assert.match(viewer.sdp,
				/a=rtpmap:96 H265\/90000\r\na=fmtp:96 .*profile-id=1/);
			await viewer.close();
		});
});
