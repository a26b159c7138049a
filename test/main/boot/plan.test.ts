import {readFile} from 'node:fs/promises'
import test from 'ava'
import {readFdt, readFdtExtras, virtDeviceTree, writeFdt} from '../../../src/board/index.ts'
import {UserError} from '../../../src/errors.ts'
import {type BootOptions, type BootPlan, planBoot} from '../../../src/main/boot/index.ts'
import {makeElf, makeImage, program, temporaryFile} from './boot-files.ts'

const mebibyte = 0x10_0000
const machine = {smp: 2, memoryBytes: 512 * mebibyte}

const places = ({segments}: BootPlan) => segments.map(({name, gpa}) => `${name} at 0x${gpa.toString(16)}`)
const chosenOf = ({dtb}: BootPlan) => readFdt(dtb.bytes).find('/chosen')

test('a kernel and an initrd without firmware start hart 0 in S-mode', async (t) => {
	const kernel = await temporaryFile(t, makeImage({imageSize: 32 * mebibyte}))
	const initrd = await temporaryFile(t, 'initrd')
	const plan = await planBoot({...machine, kernel, initrd, append: 'console=ttyS0'})
	t.deepEqual(plan.entry, {mode: 'supervisor', pc: 0x8020_0000})
	t.is(plan.rom.length, 0)
	t.deepEqual(places(plan), ['the kernel at 0x80200000', 'the initrd at 0x88000000', 'the device tree at 0x9fe00000'])
	const chosen = chosenOf(plan)
	t.deepEqual(chosen?.strings('bootargs'), ['console=ttyS0'])
	t.deepEqual(chosen?.cells('linux,initrd-start'), [0, 0x8800_0000])
	t.deepEqual(chosen?.cells('linux,initrd-end'), [0, 0x8800_0006])
	t.is(plan.dtb.gpa, 0x9fe0_0000)
	t.is(plan.segments.at(-1)?.bytes, plan.dtb.bytes)
})

test('a Linux Image without --append gets an early console; an empty --append, an ELF and a tree from a file do not', async (t) => {
	const bootargs = async (options: Partial<BootOptions>) =>
		chosenOf(await planBoot({...machine, kernel: await temporaryFile(t, makeImage()), ...options}))?.strings('bootargs')
	t.deepEqual(await bootargs({}), ['earlycon'])
	t.deepEqual(await bootargs({append: ''}), [''])
	t.deepEqual(await bootargs({append: 'quiet'}), ['quiet'])
	t.deepEqual(await bootargs({kernel: await temporaryFile(t, makeElf())}), [''])
	const tree = writeFdt({name: '', properties: {}, children: [{name: 'chosen', properties: {bootargs: 'theirs'}}]})
	t.deepEqual(await bootargs({dtb: await temporaryFile(t, tree)}), ['theirs'])
})

test('the device tree stays below 3 GiB in a large memory', async (t) => {
	const plan = await planBoot({...machine, memoryBytes: 3072 * mebibyte, kernel: await temporaryFile(t, makeImage())})
	t.is(plan.dtb.gpa, 0xbfe0_0000)
})

test('in a small memory the initrd goes to the middle, or right behind the kernel if it is large', async (t) => {
	const kernel = await temporaryFile(t, makeImage({imageSize: 4 * mebibyte}))
	const small = await planBoot({smp: 1, memoryBytes: 32 * mebibyte, kernel, initrd: await temporaryFile(t, 'x')})
	t.is(small.segments[1]?.gpa, 0x80f0_0000)
	const initrd = await temporaryFile(t, new Uint8Array(20 * mebibyte))
	const large = await planBoot({smp: 1, memoryBytes: 32 * mebibyte, kernel, initrd})
	t.is(large.segments[1]?.gpa, 0x8060_0000)
})

