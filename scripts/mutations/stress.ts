/** Mistakes in the command `stress`: what it takes for a violation, its campaigns, its line of progress. */
import type {Mutation} from './mutation.ts'

const lines = 'src/stress/guest-lines.ts'
const reading = 'test/stress/guest-lines.test.ts'
const campaign = 'src/stress/campaign.ts'
const campaigns = 'test/stress/campaign.test.ts'
const liveLine = 'src/stress/live-line.ts'
const showing = 'test/stress/live-line.test.ts'

export const stressMutations: readonly Mutation[] = [
	{
		name: 'a guest that ends with 0 has passed, whether it came to its checks or not',
		file: lines,
		find: 'exitCode === 0 && hasPassed ?',
		replace: 'exitCode === 0 ?',
		tests: [reading],
	},
	{
		name: 'a guest that has said that it passed may end with any code',
		file: lines,
		find: 'exitCode === 0 && hasPassed ?',
		replace: 'hasPassed ?',
		tests: [reading],
	},
	{
		name: 'what a guest says was violated is forgotten if somebody ends the machine',
		file: lines,
		find: '	if (lines.length > 0) return lines\n',
		replace: "	if (lines.length > 0 && reason !== 'aborted') return lines\n",
		tests: [reading],
	},
	{
		name: 'an error of the machine is no violation if the guest has passed',
		file: lines,
		find: 'if (message !== undefined) return',
		replace: 'if (message !== undefined && !hasPassed) return',
		tests: [reading],
	},
	{
		name: 'a torn line of the console is forgiven',
		file: lines,
		find: '0123456789abcdefghijklmnopqrstuvwxyz)?$/',
		replace: '\\w+)?$/',
		tests: [reading],
	},
	{
		name: 'a guest’s last line is not read if nothing ends it',
		file: lines,
		find: '		this.#takeLine(this.#pending.trimEnd())\n		this',
		replace: '		this',
		tests: [reading],
	},
	{
		name: 'a line that comes in two pieces is two lines',
		file: lines,
		find: "(this.#pending + this.#decoder.decode(bytes, {stream: true})).split('\\n')",
		replace: "this.#decoder.decode(bytes, {stream: true}).split('\\n')",
		tests: [reading],
	},
	{
		name: 'all runs of a campaign have one seed',
		file: campaign,
		find: 'seed: seed++}',
		replace: 'seed}',
		tests: [campaigns],
	},
	{
		name: 'a failure that is kept does not say how the run ended',
		file: campaign,
		find: '`ended with $',
		replace: '`ended $',
		tests: [campaigns],
	},
	{
		name: 'a run that is interrupted counts as failed',
		file: campaign,
		find: "if (code === '0' || signal.aborted) return",
		replace: "if (code === '0') return",
		tests: [campaigns],
	},
	{
		name: 'a campaign counts its flushes as fences',
		file: campaign,
		find: 'totals.fences += result.fences',
		replace: 'totals.fences += result.flushes',
		tests: [campaigns],
	},
	{
		name: 'a failure’s command leaves its design out',
		file: 'src/stress/arguments.ts',
		find: "		...option('--tlb', (tlb && formatTlbDesign(tlb)) || undefined),\n",
		replace: '',
		tests: [campaigns],
	},
	{
		name: 'a campaign that found failures has passed',
		file: campaign,
		find: "return totals.failed > 0 ? 'violated' : 'passed'",
		replace: "return totals.failed > totals.runs ? 'violated' : 'passed'",
		tests: [campaigns],
	},
	{
		name: 'a line of progress is longer than its terminal',
		file: liveLine,
		find: 'text.slice(0, columns - 1)',
		replace: 'text',
		tests: [showing],
	},
	{
		name: 'lines of progress fill a file',
		file: liveLine,
		find: '		if (now - this.#lastPlain < pause) return\n',
		replace: '',
		tests: [showing],
	},
	{
		name: 'the last line of progress stays on the terminal',
		file: liveLine,
		find: "		if (this.#stream.isTTY) this.#stream.write('\\r\\u001b[K')\n",
		replace: '',
		tests: [showing],
	},
]
