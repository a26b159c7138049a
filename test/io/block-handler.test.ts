import {randomBytes} from 'node:crypto'
import {readFile, truncate, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import test from 'ava'
import {ImageFile} from '../../src/disk/image-file.ts'
import {ramBase} from '../../src/memory/index.ts'
import {Flag, needsReset} from '../board/virtio/queue-driver.ts'
import {testFolder} from '../disk/images.ts'
import {eventually} from '../support/eventually.ts'
import {blockDriver, dataOf, RequestType} from './block-driver.ts'

const [ok, ioError, unsupported] = [0, 1, 2]
const sectors = 1024

async function rawDisk(t: Parameters<typeof testFolder>[0]): Promise<{file: string; contents: Buffer}> {
	const file = join(await testFolder(t), 'disk.raw')
	const contents = randomBytes(sectors * 512)
	await writeFile(file, contents)
	return {file, contents}
}

test('the configuration space has the capacity and the limits of requests', async (t) => {
	const {file} = await rawDisk(t)
	const {config, read, write} = await blockDriver(t, {file, format: 'raw'})
	t.is(config(0, 4), sectors)
	t.is(config(4, 4), 0)
	t.is(config(12, 4), 254)
	t.is(config(20, 4), 512)
	t.is(config(34, 2), 1)
	write('deviceFeaturesSelect', 0)
	t.is(read('deviceFeatures') & (1 << 5), 0)
	const readOnly = await blockDriver(t, {file: (await rawDisk(t)).file, format: 'raw', isReadOnly: true})
	readOnly.write('deviceFeaturesSelect', 0)
	t.is(readOnly.read('deviceFeatures') & (1 << 5), 1 << 5)
})

test('what is read is scattered over buffers, and what is written is gathered from them', async (t) => {
	const {file, contents} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	const [first, second] = [dataOf(0), dataOf(1)]
	const parts = [
		{gpa: first, length: 100, flags: Flag.write},
		{gpa: second, length: 1024 - 100, flags: Flag.write},
	]
	t.is(await driver.request(0, {type: RequestType.read, sector: 3, data: parts}), ok)
	t.is(driver.usedElement(0).length, 1025)
	const expected = contents.subarray(3 * 512, 5 * 512)
	t.deepEqual(Buffer.concat([driver.ram.bytes(first, 100), driver.ram.bytes(second, 924)]), expected)
	const swapped = [
		{gpa: second, length: 924},
		{gpa: first, length: 100},
	]
	t.is(await driver.request(1, {type: RequestType.write, sector: 7, data: swapped}), ok)
	t.is(driver.usedElement(1).length, 1)
	t.is(await driver.request(2, {type: RequestType.flush}), ok)
	const written = (await readFile(file)).subarray(7 * 512, 9 * 512)
	t.deepEqual(written, Buffer.concat([expected.subarray(100), expected.subarray(0, 100)]))
})

test('many requests are under way at once', async (t) => {
	const {file, contents} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	for (const request of [0, 1, 2, 3, 4, 5, 6, 7])
		driver.submit(request, {
			type: RequestType.read,
			sector: request * 16,
			data: [{gpa: dataOf(request), length: 8192, flags: Flag.write}],
		})
	await driver.done(8)
	for (const request of [0, 1, 2, 3, 4, 5, 6, 7]) {
		t.is(driver.statusOf(request), ok)
		t.deepEqual(
			Buffer.from(driver.ram.bytes(dataOf(request), 8192)),
			contents.subarray(request * 8192, (request + 1) * 8192),
		)
	}
})

test('a request beyond the end, or of half a sector, is an I/O error, and an unknown one is unsupported', async (t) => {
	const {file} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	const data = [{gpa: dataOf(0), length: 1024, flags: Flag.write}]
	t.is(await driver.request(0, {type: RequestType.read, sector: sectors - 1, data}), ioError)
	t.is(await driver.request(0, {type: RequestType.read, sector: 2 ** 52, data}), ioError)
	t.is(await driver.request(0, {type: RequestType.read, data: [{...data[0]!, length: 700}]}), ioError)
	t.is(
		await driver.request(0, {type: RequestType.write, sector: sectors, data: [{gpa: dataOf(0), length: 512}]}),
		ioError,
	)
	t.is(await driver.request(0, {type: 99, data}), unsupported)
})

test('GET_ID answers with the serial number', async (t) => {
	const {file} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw', options: {serial: 'a disk of twenty-two b'}})
	t.is(await driver.request(0, {type: RequestType.getId, data: [{gpa: dataOf(0), length: 20, flags: Flag.write}]}), ok)
	t.is(Buffer.from(driver.ram.bytes(dataOf(0), 20)).toString(), 'a disk of twenty-two')
})

test('zeroes are written, and what is discarded may be anything', async (t) => {
	const {file, contents} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	const segment = (sector: number, count: number, flags: number) => {
		driver.view.setBigUint64(dataOf(0) - ramBase, BigInt(sector), true)
		driver.view.setUint32(dataOf(0) - ramBase + 8, count, true)
		driver.view.setUint32(dataOf(0) - ramBase + 12, flags, true)
		return [{gpa: dataOf(0), length: 16}]
	}
	t.is(await driver.request(0, {type: RequestType.writeZeroes, data: segment(2, 5, 1)}), ok)
	contents.fill(0, 2 * 512, 7 * 512)
	t.is(await driver.request(0, {type: RequestType.discard, data: segment(20, 5, 0)}), ok)
	t.is(await driver.request(0, {type: RequestType.discard, data: segment(20, 5, 1)}), unsupported)
	t.is(await driver.request(0, {type: RequestType.writeZeroes, data: segment(20, 5, 2)}), unsupported)
	t.is(await driver.request(0, {type: RequestType.writeZeroes, data: segment(sectors - 1, 2, 0)}), ioError)
	t.is(
		await driver.request(0, {type: RequestType.writeZeroes, data: [...segment(0, 1, 0), {gpa: dataOf(1), length: 16}]}),
		unsupported,
	)
	const after = await readFile(file)
	t.deepEqual(after.subarray(0, 20 * 512), contents.subarray(0, 20 * 512))
	t.deepEqual(after.subarray(25 * 512), contents.subarray(25 * 512))
})

test('a disk that is read-only refuses writes', async (t) => {
	const {file, contents} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw', isReadOnly: true})
	t.is(await driver.request(0, {type: RequestType.write, data: [{gpa: dataOf(0), length: 512}]}), ioError)
	t.is(await driver.request(0, {type: RequestType.flush}), ok)
	t.deepEqual(await readFile(file), contents)
})

test('an image whose format was guessed does not become one of another format', async (t) => {
	const {file, contents} = await rawDisk(t)
	const driver = await blockDriver(t, {file})
	driver.view.setUint32(dataOf(0) - ramBase, 0x5146_49fb)
	t.is(await driver.request(0, {type: RequestType.write, data: [{gpa: dataOf(0), length: 512}]}), ioError)
	t.is(await driver.request(0, {type: RequestType.write, sector: 1, data: [{gpa: dataOf(0), length: 512}]}), ok)
	t.deepEqual((await readFile(file)).subarray(0, 512), contents.subarray(0, 512))
})

for (const [caching, ofWrite, ofFlush] of [
	['writeback', 0, 1],
	['writethrough', 1, 1],
	['unsafe', 0, 0],
] as const)
	test.serial(
		`with cache=${caching} a write reaches the host's disk ${ofWrite} times, and a flush ${ofFlush} times`,
		async (t) => {
			const {file} = await rawDisk(t)
			const driver = await blockDriver(t, {file, format: 'raw', options: {caching}})
			const {sync} = ImageFile.prototype
			let syncs = 0
			ImageFile.prototype.sync = async function () {
				syncs++
				await sync.call(this)
			}
			t.teardown(() => {
				ImageFile.prototype.sync = sync
			})
			t.is(await driver.request(0, {type: RequestType.write, sector: 1, data: [{gpa: dataOf(0), length: 512}]}), ok)
			t.is(syncs, ofWrite)
			t.is(await driver.request(0, {type: RequestType.flush}), ok)
			t.is(syncs, ofWrite + ofFlush)
		},
	)

test('a request without room for its status breaks the protocol', async (t) => {
	const {file} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	driver.describe(0, {gpa: dataOf(0), length: 16})
	driver.offer(0)
	driver.notify()
	await driver.stop()
	t.is(driver.read('status') & needsReset, needsReset)
})

test('a reset while requests are under way leaves guest memory alone from then on', async (t) => {
	const {file} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	const everything = [{gpa: dataOf(0), length: 0x8_0000, flags: Flag.write}]
	for (let round = 0; round < 20; round++) {
		for (const request of [0, 1, 2]) driver.submit(request, {type: RequestType.read, data: everything})
		// Of different moments some are before the read has ended, and some after.
		for (let turns = 0; turns < round; turns++) await new Promise((resolve) => setImmediate(resolve))
		driver.setUp({features: 0})
		driver.bytes.fill(0xaa, dataOf(0) - ramBase, dataOf(0) - ramBase + 0x8_0000)
		await new Promise((resolve) => setTimeout(resolve, 5))
		t.true(driver.ram.bytes(dataOf(0), 0x8_0000).every((byte) => byte === 0xaa))
		t.is(driver.usedIndex(), 0)
	}
	t.is(await driver.request(0, {type: RequestType.read, data: everything}), ok)
})

test.serial('what a driver before a reset has begun to write comes before what the next one asks for', async (t) => {
	const {file} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	const {write} = ImageFile.prototype
	const gate = Promise.withResolvers<void>()
	let writes = 0
	ImageFile.prototype.write = async function (...args) {
		if (writes++ === 0) await gate.promise
		return await write.apply(this, args)
	}
	try {
		const fill = (request: number, value: number) =>
			driver.bytes.fill(value, dataOf(request) - ramBase, dataOf(request) - ramBase + 512)
		fill(0, 0x11)
		fill(1, 0x22)
		driver.submit(0, {type: RequestType.write, data: [{gpa: dataOf(0), length: 512}]})
		await eventually(() => writes === 1, 'the first one writes')
		driver.setUp({features: 0})
		driver.submit(1, {type: RequestType.write, data: [{gpa: dataOf(1), length: 512}]})
		// It has the time to go ahead, if nothing holds it.
		for (let turns = 0; turns < 10; turns++) await new Promise((resolve) => setImmediate(resolve))
		gate.resolve()
		await driver.done(1)
		t.is(driver.statusOf(1), ok)
		t.is(await driver.request(2, {type: RequestType.flush}), ok)
	} finally {
		ImageFile.prototype.write = write
	}
	t.true((await readFile(file)).subarray(0, 512).every((byte) => byte === 0x22))
})

test('an image that has become shorter reads as zeroes, and goes on', async (t) => {
	const {file} = await rawDisk(t)
	const driver = await blockDriver(t, {file, format: 'raw'})
	await truncate(file, 512)
	driver.bytes.fill(1, dataOf(0) - ramBase, dataOf(0) - ramBase + 512)
	const data = [{gpa: dataOf(0), length: 512, flags: Flag.write}]
	t.is(await driver.request(0, {type: RequestType.read, sector: 5, data}), ok)
	t.true(driver.ram.bytes(dataOf(0), 512).every((byte) => byte === 0))
})
