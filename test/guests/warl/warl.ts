/** The WARL guest: where its files lie, what QEMU printed, and how to run it here. */
import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {Machine} from '../../../src/main/index.ts'

const projectRoot = join(import.meta.dirname, '../../..')

/** Paths relative to the project. */
export const Warl = {
	source: 'test/guests/warl/main.c',
	linkerScript: 'test/guests/warl/warl.ld',
	binary: 'test/guests/bin/warl.elf',
	recorded: 'test/guests/warl/qemu.txt',
} as const

/** What was tried → what was read back, as printed. */
export type WarlLines = ReadonlyMap<string, string>

function parse(text: string): WarlLines {
	const lines = text.split(/\r?\n/).filter((line) => line !== '' && !line.startsWith('#'))
	return new Map(lines.map((line) => line.split(': ') as [string, string]))
}

export async function recordedText(): Promise<string> {
	return await readFile(join(projectRoot, Warl.recorded), 'utf8')
}

/** @returns what QEMU printed. */
export async function warlLines(): Promise<WarlLines> {
	return parse(await recordedText())
}

/** @returns what it prints here, in M-mode without firmware. */
export async function runWarl(): Promise<WarlLines> {
	const signal = AbortSignal.timeout(30_000)
	const kernel = join(projectRoot, Warl.binary)
	await using machine = await Machine.create({smp: 1, memory: 64 * 2 ** 20, kernel, bios: 'none', signal})
	const outcome = machine.run()
	let text = ''
	for await (const bytes of machine.console) text += Buffer.from(bytes).toString('latin1')
	const {reason} = await outcome
	if (reason !== 'power-off') throw new Error(`Expected the WARL guest to end by itself, got ${reason}`)
	return parse(text)
}
