/**
 * With TEST_THREADS=built, threads of machines run what `npm run build` has made, as users' do: they start in a third of the time that their
 * sources take. Without it, they run what their sources say.
 */
import {threadEntries} from '../../src/main/artifacts.ts'

if (process.env.TEST_THREADS === 'built') {
	const built = (name: string) => new URL(`../../dist/${name}`, import.meta.url)
	Object.assign(threadEntries, {
		vcpu: built('vcpu-worker.mjs'),
		helper: built('helper.mjs'),
		io: built('io-worker.mjs'),
	})
}
