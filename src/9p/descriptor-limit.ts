/** How many files this process may have open. */
import {readFileSync} from 'node:fs'

/** Where there is no limit, or none can be read, as many as suffice. */
const plenty = 65_536

/** Node raises the soft limit to the hard one when it starts. */
export function descriptorLimit(): number {
	try {
		const soft = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
		return soft === undefined ? plenty : Math.min(Number(soft), plenty)
	} catch {
		return plenty
	}
}
