// What a person hears: how much of it Chromium had to make up.
import { describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useCamera } from './lib/camera.mjs';
import { heard, hearsAll, listens } from './lib/listener.mjs';
import { DEMO, useLulld } from './lib/lulld.mjs';

describe('the sound of a stream', () => {
	const codecs = ['opus', 'pcmu', 'pcma', 'g722'];
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
