/** Runs the built command line in a process of its own. */
import {type ChildProcess, type SpawnOptions, spawn} from 'node:child_process'
import {join} from 'node:path'
import {text} from 'node:stream/consumers'
import type {ExecutionContext} from 'ava'
import {patience} from '../support/patience.ts'

export const entry = join(import.meta.dirname, '../../dist/manyhart.js')

export type Ended = Readonly<{exitCode: number | null; stdout: string; stderr: string}>

/** @returns what the process printed, and its exit code; null if a signal ended it. */
export async function manyhart(args: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
	const child = spawn(process.execPath, [entry, ...args], {
		stdio: ['ignore', 'pipe', 'pipe'],
		timeout: patience,
		...options,
	})
	const ended = endOf(child)
	const [stdout, stderr] = await Promise.all([child.stdout, child.stderr].map((stream) => (stream ? text(stream) : '')))
	return {exitCode: await ended, stdout: stdout!, stderr: stderr!}
}

/** Starts a process that the test watches; it is killed at the test's end. */
export function startManyhart(t: ExecutionContext, args: readonly string[], options: SpawnOptions = {}) {
	const child = spawn(process.execPath, [entry, ...args], {stdio: ['pipe', 'pipe', 'pipe'], ...options})
	t.teardown(() => child.kill('SIGKILL'))
	return {child, ended: endOf(child)}
}

function endOf(child: ChildProcess): Promise<number | null> {
	const {promise, resolve} = Promise.withResolvers<number | null>()
	child.on('exit', resolve)
	return promise
}
