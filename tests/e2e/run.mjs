// run.mjs [NAME...]: all end-to-end tests, or those of NAME.test.mjs, one
// file after the other. Writes "PASSED FAILED" to the file LULL_COUNTS.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { run } from 'node:test';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';

const folder = fileURLToPath(new URL('.', import.meta.url));
const ENDING = '.test.mjs';
const LINES = 30; // of what is said of a failure

const counts = { passed: 0, failed: 0 };

function files(names) {
	const all = readdirSync(folder).filter((f) => f.endsWith(ENDING)).sort();
	const wanted = all.filter((f) =>
		names.length === 0 || names.includes(f.slice(0, -ENDING.length)));
	if (wanted.length < Math.max(1, names.length))
		throw new Error(`no such test; there are ${all.map((f) =>
			f.slice(0, -ENDING.length)).join(' ')}`);
	return wanted.map((f) => join(folder, f));
}

// A file or a describe() is no test case; one that fails for what is in it
// has been counted there.
function isContainer({ name, details }) {
	return details.type === 'suite' || name.endsWith(ENDING);
}

function say(verdict, { name, file, details }) {
	const room = file ? basename(file, ENDING) : '';
	const seconds = (details.duration_ms / 1000).toFixed(1);
	console.log(`${verdict} ${room}: ${name} (${seconds} s)`);
}

function onPass(test) {
	if (isContainer(test) || test.skip !== undefined) return;
	counts.passed++;
	say('ok   ', test);
}

// A file whose time is over is asked to end by SIGTERM, which one that hangs
// does not follow. It is the only child: they run one by one.
function endFile() {
	const { pid } = process;
	const children = readFileSync(
		`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
	for (const child of children.filter(Boolean))
		process.kill(Number(child), 'SIGKILL');
}

function onFail(test) {
	const { error } = test.details;
	if (error.failureType === 'testTimeoutFailure' && isContainer(test))
		endFile();
	if (error.failureType === 'subtestsFailed') return;
	counts.failed++;
	say('FAIL ', test);
	const text = inspect(error.cause ?? error, { depth: 4 });
	console.log(text.split('\n').slice(0, LINES)
		.map((line) => `\t${line}`).join('\n'));
}

const tests = run({
	files: files(process.argv.slice(2)),
	concurrency: 1,
	timeout: 10 * 60_000, // of a file: one that hangs has failed
	// A suite whose hook fails runs no more hooks: what they would have
	// ended, a browser say, must not keep the others waiting.
	forceExit: true,
});
tests.on('test:pass', onPass);
tests.on('test:fail', onFail);
tests.on('test:stdout', ({ message }) => process.stdout.write(message));
tests.on('test:stderr', ({ message }) => process.stderr.write(message));
tests.on('end', () => {
	console.log(`      ${counts.passed} passed, ${counts.failed} failed`);
	if (process.env.LULL_COUNTS)
		writeFileSync(process.env.LULL_COUNTS,
			`${counts.passed} ${counts.failed}\n`);
	process.exitCode = counts.failed ? 1 : 0;
});
tests.resume();
