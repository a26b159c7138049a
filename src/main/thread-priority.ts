/**
 * Priorities of threads: the harts' before those that only make their code faster. There are often fewer cores than threads, and
 * a hart that waits for a core gains nothing from what is compiled meanwhile. Linux only, where each thread has its own. Measured
 * in docs/decisions.md, "Who gets a core first?".
 */
import {readdirSync, readFileSync} from 'node:fs'
import {constants, getPriority, setPriority} from 'node:os'

/**
 * By how much a thread is nicer than the harts' threads. One hart leaves the compilers a core. Where several keep all cores busy, ten
 * steps leave them a tenth of a core, and the harts run slow code for long.
 */
export const niceIncrements =
	process.platform === 'linux'
		? {helper: 5, compiler: (harts: number) => (harts === 1 ? 10 : 5)}
		: {helper: 0, compiler: () => 0}

/** Of V8's threads, which compile for the whole process; Node names them. */
const compilerName = 'node-V8Worker'

/**
 * Gives V8's threads their priority. It cannot be raised again without privileges. Does nothing where that is not possible: older
 * versions of Node, such as 20, do not name them, and the system may forbid it.
 */
export function lowerCompilerPriority(harts: number): void {
	if (process.platform !== 'linux') return
	try {
		const priority = Math.min(constants.priority.PRIORITY_LOW, getPriority() + niceIncrements.compiler(harts))
		for (const thread of compilerThreads()) setPriority(thread, priority)
	} catch {
		// Slower, never wrong.
	}
}

/** Ids of V8's threads, in Linux's numbering, which setPriority() takes as well as a process's. */
export function compilerThreads(): number[] {
	const tasks = '/proc/self/task'
	return readdirSync(tasks)
		.filter((task) => readFileSync(`${tasks}/${task}/comm`, 'utf8').trim() === compilerName)
		.map(Number)
}
