// Chromium as a viewer.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { temporaryFolder } from './temp.mjs';
import { until } from './wait.mjs';

const VIEWER = fileURLToPath(new URL('page_viewer.js', import.meta.url));

const LAUNCH = {
	executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
	headless: true,
	args: [
		'--no-sandbox', '--disable-gpu', '--disable-quic',
		'--no-first-run', '--disable-background-networking',
		'--disable-component-update', '--disable-sync',
		'--autoplay-policy=no-user-gesture-required',
	],
};

/** A program that runs another one under a command. */
function script(under, program) {
	const file = join(temporaryFolder('browser'), 'chromium');
	writeFileSync(file, `#!/bin/sh\nexec ${under.join(' ')} ${program} "$@"\n`,
		{ mode: 0o755 });
	return file;
}

let serial = 0;

/** One session of one RTCPeerConnection in a page. */
export class BrowserViewer {
	constructor(page, lull, viewerId, result) {
		Object.assign(this, { page, lull, viewerId, ...result });
	}

	#ask(method) {
		return this.page.evaluate(
			([name, key]) => window.lullViewers[name](key),
			[method, this.key]);
	}

	stats() { return this.#ask('stats'); }
	messages() { return this.#ask('messages'); }
	path() { return this.#ask('path'); }
	picture() { return this.#ask('picture'); }
	sdp() { return this.#ask('sdp'); }
	answer() { return this.#ask('answer'); }
	/** ICE begins anew, by the door that it came in by. */
	restart() { return this.#ask('restart'); }
	close() { return this.#ask('close'); }
	closeSocket() { return this.#ask('closeSocket'); }

	async frames() {
		return (await this.stats()).video.framesDecoded ?? 0;
	}

	async packets() {
		return (await this.stats()).video.packetsReceived ?? 0;
	}

	/** The first message of a type from the WebSocket. */
	message(type) {
		return until(`message ${type}`, async () =>
			(await this.messages()).find((m) => m.type === type));
	}
}

export class Browser {
	/**
	 * With `killable`, kill() ends it as a crash would; `names` lead to
	 * this host, from wherever, as they do in browsers that do not ask
	 * whether a page may reach into the local network; `under` is a
	 * command that runs it.
	 */
	constructor({ killable = false, names = [], under = [] } = {}) {
		this.killable = killable;
		this.launch = names.length === 0 ? LAUNCH : {
			...LAUNCH,
			args: [...LAUNCH.args, '--host-resolver-rules=' +
				names.map((name) => `MAP ${name} 127.0.0.1`).join(),
			'--disable-features=LocalNetworkAccessChecks'],
		};
		if (under.length > 0)
			this.launch = { ...this.launch,
				executablePath: script(under, LAUNCH.executablePath) };
	}

	async start() {
		if (this.killable) {
			this.server = await chromium.launchServer(this.launch);
			this.chromium = await chromium.connect(
				this.server.wsEndpoint());
		} else {
			this.chromium = await chromium.launch(this.launch);
		}
		return this;
	}

	async stop() {
		await this.chromium?.close().catch(() => {});
		await this.server?.close();
	}

	kill() { return this.server.kill(); }

	/** A page of the server's origin that knows how to be a viewer. */
	async page(lull, path = '/api', options = {}) {
		const page = await this.chromium.newPage(options);
		page.setDefaultTimeout(15_000);
		await page.addInitScript({ path: VIEWER });
		await page.goto(lull.url + path);
		return page;
	}

	/**
	 * form: raw sdp json form ws1 ws2; early: candidates before the
	 * offer; query: more for the address; page: one to share; rtc: its
	 * RTCConfiguration.
	 */
	async view(lull, src = 'demo', options = {}) {
		const { form = 'json', query = {}, page, ...rest } = options;
		const viewerId = query.viewer_id ?? `chromium_${++serial}`;
		const words = new URLSearchParams(
			{ src, ...query, viewer_id: viewerId });
		const path = form.startsWith('ws') ? '/api/ws' : '/api/webrtc';
		const base = form.startsWith('ws')
			? lull.url.replace('http', 'ws') : lull.url;
		const home = page ?? await this.page(lull);
		const result = await home.evaluate(
			(request) => window.lullViewers.open(request),
			{ form, url: `${base}${path}?${words}`, ...rest });
		return new BrowserViewer(home, lull, viewerId, result);
	}
}

export function useBrowser(options) {
	const browser = new Browser(options);
	before(() => browser.start());
	after(() => browser.stop());
	return browser;
}
