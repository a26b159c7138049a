/** Reads the text that was written to a stream. */
import type {PassThrough} from 'node:stream'

export function writtenText(stream: PassThrough): string {
	let text = ''
	for (let chunk = stream.read(); chunk !== null; chunk = stream.read()) text += chunk
	return text
}
