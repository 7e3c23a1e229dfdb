// A way to the server by TCP that can be cut: a relay of connections, which
// the answer names in place of the server's candidates.
import { TcpRelay } from './relay.mjs';
import { changeCandidates, readCandidate, Way, withPort } from './way.mjs';

export class TcpLink extends Way {
	#named = false; // the server, in this answer

	async open() {
		this.relay = await new TcpRelay().open();
		return this;
	}

	get opened() { return this.relay.opened; }
	get connections() { return this.relay.connections; }
	get port() { return this.relay.port; }

	cut() { this.relay.cut(); }

	close() {
		super.close();
		this.relay.close();
	}

	offer(sdp) {
		return changeCandidates(sdp, () => []);
	}

	begin() {
		this.#named = false;
	}

	change(line) {
		const { transport, address, port, family } = readCandidate(line);
		if (this.#named || transport !== 'tcp' || family !== 4)
			return [];
		this.#named = true;
		this.relay.target = { address, port };
		return [withPort(line, this.relay.address.port)];
	}
}
