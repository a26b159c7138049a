/** The guest programs of the tests: where they lie, what they print, how they end. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'

const projectRoot = join(import.meta.dirname, '../..')

export type GuestProgram = Readonly<{
	/** Its folder here, and its binary's name. */
	name: string
	/** How it ends: an exit code, or `runs away` for one that never does. */
	end: number | 'runs away'
	/** Relative to the project. Only smp-demo is part of the package. */
	binary: string
	/** Harts that its recorded output is for. */
	harts: number
	/** Folders here that it is compiled from. */
	sources: readonly string[]
	/** What it runs on: nothing, or Linux. Its output is recorded on bare metal only. */
	on: 'bare metal' | 'Linux'
	/** For Linux: it is linked with no C library. */
	hasNoLibrary?: true
	/** Its linker script, relative to the project, if it starts in M-mode, without firmware. */
	withoutFirmware?: string
	/** RAM that it needs, as QEMU spells it. */
	memory?: string
}>

const testProgram = (name: string, end: GuestProgram['end'] = 0): GuestProgram => ({
	name,
	end,
	binary: `test/guests/bin/${name}.elf`,
	harts: 4,
	sources: ['runtime', name],
	on: 'bare metal',
})

export const guestPrograms: readonly GuestProgram[] = [
	testProgram('hello'),
	testProgram('busy'),
	testProgram('integer-bench'),
	testProgram('traps'),
	testProgram('atomics'),
	testProgram('self-modify'),
	// QEMU 7.2 fails it, at another check from run to run: its output is written by hand (docs/decisions.md).
	testProgram('unfenced'),
	{...testProgram('asids'), harts: 2},
	testProgram('churn'),
	{...testProgram('stress'), memory: '256M'},
	testProgram('timer'),
	testProgram('float'),
	testProgram('wild-jump', 'runs away'),
	testProgram('litmus'),
	testProgram('lrsc'),
	{...testProgram('latency'), harts: 2},
	// QEMU's firmware has no STA: its output is written by hand.
	testProgram('steal'),
	{...testProgram('teaching'), sources: ['teaching'], withoutFirmware: 'test/guests/teaching/teaching.ld'},
	{...testProgram('smp-demo'), binary: 'guests/smp-demo.elf'},
	{...testProgram('bench-bare'), sources: ['runtime', 'shared', 'bench', 'bench-bare'], memory: '1G'},
	{...testProgram('bench-linux'), sources: ['shared', 'linux', 'bench', 'bench-linux'], on: 'Linux'},
	{...testProgram('scale-bare'), sources: ['runtime', 'shared', 'scale', 'scale-bare'], memory: '256M'},
	{...testProgram('scale-linux'), sources: ['shared', 'linux', 'scale', 'scale-linux'], on: 'Linux'},
	{...testProgram('agent'), sources: ['agent'], on: 'Linux', hasNoLibrary: true},
]

export function guestProgram(name: string): GuestProgram {
	const program = guestPrograms.find((candidate) => candidate.name === name)
	if (!program) throw new RangeError(`No guest program ${name}`)
	return program
}

/** @returns the path of its ELF file. */
export function guestBinary(name: string): string {
	return join(projectRoot, guestProgram(name).binary)
}

/** @returns the lines it prints with `harts` harts, as recorded under QEMU; `#` stands for any decimal number. */
export async function expectedOutput(name: string): Promise<string[]> {
	const text = await readFile(join(import.meta.dirname, name, 'expected.txt'), 'utf8')
	return text.trimEnd().split('\n')
}

/**
 * Compares a console with what was recorded. Lines before the first expected one (a firmware's banner) are ignored.
 * @returns the first difference in words, or undefined.
 */
export function outputDifference(console: string, expected: readonly string[]): string | undefined {
	const lines = console.split(/\r?\n/).map((line) => line.trimEnd())
	const start = lines.findIndex((line) => matches(line, expected[0]!))
	if (start < 0) return `no line like: ${expected[0]}`
	for (const [index, want] of expected.entries()) {
		const got = lines[start + index]
		if (got === undefined || !matches(got, want)) return `expected: ${want}\n     got: ${got ?? 'the end'}`
	}
	return undefined
}

function matches(line: string, pattern: string): boolean {
	const parts = pattern.split('#').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
	return new RegExp(`^${parts.join('\\d+')}$`).test(line)
}
