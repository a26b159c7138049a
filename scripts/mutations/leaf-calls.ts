/** Mistakes with short callees that regions have in line. */
import type {Mutation} from './mutation.ts'

const tests = ['test/translate/leaf-calls.test.ts'] as const
const file = 'src/translate/leaf-calls.ts'
const emitter = 'src/translate/emit-region.ts'

export const leafCallMutations: readonly Mutation[] = [
	{
		name: 'a callee that writes the return address is in line',
		file,
		find: '	if (contains(writtenIn(block), registerSetOf(link))) return false\n',
		replace: '',
		tests,
	},
	{
		name: 'a return to behind the return address is one to it',
		file,
		find: 'return rs1 === link && imm === 0',
		replace: 'return rs1 === link',
		tests,
	},
	{
		name: 'a return by another link register is one by that of the call',
		file,
		find: 'return rs1 === link && imm === 0',
		replace: 'return imm === 0',
		tests,
	},
	{
		name: 'a callee that goes on elsewhere is in line',
		file,
		find: '			return starts.has(terminator.to)\n',
		replace: '			return true\n',
		tests,
	},
	{
		name: 'a long callee is in line',
		file,
		find: 'Math.min(longestCallee, left)',
		replace: 'left',
		tests,
	},
	{
		name: 'all calls of a callee come back to the first',
		file,
		find: 'copies.push(...copied(callee, {by: copy * copyDistance, call: terminator}))',
		replace:
			'if (copy === 1) copies.push(...copied(callee, {by: copy * copyDistance, call: terminator}))\n		else copy--',
		tests,
	},
	{
		name: 'a call of a callee in line leaves the return address as it was',
		file: emitter,
		find: `				// The return address, for whatever leaves the callee in another way.
				for (const effect of instruction.decoded.instruction.effects)
					if (effect.effect === 'writeX') lowering.effect(effect)
`,
		replace: '',
		tests,
	},
	{
		name: 'a callee in the next page is left for under its key',
		file: emitter,
		find: 'this.#ensureNextPage(() => this.#jump(block.start))',
		replace: 'this.#ensureNextPage(() => this.#jump(to))',
		tests,
	},
	{
		name: 'a callee that has not run is in line',
		file: 'src/translate/region.ts',
		find: ' && limits.mayHaveRun(offset)\n',
		replace: '\n',
		tests,
	},
	{
		name: 'a callee is in line without the block that it begins with',
		file: 'src/translate/leaf-calls.ts',
		find: '!hasEntry || ',
		replace: '',
		tests: ['test/translate/leaf-calls.test.ts'],
	},
]
