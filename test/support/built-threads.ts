/**
 * With TEST_THREADS=built, threads of machines run what `npm run build` has made, as users' do. They start sooner.
 * `npm test` builds first and sets it; `ava` alone runs what the sources say.
 */
import {threadEntries} from '../../src/main/artifacts.ts'

if (process.env.TEST_THREADS === 'built') {
	const built = (name: string) => new URL(`../../dist/${name}`, import.meta.url)
	Object.assign(threadEntries, {
		vcpu: built('vcpu-worker.mjs'),
		helper: built('helper.mjs'),
		io: built('io-worker.mjs'),
		synchronousTranslator: built('synchronous-translator.mjs'),
	})
}
