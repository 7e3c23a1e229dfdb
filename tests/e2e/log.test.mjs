// A log that nobody reads: the broker and its workers go on.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
	closeSync, constants, fchmodSync, openSync, readSync, writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { Lulld } from './lib/lulld.mjs';
import { temporaryFolder } from './lib/temp.mjs';
import { plays } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';
import { weriftView } from './lib/werift.mjs';

/** A pipe that is full of dots, and what comes out of it. */
class FullPipe {
	constructor() {
		const path = join(temporaryFolder('log'), 'pipe');
		execFileSync('mkfifo', [path]);
		this.reader = openSync(path,
			constants.O_RDONLY | constants.O_NONBLOCK);
		const filler = openSync(path,
			constants.O_WRONLY | constants.O_NONBLOCK);
		try {
			for (;;) writeSync(filler, '.'.repeat(1024));
		} catch (error) {
			assert.equal(error.code, 'EAGAIN');
		}
		closeSync(filler);
		this.writer = openSync(path, 'w');
		this.text = '';
	}

	/** All that has come so far, without the dots. */
	read() {
		const chunk = Buffer.alloc(65_536);
		try {
			for (let n; (n = readSync(this.reader, chunk)) > 0;)
				this.text += chunk.toString('utf8', 0, n);
		} catch (error) {
			assert.equal(error.code, 'EAGAIN');
		}
		return this.text.replaceAll(/\.\.+/g, '');
	}

	close() {
		closeSync(this.reader);
		closeSync(this.writer);
	}
}

/** One that logs into a pipe. Both programs do. */
class MuteLulld extends Lulld {
	pipe = new FullPipe();

	/** A pipe of somebody else: not even root may open it again. */
	estrange() {
		fchmodSync(this.pipe.writer, 0);
		this.options.under = ['setpriv', '--bounding-set=-all'];
	}

	spawn() {
		super.spawn({ stdio: ['ignore', 'pipe', this.pipe.writer] });
	}

	listens() {
		return until('lulld answers', () =>
			this.call('GET', '/api').catch(() => false));
	}
}

for (const whose of ['its own', "another user's"])
	describe(`a log that nobody reads, ${whose}`, () => {
		const lull = new MuteLulld({ config: { log: { level: 'debug' } } });
		if (whose !== 'its own') lull.estrange();
		after(async () => {
			await lull.stop();
			lull.pipe.close();
		});

		it('does not stop the broker, and no viewer', async () => {
			await lull.start();
			const viewer = await weriftView(lull);
			await plays(viewer);
			assert.equal((await lull.pause(viewer.sessionId)).status, 200);
			assert.equal((await lull.resume(viewer.sessionId)).status, 200);
			await plays(viewer);
			// More than is kept for a reader who comes late.
			for (let i = 0; i < 1000; i++) await lull.call('GET', '/api');
			await viewer.close();
			await lull.forgets(viewer.sessionId);
			assert.equal((await lull.lullctl('streams')).code, 0);
		});

		it('says afterwards how many lines were lost', async () => {
			if (whose === 'its own') assert.equal(lull.pipe.read(), '');
			const viewer = await weriftView(lull);
			await until('it says so', async () => {
				await lull.call('GET', '/api');
				return /WRN \[log\] \d+ lines? lost: nobody read the log\n/
					.test(lull.pipe.read());
			});
			await until('the log goes on', () =>
				/INF \[session\] .* opened by /.test(lull.pipe.read()));
			await viewer.close();
		});

		it('has its last lines', async () => {
			const stopped = lull.stop();
			await until('it says so', () =>
				/ exit with signal: Terminated\n/.test(lull.pipe.read()));
			await stopped;
		});
	});
