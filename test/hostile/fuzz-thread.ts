/** A thread that attacks the board, epoch by epoch. */
import {parentPort, workerData} from 'node:worker_threads'
import {attachHostileMachine, type HostileMachineData} from './board-machine.ts'
import {HostileDriver} from './hostile-driver.ts'

export type FuzzThreadData = Readonly<{machine: HostileMachineData; seed: number}>
/** From the main thread: attack until this time. To it: what happened in the epoch. */
export type Epoch = Readonly<{seed: number; epoch: number; milliseconds: number}>
export type EpochReport = Readonly<{figures: HostileDriver['figures']; failure?: string}>

const machine = attachHostileMachine((workerData as FuzzThreadData).machine)

parentPort?.on('message', ({seed, epoch, milliseconds}: Epoch) => {
	const driver = new HostileDriver(machine, {seed, epoch})
	let failure: string | undefined
	const end = performance.now() + milliseconds
	try {
		while (performance.now() < end) driver.attack()
	} catch (error) {
		failure = `seed ${seed}, ${driver.last}: ${(error as Error).stack}`
	}
	const report: EpochReport = {figures: driver.figures, ...(failure === undefined ? {} : {failure})}
	parentPort?.postMessage(report)
})
