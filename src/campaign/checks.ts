/** The same work has the same checksum, wherever it is done. */
import type {Result} from './run.ts'

export class ChecksumWatch {
	/** By workload and operations. */
	readonly #first = new Map<string, Readonly<{checksum: string; where: string}>>()

	/** @param results that are there already. */
	constructor(results: Iterable<Result> = []) {
		for (const result of results) this.checked(result)
	}

	/** @returns the result, with an error if its checksum is not that of the first with the same work. */
	checked(result: Result): Result {
		const {run, outcome} = result
		const {checksum, operations, error, engine, host} = outcome
		if (run.kind !== 'scale' || checksum === undefined || operations === undefined || error !== undefined) return result
		const key = `${run.workload} ${operations}`
		const where = `${engine?.id ?? run.engine} at ${host.name}`
		const first = this.#first.get(key)
		if (!first) this.#first.set(key, {checksum, where})
		if (!first || first.checksum === checksum) return result
		return {
			...result,
			outcome: {...outcome, error: `its checksum is ${checksum}, and ${first.checksum} on ${first.where}`},
		}
	}
}
