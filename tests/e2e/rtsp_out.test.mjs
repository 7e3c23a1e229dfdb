// What recorders, players and another lull get by RTSP: the camera's own
// pictures, bit by bit; and that they are paused as any viewer is.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { children, run } from './lib/process.mjs';
import { RtspPlayer } from './lib/rtsp_player.mjs';
import { Lulld, useLulld } from './lib/lulld.mjs';
import { freePort, temporaryFolder } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const FPS = 25;
const N = 75; // pictures of the clip
const folder = temporaryFolder('rtsp-out');
const CLIP = join(folder, 'clip.mp4');

// Only the slices: parameter sets and SEI may stand elsewhere.
const SLICES = 'filter_units=pass_types=1-5';

async function ffmpeg(...args) {
	const { code, out } = await run('ffmpeg',
		['-nostdin', '-v', 'error', ...args], { deadlineMs: 60_000 });
	assert.equal(code, 0, `ffmpeg ${args.join(' ')}:\n${out}`);
	return out;
}

/** The MD5 of the slices of each picture. */
function hashes(out) {
	return out.split('\n').filter((line) => /^0,/.test(line))
		.map((line) => line.split(',')[5].trim());
}

async function makeClip() {
	await ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FPS}`,
		'-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=8000',
		'-frames:v', String(N), '-t', String(N / FPS),
		'-c:v', 'libx264', '-bf', '0', '-g', String(FPS),
		'-preset', 'ultrafast', '-c:a', 'pcm_mulaw', '-f', 'mov', CLIP);
	const out = await ffmpeg('-i', CLIP, '-map', '0:v', '-c', 'copy',
		'-bsf:v', `h264_mp4toannexb,${SLICES}`, '-f', 'framemd5', '-');
	const all = hashes(out);
	assert.equal(all.length, N);
	assert.equal(new Set(all).size, N, 'each picture is another');
	return all;
}

let clip; // its hashes
before(async () => { clip = await makeClip(); });

/** Each picture is the clip's, and the next of it: none is lost or other. */
function assertExact(got, least) {
	assert.ok(got.length >= least, `${got.length} pictures`);
	const first = clip.indexOf(got[0]);
	assert.equal(first % FPS, 0, `it begins with a key frame: ${first}`);
	got.forEach((hash, i) => assert.equal(hash, clip[(first + i) % N],
		`picture ${i} of ${got.length} is the clip's ${(first + i) % N}`));
}

/** A lulld whose RTSP is at a port of its own. */
function useRtsp(options = () => ({})) {
	const lull = useLulld(async () => {
		const { config, ...rest } = await options();
		lull.rtspPort = await freePort();
		return { streams: { clip: `file:${CLIP}` }, ...rest,
			config: { ...config, rtsp: { listen: `:${lull.rtspPort}`,
				...config?.rtsp } } };
	});
	before(() => lull.process.line(/ INF \[rtsp\] listen addr=/));
	lull.rtsp = (path, host = '127.0.0.1') =>
		`rtsp://${host}:${lull.rtspPort}/${path}`;
	return lull;
}

/** What ffmpeg copies of a stream. */
async function copied(url, transport, pictures) {
	return hashes(await ffmpeg('-rtsp_transport', transport, '-i', url,
		'-map', '0:v', '-c', 'copy', '-frames:v', String(pictures),
		'-bsf:v', SLICES, '-f', 'framemd5', '-'));
}

const runsHere = (name) => existsSync(`/usr/bin/${name}`);

/** What GStreamer writes of a stream. */
async function recorded(url, protocols) {
	const file = join(folder, `gst-${protocols}.h264`);
	const { code, out } = await run('gst-launch-1.0', ['-q', 'rtspsrc',
		`location=${url}`, `protocols=${protocols}`, 'latency=200', '!',
		'application/x-rtp,media=video', '!', 'rtph264depay', '!',
		'h264parse', '!', 'video/x-h264,stream-format=byte-stream,' +
		'alignment=au', '!', 'identity', 'eos-after=61', '!', 'filesink',
		`location=${file}`], { deadlineMs: 30_000 });
	assert.equal(code, 0, out);
	return hashes(await ffmpeg('-f', 'h264', '-i', file, '-c', 'copy',
		'-bsf:v', SLICES, '-f', 'framemd5', '-'));
}

