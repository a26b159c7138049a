/** A report as Markdown; its figures are files beside it. */
import {markdownTable} from '../markdown.ts'
import {alignOf, type Block, type Figure, type Report, type Section} from './document.ts'

export function reportMarkdown({title, blocks, sections}: Report): string {
	return `${[`# ${title}`, '', ...blocks.flatMap(blockLines), ...sections.flatMap((section) => sectionLines(section, 2))].join('\n').trimEnd()}\n`
}

function sectionLines({title, blocks, sections = []}: Section, level: number): readonly string[] {
	return [
		`${'#'.repeat(level)} ${title}`,
		'',
		...blocks.flatMap(blockLines),
		...sections.flatMap((section) => sectionLines(section, level + 1)),
	]
}

function blockLines(block: Block): readonly string[] {
	switch (block.kind) {
		case 'paragraph':
			return [block.text, '']
		case 'list':
			return [...block.items.map((item) => `- ${item}`), '']
		case 'table':
			return [block.caption, '', ...markdownTable(block.heading, block.rows, alignOf(block)), '']
		case 'figure':
			return [imageOf(block), '']
		case 'figures':
			return [...block.figures.map(imageOf), '']
	}
}

const imageOf = ({name, title}: Figure) => `![${title}](${name}.svg)`
