/** The host's side of the network's figures: iperf3 and wrk. */
import {type ChildProcess, spawn} from 'node:child_process'
import {once} from 'node:events'
import {createServer} from 'node:net'
import {setTimeout as delay} from 'node:timers/promises'
import {BuildError} from '../../build/project.ts'
import {runCommand} from '../../build/run-command.ts'

/** Ports of this machine: of its iperf3, and forwards to the guest's iperf3 and nginx. */
export type IoPorts = Readonly<{host: number; iperf: number; http: number}>

export async function freePorts(): Promise<IoPorts> {
	const servers = Array.from({length: 3}, () => createServer().listen(0, '127.0.0.1'))
	await Promise.all(servers.map((server) => once(server, 'listening')))
	const [host, iperf, http] = servers.map((server) => (server.address() as {port: number}).port)
	for (const server of servers) server.close()
	return {host: host!, iperf: iperf!, http: http!}
}

/** The server that the guest connects to. */
export class IperfServer implements AsyncDisposable {
	readonly #child: ChildProcess

	constructor(port: number) {
		this.#child = spawn('iperf3', ['--server', '--bind', '127.0.0.1', '--port', `${port}`], {stdio: 'ignore'})
		this.#child.on('error', () => {})
	}

	async [Symbol.asyncDispose](): Promise<void> {
		if (this.#child.exitCode !== null || !this.#child.kill()) return
		await once(this.#child, 'exit')
	}
}

/** Through the forwards, to a guest that listens. @returns by name. */
export async function forwardFigures({iperf, http}: IoPorts, seconds: number): Promise<Record<string, number>> {
	// A server may have begun to listen a moment after it said so.
	await delay(1000)
	const received = await iperfMegabits(iperf, {seconds, options: []})
	await delay(500)
	const sent = await iperfMegabits(iperf, {seconds, options: ['--reverse']})
	return {
		'forward-receive': received,
		'forward-send': sent,
		'forward-connections': await requestsPerSecond(http, {seconds, headers: ['Connection: close']}),
		'forward-requests': await requestsPerSecond(http, {seconds, headers: []}),
	}
}

async function iperfMegabits(
	port: number,
	{seconds, options}: Readonly<{seconds: number; options: readonly string[]}>,
): Promise<number> {
	const args = [
		'--client',
		'127.0.0.1',
		'--port',
		`${port}`,
		'--time',
		`${seconds}`,
		'--omit',
		'1',
		'--json',
		...options,
	]
	const {output} = await runTool('iperf3', args, seconds)
	const {end, error} = JSON.parse(output) as {end?: {sum_received?: {bits_per_second: number}}; error?: string}
	if (!end?.sum_received) throw new BuildError(`Expected iperf3 to measure, got: ${error ?? output}`)
	return end.sum_received.bits_per_second / 1e6
}

async function requestsPerSecond(
	port: number,
	{seconds, headers}: Readonly<{seconds: number; headers: readonly string[]}>,
): Promise<number> {
	const args = ['-t', '1', '-c', '16', '-d', `${seconds}`, ...headers.flatMap((header) => ['-H', header])]
	const {output} = await runTool('wrk', [...args, `http://127.0.0.1:${port}/`], seconds)
	const rate = /^Requests\/sec:\s+([\d.]+)/m.exec(output)?.[1]
	if (rate === undefined) throw new BuildError(`Expected wrk to measure, got: ${output}`)
	return Number(rate)
}

async function runTool(tool: 'iperf3' | 'wrk', args: readonly string[], seconds: number) {
	return await runCommand(tool, args, {cwd: '.', seconds: seconds + 60}).catch(() => {
		throw new BuildError(`Expected ${tool} in PATH (Debian package ${tool})`)
	})
}
