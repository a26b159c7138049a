/** What a machine's run leaves to later ones, and what it has from earlier ones: the main thread's part. */
import {existsSync} from 'node:fs'
import type {TranslationConfig} from '../../translate/index.ts'
import type {Segment} from '../boot/index.ts'
import {keptPath} from './kept-files.ts'
import type {KeptModule} from './kept-format.ts'
import {buildName, guestName} from './kept-names.ts'
import type {TranslatedModule} from './translate-job.ts'

/** Heartbeats without a new module after which what is new is written; and those after which it is in any case. */
const [quietBeats, mostBeats] = [5, 60]
/** Heartbeats for which harts wait for what earlier runs have left. Otherwise they would ask for much of it meanwhile. */
const patientBeats = 5

export type KeptStatistics = Readonly<{
	/** Modules that were written for later runs. */
	kept: number
	/** Why there were none of earlier runs, or why they could not be written. */
	problem?: string
}>

/**
 * @param options.program of the translator, and of what its code is linked with.
 * @returns where this build keeps what it translates of this guest.
 */
export async function keptPlace(
	segments: readonly Segment[],
	{folder, program, translation}: {folder: string; program: readonly URL[]; translation: TranslationConfig},
): Promise<string | undefined> {
	if (translation.accel !== 'jit' || translation.synchronous) return undefined
	return keptPath(folder, {build: await buildName(program, translation), guest: guestName(segments)})
}

/** Jobs of helpers. */
export type KeptJobs = Readonly<{
	loadTranslations(path: string): Promise<readonly TranslatedModule[] | string>
	keepTranslations(job: {path: string; modules: readonly KeptModule[]}): Promise<string | undefined>
}>

export class KeptTranslations {
	readonly #path: string
	readonly #jobs: KeptJobs
	#new: KeptModule[] = []
	#beats = 0
	#beatsQuiet = 0
	#writing: Promise<void> = Promise.resolve()
	readonly #settled = Promise.withResolvers<void>()
	#beatsWaited = 0
	#kept = 0
	#problem: string | undefined

	constructor(path: string, jobs: KeptJobs) {
		this.#path = path
		this.#jobs = jobs
	}

	get statistics(): KeptStatistics {
		return {kept: this.#kept, ...(this.#problem !== undefined && {problem: this.#problem})}
	}

	/** Never rejects: without them the run is only slower. */
	async load(): Promise<readonly TranslatedModule[]> {
		const loaded = await this.#load()
		if (typeof loaded !== 'string') return loaded
		this.#problem = loaded
		return []
	}

	async #load(): Promise<readonly TranslatedModule[] | string> {
		// A first run does not wait for a helper's thread to start.
		if (!existsSync(this.#path)) return 'there are none'
		return await this.#jobs.loadTranslations(this.#path).catch((error: Error) => error.message)
	}

	/** Harts may start: what was loaded has been handed over, or it takes too long. */
	get settled(): Promise<void> {
		return this.#settled.promise
	}

	/** What was loaded has been handed over. */
	handedOver(): void {
		this.#settled.resolve()
	}

	/** A new module. */
	add({wasm, functions, regions}: TranslatedModule): void {
		if (!wasm) return
		this.#new.push({wasm, functions, regions})
		this.#beatsQuiet = 0
	}

	/** Called at each heartbeat: a run that is killed has written what it had translated some seconds before. */
	beat(): void {
		if (++this.#beatsWaited === patientBeats) this.#settled.resolve()
		if (this.#new.length === 0) return
		this.#beats++
		if (++this.#beatsQuiet >= quietBeats || this.#beats >= mostBeats) void this.write()
	}

	/** Writes what is new, after what is being written: of two writers one would lose what it has. Never rejects. */
	async write(): Promise<void> {
		this.#writing = this.#writing.then(() => this.#writeNew())
		await this.#writing
	}

	async #writeNew(): Promise<void> {
		if (this.#new.length === 0) return
		const modules = this.#new
		this.#new = []
		this.#beats = 0
		const job = {path: this.#path, modules}
		this.#problem = await this.#jobs.keepTranslations(job).catch((error: Error) => error.message)
		if (this.#problem === undefined) this.#kept += modules.length
	}
}
