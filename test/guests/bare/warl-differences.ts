/** Where CSRs deliberately read back otherwise than under QEMU 7.2, and why. Any other difference is a defect. */

export type Difference = Readonly<{
	/** As the guest prints them; `csr b03–b1f` stands for all between. */
	names: readonly string[]
	/** What is printed here. */
	ours: string
	reason: string
}>

const absent = 'absent'
const zero = '0 0 0 0 0'

export const differences: readonly Difference[] = [
	{
		names: ['csr 100'],
		ours: '200000000 80000002000c6122 200044100 200082022 2000c6122',
		reason: 'No vector extension: VS is 0. UXL is 64 bits only.',
	},
	{
		names: ['csr 300'],
		ours: 'a00000000 8000000a007e79aa a00544100 a002a28aa a007e69aa',
		reason:
			'As sstatus; SXL is 64 bits only; no hypervisor, so no MPV and GVA (QEMU keeps them without it, too); MPP = 2 is no privilege, and is not written.',
	},
	{names: ['mstatus.MPP 2'], ours: '0', reason: 'MPP is WARL: 2 is no privilege; QEMU 7.2 stores it.'},
	{
		names: ['csr 106', 'csr 306'],
		ours: '0 ffffffff 55555555 aaaaaaaa ffffffff',
		reason: 'mcounteren and scounteren have 32 bits; QEMU stores 64.',
	},
	{
		names: ['csr 10a'],
		ours: '0 f1 51 80 d1',
		reason: 'senvcfg.CBIE = 2 is reserved, and is not written; QEMU stores it.',
	},
	{
		names: ['csr 30a'],
		ours: '0 e0000000000000f1 4000000000000051 a000000000000080 e0000000000000d1',
		reason: 'menvcfg.ADUE (Svadu), which QEMU 7.2 does not know; CBIE as in senvcfg.',
	},
	{
		names: ['csr 141', 'csr 341'],
		ours: '0 fffffffffffffffe 5555555555555554 aaaaaaaaaaaaaaaa fffffffffffffffe',
		reason: '"The low bit of mepc is always zero"; QEMU clears it when it is used.',
	},
	{names: ['csr 24d'], ours: absent, reason: 'No hypervisor; QEMU has vstimecmp without it, too.'},
	{
		names: ['csr 302'],
		ours: '0 b3ff 1155 a2aa b3ff',
		reason: 'medeleg: ecall from M (11) cannot be delegated; no hypervisor (10, 20–23).',
	},
	{
		names: ['csr 303'],
		ours: '0 222 0 222 222',
		reason: 'mideleg: no hypervisor (2, 6, 10), no counter overflow (13).',
	},
	{names: ['csr 304'], ours: '0 aaa 0 aaa aaa', reason: 'mie: as mideleg.'},
	{
		names: ['csr 344'],
		ours: '80 2a2 80 2a2 2a2',
		reason: 'mip: as mideleg.',
	},
	{
		names: ['csr 320'],
		ours: '0 5 5 0 5',
		reason: 'mcountinhibit has bits for the counters that count.',
	},
	{
		names: ['csr 323–33f'],
		ours: zero,
		reason: 'mhpmevent3–31 are read-only zero; QEMU keeps those of counters that it does not have.',
	},
	{
		names: ['csr b03–b1f'],
		ours: zero,
		reason: 'Zihpm: mhpmcounter3–31 are there, read-only zero; QEMU has them with its PMU only.',
	},
	{names: ['csr c03–c1f'], ours: 'read-only', reason: 'Zihpm: hpmcounter3–31, as above.'},
	{
		names: ['csr 3a0', 'csr 3a2'],
		ours: '0 1f1f1f1f1f1f1f1f 1515151515151515 0 1d1d1d1d1d1d1d1d',
		reason: 'pmpcfg: bits 5 and 6 of an entry are 0, and W without R is reserved and not written; QEMU stores both.',
	},
	...['02', '06', '0a', '0e', '12', '16', '1a', '1e'].map((configuration) => ({
		names: [`pmp0cfg ${configuration}`],
		ours: '0',
		reason: 'W without R is reserved, and is not written.',
	})),
	{
		names: ['csr 3b0–3bf'],
		ours: '0 3fffffffffffff 15555555555555 2aaaaaaaaaaaaa 3fffffffffffff',
		reason: 'pmpaddr has 54 bits; QEMU stores 64.',
	},
	{
		names: ['csr 3a4', 'csr 3a6', 'csr 3a8', 'csr 3aa', 'csr 3ac', 'csr 3ae', 'csr 3c0–3ef'],
		ours: zero,
		reason:
			'Of 64 PMP entries 16 are implemented: the registers of the others are read-only zero; in QEMU they do not exist.',
	},
	{
		names: ['csr 747'],
		ours: '0 300 100 200 300',
		reason: 'mseccfg holds SSEED and USEED of Zkr; QEMU 7.2 has it with Smepmp only.',
	},
	{names: ['csr 7a4'], ours: absent, reason: 'No triggers: tselect and tdata1–3 are zero, tinfo is not there.'},
]

/** @returns `csr b03`, `csr b04`, … for `csr b03–b1f`. */
export function namesOf({names}: Difference): string[] {
	return names.flatMap((name) => {
		const [, first, last] = /^csr (\w+)–(\w+)$/.exec(name) ?? []
		if (!first || !last) return [name]
		const [from, to] = [Number.parseInt(first, 16), Number.parseInt(last, 16)]
		return Array.from({length: to - from + 1}, (_, index) => `csr ${(from + index).toString(16).padStart(3, '0')}`)
	})
}
