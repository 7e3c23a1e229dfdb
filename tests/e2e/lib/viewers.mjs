// What is the same for every kind of viewer: frames() counts pictures.
import assert from 'node:assert/strict';
import { repaired } from './packets.mjs';
import { Capture } from './wire.mjs';
import { until } from './wait.mjs';
import { weriftView } from './werift.mjs';

/** The picture goes on: so many frames more from now. */
export async function plays(viewer, more = 10, deadlineMs = 15_000) {
	const start = await viewer.frames();
	await until(`${viewer.viewerId} plays ${more} frames more`,
		async () => (await viewer.frames()) >= start + more, deadlineMs);
}

/**
 * Pauses by act() and watches the wire: media before, not one RTP packet
 * from the acknowledgement on, for at least 3 s. `others` go on.
 */
export async function pausesOnTheWire(lull, id, act, others = []) {
	const session = await lull.session(id);
	const rest = await Promise.all(others.map((o) => lull.session(o)));
	const capture = new Capture([session, ...rest], 7);
	await capture.sees(session);
	const answer = await act();
	const done = Date.now();
	await capture.end();
	assert.ok(capture.ended - done >= 3000, 'watched for 3 s');
	assert.ok(capture.rtp(session, { to: done }).length > 0);
	assert.deepEqual(capture.rtp(session, { from: done }), [],
		'RTP after the pause was acknowledged');
	for (const other of rest)
		assert.ok(capture.rtp(other, { from: done }).length > 30,
			'the others go on');
	return answer;
}

/** The session with its counters. */
export async function verbose(lull, id) {
	const { body } = await lull.call('GET', '/api/webrtc/sessions?verbose');
	return body.sessions.find((s) => s.session_id === id);
}

/**
 * A viewer of werift that has played `frames`, is paused and misses
 * nothing, and `cut`: how many packets it was sent. What this process was
 * too busy to receive just before the pause cannot be asked for after it:
 * then it is another viewer's turn.
 */
export async function pausedView(lull, src, frames, tries = 5) {
	const viewer = await weriftView(lull, src);
	await plays(viewer, frames);
	await repaired(viewer);
	await lull.pause(viewer.sessionId);
	const stats = await verbose(lull, viewer.sessionId);
	const cut = stats.packets_sent - stats.retransmitted;
	try {
		await until(`${cut} packets have come`, () =>
			new Set(viewer.video.map((p) => p.sequence)).size === cut, 1000);
		return { viewer, cut };
	} catch (error) {
		await viewer.close();
		if (tries === 1) throw error;
	}
	return pausedView(lull, src, frames, tries - 1);
}

/** A paused viewer receives nothing for 3 s, by the wire. */
export async function silentFor3s(lull, id) {
	const session = await lull.session(id);
	const capture = await new Capture([session], 3).end();
	assert.deepEqual(capture.rtp(session), [], 'RTP to a paused viewer');
}

/** Mean difference of two pictures (arrays of grey values). */
export function difference(a, b) {
	return a.reduce((sum, v, i) => sum + Math.abs(v - b[i]), 0) / a.length;
}

/** What is shown changes, and is a picture: neither black nor flat. */
export async function pictureMoves(look, deadlineMs = 15_000) {
	const seen = (p) => Math.max(...p) - Math.min(...p) > 50;
	const first = await until('a picture', async () => {
		const picture = await look();
		return seen(picture) && picture;
	}, deadlineMs);
	await until('the picture moves', async () =>
		difference(first, await look()) > 0.5, deadlineMs);
}
