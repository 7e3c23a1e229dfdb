// RTSP servers that are neither GStreamer's nor our own.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Camera, DecodedCamera, use } from './camera.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

/** VLC, with a film that has sound. */
class Vlc extends DecodedCamera {
	script = path('../vlc.py');
	size = [];
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
}

export function useVlc() {
	return use(new Vlc());
}

/** The camera runs before it does. */
export function useLive555(camera, mounts) {
	return use(new Live555(camera, mounts));
}

/** Why there can be no live555, or false: for an it()'s `skip`. */
export const NO_LIVE555 = !existsSync(path('../../python_modules/liblivemedia')) &&
	'PyPI\'s liblivemedia is not installed: see ./check';
