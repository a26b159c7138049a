/** Tables of speeds: the peer's time / ours, above 1 we are faster. */
import {type GroupRow, geometricMean, type Speed, type SpeedRow} from '../speeds.ts'
import {bench, markdown, orDash, rounded, table} from './table.ts'

/** Old records lack some spreads and times. */
export type RecordedSpeed = Readonly<{median: number; least?: number; greatest?: number}>
export type SpeedFigures = Readonly<{
	programs: readonly Readonly<{program: string; ours?: number; peer?: number; speed: RecordedSpeed}>[]
	groups: readonly Readonly<{group: string; programs: number; speed: RecordedSpeed}>[]
}>

const recorded = ({median, least, greatest}: Speed): RecordedSpeed => ({
	median: rounded(median),
	least: rounded(least),
	greatest: rounded(greatest),
})

type CpuOutput = Readonly<{programs: readonly SpeedRow[]; groups: readonly GroupRow[]}>

function readCpu([output]: readonly unknown[]): SpeedFigures {
	const {programs, groups} = output as CpuOutput
	return {
		programs: programs.map(({program, ours, peer, speed}) => ({
			program,
			ours: rounded(ours),
			peer: rounded(peer),
			speed: recorded(speed),
		})),
		groups: groups.map(({group, programs, speed}) => ({group, programs, speed: recorded(speed)})),
	}
}

type BootOutput = Readonly<{harts: number; rows: readonly SpeedRow[]}>

function readBoots(outputs: readonly unknown[]): SpeedFigures {
	const programs = (outputs as readonly BootOutput[]).map(({harts, rows}) => {
		const [{ours, peer, speed}] = rows as readonly [SpeedRow]
		return {program: hartsInWords(harts), ours: rounded(ours), peer: rounded(peer), speed: recorded(speed)}
	})
	return {programs, groups: []}
}

const hartsInWords = (harts: number) => (harts === 1 ? '1 hart' : `${harts} harts`)
const two = (figure: number) => figure.toFixed(2)
const seconds = (figure: number | undefined) => orDash(figure, (value) => `${value.toFixed(2)} s`)

export const rangeOf = ({least, greatest}: RecordedSpeed): string =>
	orDash(least, (from) => `${two(from)} – ${two(greatest!)}`)

const speedLines =
	(peerName: string) =>
	({programs, groups}: SpeedFigures): readonly string[] =>
		markdown(
			['', 'Manyhart', peerName, 'speed', 'lowest – highest'],
			[
				...groups.map(({group, programs: count, speed}) => [
					`**${group}**, geometric mean of ${count}`,
					'',
					'',
					`**${two(speed.median)}**`,
					rangeOf(speed),
				]),
				...programs.map(({program, ours, peer, speed}) => [
					program,
					seconds(ours),
					seconds(peer),
					two(speed.median),
					rangeOf(speed),
				]),
			],
		)

const interpreted = ['--', '--accel', 'interp'] as const

export const cpu = table<SpeedFigures>({
	name: 'cpu',
	title: 'Programs in Debian, one hart',
	about: [
		'Programs of our own (`test/guests/bench`, `bench-linux`), here and under QEMU in turn, with the same kernel, initramfs',
		'and binary. They are timed in the guest, and their checksums are compared.',
	],
	commands: [bench('cpu', '--pairs', '3')],
	comparesWithQemu: true,
	read: readCpu,
	lines: speedLines('QEMU'),
})

export const boot = table<SpeedFigures>({
	name: 'boot',
	title: "Debian's boot",
	about: ['Wall time from the start of the process to the shell prompt.'],
	commands: [bench('boot', '--smp', '1', '--pairs', '5'), bench('boot', '--smp', '2', '--pairs', '3')],
	comparesWithQemu: true,
	read: readBoots,
	lines: speedLines('QEMU'),
})

export const interpretedBoot = table<SpeedFigures>({
	name: 'interpreted-boot',
	title: "Debian's boot, interpreted",
	about: ['The same without translation.'],
	commands: [
		bench('boot', '--smp', '1', '--pairs', '3', ...interpreted),
		bench('boot', '--smp', '2', '--pairs', '3', ...interpreted),
	],
	comparesWithQemu: true,
	read: readBoots,
	lines: speedLines('QEMU'),
})

export const interpretedCpu = table<SpeedFigures>({
	name: 'interpreted-cpu',
	title: 'Integer programs on bare metal, interpreted',
	about: ['The interpreter alone. Older figures, of other programs, are in [decisions.md](decisions.md).'],
	commands: [bench('cpu', '--bare', '--group', 'integer', '--pairs', '3', ...interpreted)],
	comparesWithQemu: true,
	read: readCpu,
	lines: speedLines('QEMU'),
})

export const codeStores = table<SpeedFigures>({
	name: 'code-stores',
	title: 'What it costs to notice stores to code',
	about: [
		'Fetches see stores without `fence.i`: pages that hold decoded code have no write entry that accesses match',
		'([architecture.md](architecture.md), “Stores to code”). The build that brought this, and the one before it, in turn.',
		'The speed is the time of the build before divided by the time with it: below 1 it costs time.',
	],
	commands: [],
	comparesWithQemu: false,
	read: () => {
		throw new Error('The two builds are measured by hand')
	},
	lines: speedLines('before'),
})

/** The share of its speed that each program keeps when two copies run at once. */
export type TwoFigures = Readonly<{
	programs: readonly Readonly<{program: string; ours: number; qemu: number}>[]
	ours: number
	qemu: number
}>

const twoPrograms = ['recursion', 'crc32', 'interpreter', 'sieve', 'n-body'].flatMap((name) => ['--program', name])
const twoScale = ['--scale', '6', '--pairs', '3', ...twoPrograms] as const

export const twoAtOnce = table<TwoFigures>({
	name: 'two-at-once',
	title: 'Two harts at once',
	about: [
		'Each program once on a machine with two harts, then two copies of it, each on a hart. The figure is the time of one',
		'divided by the time of two: 1 means that neither slows the other down. QEMU shows what the host itself permits.',
	],
	commands: [
		bench('cpu', '--smp', '2', '--copies', '1', ...twoScale),
		bench('cpu', '--smp', '2', '--copies', '2', ...twoScale),
	],
	comparesWithQemu: true,
	read: (outputs) => {
		const [one, both] = outputs as readonly [CpuOutput, CpuOutput]
		const programs = one.programs.map(({program, ours, peer}) => {
			const copies = both.programs.find((row) => row.program === program)!
			return {program, ours: ours / copies.ours, qemu: peer / copies.peer}
		})
		const mean = (side: 'ours' | 'qemu') => rounded(geometricMean(programs.map((row) => row[side])))
		return {
			programs: programs.map(({program, ours, qemu}) => ({program, ours: rounded(ours), qemu: rounded(qemu)})),
			ours: mean('ours'),
			qemu: mean('qemu'),
		}
	},
	lines: ({programs, ours, qemu}) =>
		markdown(
			['', 'Manyhart keeps', 'QEMU keeps'],
			[
				...programs.map((row) => [row.program, two(row.ours), two(row.qemu)]),
				['**geometric mean**', `**${two(ours)}**`, `**${two(qemu)}**`],
			],
		),
})
