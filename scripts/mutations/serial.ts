/** Mistakes in serial mode: schedules, turns, and the virtual clock; and in shrinking what fails. */
import type {Mutation} from './mutation.ts'

const schedules = 'test/serial/schedule.test.ts'
const machines = 'test/main/machine-serial.test.ts'
const schedule = 'src/serial/schedule.ts'
const control = 'src/serial/serial-control.ts'
const style = 'src/serial/style.ts'
const shrink = 'src/stress/shrink.ts'

export const serialMutations: readonly Mutation[] = [
	{
		name: 'a forced turn goes to a thread that cannot run',
		file: schedule,
		find: 'return this.#canRun(chosen) ? chosen : usual',
		replace: 'return chosen',
		tests: [schedules],
	},
	{
		name: 'usual turns are recorded, too',
		file: schedule,
		find: 'if (chosen !== usual) this.#record(',
		replace: 'if (chosen === usual) this.#record(',
		tests: [schedules],
	},
	{
		name: 'a wait is not over when its word changes',
		file: schedule,
		find: 'return this.#hasChanged(thread) || this.clock',
		replace: 'return this.clock',
		tests: [schedules],
	},
	{
		name: 'a wait has timed out although its word has changed',
		file: schedule,
		find: 'return !this.#hasChanged(thread) && this.clock',
		replace: 'return this.clock',
		tests: [schedules],
	},
	{
		name: 'a thread goes on usually, whoever else can run',
		file: schedule,
		find: 'this.#words[this.#slicesWord]! < patience',
		replace: 'this.#words[this.#slicesWord]! >= 0',
		tests: [schedules],
	},
	{
		name: 'the helper has no turn usually',
		file: schedule,
		find: '		if (this.#words[this.#helpWord]) return this.threads\n',
		replace: '',
		tests: [schedules],
	},
	{
		name: 'forced turns are found by the steps of all threads',
		file: schedule,
		find: 'this.#forced(thread, ownStep, usual)',
		replace: 'this.#forced(thread, step, usual)',
		tests: [schedules],
	},
	{
		name: 'all threads are interrupted while one is the victim',
		file: schedule,
		find: '(victim !== undefined && victim % this.threads !== thread)',
		replace: '(victim !== undefined && victim % this.threads === -1)',
		tests: [schedules],
	},
	{
		name: 'each step has the style of the first phase',
		file: style,
		find: "name === 'run' ? 0 : step >>> phaseShift",
		replace: "name === 'run' ? step : 0",
		tests: [schedules],
	},
	{
		name: 'random bytes in serial mode are those of the host',
		file: 'src/vcpu-worker/serial-board.ts',
		find: '		fillRandom: randomBytes(seed, stream),\n',
		replace: '',
		tests: ['test/vcpu-worker/serial-board.test.ts'],
	},
	{
		name: 'the virtual clock counts the time of the host',
		file: 'src/vcpu-worker/worker.ts',
		find: 'const now = turns ? () => turns.now() : ticksSince(config.clockOrigin)',
		replace: 'const now = ticksSince(config.clockOrigin)',
		tests: [machines],
	},
	{
		name: 'a thread that dies with the turn takes it along',
		file: control,
		find: "schedule.word('holder')) !== thread) return",
		replace: "schedule.word('holder')) === thread) return",
		tests: [machines],
	},
	{
		name: 'a list is shrunk from one side only',
		file: shrink,
		find: 'left.slice(from + length)]',
		replace: 'left.slice(left.length)]',
		tests: ['test/stress/shrink.test.ts'],
	},
	{
		name: 'shrinking ends with large pieces',
		file: shrink,
		find: 'if (length > 1) length = Math.ceil(Math.min(length, entries.length) / 2)',
		replace: 'if (length > 1) break',
		tests: ['test/stress/shrink.test.ts'],
	},
]
