/** Looks at what each hart does, now and then: inside WebAssembly nobody reads a clock. On the main thread. */
import {Activity, HartRegisters} from '../hart/index.ts'
import type {VcpuBlocks} from '../memory/index.ts'

/** Looks that found the hart in guest code. */
export type Samples = {translated: number; interpreted: number; pageWalk: number}

/** Looks in a row at counters that the hart is changing. */
const tries = 4

export class ActivitySampler {
	/** By hart. */
	readonly samples: readonly Samples[]
	readonly #harts: readonly HartRegisters[]

	constructor(blocks: VcpuBlocks) {
		const numbers = Array.from({length: blocks.count}, (_, hart) => hart)
		this.#harts = numbers.map((hart) => new HartRegisters(blocks.memory, blocks.base(hart)))
		this.samples = numbers.map(() => ({translated: 0, interpreted: 0, pageWalk: 0}))
	}

	look(): void {
		for (const [hart, registers] of this.#harts.entries()) {
			const activity = registers.word('activity')
			if (activity === Activity.pageWalk) this.samples[hart]!.pageWalk++
			else if (activity === Activity.guestCode) this.samples[hart]![whereIs(registers)]++
		}
	}
}

/** Translated code was entered once more than left. Plain reads of what the hart writes: if it was writing, a look is repeated. */
function whereIs(registers: HartRegisters): 'translated' | 'interpreted' {
	for (let attempt = 1; ; attempt++) {
		const entries = registers.word('regionEntries')
		let exits = 0
		for (let status = 0; status < 4; status++) exits += registers.number('regionExits', status)
		if (registers.word('regionEntries') === entries || attempt === tries)
			return ((entries - exits) | 0) > 0 ? 'translated' : 'interpreted'
	}
}
