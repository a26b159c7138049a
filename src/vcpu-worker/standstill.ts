/** Standstill: no hart can go on. A stuck hart asks between its looks whether another hart has rescued it. */
import type {Board} from '../board/index.ts'
import {Envcfg, HartRegisters, Privilege, Status} from '../hart/index.ts'
import {Mip, type VcpuBlocks, VcpuWords, wakingBells} from '../memory/index.ts'
import {type HartStates, HsmState} from '../sbi/index.ts'

/** A hart that does not go on by itself. */
type Standing = Readonly<{sleeps: number; stuckLooks: number}>

/** Ticks: a comparator beyond this never fires. 28 years. */
const never = 2 ** 53

/**
 * Two looks at all harts, since one is no moment: while it lasts, a hart that was seen asleep may be woken by one that is
 * seen later, which falls asleep before that. If every hart has stood still from the first look to the second, all stood
 * still at once in between, and none was left to wake another. A store that a stuck hart may have been rescued by lies
 * before the first look then, so that hart looks for itself once more, twice to be sure that the look began later.
 */
export class Standstill {
	readonly #blocks: VcpuBlocks
	readonly #board: Board
	readonly #states: HartStates
	/** The harts when they first stood still; undefined if one could go on. */
	#first: readonly Standing[] | undefined

	constructor({blocks, board, states}: {blocks: VcpuBlocks; board: Board; states: HartStates}) {
		this.#blocks = blocks
		this.#board = board
		this.#states = states
	}

	/** @returns whether every hart is stuck, stopped, or waits for what cannot come, and has been since an earlier call. */
	reached(): boolean {
		const now = this.#allStanding()
		const first = this.#first
		const isSame = (was: Standing, hart: number) => {
			const is = now?.[hart]
			return is !== undefined && is.sleeps === was.sleeps && is.stuckLooks > 0 === was.stuckLooks > 0
		}
		if (!now || !first?.every(isSame)) {
			this.#first = now
			return false
		}
		return now.every(({stuckLooks}, hart) => stuckLooks === 0 || stuckLooks >= first[hart]!.stuckLooks + 2)
	}

	/** @returns undefined if a hart can go on. */
	#allStanding(): Standing[] | undefined {
		const all: Standing[] = []
		for (let hart = 0; hart < this.#blocks.count; hart++) {
			const standing = this.#standing(hart)
			if (!standing) return undefined
			all.push(standing)
		}
		return all
	}

	#standing(hart: number): Standing | undefined {
		const word = (field: keyof typeof VcpuWords.offset) =>
			// Acquire: what the hart did before it fell asleep is visible. Pairs with the stores in vcpu.ts, and with
			// VcpuBlocks.ring().
			Atomics.load(this.#blocks.memory.i32, (this.#blocks.base(hart) + VcpuWords.offset[field]) >> 2)
		const [sleeps, stuckLooks] = [word('sleeps'), word('stuckLooks')]
		const isStuck = stuckLooks > 0
		if ((!isStuck && (sleeps & 1) === 0) || (word('doorbell') & wakingBells) !== 0) return undefined
		return this.#mayBeInterrupted(hart, isStuck) ? undefined : {sleeps, stuckLooks}
	}

	/** Whether a timer or a device may let the hart go on. What other harts do is not asked here. */
	#mayBeInterrupted(hart: number, isStuck: boolean): boolean {
		// Only another hart starts it.
		if (this.#states.get(hart) === HsmState.STOPPED) return false
		// Plain: the hart sleeps, or repeats its trap, which does not change these. If it has just woken, the second look finds
		// that `sleeps` has grown.
		const registers = new HartRegisters(this.#blocks.memory, this.#blocks.base(hart))
		const enabled = Number(registers.get('mie') & (isStuck ? takeable(registers) : -1n))
		const {aclint, plic} = this.#board
		if (enabled & Mip.MTIP && aclint.mtimecmpReached(hart, 0) < never) return true
		const hasSstc = (registers.get('menvcfg') & Envcfg.STCE) !== 0n
		if (enabled & Mip.STIP && hasSstc && registers.number('stimecmp') < never) return true
		return Boolean(
			(enabled & Mip.MEIP && plic.mayInterrupt(2 * hart)) || (enabled & Mip.SEIP && plic.mayInterrupt(2 * hart + 1)),
		)
	}
}

/** The interrupts that the hart would take as it is. Privileged spec, "Machine Interrupt (mip and mie) Registers". */
function takeable(registers: HartRegisters): bigint {
	const privilege = registers.word('privilege')
	const status = registers.get('mstatus')
	const delegated = registers.get('mideleg')
	const machine = privilege < Privilege.machine || (status & Status.MIE) !== 0n
	const supervisor =
		privilege < Privilege.supervisor || (privilege === Privilege.supervisor && (status & Status.SIE) !== 0n)
	return (machine ? ~delegated : 0n) | (supervisor ? delegated : 0n)
}
