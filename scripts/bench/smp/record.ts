/** smp.json: what was measured, on what. Written anew after every run, whole. */
import * as v from 'valibot'
import {expected} from '../../../src/errors.ts'

/** Counts up when older readers would misunderstand a record. */
export const schemaVersion = 1

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const amount = v.pipe(v.number(), v.minValue(0))

const Measurement = v.object({
	kind: v.picklist(['programs', 'pair', 'crowd', 'doorbell']),
	subject: v.string(),
	harts: count,
	round: count,
	/** Seconds. */
	took: amount,
	/** Cores that other processes, and other machines on the same host, used meanwhile; absent where it is not known. */
	others: v.optional(v.number()),
	/** Why it failed; some figures may be there. */
	error: v.optional(v.string()),
	programs: v.optional(v.record(v.string(), v.object({seconds: amount, operations: count}))),
	/** Histograms, by series: ticks of 100 ns and how often. */
	latencies: v.optional(v.record(v.string(), v.array(v.tuple([amount, count])))),
})
export type Measurement = v.InferOutput<typeof Measurement>

const SmpRecord = v.object({
	schema: v.literal(schemaVersion),
	/** As typed, without files of the machine that it ran on. */
	command: v.string(),
	/** ISO 8601. */
	date: v.string(),
	node: v.string(),
	host: v.string(),
	/** Milliseconds of each program. */
	milliseconds: amount,
	/** The first is this build. */
	subjects: v.array(v.string()),
	planned: count,
	state: v.picklist(['running', 'complete', 'interrupted']),
	measurements: v.array(Measurement),
})
export type SmpRecord = v.InferOutput<typeof SmpRecord>

/** @param name of the file, for messages. @throws UserError unless it is a record of this schema. */
export function parseRecord(text: string, name: string): SmpRecord {
	let value: unknown
	try {
		value = JSON.parse(text)
	} catch (error) {
		throw expected(`${name} to be JSON`, (error as Error).message)
	}
	const {success, output, issues} = v.safeParse(SmpRecord, value)
	if (success) return output
	const [issue] = issues
	const path = v.getDotPath(issue)
	throw expected(
		`${name} to be a record of bench -- smp, schema ${schemaVersion}`,
		`${path ? `${path}: ` : ''}${issue.message}`,
	)
}

export const recordText = (record: SmpRecord): string => `${JSON.stringify(record)}\n`
