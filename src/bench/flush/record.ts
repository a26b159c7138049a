/** flush.json: what was planned and measured, on what. Written anew after every run, whole. */
import * as v from 'valibot'
import {jsonText, parseJson, writeWhole} from '../record-file.ts'
import {partNames} from './parts.ts'

/** Counts up when older readers would misunderstand a record. */
export const schemaVersion = 1

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const seconds = v.pipe(v.number(), v.minValue(0))

const FlushCost = v.object({filled: count, flushing: seconds, p90: seconds, clearing: seconds, poolDry: count})

const Measurement = v.object({
	kind: v.picklist(['cost', 'boot', 'bare', 'linux', 'storm']),
	subject: v.string(),
	harts: count,
	round: count,
	/** Of cost: of the tables. */
	log2Entries: v.optional(count),
	/** From the start of the whole, and how long it took. */
	began: seconds,
	took: seconds,
	/** Why it failed; figures may then be missing. */
	error: v.optional(v.string()),
	/** Nanoseconds per flush of three tables, by fill. */
	costs: v.optional(v.array(FlushCost)),
	/** From the start of the process until init runs, Linux only. */
	bootSeconds: v.optional(seconds),
	/** Of the whole process, user and system. */
	cpuSeconds: v.optional(seconds),
	/** Timed by the guest. */
	programs: v.optional(v.record(v.string(), v.object({seconds, check: v.string()}))),
	/** At the end: sums over the harts, or what QEMU's `info jit` says. */
	counters: v.optional(v.record(v.string(), v.number())),
	/** Manyhart's: microseconds, such as `rcu.latency.median`. */
	latencies: v.optional(v.record(v.string(), v.number())),
})
export type Measurement = v.InferOutput<typeof Measurement>

const Subject = v.variant('kind', [
	v.object({
		id: v.string(),
		kind: v.literal('manyhart'),
		design: v.record(v.string(), v.string()),
		name: v.optional(v.string()),
	}),
	v.object({id: v.string(), kind: v.literal('qemu'), file: v.string(), version: v.string()}),
])

const FlushRecord = v.object({
	schema: v.literal(schemaVersion),
	/** As typed. */
	command: v.string(),
	/** ISO 8601. */
	date: v.string(),
	manyhart: v.string(),
	node: v.string(),
	host: v.string(),
	/** What the parts under Linux ran on; absent if Linux did not run. */
	guest: v.optional(v.string()),
	amount: v.picklist(['quick', 'whole']),
	parts: v.array(v.picklist(partNames)),
	seed: count,
	/** Of every key of --tlb. */
	defaults: v.record(v.string(), v.string()),
	state: v.picklist(['running', 'complete', 'out of time', 'interrupted']),
	/** Runs in all rounds. */
	planned: count,
	subjects: v.array(Subject),
	measurements: v.array(Measurement),
})
export type FlushRecord = v.InferOutput<typeof FlushRecord>

/** @param name for messages: the option and the file. @throws UserError unless it is a record of this schema. */
export const parseRecord = (text: string, name: string): FlushRecord =>
	parseJson(text, {schema: FlushRecord, what: `a record of manyhart bench flush, schema ${schemaVersion}`, name})

export const recordText = (record: FlushRecord): string => jsonText(record)

export const writeRecord = (path: string, record: FlushRecord): Promise<void> => writeWhole(path, recordText(record))
