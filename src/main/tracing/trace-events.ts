/** From events in the rings to those of the file. */
import {Activity} from '../../hart/index.ts'
import {Mip} from '../../memory/index.ts'
import {extensions} from '../../sbi/index.ts'
import {FlushCause} from '../../tlb/index.ts'
import {answersFence, EventKind, type TakenEvent} from '../../trace/index.ts'
import type {TraceFile} from './trace-file.ts'

/** What the events of a machine need to be named. */
export type Naming = Readonly<{
	/** Of a place in the guest. */
	symbol(low: number, high: number): string
	deviceAt(gpa: number): string | undefined
}>

/** Arrows that have one end only so far, at most: those of fences whose targets sleep. */
const mostOpen = 16_384

const extensionsById = new Map(extensions.map((extension) => [extension.id, extension]))
const causes = Object.fromEntries(Object.entries(FlushCause).map(([name, cause]) => [cause, name]))
const interruptNames = Object.entries(Mip) as readonly [string, number][]

const plainNames: Readonly<Record<number, string>> = {
	[Activity.console]: 'console',
	[Activity.compilation]: 'compilation',
	[Activity.sleep]: 'stuck',
	[Activity.nap]: 'nap',
}

/** Microseconds with three decimals: nanoseconds are what the clock has. */
const rounded = (time: number): number => Math.round(time * 1000) / 1000

export class TraceEvents {
	readonly #file: TraceFile
	readonly #harts: number
	readonly #naming: Naming
	/** By thread: the end of each event's text. Harts, then the main thread. */
	readonly #thread: readonly string[]
	/** Arrows whose other end has not come. The rings are not read at one moment: either end may come first. */
	readonly #open = new Map<number, string>()
	#loose = 0

	constructor(file: TraceFile, {harts, naming}: {harts: number; naming: Naming}) {
		this.#file = file
		this.#harts = harts
		this.#naming = naming
		this.#thread = Array.from({length: harts + 1}, (_, index) => `"tid":${index + 1}`)
		file.write('"name":"process_name","ph":"M","tid":1,"args":{"name":"manyhart"}')
		for (const [index, thread] of this.#thread.entries()) {
			const name = index === harts ? 'main' : `hart ${index}`
			file.write(`"name":"thread_name","ph":"M",${thread},"args":{"name":"${name}"}`)
			file.write(`"name":"thread_sort_index","ph":"M",${thread},"args":{"sort_index":${index}}`)
		}
	}

	/** Arrows of which only one end was seen; they are left out. */
	get loose(): number {
		return this.#loose + this.#open.size
	}

