import {getPriority} from 'node:os'
import test from 'ava'
import {compilerThreads, lowerCompilerPriority, niceIncrements} from '../../src/main/thread-priority.ts'

const onLinux = process.platform === 'linux' ? test : test.skip

onLinux(
	"V8's compiling threads go after the harts' threads, less so with several harts, and lowering them twice changes nothing",
	(t) => {
		const threads = compilerThreads()
		t.true(threads.length > 0, 'Node names its V8 threads as before')
		// The least first: only privileged processes take it back.
		for (const harts of [4, 2, 1, 1]) {
			const expected = Math.min(19, getPriority() + niceIncrements.compiler(harts))
			lowerCompilerPriority(harts)
			for (const thread of threads) t.is(getPriority(thread), expected)
			t.true(getPriority() < expected, 'the main thread keeps its own')
		}
		t.true(niceIncrements.compiler(2) < niceIncrements.compiler(1))
	},
)
