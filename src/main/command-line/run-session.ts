/** A session at a machine's console: shows output, types input, and waits for a pattern or an end. */
import {IdleCollection} from '../idle-collection.ts'
import type {CommandLineMachine, MachineOutcome} from '../machine-interface.ts'
import {ConsoleInput} from './console-input.ts'
import {ConsoleMatcher} from './console-matcher.ts'
import {KeyEscapes, type KeyEvent, keyHelp} from './key-escapes.ts'
import type {LineWatcher} from './line-watcher.ts'
import {QueryFilter} from './query-filter.ts'
import type {Terminal} from './terminal.ts'
import {TimePassed} from './time-limit.ts'
import {Typist} from './typist.ts'

/** By `--timeout`, or by a signal from outside. */
export type Aborted = Readonly<{kind: 'timeout'} | {kind: 'signal'}>

/** Why a session ended. */
export type Ending = Readonly<{kind: 'machine'; outcome: MachineOutcome} | {kind: 'matched'} | {kind: 'quit'} | Aborted>

export type SessionOptions = Readonly<{
	terminal: Terminal
	/** Aborted by a signal from outside, or by the time limit. */
	signal: AbortSignal
	expect?: RegExp | undefined
	/** Is given all output, before it is shown. */
	watcher?: LineWatcher | undefined
	input?: Uint8Array | undefined
}>

/** Bytes of keys that wait for a guest that does not read. More are dropped, so that Ctrl-A x works in any case. */
const mostKeys = 2 ** 16

export function abortedBy({reason}: AbortSignal): Aborted {
	return {kind: reason instanceof TimePassed ? 'timeout' : 'signal'}
}

/** Continues after a reboot: the next machine has the same pattern and input. */
export class RunSession implements Disposable {
	readonly #terminal: Terminal
	readonly #signal: AbortSignal
	readonly #watcher: LineWatcher | undefined
	readonly #matcher: ConsoleMatcher | undefined
	readonly #typist: Typist | undefined
	readonly #escapes = new KeyEscapes()
	readonly #input = new ConsoleInput()
	readonly #ended = Promise.withResolvers<Ending>()
	readonly #cleanup = new DisposableStack()
	/** The program's own heap: a library leaves that to its user. */
	readonly #idle = new IdleCollection()
	#matched = false
	#dropsKeys = false

	constructor({terminal, signal, expect, watcher, input}: SessionOptions) {
		this.#terminal = terminal
		this.#signal = signal
		this.#watcher = watcher
		this.#matcher = expect && new ConsoleMatcher(expect)
		this.#typist = input && this.#cleanup.use(new Typist({text: input, write: (bytes) => this.#input.write(bytes)}))
		const onAbort = () => this.#ended.resolve(abortedBy(signal))
		signal.addEventListener('abort', onAbort, {once: true})
		this.#cleanup.defer(() => signal.removeEventListener('abort', onAbort))
		terminal.attach((bytes) => this.#onKeys(bytes))
	}

	/** Runs until the machine stops or the session has another reason to end. */
	async run(machine: CommandLineMachine): Promise<Ending> {
		if (this.#signal.aborted) return abortedBy(this.#signal)
		this.#input.connect(machine.console)
		const shown = this.#showConsole(machine)
		// If the session ends first, this promise is not awaited; the machine's owner reports its failures.
		const stopped = this.#untilStopped(machine, shown)
		stopped.catch(() => {})
		const ending = await Promise.race([stopped, this.#ended.promise])
		this.#input.disconnect()
		return ending
	}

	async #untilStopped(machine: CommandLineMachine, shown: Promise<void>): Promise<Ending> {
		const outcome = await machine.run()
		// The reader of our output gets all the time that it needs, unless a signal or the time limit ends the session.
		await shown
		return this.#matched ? {kind: 'matched'} : {kind: 'machine', outcome}
	}

	async #showConsole(machine: CommandLineMachine): Promise<void> {
		const filter = this.#terminal.answers ? undefined : new QueryFilter()
		for await (const bytes of machine.console) await this.#show(filter ? filter.push(bytes) : bytes)
		if (filter) await this.#show(filter.rest())
	}

	async #show(bytes: Uint8Array): Promise<void> {
		this.#watcher?.push(bytes)
		this.#idle.worked()
		await this.#terminal.show(bytes)
		this.#typist?.sees(bytes)
		if (this.#matched || !this.#matcher?.push(bytes)) return
		this.#matched = true
		this.#ended.resolve({kind: 'matched'})
	}

	/**
	 * Input that is not from a terminal may be binary, and has no escapes.
	 * @returns what to wait for before more is read.
	 */
	#onKeys(bytes: Uint8Array): Promise<void> | undefined {
		if (!this.#terminal.interactive) return this.#input.write(bytes)
		for (const event of this.#escapes.push(bytes)) this.#act(event)
	}

	#sendKeys(bytes: Uint8Array): void {
		const drops = this.#input.untaken + bytes.length > mostKeys
		if (drops && !this.#dropsKeys) this.#terminal.say('manyhart: the guest does not read its console: keys are dropped')
		this.#dropsKeys = drops
		if (!drops) this.#input.write(bytes)
	}

	#act(event: KeyEvent): void {
		if (event.kind === 'send') this.#sendKeys(event.bytes)
		else if (event.kind === 'quit') this.#ended.resolve({kind: 'quit'})
		else if (event.kind === 'help') for (const line of keyHelp) this.#terminal.say(line)
		else if (event.key === 'c') this.#terminal.say('manyhart: Ctrl-A c is not supported: there is no monitor')
		else this.#terminal.say(`manyhart: Ctrl-A ${JSON.stringify(event.key)} is not a command; Ctrl-A h shows help`)
	}

	[Symbol.dispose](): void {
		this.#cleanup.dispose()
	}
}
