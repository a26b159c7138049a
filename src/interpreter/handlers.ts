/** The interpreter's handlers: the specialised forms of each instruction, and which a decoded instruction uses. */
import {type Decoded, type Instruction, instructions, lengthsOf, traitsOf} from '../isa/index.ts'

/** How a direct jump goes: forward within the page, backward within it (a safepoint), or far, through the TLB. */
export type Flow = 'forward' | 'backward' | 'far'

/** A handler that executes one form of one instruction. */
export type InstructionHandler = Readonly<{
	kind: 'instruction'
	key: string
	instruction: Instruction
	length: 2 | 4
	/** For direct jumps only. */
	flow?: Flow
	/** rd is x0: the effects happen, the result is dropped. */
	rdIsZero: boolean
}>

/** A handler of the interpreter's own; these have fixed indices. */
export type OwnHandler = Readonly<{
	kind: 'own'
	key: 'decode' | 'page-end' | 'across' | 'illegal' | 'nop2' | 'nop4' | 'region'
}>
export type Handler = OwnHandler | InstructionHandler

/** In index order, which begins as SlotHandler does. */
export const ownHandlers: readonly OwnHandler[] = [
	{kind: 'own', key: 'decode'},
	{kind: 'own', key: 'page-end'},
	{kind: 'own', key: 'region'},
	{kind: 'own', key: 'across'},
	{kind: 'own', key: 'illegal'},
	{kind: 'own', key: 'nop2'},
	{kind: 'own', key: 'nop4'},
]

const flows: readonly Flow[] = ['forward', 'backward', 'far']

/** Whether it jumps to pc + imm, always or on a condition. */
export function isDirectJump(instruction: Instruction): boolean {
	const {flow} = traitsOf(instruction)
	return flow === 'branch' || flow === 'jump'
}

function handlerKey(form: Omit<InstructionHandler, 'kind' | 'key'>): string {
	const parts = [form.instruction.name, String(form.length)]
	if (form.flow) parts.push(form.flow)
	if (form.rdIsZero) parts.push('x0')
	return parts.join(' ')
}

function formsOf(instruction: Instruction): InstructionHandler[] {
	const forms: InstructionHandler[] = []
	const {writes, isPure} = traitsOf(instruction)
	const rdForms = writes === 'x' && !isPure ? [false, true] : [false]
	const flowForms = isDirectJump(instruction) ? flows : [undefined]
	for (const length of lengthsOf(instruction)) {
		for (const flow of flowForms) {
			for (const rdIsZero of rdForms) {
				const form = {instruction, length, rdIsZero, ...(flow && {flow})}
				forms.push({kind: 'instruction', key: handlerKey(form), ...form})
			}
		}
	}
	return forms
}

/** Every handler, in index order. */
export const handlers: readonly Handler[] = [...ownHandlers, ...instructions.flatMap(formsOf)]

const indexOfKey = new Map(handlers.map(({key}, index) => [key, index]))

/** By instruction, and there by formNumber(): strings as keys would cost most of the decoding. */
const indexOfForm = new Map<Instruction, number[]>()
for (const [index, handler] of handlers.entries()) {
	if (handler.kind !== 'instruction') continue
	const {instruction, length, flow, rdIsZero} = handler
	const indices = indexOfForm.get(instruction) ?? []
	indices[formNumber(length, flow, rdIsZero)] = index
	indexOfForm.set(instruction, indices)
}

function formNumber(length: 2 | 4, flow: Flow | undefined, rdIsZero: boolean): number {
	return (length * 4 + (flow === undefined ? 3 : flows.indexOf(flow))) * 2 + (rdIsZero ? 1 : 0)
}

/** @throws when no handler has that key. */
export function handlerIndex(key: string): number {
	const index = indexOfKey.get(key)
	if (index === undefined) throw new Error(`Invariant broken: the interpreter has a handler ${key}`)
	return index
}

/** The handler for a decoded instruction, whose direct jump (if it is one) goes `flow`. */
export function handlerFor({instruction, length, operands}: Decoded, flow: Flow): number {
	const {writes, isPure} = traitsOf(instruction)
	const rdIsZero = operands.rd === 0 && writes === 'x'
	if (rdIsZero && isPure) return handlerIndex(`nop${length}`)
	const form = formNumber(length, isDirectJump(instruction) ? flow : undefined, rdIsZero)
	const index = indexOfForm.get(instruction)?.[form]
	if (index === undefined) throw new Error(`Invariant broken: the interpreter has each form of ${instruction.name}`)
	return index
}
