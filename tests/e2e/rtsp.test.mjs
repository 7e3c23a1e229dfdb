// What cameras do that keep to the rules of RTSP and RTP, and what others do
// that we bear with: the picture goes on.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { FPS, useFaultCamera } from './lib/fault_camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertClean, recordedView, watches } from './lib/recorder.mjs';
import { until } from './lib/wait.mjs';

const HICCUP_S = 1; // of a busy machine: it may not look at more

/** A describe()'s camera, its streams ({ name: faults }) and a browser. */
function useStreams(cases) {
	const camera = useFaultCamera();
	const lull = useLulld(() => ({
		streams: Object.fromEntries(Object.entries(cases).map(
			([name, faults]) => [name, camera.url({ faults,
				options: name.endsWith('udp') ? '#transport=udp' : '' })])),
	}));
	const browser = useBrowser();
	return { camera, lull,
		view: (name) => recordedView(browser, lull, name) };
}

/** Seconds without a freeze, a smear or another connection. */
async function goesOn({ camera, view }, name, faults, fromS, seconds) {
	const viewer = await view(name);
	const { shown, frozen } = await watches(viewer, fromS, seconds);
	assert.ok(shown > 0.95 * seconds * FPS && frozen < HICCUP_S,
		`${shown} pictures, ${frozen} s frozen`);
	await assertClean(viewer, camera);
	assert.equal(camera.asked(playOf(faults)), 1, 'it was called once');
	await viewer.close();
}

const playOf = (faults) => new RegExp(`^PLAY .*[?]${faults}/`);

describe('a camera that begins its RTP anew', () => {
	const cases = {
		tcp: 'ssrc=1&at=2.04',
		udp: 'ssrc=1&at=2.08',
	};
	const streams = useStreams(cases);
	const GOP_S = 1;

	for (const [name, faults] of Object.entries(cases))
		it(`is back at its next key frame: ${name}`, async () => {
			const { camera, view } = streams;
			const before = camera.asked(/^restart /);
			const viewer = await view(name);
			const { gap } = await watches(viewer, 0, 6);
			assert.equal(camera.asked(/^restart /), before + 1);
			assert.ok(gap < GOP_S + 0.5, `${gap} s without a picture`);
			await assertClean(viewer, camera);
			assert.equal(camera.asked(playOf(faults)), 1);
			await viewer.close();
		});
});

describe('a camera that asks whether we are there', () => {
	const faults = 'req=1';
	const streams = useStreams({ cam: faults });

	it('is answered, and plays on', async () => {
		await goesOn(streams, 'cam', faults, 0, 5);
		const { camera } = streams;
		assert.ok(camera.asked(/^answered RTSP\/1.0 200/) >= 4);
		assert.equal(camera.asked(/^hangs up/), 0);
	});
});

describe('a camera that wants to be asked something', () => {
	const cases = {
		get_parameter: 'ka=4',
		options: 'ka=4&noget=1',
		get_parameter_udp: 'ka=4&sr=4',
	};
	const streams = useStreams(cases);

	it('is asked, by what it counts as a sign of life', async () => {
		await Promise.all(Object.entries(cases).map(
			([name, faults]) => goesOn(streams, name, faults, 1, 6)));
		assert.equal(streams.camera.asked(/^hangs up/), 0);
	});
});

describe('a camera whose packets', () => {
	const cases = {
		'come with junk between them': 'junk=stream',
		'have a marker on each of four slices': 'marker=all&slices=4',
		'have no marker, and four slices': 'marker=0&slices=4',
		'are STAP-A': 'stap=1',
		'are STAP-A of slices, and have no marker': 'stap=1&slices=4&marker=0',
		'have a header extension and padding': 'ext=1&pad=1',
		'have a time for each slice': 'tsslice=1&slices=4',
		'are in disorder': 'reorder=0.1',
	};
	const names = Object.keys(cases);
	const id = (name) => `c${names.indexOf(name)}` +
		(cases[name].startsWith('reorder') ? 'udp' : '');
	const streams = useStreams(Object.fromEntries(names.map(
		(name) => [id(name), cases[name]])));

	for (const name of names)
		it(`${name} is seen as it is`, () =>
			goesOn(streams, id(name), cases[name], 1, 3));
});

