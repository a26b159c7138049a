import test from 'ava'
import {layOut, SharedMemory} from '../../src/memory/index.ts'
import {type Handover, type SerialConfig, SerialControl} from '../../src/serial/index.ts'
import {Schedule} from '../../src/serial/schedule.ts'
import {phaseAt, styleOf} from '../../src/serial/style.ts'
import {type Point, pointNames} from '../../src/turns.ts'

const threads = 3

function schedule(config: Partial<SerialConfig> = {}): {
	schedule: Schedule
	control: SerialControl
	memory: SharedMemory
} {
	const whole: SerialConfig = {seed: 1, style: 'explore', capacity: 1000, ...config}
	const memory = SharedMemory.create(layOut([SerialControl.region(threads, whole)]))
	const control = new SerialControl(memory, {threads, config: whole})
	control.initialize()
	return {schedule: new Schedule(memory, {threads, config: whole}), control, memory}
}

/** Who goes on at each of many points, of all kinds; and how long slices are. */
function decisions(of: Schedule): readonly number[] {
	let thread = 0
	return Array.from({length: 900}, (_, index) => {
		const isSlice = index % 7 === 0
		const length = isSlice ? of.sliceLength(thread) : 0
		thread = of.next(thread, isSlice ? 'slice' : pointNames[2 + (index % (pointNames.length - 2))]!)
		return thread * 1_000_000 + length
	})
}

test('one seed draws the same turns and slices each time, and another one others', (t) => {
	const first = decisions(schedule().schedule)
	t.deepEqual(decisions(schedule().schedule), first)
	t.notDeepEqual(decisions(schedule({seed: 2}).schedule), first)
	t.true(new Set(first.map((decision) => Math.floor(decision / 1_000_000))).size === threads)
})

test('the recorded turns, forced, are the same turns again', (t) => {
	const {schedule: drawn, control} = schedule()
	const first = decisions(drawn)
	const recorded = control.recorded()!
	t.true(recorded.length > 10)
	const again = schedule({forced: recorded})
	t.deepEqual(decisions(again.schedule), first)
	t.deepEqual(again.control.recorded(), recorded)
})

test('without forced turns a thread goes on for some slices, and then the next one does', (t) => {
	const {schedule: usual} = schedule({forced: []})
	t.is(usual.next(0, 'fill'), 0)
	const turns = Array.from({length: 65}, () => usual.next(0, 'slice'))
	t.deepEqual([...new Set(turns)], [0, 1])
	t.is(turns.indexOf(1), 64)
})

test('a forced turn is made at its step of its thread, and only if its thread can run', (t) => {
	const forced: readonly Handover[] = [
		{from: 2, step: 1, thread: 0},
		{from: 0, step: 2, thread: 2},
		{from: 0, step: 3, thread: 1},
	]
	const {schedule: of} = schedule({forced})
	of.setAway(1)
	t.deepEqual(
		[0, 0, 2, 2, 0].map((thread) => of.next(thread, 'fill')),
		[0, 2, 0, 2, 0],
	)
})

test('a thread that waits goes on when its word has changed, or its time is over', (t) => {
	const {schedule: of, memory} = schedule({forced: []})
	of.setAway(2)
	of.setWaiting(0, {word: 100, value: 0, until: 50})
	of.setWaiting(1, {word: 101, value: 0, until: 40})
	t.is(of.next(0, 'wait'), -1)
	t.is(of.earliest(), 40)
	of.clock = 40
	t.is(of.next(0, 'wait'), 1)
	t.true(of.hasTimedOut(1))
	Atomics.store(memory.i32, 101, 7)
	t.false(of.hasTimedOut(1))
	of.setAway(1)
	t.is(of.next(0, 'wait'), -1)
	Atomics.store(memory.i32, 100, 7)
	t.is(of.next(0, 'wait'), 0)
	t.false(of.hasTimedOut(0))
})

test('the helper has a turn when it was asked for', (t) => {
	const {schedule: of} = schedule({forced: []})
	of.set('helpWanted', 1)
	t.is(of.next(0, 'fill'), 0)
	t.is(of.next(0, 'slice'), threads)
})

test('a thread that is alone has long slices', (t) => {
	const {schedule: of} = schedule()
	of.setAway(1)
	of.setWaiting(2, {word: 0, value: 0, until: Number.POSITIVE_INFINITY})
	for (let slice = 0; slice < 20; slice++) t.true(of.sliceLength(0) >= 8192)
	t.false(of.goesOn(0))
})

test('more turns than there is room for are not recorded', (t) => {
	const {schedule: of, control} = schedule({capacity: 3})
	decisions(of)
	t.is(control.recorded(), undefined)
	t.throws(() => schedule({capacity: 1, forced: [1, 2].map((step) => ({from: 0, step, thread: 0}))}), {
		message: 'Expected at most 1 handovers, got 2',
	})
})

const byStyle = [
	['explore', pointNames.filter((point) => point !== 'slice' && point !== 'wait')],
	[
		'explore-rcu',
		['instruction', 'announce', 'announced', 'online', 'poll', 'advancing', 'waiter', 'queue', 'holdout'],
	],
] as const
for (const [style, points] of byStyle) {
	test(`a run that explores interrupts threads at a few points in one phase, and at each in some phase (${style})`, (t) => {
		const interrupted = (phase: number) =>
			Object.entries(styleOf(style, 5, phase).rarityOf)
				.filter(([, rarity]) => rarity > 0)
				.map(([point]) => point as Point)
		const counts = Array.from({length: 200}, (_, phase) => interrupted(phase))
		t.true(counts.some((points) => points.length <= 3))
		const seen = new Set(counts.flat())
		t.deepEqual(
			pointNames.filter((point) => seen.has(point)),
			pointNames.filter((point) => new Set<Point>(points).has(point)),
		)
		t.not(phaseAt(style, 0), phaseAt(style, 50_000))
		t.is(phaseAt('run', 0), phaseAt('run', 50_000))
	})
}

test('while one thread is the victim, only that one is interrupted within its steps', (t) => {
	const seeds = Array.from({length: 200}, (_, seed) => seed)
	// One that is interrupted at one point only, often.
	const seed = seeds.find((number) => {
		const {victim, rarityOf} = styleOf('explore', number, 0)
		return victim !== undefined && rarityOf.fill === 1
	})!
	const {schedule: of} = schedule({seed})
	const interrupted = new Set<number>()
	for (let step = 0; step < 300; step++) {
		const thread = step % threads
		if (of.next(thread, 'fill') !== thread) interrupted.add(thread)
	}
	t.deepEqual([...interrupted], [styleOf('explore', seed, 0).victim! % threads])
})

test('a holder of the turn that makes no step is reported once, unless it waits for the world outside', (t) => {
	const {schedule: of, control} = schedule()
	of.set('holder', 2)
	const looks = (count: number) => Array.from({length: count}, () => control.watch())
	t.deepEqual(
		looks(13).filter((holder) => holder !== undefined),
		[2],
	)
	of.next(2, 'slice')
	t.deepEqual(new Set(looks(9)), new Set([undefined]))
	of.set('idle', 1)
	t.deepEqual(new Set(looks(20)), new Set([undefined]))
})
