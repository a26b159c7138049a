/** What a vCPU worker is given when it starts: plain data and compiled modules, posted once. */
import type {MessagePort} from 'node:worker_threads'
import type {ClockOrigin} from '../board/index.ts'
import type {MemoryMap} from '../memory/index.ts'
import type {TlbConfig} from '../tlb/index.ts'
import type {TranslationConfig} from '../translate/index.ts'

export type VcpuConfig = Readonly<{
	/** This vCPU's number, which is its hart id and its RCU reader. */
	vcpu: number
	harts: number
	memory: WebAssembly.Memory
	map: MemoryMap
	tlb: TlbConfig
	clockOrigin: ClockOrigin
	/** Decoded pages of each vCPU's code cache. */
	codePages: number
	/** The boot ROM's guest-physical address and size in bytes. */
	rom: Readonly<{gpa: number; size: number}>
	/** dist/hart.wasm. */
	hartModule: WebAssembly.Module
	/** buildInterpreter(). */
	interpreterModule: WebAssembly.Module
	translation: TranslationConfig
	/** To the translator: RequestMessage there, TranslationMessage back. Without one nothing is asked for. */
	translationPort?: MessagePort
}>
