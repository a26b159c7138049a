import test, {type ExecutionContext} from 'ava'
import {
	regimeCount,
	spacesOf,
	type TlbConfig,
	type TlbDesign,
	TlbSpace,
	type TlbStatistics,
	tagEncodings,
	tlbDesign,
	tlbKeys,
} from '../../src/tlb/index.ts'
import {runThreads} from '../rcu/run-threads.ts'
import {TestMachine, tortureWord} from './test-machine.ts'
import type {TlbTortureResult, TlbTortureRole} from './torture-thread.ts'

const file = new URL('torture-thread.ts', import.meta.url)
/** At least, if all rules are kept. */
const milliseconds = 1000
/** What the assertions want of fences, swaps and undone tables. */
const fewest = 20

type Role = Pick<TlbTortureRole, 'rules' | 'pages' | 'spaces' | 'firstAsid' | 'config'>

/** What shows that the machine's policy was at work. */
function counters(
	{policy}: TlbDesign,
	{undoLimit}: TlbConfig,
): readonly ('swaps' | 'undone' | 'cleared' | 'generations')[] {
	if (policy === 'undo') return ['undone']
	if (policy === 'clear' || policy === 'atomic-clear') return ['cleared']
	if (policy === 'epoch-tag') return ['generations', 'swaps']
	return policy === 'swap-undo' && undoLimit !== -1 ? ['swaps', 'undone'] : ['swaps']
}

async function torture(t: ExecutionContext, options: Role) {
	const {config} = options
	const machine = TestMachine.create(config)
	const seed = Date.now() % 1_000_000
	const vcpus = Array.from({length: config.vcpus}, (_, vcpu) => vcpu)
	const kept = options.rules === 'kept'
	const total = (count: (statistics: TlbStatistics) => number) =>
		vcpus.reduce((sum, vcpu) => sum + count(machine.tlb.tlbStatistics(vcpu)), 0)
	const worked = () =>
		counters(tlbDesign(config.design), config).every((name) => total((statistics) => statistics[name]) > fewest)
	const hits = () => total(({spaces}) => spaces.hits)
	// Orders nothing. Pairs with torture-thread.ts.
	const word = (name: keyof typeof tortureWord) => Atomics.load(machine.memory.i32, machine.words + tortureWord[name])
	const enough = () => {
		if (!kept) return word('stop') === 1
		return word('fences') > fewest && (!keeps(options) || hits() > fewest) && worked()
	}
	const results = await runThreads<TlbTortureRole, TlbTortureResult>(
		file,
		[...vcpus, 'clearer' as const].map((vcpu, index) => ({
			...options,
			...machine.data,
			vcpu,
			seed: seed + index * 7919,
		})),
		{
			milliseconds: kept ? milliseconds : 0,
			enough,
			stop: () => void Atomics.store(machine.memory.i32, machine.words + tortureWord.stop, 1),
		},
	)
	const sum = (field: keyof TlbTortureResult) => results.reduce((total, each) => total + each[field], 0)
	const totals = {
		...{lookups: sum('lookups'), misses: sum('misses'), fences: sum('fences')},
		...{stale: sum('stale'), reports: sum('reports')},
	}
	machine.clearRetired()
	const shared = machine.tlb.sharedStatistics()
	t.log(`seed ${seed}`, JSON.stringify(totals), JSON.stringify(shared))
	t.log(JSON.stringify(machine.tlb.tlbStatistics(0)), JSON.stringify(machine.rcu.statistics()))
	const tablesOfVcpu = regimeCount + spacesOf(config) * TlbSpace.fields.descriptor.count
	return {...totals, shared, worked: worked(), hits: hits(), tables: config.vcpus * tablesOfVcpu}
}

const keeps = ({spaces, firstAsid, config}: Pick<TlbTortureRole, 'spaces' | 'firstAsid' | 'config'>) =>
	spaces > 1 && firstAsid > 0 && spacesOf(config) > 0

