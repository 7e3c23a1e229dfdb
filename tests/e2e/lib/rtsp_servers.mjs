// RTSP servers that are neither GStreamer's nor our own.
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Camera, DecodedCamera, use } from './camera.mjs';
import { Process } from './process.mjs';
import { freePort } from './temp.mjs';
import { until } from './wait.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

function describes(url, media) {
	return new Promise((done) => {
		const { hostname, port } = new URL(url);
		const socket = connect(Number(port), hostname);
		let text = '';
		socket.setTimeout(1000, () => socket.destroy());
		socket.on('error', () => {}); // it may not listen yet
		socket.on('close', () => done(false));
		socket.on('data', (data) => {
			text += data;
			if (text.split('\r\nm=').length <= media) return;
			done(true);
			socket.destroy();
		});
		socket.write(`DESCRIBE ${url} RTSP/1.0\r\nCSeq: 1\r\n\r\n`);
	});
}

/** Waits until the server says that it has a picture and sound there. */
function untilDescribed(url) {
	return until(`${url} is described`, () => describes(url, 2), 30_000);
}

/** VLC, with a film that has sound. */
class Vlc extends DecodedCamera {
	script = path('../vlc.py');
	size = [];

	async start() {
		await super.start();
		await untilDescribed(this.url());
	}
}

/** live555's proxy, before the mounts of a camera, under the same names. */
class Live555 extends Camera {
	script = path('../live555.py');

	constructor(camera, mounts) {
		super();
		Object.assign(this, { camera, mounts });
	}

	options() {
		return this.mounts.map((mount) =>
			`${mount}=${this.camera.url({ mount })}`);
	}

	async start() {
		await super.start();
		await Promise.all(this.addresses.map(untilDescribed));
	}
}

// $ports: of those who watch, of those who publish, and the first for RTP.
const PERL = `use AnyEvent; use RTSP::Server; my ($ports) = @ARGV;
	my ($client, $source, $rtp) = split /,/, $ports;
	RTSP::Server->new(log_level => 1, rtp_start_port => $rtp,
		client_listen_address => "127.0.0.1", client_listen_port => $client,
		source_listen_address => "127.0.0.1", source_listen_port => $source,
	)->listen; $| = 1; print "ready\\n"; AnyEvent->condvar->recv;`;
const RTP_PORT = 20_000;

/** Perl's RTSP::Server, to which FFmpeg publishes what a camera has. */
class PerlServer extends Camera {
	constructor(camera) {
		super();
		this.camera = camera;
	}

	async start() {
		const [client, source] = [await freePort(), await freePort()];
		this.process = new Process('/usr/bin/perl',
			['-e', PERL, [client, source, RTP_PORT].join()]);
		await this.process.line(/^ready/);
		this.publisher = new Process('ffmpeg', ['-v', 'warning',
			'-rtsp_transport', 'tcp', '-i', this.camera.url(), '-c', 'copy',
			'-f', 'rtsp', `rtsp://127.0.0.1:${source}/cam`]);
		this.addresses = [`rtsp://127.0.0.1:${client}/cam`];
		await untilDescribed(this.url());
	}

	async kill() {
		await this.publisher?.crash();
		await super.kill();
	}
}

export function useVlc() {
	return use(new Vlc());
}

/** The camera of these two runs before they do. */
export function useLive555(camera, mounts) {
	return use(new Live555(camera, mounts));
}

export function usePerlServer(camera) {
	return use(new PerlServer(camera));
}

/** Why there can be no live555, or false: for a test's `skip`. */
export const NO_LIVE555 = !existsSync(
	path('../../python_modules/liblivemedia')) &&
	'PyPI\'s liblivemedia is not installed: see ./check';
