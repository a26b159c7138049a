/** The translation service: what vCPUs ask for is translated once, in batches, told to all, and given back in time. */
import {receiveMessageOnPort} from 'node:worker_threads'
import test, {type ExecutionContext} from 'ava'
import type {TranslatedModule} from '../../../src/main/translation/index.ts'
import {TranslationService, type TranslationServiceOptions} from '../../../src/main/translation/index.ts'
import {layOut, SharedMemory} from '../../../src/memory/index.ts'
import {microseconds, Rcu, rcuRegion} from '../../../src/rcu/index.ts'
import {type RegionInfo, type RegionRequest, regionKey, type TranslationMessage} from '../../../src/translate/index.ts'
import {patience} from '../../support/patience.ts'

const emptyModule = new WebAssembly.Module(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0))
const vcpus = 2
const pages = 128

/** A service whose helper is the test. */
class Bench {
	readonly memory = SharedMemory.create(layOut([rcuRegion(vcpus), {name: 'ram', size: pages * 4096, align: 4096}]))
	readonly rcu = new Rcu(this.memory, vcpus)
	readonly rung: number[] = []
	readonly failures: string[] = []
	/** Jobs under way, oldest first. */
	readonly jobs: {
		id: number
		requests: readonly RegionRequest[]
		finish: PromiseWithResolvers<TranslatedModule | undefined>
	}[] = []
	readonly service: TranslationService

	constructor(t: ExecutionContext, options: Partial<TranslationServiceOptions> = {}) {
		this.service = new TranslationService(this.memory, {
			vcpus,
			rcu: this.rcu,
			ring: (vcpu) => this.rung.push(vcpu),
			translate: (id, requests) => {
				const finish = Promise.withResolvers<TranslatedModule | undefined>()
				this.jobs.push({id, requests, finish})
				return finish.promise
			},
			onFailure: ({message}) => this.failures.push(message),
			...options,
		})
		t.teardown(() => this.service.close())
	}

	page(number: number): number {
		return this.memory.region('ram').offset + number * 4096
	}

	/** A vCPU asks for the entry 0 of pages, or for the first page's again, since a register roams, or as `asked` says. Resolves once the service has heard. */
	async ask(vcpu: number, pageNumbers: readonly number[], asked: number | Partial<RegionRequest> = {}): Promise<void> {
		const key = regionKey(this.page(pageNumbers[0]!), 0)
		const requests = pageNumbers.map((number) => ({
			page: this.page(number),
			entry: 0,
			pageGva: 0n,
			fetchTable: 0,
			nextPage: undefined,
			...(typeof asked === 'number' ? {roamer: {id: asked, key}} : asked),
		}))
		const before = this.service.statistics().requests
		this.service.vcpuPorts[vcpu]!.postMessage({requests, asked: microseconds()})
		await settled(() => this.service.statistics().requests === before + requests.length)
	}

	/** Ends the oldest job: every request becomes a region that holds its page's first 8 bytes. */
	async finish(
		options: {wasmBytes?: number; without?: number} & Partial<Pick<RegionInfo, 'roaming' | 'joins'>> &
			Partial<Pick<TranslatedModule, 'covered'>> = {},
	): Promise<void> {
		const {requests, finish} = this.jobs.shift()!
		const regions = requests
			.filter(({page}) => options.without === undefined || page !== this.page(options.without))
			.map(({page, entry, pageGva}, index) => {
				const sources: [number, Uint8Array][] = [[0, this.memory.u8.slice(page, page + 8)]]
				return {
					index,
					page,
					entry,
					pageGva,
					sources,
					instructions: 4,
					roaming: options.roaming ?? [],
					joins: options.joins ?? [],
				}
			})
		const {wasmBytes = 100} = options
		const times = {translateMilliseconds: 1, compileMilliseconds: 2}
		finish.resolve({
			module: emptyModule,
			wasmBytes,
			functions: regions.length,
			regions,
			covered: options.covered ?? [],
			...times,
		})
		await turn()
	}

	async fail(message: string): Promise<void> {
		this.jobs.shift()!.finish.reject(new Error(message))
		await turn()
	}

