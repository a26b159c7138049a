/** What the command line needs of a machine. `Machine` fulfils it; so do the tests' stand-ins. */

export type MachineOptions = Readonly<{
	/** Harts, 1 to 64. */
	smp: number
	/** Bytes of guest RAM. */
	memory: number
	/** Paths of files. */
	kernel?: string
	initrd?: string
	bios?: string
	dtb?: string
	/** The kernel's command line. */
	append?: string
	/** Stops the machine. */
	signal?: AbortSignal
}>

/** How a machine came to its end. */
export type MachineOutcome = Readonly<{
	reason: 'power-off' | 'reboot' | 'exit' | 'error'
	exitCode: number
	message?: string
}>

export interface MachineConsole extends AsyncIterable<Uint8Array> {
	write(data: string | Uint8Array): unknown
}

export interface CommandLineMachine extends AsyncDisposable {
	readonly console: MachineConsole
	/** @returns when the guest has powered off, rebooted, left with a code, or failed. */
	run(): Promise<MachineOutcome>
	statistics(): unknown
	/** @returns the flattened device tree that the guest gets. */
	deviceTree(): Uint8Array
}

export type CreateMachine = (options: MachineOptions) => Promise<CommandLineMachine>
