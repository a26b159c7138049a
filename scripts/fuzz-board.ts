/** Attacks the board's registers and rings: `npm run fuzz-board -- --seconds N [--seed S]`. Prints one line of JSON. */
import {parseArgs} from 'node:util'
import {fuzzBoard} from '../test/hostile/fuzz-board.ts'

const {values: options} = parseArgs({options: {seconds: {type: 'string', default: '60'}, seed: {type: 'string'}}})
const seed = Number(options.seed ?? Math.floor(Math.random() * 2 ** 32))

const result = await fuzzBoard({seed, seconds: Number(options.seconds)})
console.log(JSON.stringify({seed, ...result}))
for (const failure of result.failures) console.error(failure)
process.exitCode = result.failures.length > 0 ? 1 : 0
