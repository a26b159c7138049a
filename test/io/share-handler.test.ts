import {mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import test, {type ExecutionContext} from 'ava'
import {WorkerBell} from '../../src/board/index.ts'
import {shareDevice} from '../../src/io/index.ts'
import {createIoService} from '../../src/io/io-service.ts'
import {ramBase} from '../../src/memory/index.ts'
import {Fields} from '../9p/client.ts'
import {createBoard} from '../board/support.ts'
import {Feature, Flag, needsReset, queueDriver} from '../board/virtio/queue-driver.ts'
import {eventually} from '../support/eventually.ts'

const requestAt = ramBase + 0x2_0000
const answerAt = ramBase + 0x4_0000
const farAt = ramBase + 0x6_0000
const room = 4096

async function shareDriver(t: ExecutionContext) {
	const folder = mkdtempSync(join(tmpdir(), 'manyhart-9p-'))
	const served = [shareDevice({tag: 'work', worker: 1})]
	const machine = createBoard({hart: 0, served, virtioMmioVersion: 2})
	machine.board.reset()
	const {memory} = machine
	const service = await createIoService(
		{
			worker: 1,
			harts: 2,
			memory: memory.memory,
			map: memory.map,
			virtioMmioVersion: 2,
			served,
			blocks: [],
			shares: [{slot: 1, server: {folder}}],
		},
		{sleeps: 'event loop'},
	)
	const running = service.run()
	const driver = queueDriver(machine, {size: 64})
	driver.setUp({features: Feature.eventIndex | Feature.indirect})
	t.teardown(async () => {
		machine.board.workerBells.ring(1, WorkerBell.stop)
		await running
		rmSync(folder, {recursive: true})
	})
	const submit = (descriptors: readonly {gpa: number; length: number; flags?: number}[]) => {
		driver.describeChain(0, descriptors)
		driver.offer(0)
		driver.notify()
	}
	return {
		...driver,
		folder,
		submit,
		/** @returns the answer. */
		async call(type: number, fields: Fields): Promise<Buffer> {
			const request = fields.message(type, 1)
			driver.ram.write(requestAt, request)
			const before = driver.usedIndex()
			submit([
				{gpa: requestAt, length: request.length},
				{gpa: answerAt, length: room, flags: Flag.write},
			])
			await eventually(() => driver.usedIndex() === before + 1, 'the request is answered')
			const {length} = driver.usedElement(before)
			return Buffer.from(driver.ram.bytes(answerAt, length))
		},
	}
}

const version = () => new Fields().u32(8192).string('9P2000.L')
const attach = () => new Fields().u32(0).u32(0xffff_ffff).string('').string('').u32(0)

test('the configuration space has the mount tag, and the feature bit says so', async (t) => {
	const driver = await shareDriver(t)
	t.is(driver.read('deviceId'), 9)
	t.is(driver.config(0, 2), 4)
	t.deepEqual(
		[2, 3, 4, 5].map((at) => String.fromCharCode(driver.config(at, 1))),
		['w', 'o', 'r', 'k'],
	)
	driver.write('deviceFeaturesSelect', 0)
	t.is(driver.read('deviceFeatures') & 1, 1)
})

test('contents go straight between guest RAM and file, in buffers as the driver has them', async (t) => {
	const driver = await shareDriver(t)
	writeFileSync(join(driver.folder, 'file'), 'x'.repeat(3000))
	t.is((await driver.call(100, version())).length, 21)
	t.is((await driver.call(104, attach()))[4], 105)
	await driver.call(110, new Fields().u32(0).u32(1).u16(1).string('file'))
	await driver.call(12, new Fields().u32(1).u32(2))

	const request = new Fields().u32(1).u64(0).u32(3000).message(116, 2)
	driver.ram.write(requestAt, request)
	const before = driver.usedIndex()
	driver.submit([
		{gpa: requestAt, length: 10},
		{gpa: requestAt + 10, length: request.length - 10},
		{gpa: answerAt, length: 11, flags: Flag.write},
		{gpa: farAt, length: 2000, flags: Flag.write},
		{gpa: farAt + 0x1000, length: 2096, flags: Flag.write},
	])
	await eventually(() => driver.usedIndex() === before + 1, 'the read is answered')
	t.is(driver.usedElement(before).length, 3011)
	t.true(driver.ram.bytes(farAt, 2000).every((byte) => byte === 120))
	t.true(driver.ram.bytes(farAt + 0x1000, 1000).every((byte) => byte === 120))
	t.is(driver.ram.bytes(farAt + 2000, 1)[0], 0)

	const data = Buffer.alloc(500, 'y')
	t.is((await driver.call(118, new Fields().u32(1).u64(100).u32(500).bytes(data))).readUInt32LE(7), 500)
	t.is(readFileSync(join(driver.folder, 'file'), 'latin1').slice(99, 601), `x${'y'.repeat(500)}x`)
	t.is((await driver.call(50, new Fields().u32(1).u32(0)))[4], 51)
})

test('a chain without a request, or without room for an answer, breaks the device until it is reset', async (t) => {
	const driver = await shareDriver(t)
	for (const chain of [
		[{gpa: answerAt, length: room, flags: Flag.write}],
		[{gpa: requestAt, length: 50}],
		[
			{gpa: requestAt, length: 50},
			{gpa: answerAt, length: 5, flags: Flag.write},
		],
	]) {
		driver.submit(chain)
		await eventually(() => (driver.read('status') & needsReset) !== 0, 'the device needs a reset')
		driver.setUp({features: 0})
		t.is((await driver.call(100, version())).length, 21)
	}
})

test('a reset while a request is under way voids it', async (t) => {
	const driver = await shareDriver(t)
	mkdirSync(join(driver.folder, 'folder'))
	await driver.call(100, version())
	await driver.call(104, attach())
	await driver.call(14, new Fields().u32(0).string('file').u32(2).u32(0o644).u32(0))
	const request = new Fields().u32(0).u32(0).message(50, 2)
	driver.ram.write(requestAt, request)
	driver.ram.write(answerAt, new Uint8Array(room).fill(0xee))
	for (let round = 0; round < 5; round++) {
		driver.submit([
			{gpa: requestAt, length: request.length},
			{gpa: answerAt, length: room, flags: Flag.write},
		])
		driver.setUp({features: 0})
	}
	t.is((await driver.call(100, version())).length, 21)
	t.is(driver.usedIndex(), 1)
})