describe('a stream by RTSP', () => {
	const lull = useRtsp();

	for (const transport of ['tcp', 'udp'])
		it(`is what the camera has: ffmpeg, ${transport}`, async () => {
			assertExact(await copied(lull.rtsp('clip'), transport, 100), 100);
		});

	for (const protocols of ['tcp', 'udp'])
		it(`is what the camera has: GStreamer, ${protocols}`,
			{ skip: !runsHere('gst-launch-1.0') }, async () => {
				assertExact(await recorded(lull.rtsp('clip'), protocols), 60);
			});

	it('has its sound, and what a query asks for', async () => {
		const probe = async (path) => (await run('ffprobe', ['-v', 'error',
			'-rtsp_transport', 'tcp', '-show_entries', 'stream=codec_name',
			'-of', 'csv=p=0', lull.rtsp(path)])).out.split('\n').sort();
		assert.deepEqual(await probe('clip'), ['h264', 'pcm_mulaw']);
		assert.deepEqual(await probe('clip?video'), ['h264']);
		assert.deepEqual(await probe('clip?audio'), ['pcm_mulaw']);
		assert.deepEqual(await probe('clip?video=h265,h264&audio=aac'),
			['h264']);
	});

	it('is not there under another name', async () => {
		const { code, out } = await run('ffprobe', ['-v', 'error',
			'-rtsp_transport', 'tcp', lull.rtsp('other')]);
		assert.notEqual(code, 0);
		assert.match(out, /404 Not Found/);
	});

	it('is a session as any other', async () => {
		const player = new RtspPlayer(lull.rtsp('clip?viewer_id=nvr'));
		await player.play();
		const session = await lull.viewer('nvr');
		assert.equal(session.format_name, 'rtsp');
		assert.equal(session.user_agent, 'player');
		assert.equal(session.client_ip, '127.0.0.1');
		assert.equal(session.stream_source, 'clip');
		const live = await lull.reaches(session.session_id, 'live');
		assert.equal(live.remote_addr,
			`127.0.0.1:${player.socket.localPort}`);
		const { consumers } = (await lull.streams()).clip;
		assert.ok(consumers.some((c) => c.session_id ===
			session.session_id && c.format_name === 'rtsp'));
		await lull.call('DELETE', `/api/webrtc/session/${session.session_id}`);
		await until('it is closed', () => player.closed);
	});
});

describe('a stream of one lull in another', () => {
	const first = useRtsp();
	const second = useRtsp(() => ({ streams: {
		tcp: first.rtsp('clip'), udp: `${first.rtsp('clip')}#transport=udp`,
	} }));

	for (const name of ['tcp', 'udp'])
		it(`is the same by ${name}`, async () => {
			assertExact(await copied(second.rtsp(name), 'tcp', 60), 60);
		});
});

describe('a pause of who plays by RTSP', () => {
	const lull = useRtsp();

	/** Of all that comes, and a while after the last. */
	async function quiet(player) {
		let before = -1;
		await until('nothing is on its way', () => {
			const same = before === player.bytes;
			before = player.bytes;
			return same;
		});
		return before;
	}

	it('is silent, and resumed with a key frame', async () => {
		const player = new RtspPlayer(lull.rtsp('clip?viewer_id=nvr'));
		await player.play();
		const { session_id: id } = await lull.viewer('nvr');
		await until('it plays', () => player.pictures().length > 50);
		assert.equal((await lull.pause(id)).status, 200);
		const before = await quiet(player);
		const counted = async () => (await lull.call('GET',
			'/api/webrtc/sessions?verbose')).body.sessions[0].packets_sent;
		const sent = await counted();
		assert.ok(sent > 50, `${sent} packets`);
		// A sign of life is answered, and takes a second or two of silence.
		for (let i = 0; i < 3; i++) {
			const { sessions } = (await lull.call('GET',
				'/api/webrtc/sessions')).body;
			assert.equal(sessions[0].state, 'paused');
			await until('the camera goes on', async () => (await lull
				.call('GET', '/api/streams')).status === 200);
		}
		assert.equal(player.bytes, before);
		const answer = await player.ask('GET_PARAMETER');
		assert.equal(answer.status, 200);
		assert.equal(player.bytes, before + answer.head.length + 4);
		assert.equal(await counted(), sent);
		assert.ok(!player.closed);

		const pictures = player.pictures();
		const last = pictures.at(-1);
		assert.equal((await lull.resume(id)).status, 200);
		await until('it plays again',
			() => player.pictures().length > pictures.length + 50);
		const next = player.pictures()[pictures.length];
		assert.ok([7, 24].includes(next.nal), `NAL type ${next.nal}`);
		assert.equal(next.sequence, (last.sequence + 1) & 0xffff);
		player.close();
		await lull.forgets(id);
	});

	it('can be there from the beginning', async () => {
		const player = new RtspPlayer(
			lull.rtsp('clip?viewer_id=late&paused=true'));
		await player.play();
		const { session_id: id, paused } = await lull.viewer('late');
		assert.equal(paused, true);
		await player.ask('OPTIONS');
		assert.equal(player.packets.length, 0);
		await lull.resume(id);
		await until('it plays', () => player.pictures().length > 10);
		player.close();
	});
});

