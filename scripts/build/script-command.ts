/** A script's command line: options, --help, and errors in one line with exit code 2. */
import {Command, CommanderError, InvalidArgumentError} from 'commander'
import {UserError} from '../../src/errors.ts'
import {exitCodes} from '../../src/exit-codes.ts'
import {presentSpelling} from '../../src/main/translation/index.ts'
import {reportFailure} from './project.ts'

/** @param name as in `npm run NAME`. */
export function scriptCommand(name: string, description: string): Command {
	return new Command(`npm run ${name} --`)
		.description(description)
		.exitOverride()
		.configureOutput({outputError: (text, write) => write(withHint(text))})
}

/** Runs its action. Exit code 1 when that fails, 2 when the command line is wrong. */
export async function runScript(name: string, command: Command): Promise<void> {
	try {
		await command.parseAsync()
	} catch (error) {
		if (error instanceof CommanderError) {
			process.exitCode = error.exitCode === 0 ? 0 : exitCodes.wrongUse.code
		} else if (error instanceof UserError) {
			console.error(`${name}: ${error.message}`)
			process.exitCode = error.exitCode
		} else {
			reportFailure(name, error)
		}
	}
}

/** Commander's message, and the present name of a former option. */
function withHint(text: string): string {
	const present = presentSpelling(/'(--[^']*)'/.exec(text)?.[1] ?? '')
	return present ? `${text}It is ${present} now.\n` : text
}

export const integerFrom = (least: number, most: number) => (text: string) => {
	const value = Number(text)
	if (/^\d+$/.test(text) && value >= least && value <= most) return value
	throw new InvalidArgumentError(`Expected an integer from ${least} to ${most}.`)
}

export const numberFrom = (least: number, most: number) => (text: string) => {
	const value = Number(text)
	if (text.trim() !== '' && value >= least && value <= most) return value
	throw new InvalidArgumentError(`Expected a number from ${least} to ${most}.`)
}

export const several = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value]
