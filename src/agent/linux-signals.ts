/** Signals that are passed on to the guest, by Linux's numbers, whatever the host is. Source: include/uapi/asm-generic/signal.h. */
const numbers = {
	SIGHUP: 1,
	SIGINT: 2,
	SIGQUIT: 3,
	SIGABRT: 6,
	SIGKILL: 9,
	SIGUSR1: 10,
	SIGUSR2: 12,
	SIGPIPE: 13,
	SIGALRM: 14,
	SIGTERM: 15,
	SIGCONT: 18,
	SIGSTOP: 19,
	SIGTSTP: 20,
} as const

export type LinuxSignal = keyof typeof numbers

export const signalNumber = (signal: LinuxSignal): number => numbers[signal]
export const isLinuxSignal = (name: string): name is LinuxSignal => Object.hasOwn(numbers, name)
