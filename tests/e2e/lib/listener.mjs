// How much of what a viewer in Chromium hears it had to make up.
import assert from 'node:assert/strict';
import { until } from './wait.mjs';

const SETTLED_S = 2; // it may take so long to find its delay

export async function heard(viewer) {
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
export function listens(viewer, since, seconds) {
	return until(`${seconds} s of sound`, async () => {
		const now = await heard(viewer);
		return now.seconds - since.seconds >= seconds && now;
	}, (seconds + 10) * 1000);
}

/** From 2 s after the next packet of sound on, for so many seconds. */
export async function hearsAll(viewer, seconds) {
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
