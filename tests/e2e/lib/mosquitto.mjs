// A real MQTT broker, and messages to it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before } from 'node:test';
import mqtt from 'mqtt';
import { Process } from './process.mjs';
import { temporaryFolder } from './temp.mjs';
import { until } from './wait.mjs';

export class Mosquitto {
	constructor(host, port = 1883) {
		Object.assign(this, { host, port });
	}

	async start() {
		const config = join(temporaryFolder('mosquitto'), 'mosquitto.conf');
		writeFileSync(config, [
			`listener ${this.port} ${this.host}`, 'user root',
			'allow_anonymous true', 'log_dest stderr', 'log_type all', '',
		].join('\n'));
		this.process = new Process('/usr/sbin/mosquitto', ['-c', config]);
		this.client = await until('mosquitto answers', () =>
			mqtt.connectAsync(`mqtt://${this.host}:${this.port}`,
				{ reconnectPeriod: 0, clientId: 'the-test' }, false));
	}

	/** Somebody other than this test has subscribed to the topic. */
	subscribed(topic) {
		return until(`a subscriber of ${topic}`, () =>
			this.process.lines.some((line) =>
				line.includes(`\t${topic} (QoS`)));
	}

	publish(topic, message) {
		return this.client.publishAsync(topic, JSON.stringify(message),
			{ qos: 1 });
	}

	async stop() {
		await this.client?.endAsync(true);
		await this.process?.stop();
	}
}

export function useMosquitto(...args) {
	const broker = new Mosquitto(...args);
	before(() => broker.start());
	after(() => broker.stop());
	return broker;
}
