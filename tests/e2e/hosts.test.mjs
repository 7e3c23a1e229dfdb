// The name that a request is for: whose page is it that asks?
import assert from 'node:assert/strict';
import { request } from 'node:http';
import { hostname } from 'node:os';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useLulld } from './lib/lulld.mjs';
import { RawSocket } from './lib/raw_socket.mjs';
import { until } from './lib/wait.mjs';

const EVIL = 'evil.example';

/** One request with that Host: { status, body }. fetch() sets its own. */
function ask(lull, host, { method = 'GET', path = '/api', ...rest } = {}) {
	return new Promise((resolve, reject) => {
		const req = request({
			port: lull.port, method, path, ...rest,
			headers: { Host: host, ...rest.headers },
		}, (res) => {
			let body = '';
			res.on('data', (data) => { body += data; });
			res.on('end', () => resolve({ status: res.statusCode, body }));
		});
		req.on('upgrade', (res, socket) => {
			socket.destroy();
			resolve({ status: res.statusCode });
		});
		req.on('error', reject);
		req.end();
	});
}

const UPGRADE = {
	'Upgrade': 'websocket', 'Connection': 'Upgrade',
	'Sec-WebSocket-Version': '13',
	'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

describe('a page whose name is made to lead here', () => {
	const lull = useLulld();

	it('gets nothing and does nothing', async () => {
		const from = (headers = {}) => ({
			headers: { Origin: `http://${EVIL}:${lull.port}`, ...headers },
		});
		const host = `${EVIL}:${lull.port}`;
		for (const [method, path, headers] of [
			['GET', '/'], ['HEAD', '/'], ['GET', '/api/streams'],
			['GET', '/api/webrtc/sessions'], ['OPTIONS', '/api/webrtc'],
			['POST', '/api/webrtc/pause'], ['POST', '/api/webrtc?src=demo'],
			['GET', '/api/ws?src=demo', UPGRADE]]) {
			const { status, body } = await ask(lull, host,
				{ method, path, ...from(headers) });
			assert.equal(status, 421, `${method} ${path}`);
			if (method !== 'HEAD')
				assert.match(JSON.parse(body).error,
					/evil\.example.*api\.hosts/);
		}
	});

	it('is logged once', async () => {
		const lines = () => lull.process.text.split('\n').filter((line) =>
			line.includes(`Host ${EVIL}:${lull.port} is no name`));
		await ask(lull, `${EVIL}:${lull.port}`);
		assert.equal(lines().length, 1);
		assert.match(lines()[0], / WRN \[api\] .*api\.hosts/);
	});

	it('is no matter over the Unix socket', async () => {
		const { status } = await ask(lull, EVIL,
			{ port: undefined, socketPath: `${lull.rundir}/lulld.sock` });
		assert.equal(status, 200);
	});
});

describe('a request', () => {
	const lull = useLulld();

	it('may be for an address or a name of this host', async () => {
		const own = hostname();
		for (const host of ['127.0.0.1', '192.0.2.9:1984', '[::1]:1984',
			'localhost', 'LOCALHOST.:80', own, `${own}:${lull.port}`,
			`${own.split('.')[0]}.local`])
			assert.equal((await ask(lull, host)).status, 200, host);
	});

	it('has one Host or, if it is of old, none', async () => {
		for (const [text, status] of [
			['GET /api HTTP/1.0\r\n\r\n', 200],
			['GET /api HTTP/1.1\r\nHost: localhost\r\nConnection: close' +
				'\r\n\r\n', 200],
			['GET /api HTTP/1.1\r\nHost: localhost\r\nHost: ' + EVIL +
				'\r\nConnection: close\r\n\r\n', 400]]) {
			const raw = await RawSocket.open(lull.port);
			raw.write(text);
			await until('the answer', () => raw.closed);
			assert.match(raw.text, new RegExp(`^HTTP/1\\.[01] ${status} `));
		}
	});

	it('of a page of another origin is logged once', async () => {
		for (let i = 0; i < 2; i++)
			assert.equal((await ask(lull, 'localhost', {
				method: 'POST', path: '/api/webrtc/pause',
				headers: { Origin: 'https://door.example' },
			})).status, 403);
		assert.equal(lull.process.text.split(
			'Origin https://door.example is not Host localhost, see ' +
			'api.origin').length, 2);
	});
});

describe('with api.hosts', () => {
	const lull = useLulld({ config: {
		api: { hosts: ['cam.example.org', '*.home.example'] } } });

	it('those names are taken, too', async () => {
		for (const [host, status] of Object.entries({
			'cam.example.org': 200, 'CAM.example.org:443': 200,
			'wall.home.example': 200, 'home.example': 421, [EVIL]: 421,
			'localhost': 200 }))
			assert.equal((await ask(lull, host)).status, status, host);
	});
});

describe('a browser', () => {
	const lull = useLulld({ config: { api: { hosts: 'cam.example.org' } } });
	const browser = useBrowser({ names: [EVIL, 'cam.example.org'] });
	const open = async (name, path) => {
		const page = await browser.chromium.newPage();
		await page.goto(`http://${name}:${lull.port}${path}`);
		return page;
	};

	it('plays by a name that is ours', async () => {
		const page = await open('cam.example.org', '/#src=demo');
		await until('it plays', async () => /^live$/i.test(
			await page.getByTestId('state').textContent()), 30_000);
		await page.close();
	});

	// As if a server of that name had been there a moment ago.
	it('is of no use to a page of another name', async () => {
		const page = await browser.chromium.newPage();
		const home = `http://${EVIL}:${lull.port}/`;
		await page.route(home, (route) => route.fulfill(
			{ body: '<title>prize</title>', contentType: 'text/html' }));
		await page.goto(home);
		const got = await page.evaluate(async () => {
			const ask = async (method, path, body) =>
				(await fetch(path, { method, body })).status;
			return [await ask('GET', '/api/webrtc/sessions'),
				await ask('POST', '/api/webrtc/pause', '{}'),
				await new Promise((done) => {
					const ws = new WebSocket(
						`ws://${location.host}/api/ws?src=demo`);
					ws.onopen = () => done('open');
					ws.onerror = () => done('refused');
				})];
		});
		assert.deepEqual(got, [421, 421, 'refused']);
		await page.close();
	});

	it('shows what to do', async () => {
		const page = await open(EVIL, '/');
		assert.match(await page.textContent('body'), /api\.hosts/);
		await page.close();
	});
});
