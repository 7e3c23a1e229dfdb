// A certificate that a camera has made itself.
import { execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './temp.mjs';

/** The `file` has it and its key; lull is told of its `fingerprint`. */
export function makeIdentity(name) {
	const file = join(temporaryFolder('identity'), 'camera.pem');
	execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt',
		'ec_paramgen_curve:P-256', '-nodes', '-days', '2',
		'-subj', `/CN=${name}`, '-keyout', file, '-out', `${file}.crt`],
	{ stdio: 'pipe' });
	const certificate = readFileSync(`${file}.crt`);
	appendFileSync(file, certificate);
	const { fingerprint256 } = new X509Certificate(certificate);
	return { file, fingerprint: fingerprint256 };
}
