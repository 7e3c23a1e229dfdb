// The pages as a user meets them: the list, the player, its buttons.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { freePort, temporaryFolder } from './lib/temp.mjs';
import {
	pausesOnTheWire, pictureMoves, plays, silentFor3s,
} from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const SCREENSHOTS = process.env.LULL_SCREENSHOTS ??
	temporaryFolder('screenshots');
mkdirSync(SCREENSHOTS, { recursive: true });

const DEVICES = {
	desktop: { viewport: { width: 1280, height: 800 } },
	phone: {
		viewport: { width: 390, height: 844 },
		deviceScaleFactor: 2, isMobile: true, hasTouch: true,
	},
};

/** The player on the page, as a viewer: frames() and picture(). */
class PagePlayer {
	constructor(page) {
		this.page = page;
		this.viewerId = 'the page';
	}

	part(name) { return this.page.getByTestId(name); }

	async frames() {
		const stats = await this.page.evaluate(
			() => window.lullViewers.pageStats());
		return stats.video.framesDecoded ?? 0;
	}

	picture() {
		return this.page.evaluate(() => window.lullViewers.look(
			document.querySelector('[data-testid=video]')));
	}

	async says(state, deadlineMs) {
		await until(`the page says ${state}`, async () =>
			(await this.part('state').textContent()).trim()
				.toLowerCase() === state, deadlineMs);
	}

	sessionId() {
		return until('the page shows its session', async () =>
			/^[0-9a-f]{32}$/.exec(
				await this.part('session-id').textContent())?.[0]);
	}
}

async function openDemo(browser, lull, options) {
	const page = await browser.page(lull, '/', options);
	const card = page.locator(
		'[data-testid=stream-card][data-stream=demo]');
	await card.waitFor();
	return { page, card };
}

async function noSidewaysScroll(page) {
	const [content, window_] = await page.evaluate(() => [
		document.documentElement.scrollWidth, window.innerWidth]);
	assert.ok(content <= window_, `${content} px wide in ${window_}`);
}

async function middle(element) {
	const { x, width } = await element.boundingBox();
	return x + width / 2;
}

function shoot(page, name) {
	return page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
}

for (const [device, options] of Object.entries(DEVICES)) {
	describe(`the pages on a ${device}`, () => {
		const lull = useLulld();
		const browser = useBrowser();
		let page, player, id;

		it('list the demo and open it by a click', async () => {
			const opened = await openDemo(browser, lull, options);
			({ page } = opened);
			await shoot(page, `${device}-list`);
			await noSidewaysScroll(page);
			await opened.card.getByRole('link').click();
			player = new PagePlayer(page);
			await player.says('live', 15_000);
			id = await player.sessionId();
			await lull.reaches(id, 'live');
			await noSidewaysScroll(page);
		});

		it('show a picture that moves', async () => {
			await pictureMoves(() => player.picture());
			await plays(player);
			await shoot(page, `${device}-live`);
		});

		it('rule 11: pause: nothing on the wire, frames stand still', async () => {
			await pausesOnTheWire(lull, id, async () => {
				await player.part('pause').click();
				await player.says('paused');
			});
			await lull.reaches(id, 'paused');
			const frames = await player.frames();
			await silentFor3s(lull, id);
			assert.equal(await player.frames(), frames);
			await shoot(page, `${device}-paused`);
		});

		it('resume: the picture moves again', async () => {
			await player.part('resume').click();
			await player.says('live');
			await plays(player);
			await pictureMoves(() => player.picture());
			assert.equal(await player.sessionId(), id);
		});

		it('rule 18: follow a pause and a resume by a script', async () => {
			await lull.pause(id);
			await player.says('paused');
			await lull.resume(id);
			await player.says('live');
			await plays(player);
		});

		it('unmute', async () => {
			await player.part('unmute').click();
			const muted = await player.part('video')
				.evaluate((video) => video.muted);
			assert.equal(muted, false);
		});

		it('go back to the list and end the session', async () => {
			await player.part('back').click();
			await page.getByTestId('stream-card').waitFor();
			await lull.forgets(id);
		});
	});
}

