// A viewer in Python, in a process of its own (aiortc_viewer.py).
import { fileURLToPath } from 'node:url';
import { Process } from './process.mjs';
import { until } from './wait.mjs';

const SCRIPT = fileURLToPath(
	new URL('aiortc_viewer.py', import.meta.url));

let serial = 0;

export class AiortcViewer {
	constructor(lull, src, query = {}) {
		this.lull = lull;
		this.viewerId = query.viewer_id ?? `aiortc_${++serial}`;
		const words = new URLSearchParams(
			{ src, ...query, viewer_id: this.viewerId });
		this.process = new Process('/usr/bin/python3',
			[SCRIPT, `${lull.url}/api/webrtc?${words}`]);
		this.asked = 0;
		lull.viewers.add(this);
	}

	async open() {
		const line = await this.process.line(/"opened"/, 30_000);
		this.sessionId = JSON.parse(line).opened;
		return this;
	}

	/** Its answers come in the order of the questions. */
	async stats() {
		const number = this.asked++;
		this.process.child.stdin.write('stats\n');
		return until('statistics of aiortc', () => {
			const line = this.process.lines
				.filter((l) => l.startsWith('{"connection"'))[number];
			return line && JSON.parse(line);
		});
	}

	async frames() { return (await this.stats()).frames; }

	async close() {
		this.lull.viewers.delete(this);
		this.process.child.stdin.write('close\n');
		await this.process.line(/"closed"/);
		await this.process.wait();
	}
}

export function aiortcView(lull, src = 'demo', { query } = {}) {
	return new AiortcViewer(lull, src, query).open();
}
