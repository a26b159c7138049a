/** The entry of a vCPU's worker thread. The main thread calls it through Comlink while the vCPU is parked. */
import {parentPort, workerData} from 'node:worker_threads'
import * as Comlink from 'comlink'
import {Board, ticksSince} from '../board/index.ts'
import {assert} from '../errors.ts'
import {breakRule} from '../faults.ts'
import {SharedMemory, VcpuBlocks} from '../memory/index.ts'
import {ThreadTurns} from '../serial/index.ts'
import {HartTrace} from '../trace/index.ts'
import type * as Translation from '../translate/index.ts'
import {nodeEndpoint} from './comlink-endpoint.ts'
import {serialBoard} from './serial-board.ts'
import {dropTimerSlack} from './timer-slack.ts'
import {Vcpu} from './vcpu.ts'
import type {VcpuConfig} from './vcpu-config.ts'

/** The calls that the main thread may make to a parked vCPU. */
export type VcpuApi = Readonly<{
	/** To be called once, before the first run(). */
	reset(): void
	/** Resolves when the vCPU is parked again, because the machine pauses or stops. */
	run(): void
}>

assert(parentPort, 'a vCPU runs in a worker thread')
const config = workerData as VcpuConfig
FAULT: breakRule(config.fault)
dropTimerSlack()
const memory = new SharedMemory(config.memory, config.map)
const {vcpu: hart, harts, virtioMmioVersion, served, serial} = config
const trace = HartTrace.of(memory, {hart, harts, origin: config.clockOrigin})
const blocks = trace?.blocks ?? new VcpuBlocks(memory, harts)
const turns = serial && new ThreadTurns(memory, {thread: hart, threads: harts, config: serial})
const now = turns ? () => turns.now() : ticksSince(config.clockOrigin)
const board = new Board(memory, blocks, {
	now,
	hart,
	virtioMmioVersion,
	served,
	lockTimer: trace?.lockTimer,
	...(serial && serialBoard(serial, hart, now)),
})
const {SynchronousTranslator: Translator} = config.synchronousTranslator
	? ((await import(config.synchronousTranslator)) as Pick<typeof Translation, 'SynchronousTranslator'>)
	: {SynchronousTranslator: undefined}
const vcpu = new Vcpu({config, Translator, memory, blocks, board, now, turns, trace})

const api: VcpuApi = {
	reset: () => vcpu.reset(),
	run: () => vcpu.run(),
}
Comlink.expose(api, nodeEndpoint(parentPort))
