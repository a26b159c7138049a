/** A litmus program: a row of the table, parsed. */
import {type Access, type Shape, shapes} from './shapes.ts'
import type {Row, Verdict} from './table.ts'

/** How an access is made: `amoswap.aqrl`, `lr.w.aq`; `lrsc` is a loop of lr and sc until it has stored. */
export type Form = Readonly<{name: string; bytes: 4 | 8; aq: boolean; rl: boolean}>
/**
 * The link between two accesses. A dependency goes from the hart's last read to the second access. No compiler can tell
 * that a real one makes no difference; that a syntactic one, such as `xor a, a`, makes none, it can.
 */
export type Link =
	| Readonly<{kind: 'po' | 'fence.tso'}>
	| Readonly<{kind: 'addr' | 'data'; isReal: boolean}>
	| Readonly<{kind: 'ctrl'; isReal: boolean; hasFenceI: boolean}>
	| Readonly<{kind: 'fence'; before: string; after: string}>
export type Step = Readonly<{access: Access; form: Form /** From the access before. */; link: Link | undefined}>

/** Two bits of an outcome: what a read saw, or a variable's last value. */
export type Observation = Readonly<{label: string; shift: number}>

export type Program = Readonly<{
	name: string
	shape: Shape
	verdict: Verdict
	harts: readonly (readonly Step[])[]
	observations: readonly Observation[]
	/** As an outcome: two bits per observation. */
	target: number
}>

const variables = ['x', 'y', 'z', 'w']
const forms: Readonly<Record<string, Access['kind']>> = {
	sd: 'write',
	sw: 'write',
	amoswap: 'write',
	amomaxu: 'write',
	lrsc: 'write',
	ld: 'read',
	lw: 'read',
	lr: 'read',
	amoadd: 'read',
}

export function readRow({shape: shapeName, harts: texts, verdict}: Row): Program {
	const shape: Shape = shapes[shapeName]
	const name = `${shapeName}: ${texts.join(' | ')}`
	if (texts.length !== shape.harts.length) throw new Error(`Expected ${shape.harts.length} harts: ${name}`)
	const harts = shape.harts.map((accesses, hart) => readHart(accesses, texts[hart]!.split(' '), name))
	const reads = shape.harts.flatMap((accesses, hart) =>
		accesses.filter(({kind}) => kind === 'read').map((_, index) => `${hart}:${'ab'[index]}`),
	)
	const labels = [...reads, ...shape.finals.map((variable) => variables[variable]!)]
	return {
		name,
		shape,
		verdict,
		harts,
		observations: labels.map((label, index) => ({label, shift: 2 * index})),
		target: outcomeOf(shape.target),
	}
}

/** @param values two bits each, the first one lowest. */
export function outcomeOf(values: readonly number[]): number {
	return values.reduce((outcome, value, index) => outcome | (value << (2 * index)), 0)
}

/** `0:a=1 1:a=0` */
export function describeOutcome({observations}: Program, outcome: number): string {
	return observations.map(({label, shift}) => `${label}=${(outcome >> shift) & 3}`).join(' ')
}

function readHart(accesses: readonly Access[], words: readonly string[], name: string): Step[] {
	if (words.length !== 2 * accesses.length - 1) throw new Error(`Expected accesses with links between: ${name}`)
	return accesses.map((access, index) => {
		const form = readForm(words[2 * index]!)
		if (forms[form.name] !== access.kind) throw new Error(`Expected a ${access.kind}, got ${form.name}: ${name}`)
		return {access, form, link: index === 0 ? undefined : readLink(words[2 * index - 1]!)}
	})
}

function readForm(text: string): Form {
	const [name, ...rest] = text.split('.')
	const order = rest.find((part) => part !== 'w') ?? ''
	const bytes = rest.includes('w') || name === 'sw' || name === 'lw' ? 4 : 8
	return {name: name!, bytes, aq: order.includes('aq'), rl: order.includes('rl')}
}

function readLink(text: string): Link {
	const [, before, after] = /^fence\((\w+),(\w+)\)$/.exec(text) ?? []
	if (before && after) return {kind: 'fence', before, after}
	if (text === 'po' || text === 'fence.tso') return {kind: text}
	const [, real, kind, fenceI] = /^(real-)?(addr|data|ctrl)(\+fence\.i)?$/.exec(text) ?? []
	const isReal = real !== undefined
	if (kind === 'ctrl') return {kind, isReal, hasFenceI: fenceI !== undefined}
	if (kind && !fenceI) return {kind: kind as 'addr' | 'data', isReal}
	throw new Error(`Expected a link between two accesses, got ${text}`)
}
