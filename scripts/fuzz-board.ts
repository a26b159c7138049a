/** Attacks the board's registers and rings: `npm run fuzz-board -- --seconds N [--each N] [--seed S]`. Prints a line of JSON for each version of virtio-mmio. */
import {fuzzBoard} from '../test/hostile/fuzz-board.ts'
import {integerFrom, numberFrom, runScript, scriptCommand} from './build/script-command.ts'

async function attack({
	seconds,
	each,
	seed,
}: Readonly<{seconds: number; each: number | undefined; seed: number}>): Promise<void> {
	for (const virtioMmioVersion of [1, 2] as const) {
		const amount = each === undefined ? {} : {each: Math.ceil(each / 2)}
		const result = await fuzzBoard({seed, seconds: seconds / 2, virtioMmioVersion, ...amount})
		console.log(JSON.stringify({seed, virtioMmioVersion, ...result}))
		for (const failure of result.failures) console.error(failure)
		if (result.failures.length > 0) process.exitCode = 1
	}
}

const command = scriptCommand('fuzz-board', "attacks the board's registers and rings")
	.option('--seconds <n>', 'how long', numberFrom(0, 1_000_000), 60)
	.option('--each <n>', 'instead: so many accesses to each device', integerFrom(1, 1_000_000_000))
	.option('--seed <n>', 'seed of the attacks (default: random)', integerFrom(0, 2 ** 32 - 1))
	.action(({seconds, each, seed = Math.floor(Math.random() * 2 ** 32)}) => attack({seconds, each, seed}))
await runScript('fuzz-board', command)
