/*
 * Which page: the list, or #src=NAME for a player. viewer_id and paused
 * after it are those of the API: #src=cam&viewer_id=desk&paused=true
 */
import { StreamList } from './list.js';
import { WatchPage } from './watch.js';

const main = document.querySelector('main');
let page = null;
let watched = null;	/* the name on the page, or last on it */

function route() {
	const hash = new URLSearchParams(location.hash.slice(1));
	const name = hash.get('src');

	page?.stop();
	document.title = name ? `${name} · lull` : 'lull';
	page = name ? new WatchPage(main, name, {
		viewerId: hash.get('viewer_id') ?? '',
		paused: hash.get('paused') === 'true',
	}) : new StreamList(main);
	if (!name && watched)
		page.focusLater(watched);
	watched = name;
	window.scrollTo(0, 0);
	page.start();
}

window.addEventListener('hashchange', route);
window.addEventListener('pagehide', () => page?.stop());
window.addEventListener('pageshow', (event) => {
	if (event.persisted)
		route();
});
route();
