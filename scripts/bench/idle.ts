/** Debian's shell waits for what nobody types: what an idle machine costs the host, here and on the peer, by harts. Linux only. */
import {readdir, readFile} from 'node:fs/promises'
import {setTimeout as delay} from 'node:timers/promises'
import {fetchGuest, resolveGuest} from '../../src/main/guests/index.ts'
import {BuildError} from '../build/project.ts'
import {BenchProgress} from './progress.ts'
import {type Compared, comparedSides, type Side} from './sides.ts'
import {textTable} from './text-table.ts'

const shellPrompt = /~ # /
/** What a healthy kernel never prints. */
const trouble = /\bstall|lockup|WARNING|\bBUG\b|Oops|Call Trace/i

export type IdleOptions = Compared &
	Readonly<{
		/** Numbers separated by commas. */
		harts: readonly number[]
		/** From the prompt to the measurement, and of the measurement. */
		settle: number
		seconds: number
		/** Added to the kernel's command line. */
		append?: string
		json: boolean
		timeout: number
	}>

export type IdleRow = Readonly<{
	side: string
	harts: number
	/** Lines of trouble in the kernel's log. */
	warnings: number
	/** Undefined: it reached no prompt in time. */
	idle?: IdleUse
}>

export type IdleUse = Readonly<{
	/** Until the prompt: wall time, and processor time of the whole process. */
	bootSeconds: number
	bootCpuSeconds: number
	/** Of all threads while idle: processor time in percent of one core, and wake-ups of threads per second. */
	cpuPercent: number
	wakeups: number
	residentMiB: number
}>

/** Of one thread, since its start. */
type Use = Readonly<{nanoseconds: number; wakeups: number}>

export async function benchIdle(options: IdleOptions): Promise<void> {
	const {ours, peer, qemu} = await comparedSides(options)
	await fetchGuest('debian')
	const guest = await resolveGuest('debian')
	const append = [guest.append, options.append].filter((part) => part !== undefined).join(' ')
	const rows: IdleRow[] = []
	{
		using progress = new BenchProgress({total: 2 * options.harts.length})
		for (const harts of options.harts)
			for (const side of [ours, peer]) {
				const onFinished = progress.boot(`${harts} harts, ${side.name}`)
				rows.push(await measure(side, {...guest, append, harts}, options))
				onFinished(1)
			}
	}
	const {own, against, settle, seconds} = options
	const about = {mode: 'idle', qemu, against, own, settle, seconds, append: options.append}
	console.log(options.json ? JSON.stringify({...about, rows}, undefined, '\t') : idleTable(rows))
}

async function measure(
	side: Side,
	guest: Parameters<Side['boot']>[0],
	{settle, seconds, timeout}: IdleOptions,
): Promise<IdleRow> {
	let bootCpuSeconds = 0
	let use: Pick<IdleUse, 'cpuPercent' | 'wakeups' | 'residentMiB'> | undefined
	const run = await side.boot(guest, {
		timeoutSeconds: timeout,
		until: shellPrompt,
		onMatch: async (pid) => {
			bootCpuSeconds = sum(await usesOf(pid)).nanoseconds / 1e9
			await delay(settle * 1000)
			use = await watch(pid, seconds)
		},
	})
	if (!use && !run.timedOut) throw new BuildError(`${side.name} reached no shell prompt:\n${run.console.slice(-2000)}`)
	const warnings = run.console.split('\n').filter((line) => trouble.test(line)).length
	const idle = use && {bootSeconds: run.seconds, bootCpuSeconds, ...use}
	return {side: side.name, harts: guest.harts, warnings, ...(idle && {idle})}
}

async function watch(pid: number, seconds: number) {
	const [before, began] = [await usesOf(pid), performance.now()]
	await delay(seconds * 1000)
	const [after, took] = [await usesOf(pid), performance.now() - began]
	const {nanoseconds, wakeups} = sum(after, before)
	const [, kibibytes] = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? []
	return {
		cpuPercent: nanoseconds / took / 1e4,
		wakeups: (wakeups / took) * 1000,
		residentMiB: Number(kibibytes) / 1024,
	}
}

/** By thread. proc(5), "/proc/pid/status"; kernel documentation, "Scheduler Statistics". */
async function usesOf(pid: number): Promise<Map<string, Use>> {
	const uses = new Map<string, Use>()
	for (const thread of await readdir(`/proc/${pid}/task`))
		try {
			const folder = `/proc/${pid}/task/${thread}`
			const [nanoseconds] = (await readFile(`${folder}/schedstat`, 'utf8')).split(' ')
			const [, wakeups] = /^voluntary_ctxt_switches:\s+(\d+)/m.exec(await readFile(`${folder}/status`, 'utf8')) ?? []
			uses.set(thread, {nanoseconds: Number(nanoseconds), wakeups: Number(wakeups)})
		} catch {
			// The thread has ended.
		}
	return uses
}

/** @param since what is not counted. */
function sum(uses: ReadonlyMap<string, Use>, since: ReadonlyMap<string, Use> = new Map()): Use {
	let [nanoseconds, wakeups] = [0, 0]
	for (const [thread, use] of uses) {
		nanoseconds += use.nanoseconds - (since.get(thread)?.nanoseconds ?? 0)
		wakeups += use.wakeups - (since.get(thread)?.wakeups ?? 0)
	}
	return {nanoseconds, wakeups}
}

function idleTable(rows: readonly IdleRow[]): string {
	const head = ['harts', '', 'boot, s', 'processor, s', 'warnings', 'idle, % of a core', 'wake-ups/s', 'resident, MiB']
	return textTable([
		head,
		...rows.map(({harts, side, warnings, idle}) => {
			const figure = (key: keyof IdleUse, digits: number) => idle?.[key].toFixed(digits) ?? '–'
			return [
				`${harts}`,
				side,
				figure('bootSeconds', 1),
				figure('bootCpuSeconds', 1),
				`${warnings}`,
				figure('cpuPercent', 2),
				figure('wakeups', 1),
				figure('residentMiB', 0),
			]
		}),
	])
}
