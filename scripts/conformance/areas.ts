/** The claims by area: the reference that each is measured against, and the tests or the command that measure it. */

/** Test files. Their cases are the figures in lines that the tests log, or else the tests themselves. */
type TestFiles = Readonly<{
	files: readonly string[]
	/** Its one group is a number; all matches are summed. */
	logged?: RegExp
}>
/** A command whose output gives the number of cases and of failures. */
type Command = Readonly<{
	command: readonly string[]
	read: (output: string) => Readonly<{cases: number; failures: number}>
}>

export type AreaMeasure = Readonly<{
	/** The key in conformance.json. */
	name: string
	area: string
	source: string
	/** What one case is. */
	unit: string
	notImplemented: string
}> &
	(TestFiles | Command)

const casesLine = /ℹ (\d+) cases$/gm
const isa = 'test/isa'
const hart = 'test/hart/core'
const interpreter = 'test/interpreter'

/** The object that a command prints with --json. */
const json = (output: string) => JSON.parse(output.slice(output.indexOf('{\n'), output.lastIndexOf('}') + 1))
const matches = (output: string, pattern: RegExp): number => [...output.matchAll(pattern)].length
const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0)
export const sumOf = (output: string, pattern: RegExp): number =>
	sum([...output.matchAll(pattern)].map(([, figure]) => Number(figure)))

/** Of each kind, by guests that check themselves, on four harts. */
const increments = 10_000_000
const rounds = 10_000
const hostileSeconds = 60
/** Code is translated at the first jump to it. */
const translating = ['--accel', 'jit', '--jit-threshold', '1', '--jit-synchronous'] as const
const [translatedIncrements, translatedRounds] = [1_000_000, 1000] as const
const translatedContention = ['--increments', `${translatedIncrements}`, '--rounds', `${translatedRounds}`] as const

