/** A report, however it is then written: sections of paragraphs, lists, tables and figures. */

/** Text as in Markdown: `code` and **strong**, and nothing else. */
export type Text = string

export type Table = Readonly<{
	kind: 'table'
	caption: Text
	/** The first column names the rows; others are figures unless `align` says otherwise. */
	heading: readonly Text[]
	rows: readonly (readonly Text[])[]
	align?: readonly ('left' | 'right')[]
}>

export type Figure = Readonly<{
	kind: 'figure'
	/** Of its file, without the ending. */
	name: string
	title: string
	/** What a reader sees in it, for one who does not see. */
	description: string
	svg: string
}>

export type Block =
	| Readonly<{kind: 'paragraph'; text: Text}>
	| Readonly<{kind: 'list'; items: readonly Text[]}>
	| Table
	| Figure
	/** Beside one another, where there is room. */
	| Readonly<{kind: 'figures'; figures: readonly Figure[]}>

export type Section = Readonly<{id: string; title: string; blocks: readonly Block[]; sections?: readonly Section[]}>

export type Report = Readonly<{title: string; blocks: readonly Block[]; sections: readonly Section[]}>

export const paragraph = (text: Text): Block => ({kind: 'paragraph', text})

export function figuresOf({
	blocks,
	sections,
}: Pick<Report, 'blocks'> & Partial<Pick<Report, 'sections'>>): readonly Figure[] {
	return [
		...blocks.flatMap((block) => (block.kind === 'figure' ? [block] : block.kind === 'figures' ? block.figures : [])),
		...(sections ?? []).flatMap(figuresOf),
	]
}

export const alignOf = ({heading, align}: Table): readonly ('left' | 'right')[] =>
	heading.map((_, column) => align?.[column] ?? (column === 0 ? 'left' : 'right'))
