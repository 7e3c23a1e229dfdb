// What the document's examples talk to: a server at localhost:1984 with
// the camera pk_cabin_camera and some viewers of it.
import { until } from './wait.mjs';
import { useLulld } from './lulld.mjs';
import { plays } from './viewers.mjs';
import { weriftView } from './werift.mjs';

export const CAMERA = 'pk_cabin_camera';
export const BROKER = '192.168.1.100';

export function useCabin() {
	return useLulld({
		port: 1984,
		streams: { [CAMERA]: 'demo:?size=320x180&fps=10' },
	});
}

/** A playing viewer for each of these viewer ids. */
export async function cabinViewers(lull, ...viewerIds) {
	const viewers = [];
	for (const viewer_id of viewerIds)
		viewers.push(await weriftView(lull, CAMERA,
			{ query: { viewer_id } }));
	for (const viewer of viewers) await plays(viewer, 3);
	return viewers;
}

export async function leave(lull, viewers) {
	for (const viewer of viewers) await viewer.close();
	for (const viewer of viewers) await lull.forgets(viewer.sessionId);
}

/** Whether each viewer is paused, in their order. */
export async function paused(lull, viewers) {
	const sessions = await lull.sessions();
	return viewers.map((v) => sessions.find(
		(s) => s.session_id === v.sessionId)?.paused);
}

export function becomes(lull, viewer, state, deadlineMs) {
	return until(`${viewer.viewerId} has paused=${state}`, async () =>
		(await paused(lull, [viewer]))[0] === state, deadlineMs);
}
