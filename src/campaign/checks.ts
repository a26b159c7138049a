/** The same work has the same checksum, wherever it is done. */
import {Checksums} from '../bench/scale/checksums.ts'
import type {Result} from './run.ts'

export class ChecksumWatch {
	readonly #checksums = new Checksums()

	/** @param results that are there already. */
	constructor(results: Iterable<Result> = []) {
		for (const result of results) this.#add(result)
	}

	/** @returns the result, with an error if its checksum is wrong by what is known so far, this one included. */
	checked(result: Result): Result {
		this.#add(result)
		return this.judged(result)
	}

	/** The same of a result that is known: one that came later may show that it is wrong. */
	judged(result: Result): Result {
		const {outcome} = result
		const fault = outcome.error === undefined ? this.#checksums.faultOf(workOf(result)) : undefined
		return fault === undefined ? result : {...result, outcome: {...outcome, error: fault}}
	}

	#add(result: Result): void {
		const {run, outcome} = result
		if (run.kind !== 'scale') return
		const {engine: {id} = {id: run.engine}, host} = outcome
		const witness = {engine: `${id} at ${host.name}`, isNative: run.engine === 'native', harts: run.harts}
		this.#checksums.add(workOf(result), witness)
	}
}

const workOf = ({run, outcome: {operations, checksum}}: Result) => ({program: run.workload, operations, checksum})
