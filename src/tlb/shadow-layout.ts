/**
 * The layout of a vCPU's shadow: what `--tlb statistics=on` remembers of sampled pages after the TLB has lost them.
 * src/tlb/core/shadow.ts writes it, docs/statistics.md explains the figures.
 */
import {array, roundUp, sharedStruct} from '../memory/index.ts'
import {LatencyHistogram} from '../rcu/index.ts'

/** Why a sampled page was filled: the index into TlbShadow.misses. */
export const MissClass = {
	/** The shadow does not know the page. */
	cold: 0,
	/** Another page took its entry, and few others were filled meanwhile, or more than the table has entries. */
	conflict: 1,
	capacity: 2,
	/** Its entry was there, but did not permit the access. */
	upgrade: 3,
	/** It leads to another frame than before: no table could have kept its entry. */
	remapped: 4,
} as const
export type MissClass = (typeof MissClass)[keyof typeof MissClass]

/** In TlbShadow.flushed, besides each FlushCause: so many lives have ended since that nobody knows. */
export const unknownCause = 15
/** Bits of a word of TlbShadow.ends that hold the cause; the others are the low bits of the life's number. */
export const causeBits = 4

/** Pages of a set: those whose hashes agree. */
export const shadowWays = 4
/** The table was replaced by a larger one. */
export const resizeCause = 14
/** A power of two. */
export const rememberedLives = 4096

/** A sampled page of one regime and address space, as the table that it was filled to last has it or had it. */
export const ShadowPage = sharedStruct({
	/** The page's address + 1 + regime; 0 = none. */
	key: 'i64',
	/** The satp that it was walked with; 0 for the regimes whose tables no space has for itself. */
	space: 'i64',
	/** The page's place in shared memory. */
	place: 'i32',
	/** Of the table when the page was filled: TlbTableTrailer.life, and `lifeFills` with this fill. */
	life: 'i32',
	filledAt: 'i32',
	/** `lifeFills` with the fill that took its entry; 0 = none has. */
	displacedAt: 'i32',
	/** 1 + the FlushCause of the flush of this page that took its entry; 0 = none has. */
	forgottenFor: 'i32',
	/** `fillClock` at its last fill: of a set, the page with the least is given up. */
	usedAt: 'i32',
})

/** Which pages are sampled, and how many of them are remembered, in powers of two. */
export type ShadowSize = Readonly<{sampledOneIn: number; sets: number}>

/** One vCPU's; its ShadowPages follow, set by set. The owner writes it, but for `ends`. */
export const TlbShadow = sharedStruct(
	{
		/** A page whose hash has one of these bits is not sampled. */
		sampleMask: 'i32',
		/** The number of sets, less 1. This and `sampleMask` are written before the vCPU runs. */
		setMask: 'i32',
		/** The number of the latest life; 0 = none. */
		lives: 'i32',
		/** Counts the fills of sampled pages. */
		fillClock: 'i32',
		/** Sampled pages that were given up for others. */
		givenUp: 'i32',
		/** The FlushCause of the latest flush of pages. */
		pagesForgottenFor: 'i32',
		/** By MissClass. */
		misses: array('i32', 8),
		/** Of conflict and capacity misses, those that may as well be the other. */
		uncertain: 'i32',
		/** Sampled pages that a flush took and that were filled again, by FlushCause, resizeCause or unknownCause. */
		flushed: array('i32', 16),
		/** What flushes cost the owner: in place, and where the run loop emptied tables. Nanoseconds. */
		inPlace: LatencyHistogram,
		byRunLoop: LatencyHistogram,
		/** What ended a life, at its number & (rememberedLives − 1): number << causeBits | FlushCause. Any thread. */
		ends: array('i32', rememberedLives),
	},
	{align: 128},
)

/** Bytes of a TlbShadow and its pages. */
export function shadowBytes({sets}: ShadowSize): number {
	return roundUp(TlbShadow.size + sets * shadowWays * ShadowPage.size, TlbShadow.align)
}
