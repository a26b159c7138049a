/**
 * Timer slack: by how much Linux may delay a thread's wake-up at a deadline, so that it can wake others at the same time; 50 µs by
 * default. A hart in WFI sleeps until its timer is due, and is to be woken then. QEMU asks for 1 ns, too.
 */
import {readlinkSync, writeFileSync} from 'node:fs'
import {basename} from 'node:path'

/** Of the calling thread. Linux only; does nothing where that is not possible. proc(5), "/proc/pid/timerslack_ns". */
export function dropTimerSlack(): void {
	if (process.platform !== 'linux') return
	try {
		const thread = basename(readlinkSync('/proc/thread-self'))
		writeFileSync(`/proc/${thread}/timerslack_ns`, '1')
	} catch {
		// Later, never wrong.
	}
}
