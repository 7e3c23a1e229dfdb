// A host of many containers has an address for each.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { useLulld } from './lib/lulld.mjs';
import { run } from './lib/process.mjs';
import { temporaryFolder } from './lib/temp.mjs';
import { plays } from './lib/viewers.mjs';
import { candidatesOf } from './lib/way.mjs';
import { weriftView } from './lib/werift.mjs';

const MANY = 100;

/** Gives the private network's cable many addresses, or takes them. */
async function addresses(action, flags = '') {
	const batch = join(temporaryFolder('addresses'), action);
	writeFileSync(batch, Array.from({ length: MANY }, (_, i) =>
		`address ${action} fd00:20::${i + 1}/64 dev cable0 ${flags}\n`)
		.join(''));
	const { code, out } = await run('ip', ['-batch', batch]);
	assert.equal(code, 0, out);
}

describe('a host with a hundred addresses', () => {
	before(() => addresses('add', 'nodad'));
	after(() => addresses('del'));
	const lull = useLulld();

	it('serves viewers, and offers some of them', async () => {
		const viewer = await weriftView(lull);
		assert.equal(viewer.status, 200, viewer.answer.text);
		await plays(viewer);
		const offered = candidatesOf(viewer.answer.body.sdp);
		const by = (transport) =>
			offered.filter((c) => c.transport === transport).length;
		assert.ok(by('udp') > 2 && by('udp') <= 16, `${by('udp')} for UDP`);
		// A viewer opens a connection to each: one for IPv4, one for IPv6.
		assert.equal(by('tcp'), 2);
		await viewer.close();
	});
});
