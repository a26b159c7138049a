/** `npm run bench -- workloads`: Debian's own programs on a disk, here and under every QEMU that is named, in turn. */
import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {hostInWords} from '../../src/bench/host.ts'
import {createDisk} from '../../src/disk/index.ts'
import {resolveGuest} from '../../src/main/guests/index.ts'
import {BuildError, fromRoot} from '../build/project.ts'
import {BenchProgress} from './progress.ts'
import {comparedSubjects, inTurn, type Subject, type SubjectOptions} from './smp/subjects.ts'
import {spread} from './speeds.ts'
import {textTable} from './text-table.ts'
import {parseTurns, type Turn, turns, type Workload, workloads} from './workloads/figures.ts'

export type WorkloadsOptions = SubjectOptions &
	Readonly<{
		rounds: number
		harts: number
		workload: readonly string[]
		/** The guest's name; default: `debian-full` with what the workloads need. */
		guest?: string
		warm: boolean
		json: boolean
		timeout: number
	}>

type Run = Readonly<{subject: string; round: number; turns: readonly Turn[]}>

export async function benchWorkloads(options: WorkloadsOptions): Promise<void> {
	const {rounds, harts, own, warm} = options
	const chosen = workloads.filter(({name}) => options.workload.includes(name))
	const guest = options.guest ?? guestOf(chosen)
	const parts = await resolveGuest(guest)
	const [drive] = parts.drives ?? []
	if (!drive) throw new BuildError(`Expected --guest to be a guest on a disk, got ${guest}`)
	const subjects = await comparedSubjects(options)
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-workloads-'))
	const runs: Run[] = []
	try {
		const run = async (subject: Subject) => {
			const overlay = join(folder, 'overlay.qcow2')
			await createDisk(overlay, {backing: {file: drive.file, format: 'qcow2'}})
			const {kernel, initrd, append} = parts
			const found = await measure(subject, {kernel, initrd, append, overlay, chosen, options})
			await rm(overlay)
			return found
		}
		const builds = subjects.filter(({kind}) => warm && kind !== 'qemu')
		using progress = new BenchProgress({total: builds.length + rounds * subjects.length})
		for (const subject of builds) {
			const onFinished = progress.boot(`before the first round, ${subject.id}`)
			await run(subject)
			onFinished(1)
		}
		for (const {subject, round} of inTurn(subjects, rounds)) {
			const onFinished = progress.boot(`round ${round + 1} of ${rounds}, ${subject.id}`)
			runs.push({subject: subject.id, round, turns: await run(subject)})
			onFinished(1)
		}
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
	checkOutputs(runs)
	const about = {mode: 'workloads', host: hostInWords(), node: process.version, guest, rounds, harts, warm, own}
	const ids = subjects.map(({id}) => id)
	console.log(options.json ? JSON.stringify({...about, runs}, undefined, '\t') : workloadsTable(runs, ids, chosen))
}

/** @returns its name. */
export function guestOf(chosen: readonly Workload[]): string {
	const packages = [...new Set(chosen.flatMap((each) => each.packages))].sort()
	return packages.length === 0 ? 'debian-full' : `debian-full:${packages.join(',')}`
}

type Setting = Readonly<{
	kernel: string
	initrd: string | undefined
	append: string | undefined
	overlay: string
	chosen: readonly Workload[]
	options: WorkloadsOptions
}>

async function measure({id, side}: Subject, setting: Setting): Promise<readonly Turn[]> {
	const {kernel, initrd, overlay, chosen, options} = setting
	const names = chosen.map(({name}) => name).join()
	const append = `${setting.append} init=/mnt/workloads/run workloads=${names}`
	const share = fromRoot('scripts/bench/workloads/guest')
	const devices = [
		...['-drive', `file=${overlay},format=qcow2,if=none,id=disk`, '-device', 'virtio-blk-device,drive=disk'],
		...['-fsdev', `local,id=files,path=${share},security_model=none,readonly=on`],
		...['-device', 'virtio-9p-device,fsdev=files,mount_tag=workloads'],
	]
	const run = await side.boot(
		{kernel, ...(initrd && {initrd}), append, harts: options.harts, devices},
		{timeoutSeconds: options.timeout, until: /^workloads: ended/m},
	)
	const found = parseTurns(run.console)
	if (found.length < chosen.length * turns.length || /^workloads: .* (failed|prepared)/m.test(run.console))
		throw new BuildError(`${id} did not run every workload:\n${run.console.slice(-3000)}`)
	return found
}

/** @throws BuildError if what a workload printed differs between runs. */
function checkOutputs(runs: readonly Run[]): void {
	const all = runs.flatMap((run) => run.turns)
	for (const {turn, workload, check} of all) {
		const expected = all.find((each) => each.workload === workload)!
		if (expected.check === check) continue
		throw new BuildError(
			`Expected ${workload}, turn ${turn}, to print the same everywhere, got checksums ${expected.check} and ${check}`,
		)
	}
}

/** Seconds: medians; and the peers' times / ours by round. */
export function workloadsTable(runs: readonly Run[], subjects: readonly string[], chosen: readonly Workload[]): string {
	const [ours, ...peers] = subjects
	const secondsOf = (subject: string, name: string, turn: number) =>
		runs
			.filter((run) => run.subject === subject)
			.flatMap((run) => run.turns.filter((each) => each.workload === name && each.turn === turn))
			.map(({seconds}) => seconds)
	const rows = chosen.flatMap(({name, title}) =>
		turns.map((turn) => {
			const own = secondsOf(ours!, name, turn)
			const compared = peers.flatMap((peer) => {
				const theirs = secondsOf(peer, name, turn)
				const speeds = spread(own.map((seconds, round) => theirs[round]! / seconds))
				return [
					spread(theirs).median.toFixed(2),
					...[speeds.median, speeds.least, speeds.greatest].map((speed) => speed.toFixed(2)),
				]
			})
			return [turn === 1 ? title : `${name}, again`, spread(own).median.toFixed(2), ...compared]
		}),
	)
	const head = ['', ours!, ...peers.flatMap((peer) => [peer, 'speed', 'least', 'greatest'])]
	return [
		textTable([head, ...rows]),
		'seconds in the guest, medians; speed: their time / ours, above 1 we are faster',
	].join('\n')
}
