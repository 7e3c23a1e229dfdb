// A network that changes the order of datagrams, or sends some twice:
// nothing is lost, and nothing may look as if it were.
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { useBrowser } from './lib/browser.mjs';
import { useDecodedCamera } from './lib/camera.mjs';
import { Link } from './lib/link.mjs';
import { useLulld } from './lib/lulld.mjs';
import { assertClean, recordedView } from './lib/recorder.mjs';
import { plays, verbose } from './lib/viewers.mjs';
import { until } from './lib/wait.mjs';

const FPS = 25;

/** A viewer in Chromium behind a link of its own. */
function useViewer(disorder) {
	const setting = {};
	const camera = useDecodedCamera('--gop', '5', '--fps', String(FPS));
	const lull = useLulld(() => ({ streams: { cam: camera.url() } }));
	const browser = useBrowser();

	before(async () => {
		const link = setting.link = await new Link().open();
		const page = await link.page(browser, lull);
		const viewer = setting.viewer =
			await recordedView(browser, lull, 'cam', { page });
		await plays(viewer, 2 * FPS);
		const count = async () => {
			const { video } = await viewer.stats();
			const stats = await verbose(lull, viewer.sessionId);
			return {
				missed: stats.nack, resent: stats.retransmitted,
				lost: link.lost,
				asked: video.pliCount, shown: video.framesDecoded,
				sent: new Set(link.rtp.map((p) => p.timestamp)).size,
			};
		};
		const before = await count();
		disorder(link);
		await plays(viewer, 10 * FPS, 40_000);
		const after = await count();
		for (const name of Object.keys(after))
			setting[name] = after[name] - before[name];
	});
	after(() => setting.link?.close());

	it('the picture plays on', () => {
		const { asked, shown, sent } = setting;
		assert.equal(asked, 0);
		assert.ok(shown >= 0.95 * sent, `${shown} of ${sent} pictures`);
	});

	it('it is not taken for a narrow link', async () => {
		const { viewer } = setting;
		const session = await lull.session(viewer.sessionId);
		assert.equal(session.state, 'live');
	});

	it('nothing is smeared', () => assertClean(setting.viewer, camera));

	it('a pause and a resume work as ever', async () => {
		const { viewer } = setting;
		await lull.pause(viewer.sessionId);
		await lull.reaches(viewer.sessionId, 'paused');
		await lull.resume(viewer.sessionId);
		await plays(viewer, 2 * FPS);
		await assertClean(viewer, camera);
	});
	return setting;
}

describe('one RTP packet in twenty is overtaken by 1 to 10 others', () => {
	const setting = useViewer((link) => { link.down.late = 0.05; });

	// The viewer asks for them, as it cannot know; but for each once.
	it('those alone are sent again, at most', () => {
		const { link, resent } = setting;
		assert.ok(link.down.moved > 20, `${link.down.moved} were late`);
		assert.ok(resent <= link.down.moved,
			`${resent} were sent again, for ${link.down.moved} late ones`);
	});
});

describe('one RTP packet in ten comes twice', () => {
	const setting = useViewer((link) => { link.down.twice = 0.1; });

	it('nothing is sent again', () => assert.equal(setting.resent, 0));
});

describe('all that a viewer says comes twice, its losses too', () => {
	const setting = useViewer((link) => {
		link.loss = 0.05;
		link.up.twice = 1;
	});

	it('it is heard once', () => {
		const { lost, missed } = setting;
		assert.ok(lost > 20, `${lost} were lost`);
		assert.ok(missed > lost / 2 && missed < 1.5 * lost,
			`${missed} were asked for, ${lost} were lost`);
	});
});

describe('what a viewer says comes late, its losses too', () => {
	const setting = useViewer((link) => {
		link.loss = 0.03;
		link.up.late = 0.3;
		link.up.places = 3;
	});

	it('what is lost is sent again', () => {
		const { link, lost, resent } = setting;
		assert.ok(link.up.moved > 5, `${link.up.moved} were late`);
		assert.ok(lost > 10 && resent > lost / 2,
			`${resent} for ${lost} that were lost`);
	});
});
