// Renders the component that uses the document's hook, and does on each
// line of stdin what a click would do: "pause" or "resume". Answers with
// the state after that.
import { createInterface } from 'node:readline';
import React from 'react';
import renderer from 'react-test-renderer';

globalThis.IS_REACT_ACT_ENVIRONMENT = true;
const { act } = renderer;

/** useControl: the hook; its first argument comes from the command line. */
export async function drive(useControl) {
	let control;
	const Component = () => {
		control = useControl(process.argv[2]);
		return null;
	};
	await act(async () =>
		renderer.create(React.createElement(Component)));
	const show = (answer) => console.log(JSON.stringify({
		answer, isPaused: control.isPaused, isLoading: control.isLoading,
	}));
	show(null);
	for await (const line of createInterface({ input: process.stdin })) {
		let answer;
		await act(async () => {
			answer = await control[line]();
		});
		show(answer);
	}
}
