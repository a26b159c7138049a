/** A guest that loads, stores and jumps everywhere gets the faults of QEMU's board, and reaches nothing of the host. */
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {CodePage, codeCacheBytes, fieldOffset, regionFilterBytes, VcpuBlock, vcpuRegions} from '../../src/hart/index.ts'
import {codePagesPerVcpu} from '../../src/main/machine-memory.ts'
import {ramBase, type SharedMemory, VcpuBlocks} from '../../src/memory/index.ts'
import {TlbEntry, TlbState, tableLog2Entries, tlbStateOffset} from '../../src/tlb/index.ts'
import {bareGuestFiles, bareGuestMebibytes, parseLines, recordedLines} from '../guests/bare/bare-guests.ts'
import {addi, binary, type Instruction, jump, load, lui} from '../main/little-guest.ts'
import {createMachine, mebibyte, until} from '../main/test-machine.ts'
import {checksum} from './board-machine.ts'
import {expectedHere} from './everywhere-differences.ts'
import {spyOnMemory} from './spied-memory.ts'

const harts = 2
const ramBytes = bareGuestMebibytes * mebibyte
/** Where the guest stores on purpose: itself, the two pages after its first MiB, and RAM's last page. */
const [ownBytes, lastPage] = [mebibyte + 2 * 4096, 4096]

/** Checksums of all that hart 0 must not reach, while no vCPU runs. Hart 1 spins in the guest's first instructions. */
function untouched(memory: SharedMemory): Record<string, string> {
	const [ram, caches] = [memory.region('ram'), memory.region(vcpuRegions.codeCaches)]
	const block = new VcpuBlocks(memory, harts).base(1)
	const tables = Array.from({length: TlbState.fields.descriptor.count}, (_, regime) => {
		const descriptor = memory.u32[(block + tlbStateOffset + TlbState.offset.descriptor) / 4 + regime]!
		const log2 = tableLog2Entries(descriptor)
		return [`table ${regime} of hart 1`, {offset: descriptor - log2, size: TlbEntry.size << log2}] as const
	})
	const regions: (readonly [name: string, region: Readonly<{offset: number; size: number}>])[] = [
		['address 0', {offset: 0, size: 65_536}],
		['boot ROM', memory.region('rom')],
		['registers of hart 1', {offset: block + VcpuBlock.offset.hart, size: fieldOffset.instret - VcpuBlock.offset.hart}],
		['RAM', {offset: ram.offset + ownBytes, size: ram.size - ownBytes - lastPage}],
		...tables,
	]
	regions.push(...codeCachePieces(caches.offset + caches.size / harts))
	return Object.fromEntries(regions.map(([name, region]) => [name, checksum(memory, region)]))
}

/** The first code pages, which hart 1 may itself decode anew: a translation arrives for it, or hart 0 stores to code. */
const ownPages = 16

/** Hart 1's code cache: buckets and code pages, without its jump counters, and without the filter of regions, of which it may get more. */
function codeCachePieces(cache: number): [string, {offset: number; size: number}][] {
	const codePages = codePagesPerVcpu({harts, ramBytes})
	const first = cache + codeCacheBytes(codePages) - regionFilterBytes - codePages * CodePage.size
	const pages = Array.from({length: codePages}, (_, page): [string, {offset: number; size: number}] => [
		`code page ${page} of hart 1`,
		{offset: first + page * CodePage.size, size: CodePage.offset.counters},
	])
	return [['code buckets of hart 1', {offset: cache, size: first - cache}], ...pages.slice(ownPages)]
}