	/** What a vCPU was told, as [kind, id]. */
	told(vcpu: number): [string, number][] {
		const messages: [string, number][] = []
		for (;;) {
			const received = receiveMessageOnPort(this.service.vcpuPorts[vcpu]!)
			if (!received) return messages
			const {kind, id} = received.message as TranslationMessage
			messages.push([kind, id])
		}
	}

	pagesOf(job: number): number[] {
		return this.jobs[job]!.requests.map(({page}) => (page - this.page(0)) / 4096)
	}
}

const turn = () => new Promise((resolve) => setImmediate(resolve))
async function settled(condition: () => boolean): Promise<void> {
	for (const deadline = performance.now() + patience; !condition(); await turn())
		if (performance.now() > deadline) throw new Error('Expected the service to hear in time')
}

test('the first request starts a job at once; what comes meanwhile makes the next one', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1])
	t.deepEqual(bench.pagesOf(0), [1])
	await bench.ask(0, [2, 3])
	await bench.ask(1, [4])
	t.is(bench.jobs.length, 1)
	await bench.finish()
	t.is(bench.jobs.length, 1)
	t.deepEqual(bench.pagesOf(0), [2, 3, 4])
})

test('a module is told to every vCPU, and each is rung', async (t) => {
	const bench = new Bench(t)
	await bench.ask(1, [1])
	await bench.finish()
	t.deepEqual([bench.told(0), bench.told(1), bench.rung], [[['module', 0]], [['module', 0]], [0, 1]])
	t.like(bench.service.statistics(), {
		requests: 1,
		modules: 1,
		regions: 1,
		liveModules: 1,
		wasmBytes: 100,
		guestInstructions: 4,
	})
	t.is(bench.service.statistics().latency.count, 1)
})

test('a place is translated once, whoever asks, while its code stays the same', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1])
	await bench.ask(1, [1, 2])
	await bench.ask(0, [2])
	await bench.finish()
	t.deepEqual(bench.pagesOf(0), [2])
	await bench.finish()
	await bench.ask(1, [1, 2])
	t.is(bench.jobs.length, 0)
	t.like(bench.service.statistics(), {requests: 6, merged: 4, refused: 0, modules: 2})
	bench.memory.u8[bench.page(1)] = 7
	await bench.ask(1, [1])
	t.deepEqual(bench.pagesOf(0), [1], 'its code has changed')
})

test('what a region that came meanwhile has the code of is not translated, unless it is hot all the same', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1])
	await bench.ask(0, [1], {entry: 4})
	await bench.finish({joins: [4]})
	t.is(bench.jobs.length, 0)
	t.like(bench.service.statistics(), {requests: 2, merged: 1, rejected: 0, modules: 1})
	await bench.ask(0, [1], {entry: 4, isCovered: true})
	t.is(bench.jobs[0]!.requests[0]!.entry, 4)
	await bench.finish()
	bench.memory.u8[bench.page(1)] = 7
	await bench.ask(0, [1], {entry: 8})
	t.deepEqual(bench.jobs[0]!.requests[0]!.made, [
		{entry: 0, instructions: 4},
		{entry: 4, instructions: 4},
	])
})

test('a request that another one covers is not rejected', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1])
	await bench.finish({without: 1, covered: [regionKey(bench.page(1), 0)]})
	t.like(bench.service.statistics(), {requests: 1, rejected: 0})
})

test('a place of which registers roam is translated again, and is not held back', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1])
	await bench.finish()
	const roaming: number[] = []
	for (let id = 1; id <= 20; id++) {
		await bench.ask(0, [1], id)
		t.is(bench.jobs.length, 1)
		roaming.push(id)
		await bench.finish({roaming})
	}
	t.like(bench.service.statistics(), {requests: 21, merged: 0, refused: 0, modules: 21})
})

test('a register that several harts find to roam has its regions translated again once, whenever they find it', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1, 2])
	await bench.finish()
	await bench.ask(0, [1, 2], 7)
	await bench.ask(1, [1, 2], 7)
	t.deepEqual(bench.pagesOf(0), [1, 2])
	await bench.finish({roaming: [7]})
	t.is(bench.jobs.length, 0, 'while the job was under way')
	await bench.ask(1, [1, 2], 7)
	t.is(bench.jobs.length, 0, 'after it')
	t.like(bench.service.statistics(), {requests: 8, merged: 4, modules: 2})
})

