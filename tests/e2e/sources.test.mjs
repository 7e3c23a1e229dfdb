// Sources that are no RTSP, as a person sees and hears them: over HTTP, and
// from commands. What they send is made by ffmpeg.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { hearsAll } from './lib/listener.mjs';
import { useLulld } from './lib/lulld.mjs';
import { children, run } from './lib/process.mjs';
import { freePort, temporaryFolder } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const FPS = 15;
const PICTURE = ['-re', '-f', 'lavfi', '-i', `testsrc=s=320x180:r=${FPS}`];
const TONE = ['-re', '-f', 'lavfi', '-i', 'sine=440:r=48000'];
const H264 = ['-c:v', 'libx264', '-preset', 'ultrafast',
	'-tune', 'zerolatency', '-pix_fmt', 'yuv420p', '-g', String(FPS)];
const SOUND = ['-c:a', 'aac', '-ac', '1', '-b:a', '64k'];
const QUIET = ['-v', 'error', '-nostdin'];

/** What ffmpeg is to do for a path, and of which type that is. */
const MADE = {
	'/flv': ['video/x-flv', ...QUIET, ...PICTURE, ...TONE, ...H264, ...SOUND,
		'-f', 'flv', '-'],
	'/ts': ['video/mp2t', ...QUIET, ...PICTURE, ...TONE, ...H264, ...SOUND,
		'-f', 'mpegts', '-'],
	'/mjpeg': ['multipart/x-mixed-replace; boundary=ffmpeg', ...QUIET,
		...PICTURE, '-c:v', 'mjpeg', '-q:v', '5', '-f', 'mpjpeg', '-'],
};

/** A command line of words, each in quotes. */
const command = (words) => words.map((w) => `"${w}"`).join(' ');

/** What a camera's web server is: endless answers, and a password. */
class WebCamera {
	constructor(port, tls) {
		this.port = port;
		this.makers = new Set();
		this.server = tls ? https.createServer(tls) : http.createServer();
		this.server.on('request', (q, s) => this.#answer(q, s));
	}

	listen() {
		return new Promise((done) =>
			this.server.listen(this.port, '127.0.0.1', done));
	}

	#answer(request, response) {
		const { pathname } = new URL(request.url, 'http://x');
		const secret = `Basic ${Buffer.from('viewer:p@ss').toString('base64')}`;
		if (pathname.startsWith('/private') &&
			request.headers.authorization !== secret) {
			response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="x"' });
			response.end();
			return;
		}
		const made = MADE[pathname.replace('/private', '')];
		if (!made) {
			response.writeHead(404).end('nothing here');
			return;
		}
		const [type, ...args] = made;
		const maker = spawn('ffmpeg', args,
			{ stdio: ['ignore', 'pipe', 'inherit'] });
		this.makers.add(maker);
		response.writeHead(200, { 'Content-Type': type });
		maker.stdout.pipe(response);
		response.on('close', () => {
			maker.kill('SIGKILL');
			this.makers.delete(maker);
		});
	}

	close() {
		for (const maker of this.makers)
			maker.kill('SIGKILL');
		this.server.closeAllConnections();
		return new Promise((done) => this.server.close(done));
	}
}

/** So many seconds of video from now on: all of it, and no freeze. */
async function seesAll(viewer, seconds) {
	await until('it is live', async () =>
		(await viewer.stats()).video?.framesDecoded > 2 * FPS, 20_000);
	const { video: first } = await viewer.stats();
	const last = await until(`${seconds} s of video`, async () => {
		const { video } = await viewer.stats();
		return video.timestamp - first.timestamp >= seconds * 1000 && video;
	}, (seconds + 10) * 1000);
	const rate = (last.framesDecoded - first.framesDecoded) * 1000 /
		(last.timestamp - first.timestamp);
	assert.ok(rate > FPS * 0.9, `${rate} pictures a second`);
	assert.equal(last.freezeCount - first.freezeCount, 0);
}

describe('sources that are no RTSP', () => {
	let plain, secure;
	before(async () => {
		const folder = temporaryFolder('tls');
		const key = join(folder, 'key.pem'), cert = join(folder, 'cert.pem');
		await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes',
			'-keyout', key, '-out', cert, '-days', '2', '-subj', '/CN=camera']);
		plain = new WebCamera(await freePort());
		secure = new WebCamera(await freePort(),
			{ key: readFileSync(key), cert: readFileSync(cert) });
		await plain.listen();
		await secure.listen();
	});
	after(async () => {
		await plain.close();
		await secure.close();
	});

	const lull = useLulld(() => {
		const at = (path, user = '') =>
			`http://${user}127.0.0.1:${plain.port}${path}`;
		const tls = (scheme) => `${scheme}://127.0.0.1:${secure.port}/flv`;
		const kept = (url) => ({ url, preload: true });
		return { streams: {
			flv: at('/flv'),
			ts: at('/ts'),
			mjpeg: at('/mjpeg'),
			private: at('/private/flv', 'viewer:p%40ss@'),
			insecure: tls('httpx'),
			exec: `exec:ffmpeg ${command(MADE['/ts'].slice(1))}`,
			wrong: kept(at('/private/flv', 'viewer:guess@')),
			nobody: kept(at('/private/flv')),
			missing: kept(at('/nothing', 'viewer:p%40ss@')),
			unknown: kept(tls('https')),
			failing: kept('exec:sh -c "exit 7" secret'),
		} };
	});
	const browser = useBrowser();

	for (const name of ['flv', 'ts', 'private', 'insecure', 'exec'])
		it(`${name} is seen and heard`, async () => {
			const viewer = await browser.view(lull, name, { audio: true });
			await seesAll(viewer, 5);
			await hearsAll(viewer, 5);
			await viewer.close();
		});

	it('JPEGs are seen', async () => {
		const viewer = await browser.view(lull, 'mjpeg');
		await seesAll(viewer, 5);
		await viewer.close();
	});

	it('why one is not seen is said, without its password', async () => {
		const reasons = {
			wrong: '401 Unauthorized: check user and password',
			nobody: '401 Unauthorized: the camera wants a user and a ' +
				'password: http://user:password@...',
			missing: '404 Not Found: check the path',
			unknown: 'no authority that this host trusts vouches for its ' +
				'certificate: #tls_verify=0 takes any',
			failing: 'the command ended: exit status 7',
		};
		for (const [name, reason] of Object.entries(reasons)) {
			const error = await until(`${name} has a reason`, async () =>
				(await lull.producer(name)).error, 20_000);
			assert.equal(error, reason);
		}
		assert.doesNotMatch(lull.process.text, /guess|p%40ss|p@ss|secret/);
	});

	it('a command ends when nobody watches', async () => {
		const viewer = await browser.view(lull, 'exec');
		await seesAll(viewer, 1);
		const [helper] = lull.helpers('exec');
		const [maker] = children(helper);
		assert.match(readFileSync(`/proc/${maker}/comm`, 'utf8'), /ffmpeg/);
		await viewer.close();
		await until('it is gone', () => {
			try {
				return !/ffmpeg/.test(
					readFileSync(`/proc/${maker}/cmdline`, 'utf8'));
			} catch {
				return true;
			}
		}, 20_000);
	});
});
