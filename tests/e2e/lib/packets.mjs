// What must hold for the packets that a viewer was sent, whatever was
// done to it meanwhile. They are those of lib/werift.mjs.
import assert from 'node:assert/strict';
import { until } from './wait.mjs';

const CLOCK = { video: 90_000, audio: 48_000 };

/** RFC 6184, table 1. */
export const NAL = { SLICE: 1, IDR: 5, SPS: 7, PPS: 8 };

/** No gap, no repeat, no other SSRC; the first below 2^15. */
export function assertContiguous(packets) {
	assert.ok(packets[0].sequence < 32_768,
		`first sequence number ${packets[0].sequence}`);
	packets.forEach((packet, i) => {
		if (i === 0) return;
		const expected = (packets[i - 1].sequence + 1) & 0xffff;
		assert.equal(packet.sequence, expected, `packet ${i}`);
		assert.equal(packet.ssrc, packets[0].ssrc);
	});
}

/** The longest time in which none came, in ms. */
export function longestGap(packets) {
	return Math.max(...packets.slice(1).map(
		(packet, i) => packet.at - packets[i].at));
}

/** From one RTP timestamp to another; negative: backwards. */
export function step(a, b) {
	return (b.timestamp - a.timestamp) | 0;
}

/** How many sequence numbers lie between the first packet and the last. */
export function span(packets) {
	let [highest, from] = [0, packets[0].sequence];
	for (const { sequence } of packets) {
		const ahead = (sequence - from) << 16 >> 16;
		if (ahead <= 0) continue; // sent again
		highest += ahead;
		from = sequence;
	}
	return highest + 1;
}

/**
 * A viewer's packets by sequence number, each once. What this process was
 * too busy to receive is asked for; what was never sent does not come.
 */
export function repaired(viewer) {
	return until('each packet has come', async () => {
		const packets = [];
		let [number, from] = [0, viewer.video[0].sequence];
		for (const packet of viewer.video) {
			const ahead = (packet.sequence - from) << 16 >> 16;
			packets[number + ahead] ??= packet;
			if (ahead > 0) [number, from] = [number + ahead, packet.sequence];
		}
		const first = viewer.video[0].sequence;
		const missing = Array.from(packets, (packet, i) =>
			(packet ? -1 : (first + i) & 0xffff)).filter((n) => n >= 0);
		if (missing.length === 0) return packets;
		await viewer.nack(...missing.slice(0, 100));
		throw new Error(`${missing.length} are missing: ` +
			`${missing.slice(0, 10)}`);
	});
}

/** RTP timestamps never run backwards. */
export function assertForwards(packets) {
	packets.forEach((packet, i) => {
		const forwards = i && step(packets[i - 1], packet);
		assert.ok(forwards >= 0, `packet ${i} steps by ${forwards}`);
	});
}

/**
 * By how many seconds RTP has run ahead of the clock from the packets of
 * `before` to those of `after`. Of each the least delayed one tells: the
 * others may have waited for this process.
 */
export function drift(before, after, kind = 'video') {
	const delay = (packet) => (packet.at - before[0].at) / 1000 -
		step(before[0], packet) / CLOCK[kind];
	const [from, to] = [before, after].map(
		(packets) => Math.min(...packets.map(delay)));
	return from - to;
}

function picture(packets) {
	const nals = packets.flatMap((p) => p.nals);
	return {
		packets,
		nals,
		timestamp: packets[0].timestamp,
		at: packets.at(-1).at,
		key: nals.includes(NAL.IDR),
		content: packets.map((p) => p.digest).join(' '),
	};
}

/** The pictures in these packets, of which the last may be under way. */
export function pictures(packets) {
	const all = [];
	let begin = 0;
	packets.forEach((packet, i) => {
		if (!packet.marker) return;
		all.push(picture(packets.slice(begin, i + 1)));
		begin = i + 1;
	});
	return all;
}

/**
 * Each picture is sent whole and alone: one timestamp up to its marker and
 * a later one after it; a key frame has its parameter sets.
 */
export function assertWhole(packets) {
	const all = pictures(packets);
	all.forEach((one, i) => {
		for (const packet of one.packets)
			assert.equal(packet.timestamp, one.timestamp, `picture ${i}`);
		if (i > 0)
			assert.ok(step(all[i - 1], one) > 0, `picture ${i} has no ` +
				'later timestamp than the one before');
		if (one.key)
			assert.deepEqual(one.nals.slice(0, 2), [NAL.SPS, NAL.PPS],
				`the key frame ${i} begins with ${one.nals}`);
	});
	return all;
}

/**
 * Nothing without its reference: each picture of a viewer is a key frame
 * or comes right after the one that it came after for `watch`, a viewer
 * that was there before and was left alone. What `watch` has not had yet
 * is not judged.
 */
export function assertDecodable(packets, watch) {
	const known = new Set();
	const keys = new Set();
	const its = pictures(watch);
	its.forEach((one, i) => {
		if (one.key) keys.add(one.content);
		if (i > 0) known.add(`${its[i - 1].content},${one.content}`);
	});
	const all = assertWhole(packets);
	const end = all.findLastIndex(
		(one) => one.content === its.at(-1).content);
	if (end >= 0) all.length = end + 1;
	assert.ok(all[0].key, 'the first picture is a key frame');
	all.forEach((one, i) => {
		if (one.key)
			assert.ok(keys.has(one.content), `key frame ${i} is the ` +
				'camera\'s');
		else
			assert.ok(known.has(`${all[i - 1].content},${one.content}`),
				`picture ${i} comes after its reference`);
	});
	return all;
}
