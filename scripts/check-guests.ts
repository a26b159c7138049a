/**
 * Checks that the guest binaries match their sources. With `--qemu`, also checks that each prints its expected.txt
 * under qemu-system-riscv64 with QEMU's own OpenSBI; `--record` writes expected.txt from that output.
 */
import {join} from 'node:path'
import {expectedOutput, type GuestProgram, guestBinary, guestPrograms, outputDifference} from '../test/guests/guests.ts'
import {BuildError, fromRoot, reportFailure, writeWhole} from './build/project.ts'
import {checkGuests} from './guests/check.ts'
import {runQemu} from './guests/qemu.ts'

const timeoutSeconds = 60
const runawaySeconds = 3
const opensbiBannerEnd = /^Boot HART MEDELEG.*\r?\n/m

async function checkUnderQemu(program: GuestProgram): Promise<string | undefined> {
	const runsAway = program.end === 'runs away'
	const run = await runQemu({
		kernel: guestBinary(program.name),
		harts: program.harts,
		...(program.memory ? {memory: program.memory} : {}),
		timeoutSeconds: runsAway ? runawaySeconds : timeoutSeconds,
	})
	const printed = run.console.split(opensbiBannerEnd)[1] ?? ''
	if (process.argv.includes('--record')) await writeWhole(expectedPath(program), record(printed))
	if (run.timedOut !== runsAway) return run.timedOut ? 'did not end' : 'ended'
	if (!runsAway && run.exitCode !== program.end) return `exit code ${run.exitCode}, expected ${program.end}`
	return outputDifference(printed, await expectedOutput(program.name))
}

const expectedPath = ({name}: GuestProgram) => join(fromRoot('test/guests'), name, 'expected.txt')

/** Figures that differ from run to run become `#`. */
const record = (printed: string) =>
	printed
		.replaceAll('\r', '')
		.trim()
		.replace(
			/\d+(?= ticks)|\d+(?= ns(?! \d))|(?<= ns )\d+|\d+(?= reads)|(?<=\()\d+(?= faults)|(?<=booted on hart )\d+/g,
			'#',
		)
		.concat('\n')

try {
	const {faults: mismatches, rebuilt} = await checkGuests()
	const faults = [...mismatches]
	if (process.argv.includes('--qemu'))
		for (const program of guestPrograms.filter(({on}) => on === 'bare metal')) {
			const fault = await checkUnderQemu(program)
			console.log(`${fault ? 'FAIL' : 'ok  '} ${program.name} under QEMU`)
			if (fault) faults.push(`${program.name} under QEMU: ${fault}`)
		}
	if (faults.length > 0) throw new BuildError(faults.join('\n'))
	console.log(`${guestPrograms.length} guest programs match their sources, ${rebuilt} of them rebuilt byte for byte`)
} catch (error) {
	reportFailure('check-guests', error)
}
