import test from 'ava'
import {Activity, ActivityNote, describeActivity, fieldOffset, HartRegisters, VcpuBlock} from '../../src/hart/index.ts'
import {layOut, SharedMemory} from '../../src/memory/index.ts'

function create() {
	const memory = SharedMemory.create(layOut([{name: 'vcpu', size: 2 * VcpuBlock.size, align: VcpuBlock.align}]))
	const block = memory.region('vcpu').offset + VcpuBlock.size
	new HartRegisters(memory, block).set('pc', 0x8020_0010n)
	const describe = (activity: Activity, at = 0n) => {
		new ActivityNote(memory, block).begin(activity)
		memory.u64[(block + fieldOffset.activityAt) / 8] = at
		return describeActivity(memory, block, (gpa) => (gpa === 0x1000_0000 ? 'uart' : undefined))
	}
	return {memory, block, describe}
}

test('a report says where a hart is and what it does, and since when it has been in guest code', (t) => {
	const {describe} = create()
	t.is(describe(Activity.sleep), 'asleep, at pc 0x80200010')
	t.is(describe(Activity.guestCode), 'in guest code since pc 0x80200010')
	t.is(
		describe(Activity.pageWalk, 0xffff_ffff_8000_0000n),
		'in a page walk for 0xffffffff80000000, in guest code since pc 0x80200010',
	)
	const device = 'in an access to the device at 0x10000000'
	t.is(describe(Activity.device, 0x1000_0000n), `${device} (uart), in guest code since pc 0x80200010`)
	for (const activity of Object.values(Activity)) t.notRegex(describe(activity), /undefined|unknown/)
})

test('what a hart did before comes back when an activity ends', (t) => {
	const {memory, block} = create()
	const note = new ActivityNote(memory, block)
	note.begin(Activity.sbiCall)
	const before = note.begin(Activity.fence)
	t.is(before, Activity.sbiCall)
	note.end(before)
	t.is(new HartRegisters(memory, block).word('activity'), Activity.sbiCall)
})
