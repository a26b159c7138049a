/** From events in the rings to those of the file. */
import {Activity} from '../../hart/index.ts'
import {Mip} from '../../memory/index.ts'
import {extensions} from '../../sbi/index.ts'
import {FlushCause, Regime, resizeCause} from '../../tlb/index.ts'
import {answersFence, EventKind, type TakenEvent} from '../../trace/index.ts'
import {Arrows} from './arrows.ts'
import type {TraceFile} from './trace-file.ts'

/** What the events of a machine need to be named. */
export type Naming = Readonly<{
	/** Of a place in the guest. */
	symbol(low: number, high: number): string
	deviceAt(gpa: number): string | undefined
}>

const extensionsById = new Map(extensions.map((extension) => [extension.id, extension]))
const causes: Readonly<Record<number, string>> = {
	...Object.fromEntries(Object.entries(FlushCause).map(([name, cause]) => [cause, name])),
	[resizeCause]: 'resize',
}
const regimes = Object.fromEntries(Object.entries(Regime).map(([name, regime]) => [regime, name]))
const interruptNames = Object.entries(Mip) as readonly [string, number][]

const plainNames: Readonly<Record<number, string>> = {
	[Activity.console]: 'console',
	[Activity.compilation]: 'compilation',
	[Activity.sleep]: 'stuck',
	[Activity.nap]: 'nap',
}

const decimals = Array.from({length: 1000}, (_, value) => String(value).padStart(3, '0'))

/** Microseconds with three decimals: nanoseconds are what the clock has. Of two integers, which are written faster than a fraction. */
function rounded(time: number): string {
	const nanoseconds = Math.max(0, Math.round(time * 1000))
	const whole = Math.floor(nanoseconds / 1000)
	return `${whole}.${decimals[nanoseconds - whole * 1000]}`
}

export class TraceEvents {
	readonly #file: TraceFile
	readonly #harts: number
	readonly #naming: Naming
	/** By thread, as each event names it. Harts, then the main thread, then all helpers. */
	readonly #thread: readonly string[]
	readonly #fences: Arrows
	readonly #ipis: Arrows
	#holes = 0

	constructor(file: TraceFile, {harts, naming}: {harts: number; naming: Naming}) {
		this.#file = file
		this.#harts = harts
		this.#naming = naming
		this.#fences = new Arrows(file, {harts, name: 'fence', to: 'around'})
		// The guest takes the interrupt when it goes on.
		this.#ipis = new Arrows(file, {harts, name: 'ipi', to: 'next'})
		const names = [...Array.from({length: harts}, (_, hart) => `hart ${hart}`), 'main', 'helpers']
		this.#thread = names.map((_, index) => `"tid":${index + 1}`)
		file.write('"name":"process_name","ph":"M","tid":1,"args":{"name":"manyhart"}')
		for (const [index, thread] of this.#thread.entries()) {
			file.write(`"name":"thread_name","ph":"M",${thread},"args":{"name":"${names[index]}"}`)
			file.write(`"name":"thread_sort_index","ph":"M",${thread},"args":{"sort_index":${index}}`)
		}
	}

	/** Fences and software interrupts whose answer was not seen: their arrows are left out. */
	get loose(): number {
		return this.#fences.loose + this.#ipis.loose
	}

	/** @param thread the hart; the number of harts: the main thread. */
	add(thread: number, event: TakenEvent): void {
		const [a = 0, b = 0, c = 0] = event.details
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
				if (c !== 0) this.#ipis.begin(thread, a, {number: c, at})
				return
			case EventKind.ipiTaken:
				return this.#ipis.take(a, thread, {number: b, at})
			case EventKind.fenceRings:
				return this.#fences.begin(thread, a, {number: b, at})
			case EventKind.fenceTaken:
				return this.#fences.take(a, thread, {number: b, at})
			case EventKind.swap:
				return this.#addNewTable(event, at, 'swap')
			case EventKind.generation:
				return this.#addNewTable(event, at, 'generation')
			case EventKind.gracePeriod:
				return this.#addGracePeriod(thread, event)
			case EventKind.leftOut:
				return this.#addLeftOut(thread, event)
			case EventKind.drain:
				return this.#addSlice(event, at, 'write trace', 'main', `{"events":${a}}`)
			default:
				return this.#addActivity(event, at)
		}
	}

	/** A job of the helpers: they run on threads that nobody names, so it is an asynchronous event. */
	addJob(name: string, {number, began, ended}: {number: number; began: number; ended: number}, args = '{}'): void {
		const common = `"name":"${name}","cat":"helpers","id":"${name} ${number}",${this.#thread[this.#harts + 1]}`
		this.#file.writePair(
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

	/** Asynchronous: it began and ended within slices. */
	#addLeftOut(thread: number, {time, duration, details: [count = 0]}: TakenEvent): void {
		const id = `${thread} ${++this.#holes}`
		const common = `"name":"events left out","cat":"trace","id":"${id}",${this.#thread[thread]}`
		this.#file.writePair(
			`"ph":"b","ts":${rounded(time)},${common},"args":{"events":${count >>> 0}}`,
			`"ph":"e","ts":${rounded(time + duration)},${common}`,
		)
	}

	#addGracePeriod(thread: number, {time, duration, details: [low = 0, high = 0]}: TakenEvent): void {
		const number = (high >>> 0) * 2 ** 32 + (low >>> 0)
		const common = `"name":"grace period","cat":"rcu","id":"grace period ${number}",${this.#thread[thread]}`
		this.#file.writePair(
			`"ph":"b","ts":${rounded(time)},${common},"args":{"number":${number}}`,
			`"ph":"e","ts":${rounded(time + duration)},${common}`,
		)
	}

	#addNewTable({details: [hart = 0, regime = 0, cause = 0, number = 0]}: TakenEvent, at: string, name: string): void {
		const args = `{"hart":${hart},"regime":"${regimes[regime]}","cause":"${causes[cause] ?? cause}","number":${number}}`
		this.#file.write(`"name":"${name}","cat":"tlb","ph":"i","s":"t",${at},"args":${args}`)
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
					`{"from":${this.#place(low, high)},"instructions":${a >>> 0}}`,
				)
			case Activity.halt:
				return this.#addSlice(event, at, 'wfi', 'wait', `{"at":${this.#place(low, high)}}`)
			case Activity.sbiCall:
				// pc is past the ecall already.
				return this.#addSlice(event, at, sbiName(a, b), 'sbi', `{"at":${this.#place(low, high)}}`)
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

	/** As JSON: a symbol may have any character in its name. */
	#place(low: number, high: number): string {
		return JSON.stringify(this.#naming.symbol(low, high))
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
