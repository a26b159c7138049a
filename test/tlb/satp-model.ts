/**
 * A model of a remote fence of one ASID and a hart that leaves that address space and comes back, to a table that it
 * kept or to an empty one: every interleaving, on a host that performs plain accesses in any order, except those to one
 * place. An atomic store and a barrier wait for all earlier accesses; an atomic load is performed at once.
 */

type Place = 'satp' | 'pte' | 'page' | 'passed' | 'fenced' | 'current' | 'kept'

/** One atomic step of the code. */
type Step = Readonly<
	| {op: 'load' | 'store'; place: Place; value?: number}
	| {op: 'atomic store'; place: Place; value: number}
	/** Atomic on `current`; only the target uses `kept`. */
	| {op: 'exchange tables'}
	| {op: 'barrier'}
	/** Loads atomically, and jumps to the label if it sees another value. */
	| {op: 'atomic load'; place: Place; unless: number; goTo: string}
	/** Waits until the place has the value. */
	| {op: 'await'; place: Place; value: number}
	| {op: 'label'; name: string}
>

const [old, other] = [1, 2]
/** Values of the page: the first, the target's, the next owner's. */
const [initial, stale, fresh] = [0, 1, 2]
const [unmapped, mapped] = [0, 1]
/** Tables: one that holds the page, others that do not. */
const [filled, empty] = [0, 1]

export type Variant = Readonly<{
	/** Whether the target keeps the table of the space that it leaves; else it flushes. */
	keeps: boolean
	/** When the flusher counts its fence. */
	counts: 'before it reads satp' | 'if the target is elsewhere' | 'never'
	/** Whether the target compares that count when it comes back. */
	compares: boolean
	/** How the target stores satp. */
	satp: 'plain' | 'atomic'
	/** Whether the target's own flush after that is a barrier: it is if it counts an elided table or swaps one. */
	flushIsBarrier: boolean
	/** Whether the flusher makes a read-modify-write between its store to the page table and its load of satp. */
	flusherHasBarrier: boolean
	/** Whether the flusher waits for a target that has its ASID. */
	flusherWaits: boolean
}>

// Accesses through the old address space; csrw satp, other; flush or exchange tables; csrw satp, old; the same; walk,
// unless the table holds the page; accesses if the walk finds the page; a quiescent state.
function target({keeps, compares, satp, flushIsBarrier}: Variant): Step[] {
	const access: Step[] = [
		{op: 'load', place: 'page'},
		{op: 'store', place: 'page', value: stale},
	]
	const writeSatp = (value: number): Step[] => [
		{op: satp === 'plain' ? 'store' : 'atomic store', place: 'satp', value},
		...(flushIsBarrier ? [{op: 'barrier'} as const] : []),
		...(keeps ? [{op: 'exchange tables'} as const] : []),
	]
	const useKept: Step[] = [
		...(compares ? [{op: 'atomic load', place: 'fenced', unless: 0, goTo: 'walk'} as const] : []),
		{op: 'atomic load', place: 'current', unless: filled, goTo: 'walk'},
		...access,
		// Always jumps.
		{op: 'atomic load', place: 'passed', unless: 1, goTo: 'end'},
	]
	return [
		...access,
		...writeSatp(other),
		...writeSatp(old),
		...(keeps ? useKept : []),
		{op: 'label', name: 'walk'},
		{op: 'atomic load', place: 'pte', unless: mapped, goTo: 'fault'},
		...access,
		{op: 'label', name: 'fault'},
		{op: 'label', name: 'end'},
		{op: 'atomic store', place: 'passed', value: 1},
	]
}

