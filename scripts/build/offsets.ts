/** build/hart/offsets.ts: the offsets of the shared structs, as constants for the hart core (AssemblyScript). */

import {faultNames} from '../../src/faults.ts'
import {Activity} from '../../src/hart/activity.ts'
import {
	Cause,
	Counter,
	causeInterrupt,
	Envcfg,
	Privilege,
	Pte,
	Satp,
	Seccfg,
	Status,
} from '../../src/hart/architecture.ts'
import {regionFilterBytes, regionFilterShift} from '../../src/hart/code-cache.ts'
import {
	CodePage,
	lastParcel,
	pageSlots,
	parcelBytes,
	Slot,
	SlotHandler,
	slotBytesPerByte,
} from '../../src/hart/code-page.ts'
import {BlockStatus, CsrStatus, FenceStatus, leaveRegion, WfiStatus} from '../../src/hart/core-status.ts'
import {DecodingBucket, DecodingRow, mostExceptions, mostSlices, sliceShift} from '../../src/hart/decoding-table.ts'
import {HartCounters} from '../../src/hart/hart-counters.ts'
import {HartState} from '../../src/hart/hart-state.ts'
import {
	largestRation,
	mostPendingRanges,
	PendingRange,
	predictorCounters,
	RunState,
	spinPauses,
	WatchedRegister,
	watchedRegisters,
	watchStamp,
} from '../../src/hart/run-state.ts'
import {VcpuBlock} from '../../src/hart/vcpu-block.ts'
import {wordBuckets} from '../../src/isa/decode.ts'
import {
	AtomicOperation,
	allInterrupts,
	codeLineBytes,
	Doorbell,
	type FieldList,
	GuestPage,
	Mip,
	pageBytes,
	pageMask,
	pageShift,
	ramBase,
	type SharedStruct,
	supervisorInterrupts,
	VcpuWords,
	Version,
} from '../../src/memory/index.ts'
import {
	causeBits,
	MissClass,
	rememberedLives,
	ShadowPage,
	shadowWays,
	TlbShadow,
	unknownCause,
} from '../../src/tlb/shadow-layout.ts'
import {
	adaptiveLog2Entries,
	asidClasses,
	canaryWord,
	descriptorLog2Mask,
	displacedCount,
	Emptying,
	FlushCause,
	fewestLog2Entries,
	generationMask,
	generationStep,
	indexFold,
	largePageCount,
	largePageShift,
	lastPageCount,
	logCapacity,
	mostLog2Entries,
	neverTag,
	Regime,
	regimeCount,
	resizeBit,
	returnsToGrow,
	Sizing,
	superpageCount,
	TlbEntry,
	TlbLargePage,
	TlbLastPage,
	TlbSpace,
	TlbState,
	TlbTableTrailer,
	trackedBit,
	victimCount,
} from '../../src/tlb/tlb-layout.ts'
import {pointNames} from '../../src/turns.ts'

type AnyStruct = SharedStruct<FieldList>
type Constant = readonly [name: string, value: number | bigint]

/** @example upperSnake('trapCause') // TRAP_CAUSE */
export function upperSnake(name: string): string {
	return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase()
}

/** @param base bytes added to each offset: where the struct lies within an outer one. */
function offsetsOf(prefix: string, struct: AnyStruct, base = 0): Constant[] {
	return Object.entries(struct.offset).map(([field, offset]) => [`${prefix}_${upperSnake(field)}`, base + offset])
}

function sizedOffsetsOf(prefix: string, struct: AnyStruct): Constant[] {
	return [...offsetsOf(prefix, struct), [`${prefix}_SIZE`, struct.size]]
}

/** @param as converts the values: a BigInt is 64 bits wide in the hart core. */
function numbersOf(
	prefix: string,
	numbers: Readonly<Record<string, number | bigint>>,
	as: (value: number | bigint) => number | bigint = (value) => value,
): Constant[] {
	return Object.entries(numbers).map(([name, value]) => [`${prefix}_${upperSnake(name)}`, as(value)])
}

