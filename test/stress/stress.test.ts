import test from 'ava'
import type {Fault} from '../../src/faults.ts'
import {type GuestKind, guestKinds, runGuest} from '../../src/stress/guest-run.ts'
import {runRcu} from '../../src/stress/rcu-run.ts'
import type {RunOptions} from '../../src/stress/run.ts'
import type {TlbDesign} from '../../src/tlb/index.ts'
import {patience} from '../support/patience.ts'

const seconds = patience / 1000

function options(given: Partial<RunOptions> = {}): RunOptions {
	const seed = Date.now() % 1_000_000
	const {signal} = new AbortController()
	return {
		harts: 3,
		seconds,
		iterations: undefined,
		seed,
		translation: {},
		fault: undefined,
		signal,
		onProgress: () => {},
		...given,
	}
}

for (const kind of Object.keys(guestKinds) as GuestKind[]) {
	for (const accel of ['jit', 'interp'] as const) {
		test.serial(`no rule is violated while harts remap and fence at the same time (${kind}, ${accel})`, async (t) => {
			const result = await runGuest(kind, options({iterations: 1500, translation: {accel}}))
			t.log(`seed ${result.seed}, ${result.operations} operations, ${result.fences} fences, ${result.flushes} flushes`)
			t.deepEqual(result.violation, [])
			t.true(result.fences > 50)
			t.true(result.flushes > result.fences)
		})
	}
}

test.serial('readers of all kinds never see an object after its grace period', async (t) => {
	const result = await runRcu(options({iterations: 3000}))
	t.log(`seed ${result.seed}, ${result.operations} operations, ${result.gracePeriods} grace periods`)
	t.deepEqual(result.violation, [])
	t.true(result.gracePeriods > 10)
	t.true(result.fences > 10)
})

test.serial('a list that hands objects back before their grace period is noticed', async (t) => {
	const {violation} = await runRcu(options({fault: 'skip-grace-period'}))
	t.regex(violation.join('\n'), /object \d+ of the deferrer saw its age \d+/)
})

const swaps: Partial<TlbDesign> = {policy: 'swap-pool'}
/** Those that are found soon; `stress --inject all` has all of them. */
const injected: readonly [Fault, Partial<TlbDesign>, RegExp][] = [
	['drop-doorbell', {}, /got 0x/],
	['skip-asid-generation', {}, /got 0x|store came into a frame/],
	['lost-range', {}, /got 0x|store came into a frame/],
	['skip-poison', swaps, /got 0x/],
	['reuse-before-clear', swaps, /./],
	['reuse-before-clear', {...swaps, debug: 'on'}, /A TLB table is to be used again that was not cleared/],
]
for (const [fault, tlb, saw] of injected) {
	test.serial(
		`the rule ${fault} is noticed when it is broken${tlb.debug === 'on' ? ', with debug=on' : ''}`,
		async (t) => {
			const {violation, seed} = await runGuest('flush', options({fault, translation: {tlb}}))
			t.log(`seed ${seed}: ${violation.slice(0, 2).join(': ')}`)
			t.regex(violation.join('\n'), saw)
		},
	)
}
