/** QEMU's own counts of TLB flushes, read from the monitor of a QEMU that runs. */
import {connect} from 'node:net'

/**
 * Since QEMU's start, over all harts. QEMU has a table for each of eight MMU modes of a hart, and leaves out those that are
 * still empty (tlb_flush_by_mmuidx_async_work in accel/tcg/cputlb.c). Flushes of single pages are not counted.
 */
export type QemuFlushes = Readonly<{
	/** Flushes that emptied the tables of all modes. On RISC-V these are few, since few modes are in use. */
	full: number
	/** Tables that other flushes emptied. */
	partial: number
	/** Tables that these left out. */
	elided: number
}>

const lastLine = /^TLB elided flushes +\d+\r?$/m

/** @param text what `info jit` prints. @returns undefined if a count is missing. */
export function parseQemuFlushes(text: string): QemuFlushes | undefined {
	const count = (kind: string) => {
		const [, digits] = new RegExp(`^TLB ${kind} flushes +(\\d+)\\r?$`, 'm').exec(text) ?? []
		return digits === undefined ? undefined : Number(digits)
	}
	const [full, partial, elided] = [count('full'), count('partial'), count('elided')]
	if (full === undefined || partial === undefined || elided === undefined) return undefined
	return {full, partial, elided}
}

/**
 * To be called while the guest runs: QEMU 7.2 exits as soon as the guest powers off. QEMU is started with
 * `-monitor unix:SOCKET,server=on,wait=off`.
 * @param socket the path of the monitor's socket. @throws when QEMU has ended, or does not answer in time.
 */
export function readQemuFlushes(socket: string, {timeoutSeconds = 30} = {}): Promise<QemuFlushes> {
	return new Promise((resolve, reject) => {
		const monitor = connect(socket)
		let text = ''
		const fail = (why: string) => reject(new Error(`Expected QEMU's monitor to count TLB flushes; ${why}\n${text}`))
		const timer = setTimeout(() => {
			fail(`there was no answer in ${timeoutSeconds} s`)
			monitor.destroy()
		}, timeoutSeconds * 1000)
		monitor.on('connect', () => monitor.write('info jit\n'))
		monitor.setEncoding('utf8').on('data', (piece: string) => {
			text += piece
			if (!lastLine.test(text)) return
			const flushes = parseQemuFlushes(text)
			if (flushes) resolve(flushes)
			else fail('it named other counts')
			monitor.destroy()
		})
		monitor.on('error', ({message}) => fail(message))
		monitor.on('close', () => {
			clearTimeout(timer)
			fail('it closed the connection') // no effect after an answer
		})
	})
}
