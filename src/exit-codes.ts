/** The process's exit codes: one table, for the code that exits, for --help and for docs/command-line.md. */

export type ExitCode = Readonly<{
	/** A number, or the rule that gives it. */
	code: number | string
	when: string
}>

export const exitCodes = {
	success: {code: 0, when: 'the guest powered off or, with --no-reboot, rebooted; --expect matched; or the user quit'},
	command: {code: "the command's", when: 'exec and ssh: it has ended'},
	guest: {code: "the guest's", when: 'the guest exited with a code, through the test finisher; 1 for a failure by SBI'},
	failed: {
		code: 1,
		when: 'the guest ended, or the user quit, before --expect matched; bench, scale, campaign: a run failed; stress: something was violated or, with --inject, was not noticed',
	},
	wrongUse: {code: 2, when: 'wrong use: an option, a file, a guest; or stdout cannot be written'},
	unavailable: {code: 69, when: 'a campaign: its queue cannot be reached, or refuses'},
	failure: {code: 70, when: 'a failure of the emulator, such as a thread that died'},
	guestStuck: {
		code: 71,
		when: 'the guest is stuck: a hart can execute nothing, its trap handler neither, and no other hart can go on; exec, ssh, cp: the guest has ended before its work, or its agent does not answer in time',
	},
	givenUp: {
		code: 75,
		when: 'a campaign: its queue, or all its workers, were away for longer than --patience; the same command goes on',
	},
	timeout: {code: 124, when: '--timeout has passed'},
	notRun: {code: '126, 127', when: 'exec and ssh: the command cannot be run; there is no such command'},
	signal: {code: '128 + n', when: 'signal n ended it; 141, SIGPIPE, when the reader of the output is gone'},
} as const satisfies Record<string, ExitCode>
