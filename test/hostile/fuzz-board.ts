/**
 * Fuzzes the board: several vCPU threads and the main thread attack it at once; between epochs everything is checked.
 */
import {once} from 'node:events'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {Worker} from 'node:worker_threads'
import type {VirtioMmioVersion} from '../../src/board/index.ts'
import {patience} from '../support/patience.ts'
import {attachHostileMachine, checksums, createHostileMemory, type HostileMachine} from './board-machine.ts'
import {FuzzDisks, hostileDevices} from './fuzz-disks.ts'
import type {Epoch, EpochReport, FuzzThreadData} from './fuzz-thread.ts'
import {attackedDevices, type Figures, HostileDriver} from './hostile-driver.ts'
import {useBoard} from './plain-driver.ts'

const threadCount = 3
const epochMs = 300
/** An epoch that takes this much longer is wedged. */
const wedgeMs = patience
const mebibyte = 2 ** 20

export type FuzzResult = Readonly<{
	figures: Figures
	epochs: number
	seconds: number
	/** By how much the process has grown. */
	grownMebibytes: number
	/** What went wrong, in order. */
	failures: readonly string[]
}>

export async function fuzzBoard(
	options: Readonly<{
		seed: number
		/** At least. */
		seconds: number
		virtioMmioVersion: VirtioMmioVersion
		/** Instead of a time: so many accesses to each device. */
		each?: number
		/** Whether so much has been done. A loaded host may need longer. */
		enough?: (figures: Figures) => boolean
	}>,
): Promise<FuzzResult> {
	const {seed, seconds, virtioMmioVersion, each, enough = () => true} = options
	const {memory, map} = createHostileMemory()
	const data = {memory, map, origin: process.hrtime(), virtioMmioVersion, served: hostileDevices}
	// This thread accesses devices as vCPUs do, and does the main thread's work besides.
	const machine = attachHostileMachine({...data, hart: threadCount})
	await using disks = await FuzzDisks.create(machine.memory, virtioMmioVersion)
	const path = join(import.meta.dirname, 'fuzz-thread.ts')
	const workers = Array.from({length: threadCount}, (_, hart) => {
		const workerData: FuzzThreadData = {machine: {...data, hart}, seed}
		return new Worker(path, {workerData})
	})
	const began = performance.now()
	const total: Figures = {accesses: 0, byDevice: {}, notifications: 0, served: 0, longestMs: 0}
	const failures: string[] = []
	const lasted = () => performance.now() - began
	const hasEach = (least: number) => attackedDevices.every((name) => (total.byDevice[name] ?? 0) >= least)
	const goesOnInTime = () => lasted() < seconds * 1000 || (lasted() < patience && !(enough(total) && isWritten))
	const goesOn = () => (each === undefined ? goesOnInTime() : !hasEach(each) || (lasted() < patience && !isWritten))
	let epochs = 0
	let isWritten = false
	let grownFrom: number | undefined
	try {
		useBoard(machine)
		const untouched = checksums(machine.memory)
		while (failures.length === 0 && goesOn()) {
			await disks.serve()
			const reports = await attackAtOnce({machine, workers, seed: seed + epochs * (threadCount + 1), epoch: epochs})
			for (const {figures, failure} of reports) {
				total.accesses += figures.accesses
				for (const [name, count] of Object.entries(figures.byDevice))
					total.byDevice[name] = (total.byDevice[name] ?? 0) + count
				total.notifications += figures.notifications
				total.served += figures.served
				total.longestMs = Math.max(total.longestMs, figures.longestMs)
				if (failure !== undefined) failures.push(failure)
			}
			await disks.rest(machine)
			failures.push(...changes(untouched, checksums(machine.memory)))
			// Takes every device's lock, which has to be free.
			useBoard(machine)
			epochs++
			isWritten = (await disks.outcome()).isWritten
			grownFrom ??= process.memoryUsage.rss()
		}
		const {isSound} = await disks.outcome()
		if (!isSound) failures.push('the image has changed its size, or something is beside the folder')
		if (!isWritten) failures.push('the disk was never written, or nothing was made in the folder')
	} catch (error) {
		failures.push(`seed ${seed}, epoch ${epochs}: ${(error as Error).stack}`)
	} finally {
		await Promise.all(workers.map((worker) => worker.terminate()))
	}
	const grown = process.memoryUsage.rss() - (grownFrom ?? process.memoryUsage.rss())
	const elapsed = (performance.now() - began) / 1000
	return {figures: total, epochs, seconds: elapsed, grownMebibytes: grown / mebibyte, failures}
}

function changes(before: Record<string, string>, after: Record<string, string>): string[] {
	return Object.keys(before).flatMap((name) => (before[name] === after[name] ? [] : [`${name} has changed`]))
}

type Attack = Readonly<{machine: HostileMachine; workers: readonly Worker[]; seed: number; epoch: number}>

async function attackAtOnce({machine, workers, seed, epoch: number}: Attack): Promise<EpochReport[]> {
	const signal = AbortSignal.timeout(epochMs + wedgeMs)
	let left = workers.length
	// Every other epoch one thread attacks alone, so that no other resets the queue that it has set up.
	const isAlone = number % 2 === 1
	const reports = workers.map(async (worker, index) => {
		const answer = once(worker, 'message', {signal})
		const epoch: Epoch = {seed: seed + 1 + index, epoch: number, milliseconds: isAlone && index > 0 ? 0 : epochMs}
		worker.postMessage(epoch)
		const [report] = (await answer.catch(() => {
			throw new Error(`Expected thread ${index} to end its epoch within ${wedgeMs} ms`)
		})) as [EpochReport]
		left--
		return report
	})
	// Failures are thrown by the await below; until then they must not count as unhandled.
	for (const report of reports) report.catch(() => {})
	const driver = new HostileDriver(machine, {seed, epoch: number})
	while (left > 0 && !signal.aborted) {
		serve(machine)
		for (let attacks = isAlone ? 0 : 3; attacks > 0; attacks--) driver.attack()
		await sleep(1)
	}
	return [...(await Promise.all(reports)), {figures: driver.figures}]
}

/** What the main thread of a machine does. */
function serve({board}: HostileMachine): void {
	board.control.takeMain()
	board.console.read()
	board.console.write(new Uint8Array(16).fill(0x41))
	board.rtc.serveAlarm()
}
