/** The guest's output about a program: its time and its checksum. */

export type Figure = Readonly<{
	seconds: number
	/** Hexadecimal. */
	check: string
}>
/** By program. */
export type Figures = ReadonlyMap<string, Figure>

const benchLine = /^bench (\S+) (\d+) ns, check 0x([0-9a-f]+)\s*$/gm

export function parseFigures(console: string): Figures {
	const lines = [...console.matchAll(benchLine)]
	return new Map(lines.map(([, name, time, check]) => [name!, {seconds: Number(time) / 1e9, check: check!}]))
}
