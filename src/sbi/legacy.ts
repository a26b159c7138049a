/** The calls of SBI 0.1, each an extension. SBI 2.0, "Legacy Extensions". */
import {Mip, VcpuWords} from '../memory/index.ts'
import type {LegacyExtension} from './extension.ts'
import {allHarts, hartsOfWords} from './hart-mask.ts'
import {sendIpi} from './ipi.ts'
import {remoteFenceI, remoteSfenceVma, remoteSfenceVmaAsid} from './rfence.ts'
import type {SbiCall} from './sbi-call.ts'
import {doesNotReturn, SbiError} from './sbi-error.ts'
import {setTimer} from './timer.ts'

const nothingTyped = -1

function consolePutchar(call: SbiCall): number {
	call.context.console.write(Uint8Array.of(call.low(0)))
	return SbiError.SUCCESS
}

function consoleGetchar(call: SbiCall): number {
	const byte = new Uint8Array(1)
	return call.context.console.read(byte) === 1 ? (byte[0] ?? 0) : nothingTyped
}

/** @returns 1 if an IPI was pending. */
function clearIpi({context: {blocks, hart}}: SbiCall): number {
	const word = (blocks.base(hart) + VcpuWords.offset.pendingInterrupts) >>> 2
	// Acquire: the sender's writes before its IPI are visible after this. Pairs with VcpuBlocks.raise().
	const before = Atomics.and(blocks.memory.i32, word, ~Mip.SSIP)
	return before & Mip.SSIP ? 1 : 0
}

function shutdown(call: SbiCall): typeof doesNotReturn {
	call.context.stop({reason: 'power off', exitCode: 0})
	return doesNotReturn
}

type Targeted = (call: SbiCall, targets: readonly number[] | undefined) => SbiError

/** Argument 0 is the guest-virtual address of a bit vector of harts, in 64-bit words; address 0 means all harts. */
function withVirtualMask(callTargets: Targeted): (call: SbiCall) => number {
	return (call) => {
		const {blocks, loadDoubleword} = call.context
		const gva = call.argument(0)
		if (gva === 0n) return callTargets(call, allHarts(blocks.count))
		const words: number[] = []
		for (let index = 0n; index < BigInt(Math.ceil(blocks.count / 64)); index++) {
			const word = loadDoubleword(BigInt.asUintN(64, gva + 8n * index))
			if (word === undefined) return SbiError.INVALID_ADDRESS
			words.push(Number(BigInt.asIntN(32, word)), Number(BigInt.asIntN(32, word >> 32n)))
		}
		const harts = hartsOfWords(words)
		return callTargets(call, (harts.at(-1) ?? 0) < blocks.count ? harts : undefined)
	}
}

export const legacyExtensions: readonly LegacyExtension[] = [
	{id: 0, name: 'legacy set_timer', legacy: setTimer},
	{id: 1, name: 'legacy console_putchar', legacy: consolePutchar},
	{id: 2, name: 'legacy console_getchar', legacy: consoleGetchar},
	{id: 3, name: 'legacy clear_ipi', legacy: clearIpi},
	{id: 4, name: 'legacy send_ipi', legacy: withVirtualMask(sendIpi)},
	{id: 5, name: 'legacy remote_fence_i', legacy: withVirtualMask(remoteFenceI)},
	{
		id: 6,
		name: 'legacy remote_sfence_vma',
		legacy: withVirtualMask((call, targets) => remoteSfenceVma(call, targets, 1)),
	},
	{
		id: 7,
		name: 'legacy remote_sfence_vma_asid',
		legacy: withVirtualMask((call, targets) => remoteSfenceVmaAsid(call, targets, 1)),
	},
	{id: 8, name: 'legacy shutdown', legacy: shutdown},
]
