/** `npm run bench -- io`: disks, folders and networks in Debian, here and under every QEMU that is named, in turn. Linux only. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {hostInWords} from '../../src/bench/host.ts'
import {BuildError} from '../build/project.ts'
import {type IoPart, ioFigures, ioParts, parseIoFigures} from './io/figures.ts'
import {ioGuest} from './io/guest.ts'
import {ioDevices, makeFiles} from './io/machine.ts'
import {forwardFigures, freePorts, IperfServer} from './io/network.ts'
import {BenchProgress} from './progress.ts'
import {comparedSubjects, inTurn, type Subject, type SubjectOptions} from './smp/subjects.ts'
import {median} from './speeds.ts'
import {textTable} from './text-table.ts'

export type IoOptions = SubjectOptions &
	Readonly<{
		rounds: number
		harts: number
		/** Of each figure. */
		seconds: number
		part: readonly IoPart[]
		json: boolean
		timeout: number
	}>

/** By figure. */
type Measured = Readonly<Record<string, number>>
type Run = Readonly<{subject: string; figures: Measured}>

export async function benchIo(options: IoOptions): Promise<void> {
	const {rounds, harts, seconds, part, own} = options
	const subjects = await comparedSubjects(options)
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-io-'))
	const runs: Run[] = []
	try {
		await makeFiles(folder)
		const guest = await ioGuest(folder)
		using progress = new BenchProgress({total: rounds * subjects.length})
		for (const {subject, round} of inTurn(subjects, rounds)) {
			const onFinished = progress.boot(`round ${round + 1} of ${rounds}, ${subject.id}`)
			runs.push({subject: subject.id, figures: await measure(subject, {guest, folder, options})})
			onFinished(1)
		}
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
	const about = {mode: 'io', host: hostInWords(), node: process.version, rounds, harts, seconds, parts: part, own}
	const ids = subjects.map(({id}) => id)
	console.log(options.json ? JSON.stringify({...about, runs}, undefined, '\t') : ioTable(runs, ids))
}

type Setting = Readonly<{
	guest: Readonly<{kernel: string; initrd: string; append: string}>
	folder: string
	options: IoOptions
}>

async function measure({id, side}: Subject, {guest, folder, options}: Setting): Promise<Measured> {
	const {seconds, harts, timeout, part} = options
	const ports = await freePorts()
	await using _server = new IperfServer(ports.host)
	const append = `${guest.append} io_parts=${part.join()} io_seconds=${seconds} io_port=${ports.host}`
	let forwarded: Measured = {}
	const run = await side.boot(
		{...guest, append, harts, devices: ioDevices(folder, ports)},
		{
			timeoutSeconds: timeout,
			until: /^io: (listens|ended)/m,
			onMatch: async () => {
				if (part.includes('net')) forwarded = await forwardFigures(ports, seconds)
			},
		},
	)
	const figures = {...parseIoFigures(run.console), ...forwarded}
	const missing = ioFigures.filter((figure) => part.includes(figure.part) && !figures[figure.name])
	if (missing.length > 0)
		throw new BuildError(
			`${id} did not measure ${missing.map(({name}) => name).join(', ')}:\n${run.console.slice(-3000)}`,
		)
	return figures
}

/** Rates: of the first, which is ours, median and least; of the others the median, and the median and least of ours / theirs by round. */
export function ioTable(runs: readonly Run[], subjects: readonly string[]): string {
	const [ours, ...peers] = subjects
	const valuesOf = (subject: string, name: string) =>
		runs.filter((run) => run.subject === subject).flatMap(({figures}) => figures[name] ?? [])
	const rows = ioFigures.flatMap(({name, title, unit}) => {
		const own = valuesOf(ours!, name)
		if (own.length === 0) return []
		const compared = peers.flatMap((peer) => {
			const values = valuesOf(peer, name)
			const ratios = own.flatMap((value, round) => (values[round] === undefined ? [] : [value / values[round]]))
			if (ratios.length === 0) return ['', '', '']
			return [shown(median(values)), median(ratios).toFixed(2), Math.min(...ratios).toFixed(2)]
		})
		return [[`${title}, ${unit}`, shown(median(own)), ...compared]]
	})
	const head = ['', ours!, ...peers.flatMap((peer) => [peer, 'ratio', 'least'])]
	return [textTable([head, ...rows]), 'ratio: ours / theirs, above 1 we are faster; medians, and the least ratio'].join(
		'\n',
	)
}

const shown = (value: number) => (value < 10 ? value.toFixed(1) : value.toFixed(0))

export {ioParts}
