/* What the pages say, and how. */

/* Of GET api/streams. */
export const STREAM_STATES = {
	idle: 'Idle',
	connecting: 'Connecting',
	live: 'Live',
	lost: 'Camera lost',
	unsupported: 'Unsupported',
};

/* Of a player's status: the word, then what stands over the picture. */
export const PLAYER_STATES = {
	connecting: {
		word: 'Connecting',
		title: 'Connecting',
		text: () => 'Waiting for the picture.',
	},
	live: { word: 'Live', title: '', text: () => '' },
	slow: { word: 'Live, slow link', title: '', text: () => '' },
	paused: {
		word: 'Paused',
		title: 'Paused',
		text: () => 'The connection stays up; no media is sent. ' +
		    'Press the picture to resume.',
	},
	lost: {
		word: 'Camera lost',
		title: 'Camera lost',
		text: ({ reason }) => sentence(reason) +
		    'The broker keeps trying; the picture comes back by ' +
		    'itself. If it does not, check the camera’s power, ' +
		    'network and password.',
	},
	unsupported: {
		word: 'Unsupported',
		title: 'This camera cannot be played',
		text: ({ reason }) => sentence(reason) +
		    'Another of its streams may do.',
	},
	reconnecting: {
		word: 'Connection lost',
		title: 'Connection lost',
		text: ({ reason }) => sentence(reason) + 'It is tried again ' +
		    'by itself. If that does not help, check that lulld ' +
		    'runs and that its port for media is reachable from here.',
	},
	ended: {
		word: 'Ended',
		title: 'Ended by the operator',
		text: () => 'Whoever runs this server has closed the ' +
		    'session. It does not come back by itself.',
	},
	missing: {
		word: 'Not found',
		title: 'There is no stream of this name',
		text: () => 'It may have been renamed or removed. A new one ' +
		    'is there once lulld has been restarted.',
	},
	unable: {
		word: 'Not playable',
		title: 'This browser cannot play WebRTC',
		text: () => 'Use a current Firefox, Chrome, Edge or Safari, ' +
		    'and see that WebRTC is not switched off.',
	},
};

const CODECS = {
	h264: 'H.264', h265: 'H.265', hevc: 'H.265', vp8: 'VP8', vp9: 'VP9',
	av1: 'AV1', mjpeg: 'MJPEG', opus: 'Opus', aac: 'AAC',
	pcmu: 'G.711 µ-law', pcma: 'G.711 A-law', g722: 'G.722',
};

export function codecName(codec) {
	return CODECS[codec.toLowerCase()] ?? codec.toUpperCase();
}

/* "H.264 · 640 × 360 · Opus"; "" when nothing is known. */
export function describeMedia({ video, audio, width, height }) {
	return [
		video && codecName(video),
		width && height && `${width} × ${height}`,
		audio && codecName(audio),
	].filter(Boolean).join(' · ');
}

/* What is wrong, or, of a camera that is not lost now, what was wrong last:
 * "Failed at 20:37: connection refused." "" if nothing is. */
export function describeFault({ state, error, errorTime }) {
	if (error === '')
		return '';
	if (state === 'lost' || state === 'unsupported')
		return sentence(error).trim();
	return sentence(`failed at ${shortTime(errorTime)}: ${error}`).trim();
}

/* With its date, unless that is today's. */
function shortTime(text) {
	const time = new Date(text);
	const today = time.toDateString() === new Date().toDateString();

	return time.toLocaleString([], {
		...(!today && { month: 'short', day: 'numeric' }),
		hour: '2-digit', minute: '2-digit',
	});
}

export function describeViewers({ viewers, paused }) {
	const people = viewers === 0 ? 'Nobody watching' :
	    viewers === 1 ? '1 viewer' : `${viewers} viewers`;

	return paused === 0 ? people : `${people}, ${paused} paused`;
}

export function describeRate(bitsPerSecond) {
	if (bitsPerSecond < 1)
		return 'nothing';
	if (bitsPerSecond < 1e6)
		return `${Math.ceil(bitsPerSecond / 1e3)} kbit/s`;
	return `${(bitsPerSecond / 1e6).toFixed(1)} Mbit/s`;
}

/* "a thing" -> "A thing. " */
export function sentence(text) {
	if (!text)
		return '';
	return text[0].toUpperCase() + text.slice(1).replace(/\.?$/, '. ');
}
