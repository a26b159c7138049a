import {getPriority} from 'node:os'
import test from 'ava'
import {compilerThreads, lowerCompilerPriority, niceIncrements} from '../../src/main/thread-priority.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux("V8's compiling threads go after the harts' threads, and lowering them twice changes nothing", (t) => {
	const threads = compilerThreads()
	t.true(threads.length > 0, 'Node names its V8 threads as before')
	const expected = Math.min(19, getPriority() + niceIncrements.compiler)
	for (let time = 0; time < 2; time++) {
		lowerCompilerPriority()
		for (const thread of threads) t.is(getPriority(thread), expected)
	}
	t.true(getPriority() < expected, 'the main thread keeps its own')
})
