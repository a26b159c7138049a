/** What is compared: this build, another one, and QEMUs. */
import {findQemu, qemuArguments, qemuCommand, qemuVersionOf, runConsole} from '../../../src/bench/index.ts'
import {buildSide, type Side} from '../sides.ts'

export type Subject = Readonly<{
	id: string
	/** `own`: the machine whose sources these are. */
	kind: 'own' | 'build' | 'qemu'
	side: Side
}>

export type SubjectOptions = Readonly<{
	/** The path of manyhart.js, and of another build's. */
	manyhart: string
	against?: string
	/** Files or folders; undefined: the one in the PATH, if there is one. */
	qemu?: readonly string[]
	/** Further options of manyhart, for both builds. */
	own: readonly string[]
	/** Whether runs of Manyhart have what earlier ones have translated; default: no. */
	warm?: boolean
}>

const memory = '1G'

/** @throws UserError for a file that is not there or is no QEMU; BuildError when the project is not built. */
export async function comparedSubjects({
	manyhart,
	against,
	qemu,
	own,
	warm = false,
}: SubjectOptions): Promise<readonly Subject[]> {
	const build = (id: string, kind: 'own' | 'build', option: string, file: string): Subject => ({
		id,
		kind,
		side: buildSide(id, {file, option, own, warm}),
	})
	const found = qemu ?? [await findQemu()].filter((file) => file !== undefined)
	return [
		build('Manyhart', 'own', '--manyhart', manyhart),
		...(against === undefined ? [] : [build('the other build', 'build', '--against', against)]),
		...(await Promise.all([...new Set(found)].map(qemuSubject))),
	]
}

/** In each round another one comes first. */
export function* inTurn(subjects: readonly Subject[], rounds: number): Generator<{subject: Subject; round: number}> {
	for (let round = 0; round < rounds; round++)
		for (const index of subjects.keys()) yield {subject: subjects[(index + round) % subjects.length]!, round}
}

async function qemuSubject(file: string): Promise<Subject> {
	const {program, args} = qemuCommand(file)
	const id = `QEMU ${await qemuVersionOf(file)}`
	return {
		id,
		kind: 'qemu',
		side: {
			name: id,
			boot: (guest, options) => runConsole(program, [...args, ...qemuArguments({...guest, memory})], options),
		},
	}
}
