// Hosts whose addresses need care: several networks, or IPv6 alone.
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { UdpChecker, checkByTcp, checkFor } from './lib/checker.mjs';
import { Host, ip } from './lib/host.mjs';
import { useLulld } from './lib/lulld.mjs';
import { offer, postOffer } from './lib/offers.mjs';
import { plays } from './lib/viewers.mjs';
import { Only, candidatesOf } from './lib/way.mjs';

describe('a host of two networks', () => {
	// It answers by the one whose address is the first, whatever it is
	// asked at: whoever does not choose the address of the answer says it.
	const [NEAR, FAR] = ['10.50.0.2', '10.50.1.2'];
	const [NEAR6, FAR6] = ['fd00:50::2', 'fd00:51::2'];
	const host = new Host();
	const lull = useLulld(async () => {
		await host.start();
		await host.cable(['10.50.0.1/24', 'fd00:50::1/64'],
			[`${NEAR}/24`, `${NEAR6}/64`]);
		await host.ip('link add far0 type veth peer name far1');
		await host.ip('link set far0 up');
		await host.ip('link set far1 up');
		await host.ip(`address add ${FAR}/32 dev far0`);
		await host.ip(`address add ${FAR6}/128 dev far0 nodad`);
		await ip(`route add ${FAR}/32 via ${NEAR}`);
		await ip(`-6 route add ${FAR6}/128 via ${NEAR6}`);
		return { under: host.under, host: NEAR };
	});
	const browser = useBrowser();

	after(() => host.stop());

	for (const [address, family] of
		[[NEAR, 4], [FAR, 4], [NEAR6, 6], [FAR6, 6]])
		it(`answers from where it was asked: ${address}`, async () => {
			const text = offer();
			const answer = await postOffer(lull, text);
			const at = { address, port: lull.mediaPort };
			const checker = await new UdpChecker().open({ family });
			for (let i = 0; i < 3; i++)
				assert.deepEqual(await checker.ask(
					checkFor(text, answer.text), at), at);
			checker.close();
			await checkByTcp(checkFor(text, answer.text), at);
		});

	it('plays from the far one', async () => {
		const far = new Only((c) =>
			c.transport === 'udp' && c.address === FAR);
		const viewer = await browser.view(lull, 'demo',
			{ page: await far.page(browser, lull) });
		await plays(viewer);
		await viewer.close();
	});
});

describe('a host with IPv6 alone', () => {
	const ADDRESS = 'fd00:60::2';
	const host = new Host();
	const lull = useLulld(async () => {
		await host.start();
		await host.cable(['fd00:60::1/64'], [`${ADDRESS}/64`]);
		return { under: host.under, host: `[${ADDRESS}]` };
	});
	const browser = useBrowser();

	after(() => host.stop());

	it('offers that, by UDP and by TCP, and plays', async () => {
		const viewer = await browser.view(lull);
		await plays(viewer);
		const offered = candidatesOf(await viewer.answer());
		assert.deepEqual(offered.map((c) => [c.transport, c.address, c.port]),
			[['udp', ADDRESS, lull.mediaPort],
				['tcp', ADDRESS, lull.mediaPort]]);
		await viewer.close();
	});
});