function machine(
	design: Partial<TlbDesign> = {},
	{spaces = 3, firstAsid = 1, ...config}: Partial<TlbTortureRole & TlbConfig> = {},
): Pick<TlbTortureRole, 'config' | 'spaces' | 'firstAsid'> {
	const {spareTables, undoLimit} = config
	return {
		config: {
			vcpus: 4,
			design: {size: '64', policy: 'swap-undo', ...design},
			...(spareTables !== undefined && {spareTables}),
			...(undoLimit !== undefined && {undoLimit}),
		},
		spaces,
		firstAsid,
	}
}

const machines: Record<string, Pick<TlbTortureRole, 'config' | 'spaces' | 'firstAsid'>> = {
	'the default pool': machine(),
	'more address spaces than are kept': machine({asids: '2'}, {spaces: 6}),
	'one address space that is kept': machine({asids: '1'}, {spaces: 2}),
	'address spaces whose ASIDs share counts': machine({}, {firstAsid: 63}),
	'a space without an ASID among others': machine({}, {firstAsid: 0}),
	'one space without an ASID': machine({}, {spaces: 1, firstAsid: 0}),
	'undo of tables with few entries': machine({}, {undoLimit: 20}),
	'a pool that runs dry': machine({}, {spareTables: 5, undoLimit: 20}),
	'a pool that runs dry, and tags plus one': machine({encoding: 'plus-one'}, {spareTables: 5, undoLimit: 20}),
	'a pool that runs dry, and generations': machine({policy: 'epoch-tag'}, {spareTables: 1}),
	'a quarantine': machine({policy: 'swap-pool', debug: 'on'}),
	'a quarantine of a few tables, and generations': machine({policy: 'epoch-tag', debug: 'on'}, {spareTables: 6}),
}
for (const policy of Object.keys(tlbKeys.policy.values) as TlbDesign['policy'][]) {
	for (const encoding of tagEncodings) {
		for (const asids of ['0', '8'] as const) {
			// A table has 64 entries: more than undoLimit are to be filled now and then.
			const config = policy === 'swap-undo' ? {undoLimit: 20} : {}
			machines[`the policy ${policy}, ${encoding}, asids=${asids}`] = machine({policy, encoding, asids}, config)
		}
	}
}

for (const [name, options] of Object.entries(machines)) {
	test.serial(`no vCPU uses a stale translation after a fence, with ${name}`, async (t) => {
		const {stale, reports, fences, lookups, misses, shared, tables, worked, hits} = await torture(t, {
			rules: 'kept',
			pages: 256,
			...options,
		})
		t.is(stale, 0)
		t.is(reports, 0)
		t.true(fences > fewest)
		t.true(lookups > misses)
		t.true(worked)
		if (keeps(options)) t.true(hits > fewest)
		const quarantined = shared.quarantine?.tables ?? 0
		t.is(shared.retired - shared.recycled, shared.waiting + quarantined)
		t.is(quarantined > 0, options.config.design?.debug === 'on')
		t.is(shared.waiting, 0, 'all vCPUs are offline, so all grace periods have elapsed')
		t.is(shared.free, shared.tables - tables - quarantined)
	})
}

for (const rules of ['does not wait', 'fills the new table'] as const) {
	test.serial(`stale translations are detected when a thread ${rules}`, async (t) => {
		const options = machine({size: '256'}, {spaces: 1, firstAsid: 0})
		const {stale} = await torture(t, {rules, pages: 16, ...options})
		t.true(stale > 0)
	})
}

test.serial(
	'a use of a retired table is reported when tables are quarantined before their grace period has elapsed',
	async (t) => {
		// So many that none is used again soon.
		const options = machine({policy: 'swap-pool', debug: 'on'}, {spaces: 1, firstAsid: 0, spareTables: 2000})
		const {reports} = await torture(t, {rules: 'quarantines at once', pages: 256, ...options})
		t.is(reports, 1)
	},
)
