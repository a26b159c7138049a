/** The interface of the laboratory, src/bench, to the command line. */

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

export type BenchEnvironment = Readonly<{
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

/** What the entry of the laboratory's bundle exports. */
export type Laboratory = Readonly<{
	/** @throws UserError for a file or a folder that cannot be used. */
	benchFlush: (options: BenchOptions, environment: BenchEnvironment) => Promise<'succeeded' | 'some failed'>
}>
