/** Files of measurements: JSON of a schema, written anew after every run, whole. */
import {readFile, rename, writeFile} from 'node:fs/promises'
import * as v from 'valibot'
import {expected} from '../errors.ts'
import {describeSystemError} from '../main/system-error.ts'

/**
 * @param what it must be, and name for messages: the option and the file.
 * @throws UserError unless the text is JSON of the schema.
 */
export function parseJson<Schema extends v.GenericSchema>(
	text: string,
	{schema, what, name}: Readonly<{schema: Schema; what: string; name: string}>,
): v.InferOutput<Schema> {
	let value: unknown
	try {
		value = JSON.parse(text)
	} catch (error) {
		throw expected(`${name} to be JSON`, (error as Error).message)
	}
	const {success, output, issues} = v.safeParse(schema, value)
	if (success) return output
	const [issue] = issues
	const path = v.getDotPath(issue)
	throw expected(`${name} to be ${what}`, `${path ? `${path}: ` : ''}${issue.message}`)
}

/** @param name for messages. @throws UserError */
export async function readText(path: string, name: string): Promise<string> {
	return await readFile(path, 'utf8').catch((error) => {
		throw expected(`${name} to be a file`, describeSystemError(error))
	})
}

export const jsonText = (record: unknown): string => `${JSON.stringify(record, undefined, '\t')}\n`

/** By a draft and a rename: whoever reads the file, at any time, finds a whole record. */
export async function writeWhole(path: string, text: string): Promise<void> {
	const draft = `${path}.${process.pid}`
	await writeFile(draft, text)
	await rename(draft, path)
}
