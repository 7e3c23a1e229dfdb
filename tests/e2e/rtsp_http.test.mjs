// RTSP over HTTP, as gst-rtsp-server does it by itself.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera, useDecodedCamera } from './lib/camera.mjs';
import { useFaultCamera } from './lib/fault_camera.mjs';
import { makeIdentity } from './lib/identity.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertClean, recordedView } from './lib/recorder.mjs';
import { socketsOf } from './lib/sockets.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const options = '#transport=http';

/** What the stream of that name says of a camera that is not seen. */
async function isLost(lull, browser, name) {
	const viewer = await browser.view(lull, name);
	const { error } = await until('it is said', async () => {
		const producer = await lull.producer(name);
		return producer.state === 'lost' && producer;
	});
	await viewer.close();
	return error;
}

describe('a camera through HTTP', () => {
	const camera = useDecodedCamera('--mount', 'cam:audio=opus');
	const lull = useLulld(() => ({
		streams: {
			cam: camera.url({ options }),
			none: `${camera.url()}/no/such/path${options}`,
		},
	}));
	const browser = useBrowser();

	it('is seen without a smear, and heard', async () => {
		const viewer = await recordedView(browser, lull, 'cam',
			{ audio: true });
		await plays(viewer, 60);
		await assertClean(viewer, camera);
		await until('sound', async () =>
			(await viewer.stats()).audio.totalAudioEnergy > 0);
		const { state, error } = await lull.producer('cam');
		assert.deepEqual([state, error], ['live', '']);
		const connections = socketsOf(await lull.worker('cam'))
			.filter(({ remote }) => remote === camera.port);
		assert.deepEqual(connections.map(({ protocol }) => protocol),
			['tcp', 'tcp'], 'GET and POST');
		await viewer.close();
	});

	it('says so where it has no such path', async () => {
		assert.match(await isLost(lull, browser, 'none'), /^404 Not Found/);
	});
});

describe('a camera with a password through HTTP', () => {
	const credentials = 'joe:hush';
	const camera = useCamera('--user', 'joe', '--password', 'hush');
	const lull = useLulld(() => ({
		streams: {
			right: camera.url({ credentials, options }),
			wrong: camera.url({ credentials: 'joe:hash', options }),
		},
	}));
	const browser = useBrowser();

	it('plays', async () => {
		const viewer = await browser.view(lull, 'right');
		await plays(viewer);
		await viewer.close();
	});

	it('says that the password is wrong', async () => {
		assert.match(await isLost(lull, browser, 'wrong'), /password/);
	});
});

describe('a camera through HTTPS', () => {
	const { file, fingerprint } = makeIdentity('camera');
	const camera = useCamera('--tls', file);
	const lull = useLulld(() => ({
		streams: {
			known: camera.url({
				options: `${options}#tls_fingerprint=${fingerprint}` }),
			unknown: camera.url({ options }),
		},
	}));
	const browser = useBrowser();

	it('plays', async () => {
		assert.match(camera.url(), /^rtsps:/);
		const viewer = await browser.view(lull, 'known');
		await plays(viewer);
		await viewer.close();
	});

	it('is not trusted unless it is known', async () => {
		const error = await isLost(lull, browser, 'unknown');
		assert.match(error, /^TLS with the camera failed/);
		const told = error.replaceAll(':', '').toUpperCase();
		assert.ok(told.includes(fingerprint.replaceAll(':', '')), error);
	});
});

describe('a camera that knows no HTTP', () => {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: { cam: camera.url({ options }) } }));
	const browser = useBrowser();

	it('is named as one', async () => {
		assert.match(await isLost(lull, browser, 'cam'),
			/^the camera does not do RTSP over HTTP/);
	});
});
