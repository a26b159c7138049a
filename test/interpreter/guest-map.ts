/** The guest that the interpreter's tests run in: S-mode under Sv39, with pages of every kind side by side. */
import {type Gpa, ramBase} from '../../src/memory/index.ts'

export const pageBytes = 4096n
/** Code: one megapage; the page after it is unmapped. */
export const code = {gva: 0x4000_0000n, gpa: ramBase, bytes: 0x20_0000} as const
/** Where traps go, in M-mode. */
export const handler: Gpa = ramBase + 0x30_0000
/** Guest-physical pages that tests store to; the reference has a copy of its own. */
export const dataRam = {gpa: ramBase + 0x20_0000, bytes: 0x8000} as const

/** What a page permits. */
export type PageKind = 'writable' | 'read-only' | 'device'
export type Page = Readonly<{gva: bigint; gpa: Gpa; kind: PageKind}>

/** Adjacent in gva, but not in gpa. */
export const pages: readonly Page[] = [
	{gva: 0x5000_0000n, gpa: dataRam.gpa + 0x5000, kind: 'writable'},
	{gva: 0x5000_1000n, gpa: dataRam.gpa + 0x3000, kind: 'writable'},
	// 0x5000_2000 is unmapped.
	{gva: 0x5000_3000n, gpa: dataRam.gpa + 0x1000, kind: 'read-only'},
	{gva: 0x5000_4000n, gpa: dataRam.gpa + 0x4000, kind: 'writable'},
	{gva: 0x5000_5000n, gpa: 0x4000_0000, kind: 'device'},
	{gva: 0x5000_6000n, gpa: dataRam.gpa + 0x2000, kind: 'writable'},
	// The first page again.
	{gva: 0x5000_7000n, gpa: dataRam.gpa + 0x5000, kind: 'writable'},
	// The pages that loads and stores relative to x0 reach; page 0 follows the top page.
	{gva: 0n, gpa: dataRam.gpa + 0x6000, kind: 'writable'},
	{gva: 0xffff_ffff_ffff_f000n, gpa: dataRam.gpa + 0x7000, kind: 'writable'},
]

/** V R W A D; V R A. None is executable. */
export const pteFlags: Readonly<Record<PageKind, bigint>> = {
	writable: 0xc7n,
	'read-only': 0x43n,
	device: 0xc7n,
}

/** Addresses for an access of any width: aligned, misaligned, at both ends of pages of every kind, not canonical. */
export const places: readonly bigint[] = [
	...[0n, 1n, 2n, 3n, 4n, 5n, 7n, 8n, 0x7c8n, 0xff0n],
	...Array.from({length: 16}, (_, byte) => 0xff0n + BigInt(byte)),
]
	.flatMap((offset) => pages.map(({gva}) => gva + offset))
	.concat([
		0x5000_2000n,
		0x5000_2ff8n,
		0x5000_2fffn,
		0x0000_0040_0000_0000n,
		0x8000_0000_0000_0000n,
		0xdead_beef_0123_4568n,
	])