/** @returns a machine that is paused: hart 1 spins, hart 0's attacks are to come. On a busy host, hart 0 may be too fast, and another one is tried. */
async function pausedBeforeAttacks(t: ExecutionContext, accel: 'interp' | 'jit') {
	const memoryOf = spyOnMemory(t)
	const kernel = join(import.meta.dirname, '../..', bareGuestFiles('everywhere').binary)
	for (;;) {
		const machine = await createMachine(t, {kernel, bios: 'none', smp: harts, memory: ramBytes, accel})
		const memory = memoryOf()
		const running = machine.run()
		const console = {text: ''}
		const reading = (async () => {
			for await (const bytes of machine.console) console.text += Buffer.from(bytes).toString('latin1')
		})()
		const ranSome = async (hart: number) => {
			await machine.pause()
			// Plain: all vCPUs are parked.
			const instret = memory.u32[(new VcpuBlocks(memory, harts).base(hart) + fieldOffset.instret) / 4]
			machine.resume()
			return (instret ?? 0) > 100_000
		}
		await until(() => ranSome(1), 'hart 1 spins')
		await machine.pause()
		if (!console.text.includes('time ')) return {machine, memory, running, reading, console}
		await machine[Symbol.asyncDispose]()
	}
}

for (const accel of ['interp', 'jit'] as const) {
	test.serial(
		`loads, stores, atomics, jumps, page tables and timers everywhere give what QEMU gives, or a listed difference (${accel})`,
		async (t) => {
			const {machine, memory, running, reading, console} = await pausedBeforeAttacks(t, accel)
			const before = untouched(memory)
			machine.resume()
			t.deepEqual(await running, {reason: 'power-off', exitCode: 0})
			await reading
			t.deepEqual(untouched(memory), before)

			const ours = parseLines(console.text)
			const theirs = await recordedLines('everywhere')
			t.deepEqual([...ours.keys()], [...theirs.keys()])
			const wrong: string[] = []
			let [outcomes, listed] = [0, 0]
			for (const [name, line] of theirs) {
				const [, mode = '', attempted = '', hex = ''] = /^(?:mode (\w), )?(\w+) (\w+)$/.exec(name) ?? []
				const got = ours.get(name)!.trim().split(' ')
				for (const [column, outcome] of line.trim().split(' ').entries()) {
					const what = mode ? 'root' : attempted
					const want = expectedHere({what, at: BigInt(`0x${hex}`), column, theirs: outcome})
					if (want !== got[column])
						wrong.push(`${name}, ${column}: QEMU ${outcome}, expected ${want}, got ${got[column]}`)
					outcomes++
					if (want !== outcome) listed++
				}
			}
			t.deepEqual(wrong, [])
			t.log(`${outcomes} attempts, ${listed} of them by a listed difference other than under QEMU`)
		},
	)
}

test.serial('an instruction whose second half lies beyond RAM raises an access fault', async (t) => {
	const [t0, t1] = [5, 6]
	const ramEnd = ramBase + ramBytes
	const shiftLeft = (rd: number, bits: number): Instruction => (bits << 20) | (rd << 15) | (1 << 12) | (rd << 7) | 0x13
	const shiftRight = (rd: number, bits: number): Instruction => (bits << 20) | (rd << 15) | (5 << 12) | (rd << 7) | 0x13
	const program = [
		// t1 = the end of RAM; the low half of an addi lies there.
		lui(t1, ramEnd >>> 12),
		shiftLeft(t1, 32),
		shiftRight(t1, 32),
		addi(t1, t1, -2),
		addi(t0, 0, 0x13),
		// sh t0, 0(t1)
		(t0 << 20) | (t1 << 15) | (1 << 12) | 0x23,
		// auipc t0, 0; addi; csrw stvec, t0
		(t0 << 7) | 0x17,
		addi(t0, t0, 16),
		(0x105 << 20) | (t0 << 15) | (1 << 12) | 0x73,
		// jalr t1
		(t1 << 15) | 0x67,
		// The handler ends the machine with scause as its exit code: csrr t0, scause; …; sw t0, 0(finisher).
		(0x142 << 20) | (2 << 12) | (t0 << 7) | 0x73,
		shiftLeft(t0, 16),
		...load(t1, 0x3333),
		// or t0, t0, t1
		(t1 << 20) | (t0 << 15) | (6 << 12) | (t0 << 7) | 0x33,
		lui(t1, 0x100),
		(t0 << 20) | (t1 << 15) | (2 << 12) | 0x23,
		jump(0),
	]
	const machine = await createMachine(t, {kernel: binary(program), memory: ramBytes})
	t.deepEqual(await machine.run(), {reason: 'exit', exitCode: 1})
})
