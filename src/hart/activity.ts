/** What a vCPU's thread does, as it notes it in its block: for reports of a hart that holds others up. */
import type {SharedMemory} from '../memory/index.ts'
import {HartRegisters} from './hart-registers.ts'
import {fieldOffset} from './vcpu-block.ts'

export const Activity = {
	/** Its thread has returned to its event loop, or never left it. */
	parked: 0,
	/** Between slices: bells, timers. */
	runLoop: 1,
	guestCode: 2,
	/** Of the gva in `activityAt`. */
	pageWalk: 3,
	/** Of the gpa in `activityAt`. */
	device: 4,
	/** It waits until the console has room. */
	console: 5,
	sbiCall: 6,
	/** It waits until other harts have passed a fence. */
	fence: 7,
	/** It compiles or instantiates translated code. */
	compilation: 8,
	sleep: 9,
	/** It waits for an interrupt, or stopped or suspended: looks for its doorbell, or sleeps. */
	halt: 10,
	/** It spins, or another hart needs its core: may sleep for a moment. */
	nap: 11,
	/** It empties TLB tables. Noted only if times are asked for. */
	flush: 12,
} as const
export type Activity = (typeof Activity)[keyof typeof Activity]

/** The owner's side; src/hart/core/activity.ts is the hart core's. */
export class ActivityNote {
	readonly #words: Int32Array<SharedArrayBuffer>
	readonly #word: number

	/** @param block offset of the vCPU's block in shared memory. */
	constructor({i32}: SharedMemory, block: number) {
		this.#words = i32
		this.#word = (block + fieldOffset.activity) >>> 2
	}

	/** @returns the activity until now, to be given to end(). Plain, as end(): only the owner writes it; a report may be out of date. */
	begin(activity: Activity): Activity {
		const before = this.#words[this.#word] as Activity
		this.#words[this.#word] = activity
		return before
	}

	end(before: Activity): void {
		this.#words[this.#word] = before
	}
}

const texts: Readonly<Record<Activity, string>> = {
	[Activity.parked]: 'parked',
	[Activity.runLoop]: 'in its run loop',
	[Activity.guestCode]: 'in guest code',
	[Activity.pageWalk]: 'in a page walk for',
	[Activity.device]: 'in an access to the device at',
	[Activity.console]: 'waiting for room in the console',
	[Activity.sbiCall]: 'in an SBI call',
	[Activity.fence]: 'waiting for the end of a fence',
	[Activity.compilation]: 'installing translated code',
	[Activity.sleep]: 'asleep',
	[Activity.halt]: 'waiting for an interrupt',
	[Activity.nap]: 'giving its core away',
	[Activity.flush]: 'emptying TLB tables',
}

/** Then the block's pc is of the beginning of the slice, or of the last trap in it. */
const inSlice: readonly Activity[] = [Activity.guestCode, Activity.pageWalk, Activity.device]

/**
 * What the vCPU does now. Any thread; reads what its owner may be writing, so that pc and activity need not be of one moment.
 * @param deviceAt names the device at a gpa.
 * @example 'in an access to the device at 0x10000000 (uart), in guest code since pc 0x80200000'
 */
export function describeActivity(
	memory: SharedMemory,
	block: number,
	deviceAt: (gpa: number) => string | undefined = () => undefined,
): string {
	const registers = new HartRegisters(memory, block)
	const activity = registers.word('activity') as Activity
	const at = registers.get('activityAt')
	const pc = `pc 0x${registers.get('pc').toString(16)}`
	const text = texts[activity] ?? 'of unknown activity'
	const isAt = activity === Activity.pageWalk || activity === Activity.device
	const device = activity === Activity.device ? deviceAt(Number(at)) : undefined
	const what = `${text}${isAt ? ` 0x${at.toString(16)}` : ''}${device === undefined ? '' : ` (${device})`}`
	if (!inSlice.includes(activity)) return `${what}, at ${pc}`
	return activity === Activity.guestCode ? `${what} since ${pc}` : `${what}, in guest code since ${pc}`
}
