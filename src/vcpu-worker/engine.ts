/** One vCPU's Wasm instances: the hart core, and the interpreter on top of it. */
import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {faultNumber} from '../faults.ts'
import {Activity, type ActivityNote, codeBuckets, vcpuRegions} from '../hart/index.ts'
import {guestPagesRegion, type SharedMemory} from '../memory/index.ts'
import type {TableOperations} from '../tlb/index.ts'
import {RegionCache, type SynchronousTranslator, TranslatorClient} from '../translate/index.ts'
import type {VcpuConfig} from './vcpu-config.ts'

/** The functions that Wasm calls outside; see src/hart/core/env.ts. */
export type EngineImports = Readonly<{
	mmioRead(gpa: number, bytes: number): number
	mmioHigh(): number
	mmioWrite(gpa: number, bytes: number, low: number, high: number): number
	mmioAmo(gpa: number, bytes: number, operation: number, low: number, high: number): number
	mmioStoreConditional(
		gpa: number,
		bytes: number,
		reserved: number,
		expectedLow: number,
		expectedHigh: number,
		low: number,
		high: number,
	): number
	/** Ticks of the machine's clock. */
	time(): number
	/** 16 random bits. */
	random(): number
	/** @param regimes bit n = regime n. */
	replaceTables(regimes: number): void
	/** Before and after a flush by the hart core. @param regimes that were left to replaceTables(). */
	flushBegins(): void
	flushEnds(regimes: number): void
	/** @returns 1 if the slice has lasted long enough. */
	lookAtClock(): number
	timerChanged(): void
	/** See src/tlb/core/env.ts. */
	passTurn(point: number): number
}>

export type Engine = Readonly<{
	/** Runs about `budget` instructions. @returns an ExitReason. */
	run(block: number, budget: number): number
	interruptPending(): number
	takeInterrupt(): number
	/** @returns an offset in shared memory; 0 if the load faults. */
	readMemory(gva: bigint, bytes: number): number
	fenceI(): void
	/** Answers Doorbell.codeMade and Doorbell.codeChanged. */
	removeCodeEntries(): void
	codeChanged(): void
	updateRegimes(): void
	/** Invalidates what sinval.vma has named and no sfence.inval.ir has followed. */
	invalidatePending(): void
	readonly translator: TranslatorClient
	readonly tableOperations: TableOperations
}>

type HartExports = Omit<Engine, 'translator' | 'tableOperations'> & {
	attach(
		block: number,
		ramOffset: number,
		ramBytes: number,
		romOffset: number,
		romGpa: number,
		romBytes: number,
		codeCache: number,
		codePages: number,
		codeBuckets: number,
		decodingTable: number,
		mtimeOffsetAt: number,
		guestPages: number,
		firstBlock: number,
		harts: number,
	): void
}

export function createEngine(
	memory: SharedMemory,
	options: {
		config: VcpuConfig
		block: number
		firstBlock: number
		mtimeOffsetAt: number
		note: ActivityNote
		/** Of config.synchronousTranslator. */
		Translator: typeof SynchronousTranslator | undefined
		imports: EngineImports
	},
): Engine {
	const {config, block, firstBlock, mtimeOffsetAt, note, Translator, imports} = options
	const hart = new WebAssembly.Instance(config.hartModule, {
		env: {
			memory: memory.memory,
			...imports,
			findRegion: (codeBase: number, pageOffset: number) => regions.find(codeBase >>> 0, pageOffset),
		},
	})
	const core = hart.exports as unknown as HartExports & TableOperations
	const ram = memory.region(vcpuRegions.ram)
	const rom = memory.region(vcpuRegions.rom)
	const caches = memory.region(vcpuRegions.codeCaches)
	const codeCache = caches.offset + (caches.size / config.harts) * config.vcpu
	FAULT: core.breakRule(faultNumber())
	const {codePages} = config
	const buckets = codeBuckets(codePages)
	core.attach(
		block,
		...[ram.offset, ram.size],
		...[rom.offset, config.rom.gpa, rom.size],
		...[codeCache, codePages, buckets],
		memory.region(vcpuRegions.decodingTable).offset,
		mtimeOffsetAt,
		...[memory.region(guestPagesRegion).offset, firstBlock, config.harts],
	)
	const regions = new RegionCache(memory, hart.exports)
	const {translation, translationPort: port} = config
	const {mostBytes} = translation
	const own =
		Translator && new Translator(memory, {block, translate: translation, mostBytes, save: moduleWriter(config)})
	const translator = new TranslatorClient(memory, {block, config: translation, port, cache: regions, own})
	const interpreter = new WebAssembly.Instance(config.interpreterModule, {
		env: {
			memory: memory.memory,
			regions: regions.table,
			hot: (codeBase: number, ip: number, pageGva: bigint) => {
				const before = note.begin(Activity.compilation)
				translator.hot(codeBase, ip, pageGva)
				note.end(before)
			},
			passTurn: imports.passTurn,
			hotThreshold: new WebAssembly.Global({value: 'i32'}, hotThreshold(config.translation)),
		},
		hart: hart.exports as WebAssembly.ModuleImports,
	})
	const {run} = interpreter.exports as {run: Engine['run']}
	const {interruptPending, takeInterrupt, readMemory, fenceI, removeCodeEntries, codeChanged} = core
	const {updateRegimes, invalidatePending} = core
	return {
		run,
		interruptPending,
		takeInterrupt,
		readMemory,
		fenceI,
		removeCodeEntries,
		codeChanged,
		updateRegimes,
		invalidatePending,
		translator,
		tableOperations: core,
	}
}

/** Writes the modules that a hart translates by itself. */
function moduleWriter({dumpFolder, vcpu}: VcpuConfig): ((id: number, wasm: Uint8Array) => void) | undefined {
	if (dumpFolder === undefined) return undefined
	return (id, wasm) => writeFileSync(join(dumpFolder, `${vcpu}-${String(id).padStart(4, '0')}.wasm`), wasm)
}

/** More than the interpreter's 16-bit counters reach: nothing becomes hot. */
const never = 0x2_0000

function hotThreshold({accel, threshold}: VcpuConfig['translation']): number {
	return accel === 'jit' ? threshold : never
}
