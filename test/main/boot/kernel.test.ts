import {gzipSync, zstdCompressSync} from 'node:zlib'
import test from 'ava'
import {UserError} from '../../../src/errors.ts'
import {loadKernel} from '../../../src/main/boot/kernel.ts'
import {makeElf, makeImage, makeZboot, program, temporaryFile} from './boot-files.ts'

const place = {base: 0x8020_0000, memoryBytes: 0x100_0000, enteredBy: 'built-in SBI'} as const

test('a Linux Image goes to RAM + text_offset and takes image_size', async (t) => {
	const image = makeImage({imageSize: 0x5000})
	const {segments, entry} = await loadKernel(await temporaryFile(t, image), place)
	t.is(entry, 0x8020_0000)
	t.deepEqual(segments, [{name: 'the kernel', gpa: 0x8020_0000, bytes: image, size: 0x5000}])
})

test('a Linux Image goes above firmware that takes its place', async (t) => {
	const path = await temporaryFile(t, makeImage())
	t.is((await loadKernel(path, {...place, base: 0x8040_0000})).entry, 0x8040_0000)
})

test('behind firmware an Image goes where the firmware enters it, whatever its text_offset says', async (t) => {
	const path = await temporaryFile(t, makeImage({textOffset: 0x40_0000}))
	t.is((await loadKernel(path, {...place, enteredBy: 'firmware'})).entry, 0x8020_0000)
	t.is((await loadKernel(path, {...place, base: 0x8000_0000, enteredBy: 'boot ROM'})).entry, 0x8000_0000)
	t.is((await loadKernel(path, place)).entry, 0x8040_0000)
})

const segment = (gpa: number) => ({gpa, bytes: program})
const entries = [
	{enteredBy: 'built-in SBI', segments: [0x8040_0000, 0x8020_0000], entry: 0x8040_0000, entered: 0x8020_0000},
	{enteredBy: 'firmware', segments: [0x8040_0000, 0x8020_0000], entry: 0x8040_0000, entered: 0x8020_0000},
	{enteredBy: 'firmware', segments: [0x8020_0000], entry: 0, entered: 0x8020_0000},
	{enteredBy: 'boot ROM', segments: [0x8000_0000], entry: 0x8000_0002, entered: 0x8000_0000},
	{enteredBy: 'boot ROM', segments: [0x8000_0000], entry: 0, entered: 0x8000_0000},
	// QEMU would run zeros.
	{enteredBy: 'boot ROM', segments: [0x8020_0000, 0x8010_0000], entry: 0x8020_0002, entered: 0x8020_0002},
	{enteredBy: 'boot ROM', segments: [0x8020_0000, 0x8010_0000], entry: 0, entered: 0x8010_0000},
] as const
for (const {enteredBy, segments, entry, entered} of entries) {
	const at = segments.map((gpa) => gpa.toString(16)).join(' and ')
	test(`an ELF at ${at} with the entry ${entry.toString(16)}, entered by the ${enteredBy}, starts at ${entered.toString(16)}`, async (t) => {
		const path = await temporaryFile(t, makeElf({segments: segments.map(segment), entry}))
		t.is((await loadKernel(path, {...place, enteredBy})).entry, entered)
	})
}

test('an M-mode Image goes to the start of RAM', async (t) => {
	const path = await temporaryFile(t, makeImage({textOffset: 0}))
	t.is((await loadKernel(path, {...place, base: 0x8000_0000})).entry, 0x8000_0000)
})

test('an Image with a PE header that is whole is taken', async (t) => {
	t.is((await loadKernel(await temporaryFile(t, makeImage({pe: {}})), place)).entry, 0x8020_0000)
})

for (const [name, pack] of [
	['gzip', gzipSync],
	['zstd', zstdCompressSync],
	['zboot with gzip', (bytes: Uint8Array) => makeZboot(gzipSync(bytes))],
	['zboot with zstd', (bytes: Uint8Array) => makeZboot(zstdCompressSync(bytes))],
] as const) {
	test(`a kernel packed as ${name} is unpacked`, async (t) => {
		const image = makeImage({length: 4096})
		const {segments} = await loadKernel(await temporaryFile(t, pack(image)), place)
		t.deepEqual(Buffer.from(segments[0]?.bytes ?? []), image)
	})

	test(`a kernel packed as ${name} and cut off is refused`, async (t) => {
		const packed = pack(makeImage({length: 4096}))
		const path = await temporaryFile(t, packed.subarray(0, packed.length - 5))
		await t.throwsAsync(loadKernel(path, place), {
			instanceOf: UserError,
			message: /^Expected a whole [^\n]*--kernel, got /,
		})
	})

	test(`a kernel packed as ${name} that is larger than memory unpacked is refused`, async (t) => {
		const path = await temporaryFile(t, pack(Buffer.alloc(place.memoryBytes + 1)))
		await t.throwsAsync(loadKernel(path, place), {
			instanceOf: UserError,
			message: /^Expected --kernel that unpacks to at most/,
		})
	})
}

test('other compressions are named', async (t) => {
	const path = await temporaryFile(t, Uint8Array.of(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0, 0, 0))
	await t.throwsAsync(loadKernel(path, place), {instanceOf: UserError, message: /packed by gzip or zstd, .* got xz: /})
	const zboot = await temporaryFile(t, makeZboot(Buffer.from('who knows')))
	await t.throwsAsync(loadKernel(zboot, place), {instanceOf: UserError, message: /zboot kernel packed by gzip or zstd/})
})

test('a packed ELF is an ELF', async (t) => {
	const {entry} = await loadKernel(await temporaryFile(t, gzipSync(makeElf())), place)
	t.is(entry, 0x8000_0000)
})

test('anything else is a raw binary at the kernel’s place', async (t) => {
	const {segments, entry} = await loadKernel(await temporaryFile(t, 'raw'), place)
	t.is(entry, place.base)
	t.is(segments[0]?.size, 3)
})

test('a truncated Image, an Image larger than memory, and another machine’s are refused', async (t) => {
	const truncated = await temporaryFile(t, makeImage({pe: {end: 1000}}))
	await t.throwsAsync(loadKernel(truncated, place), {
		instanceOf: UserError,
		message: /^Expected a whole kernel of 1000 bytes for --kernel, got 512 bytes/,
	})
	const large = await temporaryFile(t, makeImage({imageSize: place.memoryBytes}))
	await t.throwsAsync(loadKernel(large, place), {
		instanceOf: UserError,
		message: /^Expected --memory of at least 18874368 bytes for this kernel .* got 16777216$/,
	})
	const other = await temporaryFile(t, makeImage({pe: {machine: 0xaa64}}))
	await t.throwsAsync(loadKernel(other, place), {
		instanceOf: UserError,
		message: /for RISC-V for --kernel, got AArch64/,
	})
})
