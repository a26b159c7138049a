/** A machine for tests of the SBI: real shared memory, and a context that records the SBI's requests. */
import {VcpuBlock} from '../../src/hart/index.ts'
import {GuestRam, layOut, SharedMemory, VcpuBlocks, VcpuWords} from '../../src/memory/index.ts'
import type {RemoteFence, SbiContext, StopRequest, SuspendRequest} from '../../src/sbi/index.ts'
import {BuiltInSbi, HartStates, StealTime} from '../../src/sbi/index.ts'

export const ramBytes = 0x2_0000

export type Request =
	| {name: 'timerChanged' | 'stopHart'}
	| {name: 'remoteFence'; fence: RemoteFence}
	| {name: 'stop'; request: StopRequest}
	| {name: 'suspendHart'; request: SuspendRequest}

export type CallResult = {outcome: string; error: bigint; value: bigint}

export class FakeMachine {
	readonly memory: SharedMemory
	readonly blocks: VcpuBlocks
	readonly ram: GuestRam
	readonly states: HartStates
	/** The SBI's requests to the machine, in order. */
	readonly requests: Request[] = []
	/** The output to the console. */
	output = ''
	/** Nanoseconds that the host has counted. */
	stolen = 0
	readonly stealTime: StealTime | undefined
	/** The input that console.read() has yet to return. */
	input = ''
	readonly #hart: number
	readonly #sbi: BuiltInSbi

	constructor({harts = 4, hart = 0, counts = true}: {harts?: number; hart?: number; counts?: boolean} = {}) {
		this.memory = SharedMemory.create(
			layOut([
				{name: 'vcpu', size: harts * VcpuBlock.size, align: 4096},
				{name: 'ram', size: ramBytes, align: 65_536},
			]),
		)
		this.blocks = new VcpuBlocks(this.memory, harts)
		this.ram = new GuestRam(this.memory)
		this.states = new HartStates(this.blocks)
		this.#hart = hart
		this.stealTime = counts ? new StealTime(this.ram, () => this.stolen) : undefined
		this.#sbi = new BuiltInSbi(this.#context())
	}

	/** Calls function `fid` of extension `eid` with the arguments in a0 to a5. */
	call(eid: number, fid: number, ...args: bigint[]): CallResult {
		this.writeRegister(17, BigInt(eid))
		this.writeRegister(16, BigInt(fid))
		args.forEach((value, index) => {
			this.writeRegister(10 + index, value)
		})
		const outcome = this.#sbi.dispatch()
		return {outcome, error: BigInt.asIntN(64, this.readRegister(10)), value: this.readRegister(11)}
	}

	readRegister(register: number): bigint {
		return this.memory.u64[this.#register(register)]!
	}

	writeRegister(register: number, value: bigint): void {
		this.memory.u64[this.#register(register)] = value
	}

	/** The hart's stimecmp. Plain: the test has one thread. */
	stimecmp(): bigint {
		const offset = VcpuBlock.offset.hart + VcpuBlock.fields.hart.offset.stimecmp
		return this.memory.u64[(this.blocks.base(this.#hart) + offset) / 8]!
	}

	word(hart: number, field: 'doorbell' | 'pendingInterrupts'): number {
		return this.memory.i32[(this.blocks.base(hart) + VcpuWords.offset[field]) / 4]!
	}

	#register(register: number): number {
		const offset = VcpuBlock.offset.hart + VcpuBlock.fields.hart.offset.x
		return (this.blocks.base(this.#hart) + offset) / 8 + register
	}

	#context(): SbiContext {
		const {requests} = this
		return {
			hart: this.#hart,
			blocks: this.blocks,
			ram: this.ram,
			stealTime: this.stealTime,
			console: {
				write: (bytes) => {
					this.output += String.fromCharCode(...bytes)
					return bytes.length
				},
				read: (into) => {
					const bytes = Buffer.from(this.input.slice(0, into.length))
					into.set(bytes)
					this.input = this.input.slice(bytes.length)
					return bytes.length
				},
			},
			timerChanged: () => requests.push({name: 'timerChanged'}),
			remoteFence: (fence) => requests.push({name: 'remoteFence', fence}),
			// Guest-virtual = guest-physical + 0xffff_0000_0000_0000.
			loadDoubleword: (gva) => {
				const gpa = Number(gva & 0xffff_ffff_ffffn)
				if (gva >> 48n !== 0xffffn || !this.ram.contains(gpa, 8)) return undefined
				return new DataView(this.ram.bytes(gpa, 8).slice().buffer).getBigUint64(0, true)
			},
			stop: (request) => requests.push({name: 'stop', request}),
			stopHart: () => requests.push({name: 'stopHart'}),
			suspendHart: (request) => requests.push({name: 'suspendHart', request}),
		}
	}
}
