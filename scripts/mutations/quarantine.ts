/** Mistakes in the quarantine of retired tables, in the main thread's watch of it, and in what reports say of harts. */
import type {Mutation} from './mutation.ts'

const units = 'test/tlb/quarantine.test.ts'
const machines = 'test/main/table-watch.test.ts'
const quarantine = 'src/tlb/quarantine.ts'
const core = 'src/tlb/core/quarantine.ts'
const publication = 'src/tlb/publication.ts'
const pool = 'src/tlb/table-pool.ts'
const watch = 'src/main/table-watch.ts'

export const quarantineMutations: readonly Mutation[] = [
	{
		name: 'a table comes into quarantine without the canary',
		file: quarantine,
		find: '		this.#operations.fillCanary(descriptor)\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'a hart may look into a table after it has passed a quiescent state',
		file: 'src/vcpu-worker/vcpu.ts',
		find: "		this.registers.setWord('dataTable', 0)\n",
		replace: '',
		tests: [machines],
	},
	{
		name: 'a table leaves the quarantine although it is not full',
		file: quarantine,
		find: 'this.length > kept ?',
		replace: 'this.length > 0 ?',
		tests: [units],
	},
	{
		name: 'a table that leaves the quarantine is not checked',
		file: pool,
		find: '		quarantine.check(table, descriptor)\n		FAULT: if',
		replace: '		FAULT: if',
		tests: [units],
	},
	{
		name: 'a table that is used again is not checked to be clear',
		file: pool,
		find: '		this.#quarantine?.checkClear(table, descriptor)\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'who takes a table out is noted as who published it',
		file: quarantine,
		find: '		this.#write(this.#record(table) + TableRecord.offset.takenOut, publication)\n',
		replace: '		this.#write(this.#record(table) + TableRecord.offset.published, publication)\n',
		tests: [units],
	},
	{
		name: 'a report names the first word that has changed, even if an entry stands for a page',
		file: quarantine,
		find: 'indexOf(change) < entries && this.#pageOf(start, indexOf(change)) !== undefined,',
		replace: 'change === first,',
		tests: [units],
	},
	{
		name: 'the canary ends with the entries',
		file: core,
		find: 'for (let at = tableOf(descriptor); at < end; at += 8) store',
		replace: 'for (let at = tableOf(descriptor); at < trailerOf(descriptor); at += 8) store',
		tests: [units],
	},
	{
		name: 'the canary says that the table is filled',
		file: core,
		find: '	store<u32>(trailerOf(descriptor), 0, TLB_TRAILER_FILLED)\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'a check ends with the entries',
		file: core,
		find: '	const end = endOf(descriptor)\n	const filled',
		replace: '	const end = trailerOf(descriptor)\n	const filled',
		tests: [units],
	},
	{
		name: 'a check looks at the first word of two',
		file: core,
		find: '		if (isChanged(at + 4, filled)) return at + 4\n',
		replace: '',
		tests: [units],
	},
	{
		name: 'a table that leaves the quarantine keeps its log',
		file: core,
		find: 'memory.fill(table, 0, endOf(descriptor) - table)',
		replace: 'memory.fill(table, 0, trailerOf(descriptor) - table)',
		tests: [units],
	},
	{
		name: 'a fence of another hart is noted as one of the table’s',
		file: publication,
		find: 'by: isOwn ? vcpu : this.initiator',
		replace: 'by: vcpu',
		tests: [units],
	},
	{
		name: 'another size is noted as taken by the latest initiator of a fence',
		file: publication,
		find: ' || step === PublishStep.resize\n',
		replace: '\n',
		tests: [units],
	},
	{
		name: 'a table is noted with the epoch of the one before',
		file: publication,
		find: 'epoch + regime * 4) >>> 2) + 1,',
		replace: 'epoch + regime * 4) >>> 2),',
		tests: [units],
	},
	{
		name: 'heartbeats have no tables quarantined',
		file: watch,
		find: '		clear()\n',
		replace: '',
		tests: [machines],
	},
	{
		name: 'heartbeats check no tables',
		file: watch,
		find: '		this.check()\n',
		replace: '',
		tests: [machines],
	},
	{
		name: 'any failure of a helper counts as a use of a retired table',
		file: watch,
		find: '		if (!(error instanceof UseAfterRetirement)) return this.#fail(message)\n',
		replace: '',
		tests: [machines],
	},
	{
		name: 'tables that were held back once are reported',
		file: watch,
		find: 'heldBack === this.#heldBack ? 0 : this.#beats + 1',
		replace: 'heldBack === 0 ? 0 : this.#beats + 1',
		tests: [machines],
	},
	{
		name: 'tables that are held back are reported at each heartbeat',
		file: watch,
		find: 'if (this.#beats !== reportAfter)',
		replace: 'if (this.#beats < reportAfter)',
		tests: [machines],
	},
]

const activity = 'src/hart/activity.ts'
const coreActivity = 'src/hart/core/activity.ts'
const describing = 'test/hart/activity.test.ts'
const noting = 'test/hart/core/activity.test.ts'
const reporting = 'test/vcpu-worker/hart-reports.test.ts'

export const reportMutations: readonly Mutation[] = [
	{
		name: 'an activity that has ended goes on',
		file: activity,
		find: '		this.#words[this.#word] = before\n',
		replace: '',
		tests: [describing],
	},
	{
		name: 'a report names no device',
		file: activity,
		find: 'activity === Activity.device ? deviceAt(Number(at)) : undefined',
		replace: 'undefined',
		tests: [describing],
	},
	{
		name: 'a report of a page walk takes the hart for stopped at its pc',
		file: activity,
		find: '[Activity.guestCode, Activity.pageWalk, Activity.device]',
		replace: '[Activity.guestCode, Activity.device]',
		tests: [describing],
	},
	{
		name: 'the hart core notes no address',
		file: coreActivity,
		find: '	store<u64>(hart, at, RUN_ACTIVITY_AT)\n',
		replace: '',
		tests: [noting],
	},
	{
		name: 'the hart core is in a page walk for ever',
		file: coreActivity,
		find: '	store<u32>(hart, before, RUN_ACTIVITY)\n',
		replace: '',
		tests: [noting],
	},
	{
		name: 'a stall is reported with what hart 0 does',
		file: 'src/vcpu-worker/hart-reports.ts',
		find: 'activityOf(machine, stall.reader)}',
		replace: 'activityOf(machine, 0)}',
		tests: [reporting],
	},
	{
		name: 'a report looks for devices nowhere on the board',
		file: 'src/vcpu-worker/hart-reports.ts',
		find: 'board.bus.nameAt(gpa)',
		replace: 'board.bus.nameAt(gpa % 4096)',
		tests: [reporting],
	},
]