describe('the player', () => {
	const lull = useLulld();
	const browser = useBrowser();

	it('starts paused when the address says so', async () => {
		const page = await browser.page(lull,
			'/#src=demo&paused=true&viewer_id=quiet');
		const player = new PagePlayer(page);
		await player.says('paused', 15_000);
		const session = await lull.viewer('quiet');
		assert.equal(session.paused, true);
		assert.equal(await player.frames(), 0);
		await player.part('resume').click();
		await player.says('live');
		await plays(player);
	});

	it('says that there is no such stream', async () => {
		const page = await browser.page(lull, '/#src=nowhere');
		await new PagePlayer(page).says('not found');
	});

	it('keeps no error in the console', async () => {
		const errors = [];
		const { page } = await openDemo(browser, lull);
		page.on('console', (message) =>
			message.type() === 'error' && errors.push(message.text()));
		page.on('pageerror', (error) => errors.push(String(error)));
		await page.goto(`${lull.url}/#src=demo`);
		await new PagePlayer(page).says('live', 15_000);
		assert.deepEqual(errors, []);
	});
});

/** A player on a page of its own, live. */
async function livePlayer(browser, lull, options) {
	const page = await browser.page(lull, '/#src=demo', options);
	const player = new PagePlayer(page);
	await player.says('live', 15_000);
	return { page, player };
}

describe('the keys of the player', () => {
	const lull = useLulld();
	const browser = useBrowser();
	let page, player;

	before(async () => {
		({ page, player } = await livePlayer(browser, lull));
	});

	const muted = () => player.part('video').evaluate((v) => v.muted);
	const full = () => page.evaluate(
		() => document.fullscreenElement !== null);

	/** Each of them does its work, there and back. */
	async function allWork() {
		await page.keyboard.press('k');
		await player.says('paused');
		await page.keyboard.press('k');
		await player.says('live');
		const before = await muted();
		for (const now of [!before, before]) {
			await page.keyboard.press('m');
			assert.equal(await muted(), now);
		}
		for (const now of [true, false]) {
			await page.keyboard.press('f');
			await until(`full screen: ${now}`,
				async () => await full() === now);
		}
	}

	it('work at first, and in full screen', async () => {
		await allWork();
		await page.keyboard.press('f');
		await until('full screen', full);
		await page.keyboard.press('Space');
		await player.says('paused');
		await page.keyboard.press('Space');
		await player.says('live');
		await page.keyboard.press('f');
		await until('no full screen', async () => !await full());
	});

	it('work after a click on a button', async () => {
		await player.part('pause').click();
		await player.says('paused');
		await player.part('resume').click();
		await player.says('live');
		await allWork();
		await player.part('unmute').click();
		await allWork();
	});

	it('work after a click beside the player', async () => {
		await page.mouse.click(5, 5);
		await allWork();
		await page.keyboard.press('Space');
		await player.says('paused');
		await page.keyboard.press('Space');
		await player.says('live');
	});

	it('leave Space to the button that has the focus', async () => {
		await player.part('unmute').focus();
		const before = await muted();
		await page.keyboard.press('Space');
		assert.equal(await muted(), !before);
		await player.says('live');
	});

	it('work after a button that has gone', async () => {
		await page.goto(`${lull.url}/#src=nowhere`);
		await player.says('not found');
		await page.getByRole('button', { name: 'Try now' }).focus();
		await page.keyboard.press('Enter');
		await page.keyboard.press('f');
		await until('full screen', full);
	});

	it('are gone with the player', async () => {
		const errors = [];
		page.on('pageerror', (error) => errors.push(String(error)));
		await page.goto(`${lull.url}/#`);
		await page.getByTestId('stream-card').waitFor();
		await page.keyboard.press('k');
		await page.keyboard.press('f');
		assert.equal(await full(), false);
		assert.deepEqual(errors, []);
	});
});

