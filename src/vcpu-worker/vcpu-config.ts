/** The configuration of a vCPU worker: plain data and compiled modules, posted when it starts. */
import type {MessagePort} from 'node:worker_threads'
import type {ClockOrigin, ServedDevice, VirtioMmioVersion} from '../board/index.ts'
import type {Fault} from '../faults.ts'
import type {MemoryMap} from '../memory/index.ts'
import type {SerialConfig} from '../serial/index.ts'
import type {TlbConfig} from '../tlb/index.ts'
import type {TranslationConfig} from '../translate/index.ts'

export type VcpuConfig = Readonly<{
	/** The vCPU's number; also its hart id and its RCU reader. */
	vcpu: number
	harts: number
	memory: WebAssembly.Memory
	map: MemoryMap
	tlb: TlbConfig
	clockOrigin: ClockOrigin
	virtioMmioVersion: VirtioMmioVersion | undefined
	/** Devices that I/O workers serve; see BoardOptions. */
	served: readonly ServedDevice[]
	/** Decoded pages in each vCPU's code cache. */
	codePages: number
	/** The boot ROM's guest-physical address and size in bytes. */
	rom: Readonly<{gpa: number; size: number}>
	/** The hart core: dist/hart.wasm. */
	hartModule: WebAssembly.Module
	/** The output of buildInterpreter(). */
	interpreterModule: WebAssembly.Module
	translation: TranslationConfig
	/** Module of SynchronousTranslator, a URL: this hart translates by itself. It is of no use to others, which start sooner without it. */
	synchronousTranslator?: string
	/** The folder that gets the modules that this hart translates by itself. */
	dumpFolder: string | undefined
	/** To the translation service: sends RequestMessage, receives TranslationMessage. Undefined: no requests are sent. */
	translationPort?: MessagePort
	/** All vCPUs run by turns; undefined: in parallel. */
	serial?: SerialConfig
	/** The rule that is broken on purpose. */
	fault?: Fault
}>
