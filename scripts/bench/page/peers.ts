/** Other emulators, and their boots, measured by hand: there is no command that installs and runs them all. */
import {markdown, orDash, table} from './table.ts'

/** Seconds. */
export type PeerFigures = Readonly<{
	rows: readonly Readonly<{emulator: string; one: number; two?: number; four?: number}>[]
}>

export const peers = table<PeerFigures>({
	name: 'peers',
	title: 'Other emulators',
	about: [
		'- **QEMU** translates, and is the one to beat. Its flush clears the table in place (`accel/tcg/cputlb.c`); on RISC-V each',
		'  `sfence.vma` flushes everything. Its own `docs/devel/multi-thread-tcg.rst` calls the wait for remote flushes overly',
		'  strict for ISAs that need completion only at a barrier. Dynamic table sizes made SPEC06int 1.51 times as fast on',
		'  average, but not an Ubuntu boot, which flushes too often (message of commit 54eaf40b8f).',
		'- **Tong, Koju and Kawahito** (“Optimizing Memory Translation Emulation in Full System Emulators”) find 38 % of such an',
		"  emulator's time in memory translation. They gain 24 % with larger tables, tables that another thread clears ahead of",
		'  time, and outlined lookups.',
		'- **RVVM** is the fastest open RISC-V system emulator that we found: native, a tracing JIT, SMP.',
		'- **In JavaScript and WebAssembly**, none that we looked at boots a stock SMP Linux on threads with correct atomics: v86',
		'  (x86, one processor), TinyEMU/JSLinux and jor1k (interpreters in one thread), webcm/Cartesi (deterministic, refuses',
		'  SMP), riscv-vm (threads, but its SC is a plain store), qemu-wasm (threads, in browsers).',
		'',
		"Seconds from start to init's first line: Debian's 6.12 riscv64 kernel with a busybox initramfs, OpenSBI, 1 GiB; medians.",
		'v86 booted a 32-bit x86 Linux. Compare these emulators with each other only: other tables have other guests and end',
		'elsewhere.',
	],
	commands: [],
	comparesWithQemu: false,
	read: () => {
		throw new Error('Peers are measured by hand')
	},
	lines: ({rows}) => {
		const seconds = (value: number | undefined) => orDash(value, (known) => known.toFixed(1))
		return markdown(
			['emulator', '1 hart', '2 harts', '4 harts'],
			rows.map(({emulator, one, two, four}) => [emulator, seconds(one), seconds(two), seconds(four)]),
		)
	},
})
