// What the page says of the way that the picture comes: by UDP, by TCP where
// UDP is blocked, and where it looked if nothing gets through.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useLulld } from './lib/lulld.mjs';
import { until } from './lib/wait.mjs';

/** The page sees these of the answer's candidates: `kept` is a RegExp. */
function limitCandidates(kept) {
	const { setRemoteDescription } = RTCPeerConnection.prototype;

	RTCPeerConnection.prototype.setRemoteDescription = function (answer) {
		const lines = answer.sdp.split('\r\n').filter((line) =>
			!line.startsWith('a=candidate') ||
			new RegExp(kept).test(line));
		return setRemoteDescription.call(this,
			{ ...answer, sdp: lines.join('\r\n') });
	};
}

/** Its candidates lead to a port where nobody is. */
function closePort() {
	const { setRemoteDescription } = RTCPeerConnection.prototype;

	RTCPeerConnection.prototype.setRemoteDescription = function (answer) {
		const sdp = answer.sdp.replace(/ \d+ typ host/g, ' 9 typ host');
		return setRemoteDescription.call(this, { ...answer, sdp });
	};
}

describe('the page', () => {
	const lull = useLulld();
	const browser = useBrowser();

	async function watch(script, argument) {
		const page = await browser.page(lull, '/api');
		if (script) await page.addInitScript(script, argument);
		await page.goto(`${lull.url}/#src=demo`);
		return page;
	}

	async function showsTransport(page, word) {
		await until(`the page says ${word}`, async () =>
			await page.locator('.by').textContent() === word);
		await until('and has the picture', async () =>
			/bit/.test(await page.locator('.rate').textContent()));
		await page.close();
	}

	it('says that the picture comes by UDP', async () => {
		await showsTransport(await watch(), 'UDP');
	});

	it('says that it comes by TCP, where UDP is blocked', async () => {
		await showsTransport(await watch(limitCandidates, ' tcp '), 'TCP');
	});

	it('says which port of which address is not reached', async () => {
		const page = await watch(closePort);
		const text = page.locator('.watch');
		await until('the reason', async () =>
			/No packet gets through to [0-9.:a-f]+.*, port 9, by UDP or TCP: a firewall may be in between/
				.test(await text.textContent()), 30_000);
		assert.match(await text.textContent(), /does not forward the port/);
		await page.close();
	});
});
