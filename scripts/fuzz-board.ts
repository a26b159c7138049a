/** Attacks the board's registers and rings: `npm run fuzz-board -- --seconds N [--seed S]`. Prints a line of JSON for each version of virtio-mmio. */
import {fuzzBoard} from '../test/hostile/fuzz-board.ts'
import {integerFrom, numberFrom, runScript, scriptCommand} from './build/script-command.ts'

async function attack({seconds, seed}: Readonly<{seconds: number; seed: number}>): Promise<void> {
	for (const virtioMmioVersion of [1, 2] as const) {
		const result = await fuzzBoard({seed, seconds: seconds / 2, virtioMmioVersion})
		console.log(JSON.stringify({seed, virtioMmioVersion, ...result}))
		for (const failure of result.failures) console.error(failure)
		if (result.failures.length > 0) process.exitCode = 1
	}
}

const command = scriptCommand('fuzz-board', "attacks the board's registers and rings")
	.option('--seconds <n>', 'how long', numberFrom(0, 1_000_000), 60)
	.option('--seed <n>', 'seed of the attacks (default: random)', integerFrom(0, 2 ** 32 - 1))
	.action(({seconds, seed = Math.floor(Math.random() * 2 ** 32)}) => attack({seconds, seed}))
await runScript('fuzz-board', command)
