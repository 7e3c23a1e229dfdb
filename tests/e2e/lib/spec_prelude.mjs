// Before a browser's example in Node: addresses are relative to a page of
// the server, as they would be there.
const page = new URL('http://localhost:1984/');
const plain = globalThis.fetch;
globalThis.fetch = (address, options) =>
	plain(new URL(address, page), options);
