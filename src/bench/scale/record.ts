/** scale.json: what was planned and measured, on what. Written anew after every boot, whole. docs/scaling.md describes it. */
import * as v from 'valibot'
import {jsonText, parseJson, readText, writeWhole} from '../record-file.ts'

/** Counts up when older readers would misunderstand a record. */
export const schemaVersion = 2

const count = v.pipe(v.number(), v.integer(), v.minValue(0))
const amount = v.pipe(v.number(), v.minValue(0))
const repetition = count

export const scalings = ['strong', 'weak'] as const
/** `strong`: the work is the same for any number of harts. `weak`: it grows with them. */
export type Scaling = (typeof scalings)[number]

export const Host = v.object({
	platform: v.string(),
	arch: v.string(),
	release: v.string(),
	model: v.optional(v.string()),
	cores: count,
	memoryBytes: count,
	virtual: v.optional(v.boolean()),
	load: amount,
})

export const Engine = v.variant('kind', [
	v.object({
		id: v.string(),
		kind: v.literal('manyhart'),
		version: v.string(),
		/** Of --tlb; absent: the usual design. */
		tlb: v.optional(v.string()),
	}),
	v.object({id: v.string(), kind: v.literal('qemu'), version: v.string(), file: v.string()}),
	/** The same program, compiled for the host. */
	v.object({id: v.string(), kind: v.literal('native'), compiler: v.string()}),
])
export type Engine = v.InferOutput<typeof Engine>

const Workload = v.object({
	name: v.string(),
	title: v.string(),
	/** What one operation is. */
	unit: v.string(),
	/** What keeps it from scaling; absent, as the next, of a program of the user's. */
	limit: v.optional(v.string()),
	/** Its workers share nothing: native processes show what the host's cores give. */
	independent: v.optional(v.literal(true)),
	/** Operations in a guest, and on the host itself: in all for strong scaling, of each worker for weak. */
	work: v.optional(v.object({emulated: count, native: count})),
})
export type Workload = v.InferOutput<typeof Workload>

const Latency = v.object({
	count,
	median: amount,
	p99: amount,
	maximum: amount,
	/** How many were 0, 1, 2 or 3, 4 to 7, and so on by powers of two. */
	histogram: v.optional(v.array(count)),
})
export type Latency = v.InferOutput<typeof Latency>

/** One start of an engine: a guest that runs the workloads one after the other, or their native runs. */
const Boot = v.object({
	engine: v.string(),
	harts: count,
	repetition,
	/** Without Linux: the harts run the workloads themselves. */
	system: v.optional(v.literal('bare')),
	/** Seconds since the measuring began, and how long it took. */
	began: amount,
	took: amount,
	/** From the start of the process until init runs, or the first workload without Linux. */
	bootSeconds: v.optional(amount),
	/** It was to show where time goes: its programs are in `breakdowns`, and not in `runs`. */
	times: v.optional(v.literal(true)),
	/** With `times`, over the whole boot, in microseconds: by what took so long, of each hart, or one for all. */
	latencies: v.optional(v.record(v.string(), v.array(Latency))),
	/** Why it ended early; the runs before that are there. */
	error: v.optional(v.string()),
})
export type Boot = v.InferOutput<typeof Boot>

export const Run = v.object({
	engine: v.string(),
	workload: v.string(),
	scaling: v.picklist(scalings),
	/** Harts of the guest, and threads or processes of the program. */
	harts: count,
	repetition,
	/** Place in `boots`. */
	boot: count,
	/** Why there are no figures, or none that count. */
	error: v.optional(v.string()),
	operations: v.optional(count),
	/** By the guest's clock, without the warm-up that the program does first. */
	seconds: v.optional(amount),
	/** Of the work done, hexadecimal; absent where the time was over before all was done. */
	checksum: v.optional(v.string()),
	/** As `seconds`, what follows is of the measured part alone; of a program of the user's, from its start to its exit. Of each hart; Manyhart only. */
	instructions: v.optional(v.array(count)),
	/** Of the engine's threads, or of the program on the host: on a core, and ready without one. */
	cpuSeconds: v.optional(amount),
	waitedSeconds: v.optional(amount),
	/** They waited for something; they had to leave their core. */
	voluntarySwitches: v.optional(count),
	involuntarySwitches: v.optional(count),
	/** Of the host meanwhile: time that its hypervisor gave to others, all cores together; cores that other processes had. */
	stealSeconds: v.optional(amount),
	otherCores: v.optional(amount),
})
export type Run = v.InferOutput<typeof Run>

/** Where the time of the harts' threads went during the measured part of a program. Manyhart only. */
const Breakdown = v.object({
	engine: v.string(),
	workload: v.string(),
	scaling: v.picklist(scalings),
	harts: count,
	boot: count,
	/** Seconds of all harts, by what they did; statistics.md names them. */
	spent: v.record(v.string(), amount),
	/** Part of these: they could have run, but had no core. */
	descheduled: v.optional(amount),
	/** Histograms as in `boots`, of all harts together, of what took so long meanwhile. */
	latencies: v.optional(v.record(v.string(), v.array(count))),
})
export type Breakdown = v.InferOutput<typeof Breakdown>

const ScaleRecord = v.object({
	schema: v.literal(schemaVersion),
	/** As typed. */
	command: v.string(),
	/** The name of the campaign that the runs are of: each is a boot of its own. Absent: they are of manyhart scale. */
	campaign: v.optional(v.string()),
	/** ISO 8601. */
	date: v.string(),
	manyhart: v.string(),
	node: v.string(),
	host: Host,
	/** The kernel that all guests boot; absent if none has. */
	guest: v.optional(v.string()),
	quick: v.boolean(),
	/** Counts of harts, ascending. */
	smp: v.array(count),
	repeat: count,
	scalings: v.array(v.picklist(scalings)),
	state: v.picklist(['running', 'complete', 'interrupted']),
	/** Boots. */
	planned: count,
	engines: v.array(Engine),
	workloads: v.array(Workload),
	boots: v.array(Boot),
	runs: v.array(Run),
	breakdowns: v.array(Breakdown),
})
export type ScaleRecord = v.InferOutput<typeof ScaleRecord>

export const recordName = 'scale.json'

/** @param name for messages: the option and the file. @throws UserError unless it is a record of this schema. */
export const parseRecord = (text: string, name: string): ScaleRecord =>
	parseJson(text, {schema: ScaleRecord, what: `a record of manyhart scale, schema ${schemaVersion}`, name})

/** @throws UserError */
export const readRecord = async (path: string, name: string): Promise<ScaleRecord> =>
	parseRecord(await readText(path, name), name)

export const recordText = (record: ScaleRecord): string => jsonText(record)

export const writeRecord = (path: string, record: ScaleRecord): Promise<void> => writeWhole(path, recordText(record))
