/** What a running machine does not hold. A file of its own: other tests of one process would have the same heap. */
import {constants, PerformanceObserver} from 'node:perf_hooks'
import test from 'ava'
import {stay} from './little-guest.ts'
import {createMachine, mebibyte, newWorkers, until} from './test-machine.ts'

const kernelBytes = 48 * mebibyte
const large = () => {
	const kernel = new Uint8Array(kernelBytes)
	kernel.set(stay)
	return kernel
}

test.serial('the bytes that a guest was loaded from are given back once it runs', async (t) => {
	const held = () => process.memoryUsage().arrayBuffers
	// Sooner or later V8 collects by itself.
	let collected = false
	const observer = new PerformanceObserver((list) => {
		const forced = constants.NODE_PERFORMANCE_GC_FLAGS_FORCED
		for (const entry of list.getEntries() as readonly {detail?: {flags?: number}}[])
			if ((entry.detail?.flags ?? 0) & forced) collected = true
	})
	observer.observe({entryTypes: ['gc']})
	t.teardown(() => observer.disconnect())
	const before = held()
	const machine = await createMachine(t, {kernel: large(), memory: 256 * mebibyte})
	t.true(held() - before >= kernelBytes, 'they are there to be loaded')
	const running = machine.run()
	// V8 frees them on another thread.
	await until(
		() => collected && held() - before < kernelBytes / 2,
		'the kernel’s bytes are gone by a forced collection',
	)
	machine.stop()
	t.like(await running, {reason: 'stopped'})
})

test.serial('the young generations of harts’ and helpers’ heaps stay small', async (t) => {
	newWorkers()
	await createMachine(t, {kernel: stay, smp: 2})
	const workers = newWorkers()
	t.true(workers.length >= 2)
	for (const {resourceLimits} of workers) t.true(resourceLimits!.maxYoungGenerationSizeMb! <= 6)
})
