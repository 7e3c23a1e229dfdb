// A host behind a router that forwards a port: viewers outside are told of the
// router's address by webrtc.candidates, which names it or has it asked for, and
// reach the host by that alone.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { Browser } from './lib/browser.mjs';
import { Coturn } from './lib/coturn.mjs';
import { Host } from './lib/host.mjs';
import { useLulld } from './lib/lulld.mjs';
import { offer, postOffer } from './lib/offers.mjs';
import { TcpRelay, UdpRelay } from './lib/relay.mjs';
import { freePort } from './lib/temp.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { Only, candidatesOf } from './lib/way.mjs';

const PUBLIC = '10.40.0.1'; // the router's, as viewers know it
const INNER = '172.30.0.1'; // the router's, as the host knows it
const PRIVATE = '172.30.0.2';
const OUTSIDE = '10.40.0.2';

/** The router, a host inside, one outside, and on that a STUN server. */
class Nat {
	inside = new Host();
	outside = new Host();
	relays = [];

	async start() {
		this.port = await freePort();
		await this.inside.start();
		await this.inside.cable([`${INNER}/24`], [`${PRIVATE}/24`]);
		await this.outside.start();
		await this.outside.cable([`${PUBLIC}/24`], [`${OUTSIDE}/24`]);
		await this.outside.ip(`route add default via ${PUBLIC}`);
		this.server = new Coturn(
			{ address: OUTSIDE, under: this.outside.under });
		await this.server.start();
		const stun = await this.relay(UdpRelay,
			{ address: OUTSIDE, port: this.server.port }, INNER);
		this.stun = `stun:${INNER}:${stun.address.port}`;
	}

	async relay(Relay, target, address, port) {
		const relay = await new Relay(target).open(address, port);
		this.relays.push(relay);
		return relay;
	}

	/** Forwards its port to that of lulld, which is returned as seen there. */
	async forward(lull) {
		const target = { address: PRIVATE, port: lull.mediaPort };
		await this.relay(TcpRelay, target, PUBLIC, this.port);
		await this.relay(UdpRelay, target, PUBLIC, this.port);
		const api = await this.relay(TcpRelay,
			{ address: PRIVATE, port: lull.port }, PUBLIC);
		return Object.assign(Object.create(lull),
			{ url: `http://${PUBLIC}:${api.address.port}` });
	}

	async stop() {
		for (const relay of this.relays) relay.close();
		await this.server?.stop();
		for (const host of [this.inside, this.outside]) await host.stop();
	}
}

const told = {
	'by its address': (nat) => ({ candidates: [`${PUBLIC}:${nat.port}`] }),
	'as a STUN server sees it': (nat) => ({
		candidates: [`stun:${nat.port}`], ice_servers: [{ urls: nat.stun }],
	}),
};

for (const [name, webrtc] of Object.entries(told))
	describe(`a router that forwards a port, announced ${name}`, () => {
		const nat = new Nat();
		const lull = useLulld(async () => {
			await nat.start();
			return { under: nat.inside.under, host: PRIVATE,
				config: { webrtc: webrtc(nat) } };
		});
		let view;

		before(async () => { view = await nat.forward(lull); });
		after(() => nat.stop());

		const isForwarded = ({ address, port }) =>
			address === PUBLIC && port === nat.port;

		it('is told to viewers', () => until('an offer is answered so',
			async () => candidatesOf((await postOffer(lull, offer())).text)
				.filter(isForwarded).length === 2));

		for (const transport of ['udp', 'tcp'])
			it(`shows a picture outside: ${transport}`, async () => {
				const browser =
					await new Browser({ under: nat.outside.under }).start();
				const way = new Only((c) =>
					c.transport === transport && isForwarded(c));
				const viewer = await browser.view(view, 'demo',
					{ page: await way.page(browser, view) });
				await plays(viewer);
				const { remote } = await viewer.path();
				assert.equal(remote.protocol, transport);
				assert.ok(isForwarded(remote), JSON.stringify(remote));
				assert.equal(remote.candidateType, 'host');
				await viewer.close();
				await browser.stop();
			});
	});
