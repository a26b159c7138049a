/** A table of docs/benchmarks.md: its commands, what is read from their output, and its rows. */
import {markdownTable} from '../../../src/bench/markdown.ts'

/** `npm run bench -- ARGS --json`, or `npx manyhart ARGS` with its statistics in FILE. */
export type Command = Readonly<{program: 'bench' | 'manyhart'; args: readonly string[]}>

export const bench = (...args: readonly string[]): Command => ({program: 'bench', args})
export const manyhart = (...args: readonly string[]): Command => ({program: 'manyhart', args})

/** Stands for the file of statistics in a command of manyhart. */
export const statisticsFile = 'FILE'

export type Table = Readonly<{
	/** For `--table`, and in the record. */
	name: string
	title: string
	/** What the figures mean, a line of Markdown each. */
	about: readonly string[]
	/** None: measured by hand. */
	commands: readonly Command[]
	/** Whether to record QEMU's version with the figures. */
	comparesWithQemu: boolean
	/** @param outputs the commands' JSON, in their order. @returns figures for the record. */
	read: (outputs: readonly unknown[]) => unknown
	/** @param figures from `read`, now or for an older record. @returns Markdown, a line each. */
	lines: (figures: unknown) => readonly string[]
}>

/** Ties `read` and `lines` to one type of figures. */
export function table<Figures>(
	definition: Omit<Table, 'read' | 'lines'> &
		Readonly<{
			read: (outputs: readonly unknown[]) => Figures
			lines: (figures: Figures) => readonly string[]
		}>,
): Table {
	return {...definition, lines: (figures) => definition.lines(figures as Figures)}
}

/** Stands for a figure that an old record lacks. */
export const dash = '–'
export const orDash = <Value>(value: Value | undefined, text: (value: Value) => string): string =>
	value === undefined ? dash : text(value)

/** Aligns the first column to the left, the others to the right. Leaves out columns without figures. */
export function markdown(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
	const isShown = head.map((_, column) => column === 0 || rows.some((row) => row[column] && row[column] !== dash))
	const shown = (cells: readonly string[]) => cells.filter((_, column) => isShown[column])
	return markdownTable(shown(head), rows.map(shown), ['left', ...head.slice(1).map(() => 'right' as const)])
}

/** Drops digits beyond the accuracy of a measurement. */
export const rounded = (value: number, digits = 4): number => Number(value.toPrecision(digits))
