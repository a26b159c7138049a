/** The programs that a command line selects. */
import {type Program, programs, runsOnBareMetal, usualGroups} from '../../src/bench/index.ts'
import {UserError} from '../../src/errors.ts'

export type Choice = Readonly<{
	group?: readonly string[] | undefined
	program?: readonly string[] | undefined
	bare: boolean
}>

/** @returns those of the usual groups, unless groups or programs are named. @throws UserError when a name is unknown, or nothing is left. */
export function choosePrograms({group = [], program = [], bare}: Choice): readonly Program[] {
	const unknown = program.find((name) => !programs.some((each) => each.name === name))
	if (unknown !== undefined)
		throw new UserError(`Expected --program to be one of ${programs.map(({name}) => name).join(', ')}, got ${unknown}`)
	const groups = group.length + program.length === 0 ? usualGroups : group
	const asked = programs.filter((each) => groups.includes(each.group) || program.includes(each.name))
	const chosen = bare ? asked.filter(runsOnBareMetal) : asked
	if (chosen.length === 0)
		throw new UserError(`Expected programs that run on bare metal, got ${asked.map(({name}) => name).join(', ')}`)
	return chosen
}
