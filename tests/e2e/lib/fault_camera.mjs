// An RTSP camera with the faults that its address asks for: fault_camera.py
// lists them.
import { fileURLToPath } from 'node:url';
import { DecodedCamera, use } from './camera.mjs';

const SCRIPT = fileURLToPath(new URL('../fault_camera.py', import.meta.url));

export const RIGHT = 'admin:right'; // what it takes for auth=...
export const FPS = 25;

export class FaultCamera extends DecodedCamera {
	script = SCRIPT;
	size = [];

	/** `faults` as a URL's query: stall=2&at=6. The rest as a Camera's. */
	url({ faults, options = '', ...rest } = {}) {
		const query = faults ? `?${faults}` : '';
		return super.url({ ...rest, options: query + options });
	}

	/** How often it was asked for something: /^PLAY .*ts=ms/ */
	asked(pattern) {
		return this.process.lines.filter((line) => pattern.test(line)).length;
	}
}

export function useFaultCamera() {
	return use(new FaultCamera());
}
