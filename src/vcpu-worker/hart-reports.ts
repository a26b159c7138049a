/** Reports of harts that hold others up: which hart, where it is, and what it does. On any thread. */
import type {Board} from '../board/index.ts'
import {describeActivity} from '../hart/index.ts'
import type {VcpuBlocks} from '../memory/index.ts'
import {describeStall, type Stall} from '../rcu/index.ts'

type Machine = Readonly<{blocks: VcpuBlocks; board: Board}>

/** What the hart does now, in words. */
export function activityOf({blocks, board}: Machine, hart: number): string {
	return describeActivity(blocks.memory, blocks.base(hart), (gpa) => board.bus.nameAt(gpa))
}

/** Reader n is hart n. */
export function reportStall(machine: Machine, stall: Stall): void {
	console.error(`${describeStall(stall, `hart ${stall.reader}`)}: ${activityOf(machine, stall.reader)}`)
}
