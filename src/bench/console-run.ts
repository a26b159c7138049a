/** Runs a program whose output is a guest's console. */
import {spawn} from 'node:child_process'

export type ConsoleRun = Readonly<{console: string; exitCode: number | null; seconds: number; timedOut: boolean}>

export type ConsoleOptions = Readonly<{
	timeoutSeconds: number
	/** Variables besides those of this process. */
	environment?: Readonly<Record<string, string>>
	/** Ends the run when the console matches. */
	until?: RegExp
	/** Called with the number of the process, once it runs. */
	onStart?: (pid: number) => void
	/** Called with the whole console whenever it has grown. */
	onConsole?: (console: string) => void
	/** After the match, before the program is ended. @param pid its process. */
	onMatch?: (pid: number) => Promise<void>
	/** Ends the program at once; the run then throws the signal's reason. */
	signal?: AbortSignal
}>

/** What ends the programs that run: none outlives this process. One listener for all: Node warns of more than ten. */
const running = new Set<() => void>()
process.on('exit', () => {
	for (const kill of running) kill()
})

/** The time is from the program's start to its end, or to the match. */
export async function runConsole(
	program: string,
	args: readonly string[],
	{timeoutSeconds, environment, until, onStart, onConsole, onMatch, signal}: ConsoleOptions,
): Promise<ConsoleRun> {
	signal?.throwIfAborted()
	const start = performance.now()
	const child = spawn(program, args, {stdio: ['ignore', 'pipe', 'pipe'], env: {...process.env, ...environment}})
	const kill = () => child.kill('SIGKILL')
	running.add(kill)
	if (child.pid !== undefined) onStart?.(child.pid)
	signal?.addEventListener('abort', kill)
	let console = ''
	let timedOut = false
	let end: number | undefined
	let failure: unknown
	const finish = async () => {
		try {
			await onMatch?.(child.pid!)
		} catch (error) {
			failure = error
		}
		child.kill('SIGTERM')
	}
	const read = (text: string) => {
		console += text
		onConsole?.(console)
		if (!until?.test(console) || end !== undefined) return
		end = performance.now()
		void finish()
	}
	child.stdout.setEncoding('utf8').on('data', read)
	child.stderr.setEncoding('utf8').on('data', read)
	const timer = setTimeout(() => {
		timedOut = true
		kill()
	}, timeoutSeconds * 1000)
	try {
		const exitCode = await new Promise<number | null>((resolve, reject) => {
			child.on('error', reject)
			child.on('close', resolve)
		})
		signal?.throwIfAborted()
		if (failure !== undefined) throw failure
		return {console, exitCode, seconds: ((end ?? performance.now()) - start) / 1000, timedOut}
	} finally {
		clearTimeout(timer)
		running.delete(kill)
		signal?.removeEventListener('abort', kill)
	}
}