// Unmaps the page; startRemoteFlush(): counts the fence; if the target has this ASID, swaps its table and waits for its
// quiescent state; reuses the page.
function flusher({counts, flusherHasBarrier, flusherWaits}: Variant): Step[] {
	const count: Step = {op: 'atomic store', place: 'fenced', value: 1}
	return [
		{op: 'store', place: 'pte', value: unmapped},
		...(flusherHasBarrier ? [{op: 'barrier'} as const] : []),
		...(counts === 'before it reads satp' ? [count] : []),
		{op: 'atomic load', place: 'satp', unless: old, goTo: 'elsewhere'},
		{op: 'atomic store', place: 'current', value: empty},
		...(flusherWaits ? [{op: 'await', place: 'passed', value: 1} as const] : []),
		// Always jumps.
		{op: 'atomic load', place: 'pte', unless: mapped, goTo: 'done'},
		{op: 'label', name: 'elsewhere'},
		...(counts === 'if the target is elsewhere' ? [count] : []),
		{op: 'label', name: 'done'},
		{op: 'store', place: 'page', value: fresh},
	]
}

type Pending = Readonly<{op: 'load' | 'store'; place: Place; value: number}>
type Thread = Readonly<{next: number; pending: readonly Pending[]}>
type State = Readonly<{memory: Readonly<Record<Place, number>>; threads: readonly Thread[]; leaked: boolean}>

export type Verdict = Readonly<{
	states: number
	/** The page's next owner finds its data overwritten. */
	overwritten: boolean
	/** The target reads its data. */
	leaked: boolean
}>

export function explore(variant: Variant): Verdict {
	const programs = [target(variant), flusher(variant)]
	const start: State = {
		memory: {satp: old, pte: mapped, page: initial, passed: 0, fenced: 0, current: filled, kept: empty},
		threads: programs.map(() => ({next: 0, pending: []})),
		leaked: false,
	}
	const seen = new Set([JSON.stringify(start)])
	const queue = [start]
	let [overwritten, leaked] = [false, false]
	for (let state = queue.pop(); state; state = queue.pop()) {
		const successors = programs.flatMap((program, thread) => successorsOf(state!, {program, thread}))
		if (successors.length === 0) {
			const isOver = state.threads.every(({next}, thread) => next === programs[thread]!.length)
			if (!isOver) throw new Error(`Expected the model to run on from ${JSON.stringify(state)}`)
			overwritten ||= state.memory.page !== fresh
			leaked ||= state.leaked
		}
		for (const successor of successors) {
			const key = JSON.stringify(successor)
			if (seen.has(key)) continue
			seen.add(key)
			queue.push(successor)
		}
	}
	return {states: seen.size, overwritten, leaked}
}

function successorsOf(state: State, {program, thread}: {program: readonly Step[]; thread: number}): State[] {
	const {next, pending} = state.threads[thread]!
	const become = (to: Thread, rest: Partial<State> = {}): State => ({
		...state,
		...rest,
		threads: state.threads.with(thread, to),
	})
	const found: State[] = []
	for (const [index, {op, place, value}] of pending.entries()) {
		if (pending.slice(0, index).some((earlier) => earlier.place === place)) continue
		const left = {next, pending: pending.toSpliced(index, 1)}
		if (op === 'store') found.push(become(left, {memory: {...state.memory, [place]: value}}))
		else found.push(become(left, {leaked: state.leaked || state.memory[place] === fresh}))
	}
	const step = program[next]
	if (!step) return found
	const isIdle = pending.length === 0
	const on = {next: next + 1, pending}
	switch (step.op) {
		case 'load':
		case 'store':
			found.push(become({...on, pending: [...pending, {op: step.op, place: step.place, value: step.value ?? 0}]}))
			break
		case 'atomic store':
			if (isIdle) found.push(become(on, {memory: {...state.memory, [step.place]: step.value}}))
			break
		case 'exchange tables': {
			const {current, kept} = state.memory
			if (isIdle) found.push(become(on, {memory: {...state.memory, current: kept, kept: current}}))
			break
		}
		case 'barrier':
			if (isIdle) found.push(become(on))
			break
		case 'atomic load': {
			const goesOn = state.memory[step.place] === step.unless
			const label = program.findIndex((each) => each.op === 'label' && each.name === step.goTo)
			found.push(become(goesOn ? on : {next: label, pending}))
			break
		}
		case 'await':
			if (state.memory[step.place] === step.value) found.push(become(on))
			break
		case 'label':
			found.push(become(on))
	}
	return found
}