describe('a session that the operator closes', () => {
	const lull = useLulld();
	const browser = useBrowser();

	it('is over, until the viewer wants another', async () => {
		const { page, player } = await livePlayer(browser, lull);
		const id = await player.sessionId();
		const sockets = [];
		page.on('websocket', (ws) => sockets.push(ws.url()));
		await lull.lullctl('close', id);
		await player.says('ended');
		await page.getByText('Ended by the operator').waitFor();
		// What makes others try at once, and the time of their first try.
		await page.evaluate(() => dispatchEvent(new Event('online')));
		await page.waitForTimeout(1500);
		assert.deepEqual(sockets, []);
		assert.deepEqual(await lull.sessions(), []);
		await player.says('ended');
		const again = page.getByRole('button', { name: 'Watch again' });
		const off = await middle(again) - await middle(page.locator('.stage'));
		assert.ok(Math.abs(off) < 1, `${off} px off the middle`);
		await again.click();
		await player.says('live', 15_000);
		await plays(player);
		assert.notEqual(await player.sessionId(), id);
	});

	it('comes back by itself when it ends otherwise', async () => {
		const { player } = await livePlayer(browser, lull);
		const id = await player.sessionId();
		process.kill(await lull.worker('demo'), 'SIGKILL');
		await player.says('connection lost');
		await player.says('live', 15_000);
		await plays(player);
		assert.notEqual(await player.sessionId(), id);
	});
});

describe('a pause', () => {
	const lull = useLulld();
	const browser = useBrowser();
	let page, player;

	before(async () => {
		({ page, player } = await livePlayer(browser, lull));
	});

	const rate = () => page.locator('.rate').textContent();

	it('says at once that nothing comes', async () => {
		await until('media comes', async () => /bit/.test(await rate()));
		const shown = page.evaluate(() => new Promise((done) => {
			const root = document.querySelector('.watch');
			new MutationObserver(() => root.dataset.state === 'paused' &&
				done(root.querySelector('.rate').textContent))
				.observe(root, { attributes: true });
		}));
		await player.part('pause').click();
		assert.equal(await shown, 'nothing');
	});

	it('ends by a click on the picture', async () => {
		await page.locator('.stage').click({ position: { x: 20, y: 20 } });
		await player.says('live');
		// That of a live one pauses nothing.
		await page.locator('.stage').click({ position: { x: 20, y: 20 } });
		await plays(player);
		await player.says('live');
	});

	it('that is late shows that it is under way, and no error after', async () => {
		const button = player.part('pause');
		const note = page.locator('.notice');
		lull.process.kill('SIGSTOP');
		try {
			await button.click();
			await until('busy', async () =>
				(await button.textContent()).trim() === 'Pausing…');
			await until('an error', async () => /Could not pause/.test(
				await note.textContent()), 20_000);
			assert.equal((await button.textContent()).trim(), 'Pause');
		} finally {
			lull.process.kill('SIGCONT');
		}
		await player.says('paused', 15_000);
		assert.equal(await note.textContent(), '');
	});
});

/**
 * A live player with this test between it and the broker: `hear` is what it
 * hears instead of a state of its session, tell() says one more.
 */
async function overheardPlayer(browser, lull) {
	const page = await browser.page(lull);
	const between = { page, player: new PagePlayer(page), hear: (s) => s };
	await page.routeWebSocket(/\/api\/ws/, (socket) => {
		between.tell = (state) => socket.send(JSON.stringify(
			{ type: 'webrtc/state', value: { state } }));
		socket.connectToServer().onMessage((text) => {
			const { type, value } = JSON.parse(text);
			if (type === 'webrtc/state')
				value.state = between.hear(value.state);
			socket.send(JSON.stringify({ type, value }));
		});
	});
	await page.goto(`${lull.url}/#src=demo`);
	await between.player.says('live', 15_000);
	return between;
}

/** The next answer to such a request waits for release(). */
async function hold(page, pattern) {
	let release, take;
	const taken = new Promise((done) => { take = done; });
	const held = new Promise((done) => { release = done; });
	await page.route(pattern, async (route) => {
		const response = await route.fetch();
		take();
		await held;
		await route.fulfill({ response });
	}, { times: 1 });
	return { taken, release };
}

