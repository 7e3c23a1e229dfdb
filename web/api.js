/*
 * The broker's HTTP API. Addresses are relative to the page, so that it
 * works below any path of a reverse proxy.
 */
const DEADLINE_MS = 10000;
const GOODBYE_MS = 2000;

/* `status` is HTTP's, 0 when there was no answer. */
export class ApiError extends Error {
	constructor(message, status) {
		super(message);
		this.name = 'ApiError';
		this.status = status;
	}
}

async function fetchJson(path, options) {
	let response;

	try {
		response = await fetch(path, {
			cache: 'no-store',
			signal: AbortSignal.timeout(DEADLINE_MS),
			...options,
		});
	} catch {
		throw new ApiError('the broker does not answer', 0);
	}
	const body = await response.json().catch(() => null);
	if (!response.ok || body === null || body.success === false)
		throw new ApiError(body?.error ??
		    `the broker answered with HTTP ${response.status}`,
		    response.status);
	return body;
}

/* {name: {producers, consumers}}; see describeStream(). */
export function listStreams() {
	return fetchJson('api/streams');
}

/* Of the configuration that is served; undefined if it is in no file. */
export async function configPath() {
	return (await fetchJson('api')).config_path;
}

export async function listSessions() {
	return (await fetchJson('api/webrtc/sessions')).sessions ?? [];
}

/* Resolves once the broker has confirmed. */
export function setPaused(sessionId, paused) {
	const action = paused ? 'pause' : 'resume';

	return fetchJson(`api/webrtc/session/${action}`, {
		method: 'POST',
		headers: { 'Content-Type': 'application/json' },
		body: JSON.stringify({ session_id: sessionId }),
	});
}

/* A JPEG of what the stream shows now; `age` makes another address of it. */
export function frameUrl(src, width, age) {
	return `api/frame.jpeg?${new URLSearchParams({ src, width, t: age })}`;
}

/* Outlives the page. Resolves however it went, soon. */
export function endSession(sessionId) {
	return fetch(`api/webrtc/session/${encodeURIComponent(sessionId)}`, {
		method: 'DELETE',
		keepalive: true,
		signal: AbortSignal.timeout(GOODBYE_MS),
	}).catch(() => {});
}

export function socketUrl({ src, viewerId, paused }) {
	const url = new URL('api/ws', document.baseURI);

	url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
	url.searchParams.set('src', src);
	url.searchParams.set('state', 'true');
	url.searchParams.set('ice_servers', 'true');
	if (viewerId)
		url.searchParams.set('viewer_id', viewerId);
	if (paused)
		url.searchParams.set('paused', 'true');
	return url.href;
}

/* What anybody can paste into a shell to pause or resume a session. */
export function curlLine(sessionId, paused) {
	const action = paused ? 'pause' : 'resume';
	const url = new URL(`api/webrtc/session/${action}`,
	    document.baseURI).href.replaceAll("'", '%27');

	return `curl -X POST '${url}' -H 'Content-Type: application/json'` +
	    ` -d '{"session_id":"${sessionId}"}'`;
}

/* Of several sources the one that does most speaks for the stream; of two that
 * do the same, the first. */
const STATES = ['live', 'connecting', 'lost', 'unsupported', 'idle'];

function speaker(producers) {
	for (const state of STATES) {
		const one = producers.find((p) => p.state === state);

		if (one)
			return one;
	}
	return producers[0] ?? {};
}

/* The first of such a name that a source has; those that are live come before
 * `one`, which comes before all others. */
function first(producers, one, name) {
	const live = producers.filter((p) => p.state === 'live');

	return [...live, one, ...producers].map((p) => p[name])
	    .find(Boolean);
}

/* One entry of listStreams(), flat. What a source says is an error if it has a
 * time, else a note on what plays; the sound may be that of another. */
export function describeStream(name, entry) {
	const producers = entry?.producers ?? [];
	const producer = speaker(producers);
	const consumers = entry?.consumers ?? [];
	const errorTime = producer.error_time || '';
	const said = producer.error || '';

	return {
		name,
		state: producer.state || 'idle',
		error: errorTime && said,
		errorTime,
		note: errorTime ? '' : said,
		video: producer.video || '',
		audio: first(producers, producer, 'audio') || '',
		width: producer.width || 0,
		height: producer.height || 0,
		viewers: consumers.length,
		paused: consumers.filter((c) => c.paused).length,
	};
}

/* null if there is no stream of that name. */
export async function getStream(name) {
	const streams = await listStreams();

	return Object.hasOwn(streams, name) ?
	    describeStream(name, streams[name]) : null;
}
