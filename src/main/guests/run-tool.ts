/** Runs a tool of the host and collects its output. */
import {spawn} from 'node:child_process'
import type {Readable, Writable} from 'node:stream'
import {pipeline} from 'node:stream/promises'
import {UserError} from '../../errors.ts'

export type ToolOptions = Readonly<{
	folder?: string
	signal?: AbortSignal | undefined
	/** Called with each line that the tool writes to file descriptor 3. */
	onStatus?: (line: string) => void
	/** Takes the output, which is then not in the result. */
	outputTo?: Writable
}>

export type ToolResult = Readonly<{output: string; errors: string; exitCode: number}>

/** A tool that is not installed. */
export class MissingTool extends UserError {
	constructor(tool: string) {
		super(`Expected ${tool} on this machine, as Debian and Ubuntu have it; use the guest smp-demo`)
	}
}

const statusDescriptor = 3
/** Milliseconds between asking a tool to end and ending it. */
const patience = 1_000

/** @throws MissingTool; the signal's reason if it aborts. If the tool fails, returns its exit code. */
export async function runTool(
	tool: string,
	args: readonly string[],
	{folder, signal, onStatus, outputTo}: ToolOptions = {},
): Promise<ToolResult> {
	signal?.throwIfAborted()
	const child = spawn(tool, args, {
		cwd: folder,
		env: {...process.env, LC_ALL: 'C.UTF-8', DEBIAN_FRONTEND: 'noninteractive'},
		stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
	})
	let kill: NodeJS.Timeout | undefined
	const stop = () => {
		child.kill('SIGTERM')
		kill = setTimeout(() => child.kill('SIGKILL'), patience)
		// Programs that the tool has started may keep its pipes open.
		child.once('exit', () => {
			for (const pipe of child.stdio) pipe?.destroy()
		})
	}
	signal?.addEventListener('abort', stop)
	try {
		const [exitCode, output, errors] = await Promise.all([
			new Promise<number>((resolve, reject) => {
				child.once('error', reject)
				child.once('close', (code) => resolve(code ?? 1))
			}),
			outputTo ? pipeline(child.stdout as Readable, outputTo).then(() => '') : gather(child.stdout as Readable),
			gather(child.stderr as Readable),
			eachLine(child.stdio[statusDescriptor] as Readable, onStatus),
		])
		signal?.throwIfAborted()
		return {output, errors, exitCode}
	} catch (error) {
		signal?.throwIfAborted()
		throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? new MissingTool(tool) : error
	} finally {
		clearTimeout(kill)
		signal?.removeEventListener('abort', stop)
	}
}

async function gather(stream: Readable): Promise<string> {
	let text = ''
	stream.setEncoding('utf8')
	for await (const part of stream) text += part
	return text
}

async function eachLine(stream: Readable, take: (line: string) => void = () => {}): Promise<void> {
	let rest = ''
	stream.setEncoding('utf8')
	for await (const part of stream) {
		const lines = (rest + part).split('\n')
		rest = lines.pop()!
		lines.forEach(take)
	}
}
