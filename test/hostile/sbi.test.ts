/** Hostile SBI calls by a guest: every one is answered as SBI says, and nothing but the results, and one record, is written. */
import test from 'ava'
import {vcpuRegions} from '../../src/hart/index.ts'
import {ramBase} from '../../src/memory/index.ts'
import {Random} from '../hart/core/float-operands.ts'
import {
	a0,
	a6,
	a7,
	addi,
	auipc,
	binary,
	branchNotEqual,
	ecall,
	type Instruction,
	jump,
	load,
	lui,
} from '../main/little-guest.ts'
import {createMachine} from '../main/test-machine.ts'
import {checksum} from './board-machine.ts'
import {hostileCall, parkAddress, sbiHarts, sbiRamBytes, stealRecord} from './sbi-calls.ts'
import {spyOnMemory} from './spied-memory.ts'

const calls = 4000
/** Raw binaries start here; the table of calls follows a page later: eight registers, and two results. */
const start = 0x8020_0000
const tableAt = 0x1000
const rowBytes = 80
const [t0, s1, t1, s3] = [5, 9, 6, 19]
const hsm = 0x48534d

const loadDoubleword = (rd: number, rs1: number, offset: number): Instruction =>
	(offset << 20) | (rs1 << 15) | (3 << 12) | (rd << 7) | 0x03
const storeDoubleword = (rs2: number, rs1: number, offset: number): Instruction =>
	((offset >> 5) << 25) | (rs2 << 20) | (rs1 << 15) | (3 << 12) | ((offset & 31) << 7) | 0x23

/** Makes the calls of the table in turn, and ends. */
function program(table: Uint8Array): Uint8Array {
	const body = [
		...Array.from({length: 8}, (_, index) => loadDoubleword(a0 + index, s1, index * 8)),
		ecall,
		storeDoubleword(a0, s1, 64),
		storeDoubleword(a0 + 1, s1, 72),
		addi(s1, s1, rowBytes),
		addi(s3, s3, -1),
	]
	const code = [
		auipc(s1, tableAt >>> 12),
		...load(s3, calls),
		...body,
		branchNotEqual(s3, 0, -4 * body.length),
		...load(t0, 0x5555),
		lui(t1, 0x100),
		// sw t0, 0(t1): the finisher.
		(t0 << 20) | (t1 << 15) | (2 << 12) | 0x23,
		jump(0),
	]
	const park = [...load(a7, hsm), addi(a6, 0, 1), ecall]
	const bytes = new Uint8Array(tableAt + table.length)
	bytes.set(binary(code))
	bytes.set(binary(park), Number(parkAddress) - start)
	bytes.set(table, tableAt)
	return bytes
}

test.serial('hostile SBI calls are answered, and write nothing but their results', async (t) => {
	const seed = Math.floor(Math.random() * 2 ** 32)
	t.log(`seed ${seed}`)
	const random = new Random(seed)
	const list = Array.from({length: calls}, () => hostileCall(random))
	const table = new DataView(new ArrayBuffer(calls * rowBytes))
	for (const [row, {registers}] of list.entries()) {
		for (const [index, value] of registers.entries()) table.setBigUint64(row * rowBytes + index * 8, value, true)
	}
	const memoryOf = spyOnMemory(t)
	const kernel = program(new Uint8Array(table.buffer))
	const machine = await createMachine(t, {kernel, smp: sbiHarts, memory: sbiRamBytes})
	const memory = memoryOf()
	const ram = memory.region(vcpuRegions.ram)
	const code = {offset: ram.offset + (start - ramBase), size: tableAt}
	const end = code.offset + kernel.length
	const untouched = () =>
		[
			{offset: 0, size: 65_536},
			memory.region(vcpuRegions.rom),
			{offset: ram.offset, size: code.offset - ram.offset},
			code,
			{offset: end, size: ram.offset + Number(stealRecord) - ramBase - end},
		].map((region) => checksum(memory, region))
	const before = untouched()
	const running = machine.run()
	let printed = 0
	for await (const bytes of machine.console) printed += bytes.length
	t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
	t.deepEqual(untouched(), before)

	// Plain: the vCPUs have ended.
	const results = new DataView(memory.memory.buffer, code.offset + tableAt, calls * rowBytes)
	const wrong = list.flatMap(({name, registers, errors}, row) => {
		const error = Number(results.getBigInt64(row * rowBytes + 64, true))
		const inputs = registers.map((value) => value.toString(16)).join(' ')
		return errors && !errors.includes(error) ? [`${name} ${inputs}: expected ${errors}, got ${error}`] : []
	})
	t.deepEqual(wrong, [])
	t.log(`${calls} calls, ${printed} bytes printed`)
})