describe('what a player hears of its session', () => {
	const lull = useLulld();
	const browser = useBrowser();

	it('counts, not what it learns late of a word before', async () => {
		const { page, player, tell } = await overheardPlayer(browser, lull);
		const shown = (part) => page.locator(part).textContent();
		await until('the facts are there',
			async () => await shown('.picture') !== '–');
		await page.evaluate(() => {
			const root = document.querySelector('.watch');
			window.seen = [];
			new MutationObserver(() => window.seen.push(root.dataset.state))
				.observe(root, { attributeFilter: ['data-state'] });
		});
		const late = await hold(page, '**/api/streams');
		tell('lost');
		await late.taken;
		tell('slow');
		await player.says('live, slow link');
		const answer = page.waitForResponse('**/api/streams');
		late.release();
		await (await answer).finished();
		// What is asked after it is answered after it.
		await page.evaluate(
			() => fetch('api/streams').then((response) => response.json()));
		await player.says('live, slow link');
		const seen = await page.evaluate(() => window.seen);
		assert.ok(!seen.includes('lost'), seen.join());
	});

	for (const word of ['connecting', 'lost'])
		it(`keeps a resume although the camera is ${word}`, async () => {
			const between = await overheardPlayer(browser, lull);
			const { page, player } = between;
			await player.part('pause').click();
			await player.says('paused');
			const late = await hold(page, '**/session/resume');
			between.hear = (state) => (state === 'live' ? word : state);
			await player.part('resume').click();
			await late.taken;
			await until(`the page says ${word}`, async () =>
				await page.locator('.watch').getAttribute('data-state')
					=== word);
			late.release();
			await player.part('pause').waitFor();
		});
});

describe('the pages without a stream', () => {
	const lull = useLulld({ streams: { none: 'nonsense:' } });
	const browser = useBrowser();

	it('name the file and what to do with it', async () => {
		const page = await browser.page(lull, '/');
		const empty = page.locator('.empty');
		await empty.waitFor();
		await until('the file is named', async () =>
			(await empty.textContent()).includes(lull.config));
		assert.match(await empty.textContent(), /restart lulld/);
		assert.doesNotMatch(await empty.textContent(), /reload/);
	});

	it('ask for its name once', async () => {
		const page = await browser.page(lull, '/icon.svg');
		const asked = { '/api': 0, '/api/streams': 0 };
		page.on('request', (request) => {
			asked[new URL(request.url()).pathname]++;
		});
		await page.goto(`${lull.url}/`);
		await until('the list has come three times',
			() => asked['/api/streams'] === 3);
		assert.equal(asked['/api'], 1);
	});
});

describe('a camera that plays in part', () => {
	const camera = useCamera('--mount', 'b:b_frames=2,fps=24');
	const lull = useLulld(() => ({
		streams: { b: camera.url({ mount: 'b' }) } }));
	const browser = useBrowser();

	it('has a note beside its facts, and is not at fault', async () => {
		const page = await browser.page(lull, '/#src=b');
		await new PagePlayer(page).says('live', 15_000);
		const list = await browser.page(lull, '/');
		const card = list.getByTestId('stream-card');
		const note = card.locator('.note');
		await until('the note is there', async () =>
			/^B-frames left out: \d+ of \d+ pictures a second are shown\.$/
				.test(await note.textContent()));
		assert.match(await card.locator('.facts').textContent(), /^H\.264 · /);
		assert.doesNotMatch(await card.getAttribute('class'), /faulty/);
		const { out } = await lull.lullctl('streams');
		assert.match(out, /\/b: B-frames left out: /);
		await shoot(list, 'note');
	});
});

describe('a stream of several sources', () => {
	const lull = useLulld();
	const browser = useBrowser();
	const source = (state, more) => ({
		state, error: '', video: '', audio: '', width: 0, height: 0, ...more,
	});
	const LIVE = source('live', { video: 'h264', width: 320, height: 180 });
	const LOST = source('lost', {
		error: 'no route', error_time: new Date().toISOString(),
	});
	const cases = [
		{ producers: [LOST, LIVE], word: 'Live', facts: /^H\.264 · 320 × 180$/ },
		{ producers: [source('idle'), LIVE], word: 'Live', facts: /^H\.264/ },
		{
			producers: [source('live', { video: 'h265', audio: '' }),
				source('live', { audio: 'opus' })],
			word: 'Live', facts: /^H\.265 · Opus$/,
		},
		{ producers: [source('idle'), LOST], word: 'Camera lost',
			facts: /^No route\.$/ },
		{ producers: [source('idle'), source('idle')], word: 'Idle',
			facts: /^Starts when somebody watches\.$/ },
	];

	for (const { producers, word, facts } of cases)
		it(`is what the one does that does most: ${
			producers.map((p) => p.state)}`, async () => {
			const page = await browser.page(lull, '/icon.svg');
			await page.route('**/api/streams', (route) => route.fulfill(
				{ json: { many: { producers, consumers: [] } } }));
			await page.goto(`${lull.url}/`);
			const card = page.getByTestId('stream-card');
			await card.waitFor();
			assert.equal(
				await card.getByTestId('stream-state').textContent(), word);
			assert.match(await card.locator('.facts').textContent(), facts);
			assert.equal(await card.evaluate((c) =>
				c.classList.contains('faulty')), word === 'Camera lost');
		});
});