export const areaMeasures: readonly AreaMeasure[] = [
	{
		name: 'encodings',
		area: 'Encodings: all words of the list, every 16-bit parcel',
		source: 'GNU binutils 2.40 (`objdump`), recorded; Zicond and fences from the manual',
		unit: 'words',
		files: [`${isa}/decode.test.ts`, `${isa}/pattern.test.ts`, `${isa}/instructions.test.ts`],
		logged: casesLine,
		notImplemented: '',
	},
	{
		name: 'semantics',
		area: 'RV64GC, Zicsr, Zifencei, Zba, Zbb, Zbs, Zicond, Zicbom, Zicboz, Zawrs: what each instruction does',
		source: 'the unprivileged manual; results worked out by hand, for the evaluator of the instruction list (BigInt)',
		unit: 'tests',
		files: [
			`${isa}/oracle/evaluate.test.ts`,
			`${isa}/oracle/evaluate-fd.test.ts`,
			`${isa}/oracle/evaluate-float.test.ts`,
		],
		notImplemented: 'V, H, Zfh, Zfa, Zbc, Zcb, Zacas, scalar cryptography except the entropy source',
	},
	{
		name: 'interpreter',
		area: 'The interpreter: every form of every instruction with edge cases and random operands; random programs',
		source: 'the evaluator',
		unit: 'instructions and programs',
		files: [
			`${interpreter}/instructions.test.ts`,
			`${interpreter}/programs.test.ts`,
			`${interpreter}/memory.test.ts`,
			`${interpreter}/jumps.test.ts`,
			`${interpreter}/traps.test.ts`,
		],
		logged: casesLine,
		notImplemented: '',
	},
	{
		name: 'regions',
		area: 'Translated code: the same instructions and programs as above; calls, mappings, pages of every kind, code that changes',
		source: 'the evaluator',
		unit: 'tests',
		files: [
			'instructions',
			'programs',
			'calls',
			'memory',
			'pointers',
			'mappings',
			'jumps',
			'traps',
			'rounding',
			'host-float',
		].map((name) => `test/translate/${name}.test.ts`),
		notImplemented: '',
	},
	{
		name: 'softfloat',
		area: 'F and D: results and flags in all rounding modes, every pair of special values',
		source: 'exact BigInt arithmetic; the host’s own floating point where it rounds to nearest',
		unit: 'operations',
		files: [`${hart}/softfloat.test.ts`],
		logged: casesLine,
		notImplemented: '',
	},
	{
		name: 'float-long',
		area: 'F and D: a long run',
		source: 'exact BigInt arithmetic, and QEMU 7.2 for a tenth of the cases',
		unit: 'operations',
		command: ['scripts/fuzz.ts', '--float', '--cases', '10000000', '--seed', '1', '--json'],
		read: (output) => {
			const {oracleCases, qemuCases, failures} = json(output)
			return {cases: oracleCases + qemuCases, failures: failures.length}
		},
		notImplemented: '',
	},
	{
		name: 'differential',
		area: 'Random programs: all extensions but those below, CSRs, traps, delegation, interrupts, page tables of Sv39, Sv48 and Sv57',
		source: 'QEMU 7.2: registers, CSRs, flags and memory at the end must agree',
		unit: 'uses of instructions, in programs',
		command: ['scripts/fuzz.ts', '--minutes', '5', '--seed', '1', '--json'],
		read: (output) => {
			const {cases, failures} = json(output)
			return {cases: sum(Object.values(cases as Record<string, number>)), failures: failures.length}
		},
		notImplemented:
			'not compared, because QEMU 7.2 lacks them or has them off: Zicbom, Zicboz, Zicond, Zawrs, Svnapot, Svpbmt, ADUE = 0',
	},
	{
		name: 'differential-translated',
		area: 'The same, with each program translated before it runs',
		source: 'QEMU 7.2',
		unit: 'uses of instructions, in programs',
		command: ['scripts/fuzz.ts', '--minutes', '5', '--seed', '2', '--json', ...translating],
		read: (output) => {
			const {cases, failures} = json(output)
			return {cases: sum(Object.values(cases as Record<string, number>)), failures: failures.length}
		},
		notImplemented: '',
	},
	{
		name: 'page-walk',
		area: 'Sv39, Sv48, Sv57, Svade, Svadu, Svnapot, Svpbmt; TLB fills; updates of A and D against other harts’ writes',
		source: 'the privileged manual, “Virtual Address Translation Process”',
		unit: 'tests',
		files: ['page-walk', 'tlb-fill', 'memory-access', 'pte-update'].map((name) => `${hart}/${name}.test.ts`),
		notImplemented: 'two-stage translation (H); Svpbmt’s types change nothing, since all of RAM is coherent',
	},
	{
		name: 'pmp',
		area: 'PMP: 16 entries with a granularity of four bytes',
		source: 'the privileged manual; for random entries and accesses QEMU 7.2, in the row below',
		unit: 'tests',
		files: [`${hart}/pmp.test.ts`, `${interpreter}/pmp.test.ts`],
		notImplemented: 'Smepmp',
	},
	{
		name: 'csrs',
		area: 'CSRs: what each reads back after writes; PMP: random entries and accesses',
		source: 'QEMU 7.2, recorded; the privileged manual where it differs',
		unit: 'lines of the record',
		files: ['test/guests/bare-guests.test.ts'],
		logged: /ℹ (\d+) lines/gm,
		notImplemented:
			'CSRs of H, V, AIA; performance counters beyond cycle, time and instret, and triggers, are read-only zero',
	},
	{
		name: 'traps',
		area: 'Traps, delegation, priorities, mret and sret, counters, timers, Sstc, Svinval, Zihpm, Zkr',
		source: 'the privileged manual',
		unit: 'tests',
		files: [`${hart}/trap.test.ts`, `${hart}/csr.test.ts`, 'test/vcpu-worker/timers.test.ts'],
		notImplemented: 'AIA, Smrnmi',
	},
	{
		name: 'litmus',
		area: 'Memory model: litmus programs on two to four harts',
		source: 'RVWMO: verdicts derived from the rules of preserved program order',
		unit: 'iterations',
		command: ['scripts/litmus.ts', '--iterations', '1000000', '--seed', '1', '--increments', '0', '--rounds', '0'],
		read: (output) => ({
			cases: sumOf(output, /^ {5} *(\d+) {2}/gm),
			failures: sumOf(output, /^litmus: \d+ programs, (\d+) forbidden outcomes/gm),
		}),
		notImplemented: 'Ztso',
	},
	{
		name: 'litmus-translated',
		area: 'The same in translated code, with contention and self-modifying code',
		source: 'RVWMO, as above',
		unit: 'iterations, increments and rounds',
		command: ['scripts/litmus.ts', '--iterations', '100000', '--seed', '1', ...translatedContention, ...translating],
		read: (output) => ({
			cases:
				sumOf(output, /^ {5} *(\d+) {2}/gm) +
				translatedIncrements * matches(output, /^PASS .*(?:no increment|no aligned load)/gm) +
				translatedRounds * matches(output, /^PASS .*(?: runs|rewritten)/gm),
			failures: sumOf(output, /^litmus: \d+ programs, (\d+) forbidden outcomes/gm) + matches(output, /^FAIL /gm),
		}),
		notImplemented: '',
	},
	{
		name: 'contention',
		area: 'LR/SC, AMOs, SC against writes of the same value, aligned accesses that must not tear, on four harts',
		source: 'the unprivileged manual, A; the guest checks itself',
		unit: 'increments and reads',
		command: ['scripts/litmus.ts', '--iterations', '0', '--increments', `${increments}`, '--rounds', '0'],
		read: (output) => ({
			cases: increments * matches(output, /^PASS .*(?:no increment|no aligned load)/gm),
			failures: matches(output, /^FAIL /gm),
		}),
		notImplemented: '',
	},
	{
		name: 'self-modifying',
		area: 'Code rewritten by its own hart, by others and by a device, under two addresses and across pages, on four harts',
		source: 'the unprivileged manual, Zifencei; SBI 2.0, RFENCE; the guest checks itself',
		unit: 'rounds',
		command: ['scripts/litmus.ts', '--iterations', '0', '--increments', '0', '--rounds', `${rounds}`],
		read: (output) => ({
			cases: rounds * matches(output, /^PASS .*(?: runs|rewritten)/gm),
			failures: matches(output, /^FAIL /gm),
		}),
		notImplemented: '',
	},
	{
		name: 'device-thread',
		area: 'Atomics and interrupts between a hart and another thread',
		source: 'the unprivileged manual, A; the counts of both sides',
		unit: 'rounds of the hart',
		files: ['test/litmus/amo-beside-thread.test.ts', 'test/litmus/device-thread.test.ts'],
		logged: /ℹ (\d+) rounds/gm,
		notImplemented: '',
	},
	{
		name: 'shootdown',
		area: 'TLB flushes between harts, grace periods',
		source: 'the privileged manual, `sfence.vma`; SBI 2.0, RFENCE; a model that ages its pages',
		unit: 'lookups under torture',
		files: ['test/tlb/torture.test.ts', 'test/tlb/tlb.test.ts', 'test/rcu/rcu.test.ts', 'test/rcu/torture.test.ts'],
		logged: /"lookups":(\d+)/g,
		notImplemented: '',
	},
	{
		name: 'model',
		area: 'A model of grace periods, remote fences and sleeping harts, with two vCPUs and with three',
		source:
			'Spin 6.5: no use after a grace period, nobody is stuck, everything ends; mistakes in the model are refuted',
		unit: 'states',
		command: ['scripts/model.ts', '--model', 'grace-periods', '--json'],
		read: (output) => {
			const {states, failures} = json(output)
			return {cases: states, failures: failures.length}
		},
		notImplemented: '',
	},
	{
		name: 'tables',
		area: 'A model of tables of translations and their flushes: by swap, log, generation and clearing; posted pages, address spaces',
		source:
			'Spin 6.5: no translation from before a completed fence, no use of a recycled table, fences end; mistakes in the model are refuted',
		unit: 'states',
		command: ['scripts/model.ts', '--model', 'translations', '--json'],
		read: (output) => {
			const {states, failures} = json(output)
			return {cases: states, failures: failures.length}
		},
		notImplemented: '',
	},
	{
		name: 'sbi',
		area: 'SBI: BASE, TIME, IPI, RFENCE, HSM, SRST, DBCN, STA, legacy',
		source: 'SBI 2.0',
		unit: 'tests',
		files: ['built-in-sbi', 'hart-states', 'legacy', 'page-range', 'sta'].map((name) => `test/sbi/${name}.test.ts`),
		notImplemented: 'PMU, SUSP, CPPC, NACL; HFENCE',
	},
	{
		name: 'board',
		area: 'The board: PLIC, ACLINT, UART, RTC, virtio-rng, test finisher, device tree',
		source: 'the PLIC, ACLINT and virtio 1.2 specifications; QEMU’s `virt`',
		unit: 'tests',
		files: [
			...[
				'plic',
				'aclint',
				'uart',
				'goldfish-rtc',
				'virtio/virtio-rng',
				'virtio/virtio-legacy',
				'virtio/served-queues',
				'test-finisher',
				'bus',
			].map((name) => `test/board/${name}.test.ts`),
			'test/board/device-tree/virt-tree.test.ts',
		],
		notImplemented: 'PCIe, virtio network devices, CFI flash',
	},
	{
		name: 'hostile-drivers',
		area: 'Hostile drivers: registers, access sizes, rings, chains and DMA addresses, from four threads at once',
		source: 'checksums of all memory except guest RAM; the board serves an ordinary driver afterwards',
		unit: 'accesses and notifications',
		command: ['scripts/fuzz-board.ts', '--seconds', `${hostileSeconds}`, '--seed', '1'],
		read: (output) => {
			const results = [...output.matchAll(/^\{.*\}$/gm)].map(([line]) => JSON.parse(line))
			return {
				cases: results.reduce((sum, {figures}) => sum + figures.accesses + figures.notifications, 0),
				failures: results.reduce((sum, {failures}) => sum + failures.length, 0),
			}
		},
		notImplemented: '',
	},
	{
		name: 'hostile-guests',
		area: 'Hostile guests: an M-mode guest that loads, stores, jumps and walks everywhere; hostile SBI calls',
		source: 'QEMU 7.2, recorded; SBI 2.0; checksums of all memory that the guest must not reach',
		unit: 'attempts and calls',
		files: ['test/hostile/everywhere.test.ts', 'test/hostile/sbi.test.ts'],
		logged: /ℹ (\d+) (?:attempts|calls)/gm,
		notImplemented: '',
	},
	{
		name: 'debian',
		area: 'Debian: its kernel boots to a shell, also over OpenSBI; stress-ng on two harts and on four',
		source: 'stress-ng’s `--verify`; no warning from the kernel',
		unit: 'stressors, verified',
		files: ['test/boot/debian.test.ts', 'test/boot/stress.test.ts'],
		logged: /ℹ (\d+) stressors/gm,
		notImplemented: '',
	},
]