const sections: readonly (readonly [heading: string, constants: readonly Constant[]])[] = [
	['VcpuWords, from the start of the vCPU block', offsetsOf('WORDS', VcpuWords, VcpuBlock.offset.words)],
	['TlbState, from the start of the vCPU block', offsetsOf('TLB', TlbState, VcpuBlock.offset.tlb)],
	['HartState, from the start of the vCPU block', offsetsOf('HART', HartState, VcpuBlock.offset.hart)],
	['PendingRange', sizedOffsetsOf('PENDING_RANGE', PendingRange)],
	['RunState, from the start of the vCPU block', offsetsOf('RUN', RunState, VcpuBlock.offset.run)],
	['WatchedRegister', sizedOffsetsOf('WATCHED', WatchedRegister)],
	['HartCounters, from the start of the vCPU block', offsetsOf('COUNT', HartCounters, VcpuBlock.offset.counters)],
	['VcpuBlock', [['VCPU_BLOCK_SIZE', VcpuBlock.size]]],
	['TlbEntry', sizedOffsetsOf('TLB_ENTRY', TlbEntry)],
	['TlbTableTrailer, from the end of the entries', sizedOffsetsOf('TLB_TRAILER', TlbTableTrailer)],
	['TlbLastPage', sizedOffsetsOf('TLB_LAST_PAGE', TlbLastPage)],
	['TlbLargePage', sizedOffsetsOf('TLB_LARGE_PAGE', TlbLargePage)],
	['TlbSpace', sizedOffsetsOf('TLB_SPACE', TlbSpace)],
	['TlbShadow', sizedOffsetsOf('TLB_SHADOW', TlbShadow)],
	['ShadowPage', sizedOffsetsOf('SHADOW_PAGE', ShadowPage)],
	['GuestPage', sizedOffsetsOf('GUEST_PAGE', GuestPage)],
	['CodePage', sizedOffsetsOf('CODE_PAGE', CodePage)],
	['Slot', sizedOffsetsOf('SLOT', Slot)],
	['DecodingBucket', sizedOffsetsOf('DECODING_BUCKET', DecodingBucket)],
	['DecodingRow', sizedOffsetsOf('DECODING_ROW', DecodingRow)],
	[
		'Numbers with a name',
		[
			['DESCRIPTOR_LOG2_MASK', descriptorLog2Mask],
			['GENERATION_MASK', generationMask],
			['GENERATION_STEP', generationStep],
			...numbersOf('EMPTYING', Emptying),
			...numbersOf('SIZING', Sizing),
			['FEWEST_LOG2_ENTRIES', fewestLog2Entries],
			['MOST_LOG2_ENTRIES', mostLog2Entries],
			['ADAPTIVE_LOG2_ENTRIES', adaptiveLog2Entries],
			['DISPLACED_COUNT', displacedCount],
			['RETURNS_TO_GROW', returnsToGrow],
			['RESIZE_BIT', resizeBit],
			['VICTIM_COUNT', victimCount],
			['INDEX_FOLD', BigInt(indexFold)],
			['NEVER_TAG', neverTag],
			['TRACKED_BIT', BigInt(trackedBit)],
			['CANARY_WORD', canaryWord],
			...numbersOf('VERSION', Version, (value) => Number(value) >>> 0),
			['CODE_LINE_BYTES', codeLineBytes],
			['LOG_CAPACITY', logCapacity],
			['LAST_PAGE_COUNT', lastPageCount],
			['LARGE_PAGE_COUNT', largePageCount],
			['LARGE_PAGE_SHIFT', largePageShift],
			['SUPERPAGE_COUNT', superpageCount],
			['ASID_CLASSES', asidClasses],
			['REGIME_COUNT', regimeCount],
			['PAGE_SHIFT', BigInt(pageShift)],
			['PAGE_BYTES', pageBytes],
			['PAGE_MASK', BigInt(pageMask)],
			['LARGEST_RATION', largestRation],
			['SPIN_PAUSES', spinPauses],
			['WATCHED_REGISTERS', watchedRegisters],
			['PREDICTOR_COUNTERS', predictorCounters],
			['WATCH_STAMP', BigInt(watchStamp)],
			['MOST_PENDING_RANGES', mostPendingRanges],
			['PARCEL_BYTES', parcelBytes],
			['PAGE_SLOTS', pageSlots],
			['LAST_PARCEL', lastParcel],
			['SLOT_BYTES_PER_BYTE', slotBytesPerByte],
			['WORD_BUCKETS', wordBuckets],
			['MOST_EXCEPTIONS', mostExceptions],
			['MOST_SLICES', mostSlices],
			...numbersOf('SLICE', sliceShift),
			['REGION_FILTER_BYTES', regionFilterBytes],
			['REGION_FILTER_SHIFT', regionFilterShift],
			['RAM_BASE', BigInt(ramBase)],
			...numbersOf('REGIME', Regime),
			...numbersOf('FLUSH_CAUSE', FlushCause),
			['UNKNOWN_CAUSE', unknownCause],
			['CAUSE_BITS', causeBits],
			...numbersOf('MISS_CLASS', MissClass),
			['REMEMBERED_LIVES', rememberedLives],
			['SHADOW_WAYS', shadowWays],
			...numbersOf('MIP', {...Mip, SUPERVISOR: supervisorInterrupts, ALL: allInterrupts}, BigInt),
			...numbersOf('DOORBELL', Doorbell),
			...numbersOf('ATOMIC', AtomicOperation),
			...numbersOf('CSR_STATUS', CsrStatus),
			...numbersOf('BLOCK_STATUS', BlockStatus),
			...numbersOf('FENCE_STATUS', FenceStatus),
			...numbersOf('WFI_STATUS', WfiStatus),
			...numbersOf('HANDLER', SlotHandler),
			...numbersOf('ACTIVITY', Activity),
			...pointNames.map((name, index): Constant => [`POINT_${upperSnake(name)}`, index]),
			...faultNames.map((name, index): Constant => [`FAULT_${name.replaceAll('-', '_').toUpperCase()}`, index + 1]),
		],
	],
	[
		'The privileged architecture',
		[
			...numbersOf('PRIVILEGE', Privilege),
			...numbersOf('STATUS', Status),
			...numbersOf('CAUSE', Cause),
			['CAUSE_LEAVE_REGION', leaveRegion],
			['CAUSE_INTERRUPT', causeInterrupt],
			...numbersOf('ENVCFG', Envcfg),
			...numbersOf('COUNTER', Counter),
			...numbersOf('SECCFG', Seccfg),
			...numbersOf('SATP', Satp),
			...numbersOf('PTE', Pte),
		],
	],
]

function declaration([name, value]: Constant): string {
	const type = typeof value === 'number' ? 'u32' : value < 0n ? 'i64' : 'u64'
	return `export const ${name}: ${type} = ${value}`
}

/** @param faults whether rules can be broken, and turns passed within a step: `FAULTS`. @returns the file's text. */
export function offsetsSource(faults = false): string {
	const parts = sections.map(([heading, constants]) => [`// ${heading}`, ...constants.map(declaration)].join('\n'))
	return [
		'/** Generated by scripts/build.ts from the shared structs. */',
		`export const FAULTS: bool = ${faults}`,
		...parts,
	]
		.join('\n\n')
		.concat('\n')
}
