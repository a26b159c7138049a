/** What is compared: workloads of ours and of the user's, on engines. */
import {basename} from 'node:path'
import {expected} from '../../errors.ts'
import type {EngineChoice} from '../../main/command-line/laboratory.ts'
import {isPlainName, readElf} from '../images.ts'
import {findQemus, qemuVersionOf} from '../qemu.ts'
import type {Engine, Workload} from './record.ts'
import {bareWorkloads, type ScaleWorkload, scaleWorkloads} from './workloads.ts'

/** One of our workloads, under Linux or on bare metal, or an ELF of the user's with its path. */
export type Subject = Pick<Workload, 'name' | 'title' | 'unit'> &
	Readonly<{kind: 'ours'; system: 'linux' | 'bare'; of: ScaleWorkload} | {kind: 'own'; path: string}>

/** @param names as after --workload. @throws UserError that lists the choices. */
export async function chooseWorkloads(names: readonly string[]): Promise<readonly Subject[]> {
	const linux = scaleWorkloads.map((of) => subjectOf(of, 'linux'))
	const bare = bareWorkloads.map((of) => subjectOf(of, 'bare'))
	const workloads = [...linux, ...bare]
	const chosen = await Promise.all(
		names.map(async (name): Promise<readonly Subject[]> => {
			if (name === 'all') return workloads
			if (name === 'linux') return linux
			if (name === 'bare') return bare
			const known = workloads.find((workload) => workload.name === name)
			if (known) return [known]
			if (name.startsWith('bare/') || (!name.includes('/') && !name.endsWith('.elf'))) {
				const choices = workloads.map((workload) => workload.name).join(', ')
				throw expected(
					`--workload all, linux, bare, the file of a static Linux ELF, or names among ${choices}`,
					name || '""',
				)
			}
			return [await ownWorkload(name)]
		}),
	)
	const all = chosen.flat()
	const first = (name: string) => all.findIndex((each) => each.name === name)
	return all.filter(({name}, index) => first(name) === index)
}

const subjectOf = (of: ScaleWorkload, system: 'linux' | 'bare'): Subject => ({
	...{kind: 'ours', system, of},
	...{name: of.name, title: of.title, unit: of.unit},
})

/** For a record. */
export function workloadOf({name, title, unit, ...subject}: Subject): Workload {
	if (subject.kind === 'own') return {name, title, unit}
	const {limit, work, independent} = subject.of
	return {name, title, unit, limit, work: {...work}, ...(independent && {independent})}
}

async function ownWorkload(path: string): Promise<Subject> {
	await readElf('--workload', path)
	const name = basename(path)
	if (!isPlainName(name) || scaleWorkloads.some((workload) => workload.name === name))
		throw expected('--workload with a file whose name has letters, digits, dots and dashes', name)
	return {kind: 'own', path, name, title: `your program ${name}`, unit: 'a run of the program'}
}

/**
 * @param version of Manyhart.
 * @param compiler of the host's own program; undefined: there is none.
 * @throws UserError for a QEMU that is none.
 */
export async function chooseEngines(
	choices: readonly EngineChoice[],
	{version, compiler}: Readonly<{version: string; compiler: string | undefined}>,
): Promise<readonly Engine[]> {
	const wanted = await Promise.all(
		choices.map(async (choice): Promise<readonly (string | undefined)[]> => {
			if (choice.kind === 'manyhart') return [undefined]
			return choice.file === undefined ? await findQemus() : [choice.file]
		}),
	)
	const files = [...new Set(wanted.flat())]
	const emulators = await Promise.all(
		files.map(async (file): Promise<Engine> => {
			if (file === undefined) return {id: `Manyhart ${version}`, kind: 'manyhart', version}
			const qemu = await qemuVersionOf(file, '--engine qemu=PATH')
			return {id: `QEMU ${qemu}`, kind: 'qemu', version: qemu, file}
		}),
	)
	const named = emulators.map((engine, index) => {
		const isUnique = emulators.every((other, at) => at === index || other.id !== engine.id)
		return isUnique || engine.kind !== 'qemu' ? engine : {...engine, id: `${engine.id} (${engine.file})`}
	})
	return [...named, ...(compiler === undefined ? [] : [{id: nativeId, kind: 'native' as const, compiler}])]
}

export const nativeId = 'native'
