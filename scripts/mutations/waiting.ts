/** Mistakes in how harts wait: pauses, naps, halts, wake-ups. */
import type {Mutation} from './mutation.ts'

const words = 'src/memory/vcpu-words.ts'
const pause = 'src/hart/core/pause.ts'
const loop = 'src/translate/wait-loop.ts'
const cores = 'src/vcpu-worker/host-cores.ts'
const wait = 'src/vcpu-worker/doorbell-wait.ts'
const rcu = 'src/rcu/rcu.ts'
const pauses = 'test/hart/core/pause.test.ts'
const loops = 'test/translate/wait-loop.test.ts'
const host = 'test/vcpu-worker/host-cores.test.ts'
const halts = 'test/vcpu-worker/doorbell-wait.test.ts'
const jumps = 'test/translate/jumps.test.ts'

export const waitingMutations: readonly Mutation[] = [
	{
		name: 'a thread does not say that it sleeps, and is not woken',
		file: words,
		find: '		Atomics.store(i32, asleep, 1)\n',
		replace: '',
		tests: [halts],
	},
	{
		name: 'a thread that does not sleep any more still says so',
		file: words,
		find: '		Atomics.store(i32, asleep, 0)\n',
		replace: '',
		tests: [halts],
	},
	{
		name: 'pauses ring no bell',
		file: pause,
		find: 'if (pauses == SPIN_PAUSES)',
		replace: 'if (pauses == -1)',
		tests: [pauses],
	},
	{
		name: 'pauses are counted for ever',
		file: 'src/hart/core/ration.ts',
		find: '	ebbPauses(before)\n',
		replace: '',
		tests: [pauses],
	},
	{
		name: 'a small ration forgets as many pauses as the largest',
		file: pause,
		find: '(most >> shift)',
		replace: 'most',
		tests: [pauses],
	},
	{
		name: 'in translated code pause is nothing',
		file: 'src/translate/emit-region.ts',
		find: "		if (system === 'pause') code.call(this.#context.functions.of('pause'))\n",
		replace: '',
		tests: [jumps],
	},
	{
		name: 'in the interpreter pause is nothing',
		file: 'src/interpreter/emit-handler.ts',
		find: "			call('pause')\n",
		replace: '',
		tests: ['test/interpreter/jumps.test.ts'],
	},
	{
		name: 'a loop that waits is run like any other',
		file: 'src/translate/emit-region.ts',
		find: 'if (isWaitLoop({blocks, successors}, from, to))',
		replace: 'if (isWaitLoop({blocks: [], successors}, from, to) && blocks.length === 0)',
		tests: [jumps],
	},
	{
		name: 'a loop that counts is taken for one that waits',
		file: loop,
		find: '!carriesRegisters(graph, loop, header)',
		replace: 'Boolean(carriesRegisters)',
		tests: [loops],
	},
	{
		name: 'a loop that stores is taken for one that waits',
		file: loop,
		find: "accessesCsr || memory.has('store') ||",
		replace: 'accessesCsr ||',
		tests: [loops],
	},
	{
		name: 'a loop with an AMO is taken for one that waits',
		file: loop,
		find: "return !memory.has('atomic') || isLoadReserved(instruction)",
		replace: 'return isLoadReserved(instruction) || true',
		tests: [loops],
	},
	{
		name: 'what one of two paths has written counts as written on both',
		file: loop,
		find: 'intersection(known, after)',
		replace: 'after',
		tests: [loops],
	},
	{
		name: 'a thread that sleeps still counts as one that wants a core',
		file: cores,
		find: '		Atomics.sub(this.#words, this.#running, 1)\n',
		replace: '',
		tests: [host],
	},
	{
		name: 'cores are short only when a thread was kept from running',
		file: cores,
		find: '> this.#cores || this.#hasBeenDelayed()',
		replace: '> 1e9 || this.#hasBeenDelayed()',
		tests: [host],
	},
	{
		name: 'what other processes take is not noticed',
		file: cores,
		find: ' || this.#hasBeenDelayed()',
		replace: '',
		tests: [host],
	},
	{
		name: 'harts give way where cores are free',
		file: cores,
		find: 'if (this.areShort) for (const',
		replace: 'for (const',
		tests: [host],
	},
	{
		name: 'a hart that naps keeps fences waiting',
		file: wait,
		find: '		this.#reader.offline()\n		this.#sleep(milliseconds)\n',
		replace: '		this.#sleep(milliseconds)\n',
		tests: [halts],
	},
	{
		name: 'a hart that spins naps where cores are free',
		file: wait,
		find: "		if (!this.#cores?.areShort || most <= 0) return\n		this.#count('naps')\n",
		replace: "		if (!this.#cores || most <= 0) return\n		this.#count('naps')\n",
		tests: [halts],
	},
	{
		name: 'naps begin anew after each, so that none is longer than the first',
		file: wait,
		find: 'if (!spins && !this.#hasNapped) this.#nap = firstNap',
		replace: 'if (!spins) this.#nap = firstNap',
		tests: [halts],
	},
	{
		name: 'a hart that spins naps although an interrupt has come',
		file: wait,
		find: 'const spins = (bells & (Doorbell.spin | wakingBells)) === Doorbell.spin',
		replace: 'const spins = (bells & Doorbell.spin) !== 0',
		tests: [halts],
	},
	{
		name: 'a thread that looks at its doorbell takes the bell of a fence for what it waits for',
		file: wait,
		find: '& wakingBells) !== 0) return true',
		replace: '& -1) !== 0) return true',
		tests: [halts],
	},
	{
		name: 'a thread gives way for a wake-up from before it slept',
		file: wait,
		find: '		this.#cores?.takeWoken()\n',
		replace: '',
		tests: [halts],
	},
	{
		name: 'a halt never looks before it sleeps',
		file: wait,
		find: 'this.#look === 0 ? firstLook : 2 * this.#look',
		replace: '0 * firstLook',
		tests: [halts],
	},
	{
		name: 'a thread that gives way is asked for nothing by the fence that waits',
		file: rcu,
		find: 'patience.beginSleep(this.#onlineBeside(reader))',
		replace: 'patience.beginSleep([])',
		tests: ['test/rcu/rcu.test.ts'],
	},
	{
		name: 'who takes the bell of a fence too early passes after its slice',
		file: 'src/tlb/tlb.ts',
		find: '!reader.awaitGracePeriod(looksForGracePeriod)',
		replace: 'looksForGracePeriod > 0',
		tests: ['test/tlb/tlb.test.ts'],
	},
	{
		name: 'bells that ring before a second quiescent state stay untaken',
		file: 'src/tlb/tlb.ts',
		find: 'return bells | this.#takeBells(vcpu)',
		replace: 'return bells',
		tests: ['test/tlb/tlb.test.ts'],
	},
	{
		name: 'short wake-ups count as time without a core',
		file: cores,
		find: ' && delayed > longDelay * (slices - this.#slices)',
		replace: '',
		tests: [host],
	},
	{
		name: 'who has woken the initiator of a fence keeps its core',
		file: cores,
		find: '		this.#hasWoken = true\n',
		replace: '',
		tests: [host],
	},
	{
		name: 'a halt whose deadline has passed while it looked sleeps as long again',
		file: 'src/vcpu-worker/doorbell-wait.ts',
		find: 'if (left > 0) this.#sleep(left)',
		replace: 'this.#sleep(milliseconds)',
		tests: ['test/vcpu-worker/doorbell-wait.test.ts'],
	},
	{
		name: 'a comparator of all ones is a deadline',
		file: 'src/board/mtime.ts',
		find: 'tick < 2 ** 53 ? tick : Number.POSITIVE_INFINITY',
		replace: 'tick',
		tests: ['test/board/mtime.test.ts'],
	},
]
