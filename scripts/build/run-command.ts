/** Runs a command to its end or its time limit. */
import {spawn} from 'node:child_process'

/** What ends the commands that run. One listener for all: Node warns of more than ten. */
const running = new Set<() => void>()
process.once('exit', () => {
	for (const kill of running) kill()
})

export type Ended = Readonly<{output: string; code: number; timedOut: boolean}>

/** The command leads a process group of its own: its children end with it. @returns stdout and stderr together. */
export function runCommand(
	command: string,
	args: readonly string[],
	{cwd, seconds}: {cwd: string; seconds: number},
): Promise<Ended> {
	return new Promise((resolve, reject) => {
		const child = spawn(command, args, {cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true})
		let output = ''
		let timedOut = false
		const killGroup = () => {
			try {
				process.kill(-child.pid!, 'SIGKILL')
			} catch {
				// It has just ended.
			}
		}
		const timer = setTimeout(() => {
			timedOut = true
			killGroup()
		}, seconds * 1000)
		running.add(killGroup)
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding('utf8').on('data', (text: string) => {
				output += text
			})
		child.on('error', (error) => {
			clearTimeout(timer)
			running.delete(killGroup)
			reject(error)
		})
		child.on('close', (code) => {
			clearTimeout(timer)
			running.delete(killGroup)
			resolve({output, code: code ?? 1, timedOut})
		})
	})
}
