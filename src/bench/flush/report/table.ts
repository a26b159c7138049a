/** A table of a record. */
import {markdownTable} from '../../markdown.ts'
import {defaultId} from '../plan.ts'
import type {Subject} from './summary.ts'

export type ReportTable = Readonly<{
	/** For the page's markers. */
	name: string
	title: string
	/** What the figures mean. */
	about: string
	lines: readonly string[]
}>

/** The first column to the left, figures to the right. */
export const aligned = (heading: readonly string[], rows: readonly (readonly string[])[]) =>
	markdownTable(heading, rows, ['left', ...heading.slice(1).map(() => 'right' as const)])

export const named = (subject: Subject) =>
	subject.kind === 'manyhart' && subject.name !== undefined ? `${subject.name} (\`${subject.id}\`)` : codeOf(subject)
const codeOf = ({id, kind}: Subject) => (kind === 'qemu' || id === defaultId ? id : `\`${id}\``)
