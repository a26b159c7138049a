/**
 * Whether a model lets a litmus program end in its target outcome: all orders in which memory may perform its events.
 */
import type {FenceEvent, HartEvent, MemoryEvent} from './events.ts'
import type {Model} from './orders.ts'
import type {Program} from './program.ts'

type Placed = Readonly<{
	event: MemoryEvent
	hart: number
	/** Bits of the events that are performed before it. */
	after: number
	/** The hart's events that write the same variable before it in the program. */
	ownWrites: readonly number[]
	/** What an observed read has to see. */
	wanted: number | undefined
}>

type State = Readonly<{
	/** Bits of the events that are performed. */
	done: number
	memory: readonly number[]
	/** Per hart: the variable of its open pair, or −1. */
	open: readonly number[]
}>

const fewVariables = [0, 0, 0, 0]

/**
 * All harts have one memory (multi-copy atomicity): events are performed one by one, and a read sees its own hart's
 * earlier writes early.
 */
export function allowsTarget(model: Model, program: Program): boolean {
	const placed = place(model, program)
	const all = 2 ** placed.length - 1
	const {finals, target} = program.shape
	const seen = new Set<string>()
	const explore = (state: State): boolean => {
		const key = `${state.done} ${state.memory} ${state.open}`
		if (seen.has(key)) return false
		seen.add(key)
		if (state.done === all) {
			const last = target.slice(target.length - finals.length)
			return finals.every((variable, index) => state.memory[variable] === last[index])
		}
		return placed.some((each, index) => {
			const isReady = (state.done & (1 << index)) === 0 && (state.done & each.after) === each.after
			const next = isReady && perform(state, each, {index, placed})
			return next ? explore(next) : false
		})
	}
	return explore({done: 0, memory: fewVariables, open: program.harts.map(() => -1)})
}

/** @returns undefined if it cannot be performed now, or not with the target as the outcome. */
function perform(
	{done, memory, open}: State,
	{event, hart, ownWrites, wanted}: Placed,
	{index, placed}: {index: number; placed: readonly Placed[]},
): State | undefined {
	const {variable, write, pair} = event
	const own = ownWrites.findLast((each) => (done & (1 << each)) === 0)
	// Forwarded. To know an AMO's value its exclusive load is performed first; from then on memory keeps what that saw.
	const value = own === undefined ? memory[variable]! : placed[own]!.event.write!(memory[variable]!)
	if (wanted !== undefined && value !== wanted) return undefined
	if (write && open.some((each, other) => other !== hart && each === variable)) return undefined
	return {
		done: done | (1 << index),
		memory: write ? memory.with(variable, write(memory[variable]!)) : memory,
		open: pair ? open.with(hart, pair === 'opens' ? variable : -1) : open,
	}
}

function place(model: Model, program: Program): Placed[] {
	const placed: Placed[] = []
	const order = model.order(program)
	const wanted = [...program.shape.target]
	for (const [hart, events] of model.events(program).entries()) {
		const mine: {at: number; event: MemoryEvent}[] = []
		const first = placed.length
		for (const [at, event] of events.entries()) {
			if (event.kind === 'fence') continue
			const isAfter = (earlier: (typeof mine)[number]) => order(earlier.event, event, fencesIn(events, earlier.at, at))
			placed.push({
				event,
				hart,
				after: mine.reduce((bits, earlier, index) => (isAfter(earlier) ? bits | (1 << (first + index)) : bits), 0),
				ownWrites: mine.flatMap((earlier, index) =>
					earlier.event.write && earlier.event.variable === event.variable ? [first + index] : [],
				),
				wanted: event.isObserved ? wanted.shift() : undefined,
			})
			mine.push({at, event})
		}
	}
	return placed
}

function fencesIn(events: readonly HartEvent[], from: number, to: number): FenceEvent[] {
	return events.slice(from, to).filter((event) => event.kind === 'fence')
}
