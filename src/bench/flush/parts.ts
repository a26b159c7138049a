/** The parts of the comparison: what each is about, and the programs that it runs. */
import {benchParts, type PartName} from '../../main/command-line/laboratory.ts'
import {programs} from '../programs.ts'

export {benchParts as partNames, type PartName}

export const parts: Readonly<Record<PartName, string>> = {
	cost: 'one flush, by policy, size of the tables and entries filled, on the flushing thread and in all threads',
	boot: "Debian's boot",
	compute: 'programs with working sets from 4 KiB to 256 MiB, on bare metal',
	storms: 'mmap, munmap and mprotect, on 1, 2 and 4 harts',
	switches: 'switches of context by pipe and futex, among few and many processes; exec and fork',
	mix: 'files, page faults, and a batch of small programs as a compiler runs',
}

/** Those in which guests run. */
export const guestParts = ['boot', 'compute', 'storms', 'switches', 'mix'] as const

const known = new Set(programs.map(({name}) => name))
const those = (...names: readonly string[]) => names.filter((name) => known.has(name))

/** On bare metal, in one run. */
export const computePrograms: readonly string[] = programs
	.map(({name}) => name)
	.filter((name) => /^(?:chase|pages)-/.test(name))

/** Under Linux, by the number of harts. */
export const linuxPrograms: Readonly<
	Record<'storms' | 'switches' | 'mix', Readonly<Record<number, readonly string[]>>>
> = {
	storms: {
		1: those('mmap', 'mprotect'),
		2: those('mmap-2', 'mprotect-2'),
		4: those('mmap-4', 'mprotect-4'),
	},
	switches: {1: those('syscall', 'pipe', 'futex', 'processes-12', 'processes-24', 'exec', 'fork')},
	mix: {1: those('page-fault', 'files', 'batch')},
}

/** A run of these alone, so that its counters are those of switches. */
export const switchStorm: readonly string[] = those('pipe', 'processes-12', 'processes-24')

/** @returns the part that a program of a guest belongs to. */
export function partOf(program: string): PartName | undefined {
	if (computePrograms.includes(program)) return 'compute'
	return (['storms', 'switches', 'mix'] as const).find((part) =>
		Object.values(linuxPrograms[part]).some((names) => names.includes(program)),
	)
}

/** Bytes of a program's working set, such as 65536 for chase-64k. */
export function workingSetOf(program: string): number {
	const [, number, unit] = /-(\d+)([km])$/.exec(program) ?? []
	return Number(number) * (unit === 'k' ? 2 ** 10 : 2 ** 20)
}
