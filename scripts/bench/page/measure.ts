/** Runs a table's commands, one after the other, and makes its entry for the record. */
import {spawn} from 'node:child_process'
import {mkdtemp, readFile, rm} from 'node:fs/promises'
import {availableParallelism, cpus, tmpdir} from 'node:os'
import {join} from 'node:path'
import {BuildError, fromRoot} from '../../build/project.ts'
import {qemuVersion} from '../sides.ts'
import type {Entry} from './record.ts'
import {type Command, statisticsFile, type Table} from './table.ts'

export async function measure(table: Table): Promise<Entry> {
	const outputs: unknown[] = []
	for (const command of table.commands) {
		console.error(`bench: ${shown(command)}`)
		outputs.push(await outputOf(command))
	}
	return {
		command: table.commands.map(shown).join('\n'),
		date: new Date().toISOString().slice(0, 10),
		node: process.version,
		...(table.comparesWithQemu && {qemu: await qemuVersion()}),
		host: `${process.arch}, ${availableParallelism()} cores${processorName()}`,
		figures: table.read(outputs),
	}
}

function processorName(): string {
	const model = cpus()[0]?.model.trim()
	return model ? ` of ${model}` : ''
}

/** As typed in the project's folder. */
export function shown({program, args}: Command): string {
	const words = args.map((word) => (/[\s\\]/.test(word) ? `'${word}'` : word))
	return [program === 'bench' ? 'npm run bench --' : 'npx manyhart', ...words].join(' ')
}

async function outputOf(command: Command): Promise<unknown> {
	if (command.program === 'bench')
		return JSON.parse(await run(command, ['scripts/bench.ts', ...withJson(command.args)]))
	const folder = await mkdtemp(join(tmpdir(), 'manyhart-bench-'))
	try {
		const file = join(folder, 'statistics.json')
		const args = command.args.map((word) => (word === statisticsFile ? file : word))
		await run(command, ['dist/manyhart.js', ...args])
		return JSON.parse(await readFile(file, 'utf8'))
	} finally {
		await rm(folder, {recursive: true, force: true})
	}
}

/** Inserts --json before the `--` that manyhart's own options follow. */
function withJson(args: readonly string[]): readonly string[] {
	const own = args.indexOf('--')
	return own < 0 ? [...args, '--json'] : args.toSpliced(own, 0, '--json')
}

/** Shows progress (stderr). @returns stdout. @throws BuildError when the command fails. */
function run(command: Command, args: readonly string[]): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(process.execPath, args, {cwd: fromRoot(), stdio: ['ignore', 'pipe', 'inherit']})
		let output = ''
		child.stdout.setEncoding('utf8').on('data', (text: string) => {
			output += text
		})
		child.on('error', reject)
		child.on('close', (code, signal) => {
			if (code === 0) resolve(output)
			else reject(new BuildError(`Expected ${shown(command)} to end with 0, got ${code ?? signal}`))
		})
	})
}
