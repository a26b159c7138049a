/** Attaches an instance of the hart core to its vCPU and to guest memory. */
import {attachCodeCache} from './code-cache'
import {attachDecodingTable} from './decode'
import {attachGuestPages} from './guest-pages'
import {attachMemory} from './hart'
import {attachMtime} from './mtime'

/**
 * Once, before any other call. RAM and ROM are page-aligned, in shared memory as in guest-physical space.
 * @param codeCache offset of `codeCacheBytes(codePages)` bytes (src/hart/code-cache.ts); page 0 is the scratch page.
 * @param guestPages offset of a GuestPage per page of RAM, or 0: stores to code are then seen after fence.i.
 * @param decodingTable offset of a table that src/interpreter/decoding-table.ts made.
 * @param firstBlock hart 0's block, which the other harts' follow.
 */
export function attach(
	block: u32,
	ram: u32,
	ramSize: f64,
	rom: u32,
	romBase: f64,
	romSize: f64,
	codeCache: u32,
	codePages: u32,
	codeBuckets: u32,
	decodingTable: u32,
	mtimeOffsetAt: u32,
	guestPages: u32,
	firstBlock: u32,
	harts: u32,
): void {
	attachMemory(block, ram, ramSize, rom, romBase, romSize)
	attachGuestPages(guestPages, firstBlock, harts)
	attachCodeCache(codeCache, codePages, codeBuckets)
	attachDecodingTable(decodingTable)
	attachMtime(mtimeOffsetAt)
}
