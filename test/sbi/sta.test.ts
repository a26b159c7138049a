import {once} from 'node:events'
import {Worker} from 'node:worker_threads'
import test from 'ava'
import {ramBase} from '../../src/memory/index.ts'
import {SbiError, StealTimeRecord} from '../../src/sbi/index.ts'
import {margin, patience} from '../support/patience.ts'
import {FakeMachine, ramBytes} from './fake-machine.ts'
import {lastStep, type StealReaderReport} from './steal-steps.ts'

const STA = 0x535441
const PROBE = [0x10, 3] as const
const allOnes = 2n ** 64n - 1n
const ram = BigInt(ramBase)
const ramEnd = ram + BigInt(ramBytes)

const succeeds = (value = 0n) => ({outcome: 'returns', error: 0n, value})
const fails = (name: keyof typeof SbiError) => ({outcome: 'returns', error: BigInt(SbiError[name]), value: 0n})
const set = (machine: FakeMachine, low: bigint, high = 0n, flags = 0n) => machine.call(STA, 0, low, high, flags)

/** A copy. Plain: the test has one thread. */
const recordAt = (machine: FakeMachine, gpa: bigint) =>
	new DataView(machine.ram.bytes(Number(gpa), StealTimeRecord.size).slice().buffer)

function read(machine: FakeMachine, gpa: bigint) {
	const record = recordAt(machine, gpa)
	const {offset} = StealTimeRecord
	return {sequence: record.getUint32(offset.sequence, true), steal: record.getBigUint64(offset.steal, true)}
}

test('STA is there where the host counts a thread’s run delay, and only there', (t) => {
	t.deepEqual(new FakeMachine().call(...PROBE, BigInt(STA)), succeeds(1n))
	const without = new FakeMachine({counts: false})
	t.deepEqual(without.call(...PROBE, BigInt(STA)), succeeds(0n))
	t.deepEqual(set(without, ram), fails('NOT_SUPPORTED'))
	t.deepEqual(set(without, allOnes, allOnes), fails('NOT_SUPPORTED'))
})

test('the record has 64 bytes, with its fields where the specification has them', (t) => {
	t.is(StealTimeRecord.size, 64)
	t.like(StealTimeRecord.offset, {sequence: 0, flags: 4, steal: 8, preempted: 16, padding: 17})
})

for (const [error, low, high, flags] of [
	['INVALID_PARAM', ram, 0n, 1n],
	['INVALID_PARAM', ram, 0n, 1n << 32n],
	['INVALID_PARAM', allOnes, allOnes, 1n],
	['INVALID_PARAM', ram + 1n, 0n, 0n],
	['INVALID_PARAM', ram + 32n, 0n, 0n],
	['INVALID_PARAM', allOnes, 0n, 0n],
	['INVALID_PARAM', ram + 8n, 1n, 0n],
	['INVALID_ADDRESS', 0n, 0n, 0n],
	['INVALID_ADDRESS', 0n, allOnes, 0n],
	['INVALID_ADDRESS', 0x1000_0000n, 0n, 0n],
	['INVALID_ADDRESS', ram - 64n, 0n, 0n],
	['INVALID_ADDRESS', ramEnd, 0n, 0n],
	['INVALID_ADDRESS', ram + (1n << 32n), 0n, 0n],
	['INVALID_ADDRESS', ram | (1n << 63n), 0n, 0n],
	['INVALID_ADDRESS', allOnes - 63n, 0n, 0n],
	['INVALID_ADDRESS', ram, 1n, 0n],
	['INVALID_ADDRESS', ram, 1n << 32n, 0n],
] as const)
	test(`STA refuses 0x${low.toString(16)}, 0x${high.toString(16)}, flags ${flags}: ${error}, and goes on where it wrote before`, (t) => {
		const machine = new FakeMachine()
		machine.ram.bytes(ramBase, ramBytes).fill(0xff)
		t.deepEqual(set(machine, low, high, flags), fails(error))
		machine.stolen = 100
		machine.stealTime!.update()
		t.true(machine.ram.bytes(ramBase, ramBytes).every((byte) => byte === 0xff))

		t.deepEqual(set(machine, ram + 64n), succeeds())
		t.deepEqual(set(machine, low, high, flags), fails(error))
		machine.stolen = 150
		machine.stealTime!.update()
		t.deepEqual(read(machine, ram + 64n), {sequence: 2, steal: 50n})
	})

