/** What the guest prints, line by line: its progress, what it says was violated, and that it has passed. */

/** Its last line, after all its checks. */
const passed = 'stress: passed'
/** Lines that are printed for the console's sake, and must come whole. */
const consoleLine = /^(?:# hart \d+ 0123456789abcdefghijklmnopqrstuvwxyz)?$/

export class GuestLines {
	/** A violation, with the events before it. */
	readonly lines: string[] = []
	hasPassed = false
	/** Gpa of what the host needs to remap pages of its own, once the guest has said it. */
	readonly hostArea: Promise<number>
	readonly #resolveHostArea: (gpa: number) => void
	/** As the latest line of progress has them. */
	counts: Readonly<{operations: number; fences: number}> = {operations: 0, fences: 0}
	readonly #onProgress: () => void
	readonly #decoder = new TextDecoder()
	#pending = ''

	/** @param onProgress called after each line of progress. */
	constructor(onProgress: () => void) {
		this.#onProgress = onProgress
		const {promise, resolve} = Promise.withResolvers<number>()
		this.hostArea = promise
		this.#resolveHostArea = resolve
	}

	/** Bytes of the guest's console, cut anywhere. */
	take(bytes: Uint8Array): void {
		const pieces = (this.#pending + this.#decoder.decode(bytes, {stream: true})).split('\n')
		this.#pending = pieces.pop() ?? ''
		for (const line of pieces) this.#takeLine(line.trimEnd())
	}

	/** The guest has ended, perhaps within a line. */
	end(): void {
		this.#takeLine(this.#pending.trimEnd())
		this.#pending = ''
	}

	#takeLine(line: string): void {
		const host = /^host (0x[\da-f]+)$/.exec(line)
		const progress = /^progress (\d+) (\d+) \d+$/.exec(line)
		if (host) this.#resolveHostArea(Number(host[1]))
		else if (progress) {
			const [operations = 0, fences = 0] = progress.slice(1).map(Number)
			this.counts = {operations, fences}
			this.#onProgress()
		} else if (line === passed) this.hasPassed = true
		else if (!consoleLine.test(line)) this.lines.push(line)
	}
}

/** How the machine ended. */
export type Ending = Readonly<{reason: string; exitCode: number; message?: string}>

/** @returns what was violated: the guest's own lines, or why it has shown nothing. Empty: it has passed, or somebody ended it. */
export function violationOf(
	{reason, exitCode, message}: Ending,
	{lines, hasPassed}: Pick<GuestLines, 'lines' | 'hasPassed'>,
): readonly string[] {
	if (lines.length > 0) return lines
	if (reason === 'aborted' || reason === 'stopped') return []
	if (message !== undefined) return [`the machine ended: ${message}`]
	return exitCode === 0 && hasPassed ? [] : [`the guest ended before its checks, with ${exitCode} (${reason})`]
}
