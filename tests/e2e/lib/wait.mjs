// Waiting for a condition, never for a time: a probe is asked again until
// it says yes or its deadline has passed.
import { scheduler } from 'node:timers/promises';
import { inspect } from 'node:util';

const PERIOD_MS = 40;

/** Thrown by a probe that can no longer become true. */
export class Hopeless extends Error {}

/** The probe's first truthy result. `what` is said when it never comes. */
export async function until(what, probe, deadlineMs = 10_000) {
	const end = performance.now() + deadlineMs;
	for (let last; ; ) {
		try {
			const result = await probe();
			if (result) return result;
			last = result;
		} catch (error) {
			if (error instanceof Hopeless) throw error;
			last = error;
		}
		if (performance.now() > end) {
			const seen = inspect(last, { depth: 4 });
			throw new Error(`not within ${deadlineMs} ms: ${what} (last: ${seen})`);
		}
		await scheduler.wait(PERIOD_MS);
	}
}

/** Rejects when the promise is not settled by the deadline. */
export async function within(what, promise, deadlineMs = 10_000) {
	const stop = new AbortController();
	const late = scheduler
		.wait(deadlineMs, { signal: stop.signal })
		.then(() => { throw new Error(`not within ${deadlineMs} ms: ${what}`); });
	late.catch(() => {});
	try {
		return await Promise.race([promise, late]);
	} finally {
		stop.abort();
	}
}