test('firmware starts every hart in the boot ROM, which passes the kernel to fw_dynamic', async (t) => {
	const bios = await temporaryFile(t, new Uint8Array(0x4_0000))
	const plan = await planBoot({...machine, bios, kernel: await temporaryFile(t, makeImage())})
	t.deepEqual(plan.entry, {mode: 'machine', pc: 0x1000})
	t.deepEqual(places(plan).slice(0, 2), ['the firmware at 0x80000000', 'the kernel at 0x80200000'])
	const doublewords = [...new BigUint64Array(plan.rom.slice().buffer)]
	t.deepEqual(doublewords.slice(3), [0x8000_0000n, 0x9fe0_0000n, 0x4942_534fn, 2n, 0x8020_0000n, 1n, 0n, 0n])
})

test('a large firmware moves the kernel up, and an ELF firmware starts at its entry', async (t) => {
	const bios = await temporaryFile(
		t,
		makeElf({segments: [{gpa: 0x8000_0000, bytes: program, size: 3 * mebibyte}], entry: 0x8000_0002}),
	)
	const plan = await planBoot({...machine, bios, kernel: await temporaryFile(t, makeImage())})
	t.is(plan.segments[1]?.gpa, 0x8040_0000)
	t.is(new DataView(plan.rom.buffer).getBigUint64(24, true), 0x8000_0002n)
})

test('--bios none enters the kernel in M-mode at the start of RAM, whatever an ELF’s entry says', async (t) => {
	const elf = await planBoot({...machine, bios: 'none', kernel: await temporaryFile(t, makeElf({entry: 0x8000_0002}))})
	t.deepEqual(elf.entry, {mode: 'machine', pc: 0x1000})
	t.is(new DataView(elf.rom.buffer).getBigUint64(24, true), 0x8000_0000n)
	t.is(new DataView(elf.rom.buffer).getBigUint64(56, true), 0n)
	const raw = await planBoot({...machine, bios: 'none', kernel: await temporaryFile(t, program)})
	t.is(raw.segments[0]?.gpa, 0x8000_0000)
})

test('the reset vector loads a0, a1 and a2 and jumps', async (t) => {
	const {rom} = await planBoot({...machine, bios: 'none', kernel: await temporaryFile(t, makeElf())})
	const code = [0x0000_0297, 0x0282_8613, 0xf140_2573, 0x0202_b583, 0x0182_b283, 0x0002_8067]
	t.deepEqual([...new Uint32Array(rom.slice().buffer)].slice(0, 6), code)
})

test('a device tree from a file is passed on as it is', async (t) => {
	const tree = virtDeviceTree({...machine, harts: 2, bootargs: 'from file'})
	const plan = await planBoot({
		...machine,
		kernel: await temporaryFile(t, makeImage()),
		dtb: await temporaryFile(t, tree),
	})
	t.deepEqual(Buffer.from(plan.dtb.bytes), Buffer.from(tree))
})

test('a device tree from a file gets --append and --initrd and keeps the rest', async (t) => {
	const tree = virtDeviceTree({...machine, harts: 2, bootargs: 'from file'})
	const options = {kernel: await temporaryFile(t, makeImage()), dtb: await temporaryFile(t, tree)}
	const plan = await planBoot({...machine, ...options, append: 'quiet', initrd: await temporaryFile(t, 'initrd')})
	const [before, after] = [readFdt(tree), readFdt(plan.dtb.bytes)]
	t.deepEqual(after.find('/chosen')?.strings('bootargs'), ['quiet'])
	t.deepEqual(after.find('/chosen')?.cells('linux,initrd-start'), [0, 0x8800_0000])
	t.deepEqual(after.find('/chosen')?.properties.get('rng-seed'), before.find('/chosen')?.properties.get('rng-seed'))
	t.deepEqual(after.find('/soc'), before.find('/soc'))
	t.deepEqual(after.find('/cpus'), before.find('/cpus'))
})

