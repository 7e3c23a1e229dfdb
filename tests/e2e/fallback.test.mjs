// A viewer whose UDP dies, and that TCP would still reach: the picture comes
// back in the same session. Chromium goes on by a connection that it still has;
// it closes those that it does not use, and then its ICE is to begin anew.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { TcpLink } from './lib/tcp_link.mjs';
import { plays, silentFor3s, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { AnyWay } from './lib/way.mjs';

const BACK_MS = 18_000; // the page notices after eight seconds at most

async function twoWays() {
	const udp = await new Link().open();
	const tcp = await new TcpLink().open();
	return { udp, tcp, both: new AnyWay(udp, tcp) };
}

/** Datagrams get through no more, in either direction. */
function cutDatagrams(udp) {
	udp.see = () => true;
}

/** The session, once its viewer has that way. */
function goesBy(lull, id, link) {
	return until('the viewer is at that address', async () => {
		const session = await lull.session(id);
		return session.remote_addr.endsWith(`:${link.port}`) && session;
	}, BACK_MS);
}

/** It is sent nothing there, nor on its way there. */
async function staysPaused(lull, id, link) {
	const { packets_sent: sent } = await verbose(lull, id);
	assert.equal((await goesBy(lull, id, link)).state, 'paused');
	await silentFor3s(lull, id);
	assert.equal((await verbose(lull, id)).packets_sent, sent);
}

describe('our own page', () => {
	const lull = useLulld();
	const browser = useBrowser();

	/** It plays by UDP, and has no connection that it could go on by. */
	async function watchByUdp() {
		const ways = await twoWays();
		const page = await ways.both.socketPage(browser, lull, '/#src=demo');
		const frames = async () => (await page.evaluate(
			() => window.lullViewers.pageStats())).video.framesDecoded ?? 0;
		const player = { viewerId: 'the page', frames };
		await plays(player);
		const [{ session_id: id }] = await lull.sessions();
		await goesBy(lull, id, ways.udp);
		await until('it has closed its connections',
			() => ways.tcp.connections === 0, 30_000);
		return { ...ways, page, player, id };
	}

	async function leave({ page, id, udp, tcp }) {
		await page.close();
		await lull.forgets(id);
		udp.close();
		tcp.close();
	}

	it('has its picture again by TCP', async () => {
		const one = await watchByUdp();
		const { udp, tcp, both, page, player, id } = one;
		cutDatagrams(udp);
		await until('it offers again', () => both.offers === 2, BACK_MS);
		await plays(player, 20);
		assert.equal((await goesBy(lull, id, tcp)).state, 'live');
		await until('it says so', async () =>
			await page.locator('.by').textContent() === 'TCP');
		assert.equal(both.offers, 2);
		assert.equal((await lull.sessions()).length, 1);
		await leave(one);
	});

	it('stays paused, and is resumed at once', async () => {
		const one = await watchByUdp();
		const { udp, tcp, player, id } = one;
		await lull.pause(id);
		cutDatagrams(udp);
		await staysPaused(lull, id, tcp);
		await lull.resume(id);
		await plays(player, 20, 5000);
		await leave(one);
	});
});

describe('a viewer that does nothing by itself', () => {
	const lull = useLulld();
	const browser = useBrowser();

	/** It plays by UDP, and has a connection. */
	async function view() {
		const ways = await twoWays();
		const { udp, tcp, both } = ways;
		// Who has UDP at once may not even try TCP.
		udp.see = () => tcp.opened === 0;
		const page = await both.page(browser, lull);
		const viewer = await browser.view(lull, 'demo', { page });
		await plays(viewer);
		const { session_id: id } = await lull.viewer(viewer.viewerId);
		await goesBy(lull, id, udp);
		return { ...ways, viewer, id };
	}

	async function leave({ viewer, udp, tcp }) {
		await viewer.close();
		udp.close();
		tcp.close();
	}

	it('has its picture again by the connection that it has', async () => {
		const one = await view();
		cutDatagrams(one.udp);
		await goesBy(lull, one.id, one.tcp);
		await plays(one.viewer, 20);
		await leave(one);
	});

	it('stays paused, and is resumed at once', async () => {
		const one = await view();
		const { udp, tcp, viewer, id } = one;
		await lull.pause(id);
		cutDatagrams(udp);
		await staysPaused(lull, id, tcp);
		await lull.resume(id);
		await plays(viewer, 20, 5000);
		await leave(one);
	});
});
