import test, {type ExecutionContext} from 'ava'
import {regimeCount, type TlbConfig} from '../../src/tlb/index.ts'
import {runThreads} from '../rcu/run-threads.ts'
import {TestMachine, tortureWord} from './test-machine.ts'
import type {TlbTortureResult, TlbTortureRole} from './torture-thread.ts'

const file = new URL('torture-thread.ts', import.meta.url)
/** At least, if all rules are kept. */
const milliseconds = 2000
/** What the assertions want of fences, swaps and undone tables. */
const fewest = 20

async function torture(t: ExecutionContext, options: Pick<TlbTortureRole, 'rules' | 'pages' | 'config'>) {
	const {config} = options
	const machine = TestMachine.create(config)
	const seed = Date.now() % 1_000_000
	const vcpus = Array.from({length: config.vcpus}, (_, vcpu) => vcpu)
	const kept = options.rules === 'kept'
	const swaps = () => vcpus.reduce((total, vcpu) => total + machine.tlb.tlbStatistics(vcpu).swaps, 0)
	const undone = () => vcpus.reduce((total, vcpu) => total + machine.tlb.tlbStatistics(vcpu).undone, 0)
	// Orders nothing. Pairs with torture-thread.ts.
	const word = (name: keyof typeof tortureWord) => Atomics.load(machine.memory.i32, machine.words + tortureWord[name])
	const enough = () => {
		if (!kept) return word('stop') === 1
		if (word('fences') <= fewest) return false
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
	return {...totals, shared, swaps: swaps(), undone: undone(), tables: config.vcpus * regimeCount}
}

const swapsToo = ({policy}: TlbConfig) => policy !== 'clear'
const undoes = (config: TlbConfig) => swapsToo(config) && config.undoLimit !== -1

const configs: Record<string, TlbConfig> = {
	'the default pool': {vcpus: 4, log2Entries: 6},
	'undo of tables with few entries': {vcpus: 4, log2Entries: 6, undoLimit: 20},
	'no undo': {vcpus: 4, log2Entries: 6, undoLimit: -1},
	'a pool that runs dry': {vcpus: 4, log2Entries: 6, spareTables: 5, undoLimit: 20},
	'the policy clear': {vcpus: 4, log2Entries: 6, policy: 'clear'},
	'tags plus one': {vcpus: 4, log2Entries: 6, spareTables: 5, undoLimit: 20, design: {encoding: 'plus-one'}},
}

for (const [name, config] of Object.entries(configs)) {
	test.serial(`no vCPU uses a stale translation after a fence, with ${name}`, async (t) => {
		const {stale, fences, lookups, misses, shared, tables, swaps, undone} = await torture(t, {
			rules: 'kept',
			pages: 256,
			config,
		})
		t.is(stale, 0)
		t.true(fences > fewest)
		t.true(lookups > misses)
		t.is(swaps > fewest, swapsToo(config))
		t.is(undone > fewest, undoes(config))
		t.is(shared.retired - shared.recycled, shared.waiting)
		t.is(shared.waiting, 0, 'all vCPUs are offline, so all grace periods have elapsed')
		t.is(shared.free, shared.tables - tables)
	})
}

for (const rules of ['does not wait', 'fills the new table'] as const) {
	test.serial(`stale translations are detected when a thread ${rules}`, async (t) => {
		const {stale} = await torture(t, {rules, pages: 16, config: {vcpus: 4, log2Entries: 8}})
		t.true(stale > 0)
	})
}
