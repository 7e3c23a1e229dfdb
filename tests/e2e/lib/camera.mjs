// A real RTSP server with synthetic cameras behind it (camera.py).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Process } from './process.mjs';
import { freePort, temporaryFolder } from './temp.mjs';

const SCRIPT = fileURLToPath(new URL('../camera.py', import.meta.url));

/** Light enough for several at once on a small machine. */
const SMALL = ['--size', '320x180', '--fps', '15', '--gop', '1'];

export class Camera {
	script = SCRIPT;
	size = SMALL;

	constructor(args = []) {
		this.args = args;
	}

	options() {
		return [...this.size, ...this.args];
	}

	async start() {
		this.port ??= await freePort();
		this.process = new Process('/usr/bin/python3', [
			this.script, '--port', String(this.port), ...this.options(),
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
		const exit = this.process?.exit;
		await this.process?.crash();
		assert.equal(exit ?? null, null,
			`the camera died by itself:\n${this.process?.text}`);
	}
}

/** A camera of one mount that tells what its pictures look like. */
export class DecodedCamera extends Camera {
	#file = join(temporaryFolder('camera'), 'fingerprints');

	options() {
		return [...super.options(), '--fingerprints', this.#file];
	}

	/** Of all pictures until now, by a decoder that misses nothing. */
	fingerprints() {
		return new Set(existsSync(this.#file)
			? readFileSync(this.#file, 'ascii').split('\n').map(Number) : []);
	}
}

/** For a describe(): runs while its tests do. */
export function use(camera) {
	before(() => camera.start());
	after(() => camera.kill());
	return camera;
}

export function useCamera(...args) {
	return use(new Camera(args));
}

export function useDecodedCamera(...args) {
	return use(new DecodedCamera(args));
}
