/** What `--stats` writes. */
import type {CommandLineMachine} from '../machine-interface.ts'

type Run = Readonly<{
	smp: number
	memory: number
	/** performance.now() at its start. */
	start: number
}>

/** @param about what else is known of the run. @returns JSON. */
export async function statisticsReport(
	machine: CommandLineMachine,
	{smp, memory, start}: Run,
	about: object,
): Promise<string> {
	const seconds = (performance.now() - start) / 1000
	const report = {smp, memory, seconds, ...about, statistics: await machine.statistics()}
	// 64-bit counters become numbers: none reaches 2^53 in a run.
	const json = JSON.stringify(report, (_, value) => (typeof value === 'bigint' ? Number(value) : value), '\t')
	return `${json}\n`
}
