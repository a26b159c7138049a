/** How the command line makes machines. Fakes do it in tests. */
import type {OpenDrives} from './drives.ts'
import type {CommandLineMachine, MachineOptions} from './machine-interface.ts'
import type {NetworkOptions} from './network-devices.ts'

/** @param drives that are open; else those of the options are opened. @param networks instead of those of the options. */
export type CreateMachine = (
	options: MachineOptions,
	drives?: OpenDrives,
	networks?: readonly NetworkOptions[],
) => Promise<CommandLineMachine>