test('a device tree without /chosen gets one', async (t) => {
	const dtb = await temporaryFile(t, writeFdt({name: '', properties: {model: 'small'}}))
	const plan = await planBoot({...machine, kernel: await temporaryFile(t, makeImage()), dtb, append: 'quiet'})
	t.deepEqual(chosenOf(plan)?.strings('bootargs'), ['quiet'])
})

/** Options that must be refused. */
const refused: Record<
	string,
	{message: RegExp; options: (file: (bytes: Uint8Array | string) => Promise<string>) => Promise<Partial<BootOptions>>}
> = {
	'nothing to boot': {message: /^Expected --kernel or a firmware for --bios, got neither$/, options: async () => ({})},
	'no kernel for --bios none': {message: /got neither$/, options: async () => ({bios: 'none'})},
	'a missing kernel': {
		message: /^Expected a readable file for --kernel, got ENOENT \(no such file or directory\): \/no\/such\/kernel$/,
		options: async () => ({kernel: '/no/such/kernel'}),
	},
	'a folder as kernel': {
		message: /^Expected a readable file for --kernel, got EISDIR/,
		options: async () => ({kernel: '/'}),
	},
	'an endless kernel': {
		message: /^Expected --kernel of at most/,
		options: async () => ({kernel: '/dev/zero', memoryBytes: mebibyte}),
	},
	'an empty kernel': {
		message: /^Expected a file with contents for --kernel, got an empty one/,
		options: async (file) => ({kernel: await file('')}),
	},
	'a missing firmware': {
		message: /^Expected a readable file for --bios, got ENOENT/,
		options: async () => ({bios: '/no/such/firmware'}),
	},
	'a missing initrd': {
		message: /^Expected a readable file for --initrd, got ENOENT/,
		options: async (file) => ({kernel: await file(makeImage()), initrd: '/no/such/initrd'}),
	},
	'an initrd larger than the memory that is left': {
		message:
			/^Expected --initrd of at most 12578816 bytes \(the memory between kernel and device tree\), got 14680064 bytes/,
		options: async (file) => ({
			memoryBytes: 16 * mebibyte,
			kernel: await file(makeImage()),
			initrd: await file(new Uint8Array(14 * mebibyte)),
		}),
	},
	'an ELF segment outside memory': {
		message:
			/^Expected an ELF with contents only in guest memory, from 0x80000000 on for --kernel, got segment 0 at 0x1000/,
		options: async (file) => ({
			kernel: await file(makeElf({segments: [{gpa: 0x1000, bytes: program}], entry: 0x1000})),
		}),
	},
	'an ELF segment that ends beyond memory': {
		message: /^Expected the kernel within guest memory .* got \[0x80000000, 0xa0000001\)$/,
		options: async (file) => ({
			kernel: await file(makeElf({segments: [{gpa: 0x8000_0000, bytes: program, size: 512 * mebibyte + 1}]})),
		}),
	},
	'a kernel on top of the firmware': {
		message: /^Expected the firmware and the kernel apart in memory, got \[0x80000000, 0x80001000\) and \[0x80000010/,
		options: async (file) => ({
			bios: await file(new Uint8Array(0x1000)),
			kernel: await file(makeElf({segments: [{gpa: 0x8000_0010, bytes: program}], entry: 0x8000_0010})),
		}),
	},
	'a memory without room for the device tree': {
		message: /^Expected --memory with room for a device tree of \d+ bytes above the kernel, got 8388608 bytes$/,
		options: async (file) => ({memoryBytes: 8 * mebibyte, kernel: await file(makeImage({imageSize: 5 * mebibyte}))}),
	},
	'a device tree that is none': {
		message: /^Expected in --dtb .* a flattened device tree, got other bytes$/,
		options: async (file) => ({kernel: await file(makeImage()), dtb: await file('/dts-v1/;')}),
	},
	'a truncated device tree': {
		message: /^Expected in --dtb .* a device tree of \d+ bytes, got 100 bytes$/,
		options: async (file) => ({
			kernel: await file(makeImage()),
			dtb: await file(virtDeviceTree({harts: 1, memoryBytes: mebibyte}).subarray(0, 100)),
		}),
	},
	'a device tree that is too large': {
		message: /^Expected --dtb of at most 1048576 bytes/,
		options: async (file) => ({kernel: await file(makeImage()), dtb: await file(new Uint8Array(2 * mebibyte))}),
	},
}
for (const [what, {message, options}] of Object.entries(refused)) {
	test(`${what} is refused by one line`, async (t) => {
		const given = await options((bytes) => temporaryFile(t, bytes))
		await t.throwsAsync(planBoot({...machine, ...given}), {instanceOf: UserError, message})
	})
}

test('--append and --initrd keep the memory reservations and the boot hart of a device tree from a file', async (t) => {
	const extras = {
		reservations: [
			{address: 0x8000_0000n, size: 0x4_0000n},
			{address: 2n ** 40n, size: 1n},
		],
		bootCpu: 1,
	}
	const tree = Buffer.from(writeFdt({name: '', properties: {model: 'ours'}}, extras))
	const options = {...machine, kernel: await temporaryFile(t, makeImage()), dtb: await temporaryFile(t, tree)}
	t.deepEqual(Buffer.from((await planBoot(options)).dtb.bytes), tree)
	const {dtb} = await planBoot({...options, append: 'quiet', initrd: await temporaryFile(t, 'initrd')})
	t.deepEqual(readFdtExtras(dtb.bytes), extras)
	t.deepEqual(readFdt(dtb.bytes).find('/chosen')?.strings('bootargs'), ['quiet'])
	t.deepEqual(readFdt(dtb.bytes).find('/chosen')?.cells('linux,initrd-start'), [0, 0x8800_0000])
	t.deepEqual(readFdt(dtb.bytes).strings('model'), ['ours'])
})

test('a device tree that QEMU dumped is taken, without the extensions that only QEMU’s harts have', async (t) => {
	// -M virt,dumpdtb=FILE -smp 2 -m 1G. QEMU 7.2 fills the file up to 1 MiB.
	const dump = await readFile(new URL('qemu-7.2-virt.dtb', import.meta.url))
	const file = Buffer.alloc(mebibyte)
	file.set(dump)
	const options = {...machine, kernel: await temporaryFile(t, makeImage()), dtb: await temporaryFile(t, file)}
	const dumped = readFdt(dump).find('/cpus/cpu@1')?.strings('riscv,isa')
	t.deepEqual(dumped, ['rv64imafdch_zicsr_zifencei_zihintpause_zba_zbb_zbc_zbs_sstc'])
	const isa = ['rv64imafdc_zicsr_zifencei_zihintpause_zba_zbb_zbs_sstc']
	for (const append of [{}, {append: 'quiet', initrd: await temporaryFile(t, 'x')}]) {
		const plan = await planBoot({...options, ...append})
		const tree = readFdt(plan.dtb.bytes)
		t.deepEqual(tree.find('/cpus/cpu@0')?.strings('riscv,isa'), isa)
		t.deepEqual(tree.find('/cpus/cpu@1')?.strings('riscv,isa'), isa)
		t.deepEqual(tree.find('/soc/pci@30000000')?.strings('compatible'), ['pci-host-ecam-generic'])
		t.true(plan.dtb.bytes.length < 8192)
	}
})

test('a device tree that is longer than its header says is cut there', async (t) => {
	const tree = virtDeviceTree({...machine, harts: 2})
	const file = Buffer.concat([tree, new Uint8Array(100)])
	const dtb = await temporaryFile(t, file)
	const plan = await planBoot({...machine, kernel: await temporaryFile(t, makeImage()), dtb})
	t.deepEqual(Buffer.from(plan.dtb.bytes), Buffer.from(tree))
})
