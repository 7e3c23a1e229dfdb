// The pages as a user meets them: the list, the player, its buttons.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useLulld } from './lib/lulld.mjs';
import { temporaryFolder } from './lib/temp.mjs';
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

		it('checklist 11: pause: nothing on the wire, frames stand still', async () => {
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

		it('checklist 18: follow a pause and a resume by a script', async () => {
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