for (const [device, options] of Object.entries(DEVICES))
	for (const colorScheme of ['light', 'dark'])
		describe(`the pictures of the list, ${device}, ${colorScheme}`, () => {
			const lull = useLulld(async () => ({ streams: {
				asleep: DEMO, watched: DEMO,
				gone: `rtsp://127.0.0.1:${await freePort()}/x`,
			} }));
			const browser = useBrowser();
			let page, asked;

			const card = (name) => page.locator(
				`[data-testid=stream-card][data-stream=${name}]`);
			const widths = (name) => card(name).locator('.thumbnail img')
				.evaluate((img) => [img.hidden, img.naturalWidth]);

			before(async () => {
				page = await browser.page(lull, '/icon.svg',
					{ ...options, colorScheme });
				asked = [];
				page.on('request', (request) => {
					const url = new URL(request.url());
					if (url.pathname === '/api/frame.jpeg')
						asked.push(url.searchParams.get('src'));
				});
			});

			it('are those of streams that are watched', async () => {
				const viewer = await browser.view(lull, 'watched');
				await plays(viewer);
				await page.goto(`${lull.url}/`);
				await card('watched').waitFor();
				await card('watched').scrollIntoViewIfNeeded();
				await until('a picture is there', async () =>
					(await widths('watched'))[1] === 320);
				await until('and another one', () => asked.length === 2,
					20_000);
				assert.deepEqual([...new Set(asked)], ['watched']);
				assert.deepEqual(await widths('asleep'), [true, 0]);
				assert.equal((await lull.producer('asleep')).state, 'idle');
				assert.equal(await card('watched').getByTestId('peek')
					.isVisible(), false);
				await shoot(page, `${device}-${colorScheme}-pictures`);
				await noSidewaysScroll(page);
				await viewer.close();
			});

			it('are taken of others when somebody asks', async () => {
				await card('asleep').getByTestId('peek').click();
				await until('its picture is there', async () =>
					(await widths('asleep'))[1] === 320, 15_000);
				await card('gone').getByTestId('peek').click();
				await card('gone').getByText('No picture came').waitFor();
				assert.deepEqual(await widths('gone'), [true, 0]);
				assert.deepEqual(asked.filter((name) => name !== 'watched'),
					['asleep', 'gone']);
				await shoot(page, `${device}-${colorScheme}-asked`);
			});
		});

describe('a camera that nobody watches any more', () => {
	const lull = useLulld(async () => ({
		streams: { gone: {
			url: `rtsp://127.0.0.1:${await freePort()}/x`, linger: 0,
		} },
	}));
	const browser = useBrowser();

	it('keeps its last error, with the time', async () => {
		const page = await browser.page(lull, '/#src=gone');
		const player = new PagePlayer(page);
		await player.says('camera lost', 15_000);
		await player.part('back').click();
		const card = page.getByTestId('stream-card');
		await until('idle, with the error', async () => {
			const text = await card.textContent();
			return /Idle/.test(text) &&
				/Failed at .*\d\d.*: connection refused/.test(text);
		});
		const producer = await lull.producer('gone');
		assert.equal(producer.state, 'idle');
		assert.match(producer.error, /refused/);
		const age = Date.now() - Date.parse(producer.error_time);
		assert.ok(age >= 0 && age < 60_000, producer.error_time);
		const { out } = await lull.lullctl('streams');
		assert.match(out, /: failed at \d\d:\d\d: .*refused/);
	});
});
