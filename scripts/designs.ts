/**
 * Checks designs of the TLB: every flush policy with each encoding of tags, without kept address spaces and with eight of
 * them; then other sizes, indices and victims. Each runs random programs against QEMU, the litmus programs, guests that
 * fence address spaces and code of other harts, and Debian's boot. Build the project first.
 *
 *     npm run designs -- [--programs 2000] [--iterations 20000] [--smp 1,2,4] [--only TEXT] [--json]
 *
 * 0 programs or iterations skip that part, `--smp 0` the boots. Exit code 1 if a check fails.
 */
import {rmSync} from 'node:fs'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Option} from 'commander'
import {formatTlbDesign, type TlbDesign, tagEncodings, tlbKeys} from '../src/tlb/index.ts'
import {guestBinary} from '../test/guests/guests.ts'
import {BenchProgress} from './bench/progress.ts'
import {BuildError, fromRoot} from './build/project.ts'
import {runCommand} from './build/run-command.ts'
import {integerFrom, runScript, scriptCommand} from './build/script-command.ts'

type DesignsOptions = Readonly<{
	programs: number
	iterations: number
	smp: readonly number[]
	only: string
	timeout: number
	json: boolean
}>
type Check = Readonly<{name: string; args: readonly string[]; passed: (output: string) => boolean}>
type Result = Readonly<{design: string; check: string; passed: boolean; seconds: number; output?: string}>

const policies = Object.keys(tlbKeys.policy.values) as TlbDesign['policy'][]
const others: readonly Partial<TlbDesign>[] = [
	{size: '64'},
	{size: '65536'},
	{size: 'qemu', asids: '0'},
	{size: 'adaptive'},
	{size: 'adaptive', policy: 'swap-undo'},
	{index: 'hashed', victim: '8'},
	{index: 'hashed', victim: '8', policy: 'epoch-tag', encoding: 'plus-one', lookup: 'inline'},
	{policy: 'swap-undo', victim: '8'},
	{range: 'off', lastPages: 'off', asids: '32'},
	{policy: 'swap-pool', debug: 'on'},
]
export const designs: readonly Partial<TlbDesign>[] = [
	...policies.flatMap((policy) =>
		tagEncodings.flatMap((encoding) => (['0', '8'] as const).map((asids) => ({policy, encoding, asids}))),
	),
	...others,
]

const script = (name: string) => fromRoot(`scripts/${name}.ts`)
const manyhart = fromRoot('dist/manyhart.js')
const trouble = /panic|Oops|BUG:|WARNING:|stall|lockup|Segmentation/
const translating = ['--accel', 'jit', '--jit-threshold', '1', '--jit-synchronous']

function checksOf(design: string, {programs, iterations, smp}: DesignsOptions, seed: number): readonly Check[] {
	const tlb = ['--tlb', design]
	const differential: Check = {
		name: `${programs} random programs against QEMU`,
		args: [script('fuzz'), '--programs', `${programs}`, '--seed', `${seed}`, ...translating, ...tlb],
		passed: (output) => output.includes(' 0 mismatches'),
	}
	const litmus: Check = {
		name: `litmus, ${iterations} iterations each`,
		args: [
			...[script('litmus'), '--iterations', `${iterations}`, '--increments', '0', '--rounds', '200'],
			...[...translating, ...tlb],
		],
		passed: (output) => output.includes(' 0 forbidden outcomes'),
	}
	const guest = (name: string, harts: number): Check => ({
		name: `guest ${name} on ${harts} harts`,
		args: [manyhart, 'run', '--smp', `${harts}`, '--kernel', guestBinary(name), '--timeout', '300', ...tlb],
		passed: (output) => !output.includes('FAIL'),
	})
	const boot = (harts: number): Check => ({
		name: `Debian on ${harts} harts`,
		args: [
			...[manyhart, 'run', '--guest', 'debian', '--smp', `${harts}`, '--input', 'nproc\\npoweroff -f\\n'],
			...['--timeout', '600', ...tlb],
		],
		passed: (output) =>
			!trouble.test(output) &&
			output.includes(`Brought up 1 node, ${harts} CPU`) &&
			output.includes('reboot: Power down'),
	})
	return [
		...(programs > 0 ? [differential] : []),
		...(iterations > 0 ? [litmus, guest('asids', 2), guest('unfenced', 4)] : []),
		...smp.filter((harts) => harts > 0).map(boot),
	]
}

async function checkDesigns(options: DesignsOptions): Promise<void> {
	const chosen = designs.map(formatTlbDesign).filter((design) => design.includes(options.only))
	if (chosen.length === 0) throw new BuildError(`Expected --only to be part of a design, got ${options.only}`)
	const seed = 1 + (Date.now() % 1_000_000)
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-designs-'))
	const results: Result[] = []
	const planned = chosen.map((design) => ({design, checks: checksOf(design, options, seed)}))
	try {
		using progress = new BenchProgress({
			name: 'designs',
			total: planned.reduce((sum, {checks}) => sum + checks.length, 0),
		})
		for (const {design, checks} of planned) {
			for (const {name, args, passed} of checks) {
				const onFinished = progress.boot(`${design}: ${name}`)
				const began = performance.now()
				const {code, output, timedOut} = await runCommand(process.execPath, args, {
					cwd: folder,
					seconds: options.timeout,
				})
				const isPassed = code === 0 && !timedOut && passed(output)
				const seconds = Math.round((performance.now() - began) / 100) / 10
				results.push({design, check: name, passed: isPassed, seconds, ...(!isPassed && {output: output.slice(-4000)})})
				onFinished(1)
				if (!isPassed) process.stderr.write(`\ndesigns: failed after ${seconds} s: ${design}: ${name}\n`)
			}
		}
	} finally {
		rmSync(folder, {recursive: true, force: true})
	}
	const failed = results.filter(({passed}) => !passed)
	if (options.json) console.log(JSON.stringify({seed, results}, null, '\t'))
	else {
		for (const {design, checks} of planned) {
			const own = results.filter((result) => result.design === design)
			console.log(`${own.every(({passed}) => passed) ? 'ok  ' : 'FAIL'} ${design} (${checks.length} checks)`)
		}
		for (const {design, check, output} of failed) console.log(`\n${design}: ${check} failed:\n${output}`)
		console.log(`designs: seed ${seed}, ${results.length} checks of ${chosen.length} designs, ${failed.length} failed`)
	}
	if (failed.length > 0) throw new BuildError('Expected every check to pass')
}

const smpOf = (text: string) => text.split(',').map(integerFrom(0, 64))
const command = scriptCommand('designs', 'checks designs of the TLB: random programs, litmus, guests, boots')
	.option('--programs <n>', 'random programs against QEMU; 0: none', integerFrom(0, 1_000_000), 2000)
	.option('--iterations <n>', 'iterations of each litmus program; 0: none, and no guests', integerFrom(0, 1e9), 20_000)
	.addOption(new Option('--smp <n,...>', 'harts of the boots; 0: none').argParser(smpOf).default([1, 2, 4], '1,2,4'))
	.option('--only <text>', 'only designs whose --tlb contains it', '')
	.option('--timeout <seconds>', 'for each check', integerFrom(1, 100_000), 1800)
	.option('--json', 'print JSON', false)
	.action(checkDesigns)

if (import.meta.main) await runScript('designs', command)
