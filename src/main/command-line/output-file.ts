/** A file for the user: opened before the guest runs, so that a mistake in its name costs no run. */
import {type FileHandle, open} from 'node:fs/promises'
import {expected} from '../../errors.ts'
import {describeSystemError} from '../system-error.ts'

export class OutputFile implements AsyncDisposable {
	readonly #name: string
	readonly #file: FileHandle

	private constructor(name: string, file: FileHandle) {
		this.#name = name
		this.#file = file
	}

	/** Creates or empties the file. @param option for messages. @throws UserError that names both. */
	static async open(option: string, path: string): Promise<OutputFile> {
		const name = `${option} ${path}`
		const file = await open(path, 'w').catch((error) => {
			throw expected(`to open ${name}`, describeSystemError(error))
		})
		return new OutputFile(name, file)
	}

	/** @throws UserError that names the option and the file. */
	async write(data: string | Uint8Array): Promise<void> {
		await this.#file.writeFile(data).catch((error) => {
			throw expected(`to write ${this.#name}`, describeSystemError(error))
		})
	}

	async [Symbol.asyncDispose](): Promise<void> {
		await this.#file.close()
	}
}
