/** Mistakes in the times of harts, in traces, and in the time that harts are told was stolen. */
import type {Mutation} from './mutation.ts'

const ring = 'src/trace/event-ring.ts'
const note = 'src/trace/timed-note.ts'
const blocks = 'src/trace/traced-blocks.ts'
const tables = 'src/trace/traced-tables.ts'
const arrows = 'src/main/tracing/arrows.ts'
const file = 'src/main/tracing/trace-file.ts'
const rings = 'test/trace/event-ring.test.ts'
const notes = 'test/trace/timed-note.test.ts'
const bells = 'test/trace/traced-blocks.test.ts'
const swaps = 'test/trace/traced-tables.test.ts'
const times = 'test/main/tracing/machine-times.test.ts'

export const tracingMutations: readonly Mutation[] = [
	{
		name: 'a full ring takes one event more',
		file: ring,
		find: '((this.#written - this.#taken) | 0) >= this.events && this.#isFull()',
		replace: '((this.#written - this.#taken) | 0) > this.events && this.#isFull()',
		tests: [rings],
	},
	{
		name: 'an event that finds no room is not counted',
		file: ring,
		find: '			words[this.dropped]!++\n',
		replace: '',
		tests: [rings],
	},
	{
		name: 'events above the quota are written',
		file: ring,
		find: 'if (this.#left === 0 && !this.#refill(began + lasted)) return false',
		replace: 'if (this.#left === 0) this.#refill(began + lasted)',
		tests: [rings],
	},
	{
		name: 'a second hole has the events of the first, too',
		file: ring,
		find: '		this.#missing = 0\n		return true\n',
		replace: '		return true\n',
		tests: [rings],
	},
	{
		name: 'places of events are given back before the next one is read',
		file: ring,
		find: '		Atomics.store(words, this.tail, end)\n',
		replace: '		Atomics.store(words, this.tail, (end + 1) | 0)\n',
		tests: [rings],
	},
	{
		name: 'the clock of traces begins with its thread',
		file: 'src/trace/trace-clock.ts',
		find: 'return () => performance.now() * 1000 + offset',
		replace: 'return () => performance.now() * 1000 + 0 * offset',
		tests: ['test/trace/trace-clock.test.ts'],
	},
	{
		name: 'an outer activity is also given the time of what it contains',
		file: note,
		find: 'this.#spent + (isPart ? outer : inner)]! += now - this.#since',
		replace: 'this.#spent + (isPart ? outer : inner)]! += now - this.#began[this.#depth]!',
		tests: [notes],
	},
	{
		name: 'a sleep in a wfi is no part of it',
		file: note,
		find: '(isPart ? outer : inner)',
		replace: '(isPart ? inner : inner)',
		tests: [times],
	},
	{
		name: 'a call of the SBI that waits for nobody ends when it begins',
		file: note,
		find: 'this.#fenceEnded = activity === Activity.fence',
		replace: 'this.#fenceEnded = activity !== Activity.halt',
		tests: [notes],
	},
	{
		name: 'what began while events were left out ends in the trace',
		file: note,
		find: 'this.#noted[this.#depth] = isNoted ? 1 : 0',
		replace: 'this.#noted[this.#depth] = 1',
		tests: [notes],
	},
	{
		name: 'instructions that a slice has not used count as retired',
		file: note,
		find: 'words[this.#instret]! - words[this.#budget]! - words[this.#reserve]!',
		replace: 'words[this.#instret]! - words[this.#reserve]!',
		tests: [notes],
	},
	{
		name: 'a bell that a hart rings itself is timed',
		file: blocks,
		find: '		if (vcpu === this.#self) return\n',
		replace: '',
		tests: [times],
	},
	{
		name: 'a bell that was silenced is timed until the next one',
		file: blocks,
		find: '		Atomics.store(this.memory.i32, this.#rungAt(vcpu), 0)\n',
		replace: '',
		tests: [times],
	},
	{
		name: 'the answer to a fence is timed before its number is read',
		file: blocks,
		find: 'const now = areNumbers ? this.#now() : (note?.latest ?? this.#now())',
		replace: 'const now = areNumbers && !note ? this.#now() : (note?.latest ?? this.#now())',
		tests: [bells],
	},
	{
		name: 'bells that are taken twice at a safepoint are two answers',
		file: blocks,
		find: 'if (answers && this.#answering === undefined) {',
		replace: 'if (answers) {',
		tests: [bells],
	},
	{
		name: 'a software interrupt that was raised already has an arrow',
		file: blocks,
		find: 'this.#ring?.add(EventKind.ipi, this.#now(), 0, vcpu, this.#raises)',
		replace: 'this.#ring?.add(EventKind.ipi, this.#now(), 0, vcpu, this.#raises, ++this.#ipi)',
		tests: [bells],
	},
	{
		name: 'a generation is in the trace as often as the hart looks',
		file: tables,
		find: '			this.#seen[regime] = began\n',
		replace: '',
		tests: [swaps],
	},
	{
		name: 'a generation that another hart has begun is the owner’s, too',
		file: 'src/tlb/flush-policy.ts',
		find: "		count(tables, state, 'generations')\n		tables.observer",
		replace:
			"		count(tables, state, 'generations')\n		Atomics.add(tables.memory.i32, (state + TlbState.offset.ownGenerations + regime * 4) >>> 2, 1)\n		tables.observer",
		tests: [swaps],
	},
	{
		name: 'a safepoint answers one fence',
		file: arrows,
		find: 'if (first.number > last.number) taken.shift()',
		replace: 'if (first.number >= last.number) taken.shift()',
		tests: [times],
	},
	{
		name: 'an answer that is read before its fence is forgotten',
		file: arrows,
		find: 'if (taken.length > mostOpen) taken.shift()',
		replace: 'if (taken.length > 0) taken.shift()',
		tests: [times],
	},
	{
		name: 'at the limit of the file an arrow may lose its end',
		file,
		find: 'if (!this.#hasRoom(first.length + second.length + separators)) {\n			this.#cut += 2\n			return\n		}\n		this.#append(first)\n		this.#append(second)',
		replace: 'this.write(first)\n		this.write(second.padEnd(0 * separators))',
		tests: [times],
	},
	{
		name: 'nothing is kept back for the end of a trace',
		file,
		find: 'this.#mostBytes = mostBytes - reserve',
		replace: 'this.#mostBytes = mostBytes - 0 * reserve',
		tests: ['test/main/tracing/machine-trace.test.ts'],
	},
	{
		name: 'events that are left in the rings at the end are not written',
		file: 'src/main/tracing/machine-times.ts',
		find: '		this.#timer = undefined\n		this.#drain()\n',
		replace: '		this.#timer = undefined\n',
		tests: [times],
	},
	{
		name: 'translated code that was left counts as translated',
		file: 'src/trace/activity-sampler.ts',
		find: "((entries - exits) | 0) > 0 ? 'translated' : 'interpreted'",
		replace: "((entries - 0 * exits) | 0) > 0 ? 'translated' : 'interpreted'",
		tests: [times],
	},
]

