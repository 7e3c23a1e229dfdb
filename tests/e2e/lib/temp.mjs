// Temporary folders and free ports of one test file.
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folders = new Set();
process.on('exit', () => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

export function temporaryFolder(name) {
	const folder = mkdtempSync(join(tmpdir(), `lull-${name}-`));
	folders.add(folder);
	return folder;
}

/** A TCP port that nobody listens on now. */
export function freePort(host = '127.0.0.1') {
	return new Promise((done, fail) => {
		const server = createServer();
		server.on('error', fail);
		server.listen(0, host, () => {
			const { port } = server.address();
			server.close(() => done(port));
		});
	});
}
