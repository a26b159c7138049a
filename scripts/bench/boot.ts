/** Debian's boot here and on the peer, pair by pair: wall time from start to the shell prompt. */
import {fetchGuest, resolveGuest} from '../../src/main/guests/index.ts'
import {BuildError} from '../build/project.ts'
import {BenchProgress} from './progress.ts'
import {type Compared, comparedSides, type Side} from './sides.ts'
import {type Pair, speedRows, speedTable} from './speeds.ts'

const shellPrompt = /~ # /

export type BootOptions = Compared &
	Readonly<{
		pairs: number
		smp: number
		json: boolean
		timeout: number
		/** Whether the boots have what two earlier ones, which do not count, have translated. */
		warm: boolean
	}>

export async function benchBoot(options: BootOptions): Promise<void> {
	const {ours, peer, qemu} = await comparedSides(options)
	await fetchGuest('debian')
	const guest = {...(await resolveGuest('debian')), harts: options.smp}
	const pairs: Pair[] = []
	{
		const before = options.warm ? 2 : 0
		using progress = new BenchProgress({total: 2 * (options.pairs + before)})
		const measure = async (side: Side, pair: number) => {
			const onFinished = progress.boot(`pair ${pair} of ${options.pairs}, ${side.name}`)
			const run = await side.boot(guest, {timeoutSeconds: options.timeout, until: shellPrompt})
			onFinished(1)
			if (shellPrompt.test(run.console)) return {'boot to shell': run.seconds}
			throw new BuildError(`${side.name} reached no shell prompt:\n${run.console.slice(-2000)}`)
		}
		for (let run = 1; run <= before; run++) for (const side of [ours, peer]) await measure(side, 0)
		for (let pair = 1; pair <= options.pairs; pair++)
			pairs.push({ours: await measure(ours, pair), peer: await measure(peer, pair)})
	}
	const rows = speedRows(pairs)
	const {pairs: count, smp, own, against, warm} = options
	const about = {mode: 'boot', warm, qemu, against, own, pairs: count, harts: smp}
	if (options.json) console.log(JSON.stringify({...about, rows}, undefined, '\t'))
	else console.log(speedTable(rows, [], peer.name))
}