describe('a camera that is asked for a key frame', () => {
	const GOP_S = 4;
	const cases = {
		tcp: 'ssrc=1&at=1.04&pli=1&gop=4',
		udp: 'ssrc=1&at=1.08&pli=1&gop=4',
		lossy_udp: 'loss=0.01&pli=1&gop=4',
		play: 'ssrc=1&at=1.04&again=key&gop=4',
		refuse: 'ssrc=1&at=1.04&again=refuse&gop=8',
	};
	const streams = useStreams(cases);

	for (const name of ['tcp', 'udp'])
		it(`is back with it, once it began anew: ${name}`, async () => {
			const { camera, view } = streams;
			const before = camera.asked(/^PLI /);
			const viewer = await view(name);
			const { gap } = await watches(viewer, 0, 2 + GOP_S);
			assert.ok(gap < 0.5, `${gap} s without a picture`);
			assert.equal(camera.asked(/^PLI /), before + 1,
				'it is asked once, and not where it begins');
			await assertClean(viewer, camera);
			await viewer.close();
		});

	it('is back with it after another PLAY, if it minds no PLI', async () => {
		const { camera, view } = streams;
		const viewer = await view('play');
		const { gap } = await watches(viewer, 0, 2 + GOP_S);
		assert.ok(gap > 1 && gap < 1.5, `${gap} s without a picture`);
		assert.equal(camera.asked(playOf(cases.play)), 2);
		await assertClean(viewer, camera);
		await viewer.close();
	});

	it('is told to PLAY once more only, if it refuses that', async () => {
		const { camera, view } = streams;
		const before = camera.asked(/^PLI /);
		const viewer = await view('refuse');
		await until('it was asked for 5 s', () =>
			camera.asked(/^PLI /) >= before + 20);
		assert.equal(camera.asked(playOf(cases.refuse)), 2);
		await watches(viewer, 0, 2);
		await assertClean(viewer, camera);
		await viewer.close();
	});

	it('is seen most of the time, though packets are lost', async () => {
		const { camera, view } = streams;
		const viewer = await view('lossy_udp');
		const { shown } = await watches(viewer, 0, 12);
		const all = 12 * FPS;
		assert.ok(shown < all, 'none is lost');
		assert.ok(shown > 0.85 * all, `${shown} of ${all} pictures`);
		await assertClean(viewer, camera);
		await viewer.close();
	});
});

describe('a camera that has moved', () => {
	const cases = { port: 'redirect=port', host: 'redirect=host' };
	const streams = useStreams(cases);

	it('plays at the other port of its host', () =>
		goesOn(streams, 'port', cases.port, 1, 3));

	it('is not followed to another host, which is said', async () => {
		const { camera, lull, view } = streams;
		const viewing = view('host').catch(() => {});
		const { error } = await until('it is told', async () => {
			const producer = await lull.producer('host');
			return producer.state === 'lost' && producer;
		});
		assert.match(error, /^the camera sends us to rtsp:..127\.0\.0\.2:/);
		assert.equal(camera.asked(playOf(cases.host)), 0);
		await viewing;
	});
});

describe('a camera of 5 pictures a second, each of some slices', () => {
	const PICTURE_MS = 200;
	const streams = useStreams({ cam: 'fps=5&cut=900&tell=1' });

	/** [hash, ms] of each picture, when it was begun to be sent. */
	const sent = () => streams.camera.process.lines
		.map((line) => /^sends (\d+) (\S+)$/.exec(line)).filter(Boolean)
		.map(([, hash, at]) => [Number(hash), Number(at) * 1000]);

	it('is seen before it sends the next one', async () => {
		const viewer = await streams.view('cam');
		await watches(viewer, 0, 6);
		const { pictures } = viewer.recording;
		const all = sent().slice(0, pictures.length);
		assert.deepEqual(pictures.map(({ hash }) => hash),
			all.map(([hash]) => hash));
		const begin = await viewer.page.evaluate(
			() => performance.timeOrigin);
		const ms = pictures.map(({ at }, i) =>
			Math.round(begin + at - all[i][1]));
		// What its marker means is known from the second one on.
		const late = ms.slice(1).filter((one) => one > PICTURE_MS / 2);
		assert.ok(late.length <= 1, `after ms: ${ms.join(' ')}`);
		await viewer.close();
	});
});
