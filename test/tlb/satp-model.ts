/**
 * A model of a remote fence of one ASID and a hart that leaves that address space and comes back: every interleaving,
 * on a host that performs plain accesses in any order, except those to one place. An atomic store and a barrier wait
 * for all earlier accesses; an atomic load is performed at once.
 */

type Place = 'satp' | 'pte' | 'page' | 'passed'

/** One atomic step of the code. */
type Step = Readonly<
	| {op: 'load' | 'store'; place: Place; value?: number}
	| {op: 'atomic store'; place: Place; value: number}
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

export type Variant = Readonly<{
	/** How the target stores satp. */
	satp: 'plain' | 'atomic'
	/** Whether the target's own flush after that is a barrier: it is if it counts an elided table or swaps one. */
	flushIsBarrier: boolean
	/** Whether the flusher makes a read-modify-write between its store to the page table and its load of satp. */
	flusherHasBarrier: boolean
	/** Whether the flusher waits for a target that has its ASID. */
	flusherWaits: boolean
}>

// Accesses through the old address space; csrw satp, other; flush; csrw satp, old; flush; walk; accesses if the walk
// finds the page; a quiescent state.
function target({satp, flushIsBarrier}: Variant): Step[] {
	const access: Step[] = [
		{op: 'load', place: 'page'},
		{op: 'store', place: 'page', value: stale},
	]
	const writeSatp = (value: number): Step[] => [
		{op: satp === 'plain' ? 'store' : 'atomic store', place: 'satp', value},
		...(flushIsBarrier ? [{op: 'barrier'} as const] : []),
	]
	return [
		...access,
		...writeSatp(other),
		...writeSatp(old),
		{op: 'atomic load', place: 'pte', unless: mapped, goTo: 'fault'},
		...access,
		{op: 'label', name: 'fault'},
		{op: 'atomic store', place: 'passed', value: 1},
	]
}

// Unmaps the page; startRemoteFlush(): if the target has this ASID, waits for its quiescent state; reuses the page.
function flusher({flusherHasBarrier, flusherWaits}: Variant): Step[] {
	return [
		{op: 'store', place: 'pte', value: unmapped},
		...(flusherHasBarrier ? [{op: 'barrier'} as const] : []),
		{op: 'atomic load', place: 'satp', unless: old, goTo: 'done'},
		...(flusherWaits ? [{op: 'await', place: 'passed', value: 1} as const] : []),
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
		memory: {satp: old, pte: mapped, page: initial, passed: 0},
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
