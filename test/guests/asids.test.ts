/** Address spaces with ASIDs are fenced as little as the manual lets a kernel do, whether a hart keeps spaces or not. */
import test, {type ExecutionContext} from 'ava'
import type {TranslationOptions} from '../../src/main/index.ts'
import {type TlbDesign, tlbKeys} from '../../src/tlb/index.ts'
import {runGuest} from '../litmus/run.ts'
import {testMachines} from '../support/translation.ts'
import {expectedOutput, outputDifference} from './guests.ts'
import {withParameters} from './parameters.ts'

type Run = Readonly<{harts: number; rounds: number; translation: TranslationOptions; tlb: Partial<TlbDesign>}>

async function seesEveryFence(t: ExecutionContext, {harts, rounds, translation, tlb}: Run): Promise<void> {
	const elf = await withParameters('asids', [rounds])
	const console = await runGuest(elf, {harts, translation: {...translation, tlb: {...translation.tlb, ...tlb}}})
	t.is(outputDifference(console, await expectedOutput('asids')), undefined, console)
}

const inWords = (harts: number) => (harts === 1 ? '1 hart' : `${harts} harts`)

for (const {on, translation, isMain} of testMachines)
	for (const asids of ['0', '8'] as const)
		for (const harts of [1, 2])
			test.serial(
				`fences of an ASID, of pages or of both are seen on ${inWords(harts)} with ${asids} kept spaces${on}`,
				seesEveryFence,
				{harts, rounds: isMain ? 150 : 100, translation, tlb: {asids}},
			)

if (!process.env.TEST_MACHINE)
	for (const policy of Object.keys(tlbKeys.policy.values) as TlbDesign['policy'][])
		for (const encoding of Object.keys(tlbKeys.encoding.values) as TlbDesign['encoding'][])
			test.serial(
				`fences of an ASID, of pages or of both are seen with policy ${policy}, ${encoding}`,
				seesEveryFence,
				{
					harts: 2,
					rounds: 30,
					translation: {accel: 'jit', jitThreshold: 1, jitSynchronous: true},
					tlb: {policy, encoding},
				},
			)
