/** `npm run bench -- flush`: what `manyhart bench flush` does, from the sources; and the page docs/flush.md. */
import packageFile from '../../package.json' with {type: 'json'}
import {checkBenchOptions, type RawBenchOptions} from '../../src/main/command-line/bench-options.ts'
import {measureCommand} from '../../src/main/command-line/laboratory-command.ts'
import * as guests from '../../src/main/guests/index.ts'
import {updateFlushPage} from './flush-page.ts'

export type FlushOptions = RawBenchOptions & Readonly<{page?: string | true}>

export async function benchFlush({page, ...options}: FlushOptions): Promise<void> {
	if (page !== undefined) return await updateFlushPage(page === true ? undefined : page)
	const words = process.argv.slice(2).join(' ')
	const command = `npm run bench -- ${words}`
	process.exitCode = await measureCommand('benchFlush', checkBenchOptions(options), {
		guests,
		version: packageFile.version,
		command,
	})
}
