// A host behind a router that forwards a port: viewers outside are told of the
// router's address by webrtc.candidates, and reach the host by that alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Host } from './lib/host.mjs';
import { useLulld } from './lib/lulld.mjs';
import { TcpRelay, UdpRelay } from './lib/relay.mjs';
import { freePort } from './lib/temp.mjs';
import { plays } from './lib/viewers.mjs';
import { Only } from './lib/way.mjs';

describe('a host behind a router that forwards a port', () => {
	const PUBLIC = '10.40.0.1'; // the router's, as viewers know it
	const PRIVATE = '172.30.0.2';
	const inside = new Host();
	const outside = new Host();
	const relays = [];
	let port, view;
	const lull = useLulld(async () => {
		port = await freePort();
		await inside.start();
		await inside.cable(['172.30.0.1/24'], [`${PRIVATE}/24`]);
		await outside.start();
		await outside.cable([`${PUBLIC}/24`], ['10.40.0.2/24']);
		await outside.ip(`route add default via ${PUBLIC}`);
		return { under: inside.under, host: PRIVATE,
			config: { webrtc: { candidates: [`${PUBLIC}:${port}`] } } };
	});

	before(async () => {
		const target = { address: PRIVATE, port: lull.mediaPort };
		const api = await new TcpRelay(
			{ address: PRIVATE, port: lull.port }).open(PUBLIC);
		relays.push(api, await new TcpRelay(target).open(PUBLIC, port),
			await new UdpRelay(target).open(PUBLIC, port));
		view = Object.assign(Object.create(lull),
			{ url: `http://${PUBLIC}:${api.address.port}` });
	});
	after(async () => {
		for (const relay of relays) relay.close();
		for (const host of [inside, outside]) await host.stop();
	});

	for (const transport of ['udp', 'tcp'])
		it(`shows a picture outside: ${transport}`, async () => {
			const browser =
				await new Browser({ under: outside.under }).start();
			const way = new Only((c) => c.transport === transport);
			const viewer = await browser.view(view, 'demo',
				{ page: await way.page(browser, view) });
			await plays(viewer);
			const { remote } = await viewer.path();
			assert.equal(remote.protocol, transport);
			assert.equal(remote.address, PUBLIC);
			assert.equal(remote.port, port);
			assert.equal(remote.candidateType, 'host');
			await viewer.close();
			await browser.stop();
		});
});
