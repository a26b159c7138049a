/** The interface of the laboratory, src/bench, to the command line: what it compares, and how it reports. */

/** Parts of `bench flush`; src/bench/flush/parts.ts says what each measures. */
export const benchParts = ['cost', 'boot', 'compute', 'storms', 'switches', 'mix'] as const
export type PartName = (typeof benchParts)[number]

export type BenchOptions = Readonly<{
	amount: 'quick' | 'whole'
	/** Undefined: all. */
	parts: readonly PartName[] | undefined
	/** Files; undefined: the one in the PATH, if there is one. */
	qemus: readonly string[] | undefined
	/** A folder. */
	out: string
	format: 'text' | 'json'
	seed: number
	/** The record to render, instead of measuring. */
	render: string | undefined
}>

/** What may run the workloads beside the host itself. A QEMU without a file: every one in the PATH. */
export type EngineChoice = Readonly<{kind: 'manyhart'} | {kind: 'qemu'; file: string | undefined}>

/** Repetitions of `scale`. Fewer than five give no intervals. */
export const defaultRepeat = 5

export type ScaleOptions = Readonly<{
	quick: boolean
	/** Counts of harts, ascending; undefined: chosen by the host's cores. */
	smp: readonly number[] | undefined
	/** That a machine can have. */
	mostHarts: number
	/** Names of workloads, `all`, and files. */
	workloads: readonly string[]
	engines: readonly EngineChoice[]
	/** Whether the host's own run is measured, too. */
	native: boolean
	/** Undefined: as many as are usual. */
	repeat: number | undefined
	/** A folder. */
	out: string
	/** A folder for traces, which are made after all else; undefined: none. */
	trace: string | undefined
	format: 'text' | 'json'
}>

export type CompareOptions = Readonly<{files: readonly [one: string, other: string]; format: 'text' | 'json'}>
export type RenderOptions = Readonly<{file: string; out: string}>

export type LaboratoryEnvironment = Readonly<{
	/** Of the package. */
	version: string
	/** As typed, for the record. */
	command: string
	/** Makes the Debian guest ready. */
	prepareLinux: () => Promise<void>
	signal: AbortSignal
	/** For results. */
	print: (text: string) => void
	/** For progress and failures. */
	stream: NodeJS.WriteStream
}>

type Outcome = 'succeeded' | 'some failed'

/** What the entry of the laboratory's bundle exports. */
export type Laboratory = Readonly<{
	/** @throws UserError for a file or a folder that cannot be used. */
	benchFlush: (options: BenchOptions, environment: LaboratoryEnvironment) => Promise<Outcome>
	/** @throws UserError also for a workload or an engine that there is not. */
	scale: (options: ScaleOptions, environment: LaboratoryEnvironment) => Promise<Outcome>
	/** Of two records of `scale`. @throws UserError for a file that is none. */
	compare: (options: CompareOptions, environment: Pick<LaboratoryEnvironment, 'print'>) => Promise<void>
	/** The reports of a record again. @throws UserError */
	render: (options: RenderOptions, environment: Pick<LaboratoryEnvironment, 'print'>) => Promise<void>
}>
