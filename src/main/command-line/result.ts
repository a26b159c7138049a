/** The result of a command. */
export type Result = Readonly<{
	exitCode: number
	/** Whether the process ends only when all output has been read, or also if nobody reads it for a while. */
	output: 'all' | 'what is read soon'
}>