	/** @param thread the hart; the number of harts: the main thread. */
	add(thread: number, event: TakenEvent): void {
		const [a = 0, b = 0] = event.details
		const at = `"ts":${rounded(event.time)},${this.#thread[thread]}`
		switch (event.kind) {
			case EventKind.interrupt:
				this.#file.write(
					`"name":"interrupt","cat":"interrupt","ph":"i","s":"t",${at},"args":{"pending":"${mipNames(a)}"}`,
				)
				return
			case EventKind.ipi:
				this.#file.write(
					`"name":"ipi","cat":"interrupt","ph":"i","s":"t",${at},"args":{"hart":${a},"raises":"${mipNames(b)}"}`,
				)
				return
			case EventKind.fenceRings:
				return this.#addEnd(this.#arrow(thread, a, b), `"ph":"s",${at}`)
			case EventKind.fenceTaken:
				return this.#addEnd(this.#arrow(a, thread, b), `"ph":"f","bp":"e",${at}`)
			case EventKind.gracePeriod:
				return this.#addGracePeriod(thread, event)
			case EventKind.drain:
				return this.#addSlice(event, at, 'write trace', 'main', `{"events":${a}}`)
			default:
				return this.#addActivity(event, at)
		}
	}

	/** A job of the helpers: they run on threads that nobody names, so it is an asynchronous event. */
	addJob(name: string, {number, began, ended}: {number: number; began: number; ended: number}, args = '{}'): void {
		const common = `"name":"${name}","cat":"helpers","id":"${name} ${number}",${this.#thread[this.#harts]}`
		this.#addPair(
			`"ph":"b","ts":${rounded(began)},${common},"args":${args}`,
			`"ph":"e","ts":${rounded(ended)},${common}`,
		)
	}

	addCounter(thread: number, time: number, name: string, value: number): void {
		const text = thread === this.#harts ? name : `${name} of hart ${thread}`
		this.#file.write(
			`"name":"${text}","ph":"C","ts":${rounded(time)},${this.#thread[thread]},"args":{"value":${rounded(value)}}`,
		)
	}

	#addGracePeriod(thread: number, {time, duration, details: [low = 0, high = 0]}: TakenEvent): void {
		const number = (high >>> 0) * 2 ** 32 + (low >>> 0)
		const common = `"name":"grace period","cat":"rcu","id":"grace period ${number}",${this.#thread[thread]}`
		this.#addPair(
			`"ph":"b","ts":${rounded(time)},${common},"args":{"number":${number}}`,
			`"ph":"e","ts":${rounded(time + duration)},${common}`,
		)
	}

	/** Both or none: a beginning without an end would last for ever. */
	#addPair(first: string, second: string): void {
		if (this.#file.write(first)) this.#file.writeAnyway(second)
		else this.#file.write(second)
	}

	/** One number for each arrow. */
	#arrow(initiator: number, target: number, fence: number): number {
		return (fence * this.#harts + initiator) * this.#harts + target
	}

	#addEnd(arrow: number, end: string): void {
		const other = this.#open.get(arrow)
		const fields = `"name":"fence","cat":"fence","id":${arrow},${end}`
		if (other !== undefined) {
			this.#open.delete(arrow)
			this.#addPair(other, fields)
			return
		}
		this.#open.set(arrow, fields)
		if (this.#open.size <= mostOpen) return
		const [oldest] = this.#open.keys()
		this.#open.delete(oldest!)
		this.#loose++
	}

	#addActivity(event: TakenEvent, at: string): void {
		const [a = 0, b = 0, low = 0, high = 0] = event.details
		const {kind} = event
		switch (kind) {
			case Activity.guestCode:
				return this.#addSlice(
					event,
					at,
					'guest',
					'guest',
					`{"from":"${this.#naming.symbol(low, high)}","instructions":${a >>> 0}}`,
				)
			case Activity.halt:
				return this.#addSlice(event, at, 'wfi', 'wait', `{"at":"${this.#naming.symbol(low, high)}"}`)
			case Activity.sbiCall:
				// pc is past the ecall already.
				return this.#addSlice(event, at, sbiName(a, b), 'sbi', `{"at":"${this.#naming.symbol(low, high)}"}`)
			case Activity.fence:
				return this.#addSlice(event, at, 'fence', 'fence', '{}')
			case Activity.flush:
				if (b === answersFence) return this.#addSlice(event, at, 'answer fence', 'fence', '{}')
				return this.#addSlice(event, at, 'flush', 'tlb', `{"cause":"${causes[b] ?? b}","newTables":${a}}`)
			case Activity.device: {
				const gpa = a >>> 0
				return this.#addSlice(
					event,
					at,
					this.#naming.deviceAt(gpa) ?? 'device',
					'device',
					`{"gpa":"0x${gpa.toString(16)}"}`,
				)
			}
			default:
				return this.#addSlice(event, at, plainNames[kind] ?? `activity ${kind}`, 'wait', '{}')
		}
	}

	#addSlice({duration}: TakenEvent, at: string, name: string, category: string, args: string): void {
		this.#file.write(`"name":"${name}","cat":"${category}","ph":"X",${at},"dur":${rounded(duration)},"args":${args}`)
	}
}

function sbiName(extension: number, number: number): string {
	const found = extensionsById.get(extension)
	if (!found) return `sbi 0x${(extension >>> 0).toString(16)} ${number}`
	if ('legacy' in found) return `sbi ${found.name}`
	return `sbi ${found.name} ${found.functions[number]?.name ?? number}`
}

function mipNames(bits: number): string {
	return interruptNames.flatMap(([name, bit]) => (bits & bit ? [name] : [])).join(' ')
}