for (const gpa of [ram, ramEnd - 64n])
	test(`the 64 bytes at 0x${gpa.toString(16)} are zeroed, and then nothing but sequence and steal is written`, (t) => {
		const machine = new FakeMachine()
		const bytes = machine.ram.bytes(ramBase, ramBytes)
		bytes.fill(0xff)
		machine.stolen = 2 ** 40
		t.deepEqual(set(machine, gpa), succeeds())
		const expected = new Uint8Array(ramBytes).fill(0xff)
		const record = new DataView(expected.buffer, Number(gpa - ram), 64)
		new Uint8Array(expected.buffer, Number(gpa - ram), 64).fill(0)
		t.deepEqual(new Uint8Array(bytes), expected)

		machine.stealTime!.update()
		t.deepEqual(new Uint8Array(bytes), expected, 'nothing was stolen since the call')
		machine.stolen += 2 ** 33 + 5
		machine.stealTime!.update()
		record.setUint32(0, 2, true)
		record.setBigUint64(8, 2n ** 33n + 5n, true)
		t.deepEqual(new Uint8Array(bytes), expected)
		machine.stealTime!.update()
		t.deepEqual(new Uint8Array(bytes), expected, 'nothing more was stolen')
	})

test('all ones stop it; where it is told to go on it begins at 0', (t) => {
	const machine = new FakeMachine()
	set(machine, ram)
	machine.stolen = 7
	machine.stealTime!.update()
	t.deepEqual(set(machine, allOnes, allOnes), succeeds())
	machine.stolen = 9
	machine.stealTime!.update()
	t.deepEqual(read(machine, ram), {sequence: 2, steal: 7n})
	t.deepEqual(set(machine, ram + 128n), succeeds())
	machine.stolen = 12
	machine.stealTime!.update()
	t.deepEqual(read(machine, ram), {sequence: 2, steal: 7n})
	t.deepEqual(read(machine, ram + 128n), {sequence: 2, steal: 3n})
})

test('what the guest writes there does not matter: sequence and steal are right again at the next change', (t) => {
	const machine = new FakeMachine()
	set(machine, ram)
	machine.stolen = 5
	machine.stealTime!.update()
	machine.ram.bytes(ramBase, 64).fill(0xa5)
	machine.stolen = 6
	machine.stealTime!.update()
	t.deepEqual(read(machine, ram), {sequence: 4, steal: 6n})
})

test('a reader on another thread never sees half of a change', async (t) => {
	t.timeout(patience + margin)
	const machine = new FakeMachine()
	set(machine, ram)
	const {memory} = machine
	const at = machine.ram.ramOffset(ramBase, 64)
	const reader = new Worker(new URL('steal-reader.ts', import.meta.url), {workerData: {memory: memory.memory, at}})
	await once(reader, 'message')
	const report = once(reader, 'message')
	// Both halves of each are alike. The last one ends the reader.
	for (let step = 1; step <= lastStep; step++) {
		// Time for the reader to find one that is not changing.
		for (let spin = 0; spin < 100; spin++) Atomics.load(memory.i32, 0)
		machine.stolen = step * (2 ** 32 + 1)
		machine.stealTime!.update()
	}
	const {torn, falls, seen} = (await report)[0] as StealReaderReport
	t.log(`${seen} values seen`)
	t.deepEqual({torn, falls}, {torn: 0, falls: 0})
})

test('the record is odd while either half is written', (t) => {
	const machine = new FakeMachine()
	set(machine, ram)
	const {i32} = machine.memory
	const record = machine.ram.ramOffset(ramBase, StealTimeRecord.size) / 4
	const stored: [field: number, value: number][] = []
	// This test has no other thread, and is over before another one begins.
	const {store} = Atomics
	Atomics.store = ((words: Int32Array, index: number, value: number) => {
		if (words === i32 && index >= record && index < record + StealTimeRecord.size / 4)
			stored.push([4 * (index - record), value])
		return store(words, index, value)
	}) as typeof Atomics.store
	try {
		machine.stolen = 2 ** 32 + 5
		machine.stealTime!.update()
	} finally {
		Atomics.store = store
	}
	const {sequence, steal} = StealTimeRecord.offset
	t.deepEqual(stored, [
		[sequence, 1],
		[steal, 5],
		[steal + 4, 1],
		[sequence, 2],
	])
})
