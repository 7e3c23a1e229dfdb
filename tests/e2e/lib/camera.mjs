// A real RTSP server with synthetic cameras behind it (camera.py).
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Process } from './process.mjs';
import { freePort } from './temp.mjs';

const SCRIPT = fileURLToPath(new URL('../camera.py', import.meta.url));

/** Light enough for several at once on a small machine. */
const SMALL = ['--size', '320x180', '--fps', '15', '--gop', '1'];

export class Camera {
	constructor(args = []) {
		this.args = args;
	}

	async start() {
		this.port ??= await freePort();
		this.process = new Process('/usr/bin/python3', [
			SCRIPT, '--port', String(this.port), ...SMALL, ...this.args,
		]);
		const line = await this.process.line(/^ready /, 30_000);
		this.addresses = line.split(' ').slice(1);
	}

	/**
	 * The address of a mount; `credentials` is `user:password` as a URL
	 * spells it, `options` what follows, as #transport=udp.
	 */
	url({ mount, credentials, options = '' } = {}) {
		const address = mount === undefined
			? this.addresses[0]
			: this.addresses.find((a) => a.endsWith(`/${mount}`));
		return (credentials
			? address.replace('://', `://${credentials}@`)
			: address) + options;
	}

	async kill() {
		await this.process?.crash();
	}
}

export function useCamera(...args) {
	const camera = new Camera(args);
	before(() => camera.start());
	after(() => camera.kill());
	return camera;
}
