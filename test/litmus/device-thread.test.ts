import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {ramBase, VcpuBlocks} from '../../src/memory/index.ts'
import {memoryMap} from '../hart/core/hart-core.ts'
import {encode} from '../interpreter/encode.ts'
import {InterpretedHart} from '../interpreter/interpreted-hart.ts'
import {margin, patience} from '../support/patience.ts'
import type {DeviceThreadData} from './device-thread.ts'

const additions = 200_000
const messages = 2000
const handler = ramBase + 0x1000
const place = {added: ramBase + 0x2000, counted: ramBase + 0x3000, message: ramBase + 0x4000, answer: ramBase + 0x5000}
const [zero, t0, t1, s0, s1, a2, a3, a4, a5] = [0, 5, 6, 8, 9, 12, 13, 14, 15]
const csr = {mie: 0x304, mip: 0x344}
const [ssip, seip] = [1 << 1, 1 << 9]

/** Counts its own additions in s0, and changes a neighbour of the interrupt bit all the time. */
const program = [
	encode('amoadd.d', {rd: zero, rs1: a2, rs2: s1}),
	encode('lr.d', {rd: t0, rs1: a3}),
	encode('addi', {rd: t0, rs1: t0, imm: 1}),
	encode('sc.d', {rd: t1, rs1: a3, rs2: t0}),
	encode('bne', {rs1: t1, rs2: zero, imm: -12}),
	encode('addi', {rd: s0, rs1: s0, imm: 1}),
	encode('addi', {rd: t0, rs1: zero, imm: seip}),
	encode('csrrs', {rd: zero, rs1: t0, csr: csr.mip}),
	encode('csrrc', {rd: zero, rs1: t0, csr: csr.mip}),
	encode('jal', {rd: zero, imm: -36}),
]
/** Takes the message only after it has cleared the bit, so that one that comes in between interrupts again. */
const interrupted = [
	encode('csrrci', {rd: zero, imm: ssip, csr: csr.mip}),
	encode('lw', {rd: t1, rs1: a4, imm: 0}),
	encode('fence', {}) | (0x33 << 20),
	encode('sw', {rs1: a5, rs2: t1, imm: 0}),
	encode('mret', {}),
]

test('updates by a device and by a hart lose none, and every interrupt of a device is seen with what it stands for', async (t) => {
	t.timeout(2 * patience + margin)
	const hart = new InterpretedHart()
	const write = (gpa: number, words: readonly number[]) => {
		for (const [index, word] of words.entries()) {
			hart.writeParcel(gpa + 4 * index, word & 0xffff)
			hart.writeParcel(gpa + 4 * index + 2, word >>> 16)
		}
	}
	write(ramBase, program)
	write(handler, interrupted)
	for (const [register, value] of Object.entries({
		[s1]: 1,
		[a2]: place.added,
		[a3]: place.counted,
		[a4]: place.message,
		[a5]: place.answer,
	}))
		hart.x[Number(register)] = BigInt(value)
	hart.set('pc', ramBase)
	hart.set('mtvec', handler)
	hart.set('mie', ssip)
	// MIE.
	hart.status(8n)
	const words = new Int32Array(new SharedArrayBuffer(12))
	const data: DeviceThreadData = {
		memory: hart.memory.memory,
		map: memoryMap,
		counters: [hart.ramOffset(place.added), hart.ramOffset(place.counted)],
		message: hart.ramOffset(place.message),
		answer: hart.ramOffset(place.answer),
		additions,
		messages,
		words,
	}
	const blocks = new VcpuBlocks(hart.memory, 1)
	const worker = new Worker(new URL('./device-thread.ts', import.meta.url), {workerData: data})
	const exit = once(worker, 'exit')
	const deadline = Date.now() + 2 * patience
	// Polls for the end; `exit` orders the rest. Pairs with the last store in device-thread.ts.
	while (Atomics.load(words, 2) === 0 && Date.now() < deadline) {
		for (let slice = 0; slice < 100; slice++) {
			blocks.takeDoorbell(0)
			hart.run(10_000)
		}
		await new Promise((resolve) => setImmediate(resolve))
	}
	await exit
	// The thread has ended. Pairs with its store for each answered message.
	t.is(Atomics.load(words, 1), messages)
	// Runs to the end of the hart's present round.
	for (let steps = 0; hart.get('pc') !== BigInt(ramBase) && steps < 100; steps++) {
		blocks.takeDoorbell(0)
		hart.run(1)
	}
	const own = hart.x[s0]!
	t.log(`${own} rounds of the hart beside ${additions} of the device, ${hart.get('interrupts')} interrupts`)
	t.is(hart.peek(place.added), own + BigInt(additions))
	t.is(hart.peek(place.counted), own + BigInt(additions))
	t.true(hart.get('interrupts') >= BigInt(messages))
})
