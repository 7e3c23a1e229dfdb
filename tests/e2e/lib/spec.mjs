// The user's document, taken apart: its fenced examples, to be run as they
// stand.
import { readFileSync } from 'node:fs';

const DOCUMENT = new URL(
	'../../fixtures/pause-resume-api.md', import.meta.url);

const taken = new Set();

/** [{ language, chapter, heading, text }] in the document's order. */
const examples = (() => {
	const found = [];
	let chapter, heading, open;
	for (const line of readFileSync(DOCUMENT, 'utf8').split('\n')) {
		const fence = /^```(\w*)/.exec(line);
		if (open && fence) {
			found.push({ ...open, text: open.lines.join('\n') + '\n' });
			open = undefined;
		} else if (open) {
			open.lines.push(line);
		} else if (fence?.[1]) {
			open = { language: fence[1], chapter, heading, lines: [] };
		} else if (line.startsWith('## ')) {
			chapter = heading = line.slice(3).trim();
		} else if (/^###+ /.test(line)) {
			heading = line.replace(/^#+ /, '').trim();
		}
	}
	return found;
})();

/** The one example of a language under a heading of a chapter. */
export function example(language, chapter, heading) {
	const found = examples.filter((e) => e.language === language &&
		e.chapter.startsWith(chapter) && e.heading.startsWith(heading));
	if (found.length !== 1)
		throw new Error(`${found.length} examples: ${language}, ` +
			`${chapter}, ${heading}`);
	taken.add(found[0]);
	return found[0].text;
}

/** All examples of a language. */
export function allExamples(language) {
	const found = examples.filter((e) => e.language === language);
	for (const e of found) taken.add(e);
	return found;
}

/** Those of a language that no test has asked for. */
export function untried(language) {
	return examples.filter((e) => e.language === language && !taken.has(e))
		.map((e) => `${e.chapter}: ${e.heading}`);
}

export const languages = [...new Set(examples.map((e) => e.language))];
