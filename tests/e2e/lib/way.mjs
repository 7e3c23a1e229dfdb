// The way of a viewer's offer and of the server's answer. Their candidates may
// be changed on it, for viewers in a page, in this process and in another.
import { createServer } from 'node:http';

/** The description, with what change(line) makes of each candidate's line. */
export function changeCandidates(sdp, change) {
	return sdp.split('\r\n').flatMap((line) =>
		(line.startsWith('a=candidate:') ? change(line) : [line])).join('\r\n');
}

/** What such a line says (RFC 8839, section 5.1). */
export function readCandidate(line) {
	const [, , transport, , address, port, , type] = line.split(' ');
	return {
		transport: transport.toLowerCase(), address, port: Number(port), type,
		family: address.includes(':') ? 6 : 4,
	};
}

/** All candidates of a description. */
export function candidatesOf(sdp) {
	return sdp.split('\r\n').filter((l) => l.startsWith('a=candidate:'))
		.map(readCandidate);
}

/** A candidate's line with another port. */
export function withPort(line, port) {
	const words = line.split(' ');
	words[5] = String(port);
	return words.join(' ');
}

/** A message, with what becomes of its description or its candidate. */
function forward(message, to, sdp, candidate) {
	const { type, value } = JSON.parse(message);
	if (type === 'webrtc/candidate') {
		const line = candidate(`a=${value}`).slice(2);
		if (line) to.send(JSON.stringify({ type, value: line }));
		return;
	}
	to.send(JSON.stringify({ type, value: value?.sdp
		? { ...value, sdp: sdp(value.sdp) } : value }));
}

export class Way {
	offer(sdp) { return sdp; }

	/** Each answer names the server, the one to a restart too. */
	begin() {}

	/** What becomes of a candidate of the server's: lines. */
	change(line) { return [line]; }

	answer(sdp) {
		this.begin();
		return changeCandidates(sdp, (line) => this.change(line));
	}

	/** A page whose viewers over HTTP in the form json go by this way. */
	async page(browser, lull) {
		const page = await browser.page(lull);
		await page.route('**/api/webrtc?*', async (route) => {
			const offer = route.request().postDataJSON();
			const response = await route.fetch({
				postData: { ...offer, sdp: this.offer(offer.sdp) },
			});
			const answer = await response.json();
			await route.fulfill({
				response,
				json: answer.sdp
					? { ...answer, sdp: this.answer(answer.sdp) } : answer,
			});
		});
		await page.route('**/api/webrtc/session/*', async (route) => {
			const request = route.request();
			if (request.method() !== 'PATCH') return route.continue();
			const response = await route.fetch({
				postData: this.offer(request.postData()),
			});
			return route.fulfill({
				response, body: this.answer(await response.text()),
			});
		});
		return page;
	}

	/** A page whose viewers over the WebSocket go by this way. */
	async socketPage(browser, lull, path) {
		const page = await browser.page(lull, '/api');
		const offer = (sdp) => this.offer(sdp);
		const answer = (sdp) => this.answer(sdp);
		const change = (line) => this.change(line).join();
		this.offers = 0;
		await page.routeWebSocket('**/api/ws?*', (near) => {
			const far = near.connectToServer();
			near.onMessage((message) => {
				this.offers += /"offer"/.test(message);
				forward(message, far, offer, offer);
			});
			far.onMessage((message) =>
				forward(message, near, answer, change));
		});
		await page.goto(lull.url + path);
		return page;
	}

	/** The server as a viewer in this process is to see it. */
	through(lull) {
		const call = async (method, path, { json, ...rest } = {}) => {
			const answer = await lull.call(method, path, {
				json: { ...json, sdp: this.offer(json.sdp) }, ...rest,
			});
			if (answer.body?.sdp)
				answer.body.sdp = this.answer(answer.body.sdp);
			return answer;
		};
		return Object.assign(Object.create(lull), { call });
	}

	/** The server as a viewer in another process is to see it. */
	async doorTo(lull) {
		const through = this.through(lull);
		this.door = createServer(async (request, response) => {
			const json = JSON.parse(Buffer.concat(await request.toArray()));
			const { status, type, text, body } = await through.call(
				request.method, request.url, { json });
			response.writeHead(status, { 'Content-Type': type });
			response.end(body ? JSON.stringify(body) : text);
		});
		await new Promise((done) =>
			this.door.listen(0, '127.0.0.1', done));
		this.door.unref();
		through.url = `http://127.0.0.1:${this.door.address().port}`;
		return through;
	}

	close() {
		this.door?.close();
	}
}

/** The viewer is told of those of the server's candidates that are wanted. */
export class Only extends Way {
	constructor(wanted) {
		super();
		this.wanted = wanted;
	}

	change(line) {
		return this.wanted(readCandidate(line)) ? [line] : [];
	}
}

/** Several ways, of which the viewer may take any. */
export class AnyWay extends Way {
	constructor(...ways) {
		super();
		this.ways = ways;
	}

	offer(sdp) { return this.ways[0].offer(sdp); }

	begin() {
		for (const way of this.ways) way.begin();
	}

	change(line) {
		return this.ways.flatMap((way) => way.change(line));
	}
}
