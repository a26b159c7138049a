/** What the hart core notes of what it does. */
import test from 'ava'
import {Activity} from '../../../src/hart/index.ts'
import {ramBase} from '../../../src/memory/index.ts'
import {HartCore, Privilege} from './hart-core.ts'
import {kernelPage, PageTables} from './page-tables.ts'

const uart = 0x1000_0000
const now = (hart: HartCore) => Number(hart.get('activity'))

function create() {
	const hart = new HartCore()
	hart.set('activity', BigInt(Activity.guestCode))
	hart.registers.set(uart, 7)
	return hart
}

test('while a device is accessed the block says so, with its address, and afterwards what it said before', (t) => {
	const hart = create()
	const seen: [number, bigint][] = []
	hart.onMmio = () => void seen.push([now(hart), hart.get('activityAt')])
	t.is(hart.read(BigInt(uart), 4), 7n)
	t.deepEqual(seen, [[Activity.device, BigInt(uart)]])
	t.is(now(hart), Activity.guestCode)
	for (const access of [
		() => hart.write(BigInt(uart), 4, 1n),
		() => hart.core.atomicAddress(BigInt(uart), 4, 0, 0n),
		// There is no such register.
		() => hart.read(BigInt(uart + 4), 4),
		() => hart.write(BigInt(uart + 4), 4, 1n),
	]) {
		access()
		t.is(now(hart), Activity.guestCode)
	}
})

test('a miss notes its address, and a hit does not', (t) => {
	const hart = create()
	const tables = new PageTables(hart)
	hart.enter(Privilege.supervisor, tables.satp)
	tables.map(0x4000n, ramBase + 0x5000, kernelPage)
	hart.read(0x4008n)
	t.is(hart.get('activityAt'), 0x4008n)
	t.is(now(hart), Activity.guestCode)
	hart.read(0x4010n)
	t.is(hart.get('activityAt'), 0x4008n)
	// A page fault.
	hart.read(0x9000n)
	t.is(hart.get('activityAt'), 0x9000n)
	t.is(now(hart), Activity.guestCode)
})
