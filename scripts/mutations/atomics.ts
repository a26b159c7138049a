/** Mistakes in atomicity between harts. */
import type {Mutation} from './mutation.ts'

const file = 'src/codegen/memory-access.ts'
const sequences = 'test/interpreter/memory.test.ts'
const besideThread = 'test/litmus/amo-beside-thread.test.ts'
const contention = 'test/litmus/contention.test.ts'

export const atomicMutations: readonly Mutation[] = [
	{
		name: 'sc stores without comparing',
		file,
		find: `					code.get(offset).get(reserved).get(value).memory(\`\${type}.atomic.rmw.cmpxchg\`)
					this.#finishStore()
					code.get(reserved).op(\`\${type}.ne\`).op('i64.extend_i32_u')
`,
		replace: `					code.get(offset).get(value).memory(\`\${type}.atomic.store\`)
					code.i64(0n)
`,
		tests: [sequences, contention],
	},
	{
		name: 'sc ignores the width of lr',
		file,
		find: ".i32(bytes).op('i32.eq')\n		code.op('i32.and')",
		replace: ".op('drop').i32(1)\n		code.op('i32.and')",
		tests: [sequences],
	},
	{
		name: 'sc keeps the reservation',
		file,
		find: '		this.#setReservation(() => code.i32(0))\n',
		replace: '',
		tests: [sequences],
	},
	{
		name: 'amoadd is a load and a store',
		file,
		find: '		else if (operation)\n',
		replace: `		else if (operation === 'add') {
			const old = code.local(e.type)
			code.get(offset).memory(\`\${e.type}.atomic.load\`).set(old)
			code.get(offset).get(old).get(value).op(\`\${e.type}.add\`).memory(\`\${e.type}.atomic.store\`)
			code.get(old)
			code.release(old)
		} else if (operation)
`,
		tests: [besideThread, contention],
	},
	{
		name: 'an only hart stores whatever the place holds',
		file,
		find: `code.get(offset).memory(\`\${type}.load\`).get(reserved).op(\`\${type}.eq\`)`,
		replace: `code.get(offset).memory(\`\${type}.load\`).get(reserved).op(\`\${type}.eq\`, 'drop').i32(1)`,
		tests: ['test/translate/memory.test.ts'],
	},
	{
		name: 'an only hart keeps the other one of two values',
		file,
		find: `code.get(value).get(old).get(value).op(\`\${type}.\${keeps}\`)`,
		replace: `code.get(value).get(value).get(old).op(\`\${type}.\${keeps}\`)`,
		tests: ['test/translate/instructions.test.ts'],
	},
	{
		name: 'AMOs are loads and stores on machines with several harts',
		file: 'src/main/translation/translation-options.ts',
		find: "options.smp === 1 ? 'alone' : 'shared'",
		replace: "'alone'",
		tests: [contention],
	},
	{
		name: 'a fence after stores and before loads is left out',
		file: 'src/codegen/host-order.ts',
		find: '((sets >>> 4) & writes) !== 0 && (sets & reads) !== 0',
		replace: '((sets >>> 4) & reads) !== 0 && (sets & writes) !== 0',
		tests: ['test/execution/host-order.test.ts'],
	},
	{
		name: 'a fence of device accesses alone is left out',
		file: 'src/codegen/host-order.ts',
		find: 'const reads = 0b1010\nconst writes = 0b0101\n',
		replace: 'const reads = 0b0010\nconst writes = 0b0001\n',
		tests: ['test/execution/host-order.test.ts'],
	},
	{
		name: 'weaker fences are left out on weakly ordered hosts, too',
		file: 'src/codegen/host-order.ts',
		find: "	if (order === 'weak') return true\n",
		replace: '',
		tests: ['test/execution/host-order.test.ts'],
	},
	{
		name: 'an AMO on a device register lets other accesses in between',
		file: 'src/board/bus.ts',
		find: 'return lock ? lock.run(body) : body()',
		replace: 'return lock ? body() : body()',
		tests: ['test/board/bus.test.ts'],
	},
	{
		name: 'mtime and comparators are read as two words that need not belong together',
		file: 'src/board/aclint.ts',
		find: 'if (Atomics.load(words, this.#sequence) === before) return',
		replace: 'if (before >= 0) return',
		tests: ['test/board/aclint.test.ts'],
	},
	{
		name: 'amomin and amomax do not retry after a lost compare-and-swap',
		file,
		// biome-ignore lint/suspicious/noTemplateCurlyInString: this is source text.
		find: '.tee(old).get(seen).op(`${e.type}.ne`).brIf(retry)',
		replace: '.set(old).i32(0).brIf(retry)',
		tests: [besideThread],
	},
	{
		name: 'a walk sets A and D over a PTE that has changed meanwhile',
		file: 'src/hart/core/page-walk.ts',
		find: 'if (atomic.cmpxchg<u64>(place, pte, marked) != pte) continue',
		replace: 'atomic.store<u64>(place, marked)',
		tests: ['test/hart/core/pte-update.test.ts'],
	},
	{
		name: 'a trap leaves the reservation',
		file: 'src/hart/core/trap.ts',
		find: '	endReservation()\n	updateRegimes()',
		replace: '	updateRegimes()',
		tests: ['test/hart/core/trap.test.ts'],
	},
	{
		name: 'a call of the SBI leaves the reservation',
		file: 'src/hart/core/trap.ts',
		find: '		endReservation()\n		return 1',
		replace: '		return 1',
		tests: ['test/hart/core/trap.test.ts'],
	},
]
