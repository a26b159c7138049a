/** Stuck harts, as the main thread sees them: reports one that is stuck for long while others go on. */
import {HartRegisters} from '../hart/index.ts'
import {type VcpuBlocks, VcpuWords} from '../memory/index.ts'
import {describeStuckHarts} from './describe-hart.ts'

/** Heartbeats after which a hart that nobody rescues is reported. */
const reportAfter = 5

export class StuckHarts {
	readonly #blocks: VcpuBlocks
	/** Per hart: the heartbeats that have found it stuck, in a row. */
	readonly #beats: number[]

	constructor(blocks: VcpuBlocks) {
		this.#blocks = blocks
		this.#beats = new Array(blocks.count).fill(0)
	}

	/** Called at each heartbeat while harts run. Reports each time that a hart gets stuck once. */
	check(): void {
		const due: number[] = []
		for (let hart = 0; hart < this.#blocks.count; hart++) {
			const beats = this.#isStuck(hart) ? (this.#beats[hart] ?? 0) + 1 : 0
			this.#beats[hart] = beats
			if (beats === reportAfter) due.push(hart)
		}
		if (due.length > 0) console.error(`The others go on, but ${this.describe(due)}`)
	}

	/** @param harts by default all that are stuck. */
	describe(
		harts = Array.from({length: this.#blocks.count}, (_, hart) => hart).filter((hart) => this.#isStuck(hart)),
	): string {
		return describeStuckHarts(harts, (hart) => new HartRegisters(this.#blocks.memory, this.#blocks.base(hart)))
	}

	#isStuck(hart: number): boolean {
		// Acquire: the registers of its last trap are visible; pairs with the stores in vcpu.ts. They may change while it looks again.
		return Atomics.load(this.#blocks.memory.i32, (this.#blocks.base(hart) + VcpuWords.offset.stuckLooks) >> 2) > 0
	}
}
