import {existsSync, readFileSync} from 'node:fs'
import {isBuiltin} from 'node:module'
import test from 'ava'
import {stay} from './little-guest.ts'
import {createMachine, mebibyte} from './test-machine.ts'

// To load it would warn.
const canAsk = existsSync('/sys/kernel/mm/transparent_hugepage') && isBuiltin('node:ffi')
const withHugePages = canAsk ? test.serial : test.serial.skip

/** @returns bytes of the mappings of this process for which huge pages were asked, each. */
function askedFor(): readonly number[] {
	const mappings = readFileSync('/proc/self/smaps', 'latin1').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m)
	const asked = mappings.filter((text) => /^VmFlags:.* hg\b/m.test(text))
	return asked.map((text) => Number(/^Size: +(\d+) kB/m.exec(text)![1]) * 1024)
}

withHugePages('guest RAM, and no other memory, may have huge pages of the host', async (t) => {
	const warnings: Error[] = []
	const note = (warning: Error) => warnings.push(warning)
	process.on('warning', note)
	t.teardown(() => process.off('warning', note))
	// Of an odd size: no other mapping has it.
	const memory = 37 * mebibyte
	await createMachine(t, {kernel: stay, memory})
	t.deepEqual(
		askedFor().filter((bytes) => bytes > mebibyte),
		[memory],
	)
	t.deepEqual(warnings, [], 'nobody is told that node:ffi is experimental')
})
