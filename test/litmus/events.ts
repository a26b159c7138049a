/** A litmus program's memory events: as RVWMO sees them, and as our generated code performs them on a host. */
import type {Program, Step} from './program.ts'

/** Performed as one: it reads, writes, or does both. */
export type MemoryEvent = Readonly<{
	kind: 'access'
	/** Index of the hart's access that it belongs to. */
	index: number
	step: Step
	variable: number
	reads: boolean
	/** The new value, from the old one. */
	write: ((old: number) => number) | undefined
	/** What it reads is part of the outcome. */
	isObserved: boolean
	acquires: boolean
	releases: boolean
	/** Stores for an AMO or SC. */
	isAtomicStore: boolean
	/** Of an exclusive pair: between its two events no other hart writes the variable. */
	pair: 'opens' | 'closes' | undefined
}>

/** Sets of `r` and `w`. `isTso` orders all before it with later writes, and earlier reads with all after it. */
export type FenceEvent = Readonly<{kind: 'fence'; before: string; after: string; isTso?: boolean}>
export type HartEvent = MemoryEvent | FenceEvent

/** How a host performs Wasm's atomic read-modify-writes: as one access, or as two exclusive ones. */
export type HostAtomics = Readonly<{atomics: 'whole' | 'exclusive pair'; fenceAfterStore: boolean}>

const fullFence: FenceEvent = {kind: 'fence', before: 'rw', after: 'rw'}

/** Per hart, in program order. */
export function guestEvents(program: Program): HartEvent[][] {
	return program.harts.map((steps) =>
		steps.flatMap((step, index) => {
			const {form, link} = step
			const order = {acquires: form.aq, releases: form.rl}
			if (form.name === 'lrsc') {
				const reserve = event({step, index}, {reads: true, pair: 'opens', acquires: form.aq})
				const store = event({step, index}, {writes: true, isAtomicStore: true, pair: 'closes', ...order})
				return [...guestFence(link), reserve, store]
			}
			const isAmo = form.name.startsWith('amo')
			const isWrite = step.access.kind === 'write'
			const parts = {reads: isAmo || !isWrite, writes: isAmo || isWrite, isAtomicStore: isAmo, isObserved: !isWrite}
			return [...guestFence(link), event({step, index}, {...parts, ...order})]
		}),
	)
}

function guestFence(link: Step['link']): FenceEvent[] {
	if (link?.kind === 'fence.tso') return [{...fullFence, isTso: true}]
	return link?.kind === 'fence' ? [{kind: 'fence', before: link.before, after: link.after}] : []
}

/** What src/codegen/memory-access.ts makes of it. */
export function hostEvents(program: Program, {atomics, fenceAfterStore}: HostAtomics): HartEvent[][] {
	return program.harts.map((steps) =>
		steps.flatMap((step, index): HartEvent[] => {
			const {form, link, access} = step
			const fence = link?.kind.startsWith('fence') ? [fullFence] : []
			const isObserved = access.kind === 'read'
			const readModifyWrite = (pair?: 'closes'): HartEvent[] => {
				const both = {acquires: true, releases: true, isAtomicStore: true}
				if (atomics === 'whole') return [event({step, index}, {reads: true, writes: true, isObserved, pair, ...both})]
				const load = event({step, index}, {reads: true, isObserved, pair: pair ? undefined : 'opens', acquires: true})
				const store = event({step, index}, {writes: true, pair: 'closes', releases: true, isAtomicStore: true})
				return [load, store, ...(fenceAfterStore ? [fullFence] : [])]
			}
			if (form.name.startsWith('amo')) return [...fence, ...readModifyWrite()]
			if (form.name === 'lrsc') {
				const reserve = event({step, index}, {reads: true, pair: 'opens', acquires: true})
				return [...fence, reserve, ...readModifyWrite('closes')]
			}
			const before = form.name === 'lr' && form.rl ? [fullFence] : fence
			const acquires = form.name === 'lr'
			const parts = {reads: isObserved, writes: !isObserved, isObserved, acquires}
			return [...before, event({step, index}, parts)]
		}),
	)
}

type Parts = Partial<Omit<MemoryEvent, 'kind' | 'write'>> & {writes?: boolean}

function event({step, index}: {step: Step; index: number}, {writes = false, ...parts}: Parts): MemoryEvent {
	const {access, form} = step
	const value = access.kind === 'write' ? access.value : 0
	// amoadd reads only: it adds 0.
	const effect = {amoadd: (old: number) => old, amomaxu: (old: number) => Math.max(old, value)}
	const write = effect[form.name as keyof typeof effect] ?? (() => value)
	return {
		kind: 'access',
		index,
		step,
		variable: access.variable,
		reads: false,
		isObserved: false,
		acquires: false,
		releases: false,
		isAtomicStore: false,
		pair: undefined,
		...parts,
		write: writes ? write : undefined,
	}
}
