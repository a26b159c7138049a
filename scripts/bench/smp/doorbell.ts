/** From the ring of a hart's doorbell until its thread has taken it at a safepoint, seen by this process's main thread. */
import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {setTimeout as delay, setImmediate} from 'node:timers/promises'
import {MachineCore} from '../../../src/main/machine.ts'
import {Doorbell, VcpuWords} from '../../../src/memory/index.ts'
import {withParameters} from '../../../test/guests/parameters.ts'
import {BuildError} from '../../build/project.ts'
import {type Histogram, histogramOf, ticksPerMicrosecond} from './histogram.ts'

/** Tasks of the guest, as its source numbers them. */
const tasks = {busy: 2, idle: 3} as const

type Case = Readonly<{series: string; harts: number; task: keyof typeof tasks}>

export type DoorbellOptions = Readonly<{
	/** More than cores. */
	harts: number
	samples: number
	/** Most that a series may take. */
	seconds: number
	/** For temporary files. */
	folder: string
	signal: AbortSignal
}>

const mebibyte = 2 ** 20
/** Milliseconds: until all harts run translated code, or sleep; between two rings. */
const [warmUp, gap] = [1000, 1]
/** Milliseconds of a ring: that this thread looks without a pause, and until the hart counts as lost. */
const [longestLook, patience] = [20, 60_000]
/** Looks at the doorbell between two looks at the clock. */
const looks = 1000

/** @returns histograms by series. */
export async function measureDoorbells(options: DoorbellOptions): Promise<Readonly<Record<string, Histogram>>> {
	const cases: readonly Case[] = [
		{series: 'doorbell-busy', harts: 1, task: 'busy'},
		{series: 'doorbell-idle', harts: 1, task: 'idle'},
		{series: 'doorbell-crowd-busy', harts: options.harts, task: 'busy'},
	]
	const histograms: Record<string, Histogram> = {}
	for (const each of cases) histograms[each.series] = histogramOf(await samplesOf(each, options))
	return histograms
}

/** @returns ticks. */
async function samplesOf(
	{series, harts, task}: Case,
	{samples, seconds, folder, signal}: DoorbellOptions,
): Promise<readonly number[]> {
	const kernel = join(folder, `${series}.elf`)
	await writeFile(kernel, await withParameters('latency', [tasks[task]]))
	await using machine = await MachineCore.create({smp: harts, memory: 128 * mebibyte, kernel, signal})
	const running = machine.run()
	await firstOutput(machine)
	await delay(warmUp)
	const ticks: number[] = []
	const began = performance.now()
	while (ticks.length < samples && performance.now() - began < seconds * 1000 && !signal.aborted) {
		const microseconds = await ring(machine, ticks.length % harts)
		ticks.push(Math.round(microseconds * ticksPerMicrosecond))
		await delay(gap)
	}
	machine.stop()
	const {reason, message} = await running
	if (reason === 'error') throw new BuildError(`The machine ended: ${message}`)
	return ticks
}

/** The guest prints a line when it begins. */
async function firstOutput({console}: MachineCore): Promise<void> {
	for await (const _ of console) break
}

/** A bell for an interrupt that there is not: the hart looks, and goes on. @returns microseconds. */
async function ring({blocks}: MachineCore, hart: number): Promise<number> {
	const {i32} = blocks.memory
	const word = (blocks.base(hart) + VcpuWords.offset.doorbell) >> 2
	const began = performance.now()
	blocks.ring(hart, Doorbell.interrupt)
	for (let look = 1; ; look++) {
		// Orders nothing: only whether the bit is gone. Pairs with takeDoorbell() of the hart's thread.
		if ((Atomics.load(i32, word) & Doorbell.interrupt) === 0) return (performance.now() - began) * 1000
		if (look % looks !== 0) continue
		const waited = performance.now() - began
		if (waited > patience) throw new BuildError(`Hart ${hart} did not take its doorbell in ${patience / 1000} s`)
		// The hart may wait for this thread, which has the console and the translations.
		if (waited > longestLook) await setImmediate()
	}
}
