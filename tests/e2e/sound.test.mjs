// What a person hears: how much of it Chromium had to make up.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';
import { until } from './lib/wait.mjs';

const SETTLED_S = 2; // it may take so long to find its delay

async function heard(viewer) {
	const { audio } = await viewer.stats();
	return {
		seconds: audio.totalSamplesDuration ?? 0,
		samples: audio.totalSamplesReceived ?? 0,
		concealed: audio.concealedSamples ?? 0,
		energy: audio.totalAudioEnergy ?? 0,
		packets: audio.packetsReceived ?? 0,
		discarded: audio.packetsDiscarded ?? 0,
	};
}

/** So many seconds of sound after `since`, as heard() told it. */
function listens(viewer, since, seconds) {
	return until(`${seconds} s of sound`, async () => {
		const now = await heard(viewer);
		return now.seconds - since.seconds >= seconds && now;
	}, (seconds + 10) * 1000);
}

/** From 2 s after the next packet of sound on, for so many seconds. */
async function hearsAll(viewer, seconds) {
	const before = await heard(viewer);
	const first = await until('sound comes', async () => {
		const now = await heard(viewer);
		return now.packets > before.packets && now;
	});
	const from = await listens(viewer, first, SETTLED_S);
	const to = await listens(viewer, from, seconds);
	const samples = to.samples - from.samples;
	const concealed = to.concealed - from.concealed;
	assert.ok(to.energy > from.energy, 'it is silent');
	assert.ok(concealed < samples / 100, `${viewer.viewerId}: ` +
		`${concealed} of ${samples} samples were made up`);
	return concealed / samples;
}

describe('the sound of a stream', () => {
	const codecs = ['opus', 'pcmu', 'pcma'];
	const camera = useCamera(...codecs.flatMap(
		(codec) => ['--mount', `${codec}:audio=${codec}`]));
	const lull = useLulld(() => ({
		streams: {
			demo: DEMO,
			...Object.fromEntries(codecs.map(
				(mount) => [mount, camera.url({ mount })])),
		},
	}));
	const browser = useBrowser();
	const viewers = {};

	for (const name of ['demo', ...codecs]) {
		it(`is heard as it is: ${name}`, async () => {
			viewers[name] = await browser.view(lull, name, { audio: true });
			await hearsAll(viewers[name], 30);
		});

		it(`is heard as it is after a pause: ${name}`, async () => {
			const viewer = viewers[name];
			const { session_id: id } = await lull.viewer(viewer.viewerId);
			await lull.pause(id);
			const paused = await heard(viewer);
			await listens(viewer, paused, 3); // Chromium makes up all of it
			await lull.resume(id);
			await hearsAll(viewer, 10);
			await viewer.close();
		});
	}
});
