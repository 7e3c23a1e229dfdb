// Cameras of each kind, their passwords, and what cannot be played.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera, useDecodedCamera } from './lib/camera.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertWhole, NAL, repaired } from './lib/packets.mjs';
import { run } from './lib/process.mjs';
import { assertClean, recordedView } from './lib/recorder.mjs';
import { temporaryFolder } from './lib/temp.mjs';
import { pictureMoves, plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

describe('an RTSP camera', () => {
	const camera = useCamera();
	const lull = useLulld(() => ({
		streams: {
			tcp: camera.url(),
			udp: camera.url({ options: '#transport=udp' }),
		},
	}));
	const browser = useBrowser();

	for (const name of ['tcp', 'udp'])
		it(`plays over ${name}`, async () => {
			const viewer = await browser.view(lull, name);
			await plays(viewer);
			await pictureMoves(() => viewer.picture());
			const producer = await lull.producer(name);
			assert.equal(producer.state, 'live');
			assert.equal(producer.video, 'h264');
			assert.deepEqual([producer.width, producer.height],
				[320, 180]);
			const { video } = await viewer.stats();
			assert.equal(video.frameWidth, 320);
			await viewer.close();
		});
});

describe('a camera whose pictures have four slices', () => {
	// The first puts parameter sets before each of them.
	const camera = useDecodedCamera(
		'--mount', 'each:slices=4', '--mount', 'once:slices=4,config=0');
	const streams = ['each', 'once'].flatMap((mount) => ['tcp', 'udp'].map(
		(transport) => ({ name: `${mount}_${transport}`, mount,
			options: `#transport=${transport}` })));
	const lull = useLulld(() => ({
		streams: Object.fromEntries(
			streams.map((s) => [s.name, camera.url(s)])),
	}));
	const browser = useBrowser();
	const KEY = [NAL.SPS, NAL.PPS, ...Array(4).fill(NAL.IDR)];
	const OTHER = Array(4).fill(NAL.SLICE);

	for (const { name } of streams) {
		it(`is sent picture by picture: ${name}`, async () => {
			const viewer = await weriftView(lull, name);
			await plays(viewer, 60); // by then its habits are known
			const all = assertWhole(await repaired(viewer));
			assert.ok(all.filter((one) => one.key).length > 2);
			for (const one of all)
				assert.deepEqual(one.nals, one.key ? KEY : OTHER);
			await viewer.close();
		});

		it(`is seen without a smear: ${name}`, async () => {
			const viewer = await recordedView(browser, lull, name);
			await plays(viewer, 60);
			await assertClean(viewer, camera);
			await viewer.close();
		});
	}
});

describe('the profile of a camera', () => {
	// Chromium offers no High where it has no hardware for it.
	const answers = { baseline: /42e0/, main: /4d00/, high: /64|42e0/ };
	const camera = useDecodedCamera(...Object.keys(answers).flatMap(
		(profile) => ['--mount', `${profile}:profile=${profile}`]));
	const lull = useLulld(() => ({
		streams: Object.fromEntries(Object.keys(answers).map(
			(mount) => [mount, camera.url({ mount })])),
	}));
	const browser = useBrowser();

	for (const [name, wanted] of Object.entries(answers))
		it(`is agreed on, and plays: ${name}`, async () => {
			const viewer = await recordedView(browser, lull, name);
			const [offer, answer] = [
				await viewer.sdp(), await viewer.answer()];
			const [id, ...others] = answer.match(/profile-level-id=\w+/g);
			assert.match(id, wanted);
			assert.deepEqual(others, []);
			assert.ok(offer.includes(id), `${id} is of the offer`);
			assert.ok(name !== 'high' || id.includes('=64') ||
				!offer.includes('profile-level-id=64'));
			await plays(viewer, 40);
			await assertClean(viewer, camera);
			await viewer.close();
		});
});

const USER = 'ad min';
const PASSWORD = 'p@ss:w/%rd?#&+ ="';
const credentials =
	`${encodeURIComponent(USER)}:${encodeURIComponent(PASSWORD)}`;
const WRONG = 'Geheim%40%231';

for (const auth of ['basic', 'digest']) {
	describe(`a camera with ${auth} authentication`, () => {
		const camera = useCamera(
			'--user', USER, '--password', PASSWORD, '--auth', auth);
		const lull = useLulld(() => ({
			streams: {
				right: camera.url({ credentials }),
				wrong: camera.url({ credentials: `admin:${WRONG}` }),
			},
			config: { log: { level: 'trace' } },
		}));
		const browser = useBrowser();

		/** Nowhere that anybody else can look. */
		async function isSecret() {
			const spellings = [
				PASSWORD, encodeURIComponent(PASSWORD), WRONG,
				decodeURIComponent(WRONG), encodeURIComponent(USER),
			];
			const places = {
				log: lull.process.text,
				streams: JSON.stringify(await lull.streams()),
			};
			for (const [name, pid] of Object.entries(lull.workers()))
				for (const file of ['cmdline', 'environ'])
					places[`${file} of ${name}`] =
						readFileSync(`/proc/${pid}/${file}`, 'utf8');
			for (const [place, text] of Object.entries(places))
				for (const word of spellings)
					assert.ok(!text.includes(word),
						`${word} in ${place}:\n${text}`);
		}

		it('plays with the right password, kept secret', async () => {
			const viewer = await browser.view(lull, 'right');
			await plays(viewer);
			const { url } = await lull.producer('right');
			assert.equal(url, camera.url({ credentials: '***' }));
			await lull.worker('right');
			await isSecret();
			await viewer.close();
		});

		it('says that the password is wrong, not which', async () => {
			const viewer = await browser.view(lull, 'wrong');
			const producer = await until('it is refused', async () => {
				const p = await lull.producer('wrong');
				return p.state === 'lost' && p;
			});
			assert.match(producer.error, /401|password|[Uu]nauthorized/);
			await isSecret();
			await viewer.close();
		});
	});
}

describe('a file', () => {
	const folder = temporaryFolder('film');
	const film = join(folder, 'short film.mp4');
	const lull = useLulld({
		streams: { film: `file:${film}`, none: `file:${film}.not` },
	});
	const browser = useBrowser();

	it('plays in a loop', async () => {
		const { code, out } = await run('gst-launch-1.0', [
			'-q', 'videotestsrc', 'num-buffers=20', 'horizontal-speed=8',
			'!', 'video/x-raw,format=I420,width=320,height=180,' +
				'framerate=20/1',
			'!', 'x264enc', 'tune=zerolatency', 'key-int-max=10',
			'!', 'mp4mux', '!', 'filesink', `location=${film}`,
		]);
		assert.equal(code, 0, out);
		const viewer = await browser.view(lull, 'film');
		await plays(viewer, 70); // of 20 in the file
		await pictureMoves(() => viewer.picture());
		await viewer.close();
	});

	it('that is not there is reported', async () => {
		const viewer = await browser.view(lull, 'none');
		const producer = await until('it is reported', async () => {
			const p = await lull.producer('none');
			return p.error && p;
		});
		assert.match(producer.error, /no such file/);
		await viewer.close();
	});
});

describe('a camera with B-frames that no picture refers to', () => {
	const camera = useDecodedCamera('--mount', 'b:b_frames=2,fps=24');
	const lull = useLulld(() => ({
		streams: { b: camera.url({ mount: 'b' }) } }));
	const browser = useBrowser();

	it('plays without them, in order, and says so', async () => {
		const viewer = await recordedView(browser, lull, 'b');
		await plays(viewer, 40); // each third of 24 a second
		const { video } = await viewer.stats();
		assert.equal(video.freezeCount, 0);
		const { error } = await until('it is said', async () => {
			const p = await lull.producer('b');
			return p.error && p;
		});
		const [, shown, all] =
			/B-frames left out: (\d+) of (\d+) pictures/.exec(error);
		assert.ok(all >= 2.5 * shown && all <= 3.5 * shown, error);
		await assertClean(viewer, camera);
		await viewer.close();
	});
});

// codecs.test.mjs has those that are made playable.
describe('a camera that cannot be played', () => {
	const camera = useCamera('--mount', 'theora:codec=theora');
	const lull = useLulld(() => ({
		streams: { theora: camera.url({ mount: 'theora' }) },
	}));
	const browser = useBrowser();
	const reason = /^video THEORA cannot play: set the camera to H264$/;

	it('is reported, and refused to viewers', async () => {
		// It is looked at only now: this one may have been let in.
		const first = await browser.view(lull, 'theora');
		const producer = await until('it is unsupported', async () => {
			const p = await lull.producer('theora');
			return p.state === 'unsupported' && p;
		});
		assert.match(producer.error, reason);
		const second = await browser.view(lull, 'theora');
		assert.ok(second.status >= 400, `${second.status}`);
		assert.match(JSON.parse(second.text).error, reason);
		assert.ok((await lull.sessions()).every(
			(s) => s.state === 'unsupported'));
		await first.close();
		await until('no session is left', async () =>
			(await lull.sessions()).length === 0);
	});
});

describe('the sound of a camera', () => {
	const codecs = {
		opus: 'opus', pcmu: 'PCMU', pcma: 'PCMA', g722: 'G722',
	};
	// No viewer takes these as they are.
	const foreign = {
		aac: 'aac', latm: 'aac', l16: 'l16', g726: 'g726', mp2: 'mp3',
	};
	const mounts = Object.keys({ ...codecs, ...foreign });
	const camera = useCamera(...mounts.flatMap(
		(mount) => ['--mount', `${mount}:audio=${mount}`]));
	const lull = useLulld(() => ({
		streams: Object.fromEntries(mounts.map(
			(mount) => [mount, camera.url({ mount })])),
	}));
	const browser = useBrowser();

	for (const [name, mime] of Object.entries(codecs))
		it(`is heard: ${name}`, async () => {
			const viewer = await browser.view(lull, name, { audio: true });
			await plays(viewer);
			const audio = await until('sound', async () => {
				const { audio: heard } = await viewer.stats();
				return heard.totalAudioEnergy > 0 && heard;
			});
			assert.equal(audio.mimeType, `audio/${mime}`);
			assert.equal((await lull.producer(name)).audio, name);
			await viewer.close();
		});

	for (const [name, shown] of Object.entries(foreign))
		it(`is known, and the picture plays: ${name}`, async () => {
			const viewer = await browser.view(lull, name, { audio: true });
			await plays(viewer);
			await pictureMoves(() => viewer.picture());
			const producer = await lull.producer(name);
			assert.equal(producer.state, 'live');
			assert.equal(producer.audio, shown);
			assert.ok(!producer.error, producer.error);
			await viewer.close();
		});
});
