/** Parses quantities of the command line: sizes, harts, seconds. */
import {maximumHarts} from '../../board/index.ts'
import {expected} from '../../errors.ts'
import {mostSeed} from '../machine-interface.ts'

const unitBytes: Readonly<Record<string, number>> = {b: 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40}

const sizeUnit = 8192

/**
 * Like QEMU's -m: a number without a suffix is in MiB, `size=` may precede it, and it is rounded up to 8 KiB.
 * @returns bytes. @throws UserError
 */
export function parseSize(text: string, option: string): number {
	const groups = /^(?:size=)?(?<number>\d+(?:\.\d+)?)(?<unit>[bkmgt]?)$/i.exec(text)?.groups
	const bytes = groups ? Number(groups.number) * unitBytes[groups.unit?.toLowerCase() || 'm']! : 0
	if (bytes < 1 || !Number.isSafeInteger(bytes))
		throw expected(`${option} to be a size such as 512M or 1G`, quoted(text))
	return Math.ceil(bytes / sizeUnit) * sizeUnit
}

/** Node's timers are limited to 2^31 − 1 milliseconds. */
const mostSeconds = 2_147_483

const topologyKeys = ['sockets', 'dies', 'clusters', 'cores', 'threads'] as const
const smpKeys = ['cpus', 'maxcpus', ...topologyKeys] as const

/**
 * Like QEMU's -smp: `4`, `cpus=4`, or the product of a topology, for example `sockets=2,cores=2`.
 * @returns the number of harts. @throws UserError
 */
export function parseSmp(text: string): number {
	const what = `--smp from 1 to ${maximumHarts}`
	const numbers = new Map<string, number>()
	for (const [index, part] of text.split(',').entries()) {
		const [, key = 'cpus', value = ''] = /^(?:(\w+)=)?(.*)$/s.exec(part) ?? []
		const known = smpKeys.some((name) => name === key) && (index === 0 || part.includes('='))
		if (!known || !/^\d+$/.test(value)) throw expected(what, quoted(text))
		numbers.set(key, Number(value))
	}
	const product = topologyKeys.reduce((soFar, key) => soFar * (numbers.get(key) ?? 1), 1)
	const cpus = numbers.get('cpus')
	const most = numbers.get('maxcpus') ?? cpus ?? product
	const harts = cpus ?? most
	if (harts < 1 || harts > maximumHarts) throw expected(what, quoted(text))
	// As in QEMU, which finds the part that is not given by division.
	const isWhole = ['sockets', 'cores', 'threads'].every((key) => numbers.has(key))
	if (most < harts || most % product !== 0 || (isWhole && most !== product))
		throw expected('--smp with a topology that has as many harts', quoted(text))
	return harts
}

/** @returns seconds. @throws UserError */
export function parseSeconds(text: string, option: string): number {
	const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0
	if (seconds <= 0 || seconds > mostSeconds)
		throw expected(`${option} to be a number of seconds above 0, ${mostSeconds} at most`, quoted(text))
	return seconds
}

/** @throws UserError */
export function parseSeed(text: string): number {
	const seed = /^\d+$/.test(text) ? Number(text) : Number.NaN
	if (seed <= mostSeed) return seed
	throw expected(`--seed from 0 to ${mostSeed}`, quoted(text))
}

/** The user's text, quoted if it is empty or has unusual characters. */
export function quoted(text: string): string {
	return /^[\w.,=/:+-]+$/.test(text) ? text : JSON.stringify(text)
}
