/** The options of `manyhart run`, checked. */
import {availableParallelism} from 'node:os'
import {maximumHarts} from '../../board/index.ts'
import {expected} from '../../errors.ts'
import type {BalloonOptions} from '../balloon.ts'
import type {DriveOptions} from '../drives.ts'
import {defaultSeed, leastTraceBytes, leastTraceRate, type TranslationOptions} from '../machine-interface.ts'
import type {NetworkOptions} from '../network-devices.ts'
import type {ShareOptions} from '../shares.ts'
import {parseBalloon} from './balloon-options.ts'
import {parsePattern} from './console-matcher.ts'
import {parseDrives, type RawDriveOptions} from './drive-options.ts'
import {parseMachine} from './machine-option.ts'
import {isNetworkDevice, parseNetworks, type RawNetworkOptions, unshownNetworks} from './network-options.ts'
import {parsePorts, type RawPortOptions, type RunPort} from './port-options.ts'
import {parseSeconds, parseSeed, parseSize, parseSmp, quoted} from './quantities.ts'
import {parseShares, type RawShareOptions} from './share-options.ts'
import {checkTranslationSwitches, type RawTranslationSwitches} from './translation-switches.ts'

/** The options as the parser returns them. */
export type RawRunOptions = Readonly<
	Partial<
		Record<
			| 'guest'
			| 'smp'
			| 'memory'
			| 'kernel'
			| 'initrd'
			| 'append'
			| 'bios'
			| 'dtb'
			| 'dumpdtb'
			| 'machine'
			| 'global'
			| 'expect'
			| 'timeout'
			| 'input'
			| 'stats'
			| 'statsAt'
			| 'trace'
			| 'traceSize'
			| 'traceRate'
			| 'seed'
			| 'overlay'
			| 'name',
			string
		>
	> &
		RawTranslationSwitches &
		RawDriveOptions &
		RawShareOptions &
		RawNetworkOptions &
		RawPortOptions & {
			reboot?: boolean
			serial?: boolean
			digest?: boolean
			times?: boolean
			translationCache?: boolean
		}
>

export type RunOptions = Readonly<{
	/** If undefined, `parts` are booted, or the default guest; see chooseGuest(). */
	guest: string | undefined
	smp: number
	/** Bytes. */
	memory: number
	/** Parts that replace those of the guest. */
	parts: Readonly<Partial<Record<'kernel' | 'initrd' | 'append' | 'bios' | 'dtb', string>>>
	dumpdtb: string | undefined
	expect: RegExp | undefined
	/** What is written to disks goes to temporary files. */
	snapshot: boolean
	timeoutSeconds: number | undefined
	/** `@` and the path of a file, or text with escapes. */
	input: string | undefined
	stats: string | undefined
	/** Lines of the console at which statistics are taken, too. */
	statsAt: RegExp | undefined
	/** Whether statistics have the harts' times. */
	times: boolean
	trace: string | undefined
	/** Bytes; if undefined, the machine's default. */
	traceBytes: number | undefined
	/** Events a second; if undefined, the machine's default. */
	traceRate: number | undefined
	/** What to do when the guest reboots. */
	onReboot: 'start-again' | 'exit'
	/** The switches that were given; the machine chooses the rest. */
	translation: TranslationOptions
	/** Whether what is translated is kept for later runs, and that of earlier ones is used. */
	keepsTranslations: boolean
	/** The seed of serial mode; undefined: harts run in parallel. */
	serialSeed: number | undefined
	/** Whether a digest is printed at the end. */
	digest: boolean
	drives: readonly DriveOptions[]
	shares: readonly ShareOptions[]
	/** If undefined, the guest's own. */
	networks: readonly NetworkOptions[] | undefined
	ports: readonly RunPort[]
	/** If undefined, there is none. */
	balloon: BalloonOptions | undefined
	/** What the user may not have meant, a line each. */
	warnings: readonly string[]
	/** The file that keeps what the guest writes to its own disk; if undefined, nothing does. */
	overlay: string | undefined
	/** By which `ssh` and `cp` reach it. */
	name: string | undefined
	/** If undefined, the machine's default. */
	virtioMmioVersion: 1 | 2 | undefined
}>

export const defaultMemory = '1G'