const sta = 'src/sbi/sta.ts'
const steal = 'src/sbi/steal-time.ts'
const calls = 'test/sbi/sta.test.ts'

export const stealTimeMutations: readonly Mutation[] = [
	{
		name: 'time that was stolen before the guest asked counts',
		file: steal,
		find: '		this.#stolenBefore = this.#stolen()\n',
		replace: '		this.#stolenBefore = 0\n',
		tests: [calls],
	},
	{
		name: 'stolen time stops at four seconds',
		file: steal,
		find: 'Math.floor(steal / 2 ** 32))',
		replace: '0)',
		tests: [calls],
	},
	{
		name: 'the record does not say that it is being written',
		file: steal,
		find: '		Atomics.store(i32, record + offset.sequence / 4, this.#sequence + 1)\n',
		replace: '',
		tests: [calls],
	},
	{
		name: 'the record keeps what the guest had there',
		file: steal,
		find: '		this.#ram.bytes(gpa, size).fill(0)\n',
		replace: '',
		tests: [calls],
	},
	{
		name: 'a guest that wants to be told no more still is',
		file: sta,
		find: '		stealTime.stop()\n',
		replace: '',
		tests: [calls],
	},
	{
		name: 'a record that is not aligned is taken',
		file: sta,
		find: '	if ((addressLow & (StealTimeRecord.align - 1)) !== 0) return SbiError.INVALID_PARAM\n',
		replace: '',
		tests: [calls],
	},
	{
		name: 'a record outside RAM is taken',
		file: sta,
		find: '	if (!ram.contains(gpa, StealTimeRecord.size)) return SbiError.INVALID_ADDRESS\n',
		replace: '',
		tests: [calls],
	},
	{
		name: 'STA is there where the host counts nothing',
		file: sta,
		find: 'isPresent: ({stealTime}) => stealTime !== undefined',
		replace: 'isPresent: () => true',
		tests: [calls],
	},
]
