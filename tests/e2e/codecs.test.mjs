// Cameras whose codecs no browser takes, as a person sees and hears them.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { heard, hearsAll, listens } from './lib/listener.mjs';
import { useLulld } from './lib/lulld.mjs';
import { pictureMoves, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const FPS = 15;

/** So many seconds of video from now on: all of it, and no freeze. */
async function seesAll(viewer, seconds) {
	const first = await until('a picture comes', async () =>
		(await viewer.frames()) > 0 && (await viewer.stats()).video, 20_000);
	const last = await until(`${seconds} s of video`, async () => {
		const { video } = await viewer.stats();
		return video.timestamp - first.timestamp >= seconds * 1000 && video;
	}, (seconds + 10) * 1000);
	const rate = (last.framesDecoded - first.framesDecoded) * 1000 /
		(last.timestamp - first.timestamp);
	assert.ok(rate > FPS * 0.9, `${rate} pictures a second`);
	assert.equal(last.freezeCount - first.freezeCount, 0);
}

/** Of what GET /api/frame.jpeg gives, by its frame header. */
async function snapshotSize(lull, stream) {
	const response = await fetch(
		`${lull.url}/api/frame.jpeg?src=${stream}`);
	assert.equal(response.status, 200);
	const file = Buffer.from(await response.arrayBuffer());
	const at = file.indexOf(Buffer.from([0xff, 0xc0]));
	assert.notEqual(at, -1);
	return [file.readUInt16BE(at + 7), file.readUInt16BE(at + 5)];
}

describe('a camera whose codecs browsers do not take', () => {
	const camera = useCamera('--mount', 'aac:audio=aac',
		'--mount', 'hevc:codec=h265,audio=pcma',
		'--mount', 'pyramid:b_frames=3,b_pyramid=1,profile=main',
		'--mount', 'jpeg:codec=mjpeg,audio=pcmu',
		// Its RTP has no room for such a width (RFC 2435, section 3.1.5).
		'--mount', 'wide:codec=mjpeg,size=2560x144,fps=5',
		'--mount', 'plain:audio=none');
	const lull = useLulld(() => ({
		streams: {
			aac: camera.url({ mount: 'aac' }),
			hevc: camera.url({ mount: 'hevc' }),
			pyramid: camera.url({ mount: 'pyramid' }),
			jpeg: camera.url({ mount: 'jpeg' }),
			wide: camera.url({ mount: 'wide' }),
			two: [camera.url({ mount: 'hevc' }),
				camera.url({ mount: 'plain' })],
		},
	}));
	const browser = useBrowser();

	it('is heard, though it sends AAC', async () => {
		const viewer = await browser.view(lull, 'aac', { audio: true });
		await hearsAll(viewer, 20);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.pause(id);
		await listens(viewer, await heard(viewer), 3);
		await lull.resume(id);
		await hearsAll(viewer, 10);
		const camera = await lull.producer('aac');
		assert.doesNotMatch(JSON.stringify(camera), /no sound/);
		await viewer.close();
	});

	it('is seen, though it sends H265', async () => {
		const viewer = await browser.view(lull, 'hevc', { audio: true });
		await seesAll(viewer, 8);
		await hearsAll(viewer, 5);
		await viewer.close();
	});

	it('is seen after a pause, though it sends H265', async () => {
		const viewer = await browser.view(lull, 'hevc');
		await seesAll(viewer, 2);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await lull.pause(id);
		const paused = await viewer.packets();
		await lull.resume(id);
		await until('more comes', async () =>
			(await viewer.packets()) > paused, 10_000);
		await seesAll(viewer, 3);
		await viewer.close();
	});

	it('is seen, though others refer to its B-frames', async () => {
		const viewer = await browser.view(lull, 'pyramid');
		await until('its pictures are made', () =>
			lull.helpers('pyramid').length === 1, 20_000);
		await until('they are live', async () =>
			(await viewer.stats()).video?.framesDecoded > 2 * FPS, 20_000);
		await seesAll(viewer, 8);
		await viewer.close();
	});

	it('is seen once the machine codes fewer videos', async () => {
		const held = await lull.holdVideoSlots();
		const viewer = await browser.view(lull, 'hevc');
		await lull.process.line(
			/hevc: \d+ videos? (is|are) being coded already/, 20_000);
		assert.equal(await viewer.frames(), 0);
		held.release();
		await seesAll(viewer, 3);
		await viewer.close();
	});

	it('is seen and heard, though it sends JPEG', async () => {
		const viewer = await browser.view(lull, 'jpeg', { audio: true });
		await seesAll(viewer, 8);
		await pictureMoves(() => viewer.picture());
		await hearsAll(viewer, 5);
		const producer = await lull.producer('jpeg');
		assert.equal(producer.state, 'live');
		assert.equal(producer.video, 'mjpeg');
		assert.ok(!producer.error, producer.error);
		// Its RTP counts in blocks of 8 pixels (RFC 2435, section 3.1.5).
		assert.deepEqual(await snapshotSize(lull, 'jpeg'), [320, 184]);
		await viewer.close();
		await until('nobody makes pictures', () =>
			lull.workers().jpeg === undefined ||
			lull.helpers('jpeg').length === 0, 20_000);
	});

	it('is seen, though its JPEG is wider than RTP can say', async () => {
		const viewer = await browser.view(lull, 'wide');
		await plays(viewer);
		await pictureMoves(() => viewer.picture());
		const [width] = await snapshotSize(lull, 'wide');
		assert.equal(width, 2560);
		await viewer.close();
	});

	it('is seen by its second source, if a browser takes that', async () => {
		const viewer = await browser.view(lull, 'two', { audio: true });
		await seesAll(viewer, 5);
		await hearsAll(viewer, 5); // that of the first
		assert.equal(lull.helpers('two').length, 0);
		await viewer.close();
	});
});
