/** A figure within a sentence: words that name it, and its text. */
import {UserError} from '../../../errors.ts'
import {figure, withSpread} from '../../report/words.ts'
import type {Spread} from '../../statistics.ts'
import {partNames} from '../parts.ts'
import {defaultId} from '../plan.ts'
import type {CostRow, Summary} from './summary.ts'

const help = [
	'cost SUBJECT SIZE all|half|few|FILLED [flushing|clearing|total]',
	'seconds PROGRAM SUBJECT',
	'speed PROGRAM|PART SUBJECT [than SUBJECT]',
	'full flushes|tables emptied|page walks PROGRAM SUBJECT',
] as const

/**
 * A subject is `default`, a value of --tlb, or `QEMU` for the first of them. `median` or `spread` may precede.
 * @example figureText('cost policy=clear 4096 all', summary) // '3.86 (3.68–3.91)', microseconds
 * @example figureText('median speed storms policy=clear', summary) // '0.72'
 * @throws UserError if the words name no figure of the record.
 */
export function figureText(text: string, summary: Summary): string {
	const [, form, words = ''] = /^(median |spread )?(.*)$/.exec(text) ?? []
	const spread = find(words, summary)
	if (!spread) throw new UserError(`Expected a figure that the record has, ${help.join(', ')}, got ${text}`)
	if (form === 'median ') return figure(spread.median)
	return form === 'spread ' ? `${figure(spread.least)}–${figure(spread.greatest)}` : withSpread(spread)
}

function find(words: string, summary: Summary): Spread | undefined {
	const subject = (name: string) => (name === 'QEMU' ? (summary.qemus[0]?.id ?? name) : name)
	const cost = /^cost (\S+) (\d+) (\S+)(?: (flushing|clearing|total))?$/.exec(words)
	if (cost) {
		const [, of, size, fill, where = 'flushing'] = cost
		const row = summary
			.costs()
			.find(
				(each) =>
					each.subject === of &&
					2 ** each.log2Entries === Number(size) &&
					(each.fill === fill || String(each.filled) === fill),
			)
		return row?.[where as keyof Pick<CostRow, 'flushing' | 'clearing' | 'total'>]
	}
	const speed = /^speed (\S+) (\S+?)(?: than (\S+))?$/.exec(words)
	if (speed) {
		const [, of = '', one = '', other = defaultId] = speed
		const part = partNames.find((name) => name === of)
		const [own, against] = [subject(one), subject(other)]
		return part ? summary.meanSpeed(part, own, against) : summary.speed(of, own, against)
	}
	const other = /^(seconds|full flushes|tables emptied|page walks) (\S+) (\S+)$/.exec(words)
	if (!other) return undefined
	const [, what, program = '', of = ''] = other
	return summary.spread(what as 'seconds', {program, subject: subject(of)})
}
