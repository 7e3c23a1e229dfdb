// The document's JavaScript, as it stands: in a page of the server where
// it is a page's, in Node where it needs packages.
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { useBrowser } from './lib/browser.mjs';
import {
	BROKER, CAMERA, becomes, cabinViewers, leave, paused, useCabin,
} from './lib/cabin.mjs';
import { useMosquitto } from './lib/mosquitto.mjs';
import { Process } from './lib/process.mjs';
import { example, untried } from './lib/spec.mjs';
import { temporaryFolder } from './lib/temp.mjs';
import { until } from './lib/wait.mjs';

const EXAMPLES = 'JavaScript Examples';
const sessionManagement = example(
	'javascript', EXAMPLES, '1. Server-Controlled');
const sessionCapture = example('javascript', EXAMPLES, '2. WebRTC Client');
const viewerFunctions = example('javascript', EXAMPLES, '3. Basic');
const reactHook = example('javascript', EXAMPLES, '2. React Hook');
const mqttControl = example('javascript', EXAMPLES, '3. MQTT');

/** A page of the server that says what its console says. */
async function openPage(browser, lull) {
	const page = await browser.page({ url: 'http://localhost:1984' });
	page.said = [];
	page.on('console', (message) => page.said.push(message.text()));
	page.on('pageerror', (error) => page.said.push(`ERROR ${error}`));
	return page;
}

/** The text as a module of the page's origin. */
async function runModule(page, text) {
	await page.route('**/example.js', (route) => route.fulfill({
		contentType: 'text/javascript', body: text,
	}));
	await page.addScriptTag({ type: 'module', url: '/example.js' });
}

// The player element that the document's page brings along: a viewer by
// WebSocket v1 that tells the session's name by an event.
const videoStream = `
customElements.define('video-stream', class extends HTMLElement {
	set src(address) {
		const url = new URL(address, 'ws://localhost:1984/');
		window.lullViewers.open({ form: 'ws1', url: url.href })
			.then(({ key }) => {
				const timer = setInterval(() => {
					const message = window.lullViewers.messages(key)
						.find((m) => m.type === 'webrtc/session');
					if (!message) return;
					clearInterval(timer);
					this.dispatchEvent(new CustomEvent('sessionreceived',
						{ detail: { sessionID: message.value } }));
				}, 50);
			});
	}
});
document.body.innerHTML =
	'<session-video src="api/ws?src=pk_cabin_camera"></session-video>';
`;

describe('the document\'s JavaScript in a page', () => {
	const lull = useCabin();
	const browser = useBrowser();

	it('pauses the sessions of a camera', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const page = await openPage(browser, lull);
		await runModule(page, sessionManagement);
		for (const { sessionId } of viewers)
			await until('the page says it', () =>
				page.said.includes(`Paused session ${sessionId}`));
		assert.deepEqual(await paused(lull, viewers), [true, true]);
		await page.close();
		await leave(lull, viewers);
	});

	it('captures its session, pauses and resumes by time', async () => {
		const page = await openPage(browser, lull);
		await runModule(page,
			videoStream + sessionManagement + sessionCapture);
		const said = await until('a session is captured', () =>
			page.said.find((line) => line.startsWith('Session ready:')));
		const viewer = {
			viewerId: 'the page', sessionId: said.split(': ')[1],
		};
		assert.ok(await lull.session(viewer.sessionId));
		await becomes(lull, viewer, true);
		await becomes(lull, viewer, false);
		assert.ok(!page.said.some((line) => line.startsWith('ERROR')));
		await page.close();
		await lull.forgets(viewer.sessionId, 25_000);
	});

	it('pauses and resumes by viewer id', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const page = await openPage(browser, lull);
		await runModule(page, viewerFunctions +
			'Object.assign(window, ' +
			'{ pauseViewer, resumeViewer, pauseAll });');
		await page.waitForFunction(() => window.pauseAll);
		const call = (name, ...words) => page.evaluate(
			([f, args]) => window[f](...args), [name, words]);
		const pause = await call('pauseViewer', 'one');
		assert.equal(pause.paused_connections, 1);
		assert.deepEqual(await paused(lull, viewers), [true, false]);
		const resume = await call('resumeViewer', 'one');
		assert.equal(resume.resumed_connections, 1);
		assert.deepEqual(await paused(lull, viewers), [false, false]);
		const all = await call('pauseAll');
		assert.equal(all.paused_connections, 2);
		await page.close();
		await leave(lull, viewers);
	});
});

/** The text as a program of Node that finds the tests' packages. */
function runNode(text, ...words) {
	const here = (path) => fileURLToPath(new URL(path, import.meta.url));
	const folder = temporaryFolder('example');
	mkdirSync(folder, { recursive: true });
	symlinkSync(here('../node_modules'), join(folder, 'node_modules'));
	symlinkSync(here('lib/spec_react.mjs'), join(folder, 'react.mjs'));
	writeFileSync(join(folder, 'example.mjs'), text);
	return new Process(process.execPath, [
		'--import', here('lib/spec_prelude.mjs'),
		join(folder, 'example.mjs'), ...words,
	]);
}

describe('the document\'s JavaScript with packages', () => {
	const lull = useCabin();
	const broker = useMosquitto(BROKER);

	it('is a React hook that pauses and resumes', async () => {
		const viewers = await cabinViewers(lull, 'one', 'two');
		const program = runNode(reactHook +
			"import { drive } from './react.mjs';" +
			'await drive(useWebRTCControl);', 'one');
		const state = async (number) => JSON.parse(await until('React', () =>
			program.lines.filter((l) => l.startsWith('{'))[number],
		15_000));
		assert.equal((await state(0)).isPaused, false);
		program.child.stdin.write('pause\n');
		const after = await state(1);
		assert.equal(after.answer.paused_connections, 1);
		assert.equal(after.isPaused, true);
		assert.equal(after.isLoading, false);
		assert.deepEqual(await paused(lull, viewers), [true, false]);
		program.child.stdin.end('resume\n');
		assert.equal((await state(2)).isPaused, false);
		assert.deepEqual(await paused(lull, viewers), [false, false]);
		await program.wait();
		await leave(lull, viewers);
	});

	it('follows motion told by MQTT', async () => {
		const viewers = await cabinViewers(lull,
			'viewer_cabin_camera_001', 'other');
		const program = runNode(mqttControl);
		await broker.subscribed('frigate/+/motion');
		const topic = `frigate/${CAMERA}/motion`;
		await broker.publish(topic, { motion: false });
		await becomes(lull, viewers[0], true);
		await broker.publish(topic, { motion: true });
		await becomes(lull, viewers[0], false);
		assert.deepEqual(await paused(lull, viewers), [false, false]);
		await program.crash();
		await leave(lull, viewers);
	});

	it('and all of it has been tried', () => {
		assert.deepEqual(untried('javascript'), []);
	});
});