/** @throws UserError that names the option, the values that it accepts, and the value given. */
export function checkRunOptions(raw: RawRunOptions): RunOptions {
	refuseEmptyPaths(raw)
	const {kernel, initrd, append, dtb} = raw
	const {accel, dumpdtb} = parseMachine(raw.machine ?? 'virt')
	// As in QEMU, `default` is what there is without the option.
	const bios = raw.bios === 'default' ? undefined : raw.bios
	const parts = Object.entries({kernel, initrd, append, bios, dtb}).filter(([, value]) => value !== undefined)
	return {
		guest: raw.guest,
		smp: raw.smp === undefined ? Math.min(availableParallelism(), maximumHarts) : parseSmp(raw.smp),
		memory: parseSize(raw.memory ?? defaultMemory, '--memory'),
		parts: Object.fromEntries(parts),
		dumpdtb: raw.dumpdtb ?? dumpdtb,
		expect: raw.expect === undefined ? undefined : parsePattern(raw.expect, '--expect'),
		snapshot: raw.snapshot === true,
		timeoutSeconds: raw.timeout === undefined ? undefined : parseSeconds(raw.timeout, '--timeout'),
		input: raw.input,
		stats: raw.stats,
		statsAt: parseStatsAt(raw),
		...parseTimes(raw),
		onReboot: raw.reboot === false ? 'exit' : 'start-again',
		translation: checkTranslationSwitches(accel === undefined ? raw : {accel, ...raw}),
		keepsTranslations: raw.translationCache !== false,
		serialSeed: parseSerial(raw),
		digest: raw.digest === true,
		drives: parseDrives(raw),
		shares: parseShares(raw),
		networks: hasNetworks(raw) ? parseNetworks(raw) : undefined,
		ports: parsePorts(raw),
		balloon: parseBalloon(raw),
		// As QEMU words it, which says nothing of disks and ports that no device shows.
		warnings: unshownNetworks(raw).map((id) => `netdev ${id} has no peer`),
		overlay: raw.overlay,
		name: raw.name,
		virtioMmioVersion: raw.global === undefined ? undefined : parseGlobal(raw.global),
	}
}

/** Also if they say that there is none. */
function hasNetworks({nic, netdev, device, object, pcap}: RawRunOptions): boolean {
	return [nic, netdev, object, pcap].some((given) => given !== undefined) || (device ?? []).some(isNetworkDevice)
}

const pathOptions = 'kernel initrd bios dtb dumpdtb stats trace pcap hda hdb hdc hdd overlay'.split(' ')

/** What an unset variable of a shell leaves. @throws UserError that names the option. */
function refuseEmptyPaths(raw: RawRunOptions): void {
	const name = pathOptions.find((each) => raw[each as keyof RawRunOptions] === '')
	if (name !== undefined) throw expected(`--${name} to be the path of a file`, '""')
}

function parseStatsAt({stats, statsAt}: RawRunOptions): RegExp | undefined {
	if (statsAt === undefined) return undefined
	if (stats === undefined) throw expected('--stats-at with --stats', '--stats-at alone')
	return parsePattern(statsAt, '--stats-at')
}

function parseTimes({
	times,
	stats,
	trace,
	traceSize,
	traceRate,
	serial,
}: RawRunOptions): Pick<RunOptions, 'times' | 'trace' | 'traceBytes' | 'traceRate'> {
	if (serial && (times || trace !== undefined))
		throw expected('--times and --trace without --serial, whose time is virtual', 'both')
	if (times && stats === undefined && trace === undefined) throw expected('--times with --stats', '--times alone')
	if (traceSize !== undefined && trace === undefined) throw expected('--trace-size with --trace', '--trace-size alone')
	if (traceRate !== undefined && trace === undefined) throw expected('--trace-rate with --trace', '--trace-rate alone')
	const traceBytes = traceSize === undefined ? undefined : parseSize(traceSize, '--trace-size')
	if (traceBytes !== undefined && traceBytes < leastTraceBytes)
		throw expected(`--trace-size of at least ${leastTraceBytes / 1024}k`, quoted(traceSize!))
	return {
		times: times === true,
		trace,
		traceBytes,
		traceRate: traceRate === undefined ? undefined : parseRate(traceRate),
	}
}

function parseRate(text: string): number {
	const rate = /^\d+$/.test(text) ? Number(text) : 0
	if (rate < leastTraceRate || rate > 2 ** 30)
		throw expected(`--trace-rate to be a number of events from ${leastTraceRate} to ${2 ** 30}`, quoted(text))
	return rate
}

function parseSerial({serial, seed}: RawRunOptions): number | undefined {
	if (!serial && seed !== undefined) throw expected('--seed with --serial', '--seed alone')
	return serial ? (seed === undefined ? defaultSeed : parseSeed(seed)) : undefined
}

/** QEMU's -global, with the one property that is there. @returns the version of the virtio-mmio transport. @throws UserError */
function parseGlobal(text: string): 1 | 2 {
	const value = /^virtio-mmio\.force-legacy=(?<value>\w+)$/.exec(text)?.groups?.value ?? ''
	if (['on', 'yes', 'true', 'y'].includes(value)) return 1
	if (['off', 'no', 'false', 'n'].includes(value)) return 2
	throw expected('--global virtio-mmio.force-legacy=on or off, the only property', quoted(text))
}
