import test, {type ExecutionContext} from 'ava'
import {regimeCount, spacesOf, type TlbConfig, TlbSpace} from '../../src/tlb/index.ts'
import {runThreads} from '../rcu/run-threads.ts'
import {TestMachine, tortureWord} from './test-machine.ts'
import type {TlbTortureResult, TlbTortureRole} from './torture-thread.ts'

const file = new URL('torture-thread.ts', import.meta.url)
/** At least, if all rules are kept. */
const milliseconds = 2000
/** What the assertions want of fences, swaps and undone tables. */
const fewest = 20

async function torture(
	t: ExecutionContext,
	options: Pick<TlbTortureRole, 'rules' | 'pages' | 'spaces' | 'firstAsid' | 'config'>,
) {
	const {config} = options
	const machine = TestMachine.create(config)
	const seed = Date.now() % 1_000_000
	const vcpus = Array.from({length: config.vcpus}, (_, vcpu) => vcpu)
	const kept = options.rules === 'kept'
	const swaps = () => vcpus.reduce((total, vcpu) => total + machine.tlb.tlbStatistics(vcpu).swaps, 0)
	const undone = () => vcpus.reduce((total, vcpu) => total + machine.tlb.tlbStatistics(vcpu).undone, 0)
	const hits = () => vcpus.reduce((total, vcpu) => total + machine.tlb.tlbStatistics(vcpu).spaces.hits, 0)
	// Orders nothing. Pairs with torture-thread.ts.
	const word = (name: keyof typeof tortureWord) => Atomics.load(machine.memory.i32, machine.words + tortureWord[name])
	const enough = () => {
		if (!kept) return word('stop') === 1
		if (word('fences') <= fewest) return false
		if (keeps(options) && hits() <= fewest) return false
		return (!swapsToo(config) || swaps() > fewest) && (!undoes(config) || undone() > fewest)
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
	const totals = {lookups: sum('lookups'), misses: sum('misses'), fences: sum('fences'), stale: sum('stale')}
	machine.clearRetired()
	const shared = machine.tlb.sharedStatistics()
	t.log(`seed ${seed}`, JSON.stringify(totals), JSON.stringify(shared))
	t.log(JSON.stringify(machine.tlb.tlbStatistics(0)), JSON.stringify(machine.rcu.statistics()))
	const tablesOfVcpu = regimeCount + spacesOf(config) * TlbSpace.fields.descriptor.count
	return {...totals, shared, swaps: swaps(), undone: undone(), hits: hits(), tables: config.vcpus * tablesOfVcpu}
}

const keeps = ({spaces, firstAsid, config}: Pick<TlbTortureRole, 'spaces' | 'firstAsid' | 'config'>) =>
	spaces > 1 && firstAsid > 0 && spacesOf(config) > 0
const swapsToo = ({policy}: TlbConfig) => policy !== 'clear'
const undoes = (config: TlbConfig) => swapsToo(config) && config.undoLimit !== -1

const small: TlbConfig = {vcpus: 4, log2Entries: 6}
const flushing = {encoding: 'poison-zero', asids: '0'} as const
const machines: Record<string, Pick<TlbTortureRole, 'config' | 'spaces' | 'firstAsid'>> = {
	'the default pool': {config: small, spaces: 3, firstAsid: 1},
	'more address spaces than are kept': {config: {...small, design: {asids: '2'}}, spaces: 6, firstAsid: 1},
	'one address space that is kept': {config: {...small, design: {asids: '1'}}, spaces: 2, firstAsid: 1},
	'address spaces whose ASIDs share counts': {config: small, spaces: 3, firstAsid: 63},
	'a space without an ASID among others': {config: small, spaces: 3, firstAsid: 0},
	'one space without an ASID': {config: small, spaces: 1, firstAsid: 0},
	'undo of tables with few entries': {config: {...small, undoLimit: 20}, spaces: 3, firstAsid: 1},
	'no undo': {config: {...small, undoLimit: -1}, spaces: 3, firstAsid: 1},
	'a pool that runs dry': {config: {...small, spareTables: 5, undoLimit: 20}, spaces: 3, firstAsid: 1},
	'the policy clear': {config: {...small, policy: 'clear'}, spaces: 3, firstAsid: 1},
	'writes of satp that flush': {config: {...small, design: flushing}, spaces: 3, firstAsid: 1},
	'tags plus one': {
		config: {...small, spareTables: 5, undoLimit: 20, design: {encoding: 'plus-one'}},
		spaces: 3,
		firstAsid: 1,
	},
}

for (const [name, options] of Object.entries(machines)) {
	test.serial(`no vCPU uses a stale translation after a fence, with ${name}`, async (t) => {
		const {config} = options
		const {stale, fences, lookups, misses, shared, tables, swaps, undone, hits} = await torture(t, {
			rules: 'kept',
			pages: 256,
			...options,
		})
		t.is(stale, 0)
		t.true(fences > fewest)
		t.true(lookups > misses)
		t.is(swaps > fewest, swapsToo(config))
		t.is(undone > fewest, undoes(config))
		if (keeps(options)) t.true(hits > fewest)
		t.is(shared.retired - shared.recycled, shared.waiting)
		t.is(shared.waiting, 0, 'all vCPUs are offline, so all grace periods have elapsed')
		t.is(shared.free, shared.tables - tables)
	})
}

for (const rules of ['does not wait', 'fills the new table'] as const) {
	test.serial(`stale translations are detected when a thread ${rules}`, async (t) => {
		const options = {config: {vcpus: 4, log2Entries: 8}, spaces: 1, firstAsid: 0}
		const {stale} = await torture(t, {rules, pages: 16, ...options})
		t.true(stale > 0)
	})
}