test('a register that is found to roam while its region is translated is not forgotten', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1], 7)
	await bench.ask(0, [1], 8)
	await bench.finish({roaming: [7]})
	t.deepEqual(bench.pagesOf(0), [1], 'that job did not know of it')
	await bench.finish({roaming: [7, 8]})
	t.like(bench.service.statistics(), {requests: 2, merged: 0, modules: 2})
})

test('code that changes all the time is translated less and less often', async (t) => {
	const bench = new Bench(t)
	let jobs = 0
	for (let version = 0; version < 500; version++) {
		bench.memory.u32[bench.page(1) / 4] = version
		await bench.ask(0, [1])
		if (bench.jobs.length === 0) continue
		jobs++
		await bench.finish()
	}
	t.true(jobs < 60, `${jobs} jobs`)
	t.true(bench.service.statistics().liveModules <= 4)
	await bench.ask(0, [2])
	t.is(bench.jobs.length, 1, 'other pages are not held back')
})

test('a job has a bounded number of requests', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [0])
	await bench.ask(
		0,
		Array.from({length: pages - 1}, (_, index) => index + 1),
	)
	await bench.finish()
	t.is(bench.jobs[0]!.requests.length, 64)
	await bench.finish()
	t.is(bench.jobs[0]!.requests.length, 63)
})

test('as many jobs run at a time as there are helpers', async (t) => {
	const bench = new Bench(t, {jobs: 2})
	for (const page of [1, 2, 3]) await bench.ask(0, [page])
	t.is(bench.jobs.length, 2)
	await bench.finish()
	t.deepEqual([bench.pagesOf(0), bench.pagesOf(1)], [[2], [3]])
})

test('above the limit the oldest module is dropped everywhere, and waits for its grace period', async (t) => {
	const bench = new Bench(t, {limits: {wasmBytes: 250, regions: 1000}})
	const reader = bench.rcu.reader(0)
	reader.online()
	for (const page of [1, 2, 3]) {
		await bench.ask(0, [page])
		await bench.finish()
	}
	t.deepEqual(bench.told(1).at(-1), ['drop', 0])
	t.like(bench.service.statistics(), {
		modules: 3,
		liveModules: 2,
		liveWasmBytes: 200,
		droppedModules: 1,
		retiredModules: 1,
	})
	reader.quiescentState()
	t.is(bench.service.statistics().retiredModules, 0)
	await bench.ask(0, [1])
	t.is(bench.jobs.length, 1, 'what was dropped can be asked for again')
	reader.offline()
})

test('what cannot be translated is counted; the rest of its batch is there', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1, 2])
	await bench.finish({without: 1})
	t.like(bench.service.statistics(), {rejected: 1, regions: 1})
	await bench.ask(0, [1])
	t.is(bench.jobs.length, 1)
	bench.jobs.shift()!.finish.resolve(undefined)
	await turn()
	t.like(bench.service.statistics(), {rejected: 2, modules: 1})
})

test('a failure is reported once, and the requests of a failed batch are tried one by one', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1, 2, 3])
	await bench.fail('first')
	t.deepEqual(bench.pagesOf(0), [1])
	await bench.finish()
	t.deepEqual(bench.pagesOf(0), [2])
	await bench.fail('second')
	t.deepEqual(bench.pagesOf(0), [3])
	await bench.finish()
	t.is(bench.jobs.length, 0)
	t.deepEqual(bench.failures, ['first'])
	t.like(bench.service.statistics(), {failures: 2, rejected: 1, modules: 2})
})

test('a translator that always fails is left alone after a while', async (t) => {
	const bench = new Bench(t)
	let jobs = 0
	for (let page = 0; page < pages; page++) {
		await bench.ask(0, [page])
		for (; bench.jobs.length > 0; jobs++) await bench.fail('broken')
	}
	t.is(jobs, 16)
	t.is(bench.failures.length, 1)
})

test('after close() nothing is started, told or reported', async (t) => {
	const bench = new Bench(t)
	await bench.ask(0, [1])
	bench.service.close()
	await bench.fail('too late')
	t.deepEqual([bench.failures, bench.rung, bench.jobs], [[], [], []])
})