describe('a password for RTSP', () => {
	const OUTSIDE = '192.168.1.100'; // this host's, and no loopback
	const lull = useRtsp(() => ({ config: {
		rtsp: { username: 'me', password: 'se:cr@t' },
	} }));
	const probe = (host, user = '') => run('ffprobe', ['-v', 'error',
		'-rtsp_transport', 'tcp', '-show_entries', 'stream=codec_name',
		'-of', 'csv=p=0', lull.rtsp('clip', `${user}${host}`)]);

	it('is asked of who comes from elsewhere', async () => {
		for (const user of ['', 'me:wrong@', 'you:se%3Acr%40t@']) {
			const { code, out } = await probe(OUTSIDE, user);
			assert.notEqual(code, 0);
			assert.match(out, /401 Unauthorized/);
		}
		const { code, out } = await probe(OUTSIDE, 'me:se%3Acr%40t@');
		assert.equal(code, 0, out);
		assert.match(out, /^h264$/m);
	});

	it('is what GStreamer knows, too', {
		skip: !runsHere('gst-launch-1.0'),
	}, async () => {
		assertExact(await recorded(lull.rtsp('clip', OUTSIDE)
			.replace('://', '://me:se%3Acr%40t@'), 'tcp'), 60);
	});

	it('is not asked of this host', async () => {
		assert.match((await probe('127.0.0.1')).out, /^h264$/m);
		assert.ok(!lull.process.text.includes('se:cr@t'));
	});

	it('is what another lull has in its address', async () => {
		const port = await freePort();
		const other = new Lulld({ streams: { cam:
			`rtsp://me:se%3Acr%40t@${OUTSIDE}:${lull.rtspPort}/clip` },
			config: { rtsp: { listen: `:${port}` } } });
		await other.start();
		await other.process.line(/ INF \[rtsp\] listen addr=/);
		assertExact(await copied(`rtsp://127.0.0.1:${port}/cam`, 'tcp', 30),
			30);
		await other.stop();
	});
});

describe('a port of RTSP that another program has', () => {
	const first = useLulld(() => ({ config: { rtsp: {} } }));
	before(() => first.process.line(/ INF \[rtsp\] listen addr=:8554/));

	it('is a warning where nobody chose it', async () => {
		const second = new Lulld({});
		await second.start();
		await second.process.line(
			/ WRN \[rtsp\] nobody can play by RTSP: .*:8554.*rtsp\.listen/);
		assert.equal((await second.call('GET', '/api')).body.rtsp.listen,
			':8554');
		await second.stop();
	});

	it('is an error where the file says it', async () => {
		const third = new Lulld({ config: { rtsp: { listen: ':8554' } } });
		await third.start();
		const { code } = await third.process.wait();
		assert.notEqual(code, 0);
		assert.match(third.process.text, / ERR \[rtsp\] .*rtsp\.listen/);
	});

	it('is not opened where it is off', async () => {
		const off = new Lulld({ config: { rtsp: { listen: '' } } });
		await off.start();
		assert.equal((await off.call('GET', '/api')).body.rtsp.listen, '');
		await off.stop();
		assert.doesNotMatch(off.process.text, /\[rtsp\]/);
	});
});

describe('a recorder that does not keep up', () => {
	const BIG = join(folder, 'big.mp4'); // 8 Mbit/s
	const lull = useRtsp(async () => {
		await ffmpeg('-f', 'lavfi', '-i', `testsrc2=size=320x180:rate=${FPS}`,
			'-frames:v', String(4 * FPS), '-vf', 'noise=alls=80:allf=t',
			'-c:v', 'libx264', '-bf', '0', '-g', String(FPS), '-preset',
			'ultrafast', '-b:v', '8M', '-minrate', '8M', '-maxrate', '8M',
			'-bufsize', '8M', BIG);
		return { streams: { big: `file:${BIG}` } };
	});
	// What waits at the client's end is no more than this, in bytes.
	const RMEM = '/proc/sys/net/ipv4/tcp_rmem';
	const usual = readFileSync(RMEM, 'ascii');
	before(() => writeFileSync(RMEM, '4096 65536 131072'));
	after(() => writeFileSync(RMEM, usual));
	const verbose = async (name) => (await lull.call('GET',
		'/api/webrtc/sessions?verbose')).body.sessions
		.find((s) => s.viewer_id === name);

	it('is left out of what it does not take, and holds up nobody', async () => {
		const slow = new RtspPlayer(lull.rtsp('big?viewer_id=slow'));
		const other = new RtspPlayer(lull.rtsp('big?viewer_id=other'));
		await slow.play();
		await other.play();
		await until('both play', () => slow.pictures().length > 100 &&
			other.pictures().length > 100);
		slow.socket.pause();
		const seen = other.pictures().length;
		const { packets_sent } = await verbose('slow');
		await until('much was sent to the other', () =>
			other.pictures().length > seen + 3000, 12_000);
		const held = (await verbose('slow')).packets_sent - packets_sent;
		const sent = other.pictures().length - seen;
		assert.ok(held < sent / 2, `${held} packets of ${sent}`);
		slow.socket.resume();
		const had = slow.pictures().length;
		await until('it goes on', () =>
			slow.pictures().length > had + 1000, 20_000);
		slow.close();
		other.close();
	});
});

describe('a stream that nobody plays any more', () => {
	const lull = useRtsp(() => ({ streams: {
		clip: { url: `file:${CLIP}`, linger: 0.2 },
	} }));

	it('has no worker', async () => {
		assert.equal(children(lull.process.pid).length, 0);
		const player = new RtspPlayer(lull.rtsp('clip'));
		await player.play();
		assert.equal(children(lull.process.pid).length, 1);
		player.close();
		await until('the worker ends',
			() => children(lull.process.pid).length === 0);
	});
});
